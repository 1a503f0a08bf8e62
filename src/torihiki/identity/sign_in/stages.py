"""The table of stages. What is asked of somebody who signs in, and in which order, stands here and nowhere else."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from torihiki.identity.actions.signing import SignIn, open_session_of
from torihiki.identity.devices import SIGNED_IN_HERE
from torihiki.identity.hashing import place_to_hash
from torihiki.identity.proving import renew_proof
from torihiki.identity.refusals import AttemptOver
from torihiki.identity.sessions import How
from torihiki.identity.sign_in import (
    closing,
    lockout,
    network,
    passkey,
    passkey_due,
    password,
    password_age,
    second_step,
)
from torihiki.identity.sign_in.asking import Asks
from torihiki.identity.sign_in.attempts import TWICE, VALID, Attempt, Proof, close_attempt, keep
from torihiki.identity.sso.flows import bind_session
from torihiki.tenancy.actor import scope


@dataclass(frozen=True)
class Stage:
    """`run` returns the attempt as it goes on, raises Refused to end it, or Asks where `page` (a URL's name) asks;
    `begin` is called once when an attempt comes to stop there."""

    name: str
    run: Callable[[Attempt, datetime], Attempt]
    page: str = ""
    begin: Callable[[Attempt, datetime], None] | None = None


STAGES: tuple[Stage, ...] = (
    Stage("network", network.run),
    Stage("lockout", lockout.run),
    Stage("passkey", passkey.run),
    Stage("password", password.run),
    Stage("second-step", second_step.run, "second-step", second_step.begin),
    Stage("passkey-due", passkey_due.run, "passkey-due"),
    Stage("password-age", password_age.run, "expired-password"),
    Stage("closing", closing.run),
)
"""After the last one comes the session."""


@dataclass(frozen=True)
class Waiting:
    """The way in stops at a stage that asks: the attempt's cookie, and the name of the page."""

    token: str
    page: str


def advance(attempt: Attempt, *, at: datetime) -> SignIn | Waiting:
    """Go on from where the attempt stands: to a session, or to the next stage that asks for something.

    A stage that an earlier request passed is not run again. Raises Refused as the stages do, TooBusy before anything is
    done, and AttemptOver when another request was faster.
    """
    with place_to_hash() if attempt.proof is None and attempt.answer is None else nullcontext():
        return _advance(attempt, at)


def _advance(attempt: Attempt, at: datetime) -> SignIn | Waiting:
    for stage in STAGES:
        if stage.name in attempt.passed:
            continue
        try:
            attempt = stage.run(attempt, at)
        except Asks:
            attempt = replace(attempt, token=keep(attempt, at=at))
            if stage.begin is not None:
                stage.begin(attempt, at)
            return Waiting(attempt.token, stage.page)
        attempt = replace(attempt, passed=(*attempt.passed, stage.name))
    if attempt.token and not close_attempt(attempt.token):
        raise AttemptOver
    actor = attempt.proven
    is_new = attempt.proof != Proof.INVITATION and SIGNED_IN_HERE.name(actor.account) not in attempt.known_here
    how = How(attempt.address, attempt.browser, attempt.way, TWICE in attempt.passed, is_new)
    token = open_session_of(actor, at=at, how=how)
    if attempt.proof == Proof.SSO:
        with scope(actor):
            bind_session(token, earliest=at - VALID)
            if attempt.proved_at is not None:
                renew_proof(token, at=min(at, attempt.proved_at))
    return SignIn(token, actor, attempt.language)
