"""How far a document is paid, for the card on its page: by the own company's books."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from torihiki.exchange.access import access_views
from torihiki.exchange.models import PartyView, Side
from torihiki.exchange.specs import KINDS
from torihiki.lib.ids import id_of
from torihiki.services.payments.access import access_run_lines, access_settled_sums
from torihiki.services.payments.models import TransferRun
from torihiki.services.payments.spec import READ
from torihiki.services.payments.transfers import yen_of
from torihiki.tenancy.actor import Actor


@dataclass(frozen=True)
class Standing:
    """`settled` of `yen`; `run` pays it, or has paid it."""

    view: PartyView
    yen: int
    settled: int
    run: TransferRun | None

    @property
    def left(self) -> int:
        return 0 if self.view.settled_at else self.yen - self.settled

    @property
    def is_ours_to_pay(self) -> bool:
        return self.view.side == Side.BUYER


def standing_of(actor: Actor, document_id: UUID) -> Standing | None:
    """None where nothing is owed by it, or not in yen; two or three queries."""
    view = access_views(actor).filter(document_id=document_id, currency="JPY", amount_minor__isnull=False).first()
    owed = KINDS[view.kind].owed if view is not None else None
    if view is None or owed is None:
        return None
    if view.state not in (owed.payable if view.side == Side.BUYER else owed.expected):
        return None
    if view.side == Side.BUYER:
        line = access_run_lines(actor).filter(document_id=document_id, is_live=True).select_related("run").first()
        return Standing(view, yen_of(view), yen_of(view) if view.settled_at else 0, line.run if line else None)
    return Standing(view, yen_of(view), access_settled_sums(actor, [document_id]).get(document_id, 0), None)


def document_shown(request: HttpRequest) -> Standing | None:
    """Of the page that is asked for, to whoever reads payments."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.resolver_match is None or not actor.may(READ):
        return None
    document_id = id_of(str(request.resolver_match.kwargs.get("document_id", "")))
    return standing_of(actor, document_id) if document_id else None
