"""What a member may do and where each right comes from: the union of the built-in role and the company's own roles."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils.functional import Promise

from torihiki.identity.access import access_grants, access_units
from torihiki.identity.models import Member
from torihiki.identity.permissions import COMPANY_RIGHTS, PERMISSIONS, SERVICES, TOKEN_ACTIONS, Role, permissions_in
from torihiki.identity.refusals import BeyondOwnRights
from torihiki.tenancy.actor import Actor

Words = str | Promise


@dataclass(frozen=True)
class Source:
    """Something that gives rights: a role by its name."""

    name: Words
    permissions: frozenset[str]

    def gives(self, permission: str) -> bool:
        return Actor(permissions=self.permissions).may(permission)


@dataclass(frozen=True)
class Row:
    """A service, and for each action the names of what gives it; nothing gives it where there are none."""

    service: Words
    cells: list[tuple[Words, list[Words]]]


@dataclass(frozen=True)
class Matrix:
    """Services by actions, and the rights that concern the company as a whole."""

    actions: list[Words]
    rows: list[Row]
    company: list[tuple[Words, list[Words]]]


def matrix(sources: Collection[Source]) -> Matrix:
    """Clause 2-4-1: what these together allow, on one page."""

    def names(permission: str) -> list[Words]:
        return [source.name for source in sources if source.gives(permission)]

    services: dict[str, Words] = SERVICES
    return Matrix(
        actions=list(TOKEN_ACTIONS.values()),
        rows=[
            Row(label, [(words, names(f"{service}.{action}")) for action, words in TOKEN_ACTIONS.items()])
            for service, label in services.items()
        ],
        company=[(label, names(right)) for right, label in COMPANY_RIGHTS.items()],
    )


def built_in(role: str) -> Source:
    return Source(Role(role).label, PERMISSIONS[role])


def sources_of(actor: Actor, member: Member) -> list[Source]:
    """One query."""
    own = [grant.role for grant in access_grants(actor).filter(member=member).order_by("role__name")]
    return [built_in(member.role), *(Source(role.name, frozenset(role.permissions)) for role in own)]


def rights_of(actor: Actor, member: Member) -> frozenset[str]:
    held = frozenset[str]().union(*(source.permissions for source in sources_of(actor, member)))
    return permissions_in(held, unit_only=member.unit_only)


def units_of(actor: Actor, member: Member) -> frozenset[UUID] | None:
    """In which units the member's rights about documents hold: the own and those below it; None for everywhere."""
    if not member.unit_only or member.unit_id is None:
        return None
    parents: dict[UUID, UUID | None] = dict(access_units(actor).values_list("id", "parent_id"))
    found, edge = {member.unit_id}, {member.unit_id}
    while edge:
        edge = {unit for unit, parent in parents.items() if parent in edge} - found
        found |= edge
    return frozenset(found)


def keep_within(actor: Actor, permissions: Iterable[str]) -> None:
    """Raises BeyondOwnRights unless the acting person holds all of them, lent ones not counted. The platform and
    programs carry out what an administrator set up."""
    if actor.account_id is not None and not all(actor.holds(permission) for permission in permissions):
        raise BeyondOwnRights


def acted_for(request: HttpRequest) -> str:
    """The names of those in whose stead the person of this request may act now; empty where there is nobody."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return ", ".join(dict.fromkeys(loan.name for loan in actor.lent))
