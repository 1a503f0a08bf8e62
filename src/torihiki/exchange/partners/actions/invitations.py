"""Asking a company to become a partner, and its answer."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from torihiki.crypto.digest import token_hash
from torihiki.exchange.models import Partner, Relationship
from torihiki.exchange.partners.access import (
    OpenInvitation,
    access_open_invitation,
    access_open_invitations,
    access_partner,
)
from torihiki.exchange.partners.events import PartnerEvent
from torihiki.exchange.partners.refusals import (
    AcceptanceUnfit,
    InvitedAlready,
    NotExternal,
    TooManyInvitations,
)
from torihiki.identity.access import lock_company
from torihiki.identity.jobs import send_later
from torihiki.identity.keys import link_hash
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt, attempt_as
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor, scope

INVITATION = "partners.invitation"
"""Name of the letter, and the purpose of the secret in its link."""
VALID = timedelta(days=30)
OPEN_MAX = 500  # per company


def invite_partner(
    actor: Actor, *, email: str, message: str = "", partner_id: UUID | None = None, at: datetime
) -> Relationship:
    """Write the invitation and queue its letter. With `partner_id` of an external partner, the member that accepts
    takes that partner's place. Raises InvitedAlready, NotExternal, PartnerNotVisible or TooManyInvitations."""
    with attempt(PartnerEvent.INVITED, actor, data={"email": email}):
        lock_company(actor)
        open_ones = access_open_invitations(actor)
        if open_ones.filter(email__iexact=email, expires_at__gt=at).exists():
            raise InvitedAlready
        if open_ones.count() >= OPEN_MAX:
            raise TooManyInvitations
        external = _external_party(actor, partner_id)
        relationship = _write(actor, email=email, message=message, external=external, at=at)
        _record(PartnerEvent.INVITED, actor, relationship.id, email, at, expires_at=relationship.expires_at)
    return relationship


def reinvite_partner(actor: Actor, relationship_id: UUID, *, at: datetime) -> Relationship:
    """Withdraw the open invitation and write it anew, with another link. Raises PartnerNotVisible."""
    with attempt(PartnerEvent.INVITED_AGAIN, actor, subject_type="relationship", subject_id=relationship_id):
        former = access_open_invitation(actor, relationship_id, lock=True)
        _withdraw(actor, former, at)
        again = _write(actor, email=former.email, message=former.message, external=former.external_party, at=at)
        _record(PartnerEvent.INVITED_AGAIN, actor, again.id, again.email, at, replaces=former.id)
    return again


def withdraw_partner(actor: Actor, relationship_id: UUID, *, at: datetime) -> None:
    """Raises PartnerNotVisible."""
    with attempt(PartnerEvent.INVITATION_WITHDRAWN, actor, subject_type="relationship", subject_id=relationship_id):
        relationship = access_open_invitation(actor, relationship_id, lock=True)
        _withdraw(actor, relationship, at)
        _record(PartnerEvent.INVITATION_WITHDRAWN, actor, relationship.id, relationship.email, at)


def accept_partner(actor: Actor, invitation: OpenInvitation, token: str, *, at: datetime) -> Partner:
    """The actor's company and the inviter become partners; each gets its own entry for the other.

    Raises AcceptanceUnfit for the own invitation, a partner at hand, or when somebody was faster.
    """
    with attempt_as(PartnerEvent.ACCEPTED, actor, subject_type="relationship", subject_id=invitation.id):
        if not _answer(token, accepted=True, at=at):
            raise AcceptanceUnfit
        partner = Partner.objects.get(company_id=actor.company, relationship_id=invitation.id)
        _record(PartnerEvent.ACCEPTED, actor, invitation.id, invitation.inviter_name, at)
    return partner


def decline_partner(actor: Actor | None, invitation: OpenInvitation, token: str, *, at: datetime) -> None:
    """By a member, or by whoever holds the link; then the entry stands in the inviter's ledger.

    Raises AcceptanceUnfit when somebody was faster.
    """
    if actor is None:
        holder = Actor(name=invitation.email)
        with attempt_as(PartnerEvent.DECLINED, holder, subject_type="relationship", subject_id=invitation.id):
            if not _answer(token, accepted=False, at=at):
                raise AcceptanceUnfit
            told = Actor(company_id=invitation.inviter_id, name=invitation.email)
            with scope(told):
                _record(PartnerEvent.DECLINED, told, invitation.id, invitation.email, at)
        return
    with attempt_as(PartnerEvent.DECLINED, actor, subject_type="relationship", subject_id=invitation.id):
        if not _answer(token, accepted=False, at=at):
            raise AcceptanceUnfit
        _record(PartnerEvent.DECLINED, actor, invitation.id, invitation.inviter_name, at)


def _write(actor: Actor, *, email: str, message: str, external: UUID | None, at: datetime) -> Relationship:
    relationship_id, expires_at = new_id(), at + VALID
    relationship = Relationship.objects.create(
        id=relationship_id,
        inviter_id=actor.company,
        external_party=external,
        email=email,
        message=message,
        token_hash=link_hash(INVITATION, relationship_id, expires_at),
        invited_by=actor.name,
        invited_at=at,
        expires_at=expires_at,
    )
    send_later(INVITATION, actor, relationship.id)
    return relationship


def _withdraw(actor: Actor, relationship: Relationship, at: datetime) -> None:
    relationship.state = Relationship.State.WITHDRAWN
    relationship.answered_at = at
    relationship.changed_by = actor.company
    relationship.save(update_fields=["state", "answered_at", "changed_by"])


def _external_party(actor: Actor, partner_id: UUID | None) -> UUID | None:
    if partner_id is None:
        return None
    partner = access_partner(actor, partner_id)
    if partner.party.owner_id != actor.company:
        raise NotExternal
    return partner.party_id


def _answer(token: str, *, accepted: bool, at: datetime) -> bool:
    """Through the function that writes for both sides at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT exchange_answer_invitation(%s, %s, %s)", [token_hash(token), accepted, at])
        return cursor.fetchone()[0] is not None


def _record(event: Event, actor: Actor, relationship_id: UUID, label: str, at: datetime, **data: object) -> None:
    record(event, actor, subject_type="relationship", subject_id=relationship_id, subject_label=label, at=at, data=data)
