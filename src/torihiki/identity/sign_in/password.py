"""The stage that proves who somebody is by login id and password; whoever comes with another proof passes."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from torihiki.identity.actions.signing import actor_of, language_of_account, password_wrong, record_failure, renew_hash
from torihiki.identity.hashing import verify
from torihiki.identity.lockout import Secret, forget_tries
from torihiki.identity.models import Member
from torihiki.identity.refusals import CompanySuspended, NoCompanyOpen, SignInRefused
from torihiki.identity.sign_in.attempts import Attempt, Proof
from torihiki.tenancy.actor import Actor, scope


def run(attempt: Attempt, at: datetime) -> Attempt:
    """Every refusal costs one hash and looks the same, also where nothing was to be verified. Raises SignInRefused,
    NoCompanyOpen or CompanySuspended; what was tried is in the ledger of each company the account belongs to, or, for
    an unknown id, in the operator's."""
    if attempt.proof is not None:
        return attempt
    candidate = attempt.candidate
    assert candidate is not None, "the network stage finds the candidate"
    known = candidate.known
    is_right, is_weak = verify(attempt.password, "" if candidate.shut else known.encoded)
    if candidate.shut:
        record_failure(known.account_id, attempt.login_id, candidate.shut, at, address=attempt.address)
        raise SignInRefused
    if not is_right or not known.is_active:
        password_wrong(known.account_id, attempt.login_id, candidate.rules, at, address=attempt.address)
        raise SignInRefused
    forget_tries(known.account_id, Secret.PASSWORD)
    if is_weak:
        renew_hash(known.account_id, attempt.password)
    return proven(attempt, Proof.PASSWORD, at)


def proven(attempt: Attempt, proof: Proof, at: datetime) -> Attempt:
    """The candidate is who they say: into the first company that is open. Raises NoCompanyOpen or CompanySuspended."""
    assert attempt.candidate is not None
    account_id, inside = attempt.candidate.known.account_id, attempt.candidate.inside
    if not inside:
        refusal = CompanySuspended() if _is_suspended(account_id) else NoCompanyOpen()
        record_failure(account_id, attempt.login_id, refusal.code, at, address=attempt.address)
        raise refusal
    return replace(
        attempt,
        account_id=account_id,
        actor=actor_of(inside[0]),
        proof=proof,
        language=language_of_account(account_id),
        password="",
        login_id="",
        answer=None,
        candidate=None,
    )


def _is_suspended(account_id: UUID) -> bool:
    """Whether a company of this person would be open, had the operator not suspended it."""
    with scope(Actor(account_id=account_id)) as person:
        open_else = Member.objects.filter(account_id=person.account, suspended_at=None)
        return open_else.filter(company__suspended_at__isnull=False).exists()
