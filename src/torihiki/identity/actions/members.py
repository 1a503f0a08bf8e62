"""Changing, suspending and reactivating members; a company always keeps an active administrator."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import access_member, access_members, access_unit, lock_company
from torihiki.identity.actions.roles import set_grants
from torihiki.identity.events import IdentityEvent
from torihiki.identity.jobs import send_later
from torihiki.identity.letters import ADDRESS_CHANGED
from torihiki.identity.lockout import unlock
from torihiki.identity.models import Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.identity.recording import record_member
from torihiki.identity.refusals import LastAdministrator, NoAppToRemove, OwnSuspension, UnitOnlyUnfit
from torihiki.identity.rights import keep_within, rights_of
from torihiki.identity.second_step import forget_second_step
from torihiki.identity.sessions import end_sessions_of_member
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor


def change_member(
    actor: Actor,
    member_id: UUID,
    *,
    name: str,
    email: str,
    role: str,
    unit_id: UUID | None,
    at: datetime,
    own_roles: Collection[UUID] | None = None,
    unit_only: bool | None = None,
) -> Member:
    """The new roles hold from the member's next request; `own_roles` are the company's own, `unit_only` says
    whether rights about documents hold in the member's unit and below only; None keeps either. Raises NotHere,
    LastAdministrator, UnitOnlyUnfit or BeyondOwnRights."""
    with attempt(IdentityEvent.MEMBER_CHANGED, actor, subject_type="member", subject_id=member_id):
        lock_company(actor)
        member = _access_within(actor, member_id)
        keep_within(actor, PERMISSIONS[role])
        if role != Role.ADMINISTRATOR:
            _keep_an_administrator(actor, member)
        limited = member.unit_only if unit_only is None else unit_only
        check_unit_only(role, unit_id, unit_only=limited)
        wanted = {"name": name, "email": email, "role": role, "unit_id": unit_id, "unit_only": limited}
        if unit_id and unit_id != member.unit_id:
            access_unit(actor, unit_id)
        before: dict[str, Any] = {key: getattr(member, key) for key in wanted}
        for key, value in wanted.items():
            setattr(member, key, value)
        member.save(update_fields=list(wanted))
        after: dict[str, Any] = dict(wanted)
        if own_roles is not None:
            before["own_roles"], after["own_roles"] = set_grants(actor, member, own_roles, at=at)
        changed = [key for key in after if before[key] != after[key]]
        entry = record_member(
            IdentityEvent.MEMBER_CHANGED,
            actor,
            member.pk,
            member.name,
            at,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
        )
        if "email" in changed:
            send_later(ADDRESS_CHANGED, actor, entry.id)
    return member


def suspend_member(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """Their sessions end at once, for good. Raises NotHere, OwnSuspension, LastAdministrator or
    BeyondOwnRights."""
    with attempt(IdentityEvent.MEMBER_SUSPENDED, actor, subject_type="member", subject_id=member_id):
        lock_company(actor)
        member = _access_within(actor, member_id)
        if member.id == actor.member_id:
            raise OwnSuspension
        _keep_an_administrator(actor, member)
        member.suspended_at = member.suspended_at or at
        member.save(update_fields=["suspended_at"])
        end_sessions_of_member(member.id)
        record_member(IdentityEvent.MEMBER_SUSPENDED, actor, member.pk, member.name, at)
    return member


def end_sessions(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """Sign a member out everywhere; they may sign in anew (ASVS 5.0, 7.4.5). Raises NotHere or BeyondOwnRights."""
    with attempt(IdentityEvent.SESSIONS_ENDED, actor, subject_type="member", subject_id=member_id):
        member = _access_within(actor, member_id)
        end_sessions_of_member(member.id)
        record_member(IdentityEvent.SESSIONS_ENDED, actor, member.pk, member.name, at)
    return member


def reactivate_member(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """Raises NotHere."""
    with attempt(IdentityEvent.MEMBER_REACTIVATED, actor, subject_type="member", subject_id=member_id):
        lock_company(actor)
        member = _access_within(actor, member_id)
        member.suspended_at = None
        member.save(update_fields=["suspended_at"])
        record_member(IdentityEvent.MEMBER_REACTIVATED, actor, member.pk, member.name, at)
    return member


def unlock_member(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """The member's password is verified again from the next try on (clause 2-5-3). Raises NotHere."""
    with attempt(IdentityEvent.ACCOUNT_UNLOCKED, actor, subject_type="member", subject_id=member_id):
        member = _access_within(actor, member_id)
        unlock(member.id)
        record_member(IdentityEvent.ACCOUNT_UNLOCKED, actor, member.pk, member.name, at)
    return member


def reset_two_step(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """Remove a member's authenticator app, passkeys and recovery codes; their sessions end. Raises NotHere, and
    NoAppToRemove where there is none, or where the person works for another company too: one alone must not weaken the
    other's sign-in."""
    with attempt(IdentityEvent.AUTHENTICATOR_REMOVED, actor, subject_type="member", subject_id=member_id):
        member = _access_within(actor, member_id)
        if not forget_second_step(member.id):
            raise NoAppToRemove
        end_sessions_of_member(member.id)
        record_member(IdentityEvent.AUTHENTICATOR_REMOVED, actor, member.pk, member.name, at)
    return member


def check_unit_only(role: str, unit_id: UUID | None, *, unit_only: bool) -> None:
    """Raises UnitOnlyUnfit."""
    if unit_only and unit_id is None:
        raise UnitOnlyUnfit(_("Choose the unit whose documents the member works with."))
    if unit_only and role == Role.ADMINISTRATOR:
        raise UnitOnlyUnfit(_("Administrators work for the whole company. Choose another role, or no limit."))


def _access_within(actor: Actor, member_id: UUID) -> Member:
    """A member who may do no more than the actor. Raises NotHere or BeyondOwnRights."""
    member = access_member(actor, member_id)
    keep_within(actor, rights_of(actor, member))
    return member


def _keep_an_administrator(actor: Actor, leaving: Member) -> None:
    """Must run under `lock_company`: two administrators who demote each other come one after the other."""
    active = access_members(actor).filter(role=Role.ADMINISTRATOR, suspended_at=None)
    if leaving.role == Role.ADMINISTRATOR and not leaving.suspended_at and not active.exclude(pk=leaving.pk).exists():
        raise LastAdministrator
