"""What a browser keeps of a person's theme: one signed cookie for each account, and nothing that names the account.

The sign-in page reads these cookies and nothing else: it is the same page for every login id, and who types one learns
no theme. A browser sends them to this host alone, by the `__Host-` prefix, and never with what another site embeds or
fetches, by `SameSite=Lax`. Strict would hide the theme from whoever comes by a link in a mail, which is when an
impostor is most to be feared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from torihiki.crypto.digest import derived_token, same
from torihiki.crypto.envelope import root_key
from torihiki.identity.theme.themes import Theme

PREFIX = "__Host-theme-"
VALID = timedelta(days=400)  # as long as browsers keep a cookie at most (RFC 6265bis, 5.5)
KEPT_MAX = 3
"""How many people's themes one browser keeps: those who signed in last."""
READ_MAX = 10
"""How many cookies are verified at most, whoever sent how many."""
MARK_LENGTH = 16  # of 64 letters: 96 bits, nobody shares it
VALUE_LENGTH_MAX = 120


@dataclass(frozen=True)
class Kept:
    """A theme on this device, the cookie that says so, and when it was put there."""

    cookie: str
    theme: Theme
    since: int


def cookie_name(account_id: UUID) -> str:
    """Names an account to us alone."""
    return PREFIX + derived_token(_key(), f"theme of account\n{account_id}")[:MARK_LENGTH]


def cookie_value(account_id: UUID, theme: Theme, *, at: datetime) -> str:
    said = f"{theme.code}.{int(at.timestamp())}"
    return f"{said}.{_signature(cookie_name(account_id), said)}"


def themes_kept(cookies: Mapping[str, str], *, at: datetime) -> list[Kept]:
    """Those whose signature is ours and not too old, the last one put first, at most KEPT_MAX."""
    named = [(name, value) for name, value in cookies.items() if name.startswith(PREFIX)][:READ_MAX]
    found = [kept for name, value in named if (kept := _read(name, value, at)) is not None]
    return sorted(found, key=lambda kept: kept.since, reverse=True)[:KEPT_MAX]


def cookies_of_themes(cookies: Mapping[str, str]) -> list[str]:
    """The names of all cookies of this kind, also of those that are worth nothing."""
    return [name for name in cookies if name.startswith(PREFIX)]


def _read(name: str, value: str, at: datetime) -> Kept | None:
    if len(value) > VALUE_LENGTH_MAX:
        return None
    said, _dot, signature = value.rpartition(".")
    if not same(signature, _signature(name, said)):
        return None
    code, _dot, since = said.partition(".")
    theme, now = Theme.from_code(code), int(at.timestamp())
    if theme is None or now - int(since) > VALID.total_seconds():
        return None
    return Kept(name, theme, int(since))


def _signature(name: str, said: str) -> str:
    """Over the cookie's name too: a value that was copied to another account's cookie is worth nothing."""
    return derived_token(_key(), f"theme on a device\n{name}\n{said}")


def _key() -> bytes:
    return root_key(settings.ROOT_KEY_FILE)
