"""A request ends: decided, returned, taken back, or no longer what the draft holds (promise P4)."""

from datetime import datetime

from torihiki.exchange.access import Seen
from torihiki.exchange.approvals.access import access_requests, access_seats
from torihiki.exchange.approvals.models import ApprovalRequest
from torihiki.exchange.models import PartyView
from torihiki.tenancy.actor import Actor

Outcome = ApprovalRequest.Outcome
DRAFT_STATE, IN_APPROVAL, READY = "draft", "in_approval", "ready"
"""Of what is not sent yet: `PartyView.internal_state`."""


def newest_request(seen: Seen) -> ApprovalRequest | None:
    return access_requests(seen.actor).filter(document_id=seen.document.pk).first()


def end_request(request: ApprovalRequest, outcome: str, actor: Actor, *, at: datetime, reason: str = "") -> None:
    """Nobody is asked any more."""
    request.outcome, request.closed_at, request.closed_by, request.reason = outcome, at, actor.name, reason
    request.save(update_fields=["outcome", "closed_at", "closed_by", "reason"])
    access_seats(actor).filter(request=request, is_open=True).update(is_open=False)


def void_request(seen: Seen, *, at: datetime) -> None:
    """What was submitted, or approved and not sent, changes: it is a draft again and has to be submitted anew."""
    if seen.view.internal_state not in (IN_APPROVAL, READY):
        return
    request = newest_request(seen)
    if request is not None:
        end_request(request, Outcome.CHANGED, seen.actor, at=at)
    mine = PartyView.objects.filter(company_id=seen.actor.company, document_id=seen.document.pk)
    mine.update(internal_state=DRAFT_STATE)
