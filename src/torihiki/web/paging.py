"""Keyset pages: the place in a list is the last row's key, so that page 1,000 costs what page 1 costs and rows that
come in meanwhile shift nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

CURSOR_LENGTH_MAX = 1_000
AFTER, BEFORE = "after", "before"

M = TypeVar("M", bound=Model)
Key = Mapping[str, Callable[[str], Any]]
"""The attributes that order the list, the last of them unique, each with how its text is read back:
`{"at": datetime.fromisoformat, "id": UUID}`."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows, and the addresses of the pages beside (empty where there is none)."""

    rows: list[M]
    next: str = ""
    previous: str = ""


def keyset_page(rows: QuerySet[M], request: HttpRequest, key: Key, *, size: int, newest_first: bool = False) -> Page[M]:
    """The page that the request's `after` or `before` names, else the first. A cursor that is none counts as none."""
    after, before = _read(request.GET.get(AFTER, ""), key), _read(request.GET.get(BEFORE, ""), key)
    backward = before is not None and after is None
    descending = newest_first is not backward
    place = before if backward else after
    if place is not None:
        rows = rows.filter(beyond(dict(zip(key, place, strict=True)), descending=descending))
    found = list(rows.order_by(*(f"-{name}" if descending else name for name in key))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    has_next, has_previous = (True, more) if backward else (more, after is not None)
    return Page(
        found,
        next=_address(request, AFTER, found[-1], key) if found and has_next else "",
        previous=_address(request, BEFORE, found[0], key) if found and has_previous else "",
    )


def beyond(place: Mapping[str, Any], *, descending: bool) -> Q:
    """Rows that come after `place` in the order of its keys; also a plain bound on the first one, for its index."""
    sign = "lt" if descending else "gt"
    condition, equal = Q(), Q()
    for name, value in place.items():
        condition |= equal & Q(**{f"{name}__{sign}": value})
        equal &= Q(**{name: value})
    first, value = next(iter(place.items()))
    return Q(**{f"{first}__{sign}e": value}) & condition


def _read(cursor: str, key: Key) -> Sequence[Any] | None:
    if not cursor or len(cursor) > CURSOR_LENGTH_MAX:
        return None
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(texts, list) or len(texts) != len(key):
            return None
        return [read(str(text)) for read, text in zip(key.values(), texts, strict=True)]
    except (ValueError, binascii.Error):
        return None


def _address(request: HttpRequest, way: str, row: Model, key: Key) -> str:
    texts = [_text(getattr(row, name)) for name in key]
    cursor = base64.urlsafe_b64encode(json.dumps(texts).encode()).decode()
    others = [(name, value) for name, value in request.GET.items() if name not in (AFTER, BEFORE)]
    return f"{request.path}?{urlencode([*others, (way, cursor)])}"


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
