"""What is owed by partner and by how long it is overdue (年齢表), in one statement however many documents there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, OuterRef, Subquery, Value, When
from django.db.models import Sum as SumOf
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.access import access_owed
from torihiki.exchange.models import Side
from torihiki.exchange.specs import Words
from torihiki.services.payments.access import access_allocations
from torihiki.tenancy.actor import Actor

BUCKETS: tuple[tuple[int | None, Words], ...] = (
    (0, _("Not due")),
    (30, _("1–30 days")),
    (60, _("31–60 days")),
    (90, _("61–90 days")),
    (None, _("Over 90 days")),
)
"""Days overdue up to which a column reaches."""


@dataclass(frozen=True)
class Row:
    """One partner's; `yen` by bucket."""

    party_id: UUID | None
    name: str
    yen: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.yen)

    @property
    def cells(self) -> list[tuple[Words, int]]:
        return [(label, yen) for (_days, label), yen in zip(BUCKETS, self.yen, strict=True)]


def ageing(actor: Actor, side: Side, *, on: date) -> list[Row]:
    """The largest sum first."""
    settled = (
        access_allocations(actor)
        .filter(document_id=OuterRef("document_id"))
        .order_by()
        .values("document_id")
        .annotate(sum=SumOf("yen"))
        .values("sum")
    )
    rows = (
        access_owed(actor, side)
        .order_by()
        .annotate(
            left=F("amount_minor") - Coalesce(Subquery(settled), Value(0)),
            bucket=Case(*_whens(on), default=Value(len(BUCKETS) - 1), output_field=IntegerField()),
        )
        .values("counterparty_id", "counterparty_name", "bucket")
        .annotate(yen=SumOf("left"), documents=Count("document_id"))
        .values_list("counterparty_id", "counterparty_name", "bucket", "yen")
    )
    found: dict[UUID | None, Row] = {}
    for party, name, bucket, yen in rows:
        former = found.get(party, Row(party, name, (0,) * len(BUCKETS))).yen
        found[party] = Row(party, name, tuple(sum_ + (yen if n == bucket else 0) for n, sum_ in enumerate(former)))
    return sorted(found.values(), key=lambda row: (-row.total, row.name))


def total(rows: Sequence[Row]) -> Row:
    """Of all partners."""
    return Row(None, gettext("Total"), tuple(sum(row.yen[n] for row in rows) for n in range(len(BUCKETS))))


def _whens(on: date) -> list[When]:
    """What has no due date, such as a credit note, is not due."""
    day = on.toordinal()
    found = [When(due_on=None, then=Value(0))]
    for bucket, (days, _label) in enumerate(BUCKETS[:-1]):
        assert days is not None, "only the last has no end"
        found.append(When(due_on__gte=date.fromordinal(day - days), then=Value(bucket)))
    return found
