"""Opening passwords while the provider is down (break-glass): one administrator asks, another person approves within
the hour, and it ends by itself. Who may do what is decided by the database's functions, so that no race gets past."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app

from torihiki.identity.access import access_members
from torihiki.identity.jobs import send_later
from torihiki.identity.models import Member
from torihiki.identity.permissions import Role
from torihiki.identity.refusals import AttemptOver
from torihiki.identity.sign_in.attempts import TWICE, Attempt, close_attempt
from torihiki.identity.sso.access import access_emergencies
from torihiki.identity.sso.actions.closing import end_password_sessions
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.letters import EMERGENCY_ASKED, EMERGENCY_ENDED, EMERGENCY_OPENED
from torihiki.identity.sso.refusals import EmergencyOver
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt, attempt_as
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

HOURS_MAX = 8
OVER = "sso.emergency_over"
"""The job that notes the end."""
ANSWER_WITHIN = timedelta(hours=1)
REASON_LENGTH_MAX = 300


def ask_emergency(proved: Attempt, *, hours: int, reason: str, at: datetime) -> None:
    """Ask for passwords to open for `hours` (1 to 8). Raises AttemptOver, or EmergencyOver where one waits already."""
    actor = _proven(proved)
    with attempt_as(SsoEvent.EMERGENCY_ASKED, actor):
        _spend(proved)
        close_over(actor, at=at)
        emergency_id = new_id()
        values = [emergency_id, reason[:REASON_LENGTH_MAX], hours, at, at + ANSWER_WITHIN]
        if not _call("SELECT sso_emergency_ask(%s, %s, %s, %s, %s)", values):
            raise EmergencyOver
        others = access_members(actor).filter(role__in=(Role.ADMINISTRATOR, Role.APPROVER), suspended_at=None)
        _tell(EMERGENCY_ASKED, actor, others.exclude(pk=actor.member))
        _record(SsoEvent.EMERGENCY_ASKED, actor, emergency_id, at, hours=hours, reason=reason)


def approve_emergency(proved: Attempt, emergency_id: UUID, *, at: datetime) -> datetime:
    """The second person says yes; returns until when passwords are open. Everybody is told. Raises AttemptOver, or
    EmergencyOver for one's own request, one that is over, and one that somebody else has answered."""
    actor = _proven(proved)
    with attempt_as(SsoEvent.EMERGENCY_OPENED, actor, subject_type="emergency", subject_id=emergency_id):
        _spend(proved)
        until: datetime | None = _call("SELECT sso_emergency_approve(%s, %s)", [emergency_id, at])
        if until is None:
            raise EmergencyOver
        _tell(EMERGENCY_OPENED, actor, access_members(actor).filter(suspended_at=None))
        app.configure_task(OVER, queue="calendar", schedule_at=until).defer(company_id=str(actor.company))
        _record(SsoEvent.EMERGENCY_OPENED, actor, emergency_id, at, until=until)
    return until


def end_emergency(actor: Actor, *, at: datetime) -> None:
    """Take back what waits, or close passwords again: by whoever is signed in and manages the company. Raises
    EmergencyOver."""
    with attempt(SsoEvent.EMERGENCY_ENDED, actor):
        _end(actor, at)


def end_emergency_proved(proved: Attempt, *, at: datetime) -> None:
    """As end_emergency, by an administrator who has proved it by password and second step. Raises AttemptOver too."""
    actor = _proven(proved)
    with attempt_as(SsoEvent.EMERGENCY_ENDED, actor):
        _spend(proved)
        if actor.role != Role.ADMINISTRATOR:
            raise EmergencyOver
        _end(actor, at)


def close_over(actor: Actor, *, at: datetime) -> None:
    """Note the end of what ended by itself; passwords are closed since then, whenever this runs."""
    ended: UUID | None = _call("SELECT sso_emergency_over(%s)", [at])
    if ended is not None:
        _ended(actor, ended, at, by="time")


def _end(actor: Actor, at: datetime) -> None:
    close_over(actor, at=at)
    ended: UUID | None = _call("SELECT sso_emergency_end(%s)", [at])
    if ended is None:
        raise EmergencyOver
    _ended(actor, ended, at, by="hand")


def _ended(actor: Actor, emergency_id: UUID, at: datetime, *, by: str) -> None:
    emergency = access_emergencies(actor).get(pk=emergency_id)
    if emergency.approved_at is not None:
        end_password_sessions()
        _tell(EMERGENCY_ENDED, actor, access_members(actor).filter(role=Role.ADMINISTRATOR, suspended_at=None))
    who = Actor.system(actor.company) if by == "time" else actor
    _record(SsoEvent.EMERGENCY_ENDED, who, emergency_id, at, by=by, was_open=emergency.approved_at is not None)


def _proven(proved: Attempt) -> Actor:
    """Raises AttemptOver before the second step."""
    if TWICE not in proved.passed:
        raise AttemptOver
    return proved.proven


def _spend(proved: Attempt) -> None:
    """One proof is good for one act."""
    if not close_attempt(proved.token):
        raise AttemptOver


def _tell(letter: str, actor: Actor, members: Iterable[Member]) -> None:
    for member in members:
        send_later(letter, actor, member.id)


def _call(statement: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _record(event: SsoEvent, actor: Actor, emergency_id: UUID, at: datetime, **data: object) -> None:
    record(
        event,
        actor,
        subject_type="emergency",
        subject_id=emergency_id,
        subject_label=actor.company_name,
        at=at,
        data=data,
    )
