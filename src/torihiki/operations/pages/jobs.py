"""The job queue: what waits, what is under way, what failed and what is stalled. Arguments are ids only."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.db.models import Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

from torihiki.ledger.desk import DeskRequest, desk
from torihiki.operations.access import access_job, access_jobs, access_queue
from torihiki.operations.actions.jobs import cancel_job, retry_job
from torihiki.operations.permissions import OPERATE_JOBS
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Fact, Tone

PAGE_ROWS = 50
EVENTS_MAX = 50
STALLED_AFTER = timedelta(seconds=60)
STATES: dict[str, tuple[str | Promise, str]] = {
    "todo": (pgettext_lazy("job", "Waiting"), Tone.INFO),
    "doing": (pgettext_lazy("job", "Under way"), Tone.INFO),
    "failed": (pgettext_lazy("job", "Failed"), Tone.DANGER),
    "succeeded": (pgettext_lazy("job", "Done"), Tone.SUCCESS),
    "cancelled": (pgettext_lazy("job", "Cancelled"), Tone.NEUTRAL),
    "aborting": (pgettext_lazy("job", "Being aborted"), Tone.WARNING),
    "aborted": (pgettext_lazy("job", "Aborted"), Tone.WARNING),
}
STALLED = (pgettext_lazy("job", "Stalled"), Tone.WARNING)
EVENTS: dict[str, str | Promise] = {
    "deferred": pgettext_lazy("job", "Put into the queue"),
    "started": pgettext_lazy("job", "Begun"),
    "deferred_for_retry": pgettext_lazy("job", "Put back, to be tried again"),
    "failed": pgettext_lazy("job", "Failed"),
    "succeeded": pgettext_lazy("job", "Done"),
    "cancelled": pgettext_lazy("job", "Cancelled"),
    "abort_requested": pgettext_lazy("job", "Asked to abort"),
    "aborted": pgettext_lazy("job", "Aborted"),
    "scheduled": pgettext_lazy("job", "Due"),
    "retried": pgettext_lazy("job", "Retried by hand"),
}


class JobsForm(forms.Form):
    """Every field may stay empty."""

    status = forms.ChoiceField(label=pgettext_lazy("job", "State"), required=False)
    task = forms.CharField(label=pgettext_lazy("job", "Task"), max_length=128, required=False)
    stalled = forms.BooleanField(label=pgettext_lazy("job", "Stalled only"), required=False)

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        status = self.fields["status"]
        assert isinstance(status, forms.ChoiceField)
        status.choices = [("", _("All")), *((code, label) for code, (label, _tone) in STATES.items())]


@dataclass(frozen=True)
class Row:
    """A line of the list."""

    job: ProcrastinateJob
    stalled: bool

    @property
    def state(self) -> tuple[str | Promise, str]:
        return STALLED if self.stalled else STATES[self.job.status]

    @property
    def arguments(self) -> str:
        return json.dumps(self.job.args, ensure_ascii=False)


@desk(OPERATE_JOBS)
def jobs_page(request: DeskRequest) -> HttpResponse:
    form = JobsForm(request.GET)
    stalled_before = timezone.now() - STALLED_AFTER
    jobs = access_jobs(request.actor).select_related("worker").annotate(last_at=Max("procrastinateevent__at"))
    wanted = form.cleaned_data if form.is_valid() else {}
    if wanted.get("status"):
        jobs = jobs.filter(status=wanted["status"])
    if wanted.get("task"):
        jobs = jobs.filter(task_name__icontains=wanted["task"])
    if wanted.get("stalled"):
        jobs = jobs.filter(Q(status="doing") & (Q(worker=None) | Q(worker__last_heartbeat__lt=stalled_before)))
    page = keyset_page(jobs, request, {"id": int}, size=PAGE_ROWS, newest_first=True)
    context = {
        "form": form,
        "page": page,
        "rows": [Row(job, _is_stalled(job, stalled_before)) for job in page.rows],
        "queue": access_queue(request.actor, stalled_before=stalled_before),
        "filtered": any(wanted.values()),
    }
    return render(request, "operations/jobs.html", context, status=200 if form.is_valid() else 422)


@desk(OPERATE_JOBS)
def job_page(request: DeskRequest, job_id: int) -> HttpResponse:
    job = access_job(request.actor, job_id)
    row = Row(job, _is_stalled(job, timezone.now() - STALLED_AFTER))
    facts = [
        Fact(_("Job"), job.id),
        Fact(pgettext_lazy("job", "Task"), job.task_name),
        Fact(_("Queue"), job.queue_name),
        Fact(_("Arguments"), row.arguments),
        Fact(_("Attempts"), job.attempts),
        Fact(pgettext_lazy("job", "Not before"), _moment(job.scheduled_at)),
        Fact(_("Worker"), job.worker_id or "–"),
    ]
    events = job.procrastinateevent_set.order_by("-at", "-id")[:EVENTS_MAX]
    context = {
        "row": row,
        "facts": facts,
        "events": [(event.at, EVENTS.get(event.type, event.type)) for event in events],
    }
    return render(request, "operations/job.html", context)


@desk(OPERATE_JOBS, methods=("POST",))
def retry_page(request: DeskRequest, job_id: int) -> HttpResponse:
    retry_job(request.actor, job_id, at=timezone.now())
    messages.success(request, _("The job is in its queue again."))
    return redirect("console-job", job_id)


@desk(OPERATE_JOBS, methods=("POST",))
def cancel_page(request: DeskRequest, job_id: int) -> HttpResponse:
    cancel_job(request.actor, job_id, at=timezone.now())
    messages.success(request, _("The job is called off."))
    return redirect("console-job", job_id)


def _is_stalled(job: ProcrastinateJob, before: datetime) -> bool:
    return job.status == "doing" and (job.worker is None or job.worker.last_heartbeat < before)


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else "–"
