"""Proving who one is when the provider is down: password and second step, which open no session but one decision."""

from dataclasses import replace
from datetime import datetime

from torihiki.identity.access import access_memberships
from torihiki.identity.actions.signing import actor_of, look_up
from torihiki.identity.hashing import place_to_hash
from torihiki.identity.permissions import Role
from torihiki.identity.policies import NetworkPolicy, rules_of
from torihiki.identity.refusals import AttemptOver, SignInRefused
from torihiki.identity.second_step import check_code, has_app, mail_code
from torihiki.identity.sign_in import lockout, password
from torihiki.identity.sign_in.attempts import TWICE, Attempt, Candidate, Proof, keep, resume_attempt
from torihiki.identity.sso.access import access_entrance, doors_of
from torihiki.identity.sso.refusals import EmergencyRefused
from torihiki.tenancy.actor import Actor, scope

COOKIE_NAME = "__Host-emergency"
ROLES = {Role.ADMINISTRATOR, Role.APPROVER}


def prove_by_password(slug: str, attempt: Attempt, *, at: datetime) -> Attempt:
    """The attempt's login id and password, at the company with this address: counted and verified as signing in does,
    with one answer to everything that is wrong. The code for the second step is on its way afterwards.

    Raises NoProvider, EmergencyRefused, TooBusy or TooManyCodes."""
    platform, _name, _doors = doors_of(slug)
    with scope(platform):
        entrance = access_entrance(platform)
        is_closed = entrance is not None and entrance.sso_only_since is not None
    with place_to_hash():
        known = look_up(attempt.login_id)
        with scope(Actor(account_id=known.account_id)) as person:
            memberships = list(access_memberships(person))
            rules = rules_of(member.company_id for member in memberships)
        own = [
            member
            for member in memberships
            if member.company_id == platform.company
            and member.role in ROLES
            and rules.of(member.company_id, NetworkPolicy).lets_in(attempt.address)
        ]
        shut = "" if is_closed and own else EmergencyRefused.code
        attempt = replace(attempt, candidate=Candidate(known, tuple(own), rules, shut))
        try:
            attempt = password.run(lockout.run(attempt, at), at)
        except SignInRefused as refusal:
            answer = EmergencyRefused()
            answer.recorded = True
            raise answer from refusal
    attempt = replace(attempt, actor=actor_of(own[0]), proof=Proof.EMERGENCY)
    attempt = replace(attempt, token=keep(attempt, at=at))
    if not has_app(attempt.proven):
        mail_code(attempt.proven, attempt.token, at=at)
    return attempt


def prove_by_code(attempt: Attempt, typed: str, *, at: datetime) -> None:
    """The second step. Raises Locked, CodeWrong or AttemptOver."""
    check_code(attempt.proven, attempt.token, typed, at=at)
    keep(replace(attempt, passed=(TWICE,)), at=at)


def resumed_emergency(slug: str, token: str, *, address: str, browser: str, at: datetime) -> Attempt:
    """Raises AttemptOver, also for an attempt to sign in, and at another company's address; NoProvider."""
    platform, _name, _doors = doors_of(slug)
    attempt = resume_attempt(token, address=address, browser=browser, at=at)
    if attempt is None or attempt.proof != Proof.EMERGENCY or attempt.proven.company_id != platform.company:
        raise AttemptOver
    return attempt
