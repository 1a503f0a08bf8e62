"""Signed cookies of which a browser keeps one for each account that signs in there; none of them names the account.

A browser sends them to this host alone, by the `__Host-` prefix, and never with what another site embeds or fetches, by
`SameSite=Lax`. Strict would hide them from whoever comes by a link in a mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from torihiki.crypto.digest import derived_token, same
from torihiki.crypto.envelope import root_key

VALID = timedelta(days=400)  # as long as browsers keep a cookie at most (RFC 6265bis, 5.5)
READ_MAX = 10
"""How many cookies of one kind are verified at most, whoever sent how many."""
MARK_LENGTH = 16  # of 64 letters: 96 bits, nobody shares it
VALUE_LENGTH_MAX = 120


@dataclass(frozen=True)
class Mark:
    """A cookie that is ours: what it says, and when it was put there."""

    cookie: str
    said: str
    since: int


@dataclass(frozen=True)
class Marks:
    """One kind of such cookies; a browser keeps those of the `kept_max` people who signed in last."""

    kind: str
    kept_max: int

    @property
    def prefix(self) -> str:
        return f"__Host-{self.kind}-"

    def name(self, account_id: UUID) -> str:
        """Names an account to us alone."""
        return self.prefix + derived_token(_key(), f"{self.kind} of account\n{account_id}")[:MARK_LENGTH]

    def value(self, account_id: UUID, said: str, *, at: datetime) -> str:
        """`said` has no dot."""
        text = f"{said}.{int(at.timestamp())}"
        return f"{text}.{self._signature(self.name(account_id), text)}"

    def read(self, cookies: Mapping[str, str], *, at: datetime) -> list[Mark]:
        """Those whose signature is ours and not too old, the last one put first, at most `kept_max`."""
        named = [(name, cookies[name]) for name in self.names(cookies)[:READ_MAX]]
        found = [mark for name, value in named if (mark := self._read(name, value, at)) is not None]
        return sorted(found, key=lambda mark: mark.since, reverse=True)[: self.kept_max]

    def names(self, cookies: Mapping[str, str]) -> list[str]:
        """Of all cookies of this kind, also of those that are worth nothing."""
        return [name for name in cookies if name.startswith(self.prefix)]

    def _read(self, name: str, value: str, at: datetime) -> Mark | None:
        text, _dot, signature = value.rpartition(".")
        if len(value) > VALUE_LENGTH_MAX or not same(signature, self._signature(name, text)):
            return None
        said, _dot, since = text.partition(".")
        too_old = int(at.timestamp()) - int(since) > VALID.total_seconds()
        return None if too_old else Mark(name, said, int(since))

    def _signature(self, name: str, text: str) -> str:
        """Over the cookie's name too: a value that was copied to another account's cookie is worth nothing."""
        return derived_token(_key(), f"{self.kind} on a device\n{name}\n{text}")


SIGNED_IN_HERE = Marks("device", READ_MAX)
"""Who has signed in by this browser before: a sign-in without it is told to its person by mail."""


def _key() -> bytes:
    return root_key(settings.ROOT_KEY_FILE)
