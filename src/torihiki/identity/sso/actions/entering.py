"""From whom a provider vouches for to the member of its company who comes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from torihiki.identity.access import access_invitations, access_member, access_members, lock_company
from torihiki.identity.actions.roles import grant_invited
from torihiki.identity.actions.signing import actor_of
from torihiki.identity.models import Account, Company, Invitation, Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.identity.refusals import InvitationOver
from torihiki.identity.sso.access import access_links, access_provider, access_users
from torihiki.identity.sso.connections import Connection, VerifiedIdentity
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.flows import Purpose, Taken, remember_arrival
from torihiki.identity.sso.models import LinkedIdentity, State
from torihiki.identity.sso.refusals import AlreadyLinked, NobodyKnown, NoProvider, SsoRefused
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import Refused, record_refusal
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor, scope

NAME_LENGTH_MAX = 100


@contextmanager
def answering(platform: Actor, connection: Connection) -> Iterator[None]:
    """Whatever is refused of a provider's answer leaves one entry in its company's ledger, with the reason, which the
    one who is refused does not read."""
    try:
        yield
    except NoProvider:
        raise  # nobody was at the door of a company
    except Refused as refusal:
        if not refusal.recorded:
            why = refusal.why if isinstance(refusal, SsoRefused) else refusal.code
            with scope(platform):
                record_refusal(
                    refusal,
                    platform,
                    SsoEvent.ARRIVED.code,
                    subject_type="provider",
                    subject_id=connection.provider_id,
                    data={"provider": connection.name, "reason": why},
                )
        raise


def enter_as(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, taken: Taken, *, at: datetime
) -> Actor:
    """The member for whom the identity stands: linked, invited (`taken.next` is the hash of the invitation's token) or
    created just in time. Raises NobodyKnown, SsoRefused where the connection is off, AlreadyLinked or InvitationOver.

    The e-mail address gives no access: whoever has the address of a member, and is not linked, is nobody."""
    if connection.state != State.ON:
        raise SsoRefused(why="switched_off")
    with scope(platform):
        link = access_links(platform).filter(provider_id=connection.provider_id, subject=identity.subject).first()
        if taken.purpose == Purpose.JOIN:
            if link is not None:
                raise AlreadyLinked
            actor = _accept(platform, connection, identity, bytes.fromhex(taken.next), at)
        elif link is None:
            known = _enter_provisioned(platform, connection, identity, at)
            actor = known or _create(platform, connection, identity, at)
        else:
            actor = _enter(platform, connection, identity, link, at)
        assert actor.member_id is not None
        remember_arrival(
            connection.provider_id, actor.member_id, identity.subject, identity.sid, identity.logout, at=at
        )
    return actor


def mark_tested(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, taken: Taken, *, at: datetime
) -> None:
    """The connection, as it stands, has signed an administrator in. Raises NoProvider or NotHere."""
    assert taken.member_id is not None
    with scope(platform):
        tester = access_member(platform, taken.member_id)
        provider = access_provider(platform, connection.provider_id)
        provider.tested_at = at
        provider.state = State.TESTED if provider.state == State.DRAFT else provider.state
        provider.save(update_fields=["tested_at", "state"])
        record(
            SsoEvent.PROVIDER_TESTED,
            replace(platform, account_id=tester.account_id, name=tester.name),
            subject_type="provider",
            subject_id=provider.id,
            subject_label=provider.name,
            at=at,
            data={"subject": identity.subject},
        )


def link_member(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, taken: Taken, *, at: datetime
) -> None:
    """The identity stands for the member who began this, signed in and with the password typed again. Raises
    AlreadyLinked, SsoRefused or NotHere."""
    assert taken.member_id is not None
    if connection.state != State.ON:
        raise SsoRefused(why="switched_off")
    with scope(platform):
        member = access_member(platform, taken.member_id)
        if member.suspended_at:
            raise SsoRefused(why="suspended")
        _link(
            replace(platform, account_id=member.account_id, name=member.name),
            connection,
            identity,
            member,
            "linked",
            at,
        )


def _enter(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, link: LinkedIdentity, at: datetime
) -> Actor:
    member = Member.objects.select_related("company").get(company_id=platform.company, pk=link.member_id)
    if member.suspended_at:
        raise NobodyKnown
    with scope(actor_of(member)) as person:
        if not Account.objects.get(pk=person.account).is_active:
            raise NobodyKnown
    _map_role(platform, connection, identity, member, at)
    link.last_used_at = at
    link.save(update_fields=["last_used_at"])
    actor = actor_of(member)
    _record(SsoEvent.ARRIVED, actor, member, connection, identity, at)
    return actor


def _enter_provisioned(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, at: datetime
) -> Actor | None:
    """Whom the same provider has provisioned by SCIM, at the first sign-in; None where that is nobody. Members who were
    here before have an account of their own and link it themselves."""
    if not identity.provisioned:
        return None
    users = access_users(platform, connection.provider_id).filter(adopted=False)
    if connection.settings.provisioned_as == "userName":
        user = users.filter(user_name=identity.provisioned.lower()).first()
    else:
        user = users.filter(external_id=identity.provisioned).first()
    if user is None or access_links(platform).filter(provider_id=connection.provider_id, member=user.member).exists():
        return None
    if user.member.suspended_at:
        raise NobodyKnown
    _link(actor_of(user.member), connection, identity, user.member, "provisioned", at)
    link = access_links(platform).get(provider_id=connection.provider_id, subject=identity.subject)
    return _enter(platform, connection, identity, link, at)


def _create(platform: Actor, connection: Connection, identity: VerifiedIdentity, at: datetime) -> Actor:
    """A member who was never here, with an account that no password opens."""
    settings = connection.settings
    if not settings.creates_members or not _is_address(identity.email):
        raise NobodyKnown
    if access_members(platform).filter(email__iexact=identity.email).exists():
        raise NobodyKnown  # to be linked by that member, or invited
    role = settings.role_of(identity.groups) or settings.default_role
    return _join(platform, connection, identity, at, role=role, how="created")


def _accept(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, invitation: bytes, at: datetime
) -> Actor:
    """Whoever held the invitation's link when this began."""
    found = access_invitations(platform).select_for_update().filter(token_hash=invitation, expires_at__gt=at).first()
    if found is None:
        raise InvitationOver
    found.accepted_at = at
    found.save(update_fields=["accepted_at"])
    return _join(platform, connection, identity, at, role=found.role, how="invited", invitation=found)


def _join(
    platform: Actor,
    connection: Connection,
    identity: VerifiedIdentity,
    at: datetime,
    *,
    role: str,
    how: str,
    invitation: Invitation | None = None,
) -> Actor:
    joining = found_account(
        platform,
        name=invitation.name if invitation else identity.name or identity.email,
        email=invitation.email if invitation else identity.email,
        role=role,
        unit_id=invitation.unit_id if invitation else None,
        unit_only=bool(invitation and invitation.unit_only),
        at=at,
    )
    with scope(joining):
        member = access_member(joining, joining.member)
        if invitation:
            grant_invited(joining, member, invitation.own_roles, invited_by=invitation.invited_by, at=at)
        _link(joining, connection, identity, member, how, at)
    return joining


def found_account(
    platform: Actor,
    *,
    name: str,
    email: str,
    role: str,
    at: datetime,
    unit_id: UUID | None = None,
    unit_only: bool = False,
) -> Actor:
    """A new member with a new account that no password opens; who it is."""
    company = Company.objects.get(pk=platform.company)
    joining = Actor(
        company_id=company.id,
        account_id=new_id(),
        member_id=new_id(),
        unit_id=unit_id,
        name=name[:NAME_LENGTH_MAX],
        company_name=company.name,
        role=role,
        permissions=PERMISSIONS[role],
    )
    with scope(joining):
        Account.objects.create(
            id=joining.account,
            login_id=f"sso-{joining.account.hex}",
            password=make_password(None),
            created_at=at,
        )
        Member.objects.create(
            id=joining.member_id,
            company=company,
            account_id=joining.account,
            unit_id=unit_id,
            unit_only=unit_only,
            name=joining.name,
            email=email,
            role=role,
            created_at=at,
        )
    return joining


def _link(
    actor: Actor, connection: Connection, identity: VerifiedIdentity, member: Member, how: str, at: datetime
) -> None:
    try:
        with transaction.atomic():
            LinkedIdentity.objects.create(
                company_id=actor.company,
                provider_id=connection.provider_id,
                member=member,
                subject=identity.subject,
                how=how,
                linked_at=at,
                last_used_at=at,
            )
    except IntegrityError as error:
        raise AlreadyLinked from error
    known = how in ("linked", "provisioned")
    event = SsoEvent.IDENTITY_LINKED if known else SsoEvent.MEMBER_CREATED
    _record(event, actor, member, connection, identity, at, role=member.role, how=how)


def _map_role(
    platform: Actor, connection: Connection, identity: VerifiedIdentity, member: Member, at: datetime
) -> None:
    """The groups give the role anew each time; a company's last administrator stays one."""
    role = connection.settings.role_of(identity.groups)
    if role is None or role == member.role:
        return
    lock_company(platform)
    administrators = access_members(platform).filter(role=Role.ADMINISTRATOR, suspended_at=None)
    if member.role == Role.ADMINISTRATOR and not administrators.exclude(pk=member.pk).exists():
        return
    before, member.role = member.role, role
    member.unit_only = (
        member.unit_only and role != Role.ADMINISTRATOR
    )  # whoever manages the company works for all of it
    member.save(update_fields=["role", "unit_only"])
    _record(SsoEvent.ROLE_MAPPED, platform, member, connection, identity, at, before=before, after=role)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _record(
    event: Event,
    actor: Actor,
    member: Member,
    connection: Connection,
    identity: VerifiedIdentity,
    at: datetime,
    **data: str,
) -> None:
    record(
        event,
        actor,
        subject_type="member",
        subject_id=member.id,
        subject_label=member.name,
        at=at,
        data={"provider": connection.name, "subject": identity.subject, **data},
    )
