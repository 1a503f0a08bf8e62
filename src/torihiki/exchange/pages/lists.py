"""To-do, inbox, outbox, drafts and search: one list over the own views, keyset-paged, exported as CSV."""

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.access import access_views
from torihiki.exchange.approvals.waiting import requests_waiting
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.forms import NumberField
from torihiki.exchange.models import PartyView
from torihiki.exchange.refusals import DocumentNotVisible
from torihiki.exchange.searching import BOX_CONDITIONS, BY_CHANGE, SEARCH_LENGTH_MAX, amount_of, search_views
from torihiki.exchange.specs import DRAFT, KINDS, RECEIVER, Kind, State
from torihiki.identity.access import access_members
from torihiki.identity.permissions import Action
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.recording import record
from torihiki.lib.csv import inert
from torihiki.lib.ids import id_of
from torihiki.tenancy.actor import Actor
from torihiki.web.paging import AFTER, BEFORE, keyset_page
from torihiki.web.parts import Tab

PAGE_ROWS = 50
CHARGES_OFFERED_MAX = 200
ME, NOBODY = "me", "nobody"
EXPORT_ROWS_MAX = 10_000
INTERNAL = {
    "draft": (_("Draft"), "neutral"),
    "in_approval": (_("In approval"), "warning"),
    "ready": (_("Approved, not sent"), "info"),
}


@dataclass(frozen=True)
class Box:
    """A place where documents are looked for, and which of the own views belong there."""

    name: str
    title: Any
    empty: Any
    empty_text: Any
    condition: Q
    icon: str = "inbox"


BOXES = {
    box.name: box
    for box in (
        Box(
            "todo",
            _("To do"),
            _("Nothing is waiting for you"),
            _("What your partners send, and what comes back to you, appears here."),
            BOX_CONDITIONS["todo"],
            "todo",
        ),
        Box(
            "inbox",
            _("Inbox"),
            _("Nothing has been received yet"),
            _("Invite your partners: what they send arrives here."),
            BOX_CONDITIONS["inbox"],
        ),
        Box(
            "outbox",
            _("Outbox"),
            _("Nothing has been sent yet"),
            _("Make a document and send it: it stays here with everything that follows."),
            BOX_CONDITIONS["outbox"],
            "outbox",
        ),
        Box(
            "drafts",
            _("Drafts"),
            _("There are no drafts"),
            _("What you save without sending it waits here."),
            BOX_CONDITIONS["drafts"],
            "draft",
        ),
        Box(
            "search",
            _("Search"),
            _("No document matches"),
            _("Try fewer words, a wider period, or another partner."),
            BOX_CONDITIONS["search"],
            "search",
        ),
    )
}


class FilterForm(forms.Form):
    """電帳法: by date, amount and counterparty, with ranges over date and amount, and any of them combined."""

    q = forms.CharField(label=_("Words, number or partner"), required=False, max_length=SEARCH_LENGTH_MAX)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    charge = forms.ChoiceField(label=_("In charge"), required=False)
    partner = forms.UUIDField(required=False, widget=forms.HiddenInput)
    date_from = forms.DateField(label=_("Date from"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    date_to = forms.DateField(label=_("Date to"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    amount_from = NumberField(label=_("Amount from"), required=False, max_digits=18, decimal_places=2)
    amount_to = NumberField(label=_("Amount to"), required=False, max_digits=18, decimal_places=2)

    def __init__(self, *args: Any, kinds: list[Kind], actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["charge"].choices = _charges(actor, str(self.data.get("charge") or ""))  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("All"))] + [(kind.code, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["state"].choices = [("", _("All")), *_states(kinds)]  # type: ignore[attr-defined]


def _charges(actor: Actor, chosen: str) -> list[tuple[str, Any]]:
    """Not a company's thousands: the first by name, and whoever is chosen already."""
    members = access_members(actor).order_by("name", "id").values_list("pk", "name")
    offered = list(members[:CHARGES_OFFERED_MAX])
    member_id = id_of(chosen)
    if member_id is not None and member_id not in dict(offered):
        offered += members.filter(pk=member_id)
    own = [(ME, _("Me"))] if actor.member_id else []
    return [("", _("All")), *own, (NOBODY, _("Nobody")), *((str(pk), name) for pk, name in offered)]


def _states(kinds: list[Kind]) -> list[tuple[str, str]]:
    """One choice for each code, with every word that the kinds have for it."""
    words: dict[str, list[str]] = {}
    for state in (state for kind in kinds for state in kind.states):
        known = words.setdefault(state.code, [])
        if str(state.label) not in known:
            known.append(str(state.label))
    return [(code, " / ".join(known)) for code, known in words.items()]


@dataclass(frozen=True)
class Row:
    """A line of a list."""

    view: PartyView
    kind: Kind
    state: State

    @property
    def url(self) -> str:
        return reverse("document", args=[self.view.document_id])

    @property
    def amount(self) -> Decimal | None:
        return amount_of(self.view)

    @property
    def internal(self) -> tuple[Any, str] | None:
        return INTERNAL.get(self.view.internal_state)

    @property
    def is_mine(self) -> bool:
        return self.view.waiting == "us"

    @property
    def counterparty(self) -> str:
        return counterparty(self.view)

    @property
    def is_unread(self) -> bool:
        return self.view.read_at is None


@desk("read")
def box_page(request: DeskRequest, box: str) -> HttpResponse:
    return _list(request, _box(box), None)


@desk("read")
def kind_page(request: DeskRequest, kind: str) -> HttpResponse:
    """All documents of one kind, sent and received."""
    spec = KINDS.get(kind)
    if spec is None or not request.actor.may(spec.permission(Action.READ)):
        raise DocumentNotVisible
    text = _("What you send and receive of this kind stands here.")
    return _list(request, Box("search", spec.plural, _("Nothing here yet"), text, Q(kind=kind), spec.icon), spec)


def _list(request: DeskRequest, place: Box, kind: Kind | None) -> HttpResponse:
    form, views = _filtered(request, place)
    page = keyset_page(views, request, BY_CHANGE, size=PAGE_ROWS, newest_first=True)
    kind_named = {"kind": kind.code} if kind else {}
    return render(
        request,
        "exchange/list.html",
        {
            "box": place,
            "title": place.title,
            "rows": [_row(view) for view in page.rows],
            "form": form,
            "filtered": any(value not in (None, "") for value in getattr(form, "cleaned_data", {}).values()),
            "next": page.next,
            "previous": page.previous,
            "export": reverse("documents-csv", args=[place.name]) + _query(request, **kind_named),
            "tabs": [] if kind else _kind_tabs(request),
            "charge_tabs": _charge_tabs(request) if place.name == "todo" else [],
            "kind": kind,
            "is_summed": kind is None or kind.totals is not None,
            "show_filters": kind is not None or place.name != "todo",
            "take_in": _take_in(request.actor, kind),
            "startable": startable(request.actor),
        },
    )


@desk("read")
def box_csv(request: DeskRequest, box: str) -> HttpResponse:
    """The list as CSV, UTF-8 with BOM as Excel wants it; complete for the filter up to EXPORT_ROWS_MAX rows."""
    _form, views = _filtered(request, _box(box))
    rows = [_row(view) for view in views.order_by("-changed_at", "-document_id")[:EXPORT_ROWS_MAX]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [
            gettext("Kind"),
            gettext("Number"),
            gettext("Date"),
            gettext("Partner"),
            gettext("Subject"),
            gettext("Currency"),
            gettext("Amount"),
            gettext("State"),
            gettext("In charge"),
            pgettext("any document", "Due date"),
            gettext("Last change"),
        ]
    )
    for row in rows:
        cells = (
            row.kind.label,
            row.view.number,
            row.view.issued_on or "",
            row.counterparty,
            row.view.subject,
            row.view.currency,
            "" if row.amount is None else row.amount,
            row.internal[0] if row.internal and row.view.state == DRAFT else row.state.label,
            row.view.assignee.name if row.view.assignee else "",
            row.view.due_on or "",
            timezone.localtime(row.view.changed_at).strftime("%Y-%m-%d %H:%M"),
        )
        writer.writerow([inert(cell) for cell in cells])
    record(ExchangeEvent.EXPORTED, request.actor, subject_label=box, data={"rows": len(rows), "box": box})
    return HttpResponse(
        "\ufeff" + out.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{box}-{timezone.localdate():%Y%m%d}.csv"'},
    )


def counterparty(view: PartyView) -> str:
    if view.counterparties > 1:
        return gettext("%(name)s and %(more)d more") % {"name": view.counterparty_name, "more": view.counterparties - 1}
    return view.counterparty_name or "—"


def startable(actor: Actor) -> list[Kind]:
    """Kinds that this member may begin without a source."""
    return [kind for kind in KINDS.values() if kind.free and actor.may(kind.permission(Action.DRAFT))]


def menu_counts(request: HttpRequest) -> dict[str, int]:
    """Numbers for the menu, in one query over the own views' indexes, and one more for who approves."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.company_id is None:
        return {}
    if actor.units is not None:
        return _counts_in_units(actor)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"company": actor.company_id, "most": COUNT_MAX})
        todo, unread, drafts = cursor.fetchone()
    return {"todo": todo, "inbox": unread, "drafts": drafts, "approvals": _approvals(actor)}


def _counts_in_units(actor: Actor) -> dict[str, int]:
    unread = Q(role=RECEIVER, read_at=None)
    wanted = {"todo": BOX_CONDITIONS["todo"], "inbox": unread, "drafts": BOX_CONDITIONS["drafts"]}
    counts = {name: access_views(actor).filter(condition)[:COUNT_MAX].count() for name, condition in wanted.items()}
    return counts | {"approvals": _approvals(actor)}


def _approvals(actor: Actor) -> int:
    return requests_waiting(actor)[:COUNT_MAX].count() if actor.may(Action.APPROVE) else 0


COUNT_MAX = 100  # the menu says 99+ beyond: counting all of a large company would not stay flat
COUNTS = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM exchange_partyview WHERE company_id = %(company)s
            AND (waiting = 'us' OR internal_state IN ('in_approval', 'ready')) LIMIT %(most)s) a),
       (SELECT count(*) FROM (SELECT 1 FROM exchange_partyview WHERE company_id = %(company)s
            AND role = 'receiver' AND read_at IS NULL LIMIT %(most)s) b),
       (SELECT count(*) FROM (SELECT 1 FROM exchange_partyview WHERE company_id = %(company)s
            AND internal_state <> '' LIMIT %(most)s) c)
"""


def _filtered(request: DeskRequest, box: Box) -> tuple[FilterForm, QuerySet[PartyView]]:
    actor = request.actor
    kinds = [kind for kind in KINDS.values() if actor.may(kind.permission(Action.READ))]
    form = FilterForm(request.GET, kinds=kinds, actor=actor)
    views = access_views(actor).filter(box.condition).select_related("assignee")
    form.is_valid()
    wanted = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
    for name, value in wanted.items():
        if name == "q":
            views = search_views(actor, views, str(value))
        elif name == "charge":
            views = views.filter(assignee_id={ME: actor.member_id, NOBODY: None}.get(value, value))
        elif name.startswith("amount"):
            views = views.filter(**{f"amount_minor__{'gte' if name == 'amount_from' else 'lte'}": int(value)})
        else:
            views = views.filter(**{CONDITIONS[name]: value})
    return form, views


CONDITIONS = {
    "kind": "kind",
    "state": "state",
    "partner": "counterparty_id",
    "date_from": "issued_on__gte",
    "date_to": "issued_on__lte",
}


def _row(view: PartyView) -> Row:
    kind = KINDS[view.kind]
    return Row(view, kind, kind.state(view.state))


def _kind_tabs(request: DeskRequest) -> list[Tab]:
    chosen = request.GET.get("kind", "")
    kinds = [kind for kind in KINDS.values() if request.actor.may(kind.permission(Action.READ))]
    tabs = [Tab(_("All"), _with(request, kind=""), current=not chosen)]
    return tabs + [Tab(kind.plural, _with(request, kind=kind.code), current=chosen == kind.code) for kind in kinds]


def _charge_tabs(request: DeskRequest) -> list[Tab]:
    chosen = request.GET.get("charge", "")
    places = (("", _("Everybody's")), (ME, _("Mine")), (NOBODY, _("Nobody's yet")))
    return [Tab(label, _with(request, charge=value), current=chosen == value) for value, label in places]


def _take_in(actor: Actor, kind: Kind | None) -> str:
    if kind is None or kind.reader is None or not actor.may(kind.permission(Action.DRAFT)):
        return ""
    return reverse("document-take-in", args=[kind.code])


def _with(request: HttpRequest, **changed: str) -> str:
    return request.path + _query(request, **changed)


def _query(request: HttpRequest, **changed: str) -> str:
    """The present filters with these changed, from the first page on."""
    query = request.GET.copy()
    changed = {AFTER: "", BEFORE: "", **changed}
    for name, value in changed.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else ""


def _box(name: str) -> Box:
    if name not in BOXES:
        raise DocumentNotVisible
    return BOXES[name]
