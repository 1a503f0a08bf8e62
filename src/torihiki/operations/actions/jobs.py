"""Taking up a failed job again, and calling off one that waits."""

from datetime import datetime

from django.db import connection

from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.operations.access import access_job
from torihiki.operations.events import OperationsEvent
from torihiki.operations.refusals import JobMoved
from torihiki.tenancy.actor import Actor

SWITCHES = {
    OperationsEvent.JOB_RETRIED: "SELECT operations_job_retry(%s)",
    OperationsEvent.JOB_CANCELLED: "SELECT operations_job_cancel(%s)",
}


def retry_job(actor: Actor, job_id: int, *, at: datetime) -> None:
    """Put a failed job back into its queue. Raises NoSuchJob or JobMoved."""
    _switch(OperationsEvent.JOB_RETRIED, actor, job_id, at)


def cancel_job(actor: Actor, job_id: int, *, at: datetime) -> None:
    """Call off a job that still waits; one under way is left to finish. Raises NoSuchJob or JobMoved."""
    _switch(OperationsEvent.JOB_CANCELLED, actor, job_id, at)


def _switch(event: OperationsEvent, actor: Actor, job_id: int, at: datetime) -> None:
    with attempt(event, actor, subject_type="job", data={"job": job_id}):
        job = access_job(actor, job_id)
        with connection.cursor() as cursor:
            cursor.execute(SWITCHES[event], [job_id])
            if not cursor.fetchone()[0]:
                raise JobMoved
        record(
            event,
            actor,
            subject_type="job",
            subject_label=job.task_name,
            at=at,
            data={"job": job_id, "queue": job.queue_name, "attempts": job.attempts},
        )
