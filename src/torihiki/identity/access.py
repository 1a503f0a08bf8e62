"""The only way to fetch members, units and invitations: each function filters by the actor's company itself, and
row-level security does so again underneath."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from torihiki.crypto.digest import token_hash
from torihiki.identity.models import (
    Account,
    ApiToken,
    Company,
    Delegation,
    Invitation,
    Member,
    OwnRole,
    RoleGrant,
    Unit,
)
from torihiki.identity.permissions import PERMISSIONS
from torihiki.identity.refusals import InvitationOver, NotHere
from torihiki.tenancy.actor import Actor


def access_members(actor: Actor) -> QuerySet[Member]:
    return Member.objects.filter(company_id=actor.company)


def access_member(actor: Actor, member_id: UUID) -> Member:
    """Raises NotHere."""
    member = access_members(actor).select_related("unit").filter(pk=member_id).first()
    if member is None:
        raise NotHere
    return member


def access_holders(actor: Actor, *permissions: str) -> QuerySet[Member]:
    """Active members who hold one of the rights themselves, wherever it holds."""
    needed = {*permissions, *(f"*.{permission.rpartition('.')[2]}" for permission in permissions)}
    by_own_role = RoleGrant.objects.filter(
        company_id=actor.company, member_id=OuterRef("pk"), role__permissions__overlap=sorted(needed)
    )
    return access_members(actor).filter(
        Q(role__in=[role for role, held in PERMISSIONS.items() if needed & held]) | Exists(by_own_role),
        suspended_at=None,
    )


def reaching(members: QuerySet[Member], unit: Unit | None) -> QuerySet[Member]:
    """Those whose rights hold for what belongs to a unit, or, without one, to the company as a whole."""
    return members.filter(Q(unit_only=False) | Q(unit_id__in=_units_above(unit)))


def _units_above(unit: Unit | None) -> list[UUID]:
    """The unit and those that it belongs to. At most DEPTH_MAX steps."""
    found = []
    while unit is not None:
        found.append(unit.pk)
        unit = unit.parent
    return found


def access_own_roles(actor: Actor) -> QuerySet[OwnRole]:
    return OwnRole.objects.filter(company_id=actor.company)


def access_own_role(actor: Actor, role_id: UUID) -> OwnRole:
    """Raises NotHere."""
    role = access_own_roles(actor).filter(pk=role_id).first()
    if role is None:
        raise NotHere
    return role


def access_grants(actor: Actor) -> QuerySet[RoleGrant]:
    """Who in the company holds which of its own roles."""
    return RoleGrant.objects.filter(company_id=actor.company).select_related("role", "member")


def access_delegations(actor: Actor) -> QuerySet[Delegation]:
    """All of the company's, the ended ones too."""
    return Delegation.objects.filter(company_id=actor.company).select_related("giver", "taker")


def access_units(actor: Actor) -> QuerySet[Unit]:
    return Unit.objects.filter(company_id=actor.company)


def access_unit(actor: Actor, unit_id: UUID) -> Unit:
    """Raises NotHere."""
    unit = access_units(actor).filter(pk=unit_id).first()
    if unit is None:
        raise NotHere
    return unit


def access_invitations(actor: Actor) -> QuerySet[Invitation]:
    """Those that may still be answered, also when they are too old: sent again they are good again."""
    return Invitation.objects.filter(company_id=actor.company, accepted_at=None, withdrawn_at=None)


def access_tokens(actor: Actor) -> QuerySet[ApiToken]:
    """All of the company's, the revoked ones too."""
    return ApiToken.objects.filter(company_id=actor.company).select_related("created_by")


def access_token(actor: Actor, token_id: UUID) -> ApiToken:
    """Raises NotHere."""
    token = access_tokens(actor).filter(pk=token_id).first()
    if token is None:
        raise NotHere
    return token


def access_memberships(actor: Actor) -> QuerySet[Member]:
    """The acting person's own, in every company that lets them in."""
    return (
        Member.objects.filter(account_id=actor.account, suspended_at=None, company__suspended_at=None)
        .select_related("company")
        .order_by("created_at", "id")
    )


def access_own_account(actor: Actor) -> Account:
    return Account.objects.get(pk=actor.account)


def lock_company(actor: Actor) -> Company:
    """One at a time from here to the transaction's end: who may administer and the tree of units depend on many rows.
    Writers of documents, who only refer to the company, are not held up."""
    return Company.objects.select_for_update(no_key=True).get(pk=actor.company)


def lock_member(actor: Actor, member_id: UUID) -> Member:
    """One at a time for this member from here to the transaction's end: how many secrets are mailed has a bound."""
    return access_members(actor).select_for_update(no_key=True).get(pk=member_id)


class OpenInvitation(NamedTuple):
    """What the holder of a link may know of it before there is an actor."""

    id: UUID
    company_id: UUID
    company_name: str
    email: str
    name: str
    role: str
    unit_id: UUID | None
    expires_at: datetime
    invited_by: str


def access_invitation_by_token(token: str, *, at: datetime) -> OpenInvitation:
    """Raises InvitationOver."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_invitation_of(%s, %s)", [token_hash(token), at])
        row = cursor.fetchone()
    if row is None:
        raise InvitationOver
    return OpenInvitation(*row)
