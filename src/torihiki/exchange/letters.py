"""What the exchange says by mail."""

from uuid import UUID

from django.urls import reverse

from torihiki.exchange.partners.access import access_open_invitations
from torihiki.exchange.partners.actions.invitations import INVITATION
from torihiki.identity.keys import link_token
from torihiki.identity.mail import Letter, letter, public_link
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
