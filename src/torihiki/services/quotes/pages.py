"""Quotations side by side, as a page and as CSV, and the award."""

import csv
import io
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from torihiki.exchange.access import Seen, access_document
from torihiki.exchange.refusals import DocumentNotVisible
from torihiki.exchange.specs import ISSUER
from torihiki.identity.permissions import Action
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.csv import inert
from torihiki.lib.ids import id_of, new_id
from torihiki.services.quotes.awarding import award, shares_of
from torihiki.services.quotes.comparing import Comparison, compare

LOWEST = "lowest"


@desk("read")
def comparison_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """`choose` chooses beforehand: the lowest of each line, or one quotation."""
    seen = _request(request, document_id)
    comparison = compare(seen)
    return _shown(request, seen, comparison, _beforehand(comparison, request.GET.get("choose", "")))


@desk("respond", methods=("POST",))
def award_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """Shows what the award would do, and with `do=award` does it."""
    seen = _request(request, document_id)
    choices = _choices(request)
    if request.POST.get("do") == "award":
        try:
            done = award(
                request.actor,
                document_id,
                choices,
                _versions(request),
                at=timezone.now(),
                key=request.POST.get("key", "")[:40],
            )
        except Refused as refusal:
            if refusal.status in (403, 404):
                raise
            return _shown(request, seen, compare(_request(request, document_id)), choices, refusal)
        if done.drafts:
            text = ngettext("%(n)d order was drafted.", "%(n)d orders were drafted.", len(done.drafts))
            messages.success(request, text % {"n": len(done.drafts)})
            return HttpResponseRedirect(reverse("drafts"))
        messages.success(request, _("Accepted."))
        return HttpResponseRedirect(reverse("document", args=[document_id]))
    comparison = compare(seen)
    try:
        shares = shares_of(comparison, choices)
    except Refused as refusal:
        return _shown(request, seen, comparison, choices, refusal)
    shown = [
        (offer, [(line, amount) for line_id, line, amount in offer.lines() if line_id in lines])
        for offer, lines in shares.items()
    ]
    facts = {
        "seen": seen,
        "shares": [(offer, rows, sum(amount for _line, amount in rows)) for offer, rows in shown],
        "left": [row for row in comparison.rows if row.line_id not in choices],
        "chosen": [(f"line-{line_id}", quote) for line_id, quote in choices.items()],
        "key": str(new_id()),
    }
    return render(request, "quotes/award.html", facts)


@desk("read", methods=("GET",))
def comparison_csv(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """One row for each line and seller, UTF-8 with BOM as Excel wants it."""
    seen = _request(request, document_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [_("Description"), _("Partner"), _("Quotation"), _("Quantity"), _("Unit"), _("Unit price"), _("Amount"),
         _("Currency"), _("Delivery date"), _("Valid until"), _("State")]
    )  # fmt: skip
    for row in compare(seen).rows:
        for cell in filter(None, row.cells):
            offer, line = cell.offer, cell.line
            cells = (row.description, offer.view.counterparty_name, offer.sent.number, line.quantity, line.unit,
                     line.unit_price, cell.amount, offer.body.currency, offer.body.delivery_on or "",
                     offer.body.valid_until or "", offer.state.label)  # fmt: skip
            writer.writerow([inert(each) for each in cells])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{seen.document.number}.csv"'
    return answer


def _request(request: DeskRequest, document_id: UUID) -> Seen:
    """Raises DocumentNotVisible for everybody but the sender of a sent request."""
    seen = access_document(request.actor, document_id)
    if seen.kind.code != "rfq" or seen.view.role != ISSUER or seen.document.version == 0:
        raise DocumentNotVisible
    return seen


def _shown(
    request: DeskRequest,
    seen: Seen,
    comparison: Comparison,
    choices: dict[str, UUID],
    refusal: Refused | None = None,
) -> HttpResponse:
    may_award = seen.actor.may(seen.kind.permission(Action.RESPOND))
    facts = {
        "seen": seen,
        "comparison": comparison,
        "rows": [(row, choices.get(row.line_id), len(row.choices)) for row in comparison.rows],
        "open": [offer for offer in comparison.offers if offer.is_open] if may_award else [],
        "refusal": refusal,
    }
    return render(request, "quotes/comparison.html", facts, status=refusal.status if refusal else 200)


def _beforehand(comparison: Comparison, wanted: str) -> dict[str, UUID]:
    """By line, the quotation chosen before anybody has clicked; `wanted` is LOWEST, a quotation's id, or nothing."""
    found = {}
    for row in comparison.rows:
        cells = [cell for cell in row.choices if wanted in (LOWEST, str(cell.offer.document_id))]
        if cells and (comparison.comparable or wanted != LOWEST):
            found[row.line_id] = min(cells, key=lambda cell: cell.line.unit_price).offer.document_id
    return found


def _choices(request: DeskRequest) -> dict[str, UUID]:
    found = {}
    for name, value in request.POST.items():
        if name.startswith("line-") and (quote := id_of(str(value))):
            found[name.removeprefix("line-")] = quote
    return found


def _versions(request: DeskRequest) -> dict[UUID, int]:
    found = {}
    for name, value in request.POST.items():
        quote = id_of(name.removeprefix("version-")) if name.startswith("version-") else None
        if quote and str(value).isdecimal() and len(str(value)) < 9:
            found[quote] = int(str(value))
    return found
