"""What waits for one's own approval, and many of these answered at once, each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from torihiki.exchange.access import access_views
from torihiki.exchange.approvals.access import access_requests, access_seats
from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalSeat
from torihiki.exchange.approvals.requests import approve_draft
from torihiki.exchange.models import PartyView
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor

AT_ONCE_MAX = 50
COUNT_MAX = 100


@dataclass(frozen=True)
class Answered:
    """What became of one of many: `refusal` is empty where it was approved."""

    view: PartyView
    refusal: Refused | None


def waiting_seats(actor: Actor) -> QuerySet[ApprovalSeat]:
    """Open seats that the actor may take, own and lent ones, newest first."""
    sitters = [pk for pk in (actor.member_id, *(loan.member_id for loan in actor.lent)) if pk]
    return access_seats(actor).filter(member_id__in=sitters, is_open=True).order_by("-id")


def requests_waiting(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Requests for the actor to answer, newest first; not what they submitted themselves."""
    asked = waiting_seats(actor).order_by().values("request_id")
    mine = access_requests(actor).filter(pk__in=asked, outcome="")
    return mine.exclude(submitted_by_id=actor.member_id) if actor.member_id else mine.none()


def views_of(actor: Actor, requests: Sequence[ApprovalRequest]) -> dict[UUID, PartyView]:
    """By document, as far as the actor may read them; one query."""
    views = access_views(actor).filter(document_id__in=[request.document_id for request in requests])
    return {view.document_id: view for view in views}


def approve_many(actor: Actor, chosen: Sequence[tuple[UUID, str]], *, at: datetime) -> list[Answered]:
    """Approve each of at most AT_ONCE_MAX documents as it was shown, by its hash. One that is refused holds up none of
    the others. Those that the actor cannot see are passed over."""
    views = {view.document_id: view for view in access_views(actor).filter(document_id__in=[pk for pk, _ in chosen])}
    done = []
    for document_id, sha256 in chosen[:AT_ONCE_MAX]:
        if document_id not in views:
            continue
        refusal = None
        try:
            approve_draft(actor, document_id, sha256=sha256, at=at)
        except Refused as refused:
            refusal = refused
        done.append(Answered(views[document_id], refusal))
    return done
