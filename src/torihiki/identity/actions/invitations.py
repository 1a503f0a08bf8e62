"""Asking people to become members, and their answer."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from torihiki.identity.access import OpenInvitation, access_invitations, access_unit, lock_company
from torihiki.identity.actions.companies import NewPerson, make_account
from torihiki.identity.actions.members import check_unit_only
from torihiki.identity.actions.roles import grant_invited, own_roles
from torihiki.identity.events import IdentityEvent
from torihiki.identity.jobs import send_later
from torihiki.identity.keys import link_hash
from torihiki.identity.letters import INVITATION
from torihiki.identity.models import Invitation, Member
from torihiki.identity.permissions import PERMISSIONS
from torihiki.identity.refusals import (
    AlreadyMember,
    InvitationClosed,
    InvitationOver,
    NotHere,
    TooManyInvitations,
)
from torihiki.identity.rights import keep_within
from torihiki.identity.sso.access import is_closed
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt, attempt_as
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

VALID = timedelta(days=7)
OPEN_MAX = 200  # per company


def invite_member(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    unit_id: UUID | None,
    at: datetime,
    own_role_ids: Collection[UUID] = (),
    unit_only: bool = False,
) -> Invitation:
    """Write the invitation and queue its letter. Raises NotHere for a foreign unit or own role, BeyondOwnRights,
    UnitOnlyUnfit or TooManyInvitations."""
    with attempt(IdentityEvent.MEMBER_INVITED, actor, data={"email": email}):
        lock_company(actor)
        if access_invitations(actor).count() >= OPEN_MAX:
            raise TooManyInvitations
        check_unit_only(role, unit_id, unit_only=unit_only)
        roles = own_roles(actor, own_role_ids)
        keep_within(actor, PERMISSIONS[role].union(*(own.permissions for own in roles)))
        invitation_id, expires_at = new_id(), at + VALID
        invitation = Invitation.objects.create(
            id=invitation_id,
            company_id=actor.company,
            email=email,
            name=name,
            role=role,
            unit=access_unit(actor, unit_id) if unit_id else None,
            unit_only=unit_only,
            own_roles=[own.pk for own in roles],
            token_hash=link_hash(INVITATION, invitation_id, expires_at),
            invited_by=actor.name,
            invited_at=at,
            expires_at=expires_at,
        )
        send_later(INVITATION, actor, invitation.id)
        _record(IdentityEvent.MEMBER_INVITED, actor, invitation, at)
    return invitation


def resend_invitation(actor: Actor, invitation_id: UUID, *, at: datetime) -> Invitation:
    """A new link for another 7 days; the former one no longer works. Raises NotHere or InvitationClosed."""
    with attempt(IdentityEvent.INVITATION_RESENT, actor, subject_type="invitation", subject_id=invitation_id):
        invitation = _lock(actor, invitation_id)
        invitation.expires_at = at + VALID
        invitation.token_hash = link_hash(INVITATION, invitation.id, invitation.expires_at)
        invitation.save(update_fields=["expires_at", "token_hash"])
        send_later(INVITATION, actor, invitation.id)
        _record(IdentityEvent.INVITATION_RESENT, actor, invitation, at)
    return invitation


def withdraw_invitation(actor: Actor, invitation_id: UUID, *, at: datetime) -> None:
    """Raises NotHere or InvitationClosed."""
    with attempt(IdentityEvent.INVITATION_WITHDRAWN, actor, subject_type="invitation", subject_id=invitation_id):
        invitation = _lock(actor, invitation_id)
        invitation.withdrawn_at = at
        invitation.save(update_fields=["withdrawn_at"])
        _record(IdentityEvent.INVITATION_WITHDRAWN, actor, invitation, at)


def accept_invitation(
    actor: Actor | None, invitation: OpenInvitation, *, at: datetime, person: NewPerson | None = None
) -> Actor:
    """Join the inviting company: with the signed-in actor's account, or as a new `person`. Runs in the scope of both,
    and returns who this person is there from now on.

    Raises InvitationOver when somebody was faster, AlreadyMember, LoginIdTaken, PasswordWeak, or PasswordsClosed where
    members join through the company's provider only.
    """
    joining = _joining(actor, invitation, person)
    with attempt_as(IdentityEvent.MEMBER_JOINED, joining, subject_type="invitation", subject_id=invitation.id):
        row = access_invitations(joining).select_for_update().filter(pk=invitation.id, expires_at__gt=at).first()
        if row is None:
            raise InvitationOver
        if is_closed(joining.company, at=at):
            raise PasswordsClosed
        if Member.objects.filter(company_id=joining.company, account_id=joining.account).exists():
            raise AlreadyMember
        if person is not None:
            make_account(joining, person, at)
        row.accepted_at = at
        row.save(update_fields=["accepted_at"])
        member = Member.objects.create(
            id=joining.member_id,
            company_id=joining.company,
            account_id=joining.account,
            unit_id=row.unit_id,
            unit_only=row.unit_only,
            name=joining.name,
            email=person.email if person else row.email,
            role=row.role,
            created_at=at,
        )
        grant_invited(joining, member, row.own_roles, invited_by=row.invited_by, at=at)
        record(
            IdentityEvent.MEMBER_JOINED,
            joining,
            subject_type="member",
            subject_id=member.id,
            subject_label=member.name,
            at=at,
            data={"role": member.role, "email": member.email, "invited_by": row.invited_by},
        )
    return joining


def _joining(actor: Actor | None, invitation: OpenInvitation, person: NewPerson | None) -> Actor:
    assert (actor is None) != (person is None), "either the account at hand or a new person"
    former = actor or Actor(account_id=new_id(), name=person.name if person else "")
    return replace(
        former,
        company_id=invitation.company_id,
        company_name=invitation.company_name,
        member_id=new_id(),
        unit_id=invitation.unit_id,
        role=invitation.role,
        permissions=PERMISSIONS[invitation.role],
    )


def _lock(actor: Actor, invitation_id: UUID) -> Invitation:
    invitation = Invitation.objects.select_for_update().filter(company_id=actor.company, pk=invitation_id).first()
    if invitation is None:
        raise NotHere
    if invitation.accepted_at or invitation.withdrawn_at:
        raise InvitationClosed
    return invitation


def _record(event: Event, actor: Actor, invitation: Invitation, at: datetime) -> None:
    record(
        event,
        actor,
        subject_type="invitation",
        subject_id=invitation.id,
        subject_label=invitation.email,
        at=at,
        data={"name": invitation.name, "role": invitation.role, "expires_at": invitation.expires_at},
    )
