"""Proving again, while signed in, that one knows the password or has a passkey: before sensitive changes (clause 2-5,
ASVS 7.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from torihiki.crypto.digest import token_hash
from torihiki.identity.access import access_own_account
from torihiki.identity.actions.signing import password_wrong, record_failure
from torihiki.identity.hashing import place_to_hash, verify
from torihiki.identity.lockout import Secret, count_try, forget_tries
from torihiki.identity.passkeys import Purpose, has_passkey, read, use_passkey
from torihiki.identity.policies import LockoutPolicy, rules_of_account
from torihiki.identity.refusals import Locked, PasskeyRefused, PasswordWrong
from torihiki.identity.sso.access import is_closed
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.tenancy.actor import Actor, scope

FRESH = timedelta(minutes=10)
"""How long a proof is good for sensitive changes."""


@dataclass(frozen=True)
class Proven:
    """Only the functions below make one: whoever takes it as an argument needs its person proved."""

    account_id: UUID


def prove_password(actor: Actor, password: str, *, at: datetime, address: str) -> Proven:
    """Counted as a try at signing in is, and in a transaction of its own: call it outside of any, so that the count
    stays whatever happens next. Raises TooBusy, Locked or PasswordWrong, of which both latter are in the ledger; and
    PasswordsClosed, before anything is verified, where the company's providers alone say who somebody is."""
    with scope(actor):
        if is_closed(actor.company, at=at):
            raise PasswordsClosed
    with place_to_hash():
        rules = rules_of_account(actor.account)
        with scope(actor):
            encoded = access_own_account(actor).password
        if not count_try(actor.account, Secret.PASSWORD, rules.strictest(LockoutPolicy), at=at):
            raise Locked
        if not verify(password, encoded)[0]:
            password_wrong(actor.account, "", rules, at, address=address)
            refusal = PasswordWrong()
            refusal.recorded = True
            raise refusal
    forget_tries(actor.account, Secret.PASSWORD)
    return Proven(actor.account)


def prove_passkey(actor: Actor, typed: str, *, bound_to: str, at: datetime, address: str) -> Proven:
    """As `prove_password`, by a passkey's answer to this session's challenge. Raises Locked, PasskeyRefused or
    PasswordsClosed."""
    with scope(actor):
        if is_closed(actor.company, at=at):
            raise PasswordsClosed
    answer = read(typed, Purpose.PROVE, bound_to, at=at)
    policy = rules_of_account(actor.account).strictest(LockoutPolicy)
    if not count_try(actor.account, Secret.PASSWORD, policy, at=at):
        raise Locked
    try:
        if not has_passkey(actor):
            raise PasskeyRefused
        use_passkey(actor.account, answer, at=at)
    except PasskeyRefused as refusal:
        record_failure(actor.account, "", refusal.code, at, address=address)
        refusal.recorded = True
        raise
    forget_tries(actor.account, Secret.PASSWORD)
    return Proven(actor.account)


def is_fresh(proved_at: datetime, *, at: datetime) -> bool:
    return at - proved_at < FRESH


def renew_proof(session_token: str, *, at: datetime) -> None:
    """The person behind a session has just proved again who they are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_session_proved(%s, %s)", [token_hash(session_token), at])
