"""Choosing a password: by the strictest profile of all companies that the person works for (clause 2-6)."""

from datetime import datetime
from uuid import UUID

from torihiki.identity.access import access_memberships
from torihiki.identity.hashing import hash_anew
from torihiki.identity.models import Account, Company
from torihiki.identity.passwords import PROFILES, Chooser
from torihiki.identity.policies import PasswordPolicy, rules_of
from torihiki.identity.refusals import PasswordWeak
from torihiki.tenancy.actor import Actor, scope


def chooser_of(actor: Actor) -> Chooser:
    """What an account's next password must be, and which words about its person it must not contain."""
    with scope(Actor(account_id=actor.account)) as person:
        memberships = list(access_memberships(person))
        policy = rules_of(member.company_id for member in memberships).strictest(PasswordPolicy)
        login_id = Account.objects.only("login_id").get(pk=actor.account).login_id
    known = [word for member in memberships for word in (member.name, member.email, member.company.name)]
    return Chooser(PROFILES[policy.profile], (login_id, *known))


def chooser_for(company_id: UUID) -> Chooser:
    """For somebody who joins a company and has no account yet."""
    with scope(Actor(company_id=company_id)):
        policy = rules_of([company_id]).of(company_id, PasswordPolicy)
        names = Company.objects.filter(pk=company_id).values_list("name", flat=True)
        return Chooser(PROFILES[policy.profile], tuple(names))


def set_password(account_id: UUID, wanted: str, *, at: datetime) -> None:
    """Raises PasswordWeak. Whether the person may do this was proved before."""
    person = Actor(account_id=account_id)
    if problems := chooser_of(person).problems(wanted):
        raise PasswordWeak(" ".join(problems))
    encoded = hash_anew(wanted)
    with scope(person):
        Account.objects.filter(pk=account_id).update(password=encoded, password_changed_at=at)
