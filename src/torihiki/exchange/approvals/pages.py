"""What waits for one's approval; and, for administrators, which documents need one and along which route."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from torihiki.exchange.access import access_readable
from torihiki.exchange.approvals.access import access_requests, access_route, access_routes
from torihiki.exchange.approvals.forms import ConditionsForm, KindsForm, TrialForm, steps_form
from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalRoute
from torihiki.exchange.approvals.routes import (
    Case,
    Need,
    conditions_of,
    keep_route,
    named,
    raise_route,
    rules_of,
    switch_route,
)
from torihiki.exchange.approvals.steps import RouteStep, stages, steps_of
from torihiki.exchange.approvals.waiting import AT_ONCE_MAX, approve_many, requests_waiting
from torihiki.exchange.models import PartyView
from torihiki.exchange.searching import amount_of
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.actions import set_approval_kinds
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.ids import id_of
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Tab

PAGE_ROWS = 50
OWN = "own"
TONES = {"": "warning", "approved": "success", "returned": "danger"}


@dataclass(frozen=True)
class Row:
    """A request in a list, with the document as the own company sees it."""

    request: ApprovalRequest
    view: PartyView
    kind: Kind
    step: RouteStep

    @property
    def amount(self) -> Any:
        return amount_of(self.view)

    @property
    def tone(self) -> str:
        return TONES.get(self.request.outcome, "neutral")

    @property
    def chosen(self) -> str:
        """What a tick stands for: the document and the hash of what is approved."""
        return f"{self.view.document_id} {self.request.sha256}"


@dataclass(frozen=True)
class RouteRow:
    route: ApprovalRoute
    steps: tuple[RouteStep, ...]
    conditions: list[str]


@desk("read")
def waiting_page(request: DeskRequest) -> HttpResponse:
    """What waits for the reader, and what became of what they submitted."""
    return _waiting(request)


@desk("approve", methods=("POST",))
def approve_many_page(request: DeskRequest) -> HttpResponse:
    """Each of the ticked documents is answered by itself; what was refused stands on the page with the reason."""
    ticked = [value.partition(" ") for value in request.POST.getlist("chosen")[:AT_ONCE_MAX]]
    chosen = [(pk, sha256) for pk, sha256 in ((id_of(text), sha256) for text, _space, sha256 in ticked) if pk]
    done = approve_many(request.actor, chosen, at=timezone.now())
    approved = sum(each.refusal is None for each in done)
    if approved:
        words = ngettext("%(n)d document is approved.", "%(n)d documents are approved.", approved)
        messages.success(request, words % {"n": approved})
    elif not done:
        messages.warning(request, _("Choose what you approve."))
    refused = [each for each in done if each.refusal is not None]
    return _waiting(request, refused=refused) if refused else redirect("to-approve")


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def routes_page(request: DeskRequest) -> HttpResponse:
    """All routes in their order, the kinds that always need an approval, and a trial."""
    actor = request.actor
    rules = rules_of(actor)
    form = KindsForm(request.POST if request.method == "POST" else None, initial={"kinds": sorted(rules.plain)})
    if request.method == "POST" and form.is_valid():
        set_approval_kinds(actor, form.cleaned_data["kinds"], at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("approvals")
    trial = TrialForm(request.GET if "kind" in request.GET else None, actor=actor)
    need: Need | None = None
    if trial.is_bound and trial.is_valid():
        kind = KINDS[trial.cleaned_data["kind"]]
        party = trial.cleaned_data["partner"]
        yen = (trial.cleaned_data["amount"] or 0) if kind.totals is not None else None
        parties = frozenset([party] if party else [])
        need = rules.need(Case(kind, parties, trial.cleaned_data["unit"], yen))
    routes = list(access_routes(actor).select_related("unit", "partner__party"))
    parsed = [steps_of(route.steps) for route in routes]
    flat = iter(named(actor, [step for steps in parsed for step in steps]))
    rows = [
        RouteRow(route, tuple(next(flat) for _step in steps), conditions_of(route))
        for route, steps in zip(routes, parsed, strict=True)
    ]
    context = {"form": form, "rows": rows, "trial": trial, "need": need, "tried": trial.is_bound and trial.is_valid()}
    return render(request, "exchange/approvals/routes.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def new_route_page(request: DeskRequest) -> HttpResponse:
    return _edited(request, None)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def route_page(request: DeskRequest, route_id: UUID) -> HttpResponse:
    return _edited(request, access_route(request.actor, route_id))


@desk(MANAGE_COMPANY, methods=("POST",))
def raise_route_page(request: DeskRequest, route_id: UUID) -> HttpResponse:
    raise_route(request.actor, route_id, at=timezone.now())
    return redirect("approvals")


@desk(MANAGE_COMPANY, methods=("POST",))
def switch_route_page(request: DeskRequest, route_id: UUID) -> HttpResponse:
    on = request.POST.get("on") == "yes"
    switch_route(request.actor, route_id, on=on, at=timezone.now())
    messages.success(request, _("The route is switched on.") if on else _("The route is switched off."))
    return redirect("approvals")


def _waiting(request: DeskRequest, refused: Any = ()) -> HttpResponse:
    actor = request.actor
    own = request.method == "GET" and request.GET.get("of") == OWN
    if own:
        found = access_requests(actor).filter(submitted_by_id=actor.member_id)
        found = found if actor.member_id else found.none()
    else:
        found = requests_waiting(actor)
    page = keyset_page(found, request, {"id": UUID}, size=PAGE_ROWS, newest_first=True)
    views = access_readable(actor, [each.document_id for each in page.rows])
    here = reverse("to-approve")
    context = {
        "own": own,
        "rows": [
            Row(each, view, KINDS[view.kind], _now(each))
            for each in page.rows
            if (view := views.get(each.document_id)) is not None
        ],
        "page": page,
        "refused": refused,
        "tabs": [
            Tab(_("Waiting for you"), here, current=not own),
            Tab(_("Submitted by you"), f"{here}?of={OWN}", current=own),
        ],
    }
    return render(request, "exchange/approvals/waiting.html", context, status=409 if refused else 200)


def _now(request: ApprovalRequest) -> RouteStep:
    """The step that it is at; of several at the same time the first."""
    steps = steps_of(request.steps)
    return steps[stages(steps)[request.stage][0]]


def _edited(request: DeskRequest, route: ApprovalRoute | None) -> HttpResponse:
    actor = request.actor
    data = request.POST.copy() if request.method == "POST" else None
    names = ("name", "kinds", "amount_from", "amount_to")
    initial = {name: getattr(route, name) for name in names} if route else {}
    if route is not None:
        initial |= {"unit": route.unit_id, "partner": route.partner_id}
    if data is not None and "add_step" in data:
        data["steps-TOTAL_FORMS"] = str(min(_count(data.get("steps-TOTAL_FORMS", "")) + 1, 99))
    form = ConditionsForm(data, initial=initial, actor=actor)
    steps = steps_form(actor, data, route=route)
    status = 200
    if data is not None and "add_step" not in data:
        if form.is_valid() & steps.is_valid():
            try:
                kept = keep_route(
                    actor,
                    route.pk if route else None,
                    name=form.cleaned_data["name"],
                    steps=steps.steps(),
                    at=timezone.now(),
                    **form.conditions(),
                )
            except Refused as refusal:
                if refusal.status in (403, 404):
                    raise
                form.add_error("name", str(refusal.message))
            else:
                messages.success(request, _("“%(name)s” is saved.") % {"name": kept.name})
                return redirect("approvals")
        status = 422
    context = {"form": form, "steps": steps, "route": route, "checked": status == 422}
    return render(request, "exchange/approvals/route.html", context, status=status)


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 3 else 0
