"""The mails that were taken, as files: the newest MAILS_MAX of them, across restarts."""

import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path

MAILS_MAX = 1_000
MAIL_BYTES_MAX = 25 * 2**20
NAME = re.compile(r"^\d{20}$")


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    id: str
    message: EmailMessage

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(int(self.id) / 1e9, UTC)

    def header(self, name: str) -> str:
        """The decoded header on one line; empty when absent or undecodable."""
        try:
            return " ".join(str(self.message.get(name, "")).split())
        except (ValueError, IndexError, AttributeError, KeyError):  # what email.policy raises for broken headers
            return ""

    def text(self, subtype: str) -> str:
        """The body as `plain` or `html`; empty when the mail has none."""
        part = self.message.get_body(preferencelist=(subtype,))
        if part is None:
            return ""
        try:
            return _content(part).decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:  # a character set that nobody knows
            return _content(part).decode("utf-8", "replace")

    def attachments(self) -> list[Attachment]:
        return [
            Attachment(part.get_filename() or f"attachment-{number}", _content(part))
            for number, part in enumerate(self.message.iter_attachments(), 1)
        ]


class Store:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, content: bytes) -> None:
        """Keep a mail, whole or not at all, and let the oldest go."""
        with self._lock:
            name = f"{time.time_ns():020d}"
            unfinished = self._folder / f".{name}"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(content)
            unfinished.replace(self._folder / f"{name}.eml")
            for old in self._files()[MAILS_MAX:]:
                old.unlink(missing_ok=True)

    def get(self, identifier: str) -> Mail | None:
        if not NAME.match(identifier):
            return None
        try:
            content = (self._folder / f"{identifier}.eml").read_bytes()
        except FileNotFoundError:
            return None
        return Mail(identifier, BytesParser(policy=policy.default).parsebytes(content))

    def newest_first(self) -> Iterator[Mail]:
        for file in self._files():
            if mail := self.get(file.stem):
                yield mail

    def clear(self) -> None:
        with self._lock:
            for file in self._files():
                file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), reverse=True)


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
