"""The mail sink's two doors: SMTP on one loopback port, its pages on another, in one process."""

import signal
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from torihiki.project.local.mail import pages
from torihiki.project.local.mail.store import MAIL_BYTES_MAX, Store

HOST = "127.0.0.1"
REQUEST_SECONDS_MAX = 10
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def run(folder: Path, *, smtp_port: int, page_port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    store = Store(folder)
    ended = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, frame: ended.set())
    smtp = Controller(_Taker(store), hostname=HOST, port=smtp_port, data_size_limit=MAIL_BYTES_MAX)
    with ThreadingHTTPServer((HOST, page_port), handler_for(store)) as page:
        page.daemon_threads = True
        smtp.start()
        threading.Thread(target=page.serve_forever, daemon=True).start()
        ended.wait()
        page.shutdown()
        smtp.stop()


class _Taker:
    """What aiosmtpd calls for each mail."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content
        assert content is not None
        try:
            self._store.add(content)
        except OSError as error:
            return f"452 4.3.1 The mail could not be kept: {error.strerror}"
        return "250 OK"


def handler_for(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(_Pages):
        pass

    Handler.store = store
    return Handler


class _Pages(BaseHTTPRequestHandler):
    store: Store
    timeout = REQUEST_SECONDS_MAX

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if not self._is_addressed_to_us():
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        elif path == "/":
            mails = list(self.store.newest_first())
            self._answer(pages.listing(mails[: pages.LISTED_MAX], count=len(mails)))
        elif path == "/style.css":
            self._answer(pages.STYLE, kind="text/css")
        elif path == "/messages.json":
            self._answer(pages.as_json(self.store.newest_first()), kind="application/json")
        elif path.startswith("/mails/"):
            self._mail(*path.removeprefix("/mails/").split("/", 2))
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Only "delete all". Another site's page could send this form too: the sender must be this page or no page."""
        ours = f"http://{self.headers.get('Host')}"
        if not self._is_addressed_to_us() or self.headers.get("Origin", ours) != ours:
            self._refuse(HTTPStatus.FORBIDDEN)
        elif self.path != "/delete":
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self.store.clear()
            self._send(HTTPStatus.SEE_OTHER, b"", {"Location": "/"})

    def _mail(self, identifier: str, number: str = "", name: str = "") -> None:
        mail = self.store.get(identifier)
        if mail is None:
            return self._refuse(HTTPStatus.NOT_FOUND)
        if not number:
            return self._answer(pages.one(mail))
        attachments = mail.attachments()
        if not number.isascii() or not number.isdigit() or int(number) >= len(attachments):
            return self._refuse(HTTPStatus.NOT_FOUND)
        found = attachments[int(number)]
        disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        return self._send(
            HTTPStatus.OK,
            found.content,
            {"Content-Type": "application/octet-stream", "Content-Disposition": disposition},
        )

    def _is_addressed_to_us(self) -> bool:
        """A foreign name that resolves to this machine (DNS rebinding) must not read the mail."""
        return urlsplit(f"//{self.headers.get('Host', '')}").hostname in ("localhost", HOST)

    def _answer(self, text: str, *, kind: str = "text/html") -> None:
        self._send(HTTPStatus.OK, text.encode(), {"Content-Type": f"{kind}; charset=utf-8"})

    def _refuse(self, status: HTTPStatus) -> None:
        self._send(status, f"{status.value} {status.phrase}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def _send(self, status: HTTPStatus, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        return "torihiki-mail-sink"

    def log_message(self, format: str, *args: Any) -> None:
        """Reading mail is nothing to write down."""
