"""Members taken in from a file: every line by the same actions as on the pages, all lines or none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.crypto.digest import sha256_hex
from torihiki.identity import roster
from torihiki.identity.access import access_invitations, access_members, lock_company
from torihiki.identity.actions.invitations import invite_member
from torihiki.identity.actions.members import change_member, reactivate_member, suspend_member
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Member
from torihiki.identity.roster import Line
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import Refused
from torihiki.lib.canonical import canonical_json
from torihiki.tenancy.actor import Actor

NAME_LENGTH_MAX = 100


class Outcome(StrEnum):
    INVITED = "invited"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    REACTIVATED = "reactivated"
    SAME = "same"
    REFUSED = "refused"


OUTCOMES = {
    Outcome.INVITED: _("Invited"),
    Outcome.CHANGED: _("Changed"),
    Outcome.SUSPENDED: _("Suspended"),
    Outcome.REACTIVATED: _("Reactivated"),
    Outcome.SAME: _("As it is"),
    Outcome.REFUSED: _("Refused"),
}


@dataclass(frozen=True)
class Done:
    """What became, or would become, of one line, and why it was refused."""

    line: Line
    outcome: Outcome
    reason: str | Promise = ""

    @property
    def words(self) -> str | Promise:
        return OUTCOMES[self.outcome]


@dataclass(frozen=True)
class Result:
    lines: list[Done]
    digest: str  # of the outcomes: what was previewed is what is carried out

    @property
    def refused(self) -> int:
        return sum(done.outcome == Outcome.REFUSED for done in self.lines)

    @property
    def changes(self) -> int:
        return sum(done.outcome not in (Outcome.SAME, Outcome.REFUSED) for done in self.lines)


def preview_roster(actor: Actor, lines: Sequence[Line], *, at: datetime) -> Result:
    """What `import_roster` would do: it is done, and undone before anything of it is kept."""
    with transaction.atomic():
        result = _carry_out(actor, lines, at)
        transaction.set_rollback(True)
    return result


def import_roster(actor: Actor, lines: Sequence[Line], *, seen: str, at: datetime) -> tuple[Result, bool]:
    """Carry out all lines, and whether that was done: nothing is where one of them is refused, or where the outcome is
    no longer the one `seen` in the preview."""
    with transaction.atomic():
        result = _carry_out(actor, lines, at)
        done = not result.refused and result.changes > 0 and result.digest == seen
        if done:
            counts = Counter(line.outcome.value for line in result.lines)
            record(IdentityEvent.MEMBERS_IMPORTED, actor, subject_type="members", at=at, data=dict(counts))
        else:
            transaction.set_rollback(True)
    return result, done


def export_roster(actor: Actor, *, encoding: str, at: datetime) -> bytes:
    """Raises RosterUnfit where cp932 lacks a character."""
    content = roster.write(actor, encoding=encoding)
    record(IdentityEvent.MEMBERS_EXPORTED, actor, subject_type="members", at=at, data={"encoding": encoding})
    return content


def _carry_out(actor: Actor, lines: Sequence[Line], at: datetime) -> Result:
    lock_company(actor)
    members = {member.pk: member for member in access_members(actor).prefetch_related("grants")}
    by_email: dict[str, list[Member]] = {}
    for member in members.values():
        by_email.setdefault(member.email.lower(), []).append(member)
    invited = {email.lower() for email in access_invitations(actor).values_list("email", flat=True)}
    named: set[object] = set()
    done = []
    for line in lines:
        found = by_email.get(line.email.lower(), []) if line.member_id is None else []
        whom = members.get(line.member_id) if line.member_id else found[0] if len(found) == 1 else None
        key = whom.pk if whom else line.email.lower()
        problem = line.problem or _problem(line, whom, found, invited)
        if not problem and key in named:
            problem = _("An earlier line is about the same member.")
        named.add(key)
        if problem:
            done.append(Done(line, Outcome.REFUSED, problem))
            continue
        try:
            done.append(Done(line, _one(actor, line, whom, at)))
        except Refused as refusal:
            done.append(Done(line, Outcome.REFUSED, str(refusal.message)))
    outcomes = [[entry.line.number, entry.outcome.value, entry.line.email] for entry in done]
    return Result(done, sha256_hex(canonical_json({"lines": outcomes})))


def _problem(line: Line, member: Member | None, found: list[Member], invited: set[str]) -> str | Promise:
    if not line.name or len(line.name) > NAME_LENGTH_MAX:
        return _("The name is missing or too long.")
    try:
        validate_email(line.email)
    except ValidationError:
        return _("The e-mail address is none.")
    if line.member_id and member is None:
        return _("There is no such member.")
    if len(found) > 1:
        return _("Several members have this e-mail address. Give the member id.")
    if member is not None and member.email.lower() != line.email.lower():
        return _("E-mail addresses are changed on the member's page: codes and links go there.")
    if member is None and line.suspended:
        return _("Nobody is invited who is suspended.")
    if member is None and line.email.lower() in invited:
        return _("This address is invited already.")
    return ""


def _one(actor: Actor, line: Line, member: Member | None, at: datetime) -> Outcome:
    if member is None:
        invite_member(
            actor,
            email=line.email,
            name=line.name,
            role=line.role,
            unit_id=line.unit_id,
            own_role_ids=line.own_roles,
            unit_only=bool(line.unit_only),
            at=at,
        )
        return Outcome.INVITED
    outcome = Outcome.SAME
    only = member.unit_only if line.unit_only is None else line.unit_only
    wanted = (line.name, line.role, line.unit_id, only, set(line.own_roles))
    held = {grant.role_id for grant in member.grants.all()}
    if wanted != (member.name, member.role, member.unit_id, member.unit_only, held):
        change_member(
            actor,
            member.pk,
            name=line.name,
            email=member.email,
            role=line.role,
            unit_id=line.unit_id,
            own_roles=line.own_roles,
            unit_only=only,
            at=at,
        )
        outcome = Outcome.CHANGED
    if line.suspended and not member.suspended_at:
        suspend_member(actor, member.pk, at=at)
        return Outcome.SUSPENDED
    if member.suspended_at and not line.suspended:
        reactivate_member(actor, member.pk, at=at)
        return Outcome.REACTIVATED
    return outcome
