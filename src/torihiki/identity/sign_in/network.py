"""The stage that asks from where somebody comes (clause 2-5-4), before any secret is looked at."""

from dataclasses import replace
from datetime import datetime

from torihiki.identity.access import access_memberships
from torihiki.identity.actions.signing import look_up, record_failure
from torihiki.identity.policies import NetworkPolicy, PasskeyPolicy, rules_of
from torihiki.identity.refusals import OutsideNetwork, PasskeysOff
from torihiki.identity.sign_in import passkey
from torihiki.identity.sign_in.attempts import Attempt, Candidate
from torihiki.identity.sso.access import closed_to_passwords
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.tenancy.actor import Actor, scope


def run(attempt: Attempt, at: datetime) -> Attempt:
    """Who comes with a password or a passkey comes as a candidate for those companies that allow the address and what
    is brought; where none does, it is not verified at all, and the answer is the one to a wrong one. Raises
    OutsideNetwork for whoever has another proof."""
    if attempt.proof is not None:
        actor = attempt.proven
        with scope(Actor(account_id=actor.account)):
            rules = rules_of([actor.company])
        if not rules.of(actor.company, NetworkPolicy).lets_in(attempt.address):
            record_failure(actor.account, "", OutsideNetwork.code, at, address=attempt.address)
            raise OutsideNetwork
        return attempt
    answer = attempt.answer
    known = passkey.whose(answer) if answer else look_up(attempt.login_id)
    with scope(Actor(account_id=known.account_id)) as person:
        memberships = list(access_memberships(person))
        rules = rules_of(member.company_id for member in memberships)
        closed = closed_to_passwords(at=at)
    near = [one for one in memberships if rules.of(one.company_id, NetworkPolicy).lets_in(attempt.address)]
    inside = [one for one in near if one.company_id not in closed]
    shut = ""
    if memberships and not inside:
        shut = PasswordsClosed.code if near else OutsideNetwork.code
    if answer and inside:
        inside = [one for one in inside if rules.of(one.company_id, PasskeyPolicy).mode != "off"]
        shut = "" if inside else PasskeysOff.code
    return replace(attempt, candidate=Candidate(known, tuple(inside), rules, shut))
