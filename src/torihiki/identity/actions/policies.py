"""Changing what a company decides about sign-in. The new version holds from everybody's next request."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import access_members, lock_company
from torihiki.identity.actions.signing import SSO
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Member, PolicyVersion
from torihiki.identity.policies import (
    LockoutPolicy,
    NetworkPolicy,
    PasskeyPolicy,
    PasswordPolicy,
    Policy,
    SessionPolicy,
    TwoStepPolicy,
    rules_of,
)
from torihiki.identity.policies.declared import read_ranges
from torihiki.identity.refusals import NeedsConfirmation, PolicyChangedMeanwhile, PolicyUnfit
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

NAMES_SHOWN_MAX = 20
PASSKEY = "passkey"  # ends the proof of a session that one was used for
SIGNED_OUT = {
    NetworkPolicy.topic: _("These members are at work outside these networks, and are signed out:"),
    SessionPolicy.topic: _("These members did nothing for longer, and are signed out:"),
    TwoStepPolicy.topic: _("These members are signed out, and asked for a code when they come back:"),
    PasskeyPolicy.topic: _("These members are signed out, and come back by the new rule:"),
}


@dataclass(frozen=True)
class Consequence:
    """What a change would do to people at once. `for_author`: to whoever makes it, too."""

    text: str
    names: tuple[str, ...] = ()
    for_author: bool = False


def change_policy(
    actor: Actor, policy: Policy, *, seen: int, at: datetime, address: str, confirmed: bool = False
) -> PolicyVersion:
    """Store `policy` as its topic's next version. `seen` is the number of the version that its author looked at, and
    `address` where the author is.

    Raises PolicyUnfit, PolicyChangedMeanwhile, and NeedsConfirmation where it has consequences.
    """
    with attempt(IdentityEvent.POLICY_CHANGED, actor, data={"topic": policy.topic}):
        company = lock_company(actor)
        rules = rules_of([company.id])
        former, number = rules.of(company.id, type(policy)), rules.number(company.id, type(policy))
        if number != seen:
            raise PolicyChangedMeanwhile
        check_policy(policy)
        if not confirmed and consequences(actor, policy, at=at, address=address):
            raise NeedsConfirmation
        version = PolicyVersion.objects.create(
            id=new_id(),
            company=company,
            topic=policy.topic,
            number=number + 1,
            values=policy.values(),
            changed_by=actor.name,
            changed_at=at,
        )
        if isinstance(policy, PasskeyPolicy):
            _end_sessions_without(policy)
        changes = policy.changes(former)
        record(
            IdentityEvent.POLICY_CHANGED,
            actor,
            subject_type="policy",
            subject_id=version.id,
            subject_label=policy.topic,
            at=at,
            data={
                "topic": policy.topic,
                "before": {name: before for name, (before, _after) in changes.items()},
                "after": {name: after for name, (_before, after) in changes.items()},
            },
        )
    return version


def check_policy(policy: Policy) -> None:
    """Raises PolicyUnfit when a value is out of its bounds: whichever door it came through."""
    for name, option in policy.options().items():
        value = getattr(policy, name)
        if isinstance(value, int) and not isinstance(value, bool) and not option.lowest <= value <= option.highest:
            raise PolicyUnfit(
                gettext("%(label)s: between %(lowest)d and %(highest)d.")
                % {"label": option.label, "lowest": option.lowest, "highest": option.highest}
            )
        if option.choices and not {str(each) for each in _as_tuple(value)} <= dict(option.choices).keys():
            raise PolicyUnfit(gettext("%(label)s: this cannot be chosen.") % {"label": option.label})
    if isinstance(policy, NetworkPolicy):
        try:
            networks = read_ranges(policy.ranges)
        except ValueError as error:
            raise PolicyUnfit(gettext("This is no address and no network: %(what)s.") % {"what": error}) from error
        if (policy.on and not networks) or len(networks) > policy.options()["ranges"].highest:
            raise PolicyUnfit(gettext("Name at least one network, and no more than 200."))


def consequences(actor: Actor, policy: Policy, *, at: datetime, address: str) -> list[Consequence]:
    """Whom the policy would sign out or shut out, were it to hold now."""
    members = {member.id: member for member in access_members(actor).filter(suspended_at=None)}
    rules = rules_of([actor.company])
    present = [rules.of(actor.company, each) for each in (SessionPolicy, NetworkPolicy, TwoStepPolicy, PasskeyPolicy)]
    alive = [
        one
        for one in company_sessions()
        if one.member_id in members and not any(_ends(each, one, members[one.member_id], at) for each in present)
    ]
    found: list[Consequence] = []

    def tell(text: str, ids: list[UUID]) -> None:
        if about := list(dict.fromkeys(each for each in ids if each in members)):
            names = tuple(sorted(members[each].name for each in about))[:NAMES_SHOWN_MAX]
            found.append(Consequence(text, names, actor.member_id in about))

    if isinstance(policy, NetworkPolicy) and not policy.lets_in(address):
        words = gettext("You yourself are outside these networks, at %(address)s.")
        found.append(Consequence(words % {"address": address}, for_author=True))
    if policy.topic in SIGNED_OUT:
        ended = [one.member_id for one in alive if _ends(policy, one, members[one.member_id], at)]
        tell(str(SIGNED_OUT[policy.topic]), ended)
    if isinstance(policy, PasswordPolicy) and policy.expires:
        oldest = at - timedelta(days=policy.days)
        old = [one.member_id for one in standings() if one.password_changed_at <= oldest]
        tell(gettext("These members must choose a new password when they sign in next:"), old)
    return found


@dataclass(frozen=True)
class CompanySession:
    """A live session of a member of the acting company, as far as an administrator's preview needs it."""

    member_id: UUID
    address: str
    created_at: datetime
    last_seen_at: datetime
    proof: str
    second_step: bool


def company_sessions() -> list[CompanySession]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_id, coalesce(host(address), ''), created_at, last_seen_at, proof, second_step"
            " FROM identity_company_sessions()"
        )
        return [CompanySession(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Standing:
    """What an administrator may know of a member's account: how old its password is, and since when it is locked."""

    member_id: UUID
    password_changed_at: datetime
    locked_at: datetime | None


def standings() -> list[Standing]:
    """Of every member of the acting company."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT member_id, password_changed_at, locked_at FROM identity_standing()")
        return [Standing(*row) for row in cursor.fetchall()]


def locked_until(actor: Actor, member_id: UUID, *, at: datetime) -> datetime | None:
    """When a member's lock ends by the acting company's policy; None when there is none any more."""
    since = next((one.locked_at for one in standings() if one.member_id == member_id), None)
    policy = rules_of([actor.company]).of(actor.company, LockoutPolicy)
    until = since + timedelta(minutes=policy.duration_minutes) if since and policy.on else None
    return until if until and until > at else None


def _ends(policy: Policy, session: CompanySession, member: Member, at: datetime) -> bool:
    """Whether a session is over by `policy`: what the function that resumes sessions decides, for a preview."""
    if isinstance(policy, NetworkPolicy):
        return not policy.lets_in(session.address)
    if isinstance(policy, TwoStepPolicy):
        return policy.demands(member.role) and not session.second_step and session.proof != SSO
    if isinstance(policy, PasskeyPolicy) and policy.mode == "off":
        return session.proof == PASSKEY
    if isinstance(policy, PasskeyPolicy):
        return policy.demands(member.role) and session.proof != SSO and not session.proof.endswith(PASSKEY)
    if isinstance(policy, SessionPolicy):
        idle = policy.idle_on and session.last_seen_at <= at - timedelta(minutes=policy.idle_minutes)
        return idle or session.created_at <= at - timedelta(hours=policy.absolute_hours)
    return False


def _end_sessions_without(policy: PasskeyPolicy) -> None:
    """Of the acting company's members: those that `_ends` names. A session keeps by which proof it was opened."""
    demanded = {"off": None, "required": list(policy.roles)}
    if policy.mode in demanded:
        with connection.cursor() as cursor:
            cursor.execute("SELECT identity_passkey_sessions_end(%s::text[])", [demanded[policy.mode]])


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
