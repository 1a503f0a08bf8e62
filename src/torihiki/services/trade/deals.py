"""A deal: every document that hangs together, from the request to what was paid, as one company sees it.

Nothing is stored. What belongs together are links; how much of it came about are sums of links; what was ordered,
billed and settled are sums of the documents' amounts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from torihiki.exchange.access import Seen, access_deal, access_document, access_sources, access_steps
from torihiki.exchange.models import PartyView, Transition
from torihiki.exchange.partners.terms import PAYMENT_DAYS_MAX, current_terms
from torihiki.exchange.quantities import Progress, progress_of
from torihiki.exchange.searching import amount_of
from torihiki.exchange.specs import KINDS, Kind, State

ORDER, DELIVERY = "order", "delivery"
RECEIVED = ("received", "accepted", "partly_accepted", "rejected")
"""States of a delivery that has come in: noted by itself, or by its acceptance."""
ORDERS_SHOWN_MAX = 10
MONTHS_SLACK = 2  # two months count as sixty days, be they 62 long
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Paper:
    """One document of the deal. `days` is how long after the first receipt of what it bills it is due, that day
    included, where that can be told."""

    view: PartyView
    kind: Kind
    state: State
    days: int | None = None

    @property
    def counts(self) -> bool:
        return not self.state.void

    @property
    def amount(self) -> Decimal | None:
        return amount_of(self.view)

    @property
    def is_late_by_law(self) -> bool:
        """Beyond the sixty days of 取適法 第3条 (two months count as sixty days)."""
        return self.days is not None and self.days > PAYMENT_DAYS_MAX + MONTHS_SLACK


@dataclass(frozen=True)
class Sums:
    """Of what is in yen: ordered, billed (credit notes taken off) and settled by the own books; the difference from
    ordered to billed against what the terms tolerate, in per cent; of several partners' terms the strictest."""

    ordered: Decimal
    billed: Decimal
    settled: Decimal
    tolerated: Decimal

    @property
    def over(self) -> Decimal:
        return self.billed - self.ordered

    @property
    def over_percent(self) -> Decimal:
        return (self.over * HUNDRED / self.ordered).quantize(Decimal("0.1")) if self.ordered else Decimal(0)

    @property
    def is_beyond(self) -> bool:
        """More is billed than was ordered and the tolerance lets through."""
        return bool(self.ordered) and self.over > self.ordered * self.tolerated / HUNDRED


@dataclass(frozen=True)
class Lines:
    """What became of one order's lines."""

    paper: Paper
    progress: Progress

    @property
    def anchor(self) -> str:
        return f"lines-{self.paper.view.document_id}"


@dataclass(frozen=True)
class Deal:
    """`is_cut`: there is more than fits on a page."""

    papers: list[Paper]
    sums: Sums | None
    lines: list[Lines]
    moments: list[tuple[Transition, Paper]]
    is_cut: bool


def deal_of(seen: Seen) -> Deal:
    """What the document belongs to; the number of queries grows with ORDERS_SHOWN_MAX orders at most, with nothing
    else."""
    views, is_cut = access_deal(seen.actor, seen.document.pk)
    steps = access_steps(seen.actor, [view.document_id for view in views])
    days = _days(views, steps)
    papers = sorted((_paper(view, days.get(view.document_id)) for view in views), key=_place)
    by_id = {paper.view.document_id: paper for paper in papers}
    return Deal(
        papers=papers,
        sums=_sums(seen, papers),
        lines=_lines(seen, papers),
        moments=[(step, by_id[step.document_id]) for step in steps],
        is_cut=is_cut,
    )


def _paper(view: PartyView, days: int | None) -> Paper:
    kind = KINDS[view.kind]
    return Paper(view, kind, kind.state(view.state), days)


def _place(paper: Paper) -> tuple[int, object, UUID]:
    """In the order in which a deal goes on, the eldest first."""
    return list(KINDS).index(paper.kind.code), paper.view.issued_on or date.max, paper.view.document_id


def _sums(seen: Seen, papers: Sequence[Paper]) -> Sums | None:
    counted = [paper for paper in papers if paper.counts and paper.view.currency == "JPY"]
    orders = [paper for paper in counted if paper.kind.code == ORDER]
    bills = [paper for paper in counted if paper.kind.owed is not None]
    if not orders and not bills:
        return None
    parties = {party for paper in (*orders, *bills) if (party := paper.view.counterparty_id)}
    today = timezone.localdate()
    tolerated = [current_terms(seen.actor, party, today).tolerance_percent for party in parties]
    return Sums(
        ordered=_total(orders),
        billed=_total(bills),
        settled=_total(paper for paper in bills if paper.view.settled_at is not None),
        tolerated=min(tolerated, default=Decimal(0)),
    )


def _total(papers: Iterable[Paper]) -> Decimal:
    return sum((paper.amount or Decimal(0) for paper in papers), Decimal(0))


def _lines(seen: Seen, papers: Sequence[Paper]) -> list[Lines]:
    found = []
    for paper in [paper for paper in papers if paper.kind.code == ORDER and paper.counts][:ORDERS_SHOWN_MAX]:
        progress = progress_of(access_document(seen.actor, paper.view.document_id))
        if progress is not None:
            found.append(Lines(paper, progress))
    return found


def _days(views: Sequence[PartyView], steps: Sequence[Transition]) -> dict[UUID, int]:
    """From the first receipt of what a bill is made from to its due date."""
    counted = [view for view in views if not KINDS[view.kind].state(view.state).void]
    deliveries = {view.document_id for view in counted if view.kind == DELIVERY}
    received: dict[UUID, date] = {}
    for step in steps:
        if step.document_id in deliveries and step.to_state in RECEIVED:
            received.setdefault(step.document_id, timezone.localdate(step.at))
    due = {view.document_id: view.due_on for view in counted if KINDS[view.kind].owed is not None and view.due_on}
    sources = access_sources([view.document_id for view in views]) if received and due else {}
    found = {}
    for bill, last in due.items():
        days = [received[pk] for pk in _made_from(bill, sources) if pk in received]
        if days:
            found[bill] = (last - min(days)).days + 1
    return found


def _made_from(document_id: UUID, sources: Mapping[UUID, Sequence[UUID]]) -> set[UUID]:
    found: set[UUID] = set()
    waiting = [document_id]
    while waiting:
        new = set(sources.get(waiting.pop(), ())) - found
        found |= new
        waiting.extend(new)
    return found
