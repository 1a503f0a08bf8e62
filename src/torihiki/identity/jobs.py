"""Jobs of identity: letters leave after commit, at least once, under a stable id; what is over is swept away."""

import json
import smtplib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from torihiki.identity.mail import LETTERS, deliver
from torihiki.identity.policies import PasswordPolicy
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor, scope
from torihiki.tenancy.system import system_rows

EXPIRING = "identity.expiring"
TRIES_MAX = 10
SESSIONS_KEPT = timedelta(days=8)  # after they were last seen; longer than any limit
TRIES_KEPT = timedelta(days=2)  # longer than any window or lock
RETRY = RetryStrategy(
    max_attempts=TRIES_MAX, exponential_wait=4, retry_exceptions=[OSError, smtplib.SMTPException]
)  # 4 s, 16 s, … about 12 days in all


def send_later(name: str, actor: Actor, subject_id: UUID) -> UUID:
    """Queue the letter `name` about one row of the actor's company, in the caller's transaction: nothing is sent for
    what is not committed. Returns the message's id. Raises KeyError for an unknown letter."""
    assert name in LETTERS, name
    message_id = new_id()
    send_letter.defer(name=name, company_id=str(actor.company), subject_id=str(subject_id), message_id=str(message_id))
    return message_id


@app.task(name="identity.send_letter", queue="mail", retry=RETRY)
def send_letter(*, name: str, company_id: str, subject_id: str, message_id: str) -> None:
    """Write the letter as things stand now and send it; nothing when there is nothing to say any more."""
    actor = Actor.system(UUID(company_id))
    with scope(actor):
        written = LETTERS[name](actor, UUID(subject_id))
    if written is not None:
        deliver(written, message_id=UUID(message_id))


@app.periodic(cron="17 * * * *")
@app.task(name="identity.sweep", queue="calendar", pass_context=False)
def sweep(timestamp: int) -> None:
    """Once an hour: remove sessions, half-finished sign-ins, mailed secrets and counted tries that are over."""
    now = datetime.fromtimestamp(timestamp, tz=UTC)
    system_rows("SELECT identity_sessions_sweep(%s)", [now - SESSIONS_KEPT])
    system_rows("SELECT identity_attempts_sweep(%s)", [now])
    system_rows("SELECT identity_mailed_sweep(%s)", [now])
    system_rows("SELECT identity_challenges_sweep(%s)", [now])
    system_rows("SELECT identity_tries_sweep(%s)", [now - TRIES_KEPT])


@app.periodic(cron="30 23 * * *")  # half past eight in Japan
@app.task(name="identity.remind", queue="calendar", pass_context=False)
def remind(timestamp: int) -> None:
    """Once a day: a mail to whoever's password expires soon (clause 2-5-1)."""
    now = datetime.fromtimestamp(timestamp, tz=UTC)
    rows = system_rows(
        "SELECT * FROM identity_passwords_expiring(%s, %s)", [now, json.dumps(PasswordPolicy().values())]
    )
    for company_id, member_id in rows:
        actor = Actor.system(company_id)
        with scope(actor):
            send_later(EXPIRING, actor, member_id)
