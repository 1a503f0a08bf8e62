"""Companies as the operator knows them: names, states and numbers, and never what is in their documents."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from torihiki.identity.models import Company
from torihiki.ledger.access import event_label, payload_of, subject_words
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.events import LedgerEvent
from torihiki.ledger.models import Entry
from torihiki.ledger.refusals import Refused
from torihiki.operations.access import (
    Numbers,
    access_companies,
    access_company,
    access_document_numbers,
    access_history,
    access_numbers,
    access_openings,
)
from torihiki.operations.actions.companies import invite_again, open_company, resume_company, suspend_company
from torihiki.operations.events import OperationsEvent
from torihiki.operations.forms import AdministratorForm, OpeningForm, ReasonForm, SearchForm
from torihiki.operations.permissions import OPERATE_COMPANIES
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Fact, Moment, Tone

PAGE_ROWS = 50
EVENT_TONES = {
    OperationsEvent.COMPANY_SUSPENDED.code: Tone.WARNING,
    OperationsEvent.COMPANY_RESUMED.code: Tone.SUCCESS,
    LedgerEvent.REFUSED.code: Tone.DANGER,
}


@desk(OPERATE_COMPANIES)
def companies_page(request: DeskRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    companies = access_companies(request.actor)
    found = form.cleaned_data if form.is_valid() else {}
    for word in found.get("q", "").split():
        companies = companies.filter(name__icontains=word)
    if state := found.get("state"):
        companies = companies.filter(suspended_at__isnull=state == "active")
    page = keyset_page(companies, request, {"name": str, "id": UUID}, size=PAGE_ROWS)
    numbers = access_numbers(request.actor, [company.id for company in page.rows])
    context = {
        "form": form,
        "page": page,
        "rows": [(company, numbers[company.id]) for company in page.rows],
        "openings": access_openings(request.actor),
        "filtered": any(found.values()),
    }
    return render(request, "operations/companies.html", context, status=200 if form.is_valid() else 422)


@desk(OPERATE_COMPANIES, methods=("GET", "POST"))
def open_page(request: DeskRequest) -> HttpResponse:
    form = OpeningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        opening = open_company(request.actor, **form.cleaned_data, at=timezone.now())
        words = _("%(name)s is being opened; an invitation goes to %(email)s.")
        messages.success(request, words % {"name": opening.name, "email": opening.email})
        return redirect("console-companies")
    status = 422 if request.method == "POST" else 200
    return render(request, "operations/open.html", {"form": form}, status=status)


@desk(OPERATE_COMPANIES)
def company_page(request: DeskRequest, company_id: UUID) -> HttpResponse:
    company = access_company(request.actor, company_id)
    numbers = access_numbers(request.actor, [company_id])[company_id]
    history = access_history(request.actor, company_id)
    context = {
        "company": company,
        "numbers": numbers,
        "facts": _facts(request, company, numbers),
        "history": [_moment(entry) for entry in history],
        "reason": _reason(company, history),
    }
    return render(request, "operations/company.html", context)


@desk(OPERATE_COMPANIES, methods=("GET", "POST"))
def invite_page(request: DeskRequest, company_id: UUID) -> HttpResponse:
    company = access_company(request.actor, company_id)
    form = AdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            opening = invite_again(request.actor, company_id, **form.cleaned_data, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": opening.email})
            return redirect("console-company", company_id)
    status = 422 if request.method == "POST" else 200
    return render(request, "operations/invite.html", {"form": form, "company": company}, status=status)


@desk(OPERATE_COMPANIES, methods=("GET", "POST"))
def suspend_page(request: DeskRequest, company_id: UUID) -> HttpResponse:
    words = {
        "title": _("Suspend"),
        "question": _(
            "All its members are signed out at once and cannot come back; its tokens are refused. Its partners keep"
            " what it sent."
        ),
        "verb": _("Suspend"),
        "tone": "danger",
        "done": _("%(name)s is suspended; its members are signed out."),
    }
    return _switch(request, company_id, suspend_company, words)


@desk(OPERATE_COMPANIES, methods=("GET", "POST"))
def resume_page(request: DeskRequest, company_id: UUID) -> HttpResponse:
    words = {
        "title": _("Resume"),
        "question": _("Its members may sign in again, with the same rights as before."),
        "verb": _("Resume"),
        "tone": "",
        "done": _("%(name)s works again; its members may sign in."),
    }
    return _switch(request, company_id, resume_company, words)


def _switch(
    request: DeskRequest, company_id: UUID, action: Callable[..., Company], words: dict[str, str]
) -> HttpResponse:
    company = access_company(request.actor, company_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            action(request.actor, company_id, **form.cleaned_data, at=timezone.now())
        except Refused as refusal:
            form.add_error("password" if refusal.code == "not_proven" else None, str(refusal.message))
        else:
            messages.success(request, words["done"] % {"name": company.name})
            return redirect("console-company", company_id)
    context: dict[str, Any] = {**words, "form": form, "cancel_url": reverse("console-company", args=[company_id])}
    context["title"] = f"{words['title']}: {company.name}"
    status = 422 if request.method == "POST" else 200
    return render(request, "web/confirm.html", context, status=status)


def _facts(request: DeskRequest, company: Company, numbers: Numbers) -> list[Fact]:
    documents = access_document_numbers(request.actor, company.id)
    members = ngettext("%(n)d member", "%(n)d members", numbers.members) % {"n": numbers.members}
    details = _("%(administrators)d active administrators, %(suspended)d suspended") % numbers._asdict()
    return [
        Fact(_("Company ID"), company.id, copy=True),
        Fact(_("Opened on"), timezone.localtime(company.created_at).strftime("%Y-%m-%d %H:%M")),
        Fact(_("Members"), f"{members} ({details})"),
        Fact(_("Open invitations"), numbers.invitations),
        Fact(_("Documents sent"), documents.issued),
        Fact(_("Documents received"), documents.received),
    ]


def _moment(entry: Entry) -> Moment:
    data = (payload_of(entry) or {}).get("data", {})
    is_refused = entry.event == LedgerEvent.REFUSED.code
    return Moment(
        entry.at,
        event_label(entry.event),
        who=entry.actor_name,
        tone=EVENT_TONES.get(entry.event, Tone.NEUTRAL),
        detail=str(subject_words(entry)) if is_refused else data.get("reason") or data.get("email") or "",
        url=reverse("audit-entry", args=[entry.id]),
    )


def _reason(company: Company, history: list[Entry]) -> str:
    """Why it is suspended, as whoever did it wrote."""
    if not company.suspended_at:
        return ""
    for entry in history:
        if entry.event == OperationsEvent.COMPANY_SUSPENDED.code:
            return str((payload_of(entry) or {}).get("data", {}).get("reason", ""))
    return ""
