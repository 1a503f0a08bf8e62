"""Pages by cursor: the last page's cursor is null."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from torihiki.api.problems import Mistake, Problem
from torihiki.lib.keyset import Key, beyond, read_cursor, write_cursor

PAGE_ROWS_MAX = 100
PAGE_ROWS = 50

M = TypeVar("M", bound=Model)


def page(
    rows: QuerySet[M], key: Key, *, cursor: str, size: int, newest_first: bool = False
) -> tuple[list[M], str | None]:
    """At most `size` rows after `cursor` (empty: from the start), and the next cursor, None on the last page.

    Raises Problem 422 for a cursor that is none of this list.
    """
    if cursor:
        place = read_cursor(cursor, key)
        if place is None:
            mistake = Mistake(_("Take it from the page before, as it is."), "cursor", parameter="cursor")
            raise Problem(422, "query_invalid", _("Correct the parameters of the query."), [mistake])
        rows = rows.filter(beyond(dict(zip(key, place, strict=True)), descending=newest_first))
    found = list(rows.order_by(*(f"-{name}" if newest_first else name for name in key))[: size + 1])
    more = len(found) > size
    return found[:size], write_cursor(found[size - 1], key) if more else None
