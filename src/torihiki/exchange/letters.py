"""What the exchange says by mail."""

import json
from uuid import UUID

from django.urls import reverse

from torihiki.exchange.access import access_handovers, access_in_charge
from torihiki.exchange.actions.charging import HANDED_OVER, IN_CHARGE
from torihiki.exchange.approvals import letters as approvals
from torihiki.exchange.partners.access import access_open_invitations
from torihiki.exchange.partners.actions.invitations import INVITATION
from torihiki.exchange.specs import KINDS
from torihiki.exchange.webhooks.access import access_endpoints
from torihiki.exchange.webhooks.delivering import LETTER as WEBHOOK_STOPPED
from torihiki.exchange.webhooks.models import WebhookEndpoint
from torihiki.identity.access import access_members
from torihiki.identity.keys import link_token
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Company
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor

__all__ = ["approvals", "handed_over", "in_charge", "partner_invitation", "webhook_stopped"]


@letter(INVITATION)
def partner_invitation(actor: Actor, subject_id: UUID) -> Letter | None:
    relationship = access_open_invitations(actor).filter(pk=subject_id).first()
    if relationship is None:
        return None
    token = link_token(INVITATION, relationship.id, relationship.expires_at)
    context = {
        "relationship": relationship,
        "company": Company.objects.get(pk=actor.company),
        "link": public_link(reverse("partner-invitation", args=[token])),
    }
    return Letter(relationship.email, "exchange/mail/partner_invitation.txt", context)


@letter(WEBHOOK_STOPPED)
def webhook_stopped(actor: Actor, subject_id: UUID) -> Letter | None:
    """To one administrator: which endpoints torihiki itself switched off, as things stand now."""
    member = access_members(actor).filter(pk=subject_id).first()
    stopped = access_endpoints(actor).exclude(stopped__in=("", WebhookEndpoint.Stopped.BY_HAND)).order_by("stopped_at")
    if member is None or not stopped:
        return None
    context = {
        "member": member,
        "company": Company.objects.get(pk=actor.company),
        "endpoints": list(stopped),
        "link": public_link(reverse("webhooks")),
    }
    return Letter(member.email, "exchange/mail/webhook_stopped.txt", context, language_of(member.account_id))


@letter(IN_CHARGE)
def in_charge(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a new person in charge, to that person; nothing where it is somebody else by now."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    said = json.loads(bytes(entry.payload or b"{}"))
    member = access_members(actor).filter(pk=said["data"]["member"], suspended_at=None).first()
    if member is None or entry.subject_id is None:
        return None
    view = access_in_charge(actor, member.pk).filter(document_id=entry.subject_id).first()
    if view is None:
        return None
    context = {
        "member": member,
        "who": said["actor"],
        "kind": KINDS[view.kind],
        "label": view.number or view.subject,
        "link": public_link(reverse("document", args=[view.document_id])),
    }
    return Letter(member.email, "exchange/mail/in_charge.txt", context, language_of(member.account_id))


@letter(HANDED_OVER)
def handed_over(actor: Actor, subject_id: UUID) -> Letter | None:
    """To who takes over; nothing where it was undone meanwhile."""
    handover = access_handovers(actor).filter(pk=subject_id, undone_at=None, taker__suspended_at=None).first()
    if handover is None:
        return None
    context = {
        "member": handover.taker,
        "giver": handover.giver,
        "who": handover.done_by,
        "documents": len(handover.documents),
        "link": public_link(reverse("home") + "?charge=me"),
    }
    return Letter(
        handover.taker.email, "exchange/mail/handed_over.txt", context, language_of(handover.taker.account_id)
    )
