"""The award: quotations are accepted line by line, and an order is begun for each seller who gets any."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from torihiki.exchange.access import Seen, access_document
from torihiki.exchange.actions.drafts import DOCUMENT, start_draft, usable_source
from torihiki.exchange.actions.steps import move_recipient, take_step
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Recipient
from torihiki.exchange.quantities import first_body
from torihiki.exchange.refusals import ChangedMeanwhile, StepNotOpen
from torihiki.exchange.specs import ISSUER, KINDS
from torihiki.ledger.refusals import Refused, attempt
from torihiki.services.quotes.comparing import Comparison, Offer, compare
from torihiki.tenancy.actor import Actor

REASON_LENGTH_MAX = 2_000
ORDERED = "derives"


class NothingChosen(Refused):
    status = 422
    code = "nothing_chosen"

    def __init__(self) -> None:
        super().__init__(gettext_lazy("Choose a seller for at least one line."))


@dataclass(frozen=True)
class Awarded:
    """What an award did: the quotations accepted and the drafts begun, by quotation."""

    accepted: list[UUID]
    drafts: dict[UUID, UUID]


def award(
    actor: Actor, request_id: UUID, choices: Mapping[str, UUID], versions: Mapping[UUID, int], *, at: datetime, key: str
) -> Awarded:
    """Accept the quotation chosen for each line, all in one act, and begin an order with those lines for each seller.

    `choices` names a quotation by line id; `versions` what was shown of each. Who may not write orders accepts only.
    Raises DocumentNotVisible, RoleMayNot, NothingChosen, StepNotOpen or ChangedMeanwhile; then nothing is done.
    """
    with attempt(ExchangeEvent.STEP, actor, subject_type=DOCUMENT, subject_id=request_id, data={"step": "award"}):
        request = access_document(actor, request_id, lock=True)
        if request.view.role != ISSUER or request.kind.code != "rfq":
            raise StepNotOpen
        comparison = compare(request)
        shares = shares_of(comparison, choices)
        for offer in shares:
            if versions.get(offer.document_id) != offer.sent.version:
                raise ChangedMeanwhile
        _win_together(request, shares, at)
        for offer, lines in shares.items():
            take_step(
                actor,
                offer.document_id,
                "accept",
                at=at,
                version=offer.sent.version,
                reason=_share_in_words(offer, lines),
            )
        drafts = {offer.document_id: _order(actor, offer, lines, at=at, key=key) for offer, lines in shares.items()}
    return Awarded(list(drafts), {quote: draft for quote, draft in drafts.items() if draft})


def shares_of(comparison: Comparison, choices: Mapping[str, UUID]) -> dict[Offer, list[str]]:
    """The line ids that each chosen quotation gets. Raises NothingChosen, or StepNotOpen for a choice that is none."""
    by_id = {offer.document_id: offer for offer in comparison.offers}
    shares: dict[UUID, list[str]] = {}
    for row in comparison.rows:
        chosen = choices.get(row.line_id)
        if chosen is None:
            continue
        if chosen not in {cell.offer.document_id for cell in row.choices}:
            raise StepNotOpen
        shares.setdefault(chosen, []).append(row.line_id)
    if not shares:
        raise NothingChosen
    return {by_id[quote]: lines for quote, lines in shares.items()}


def _win_together(request: Seen, offers: Collection[Offer], at: datetime) -> None:
    """All who get a share win before any acceptance tells the others that they lost."""
    winners = [offer.view.counterparty_id for offer in offers]
    for row in Recipient.objects.filter(document_id=request.document.pk, owner_id=request.actor.company):
        if row.party_id in winners:
            move_recipient(row, request.kind, "awarded", at=at)


def _share_in_words(offer: Offer, lines: Collection[str]) -> str:
    """Nothing where all of it is accepted; else what of it."""
    if len(lines) == len(offer.body.lines):
        return ""
    names = [line.description for line_id, line, _amount in offer.lines() if line_id in lines]
    return (_("Accepted of it: %(lines)s") % {"lines": " / ".join(names)})[:REASON_LENGTH_MAX]


def _order(actor: Actor, offer: Offer, lines: Collection[str], *, at: datetime, key: str) -> UUID | None:
    quote = access_document(actor, offer.document_id)
    for kind in KINDS.values():
        source = usable_source(kind, quote)
        if source is None or source.link != ORDERED:
            continue
        whole = first_body(quote, source)
        body: dict[str, Any] = {**whole, "lines": [line for line in whole["lines"] if line["line_id"] in lines]}
        return start_draft(
            actor, kind, at=at, body=body, source_id=offer.document_id, key=f"{key} {offer.document_id}" if key else ""
        )
    return None
