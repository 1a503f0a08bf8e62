"""What is to be paid, and the transfers that pay it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from torihiki.exchange.access import access_readable
from torihiki.exchange.models import PartyView
from torihiki.exchange.specs import KINDS
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.ids import id_of
from torihiki.services.payments.access import access_run, access_runs
from torihiki.services.payments.business_days import first_business_day
from torihiki.services.payments.forms import DueForm, RunForm
from torihiki.services.payments.models import RunLine, TransferRun
from torihiki.services.payments.pages.frame import may_write, tabs
from torihiki.services.payments.spec import PREPARE, READ, RELEASE
from torihiki.services.payments.transfers import (
    Payee,
    cancel_run,
    execute_run,
    fail_transfer,
    file_of,
    make_run,
    payables,
    payees_of,
    release_run,
    yen_of,
)
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Moment

ROWS_MAX = 500
PAGE_ROWS = 50
SHOWN_AHEAD = timedelta(days=31)
STATES = {
    "made": (gettext_lazy("Waiting for release"), "warning"),
    "released": (gettext_lazy("Released"), "info"),
    "executed": (gettext_lazy("Executed"), "success"),
    "cancelled": (gettext_lazy("Cancelled"), "neutral"),
}


@desk(READ, methods=("GET", "POST"))
def payables_page(request: DeskRequest) -> HttpResponse:
    """What is owed and agreed; POST makes transfers of what is ticked."""
    actor, refusal = request.actor, None
    posted = request.POST if request.method == "POST" else None
    may_write(request)
    form = RunForm(posted, actor=actor, initial={"on": first_business_day(timezone.localdate() + timedelta(days=1))})
    if posted is not None and form.is_valid():
        chosen = [pk for pk in map(id_of, posted.getlist("document")) if pk]
        try:
            run = make_run(actor, form.cleaned_data["account"], chosen, on=form.cleaned_data["on"], at=timezone.now())
        except Refused as refused:
            if refused.status in (403, 404):
                raise
            refusal = refused
        else:
            messages.success(request, _("The transfers are prepared. Another person has to release them."))
            return redirect("payment-run", run.pk)
    due = DueForm(request.GET)
    until = due.cleaned_data["due_to"] if due.is_valid() else None
    until = until or timezone.localdate() + SHOWN_AHEAD
    found = payables(actor).filter(Q(due_on=None) | Q(due_on__lte=until)).order_by("due_on", "document_id")
    views = list(found[: ROWS_MAX + 1])
    chosen_before = posted.getlist("document") if posted is not None else []
    context = {
        "tabs": tabs("payments"),
        "rows": [(view, KINDS[view.kind], yen_of(view)) for view in views[:ROWS_MAX]],
        "is_cut": len(views) > ROWS_MAX,
        "today": timezone.localdate(),
        "sum": sum(map(yen_of, views[:ROWS_MAX])),
        "form": form,
        "due": DueForm(initial={"due_to": until}),
        "chosen": chosen_before,
        "refusal": refusal,
        "may_prepare": actor.may(PREPARE),
    }
    return render(request, "payments/payables.html", context, status=422 if posted is not None else 200)


@desk(READ)
def runs_page(request: DeskRequest) -> HttpResponse:
    page = keyset_page(access_runs(request.actor), request, {"id": UUID}, size=PAGE_ROWS, newest_first=True)
    context = {"tabs": tabs("payment-runs"), "page": page, "rows": [(run, *STATES[run.state]) for run in page.rows]}
    return render(request, "payments/runs.html", context)


@desk(READ)
def run_page(request: DeskRequest, run_id: UUID) -> HttpResponse:
    return _run(request, run_id)


@desk(RELEASE, methods=("POST",))
def release_run_page(request: DeskRequest, run_id: UUID) -> HttpResponse:
    try:
        release_run(request.actor, run_id, at=timezone.now())
    except Refused as refusal:
        return _run(request, run_id, refusal)
    messages.success(request, _("Released. Download the file and give it to the bank."))
    return redirect("payment-run", run_id)


@desk(PREPARE, methods=("POST",))
def run_file(request: DeskRequest, run_id: UUID) -> HttpResponse:
    run, content = file_of(request.actor, run_id, at=timezone.now())
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="sogo-furikomi-{run.on:%Y%m%d}.txt"'},
    )


@desk(PREPARE, methods=("POST",))
def execute_run_page(request: DeskRequest, run_id: UUID) -> HttpResponse:
    try:
        execute_run(request.actor, run_id, at=timezone.now())
    except Refused as refusal:
        return _run(request, run_id, refusal)
    messages.success(request, _("Noted: the bank has paid. What it paid is settled."))
    return redirect("payment-run", run_id)


@desk(PREPARE, methods=("POST",))
def cancel_run_page(request: DeskRequest, run_id: UUID) -> HttpResponse:
    try:
        cancel_run(request.actor, run_id, reason=request.POST.get("reason", "")[:500], at=timezone.now())
    except Refused as refusal:
        return _run(request, run_id, refusal)
    messages.success(request, _("Cancelled. What it was to pay is open again."))
    return redirect("payment-run", run_id)


@desk(PREPARE, methods=("POST",))
def fail_transfer_page(request: DeskRequest, run_id: UUID) -> HttpResponse:
    partner_id = id_of(request.POST.get("partner", ""))
    try:
        fail_transfer(request.actor, run_id, partner_id or run_id, at=timezone.now())
    except Refused as refusal:
        return _run(request, run_id, refusal)
    messages.success(request, _("Noted: the bank did not pay it. It is open again."))
    return redirect("payment-run", run_id)


def _run(request: DeskRequest, run_id: UUID, refusal: Refused | None = None) -> HttpResponse:
    if refusal is not None and refusal.status == 404:
        raise refusal
    actor = request.actor
    run = access_run(actor, run_id)
    words, tone = STATES[run.state]
    payees = payees_of(actor, run)
    context: dict[str, Any] = {
        "run": run,
        "words": words,
        "tone": tone,
        "payees": _shown(request, payees),
        "moments": _moments(run),
        "may_release": run.state == "made" and actor.may(RELEASE) and run.made_by != actor.member_id,
        "may_prepare": actor.may(PREPARE),
        "refusal": refusal,
    }
    return render(request, "payments/run.html", context, status=refusal.status if refusal else 200)


def _moments(run: TransferRun) -> list[Moment]:
    found = [
        Moment(run.made_at, _("Prepared"), run.made_name, "edit"),
        Moment(run.released_at, _("Released"), run.released_name, "seal", "success", f"SHA-256 {run.sha256[:16]}…"),
        Moment(run.executed_at, _("Executed"), run.executed_name, "check", "success"),
        Moment(run.cancelled_at, _("Cancelled"), run.cancelled_name, "close", "danger", run.reason),
    ]
    return [moment for moment in found if moment.at is not None]


def _shown(request: DeskRequest, payees: Sequence[Payee]) -> list[tuple[Payee, list[tuple[RunLine, PartyView | None]]]]:
    """With each document that is paid, as far as the member may read it; one query."""
    views = access_readable(request.actor, [line.document_id for payee in payees for line in payee.lines])
    return [(payee, [(line, views.get(line.document_id)) for line in payee.lines]) for payee in payees]
