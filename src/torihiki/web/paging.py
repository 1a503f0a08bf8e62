"""Keyset pages: the place in a list is the last row's key, so that page 1,000 costs what page 1 costs and rows that
come in meanwhile shift nothing."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from torihiki.lib.keyset import Key, beyond, read_cursor, write_cursor

AFTER, BEFORE = "after", "before"

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows, and the addresses of the pages beside (empty where there is none)."""

    rows: list[M]
    next: str = ""
    previous: str = ""


def keyset_page(rows: QuerySet[M], request: HttpRequest, key: Key, *, size: int, newest_first: bool = False) -> Page[M]:
    """The page that the request's `after` or `before` names, else the first. A cursor that is none counts as none."""
    after, before = read_cursor(request.GET.get(AFTER, ""), key), read_cursor(request.GET.get(BEFORE, ""), key)
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


def _address(request: HttpRequest, way: str, row: Model, key: Key) -> str:
    others = [(name, value) for name, value in request.GET.items() if name not in (AFTER, BEFORE)]
    return f"{request.path}?{urlencode([*others, (way, write_cursor(row, key))])}"
