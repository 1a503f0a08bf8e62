"""The stage that asks for a new password when the old one has expired (clause 2-5-1)."""

from datetime import datetime, timedelta

from torihiki.identity.access import access_own_account
from torihiki.identity.choosing import set_password
from torihiki.identity.events import IdentityEvent
from torihiki.identity.hashing import place_to_hash, verify
from torihiki.identity.policies import PasswordPolicy, rules_of_account
from torihiki.identity.recording import record_oneself
from torihiki.identity.refusals import SamePassword
from torihiki.identity.sign_in.asking import Asks
from torihiki.identity.sign_in.attempts import Attempt, Proof
from torihiki.ledger.refusals import attempt_as
from torihiki.tenancy.actor import Actor, scope


def run(attempt: Attempt, at: datetime) -> Attempt:
    """Whoever comes by another proof has no use for the password here."""
    if attempt.proof == Proof.PASSWORD and is_expired(attempt.proven, at=at):
        raise Asks
    return attempt


def is_expired(actor: Actor, *, at: datetime) -> bool:
    """By the shortest life that any company of this person allows."""
    policy = rules_of_account(actor.account).strictest(PasswordPolicy)
    with scope(Actor(account_id=actor.account)):
        account = access_own_account(actor)
    since = account.password_changed_at or account.created_at
    return policy.expires and since + timedelta(days=policy.days) <= at


def renew(attempt: Attempt, wanted: str, *, at: datetime) -> None:
    """Choose the new password. Raises TooBusy, SamePassword or PasswordWeak."""
    actor = attempt.proven
    with place_to_hash(), attempt_as(IdentityEvent.PASSWORD_CHANGED, actor):
        if verify(wanted, access_own_account(actor).password)[0]:
            raise SamePassword
        set_password(actor.account, wanted, at=at)
        record_oneself(IdentityEvent.PASSWORD_CHANGED, actor, at, why="expired")
