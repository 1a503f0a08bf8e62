"""What came in, what it is for, and what is still owed."""

import csv
import io
import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from torihiki.exchange.access import access_partners, access_readable
from torihiki.exchange.models import Side
from torihiki.exchange.specs import KINDS
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import Refused
from torihiki.lib.csv import inert
from torihiki.lib.ids import id_of
from torihiki.lib.keyset import day
from torihiki.services.payments.access import (
    access_allocations,
    access_receipt,
    access_receipts,
    access_statements,
)
from torihiki.services.payments.ageing import BUCKETS, ageing, total
from torihiki.services.payments.events import PaymentEvent
from torihiki.services.payments.forms import StatementForm
from torihiki.services.payments.matching import match_receipt, undo_match, undo_write_off, write_off
from torihiki.services.payments.models import BankLine
from torihiki.services.payments.pages.frame import may_write, tabs
from torihiki.services.payments.spec import PREPARE, READ, RELEASE
from torihiki.services.payments.statements import take_back_statement, take_statement
from torihiki.services.payments.suggesting import Guess, Sums, guesses, open_of, payers_of
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Tab

PAGE_ROWS = 50
STATEMENTS_SHOWN_MAX = 20
PARTNERS_OFFERED_MAX = 200
YEN_DIGITS_MAX = 15
TOO_MUCH: int = 10**YEN_DIGITS_MAX


@desk(READ, methods=("GET", "POST"))
def receipts_page(request: DeskRequest) -> HttpResponse:
    """Receipts with what each seems to be for; POST takes a bank's file in."""
    actor = request.actor
    may_write(request)
    form = StatementForm(request.POST or None, request.FILES or None) if request.method == "POST" else StatementForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            taken = take_statement(actor, name=file.name, content=file.read(), at=timezone.now())
        except Refused as refusal:
            if refusal.status in (403, 404):
                raise
            form.add_error("file", str(refusal.message))
        else:
            new = sum(each.taken for each in taken)
            words = ngettext("%(n)d new receipt was taken in.", "%(n)d new receipts were taken in.", new)
            messages.success(request, words % {"n": new})
            return redirect("receipts")
    show_all = request.GET.get("show") == "all"
    lines = access_receipts(actor) if show_all else access_receipts(actor).filter(used__lt=F("yen"))
    page = keyset_page(lines, request, {"on": day, "id": UUID}, size=PAGE_ROWS, newest_first=True)
    open_ones = [line for line in page.rows if line.left]
    found = guesses(actor, open_ones) if open_ones else {}
    parties = {guess.party_id for guess in found.values() if guess.party_id}
    names = (
        {each.party_id: str(each) for each in access_partners(actor).filter(party_id__in=parties)} if parties else {}
    )
    here = reverse("receipts")
    context = {
        "tabs": tabs("receipts"),
        "views": [
            Tab(_("Not matched yet"), here, current=not show_all),
            Tab(_("All"), f"{here}?show=all", current=show_all),
        ],
        "page": page,
        "rows": [_guessed(line, found.get(line.pk), names) for line in page.rows],
        "form": form,
        "statements": list(access_statements(actor).order_by("-id")[:STATEMENTS_SHOWN_MAX]),
        "may_prepare": actor.may(PREPARE),
        "show_all": show_all,
    }
    return render(request, "payments/receipts.html", context, status=422 if request.method == "POST" else 200)


@desk(PREPARE, methods=("POST",))
def take_back_page(request: DeskRequest, statement_id: UUID) -> HttpResponse:
    try:
        take_back_statement(request.actor, statement_id, at=timezone.now())
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Taken back. Its receipts are gone from the list."))
    return redirect("receipts")


@desk(READ, methods=("GET", "POST"))
def receipt_page(request: DeskRequest, receipt_id: UUID) -> HttpResponse:
    """One receipt: what a partner owes, how much of it this settles, and what it has settled."""
    actor = request.actor
    may_write(request)
    line = access_receipt(actor, receipt_id)
    refusal = None
    if request.method == "POST":
        settled, fee = _posted(request)
        try:
            match_receipt(actor, receipt_id, settled, fee=fee, at=timezone.now())
        except Refused as refused:
            if refused.status in (403, 404):
                raise
            refusal = refused
        else:
            messages.success(request, _("Matched."))
            return redirect(
                "receipts" if access_receipt(actor, receipt_id).left == 0 else reverse("receipt", args=[receipt_id])
            )
    return _receipt(request, line, refusal)


@desk(PREPARE, methods=("POST",))
def undo_match_page(request: DeskRequest, receipt_id: UUID) -> HttpResponse:
    try:
        undo_match(request.actor, receipt_id, reason=request.POST.get("reason", "")[:500], at=timezone.now())
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        return _receipt(request, access_receipt(request.actor, receipt_id), refusal)
    messages.success(request, _("Undone. The receipt and its documents are open again."))
    return redirect("receipt", receipt_id)


@desk(READ)
def ageing_page(request: DeskRequest) -> HttpResponse:
    side, rows = _aged(request)
    here = reverse("ageing")
    context = {
        "tabs": tabs("ageing"),
        "views": [
            Tab(_("Owed to us"), here, current=side == Side.SELLER),
            Tab(_("Owed by us"), f"{here}?side=buyer", current=side == Side.BUYER),
        ],
        "side": side,
        "buckets": [label for _days, label in BUCKETS],
        "rows": rows,
        "total": total(rows),
    }
    return render(request, "payments/ageing.html", context)


@desk(READ)
def ageing_csv(request: DeskRequest) -> HttpResponse:
    side, rows = _aged(request)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_("Partner"), *(str(label) for _days, label in BUCKETS), _("Total")])
    for row in rows:
        writer.writerow([inert(cell) for cell in (row.name, *row.yen, row.total)])
    record(PaymentEvent.EXPORTED, request.actor, subject_label=side.value, data={"rows": len(rows)})
    return HttpResponse(
        "\ufeff" + out.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="ageing-{timezone.localdate():%Y%m%d}.csv"'},
    )


@desk(READ)
def open_page(request: DeskRequest) -> HttpResponse:
    """What one partner owes, document by document, with what may be written off."""
    actor = request.actor
    party_id = id_of(request.GET.get("party", ""))
    partner = access_partners(actor).filter(party_id=party_id).first() if party_id else None
    rows = open_of(actor, {party_id}).get(party_id, []) if party_id else []
    given_up = (
        access_allocations(actor).filter(kind="write_off", reverses=None, reversal=None).order_by("-id")[:PAGE_ROWS]
    )
    lost = list(given_up)
    views = access_readable(actor, [each.document_id for each in lost])
    context = {
        "partner": partner,
        "rows": [(each, KINDS[each.view.kind]) for each in rows],
        "sum": sum(each.yen for each in rows),
        "today": timezone.localdate(),
        "may_write_off": actor.may(RELEASE),
        "given_up": [
            (each, views[each.document_id])
            for each in lost
            if each.document_id in views and views[each.document_id].counterparty_id == party_id
        ],
    }
    return render(request, "payments/open.html", context)


@desk(READ, methods=("POST",))
def write_off_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    act = undo_write_off if request.POST.get("undo") else write_off
    try:
        act(request.actor, document_id, reason=request.POST.get("reason", "")[:500], at=timezone.now())
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Saved."))
    party = id_of(request.POST.get("party", ""))
    return redirect(f"{reverse('open-items')}?party={party or ''}")


def _guessed(line: BankLine, guess: Guess | None, names: Mapping[UUID, str]) -> tuple[BankLine, Guess | None, str]:
    """With the name of who seems to have paid."""
    return line, guess, names.get(guess.party_id, "") if guess and guess.party_id else ""


def _receipt(request: DeskRequest, line: BankLine, refusal: Refused | None) -> HttpResponse:
    actor = request.actor
    party_id = id_of(request.GET.get("party", "")) or (payers_of(actor, [line]).get(line.pk) if line.left else None)
    open_ones = open_of(actor, {party_id}).get(party_id, []) if party_id and line.left else []
    suggestion = Sums(open_ones).suggest(line.left)
    wanted = {each.view.document_id: each.yen for each in suggestion.documents} if suggestion else {}
    fee = suggestion.fee if suggestion else 0
    if request.method == "POST" and "fee" in request.POST:
        wanted, fee = _posted(request)
    done = list(access_allocations(actor).filter(line=line).order_by("id"))
    views = access_readable(actor, [each.document_id for each in done])
    context = {
        "line": line,
        "rows": [(each, KINDS[each.view.kind], wanted.get(each.view.document_id, "")) for each in open_ones],
        "fee": fee,
        "partners": access_partners(actor).order_by("own_code", "party__name")[:PARTNERS_OFFERED_MAX],
        "party_id": party_id,
        "today": timezone.localdate(),
        "done": [(each, views.get(each.document_id)) for each in done],
        "is_matched": line.used > 0,
        "may_prepare": actor.may(PREPARE),
        "refusal": refusal,
    }
    return render(request, "payments/receipt.html", context, status=refusal.status if refusal else 200)


def _posted(request: DeskRequest) -> tuple[dict[UUID, int], int]:
    """How many yen of which document, and the fee; what is empty is not meant, what is no number is too much."""
    settled: dict[UUID, int] = {}
    for name, value in request.POST.items():
        document_id = id_of(name.removeprefix("yen-")) if name.startswith("yen-") else None
        if document_id is not None and str(value).strip():
            settled[document_id] = _yen(str(value))
    return settled, _yen(request.POST.get("fee", "") or "0")


def _yen(text: str) -> int:
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("¥", "").strip()
    digits = plain.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= YEN_DIGITS_MAX):
        return TOO_MUCH
    return int(plain)


def _aged(request: DeskRequest) -> tuple[Side, Any]:
    side = Side.BUYER if request.GET.get("side") == "buyer" else Side.SELLER
    return side, ageing(request.actor, side, on=timezone.localdate())
