"""What the exchange says by mail."""

from uuid import UUID

from django.urls import reverse

from torihiki.exchange.partners.access import access_open_invitations
from torihiki.exchange.partners.actions.invitations import INVITATION
from torihiki.exchange.webhooks.access import access_endpoints
from torihiki.exchange.webhooks.delivering import LETTER as WEBHOOK_STOPPED
from torihiki.exchange.webhooks.models import WebhookEndpoint
from torihiki.identity.access import access_members
from torihiki.identity.keys import link_token
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Company
from torihiki.tenancy.actor import Actor


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
