"""The stage that asks for a passkey, or for a first one, where the company demands it (clauses 2-5-5, 2-6)."""

from datetime import datetime

from torihiki.identity.passkeys import policy_of
from torihiki.identity.sign_in.asking import Asks
from torihiki.identity.sign_in.attempts import KEYED, Attempt, Proof
from torihiki.tenancy.actor import Actor, scope


def run(attempt: Attempt, at: datetime) -> Attempt:
    """An identity provider has its own rules."""
    if attempt.proof in (Proof.PASSKEY, Proof.SSO) or KEYED in attempt.passed:
        return attempt
    actor = attempt.proven
    with scope(Actor(account_id=actor.account)):
        policy = policy_of(actor)
    if policy.demands(actor.role):
        raise Asks
    return attempt
