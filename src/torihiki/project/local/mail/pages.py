"""The mail sink's own small pages. What is in a mail is only ever shown as text: its HTML is not run."""

import json
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

from torihiki.project.local.mail.store import Mail

SHOWN_CHARACTERS_MAX = 200_000
LISTED_MAX = 200
LINK = re.compile(r"https?://[^\s<>\"'）」]+")
LINK_ATTRIBUTE = re.compile(r"href=\"(https?://[^\"]+)\"")
TIME_ZONE = ZoneInfo("Asia/Tokyo")

STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.6 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem }
h1 { font-size: 1.25rem } h2 { font-size: 1rem; margin: 1.5rem 0 .25rem }
ul { list-style: none; margin: 0; padding: 0 }
li a { border-bottom: 1px solid #8884; color: inherit; display: block; padding: .6rem 0; text-decoration: none }
li a:hover, li a:focus { background: #8881 }
.quiet { color: #767676; font-size: .875rem }
pre { background: #8881; border-radius: .25rem; overflow-wrap: anywhere; padding: .75rem; white-space: pre-wrap }
dl { display: grid; gap: 0 1rem; grid-template-columns: max-content 1fr } dd { margin: 0; overflow-wrap: anywhere }
header { align-items: center; display: flex; gap: 1rem; justify-content: space-between }
button { font: inherit; padding: .3rem .8rem }
"""


def listing(mails: Iterable[Mail], *, count: int) -> str:
    rows = "".join(
        f'<li><a href="/mails/{mail.id}"><strong>{escape(mail.header("subject") or "(no subject)")}</strong><br>'
        f'<span class="quiet">{_when(mail)} · to {escape(mail.header("to"))}</span></a></li>'
        for mail in mails
    )
    more = f'<p class="quiet">The newest {LISTED_MAX} of {count} are listed.</p>' if count > LISTED_MAX else ""
    empty = "" if rows else "<p>No mail yet. What the platform sends arrives here and nowhere else.</p>"
    delete = '<form method="post" action="/delete"><button>Delete all</button></form>' if rows else ""
    return _page("Mail sink", f"<header><h1>Mail sink</h1>{delete}</header>{empty}<ul>{rows}</ul>{more}")


def one(mail: Mail) -> str:
    headers = "".join(
        f"<dt>{name}</dt><dd>{escape(mail.header(name))}</dd>" for name in ("From", "To", "Cc") if mail.header(name)
    )
    subject = escape(mail.header("subject") or "(no subject)")
    return _page(
        mail.header("subject") or "Mail",
        f'<p><a href="/">All mail</a></p><h1>{subject}</h1><dl>{headers}<dt>At</dt><dd>{_when(mail)}</dd></dl>'
        f"{_body('Text', mail.text('plain'))}{_links(mail.text('html'))}{_body('HTML, as text', mail.text('html'))}"
        f"{_attachments(mail)}",
    )


def as_json(mails: Iterable[Mail]) -> str:
    """For tests: every mail, newest first, with its links in reading order."""
    return json.dumps([_described(mail) for mail in mails], ensure_ascii=False)


def _described(mail: Mail) -> dict[str, object]:
    text, html = mail.text("plain"), mail.text("html")
    return {
        "id": mail.id,
        "at": mail.at.isoformat(),
        "from": mail.header("from"),
        "to": mail.header("to"),
        "subject": mail.header("subject"),
        "text": text,
        "html": html,
        "links": LINK.findall(text) or LINK_ATTRIBUTE.findall(html),
        "attachments": [attachment.name for attachment in mail.attachments()],
    }


def _body(title: str, text: str) -> str:
    return f"<h2>{title}</h2><pre>{_with_links(text[:SHOWN_CHARACTERS_MAX])}</pre>" if text.strip() else ""


def _with_links(text: str) -> str:
    """`text`, escaped, with each address in it as a link."""
    pieces, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found[0])
        pieces += [escape(text[end : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = found.end()
    return "".join(pieces) + escape(text[end:])


def _links(html: str) -> str:
    addresses = dict.fromkeys(LINK_ATTRIBUTE.findall(html))
    rows = "".join(f'<li><a href="{each}" rel="noreferrer">{each}</a></li>' for each in map(escape, addresses))
    return f"<h2>Links</h2><ul>{rows}</ul>" if rows else ""


def _attachments(mail: Mail) -> str:
    rows = "".join(
        f'<li><a href="/mails/{mail.id}/{number}/{quote(each.name, safe="")}" download>{escape(each.name)} '
        f'<span class="quiet">{len(each.content):,} bytes</span></a></li>'
        for number, each in enumerate(mail.attachments())
    )
    return f"<h2>Attachments</h2><ul>{rows}</ul>" if rows else ""


def _when(mail: Mail) -> str:
    return f"{mail.at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M:%S}"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/style.css"></head><body>{body}</body></html>'
    )
