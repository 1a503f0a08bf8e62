"""The base of every package's enum of events; each package declares its own in its `events.py`."""

from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVENTS: dict[str, "Event"] = {}
"""Every declared event by its code; filled as the packages' `events` modules are discovered."""


class Event(Enum):
    """Members are declared as `NAME = "package.name", _("what happened")`."""

    code: str
    label: str | Promise

    def __new__(cls, code: str, label: str | Promise) -> Any:
        member = object.__new__(cls)
        member._value_ = code
        member.code = code
        member.label = label
        EVENTS[code] = member
        return member


class LedgerEvent(Event):
    REFUSED = "ledger.refused", _("Refused")
    EXPORTED = "ledger.exported", _("Audit log exported")
