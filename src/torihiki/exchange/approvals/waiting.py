"""What waits for one's own approval, and many of these answered at once, each by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from torihiki.exchange.access import access_readable
from torihiki.exchange.approvals.access import access_requests, access_seats
from torihiki.exchange.approvals.models import ApprovalRequest
from torihiki.exchange.approvals.requests import approve_draft
from torihiki.exchange.models import PartyView
from torihiki.exchange.specs import KINDS
from torihiki.identity.permissions import Action
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor

AT_ONCE_MAX = 50


@dataclass(frozen=True)
class Answered:
    """What became of one of many: `refusal` is empty where it was approved."""

    view: PartyView
    refusal: Refused | None


def requests_waiting(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Requests for the actor to answer, newest first: in the own seat, or in that of who lent the right to approve
    documents of that kind. Neither what they submitted themselves, nor where they have answered in that step."""
    if actor.member_id is None:
        return access_requests(actor).none()
    seats = Q(member_id=actor.member_id, request__document__kind__in=_approvable(actor.holds))
    for loan in actor.lent:
        seats |= Q(member_id=loan.member_id, request__document__kind__in=_approvable(loan.lends))
    answered = access_seats(actor).filter(
        request_id=OuterRef("request_id"), step=OuterRef("step"), decided_by=actor.member_id
    )
    asked = access_seats(actor).filter(seats, ~Exists(answered), is_open=True).order_by().values("request_id")
    return access_requests(actor).filter(pk__in=asked).exclude(submitted_by_id=actor.member_id)


def _approvable(may: Callable[[str], bool]) -> list[str]:
    return [kind.code for kind in KINDS.values() if may(kind.permission(Action.APPROVE))]


def approve_many(actor: Actor, chosen: Sequence[tuple[UUID, str]], *, at: datetime) -> list[Answered]:
    """Approve each of at most AT_ONCE_MAX documents as it was shown, by its hash. One that is refused holds up none of
    the others. Those that the actor cannot see are passed over."""
    views = access_readable(actor, [document_id for document_id, _sha256 in chosen])
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
