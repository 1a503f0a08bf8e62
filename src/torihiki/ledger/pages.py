"""The audit log: what was done, refused and changed in the own company (clauses 3-3 and 3-6-2)."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from torihiki.ledger.access import (
    Wanted,
    access_entries,
    access_entry,
    event_label,
    flat,
    payload_of,
    subject_words,
)
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.events import LedgerEvent
from torihiki.ledger.export import ROWS_MAX, export_csv, export_lines
from torihiki.ledger.forms import AuditForm
from torihiki.ledger.models import Entry
from torihiki.lib.keyset import moment
from torihiki.web.paging import AFTER, BEFORE, keyset_page
from torihiki.web.parts import Fact

READ_AUDIT = "audit.inspect"  # no plain read: `*.read` is everybody's
PAGE_ROWS = 50


@desk(READ_AUDIT)
def audit_page(request: DeskRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    found = access_entries(request.actor, form.wanted()) if form.is_valid() else Entry.objects.none()
    page = keyset_page(
        found.defer("payload", "salt", "leaf"),
        request,
        {"at": moment, "id": UUID},
        size=PAGE_ROWS,
        newest_first=True,
    )
    query = urlencode([(name, value) for name, value in request.GET.items() if name not in (AFTER, BEFORE) and value])
    context = {
        "form": form,
        "page": page,
        "rows": [(entry, event_label(entry.event), subject_words(entry)) for entry in page.rows],
        "refused": LedgerEvent.REFUSED.code,
        "csv_url": f"{reverse('audit-csv')}?{query}",
        "lines_url": f"{reverse('audit-lines')}?{query}",
        "rows_max": ROWS_MAX,
        "filtered": bool(query),
    }
    return render(request, "ledger/audit.html", context, status=200 if form.is_valid() else 422)


@desk(READ_AUDIT)
def entry_page(request: DeskRequest, entry_id: UUID) -> HttpResponse:
    entry = access_entry(request.actor, entry_id)
    payload = payload_of(entry)
    facts = [
        Fact(_("At"), f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S.%f %z}"),
        Fact(_("Event"), f"{event_label(entry.event)} ({entry.event})"),
        Fact(_("Person"), entry.actor_name),
        Fact(pgettext("audit", "Subject"), " · ".join(filter(None, (str(subject_words(entry)), entry.subject_type)))),
        Fact(_("Entry"), entry.id, copy=True),
        Fact(_("Leaf (SHA-256)"), bytes(entry.leaf).hex(), copy=True),
        Fact(_("Position in the sealed log"), _("not sealed yet") if entry.position is None else entry.position),
    ]
    context = {
        "entry": entry,
        "label": event_label(entry.event),
        "facts": [fact for fact in facts if fact.value != ""],
        "data": list(flat(payload.get("data", {}))) if payload else [],
        "removed": payload is None,
    }
    return render(request, "ledger/entry.html", context)


@desk(READ_AUDIT)
def csv_page(request: DeskRequest) -> HttpResponse:
    body = export_csv(request.actor, _wanted(request), at=timezone.now())
    return _download(body, "text/csv; charset=utf-8", "csv")


@desk(READ_AUDIT)
def lines_page(request: DeskRequest) -> HttpResponse:
    body = export_lines(request.actor, _wanted(request), at=timezone.now())
    return _download(body, "application/jsonl; charset=utf-8", "jsonl")


def _wanted(request: DeskRequest) -> Wanted:
    form = AuditForm(request.GET)
    return form.wanted() if form.is_valid() else Wanted(event="-")


def _download(body: bytes, media_type: str, ending: str) -> HttpResponse:
    name = f"audit-{timezone.localdate():%Y-%m-%d}.{ending}"
    return HttpResponse(
        body,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
