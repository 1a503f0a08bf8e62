"""The stage that counts the try before the password is verified (clause 2-5-3)."""

from dataclasses import replace
from datetime import datetime

from torihiki.identity.lockout import Secret, count_try
from torihiki.identity.policies import LockoutPolicy
from torihiki.identity.refusals import Locked
from torihiki.identity.sign_in.attempts import Attempt


def run(attempt: Attempt, at: datetime) -> Attempt:
    """A try from outside the allowed networks is not counted: strangers lock nobody out there."""
    candidate = attempt.candidate
    if candidate is None or candidate.shut:
        return attempt
    policy = candidate.rules.strictest(LockoutPolicy)
    if count_try(candidate.known.account_id, Secret.PASSWORD, policy, at=at):
        return attempt
    return replace(attempt, candidate=replace(candidate, shut=Locked.code))
