"""The only way to fetch connections: filtered by the company itself, and again by row-level security. What is asked
before there is an actor goes through narrow functions that tell ids and names."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from torihiki.identity.access import access_members, access_memberships
from torihiki.identity.models import Member
from torihiki.identity.permissions import Role
from torihiki.identity.sso.connections import Connection, open_connection
from torihiki.identity.sso.models import (
    EmergencyAccess,
    Entrance,
    Grouping,
    IdentityProvider,
    LinkedIdentity,
    ProvisionedGroup,
    ProvisionedUser,
    State,
)
from torihiki.identity.sso.refusals import NoProvider
from torihiki.tenancy.actor import Actor, scope


def access_providers(actor: Actor) -> QuerySet[IdentityProvider]:
    return IdentityProvider.objects.filter(company_id=actor.company).order_by("name", "id")


def access_provider(actor: Actor, provider_id: UUID) -> IdentityProvider:
    """Raises NoProvider."""
    provider = access_providers(actor).filter(pk=provider_id).first()
    if provider is None:
        raise NoProvider
    return provider


def access_links(actor: Actor) -> QuerySet[LinkedIdentity]:
    """All of the company's, with member and provider."""
    return LinkedIdentity.objects.filter(company_id=actor.company).select_related("member", "provider")


def access_users(actor: Actor, provider_id: UUID) -> QuerySet[ProvisionedUser]:
    """Whom a provider keeps by SCIM, without those whom it has removed."""
    mine = ProvisionedUser.objects.filter(company_id=actor.company, provider_id=provider_id, deleted_at=None)
    return mine.select_related("member").order_by("id")


def access_groups(actor: Actor, provider_id: UUID) -> QuerySet[ProvisionedGroup]:
    return ProvisionedGroup.objects.filter(company_id=actor.company, provider_id=provider_id).order_by("id")


def access_groupings(actor: Actor, provider_id: UUID) -> QuerySet[Grouping]:
    """Who is in which group, with user and group."""
    mine = Grouping.objects.filter(company_id=actor.company, group__provider_id=provider_id)
    return mine.select_related("user", "group").order_by("id")


def access_former_users(actor: Actor, provider_id: UUID) -> QuerySet[ProvisionedUser]:
    """Whom the provider has removed: provisioned anew, they are the same members again."""
    mine = ProvisionedUser.objects.filter(company_id=actor.company, provider_id=provider_id)
    return mine.exclude(deleted_at=None).select_related("member").order_by("-deleted_at", "id")


def access_provisioning(actor: Actor, member_id: UUID) -> ProvisionedUser | None:
    """By which provider a member is kept."""
    mine = ProvisionedUser.objects.filter(company_id=actor.company, member_id=member_id, deleted_at=None)
    return mine.select_related("provider").order_by("id").first()


def access_entrance(actor: Actor) -> Entrance | None:
    return Entrance.objects.filter(company_id=actor.company).first()


def access_emergencies(actor: Actor) -> QuerySet[EmergencyAccess]:
    """The newest first, with who asked, approved and ended."""
    people = ("asked_by", "approved_by", "ended_by")
    return EmergencyAccess.objects.filter(company_id=actor.company).select_related(*people).order_by("-asked_at", "-id")


def present_emergency(actor: Actor, *, at: datetime) -> EmergencyAccess | None:
    """The one that waits for a second person, or has opened passwords."""
    newest = access_emergencies(actor).filter(ended_at=None).first()
    over = newest and (newest.open_until or newest.answer_until) <= at
    return None if over else newest


class Helper(NamedTuple):
    """Somebody who may have a part in an emergency, and with what."""

    member: Member
    has_password: bool
    has_app: bool


class EmergencyPeople(NamedTuple):
    """Who could ask for an emergency access today, and who could approve it: another administrator, or an approver
    where no other administrator has a password."""

    askers: list[Helper]
    stand_ins: list[Helper]

    @property
    def suffice(self) -> bool:
        able = sum(each.has_password for each in self.askers)
        return able > 1 or (able == 1 and any(each.has_password for each in self.stand_ins))


def emergency_people(actor: Actor) -> EmergencyPeople:
    with connection.cursor() as cursor:
        cursor.execute("SELECT member_id, has_password, has_app FROM sso_emergency_people()")
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    members = access_members(actor).filter(pk__in=found).order_by("name", "id")
    helpers = [Helper(member, *found[member.id]) for member in members]
    askers = [each for each in helpers if each.member.role == Role.ADMINISTRATOR]
    return EmergencyPeople(askers, [each for each in helpers if each not in askers])


def platform_at(provider_id: UUID) -> Actor:
    """The platform at work in the company of a provider, before there is an actor. Raises NoProvider."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sso_company_of(%s)", [provider_id])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        raise NoProvider
    return Actor.system(row[0])


def connection_at(provider_id: UUID, *, protocol: str) -> tuple[Actor, Connection]:
    """The platform's actor and the connection, whatever its state. Raises NoProvider."""
    platform = platform_at(provider_id)
    with scope(platform):
        provider = access_provider(platform, provider_id)
        if provider.protocol != protocol:
            raise NoProvider
        return platform, open_connection(provider)


class Door(NamedTuple):
    """One way in, as somebody may know of it who is not signed in."""

    provider_id: UUID
    provider_name: str
    company_name: str


def doors_by_domain(domain: str) -> list[Door]:
    """Of every company that named this domain: nobody checks whose it is, so that the page names the company."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sso_by_domain(%s)", [domain])
        return [Door(*row) for row in cursor.fetchall()]


def doors_of(slug: str) -> tuple[Actor, str, list[Door]]:
    """The platform at the company with this address, the company's name, and its doors. Raises NoProvider."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, company_name FROM sso_entrance_of(%s)", [slug])
        row = cursor.fetchone()
    if row is None:
        raise NoProvider
    platform, company_name = Actor.system(row[0]), row[1]
    with scope(platform):
        open_ones = access_providers(platform).filter(state=State.ON)
        return platform, company_name, [Door(each.id, each.name, company_name) for each in open_ones]


def closed_to_passwords(*, at: datetime) -> set[UUID]:
    """Of the companies of the acting account, those that passwords do not open now; in the account's scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sso_closed_to_passwords(%s)", [at])
        return {row[0] for row in cursor.fetchall()}


def opens_nothing(account_id: UUID, *, at: datetime) -> bool:
    """Whether a person's password opens no company that lets this person in otherwise. In any scope."""
    with scope(Actor(account_id=account_id)) as person:
        companies = set(access_memberships(person).values_list("company_id", flat=True))
        return bool(companies) and companies <= closed_to_passwords(at=at)


def is_closed(company_id: UUID, *, at: datetime) -> bool:
    """Whether passwords do not open a company now; in its scope."""
    platform = Actor.system(company_id)
    entrance = access_entrance(platform)
    if entrance is None or entrance.sso_only_since is None:
        return False
    present = present_emergency(platform, at=at)
    return present is None or present.open_until is None


def open_doors(company_id: UUID) -> list[Door]:
    """The connections that are on, before there is an actor."""
    platform = Actor.system(company_id)
    with scope(platform):
        found = access_providers(platform).filter(state=State.ON)
        return [Door(each.id, each.name, "") for each in found]
