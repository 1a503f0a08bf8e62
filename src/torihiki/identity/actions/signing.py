"""Signing in and out, and going on to work for another company."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from torihiki.crypto.digest import sha256, sha256_hex
from torihiki.identity.access import access_memberships
from torihiki.identity.browsers import browser_named
from torihiki.identity.events import IdentityEvent
from torihiki.identity.hashing import hash_anew
from torihiki.identity.jobs import send_later
from torihiki.identity.letters import LOCKED, NEW_DEVICE
from torihiki.identity.lockout import Secret, count_failure
from torihiki.identity.models import Account, Member
from torihiki.identity.passkeys import policy_of
from torihiki.identity.permissions import PERMISSIONS
from torihiki.identity.policies import LockoutPolicy, NetworkPolicy, Rules, rules_of
from torihiki.identity.refusals import NeedsSecondStep, NotHere, OutsideNetwork, PasskeysOff, SignInRefused
from torihiki.identity.second_step import is_needed
from torihiki.identity.sessions import How, close_session, open_session
from torihiki.identity.sso.access import closed_to_passwords
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import NOBODY, Actor, scope

SSO = "sso"  # such a session asks for no second step of ours


@dataclass(frozen=True)
class SignIn:
    """A session that was opened: the cookie's value, and whose it is."""

    token: str
    actor: Actor
    language: str


def open_session_of(actor: Actor, *, at: datetime, how: How) -> str:
    """A session for a person who has just proved to be the actor. Returns the cookie's value."""
    assert actor.member_id is not None
    with scope(actor):
        token = open_session(actor.member_id, at=at, how=how)
        entry = record(
            IdentityEvent.SIGNED_IN,
            actor,
            **_self(actor),  # type: ignore[arg-type]
            at=at,
            data={"proof": how.proof, "address": how.address, "browser": browser_named(how.browser)}
            | ({"new_device": True} if how.new_device else {}),
        )
        if how.new_device:
            send_later(NEW_DEVICE, actor, entry.id)
    return token


def sign_out(actor: Actor, session_token: str, *, at: datetime) -> None:
    close_session(session_token)
    record(IdentityEvent.SIGNED_OUT, actor, **_self(actor), at=at)  # type: ignore[arg-type]


def switch_company(actor: Actor, member_id: UUID, *, session_token: str, how: How, at: datetime) -> str:
    """Close this session and open one for another membership of the same person. Returns the new cookie's value.

    Raises NotHere, OutsideNetwork, PasswordsClosed where only the other company's own provider opens it, PasskeysOff
    where it does not take the passkey of this session, or NeedsSecondStep where it asks for a second step or a passkey
    and this session has none.
    The entry is written for the company to which the person goes.
    """
    with attempt(IdentityEvent.COMPANY_SWITCHED, actor):
        goes = whither(actor, member_id)
        with scope(Actor(account_id=goes.account)):
            if not rules_of([goes.company]).of(goes.company, NetworkPolicy).lets_in(how.address):
                raise OutsideNetwork
            if goes.company in closed_to_passwords(at=at):
                raise PasswordsClosed
        if how.proof != SSO and (_is_short_of_a_passkey(goes, how) or (not how.second_step and is_needed(goes))):
            raise NeedsSecondStep
        close_session(session_token)
        with scope(goes):
            token = open_session(goes.member_id, at=at, how=how)  # type: ignore[arg-type]
            record(
                IdentityEvent.COMPANY_SWITCHED,
                goes,
                **_self(goes),  # type: ignore[arg-type]
                at=at,
            )
    return token


def _is_short_of_a_passkey(goes: Actor, how: How) -> bool:
    """Raises PasskeysOff where the other company does not take the passkey by which the session was opened."""
    with scope(Actor(account_id=goes.account)):
        policy = policy_of(goes)
    if policy.mode == "off" and how.proof == "passkey":
        raise PasskeysOff
    return policy.demands(goes.role) and not how.proof.endswith("passkey")


def whither(actor: Actor, member_id: UUID) -> Actor:
    """The same person in another company. Raises NotHere."""
    member = access_memberships(actor).filter(pk=member_id).first()
    if member is None:
        raise NotHere
    return actor_of(member)


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


@dataclass(frozen=True)
class Known:
    """What the platform knows of a login id. `account_id` stands for nobody where `encoded`, the password's hash, is
    empty; it is the same at each try, so that unknown ids are counted alike."""

    account_id: UUID
    encoded: str = field(default="", repr=False)
    is_active: bool = False


def look_up(login_id: str) -> Known:
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, password, is_active FROM identity_sign_in(%s)", [login_id])
        row = cursor.fetchone()
    return Known(*row) if row else Known(UUID(bytes=sha256(login_id.lower().encode())[:16]))


def password_wrong(account_id: UUID, login_id: str, rules: Rules, at: datetime, **facts: str) -> None:
    """A counted try was wrong: the account is locked when it was one too many, and its person is told by mail."""
    locks = count_failure(account_id, Secret.PASSWORD, rules.strictest(LockoutPolicy), at=at)
    record_failure(account_id, login_id, SignInRefused.code, at, locks=locks, **facts)


def renew_hash(account_id: UUID, password: str) -> None:
    """The hasher has become stronger since the password was chosen."""
    encoded = hash_anew(password)
    with scope(Actor(account_id=account_id)):
        Account.objects.filter(pk=account_id).update(password=encoded)


def language_of_account(account_id: UUID) -> str:
    with scope(Actor(account_id=account_id)):
        return Account.objects.only("language").get(pk=account_id).language


def record_failure(
    account_id: UUID, login_id: str, why: str, at: datetime, *, locks: bool = False, **facts: str
) -> None:
    """For every company of the account; an unknown id is kept as a hash in the operator's ledger: people type
    passwords there. The look for memberships is made for it as well, so that both answers cost the same."""
    person = Actor(account_id=account_id)
    with scope(person):
        members = list(Member.objects.filter(account_id=person.account).only("id", "name", "company_id"))
    for member in members:
        failed = replace(person, company_id=member.company_id, member_id=member.id, name=member.name)
        with scope(failed):
            record(IdentityEvent.SIGN_IN_FAILED, failed, **_self(failed), at=at, data={"why": why, **facts})  # type: ignore[arg-type]
            if locks:
                entry = record(IdentityEvent.ACCOUNT_LOCKED, failed, **_self(failed), at=at, data=facts)  # type: ignore[arg-type]
                send_later(LOCKED, failed, entry.id)
    if not members:
        with scope(NOBODY):
            digest = sha256_hex(login_id.lower().encode())
            record(IdentityEvent.SIGN_IN_FAILED, NOBODY, at=at, data={"why": why, "login_id_sha256": digest, **facts})


def _self(actor: Actor) -> dict[str, object]:
    return {"subject_type": "member", "subject_id": actor.member_id, "subject_label": actor.name}
