"""Mail: written by a job after commit, in the reader's language where it is known, else in Japanese and English.

A letter is a function in some app's `letters.py` that writes from one row; its job knows only ids.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from torihiki.identity.models import Account
from torihiki.tenancy.actor import Actor, scope

BOTH_LANGUAGES = ("ja", "en")
RULE = "\n\n" + "-" * 40 + "\n\n"


@dataclass(frozen=True)
class Letter:
    """What a letter says: a text template whose first line is its subject, and where it goes."""

    to: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""  # empty: unknown, so both


Writer = Callable[[Actor, UUID], Letter | None]

LETTERS: dict[str, Writer] = {}


def letter(name: str) -> Callable[[Writer], Writer]:
    """Declare `write(actor, id)`; run in the sending company's scope; None says that there is nothing to say."""

    def declare(write: Writer) -> Writer:
        assert LETTERS.setdefault(name, write) is write, f"two letters are called {name}"
        return write

    return declare


def deliver(written: Letter, *, message_id: UUID) -> None:
    """Send by SMTP. A repeated call carries the same Message-ID, so that mail programs show it once.

    Raises smtplib.SMTPException or OSError, after which it can be tried again.
    """
    subject, text = compose(written)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject,
        text,
        to=[written.to],
        headers={"Message-ID": f"<{message_id}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    language = written.language or BOTH_LANGUAGES[0]
    html = render_to_string("identity/mail/frame.html", {"subject": subject, "text": text, "language": language})
    mail.attach_alternative(html, "text/html")
    mail.send()


def compose(written: Letter) -> tuple[str, str]:
    """Subject and text."""
    subjects, texts = [], []
    for language in (written.language,) if written.language else BOTH_LANGUAGES:
        with translation.override(language):
            subject, _, text = render_to_string(written.template, dict(written.context)).strip().partition("\n")
        subjects.append(" ".join(subject.split()))
        texts.append(text.strip())
    return " / ".join(dict.fromkeys(subjects)), RULE.join(texts) + "\n"


def public_link(path: str) -> str:
    """The address under which people outside reach `path`."""
    return urlsplit(settings.PUBLIC_URL)._replace(path=path).geturl()


def language_of(account_id: UUID) -> str:
    """The language in which a member reads. Read as that person: no company sees another's account."""
    with scope(Actor(account_id=account_id)):
        return Account.objects.only("language").get(pk=account_id).language
