"""What one document does to another: an answer moves its order, an acceptance its delivery and then the order."""

from typing import cast
from uuid import UUID

from torihiki.exchange.access import access_document, access_newest
from torihiki.exchange.actions.steps import follow, move_document
from torihiki.exchange.models import Document, Link
from torihiki.exchange.papers import read_sent
from torihiki.exchange.quantities import in_context
from torihiki.exchange.specs import Deed
from torihiki.services.ordering.body import ZERO, AcceptanceBody, Answer, OrderResponseBody
from torihiki.services.ordering.rules import agreed_quantities


def order_went_out(deed: Deed) -> None:
    """A new version of an order: what was answered to the former one no longer counts."""
    if deed.step == "revise":
        _supersede(deed, deed.document.pk)


def response_went_out(deed: Deed) -> None:
    """The seller's answer confirms the order, rejects it, or proposes what the buyer has to agree to."""
    order = deed.origins.get("responds")
    if order is None:
        return
    _supersede(deed, order.pk, but=deed.document.pk)
    answers = {line.answer for line in cast("OrderResponseBody", deed.body).lines}
    if answers == {Answer.ACCEPT}:
        follow(deed, order, "confirm")
    elif answers == {Answer.REJECT}:
        follow(deed, order, "reject")
    else:
        follow(deed, order, "propose_change")


def acceptance_went_out(deed: Deed) -> None:
    """Where nothing differs it is final at once; else the seller is asked, and the delivery says so."""
    body = cast("AcceptanceBody", deed.body)
    if body.differs:
        if (delivery := deed.origins.get("accepts")) is not None:
            follow(deed, delivery, "inspect")
    else:
        move_document(deed.document, deed.kind, "agreed", at=deed.at)
        _settle(deed, deed.origins.get("accepts"), body)


def differences_agreed(deed: Deed) -> None:
    version = access_newest(deed.actor, [deed.document.pk])[deed.document.pk]
    _settle(deed, _made_from(deed.document, "accepts"), cast("AcceptanceBody", read_sent(version).body))


def acceptance_withdrawn(deed: Deed) -> None:
    if (delivery := _made_from(deed.document, "accepts")) is not None:
        follow(deed, delivery, "reopen")


def _settle(deed: Deed, delivery: Document | None, body: AcceptanceBody) -> None:
    if delivery is None:
        return
    if not body.differs:
        follow(deed, delivery, "accept")
    elif any(line.quantity for line in body.lines):
        follow(deed, delivery, "accept_partly")
    else:
        follow(deed, delivery, "reject")
    order = _made_from(delivery, "fulfils")
    if order is not None and _is_complete(deed, order.pk):
        follow(deed, order, "complete")


def _is_complete(deed: Deed, order_id: UUID) -> bool:
    """Whether of every line at least what was agreed is accepted."""
    order = in_context(access_document(deed.actor, order_id))
    accepted = order.counted.get("accepts", {})
    return all(accepted.get(line, ZERO) >= quantity for line, quantity in agreed_quantities(order).items())


def _supersede(deed: Deed, order_id: UUID, *, but: UUID | None = None) -> None:
    links = Link.objects.filter(target_id=order_id, name="responds", source_line="").exclude(source_id=but)
    for response in links.filter(source__state="sent").values_list("source_id", flat=True):
        follow(deed, access_document(deed.actor, response, lock=True).document, "supersede")


def _made_from(document: Document, name: str) -> Document | None:
    """What the document was made from by that link, locked."""
    link = Link.objects.filter(source_id=document.pk, name=name, source_line="").first()
    return Document.objects.select_for_update().get(pk=link.target_id) if link else None
