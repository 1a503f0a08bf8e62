"""What the console may look at: companies by name and number, jobs by id, and the operator's own rows. Nothing here
reads what a company wrote: row-level security shows it to no member of staff without an approved grant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob

from torihiki.announcements.models import Announcement
from torihiki.identity.models import Company
from torihiki.ledger.models import Entry
from torihiki.operations.models import CompanyOpening
from torihiki.operations.refusals import NoSuchAnnouncement, NoSuchCompany, NoSuchJob
from torihiki.tenancy.actor import Actor

OPENINGS_MAX = 50
HISTORY_ROWS_MAX = 50


class Numbers(NamedTuple):
    """How many a company has: never who or what."""

    members: int = 0
    administrators: int = 0
    suspended: int = 0
    invitations: int = 0


class DocumentNumbers(NamedTuple):
    issued: int
    received: int


class ReadingNumbers(NamedTuple):
    companies: int
    readers: int
    acknowledged: int


@dataclass(frozen=True)
class QueueLine:
    """One task's jobs, by where they are."""

    queue: str
    task: str
    todo: int
    doing: int
    failed: int
    stalled: int


def access_companies(actor: Actor) -> QuerySet[Company]:
    """All of them: the operator knows who its customers are."""
    assert actor.staff_id is not None
    return Company.objects.all()


def access_company(actor: Actor, company_id: UUID) -> Company:
    """Raises NoSuchCompany."""
    found = access_companies(actor).filter(pk=company_id).first()
    if found is None:
        raise NoSuchCompany
    return found


def access_numbers(actor: Actor, companies: Sequence[UUID]) -> dict[UUID, Numbers]:
    """For each of `companies`, counted by a function that tells nothing else."""
    assert actor.staff_id is not None
    rows = _rows("SELECT * FROM operations_company_numbers(%s)", [list(companies)])
    return dict.fromkeys(companies, Numbers()) | {row[0]: Numbers(*row[1:]) for row in rows}


def access_document_numbers(actor: Actor, company_id: UUID) -> DocumentNumbers:
    assert actor.staff_id is not None
    return DocumentNumbers(*_rows("SELECT * FROM operations_company_documents(%s)", [company_id])[0])


def access_openings(actor: Actor) -> list[CompanyOpening]:
    """Openings that the job has not carried out yet, newest first."""
    assert actor.staff_id is not None
    there = Company.objects.values("id")
    return list(CompanyOpening.objects.exclude(company_id__in=there).order_by("-requested_at")[:OPENINGS_MAX])


def access_history(actor: Actor, company_id: UUID) -> list[Entry]:
    """What the staff did about one company, newest first."""
    assert actor.staff_id is not None
    entries = Entry.objects.filter(company_id=None, subject_type="company", subject_id=company_id)
    return list(entries.order_by("-at", "-id")[:HISTORY_ROWS_MAX])


def access_jobs(actor: Actor) -> QuerySet[ProcrastinateJob]:
    assert actor.staff_id is not None
    return ProcrastinateJob.objects.all()


def access_job(actor: Actor, job_id: int) -> ProcrastinateJob:
    """Raises NoSuchJob."""
    found = access_jobs(actor).filter(pk=job_id).first()
    if found is None:
        raise NoSuchJob
    return found


def access_queue(actor: Actor, *, stalled_before: datetime) -> list[QueueLine]:
    """Jobs that are not done, counted by task; stalled is what a worker holds that gives no sign of life any more."""
    assert actor.staff_id is not None
    return [QueueLine(*row) for row in _rows(QUEUE, [stalled_before])]


QUEUE = """
SELECT j.queue_name, j.task_name,
    count(*) FILTER (WHERE j.status = 'todo'),
    count(*) FILTER (WHERE j.status = 'doing'),
    count(*) FILTER (WHERE j.status = 'failed'),
    count(*) FILTER (WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < %s))
FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
"""


def access_announcements(actor: Actor) -> QuerySet[Announcement]:
    assert actor.staff_id is not None
    return Announcement.objects.all()


def access_announcement(actor: Actor, announcement_id: UUID, *, lock: bool = False) -> Announcement:
    """Raises NoSuchAnnouncement."""
    announcements = access_announcements(actor)
    found = (announcements.select_for_update() if lock else announcements).filter(pk=announcement_id).first()
    if found is None:
        raise NoSuchAnnouncement
    return found


def access_readings(actor: Actor, announcement_id: UUID) -> ReadingNumbers:
    """How many read it and said so: not who."""
    assert actor.staff_id is not None
    return ReadingNumbers(*_rows("SELECT * FROM announcements_readings(%s)", [announcement_id])[0])


def _rows(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
