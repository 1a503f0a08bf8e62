"""What was submitted or approved is no longer what the draft holds (promise P4)."""

from datetime import datetime

from torihiki.exchange.access import Seen
from torihiki.exchange.approvals.access import access_requests, access_seats
from torihiki.exchange.approvals.models import ApprovalRequest

Outcome = ApprovalRequest.Outcome


def void_request(seen: Seen, *, at: datetime) -> None:
    """End the request of a draft that is in approval, or approved and not sent; nobody is asked any more."""
    if not seen.view.internal_state or seen.view.internal_state == "draft":
        return
    newest = access_requests(seen.actor).filter(document_id=seen.document.pk).values("pk")[:1]
    mine = access_requests(seen.actor).filter(pk__in=newest, outcome__in=(Outcome.OPEN, Outcome.APPROVED))
    for request in mine:
        access_seats(seen.actor).filter(request=request, is_open=True).update(is_open=False)
        request.outcome, request.closed_at, request.closed_by = Outcome.CHANGED, at, seen.actor.name
        request.save(update_fields=["outcome", "closed_at", "closed_by"])
