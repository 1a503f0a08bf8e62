"""The stage that proves who somebody is by login id and password; whoever comes with another proof passes."""

from dataclasses import replace
from datetime import datetime

from torihiki.identity.access import access_memberships
from torihiki.identity.actions.signing import actor_of, authenticate, record_failure
from torihiki.identity.models import Account
from torihiki.identity.refusals import NoCompanyOpen
from torihiki.identity.sign_in.attempts import Attempt, Proof
from torihiki.tenancy.actor import Actor, scope


def run(attempt: Attempt, at: datetime) -> Attempt:
    """Every refusal of the id or the password costs one hash and looks the same. Raises SignInRefused or NoCompanyOpen;
    what was tried is in the ledger of each company the account belongs to, or, for an unknown id, in the operator's.
    """
    if attempt.proof is not None:
        return attempt
    account_id = authenticate(attempt.login_id, attempt.password, at)
    with scope(Actor(account_id=account_id)) as person:
        memberships = list(access_memberships(person)[:1])
        language = Account.objects.get(pk=account_id).language
    if not memberships:
        record_failure(account_id, attempt.login_id, NoCompanyOpen.code, at)
        raise NoCompanyOpen
    actor = actor_of(memberships[0])
    return replace(
        attempt, account_id=account_id, actor=actor, proof=Proof.PASSWORD, language=language, password="", login_id=""
    )
