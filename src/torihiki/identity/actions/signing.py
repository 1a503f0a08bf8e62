"""Signing in and out, and going on to work for another company."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection

from torihiki.crypto.digest import sha256_hex
from torihiki.identity.access import access_memberships
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Account, Member
from torihiki.identity.permissions import PERMISSIONS
from torihiki.identity.refusals import NotHere, SignInRefused
from torihiki.identity.sessions import close_session, open_session
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import NOBODY, Actor, scope


@dataclass(frozen=True)
class SignIn:
    """A session that was opened: the cookie's value, and whose it is."""

    token: str
    actor: Actor
    language: str


def open_session_of(actor: Actor, *, at: datetime) -> str:
    """A session for a person who has just proved to be the actor. Returns the cookie's value."""
    assert actor.member_id is not None
    with scope(actor):
        token = open_session(actor.member_id, at=at)
        record(IdentityEvent.SIGNED_IN, actor, **_self(actor), at=at)  # type: ignore[arg-type]
    return token


def sign_out(actor: Actor, session_token: str, *, at: datetime) -> None:
    close_session(session_token)
    record(IdentityEvent.SIGNED_OUT, actor, **_self(actor), at=at)  # type: ignore[arg-type]


def switch_company(actor: Actor, member_id: UUID, *, session_token: str, at: datetime) -> str:
    """Close this session and open one for another membership of the same person. Returns the new cookie's value.

    Raises NotHere. The entry is written for the company to which the person goes.
    """
    with attempt(IdentityEvent.COMPANY_SWITCHED, actor):
        member = access_memberships(actor).filter(pk=member_id).first()
        if member is None:
            raise NotHere
        close_session(session_token)
        goes = actor_of(member)
        with scope(goes):
            token = open_session(member.id, at=at)
            record(
                IdentityEvent.COMPANY_SWITCHED,
                goes,
                **_self(goes),  # type: ignore[arg-type]
                at=at,
            )
    return token


def actor_of(member: Member) -> Actor:
    return Actor(
        company_id=member.company_id,
        account_id=member.account_id,
        member_id=member.id,
        unit_id=member.unit_id,
        name=member.name,
        company_name=member.company.name,
        role=member.role,
        permissions=PERMISSIONS[member.role],
    )


def authenticate(login_id: str, password: str, at: datetime) -> UUID:
    """The account, whose password is hashed anew when the hasher has become stronger. Raises SignInRefused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, password, is_active FROM identity_sign_in(%s)", [login_id])
        row: tuple[UUID, str, bool] | None = cursor.fetchone()

    if row is None:
        make_password(password)  # as long as a wrong password takes
        record_failure(None, login_id, SignInRefused.code, at)
        raise SignInRefused
    account_id, encoded, is_active = row

    def rehash(raw: str) -> None:
        with scope(Actor(account_id=account_id)):
            Account.objects.filter(pk=account_id).update(password=make_password(raw))

    if not check_password(password, encoded, setter=rehash) or not is_active:
        record_failure(account_id, login_id, SignInRefused.code, at)
        raise SignInRefused
    return account_id


def record_failure(account_id: UUID | None, login_id: str, why: str, at: datetime) -> None:
    """An unknown id is kept as a hash: people type passwords there. The look for memberships is made for it as well,
    so that both answers cost the same."""
    person = Actor(account_id=account_id or new_id(), name=login_id if account_id else "")
    with scope(person):
        members = list(Member.objects.filter(account_id=person.account).only("id", "name", "company_id"))
    for member in members:
        failed = replace(person, company_id=member.company_id, member_id=member.id, name=member.name)
        with scope(failed):
            record(IdentityEvent.SIGN_IN_FAILED, failed, **_self(failed), at=at, data={"why": why})  # type: ignore[arg-type]
    if not members:
        with scope(NOBODY):
            digest = sha256_hex(login_id.lower().encode())
            record(IdentityEvent.SIGN_IN_FAILED, NOBODY, at=at, data={"why": why, "login_id_sha256": digest})


def _self(actor: Actor) -> dict[str, object]:
    return {"subject_type": "member", "subject_id": actor.member_id, "subject_label": actor.name}
