"""What identity says by mail."""

import json
from uuid import UUID

from django.urls import reverse

from torihiki.identity.access import access_invitations, access_members
from torihiki.identity.keys import link_token
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Company
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor

INVITATION = "identity.invitation"
"""Name of the letter, and the purpose of the secret in its link."""
LOCKED = "identity.locked"


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


@letter(LOCKED)
def locked(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a lock, to the member whose account it is."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    return about_oneself(actor, entry, "identity/mail/locked.txt")


def about_oneself(actor: Actor, entry: Entry, template: str, **more: object) -> Letter | None:
    """A letter about something in the ledger, to the member whom it is about, with what was recorded."""
    if entry.subject_id is None or entry.payload is None:
        return None
    member = access_members(actor).filter(pk=entry.subject_id).first()
    if member is None:
        return None
    facts = json.loads(bytes(entry.payload))["data"]
    context = {"member": member, "company": Company.objects.get(pk=actor.company), "at": entry.at, "facts": facts}
    return Letter(member.email, template, {**context, **more}, language_of(member.account_id))
