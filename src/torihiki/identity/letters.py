"""What identity says by mail."""

from uuid import UUID

from django.urls import reverse

from torihiki.identity.access import access_invitations
from torihiki.identity.keys import link_token
from torihiki.identity.mail import Letter, letter, public_link
from torihiki.identity.models import Company
from torihiki.tenancy.actor import Actor

INVITATION = "identity.invitation"
"""Name of the letter, and the purpose of the secret in its link."""


@letter(INVITATION)
def invitation(actor: Actor, subject_id: UUID) -> Letter | None:
    open_one = access_invitations(actor).filter(pk=subject_id).first()
    if open_one is None:
        return None
    token = link_token(INVITATION, open_one.id, open_one.expires_at)
    context = {
        "invitation": open_one,
        "company": Company.objects.get(pk=actor.company),
        "link": public_link(reverse("invitation", args=[token])),
    }
    return Letter(open_one.email, "identity/mail/invitation.txt", context)
