"""What pages hand to the components: tabs, steps, moments, comments, rows of totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise

Words = str | Promise


class Tone(StrEnum):
    """What a colour says; the words say it too."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True)
class Tab:
    label: Words
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True)
class Step:
    """A step of a stepper: `state` is `done`, `current` or `ahead`."""

    label: Words
    state: str = "ahead"
    note: Words = ""


@dataclass(frozen=True)
class Moment:
    """One line of a timeline: who did what, when; `detail` is a reason or remark in that person's own words."""

    at: datetime | None
    text: Words
    who: str = ""
    icon: str = ""
    tone: str = Tone.NEUTRAL
    detail: str = ""
    url: str = ""


@dataclass(frozen=True)
class Remark:
    """A comment. `internal` stays inside the own company; everything else is read by the other side."""

    who: str
    at: datetime
    text: str
    internal: bool
    company: str = ""
    mine: bool = False
    about: str = ""  # such as the line it hangs on


@dataclass(frozen=True)
class Sum:
    """A row of a totals box; `strong` for the amount that is to be paid."""

    label: Words
    amount: str
    strong: bool = False


@dataclass(frozen=True)
class Fact:
    """A row of a description list."""

    label: Words
    value: object
    copy: bool = False


Facts = Sequence[Fact | tuple[Words, object]]
