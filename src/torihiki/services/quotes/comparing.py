"""The quotations that answer one request, side by side: by line, by total, by date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast
from uuid import UUID

from torihiki.exchange.access import Seen, access_links, access_newest
from torihiki.exchange.bodies import PricedLine
from torihiki.exchange.models import PartyView
from torihiki.exchange.papers import read_sent
from torihiki.exchange.specs import KINDS, Sent, State
from torihiki.services.quotes.body import QuoteBody, RequestBody

ANSWER = "responds"
OPEN = "sent"  # the state in which a quotation can be accepted


@dataclass(frozen=True, eq=False)  # one object for one quotation
class Offer:
    """One seller's newest quotation. `priced` says in what its line prices are: they compare only where that is one."""

    view: PartyView
    sent: Sent

    @property
    def document_id(self) -> UUID:
        return self.view.document_id

    @property
    def body(self) -> QuoteBody:
        return cast("QuoteBody", self.sent.body)

    @property
    def state(self) -> State:
        return KINDS[self.view.kind].state(self.view.state)

    @property
    def is_open(self) -> bool:
        return self.view.state == OPEN

    @property
    def priced(self) -> tuple[str, bool]:
        return self.body.currency, self.body.prices_include_tax

    @property
    def gross(self) -> Decimal:
        assert self.sent.totals is not None, "a quotation has totals"
        return self.sent.totals.gross

    def lines(self) -> Iterator[tuple[str, PricedLine, Decimal]]:
        """Each line with its id and its amount."""
        assert self.sent.totals is not None, "a quotation has totals"
        for line, amount in zip(self.body.lines, self.sent.totals.lines, strict=True):
            yield line.line_id, line, amount


@dataclass(frozen=True)
class Cell:
    """What one seller offers for one line; `other_quantity` where that is not what was asked for."""

    offer: Offer
    line: PricedLine
    amount: Decimal
    lowest: bool
    other_quantity: bool


@dataclass(frozen=True)
class Row:
    """One line of the request, or one that only sellers named (`asked` is none); a cell for each offer, or none."""

    line_id: str
    description: str
    asked: Decimal | None
    unit: str
    cells: tuple[Cell | None, ...]

    @property
    def choices(self) -> list[Cell]:
        return [cell for cell in self.cells if cell is not None and cell.offer.is_open]


@dataclass(frozen=True)
class Comparison:
    """`comparable`: all prices are in one currency, and all with or all without tax. The lowest total and the
    earliest day are none where there is nothing to compare."""

    offers: tuple[Offer, ...]
    rows: tuple[Row, ...]
    comparable: bool
    lowest: Decimal | None
    earliest: date | None


def compare(request: Seen) -> Comparison:
    """The quotations that count, in the order in which they came first. At most 4 queries, however many there are.

    The request's sender alone sees them all: what others would see is what their views hold.
    """
    kinds = {kind.code for kind in KINDS.values() if any(source.link == ANSWER for source in kind.sources)}
    views = [
        view
        for link, view in access_links(request)
        if link.name == ANSWER and link.target_id == request.document.pk and view.kind in kinds
    ]
    views = [view for view in views if view.version_shown and not KINDS[view.kind].state(view.state).void]
    newest = access_newest(request.actor, [request.document.pk, *(view.document_id for view in views)])
    offers = [Offer(view, read_sent(newest[view.document_id])) for view in views if view.document_id in newest]
    asked = cast("RequestBody", read_sent(newest[request.document.pk]).body)
    comparable = len({offer.priced for offer in offers}) <= 1
    days = [offer.body.delivery_on for offer in offers if offer.body.delivery_on]
    return Comparison(
        offers=tuple(offers),
        rows=tuple(_rows(asked, offers, comparable=comparable)),
        comparable=comparable,
        lowest=min(offer.gross for offer in offers) if len(offers) > 1 and comparable else None,
        earliest=min(days) if len(days) > 1 else None,
    )


def _rows(asked: RequestBody, offers: Sequence[Offer], *, comparable: bool) -> Iterator[Row]:
    offered = [{line_id: (line, amount) for line_id, line, amount in offer.lines()} for offer in offers]
    own: dict[str, tuple[str, Decimal | None, str]] = {
        line.line_id: (line.description, line.quantity, line.unit) for line in asked.lines
    }
    for each in offered:
        for line_id, (line, _amount) in each.items():
            own.setdefault(line_id, (line.description, None, line.unit))
    for line_id, (description, quantity, unit) in own.items():
        found = [each.get(line_id) for each in offered]
        like = [line.unit_price for line, _amount in filter(None, found)]
        lowest = min(like) if comparable and len(like) > 1 else None
        cells = [
            Cell(offer, of[0], of[1], of[0].unit_price == lowest, quantity is not None and of[0].quantity != quantity)
            if of
            else None
            for offer, of in zip(offers, found, strict=True)
        ]
        yield Row(line_id, description, quantity, unit, tuple(cells))
