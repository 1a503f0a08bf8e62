"""Keyset cursors: the place in a list is the last row's key, written as opaque text."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q

from torihiki.lib.text import UNPRINTABLE

CURSOR_LENGTH_MAX = 1_000

Key = Mapping[str, Callable[[str], Any]]
"""The attributes that order the list, the last of them unique, each with how its text is read back:
`{"at": moment, "id": UUID}`."""


def beyond(place: Mapping[str, Any], *, descending: bool) -> Q:
    """Rows that come after `place` in the order of its keys; also a plain bound on the first one, for its index."""
    sign = "lt" if descending else "gt"
    condition, equal = Q(), Q()
    for name, value in place.items():
        condition |= equal & Q(**{f"{name}__{sign}": value})
        equal &= Q(**{name: value})
    first, value = next(iter(place.items()))
    return Q(**{f"{first}__{sign}e": value}) & condition


def read_cursor(cursor: str, key: Key) -> Sequence[Any] | None:
    """The key's values; None for text that is no cursor of this list."""
    if not cursor or len(cursor) > CURSOR_LENGTH_MAX:
        return None
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(texts, list) or len(texts) != len(key):
            return None
        if any(UNPRINTABLE.search(str(text)) for text in texts):
            return None
        return [read(str(text)) for read, text in zip(key.values(), texts, strict=True)]
    except (ValueError, binascii.Error, RecursionError):
        return None


def moment(text: str) -> datetime:
    """An aware time as UTC: the database takes fewer time zones than Python reads. Raises ValueError for what no clock
    of ours can have written."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None or not 1900 <= value.year < 9999:
        raise ValueError("no moment of our time")
    return value.astimezone(UTC)


def day(text: str) -> date:
    """Raises ValueError for what is no day."""
    return date.fromisoformat(text)


def write_cursor(row: object, key: Key) -> str:
    texts = [_text(getattr(row, name)) for name in key]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode()


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
