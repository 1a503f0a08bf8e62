"""What approvals say by mail: to who is asked, again to who has not answered, and to who asked."""

from uuid import UUID

from django.urls import reverse

from torihiki.exchange.approvals.access import access_requests, access_seats
from torihiki.exchange.approvals.models import ApprovalRequest
from torihiki.exchange.approvals.requests import ASKED, DECIDED, REMINDED
from torihiki.exchange.approvals.steps import steps_of
from torihiki.exchange.models import PartyView
from torihiki.exchange.specs import KINDS
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Member
from torihiki.tenancy.actor import Actor


@letter(ASKED)
def approval_asked(actor: Actor, subject_id: UUID) -> Letter | None:
    """To one member who is asked; nothing where it was answered meanwhile."""
    return _to_seat(actor, subject_id, "exchange/mail/approval_asked.txt")


@letter(REMINDED)
def approval_reminded(actor: Actor, subject_id: UUID) -> Letter | None:
    return _to_seat(actor, subject_id, "exchange/mail/approval_reminded.txt")


@letter(DECIDED)
def approval_decided(actor: Actor, subject_id: UUID) -> Letter | None:
    """To the author: it may be sent now, or came back."""
    request = access_requests(actor).select_related("submitted_by").filter(pk=subject_id).first()
    if request is None or request.submitted_by is None or request.outcome not in ("approved", "returned"):
        return None
    return _letter(actor, request, request.submitted_by, "exchange/mail/approval_decided.txt")


def _to_seat(actor: Actor, seat_id: UUID, template: str) -> Letter | None:
    seats = access_seats(actor).select_related("request", "member").filter(pk=seat_id, is_open=True)
    seat = seats.filter(member__suspended_at=None).first()
    if seat is None or seat.member is None:
        return None
    step = steps_of(seat.request.steps)[seat.step]
    return _letter(actor, seat.request, seat.member, template, step=step.name if seat.request.route else "")


def _letter(actor: Actor, request: ApprovalRequest, member: Member, template: str, step: str = "") -> Letter | None:
    view = PartyView.objects.filter(company_id=actor.company, document_id=request.document_id).first()
    if view is None:
        return None
    context = {
        "member": member,
        "request": request,
        "step": step,
        "kind": KINDS[view.kind],
        "label": view.number or view.subject,
        "counterparty": view.counterparty_name,
        "link": public_link(reverse("document", args=[view.document_id])),
    }
    return Letter(member.email, template, context, language_of(member.account_id))
