"""What a browser keeps of a person's theme: one signed cookie for each account, and nothing that names the account.

The sign-in page reads these cookies and nothing else: it is the same page for every login id, and who types one learns
no theme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from torihiki.identity.devices import Marks
from torihiki.identity.theme.themes import Theme

THEMES = Marks("theme", kept_max=3)


@dataclass(frozen=True)
class Kept:
    """A theme on this device, and the cookie that says so."""

    cookie: str
    theme: Theme


def themes_kept(cookies: Mapping[str, str], *, at: datetime) -> list[Kept]:
    """The last one put first."""
    marks = THEMES.read(cookies, at=at)
    return [Kept(mark.cookie, theme) for mark in marks if (theme := Theme.from_code(mark.said)) is not None]
