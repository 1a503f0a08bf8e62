"""Members and their roles as a provider keeps them by SCIM 2.0 (clause 2-4-2; RFC 7643, RFC 7644).

A user that the provider makes becomes a member with a new account; an address that a member of the company has already
adopts that member, who keeps name, address and way in. Removing is suspending: what a member wrote stays.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from torihiki.crypto.digest import token_hash
from torihiki.identity.access import access_members, access_tokens, lock_company
from torihiki.identity.actions.members import change_member, reactivate_member, suspend_member
from torihiki.identity.models import ApiToken, Member
from torihiki.identity.permissions import Role
from torihiki.identity.refusals import LastAdministrator, TokenUnfit
from torihiki.identity.sso.access import (
    access_former_users,
    access_groupings,
    access_groups,
    access_provider,
    access_users,
)
from torihiki.identity.sso.actions.entering import NAME_LENGTH_MAX, found_account
from torihiki.identity.sso.connections import open_connection
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.models import Grouping, IdentityProvider, ProvisionedGroup, ProvisionedUser
from torihiki.identity.sso.scim.refusals import ScimRefused
from torihiki.identity.sso.scim.resources import Group, Reference, User
from torihiki.identity.tokens import HINT_LENGTH, new_secret
from torihiki.ledger.events import Event
from torihiki.ledger.models import Entry
from torihiki.ledger.recording import entry_of, record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import id_of, new_id
from torihiki.tenancy.actor import Actor

LIVE_TOKENS_MAX = 2  # the present one, and the next while the provider is told of it
SCOPE = "scim."
"""The right of a token to keep the members of one connection: `scim.` and the connection's id in hexadecimal digits."""


def make_scim_token(actor: Actor, provider_id: UUID, *, at: datetime) -> tuple[ApiToken, str]:
    """A token that does nothing but provision by this connection, and its secret, which nobody can read again. It is
    revoked as every token. Raises NoProvider or TokenUnfit."""
    with attempt(SsoEvent.SCIM_TOKEN_MADE, actor, subject_type="provider", subject_id=provider_id):
        lock_company(actor)
        provider = access_provider(actor, provider_id)
        if scim_tokens(actor, provider_id).count() >= LIVE_TOKENS_MAX:
            raise TokenUnfit(_("There are two already. Revoke the one that the provider no longer uses."))
        secret = new_secret()
        token = ApiToken.objects.create(
            id=new_id(),
            company_id=actor.company,
            name=f"SCIM · {provider.name}"[:100],
            hint=secret[:HINT_LENGTH],
            secret_hash=token_hash(secret),
            scopes=[SCOPE + provider_id.hex],
            created_by_id=actor.member,
            created_at=at,
        )
        _record(SsoEvent.SCIM_TOKEN_MADE, actor, provider, "provider", provider.pk, provider.name, at, hint=token.hint)
    return token, secret


def scim_tokens(actor: Actor, provider_id: UUID) -> QuerySet[ApiToken]:
    """Those of one connection that are not revoked, the newest first."""
    mine = access_tokens(actor).filter(scopes=[SCOPE + provider_id.hex], revoked_at=None)
    return mine.order_by("-created_at", "-id")


def provision_user(actor: Actor, provider: IdentityProvider, said: User, *, at: datetime) -> ProvisionedUser:
    """Raises ScimRefused: uniqueness (409), or invalidValue without an address."""
    with attempt(SsoEvent.USER_PROVISIONED, actor, subject_type="provider", subject_id=provider.pk):
        lock_company(actor)
        _alone(actor, provider, said)
        former = access_former_users(actor, provider.pk)
        same = Q(user_name=said.username.lower()) | Q(member__email__iexact=said.email)
        if said.externalid:
            same |= Q(external_id=said.externalid)
        row = former.filter(same).first()
        if row is not None:
            row.deleted_at = None
            row.version += 1
            _keep(row, said, at)
        else:
            row = _new_user(actor, provider, said, at)
        _record(SsoEvent.USER_PROVISIONED, actor, provider, "member", row.member_id, row.member.name, at, user=row.pk)
        _settle(actor, row, said, at)
    return row


def change_user(
    actor: Actor,
    provider: IdentityProvider,
    user_id: UUID,
    change: Callable[[User], User],
    *,
    seen: int | None,
    at: datetime,
) -> ProvisionedUser:
    """From what was last said of the user to what is said now. What says nothing new changes nothing. `seen` is the
    version that If-Match names. Raises ScimRefused."""
    with attempt(SsoEvent.USER_CHANGED, actor, subject_type="user", subject_id=user_id):
        lock_company(actor)
        row = user_of(actor, provider, user_id)
        _unchanged_since(seen, row.version)
        before = said_of(row)
        after = change(before)
        if after == before:
            return row
        _alone(actor, provider, after, but=row)
        row.version += 1
        _keep(row, after, at)
        _record(SsoEvent.USER_CHANGED, actor, provider, "member", row.member_id, row.member.name, at, user=row.pk)
        _settle(actor, row, after, at)
    return row


def remove_user(actor: Actor, provider: IdentityProvider, user_id: UUID, *, seen: int | None, at: datetime) -> None:
    """The member is suspended; what they wrote stays. Raises ScimRefused or LastAdministrator."""
    with attempt(SsoEvent.USER_REMOVED, actor, subject_type="user", subject_id=user_id):
        lock_company(actor)
        row = user_of(actor, provider, user_id)
        _unchanged_since(seen, row.version)
        access_groupings(actor, provider.pk).filter(user=row).delete()
        row.deleted_at = row.changed_at = at
        row.version += 1
        row.save(update_fields=["deleted_at", "changed_at", "version"])
        _record(SsoEvent.USER_REMOVED, actor, provider, "member", row.member_id, row.member.name, at, user=row.pk)
        if row.member.suspended_at is None:
            suspend_member(actor, row.member_id, at=at)


def provision_group(actor: Actor, provider: IdentityProvider, said: Group, *, at: datetime) -> ProvisionedGroup:
    """Raises ScimRefused: uniqueness (409), or invalidValue for a member who is not provisioned."""
    with attempt(SsoEvent.GROUP_PROVISIONED, actor, subject_type="provider", subject_id=provider.pk):
        lock_company(actor)
        _group_alone(actor, provider, said)
        row = ProvisionedGroup.objects.create(
            id=new_id(),
            company_id=actor.company,
            provider=provider,
            display_name=said.displayname,
            external_id=said.externalid,
            created_at=at,
            changed_at=at,
        )
        concerned = _fill(actor, provider, row, said.members)
        _record_group(SsoEvent.GROUP_PROVISIONED, actor, provider, row, at, members=len(said.members))
        _map_roles(actor, provider, concerned, at)
    return row


def change_group(
    actor: Actor,
    provider: IdentityProvider,
    group_id: UUID,
    change: Callable[[Group], Group],
    *,
    seen: int | None,
    at: datetime,
) -> ProvisionedGroup:
    """Raises ScimRefused or LastAdministrator."""
    with attempt(SsoEvent.GROUP_CHANGED, actor, subject_type="group", subject_id=group_id):
        lock_company(actor)
        row = group_of(actor, provider, group_id)
        _unchanged_since(seen, row.version)
        before = said_of_group(actor, row)
        after = change(before)
        if after == before:
            return row
        _group_alone(actor, provider, after, but=row)
        renamed = (after.displayname, after.externalid) != (before.displayname, before.externalid)
        row.display_name, row.external_id = after.displayname, after.externalid
        row.version, row.changed_at = row.version + 1, at
        row.save(update_fields=["display_name", "external_id", "version", "changed_at"])
        concerned = _fill(actor, provider, row, after.members)
        if renamed:
            concerned |= {UUID(each.value) for each in after.members}
        _record_group(SsoEvent.GROUP_CHANGED, actor, provider, row, at, members=len(after.members))
        _map_roles(actor, provider, concerned, at)
    return row


def remove_group(actor: Actor, provider: IdentityProvider, group_id: UUID, *, seen: int | None, at: datetime) -> None:
    """Its members stay, without the role that it gave. Raises ScimRefused or LastAdministrator."""
    with attempt(SsoEvent.GROUP_REMOVED, actor, subject_type="group", subject_id=group_id):
        lock_company(actor)
        row = group_of(actor, provider, group_id)
        _unchanged_since(seen, row.version)
        concerned = _fill(actor, provider, row, ())
        _record_group(SsoEvent.GROUP_REMOVED, actor, provider, row, at)
        row.delete()
        _map_roles(actor, provider, concerned, at)


def user_of(actor: Actor, provider: IdentityProvider, user_id: UUID) -> ProvisionedUser:
    """Raises ScimRefused (404)."""
    row = access_users(actor, provider.pk).filter(pk=user_id).first()
    if row is None:
        raise ScimRefused("There is no such user.", status=404)
    return row


def group_of(actor: Actor, provider: IdentityProvider, group_id: UUID) -> ProvisionedGroup:
    """Raises ScimRefused (404)."""
    row = access_groups(actor, provider.pk).filter(pk=group_id).first()
    if row is None:
        raise ScimRefused("There is no such group.", status=404)
    return row


def said_of(row: ProvisionedUser) -> User:
    """What was last said, with `active` as it stands: an administrator here suspends members, too."""
    return User.model_validate({**row.attributes, "active": row.member.suspended_at is None})


def said_of_group(actor: Actor, row: ProvisionedGroup) -> Group:
    users = access_groupings(actor, row.provider_id).filter(group=row).values_list("user_id", flat=True)
    members = [{"value": str(user)} for user in users]
    return Group.model_validate({"displayname": row.display_name, "externalid": row.external_id, "members": members})


def _new_user(actor: Actor, provider: IdentityProvider, said: User, at: datetime) -> ProvisionedUser:
    if not said.email:
        raise ScimRefused("A user needs an e-mail address.", scim_type="invalidValue")
    member = access_members(actor).filter(email__iexact=said.email).order_by("created_at", "id").first()
    adopted = member is not None
    if member is not None and ProvisionedUser.objects.filter(provider=provider, member=member).exists():
        raise _taken()
    if member is None:
        role = open_connection(provider).settings.default_role
        joining = found_account(actor, name=said.shown_name, email=said.email, role=role, at=at)
        member = access_members(actor).get(pk=joining.member)
    row = ProvisionedUser(
        id=new_id(),
        company_id=actor.company,
        provider=provider,
        member=member,
        adopted=adopted,
        created_at=at,
    )
    _keep(row, said, at, first=True)
    return row


def _keep(row: ProvisionedUser, said: User, at: datetime, *, first: bool = False) -> None:
    row.user_name, row.external_id = said.username.lower(), said.externalid
    row.attributes, row.changed_at = said.model_dump(mode="json"), at
    if first:
        row.save(force_insert=True)
    else:
        fields = ("user_name", "external_id", "attributes", "version", "changed_at", "deleted_at")
        row.save(update_fields=fields)


def _settle(actor: Actor, row: ProvisionedUser, said: User, at: datetime) -> None:
    """Bring the member in line. Raises LastAdministrator."""
    member = row.member
    name, email = said.shown_name[:NAME_LENGTH_MAX], said.email or member.email
    if not row.adopted and (name, email) != (member.name, member.email):
        row.member = change_member(
            actor, member.pk, name=name, email=email, role=member.role, unit_id=member.unit_id, at=at
        )
    if said.active and member.suspended_at is not None:
        row.member = reactivate_member(actor, member.pk, at=at)
    elif not said.active and member.suspended_at is None:
        row.member = suspend_member(actor, member.pk, at=at)


def _fill(actor: Actor, provider: IdentityProvider, row: ProvisionedGroup, members: Collection[Reference]) -> set[UUID]:
    """Put exactly these into the group; the ids of those who came or went."""
    present = set(access_groupings(actor, provider.pk).filter(group=row).values_list("user_id", flat=True))
    wanted = {user for each in members if (user := id_of(each.value)) is not None}
    new, gone = wanted - present, present - wanted
    known = set(access_users(actor, provider.pk).filter(pk__in=new).values_list("pk", flat=True))
    if new - known or any(id_of(each.value) is None for each in members):
        raise ScimRefused("A member of the group is no provisioned user.", scim_type="invalidValue")
    access_groupings(actor, provider.pk).filter(group=row, user_id__in=gone).delete()
    Grouping.objects.bulk_create(
        [Grouping(id=new_id(), company_id=actor.company, group=row, user_id=user) for user in sorted(new)]
    )
    return new | gone


def _map_roles(actor: Actor, provider: IdentityProvider, users: Collection[UUID], at: datetime) -> None:
    """The highest role that one of their groups gives, or that of new members; a fixed number of statements. Where no
    group gives any role, roles are the administrators' own affair. Raises LastAdministrator."""
    rules = open_connection(provider).settings
    if not rules.roles_by_group or not users:
        return
    names: dict[UUID, list[str]] = {user: [] for user in users}
    for each in access_groupings(actor, provider.pk).filter(user_id__in=users):
        names[each.user_id] += [each.group.display_name, each.group.external_id]
    moved: dict[str, list[Member]] = {}
    for user in access_users(actor, provider.pk).filter(pk__in=users):
        role = rules.role_of(tuple(names[user.pk])) or rules.default_role
        if role != user.member.role:
            moved.setdefault(role, []).append(user.member)
    entries: list[Entry] = []
    for role, members in moved.items():
        whom = access_members(actor).filter(pk__in=[member.pk for member in members])
        if role == Role.ADMINISTRATOR:
            whom.update(role=role, unit_only=False)  # whoever manages the company works for all of it
        else:
            whom.update(role=role)
        entries += [
            entry_of(
                SsoEvent.ROLE_MAPPED,
                actor,
                at=at,
                subject_type="member",
                subject_id=member.pk,
                subject_label=member.name,
                data={"provider": provider.name, "before": member.role, "after": role},
            )
            for member in members
        ]
    Entry.objects.bulk_create(entries)
    if entries and not access_members(actor).filter(role=Role.ADMINISTRATOR, suspended_at=None).exists():
        raise LastAdministrator


def _alone(actor: Actor, provider: IdentityProvider, said: User, but: ProvisionedUser | None = None) -> None:
    same = Q(user_name=said.username.lower())
    if said.externalid:
        same |= Q(external_id=said.externalid)
    if access_users(actor, provider.pk).filter(same).exclude(pk__in=[but.pk] if but else []).exists():
        raise _taken()


def _group_alone(actor: Actor, provider: IdentityProvider, said: Group, but: ProvisionedGroup | None = None) -> None:
    same = access_groups(actor, provider.pk).filter(display_name=said.displayname)
    if same.exclude(pk__in=[but.pk] if but else []).exists():
        raise ScimRefused("There is a group with this name.", status=409, scim_type="uniqueness")


def _taken() -> ScimRefused:
    return ScimRefused("There is a user with this userName, externalId or address.", status=409, scim_type="uniqueness")


def _unchanged_since(seen: int | None, version: int) -> None:
    if seen is not None and seen != version:
        raise ScimRefused("It has changed since. Read it again.", status=412)


def _record(
    event: Event,
    actor: Actor,
    provider: IdentityProvider,
    subject_type: str,
    subject_id: UUID,
    label: str,
    at: datetime,
    **data: object,
) -> None:
    record(
        event,
        actor,
        at=at,
        subject_type=subject_type,
        subject_id=subject_id,
        subject_label=label,
        data={"provider": provider.name, **data},
    )


def _record_group(
    event: Event, actor: Actor, provider: IdentityProvider, row: ProvisionedGroup, at: datetime, **data: object
) -> None:
    _record(event, actor, provider, "group", row.pk, row.display_name[:100], at, **data)
