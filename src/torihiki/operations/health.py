"""How the platform is: each check says what it saw, whether that is well, and what to do when it is not."""

import shutil
import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from platform import python_version
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.crypto.tls import certificate_end
from torihiki.web.formats import format_bytes, format_moment
from torihiki.web.parts import Tone

CONNECTIONS_SHARE_MAX = 0.8
TRANSACTIONS_BEHIND_MAX = 50_000
WAITING_MAX = timedelta(minutes=10)
OUTBOX_MAX = timedelta(minutes=10)
HEARTBEAT_MAX = timedelta(seconds=60)  # a worker shows a sign of life every ten
DISK_FREE_MIN, DISK_FREE_LOW = 0.05, 0.15
CERTIFICATE_LOW, CERTIFICATE_MIN = timedelta(days=30), timedelta(days=7)
MAIL_SECONDS_MAX = 2
KEPT_SECONDS = 5  # monitors that ask more often get the same answer


class Health(StrEnum):
    WELL = "well"
    WARNING = "warning"
    FAILING = "failing"


LABELS: dict[Health, str | Promise] = {
    Health.WELL: pgettext_lazy("health", "Well"),
    Health.WARNING: pgettext_lazy("health", "Look at it"),
    Health.FAILING: pgettext_lazy("health", "Failing"),
}
TONES = {Health.WELL: Tone.SUCCESS, Health.WARNING: Tone.WARNING, Health.FAILING: Tone.DANGER}
ICONS = {Health.WELL: "check", Health.WARNING: "alert", Health.FAILING: "error"}


@dataclass(frozen=True)
class Finding:
    """What one check saw: `facts` for machines (numbers with their units in their names), `words` for people."""

    code: str
    label: str | Promise
    health: Health
    words: str | Promise
    advice: str | Promise
    facts: dict[str, Any]

    @property
    def state(self) -> str | Promise:
        return LABELS[self.health]

    @property
    def tone(self) -> Tone:
        return TONES[self.health]

    @property
    def icon(self) -> str:
        return ICONS[self.health]


def examine(*, at: datetime) -> list[Finding]:
    """All checks, in the order of the page. A database that does not answer raises, and that is an answer too."""
    return [check(at) for check in CHECKS]


def worst(findings: list[Finding]) -> Health:
    order = list(Health)
    return max((finding.health for finding in findings), key=order.index, default=Health.WELL)


class Kept:
    """The last findings, for KEPT_SECONDS: whoever asks without signing in costs no more than that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._findings: list[Finding] = []

    def findings(self, *, at: datetime) -> list[Finding]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._findings = examine(at=at)
                self._until = time.monotonic() + KEPT_SECONDS
            return self._findings


def _connections(at: datetime) -> Finding:
    most, used = _row(
        "SELECT current_setting('max_connections')::int, count(*) FROM pg_stat_activity WHERE datname IS NOT NULL"
    )
    return Finding(
        "connections",
        _("Database connections"),
        Health.WARNING if used > most * CONNECTIONS_SHARE_MAX else Health.WELL,
        _("%(used)d of %(most)d") % {"used": used, "most": most},
        _("End programs that nobody needs, or raise max_connections in PostgreSQL."),
        {"connections": used, "connections_max": most},
    )


def _size(at: datetime) -> Finding:
    (size,) = _row("SELECT pg_database_size(current_database())")
    return Finding(
        "database_size",
        _("Database size"),
        Health.WELL,
        format_bytes(size),
        "",
        {"size_bytes": size},
    )


def _transactions(at: datetime) -> Finding:
    """PostgreSQL shows the age of others' transactions to nobody but monitors who see their statements too; how many
    have begun since the oldest open one is told to everybody."""
    (behind,) = _row(
        "SELECT pg_snapshot_xmax(s)::text::bigint - pg_snapshot_xmin(s)::text::bigint FROM pg_current_snapshot() s"
    )
    return Finding(
        "oldest_transaction",
        _("Oldest open transaction"),
        Health.WARNING if behind > TRANSACTIONS_BEHIND_MAX else Health.WELL,
        _("%(behind)d others have begun since") % {"behind": behind},
        _("A program holds a transaction open. Look at pg_stat_activity as superuser, and end that connection."),
        {"transactions_since": behind},
    )


def _queue(at: datetime) -> Finding:
    waiting, oldest = _row(
        "SELECT count(*), min(coalesce(j.scheduled_at, e.at)) FROM procrastinate_jobs j"
        " LEFT JOIN LATERAL (SELECT max(e.at) AS at FROM procrastinate_events e WHERE e.job_id = j.id) e ON true"
        " WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
    )
    late = oldest is not None and at - oldest > WAITING_MAX
    return Finding(
        "queue",
        _("Jobs waiting"),
        Health.FAILING if late else Health.WELL,
        _since(waiting, oldest),
        _("Is a worker running? See below. The page on jobs says which ones wait."),
        {"waiting": waiting, "oldest_waiting_seconds": _seconds(at, oldest)},
    )


def _failures(at: datetime) -> Finding:
    (failed,) = _row("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
    return Finding(
        "failed_jobs",
        _("Failed jobs"),
        Health.WARNING if failed else Health.WELL,
        str(failed),
        _("Look at each on the page on jobs: retry it when the cause is gone."),
        {"failed": failed},
    )


def _outbox(at: datetime) -> Finding:
    waiting, oldest = _row("SELECT * FROM operations_outbox()")
    late = oldest is not None and at - oldest > OUTBOX_MAX
    return Finding(
        "outbox",
        _("Messages to companies, not delivered yet"),
        Health.FAILING if late else Health.WELL,
        _since(waiting, oldest),
        _("Look for failed jobs of the outbox on the page on jobs, and retry them."),
        {"waiting": waiting, "oldest_waiting_seconds": _seconds(at, oldest)},
    )


def _worker(at: datetime) -> Finding:
    alive, last = _row(
        "SELECT count(*) FILTER (WHERE last_heartbeat > %s), max(last_heartbeat) FROM procrastinate_workers",
        [at - HEARTBEAT_MAX],
    )
    return Finding(
        "worker",
        _("Workers alive"),
        Health.WELL if alive else Health.FAILING,
        _("%(alive)d; last sign of life %(last)s") % {"alive": alive, "last": format_moment(last) or "–"},
        _("Start the worker: bin/torihiki worker (bin/up does it). Mails and deadlines wait for it."),
        {"alive": alive, "last_heartbeat_seconds": _seconds(at, last)},
    )


def _mail(at: datetime) -> Finding:
    place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=MAIL_SECONDS_MAX) as server:
            reached = server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        reached = False
    return Finding(
        "mail",
        _("Mail server"),
        Health.WELL if reached else Health.FAILING,
        place,
        _("Start it, or name one that answers (TORIHIKI_SMTP_HOST, TORIHIKI_SMTP_PORT). Mails are kept."),
        {"reached": reached},
    )


def _disk(at: datetime) -> Finding:
    usage = shutil.disk_usage(settings.HOME)
    free = usage.free / usage.total
    health = Health.FAILING if free < DISK_FREE_MIN else Health.WARNING if free < DISK_FREE_LOW else Health.WELL
    return Finding(
        "disk",
        _("Disk of the data directory"),
        health,
        _("%(free)s of %(total)s free") % {"free": format_bytes(usage.free), "total": format_bytes(usage.total)},
        _("Free some space, or move the data directory to a larger disk, before the database stops."),
        {"free_bytes": usage.free, "total_bytes": usage.total},
    )


def _certificate(at: datetime) -> Finding:
    end = certificate_end(settings.HOME / "keys" / "localhost.crt")
    left = end - at if end else timedelta(0)
    health = Health.FAILING if left < CERTIFICATE_MIN else Health.WARNING if left < CERTIFICATE_LOW else Health.WELL
    return Finding(
        "certificate",
        _("Certificate of this machine"),
        health,
        _("%(days)d days left, until %(until)s") % {"days": left.days, "until": format_moment(end)}
        if end
        else _("There is none, or it cannot be read."),
        _("Start bin/up again: it renews its own. Put a certificate from elsewhere in its place before it ends."),
        {"days_left": left.days if end else None},
    )


def _versions(at: datetime) -> Finding:
    (server,) = _row("SELECT current_setting('server_version')")
    versions = {"python": python_version(), "django": django.get_version(), "postgresql": server.split()[0]}
    return Finding(
        "versions",
        _("Versions"),
        Health.WELL,
        " · ".join(f"{name} {version}" for name, version in versions.items()),
        "",
        {},
    )


CHECKS: tuple[Callable[[datetime], Finding], ...] = (
    _worker,
    _queue,
    _failures,
    _outbox,
    _mail,
    _connections,
    _transactions,
    _size,
    _disk,
    _certificate,
    _versions,
)


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """For monitors: the worst state, and each check's own with its numbers. No names, no versions."""
    return {
        "health": worst(findings).value,
        "checks": {finding.code: {"health": finding.health.value, **finding.facts} for finding in findings},
    }


def _row(query: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _seconds(at: datetime, since: datetime | None) -> int | None:
    return None if since is None else max(0, int((at - since).total_seconds()))


def _since(waiting: int, oldest: datetime | None) -> str | Promise:
    if oldest is None:
        return str(waiting)
    return _("%(waiting)d, the oldest since %(since)s") % {"waiting": waiting, "since": format_moment(oldest)}
