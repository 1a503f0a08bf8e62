"""The stage that proves who somebody is by a passkey alone, which the browser chose: no login id is typed."""

from datetime import datetime
from uuid import UUID

from torihiki.crypto.digest import sha256
from torihiki.crypto.passkeys import Answer, to_text
from torihiki.identity.actions.signing import Known, record_failure
from torihiki.identity.lockout import Secret, forget_tries
from torihiki.identity.passkeys import holder_of, use_passkey
from torihiki.identity.refusals import PasskeyRefused
from torihiki.identity.sign_in.attempts import Attempt, Proof
from torihiki.identity.sign_in.password import proven


def whose(answer: Answer) -> Known:
    """As `look_up` does for a login id: for an unknown passkey somebody who is nobody."""
    holder = holder_of(answer)
    if holder is None:
        return Known(UUID(bytes=sha256(answer.credential_id)[:16]))
    return Known(holder.account_id, is_active=holder.is_active)


def run(attempt: Attempt, at: datetime) -> Attempt:
    """Raises PasskeyRefused for all that is wrong, with its reason in the ledger only; NoCompanyOpen or
    CompanySuspended once it was right."""
    answer, candidate = attempt.answer, attempt.candidate
    if attempt.proof is not None or answer is None:
        return attempt
    assert candidate is not None, "the network stage finds the candidate"
    known, why = candidate.known, candidate.shut
    if not why and known.is_active:
        try:
            use_passkey(known.account_id, answer, at=at)
        except PasskeyRefused as refusal:
            why = refusal.code
    if why or not known.is_active:
        why = why or PasskeyRefused.code
        record_failure(known.account_id, to_text(answer.credential_id), why, at, address=attempt.address)
        raise PasskeyRefused
    forget_tries(known.account_id, Secret.PASSWORD)
    return proven(attempt, Proof.PASSKEY, at)
