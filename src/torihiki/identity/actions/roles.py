"""A company's own roles: made, changed, removed, and given to members (clause 2-4-1)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import access_grants, access_own_role, access_own_roles, lock_company
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Member, OwnRole, RoleGrant
from torihiki.identity.permissions import grantable
from torihiki.identity.refusals import NotHere, RoleUnfit
from torihiki.identity.rights import keep_within
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

ROLES_MAX = 50  # per company
NAME_LENGTH_MAX = 60


def add_role(actor: Actor, *, name: str, permissions: Collection[str], at: datetime) -> OwnRole:
    """`permissions` from `permissions.grantable()`. Raises RoleUnfit or BeyondOwnRights."""
    with attempt(IdentityEvent.ROLE_ADDED, actor):
        lock_company(actor)
        if access_own_roles(actor).count() >= ROLES_MAX:
            raise RoleUnfit(_("There are as many own roles as a company may have. Remove those that nobody needs."))
        _check(actor, permissions)
        role = OwnRole(
            id=new_id(),
            company_id=actor.company,
            name=name,
            permissions=sorted(permissions),
            created_by=actor.name,
            created_at=at,
        )
        _save(role, new=True)
        _record(IdentityEvent.ROLE_ADDED, actor, role, at, permissions=role.permissions)
    return role


def change_role(actor: Actor, role_id: UUID, *, name: str, permissions: Collection[str], at: datetime) -> OwnRole:
    """It holds from the next request of everybody who has the role. Raises NotHere, RoleUnfit or BeyondOwnRights."""
    with attempt(IdentityEvent.ROLE_CHANGED, actor, subject_type="role", subject_id=role_id):
        lock_company(actor)
        role = access_own_role(actor, role_id)
        _check(actor, permissions)
        keep_within(actor, set(role.permissions) - set(permissions))
        before = {"name": role.name, "permissions": role.permissions}
        role.name, role.permissions = name, sorted(permissions)
        _save(role)
        after = {"name": role.name, "permissions": role.permissions}
        _record(IdentityEvent.ROLE_CHANGED, actor, role, at, before=before, after=after)
    return role


def remove_role(actor: Actor, role_id: UUID, *, at: datetime) -> OwnRole:
    """Raises NotHere, or RoleUnfit while a member has it."""
    with attempt(IdentityEvent.ROLE_REMOVED, actor, subject_type="role", subject_id=role_id):
        lock_company(actor)
        role = access_own_role(actor, role_id)
        if access_grants(actor).filter(role=role).exists():
            raise RoleUnfit(_("Members have this role. Take it from them first."))
        _record(IdentityEvent.ROLE_REMOVED, actor, role, at, permissions=role.permissions)
        OwnRole.objects.filter(pk=role.pk).delete()
    return role


def set_grants(
    actor: Actor, member: Member, role_ids: Collection[UUID], *, at: datetime
) -> tuple[list[str], list[str]]:
    """Give the member exactly these own roles; names before and after, sorted. Part of another action, which holds
    `lock_company` and writes the entry. Raises NotHere for a role of nobody's or another's, and BeyondOwnRights."""
    held = {grant.role_id: grant for grant in access_grants(actor).filter(member=member)}
    wanted = own_roles(actor, role_ids)
    given = [role for role in wanted if role.pk not in held]
    taken = [grant for role_id, grant in held.items() if role_id not in {role.pk for role in wanted}]
    keep_within(actor, {right for role in [*given, *(grant.role for grant in taken)] for right in role.permissions})
    RoleGrant.objects.filter(pk__in=[grant.pk for grant in taken]).delete()
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(company_id=actor.company, member=member, role=role, granted_by=actor.name, granted_at=at)
            for role in given
        ]
    )
    return sorted(grant.role.name for grant in held.values()), sorted(role.name for role in wanted)


def grant_invited(actor: Actor, member: Member, role_ids: Collection[UUID], *, invited_by: str, at: datetime) -> None:
    """The own roles that an invitation named, as far as they still are there; the joining member is the actor."""
    roles = access_own_roles(actor).filter(pk__in=list(role_ids))
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(company_id=actor.company, member=member, role=role, granted_by=invited_by, granted_at=at)
            for role in roles
        ]
    )


def own_roles(actor: Actor, role_ids: Collection[UUID]) -> list[OwnRole]:
    """Raises NotHere where one of them is not the company's."""
    roles = list(access_own_roles(actor).filter(pk__in=list(role_ids)).order_by("name")) if role_ids else []
    if len(roles) != len(set(role_ids)):
        raise NotHere
    return roles


def _check(actor: Actor, permissions: Collection[str]) -> None:
    if not permissions or not set(permissions) <= grantable():
        raise RoleUnfit(_("Choose what the role may do."))
    keep_within(actor, permissions)


def _save(role: OwnRole, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            role.save(force_insert=new, update_fields=None if new else ["name", "permissions"])
    except IntegrityError as error:
        raise RoleUnfit(_("There is a role of this name already. Choose another name.")) from error


def _record(event: Event, actor: Actor, role: OwnRole, at: datetime, **data: Any) -> None:
    record(event, actor, subject_type="role", subject_id=role.pk, subject_label=role.name, at=at, data=data)
