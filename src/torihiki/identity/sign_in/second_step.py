"""The stage that asks for a second step after the password (clause 2-5-5)."""

from dataclasses import replace
from datetime import datetime

from torihiki.identity.passkeys import has_passkey
from torihiki.identity.second_step import has_app, is_needed, mail_code
from torihiki.identity.sign_in.asking import Asks
from torihiki.identity.sign_in.attempts import TWICE, Attempt, Proof


def run(attempt: Attempt, at: datetime) -> Attempt:
    """An identity provider has its own second step; an invitation's link was mailed, and counts as one; a passkey is
    something that one has, opened by what one knows or is."""
    if attempt.proof in (Proof.INVITATION, Proof.PASSKEY):
        return replace(attempt, passed=(*attempt.passed, TWICE))
    if attempt.proof == Proof.PASSWORD and is_needed(attempt.proven):
        raise Asks
    return attempt


def begin(attempt: Attempt, at: datetime) -> None:
    """Once, when the attempt stops here. Raises TooManyCodes."""
    if not has_app(attempt.proven) and not has_passkey(attempt.proven):
        mail_code(attempt.proven, attempt.token, at=at)
