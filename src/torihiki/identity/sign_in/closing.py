"""The last stage: a company that its providers alone open lets nobody in by another proof (clause 2-4-2)."""

from datetime import datetime

from torihiki.identity.actions.signing import record_failure
from torihiki.identity.refusals import AttemptOver
from torihiki.identity.sign_in.attempts import Attempt, Proof
from torihiki.identity.sso.access import closed_to_passwords
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.tenancy.actor import Actor, scope


def run(attempt: Attempt, at: datetime) -> Attempt:
    """It may have been closed while somebody looked for the code. Raises PasswordsClosed, and AttemptOver for a proof
    that opens no session anywhere."""
    if attempt.proof == Proof.EMERGENCY:
        raise AttemptOver
    if attempt.proof == Proof.SSO:
        return attempt
    actor = attempt.proven
    with scope(Actor(account_id=actor.account)):
        closed = closed_to_passwords(at=at)
    if actor.company in closed:
        record_failure(actor.account, "", PasswordsClosed.code, at, address=attempt.address)
        refusal = PasswordsClosed()
        refusal.recorded = True
        raise refusal
    return attempt
