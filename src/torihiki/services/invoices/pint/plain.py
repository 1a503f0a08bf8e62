"""An imported invoice as plain as it can be: default rates, and no stated sums where they follow from the lines."""

import itertools
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.render.ubl.engine import Record
from torihiki.exchange.render.ubl.parts import DocumentAdjustment
from torihiki.exchange.render.ubl.remarks import Remark
from torihiki.exchange.tax import ZERO, RateUnknown
from torihiki.lib.money import Rounding
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.parts import Stated
from torihiki.services.invoices.pint.express import stated_by_lines

_Taxed = TypeVar("_Taxed", InvoiceLine, DocumentAdjustment)
_LINE_ROUNDINGS = (Rounding.HALF_UP, Rounding.FLOOR, Rounding.CEILING)
_TAX_ROUNDINGS = (Rounding.FLOOR, Rounding.HALF_UP, Rounding.CEILING)


def plainest(body: InvoiceBody, issued_on: date) -> tuple[InvoiceBody, list[Remark]]:
    """`body`, which states its sums, without what goes without saying; and what differs from its lines.

    The roundings become those, of the nine combinations, under which the lines come to the stated sums. Where there
    are none the stated sums stay."""
    stated = body.stated
    assert stated is not None
    day = body.supplied_on(issued_on)
    prepaid = stated.prepaid or ZERO
    body = body.model_copy(
        update={
            "lines": tuple(_with_usual_rate(line, day) for line in body.lines),
            "adjustments": tuple(_with_usual_rate(item, day) for item in body.adjustments),
            "prepaid": None if prepaid == body.paid_in_advance() else prepaid,
            "stated": None,
        }
    )
    if not body.tax_currency:
        for line_rounding, tax_rounding in itertools.product(_LINE_ROUNDINGS, _TAX_ROUNDINGS):
            candidate = body.model_copy(update={"line_rounding": line_rounding, "tax_rounding": tax_rounding})
            if _comparable(stated_by_lines(candidate, issued_on)) == _comparable(stated):
                return candidate, []
    remarks = _differences(body, stated, issued_on)
    kept = stated.model_copy(update={"basis": body.priced_basis()})
    return body.model_copy(update={"stated": kept}), remarks


def _with_usual_rate(item: _Taxed, day: date) -> _Taxed:
    usual = item.model_copy(update={"tax_rate": None})
    try:
        same = item.tax_rate is None or usual.rate(day) == item.tax_rate
    except RateUnknown:
        same = False
    return usual if same else item


def _comparable(stated: Stated) -> Record:
    sums = stated.model_dump(exclude={"basis"})
    for total in sums["taxes"]:
        total["subtotals"] = sorted(total["subtotals"], key=lambda row: (row["category"], row["rate"] or ZERO))
    return sums


def _differences(body: InvoiceBody, stated: Stated, issued_on: date) -> list[Remark]:
    ours = stated_by_lines(body.model_copy(update={"tax_currency": ""}), issued_on)
    compared: tuple[tuple[str | Promise, Decimal, Decimal], ...] = (
        (_("sum of the lines"), stated.line_total, ours.line_total),
        (_("total without tax"), stated.net, ours.net),
        (_("total with tax"), stated.gross, ours.gross),
        (_("amount due"), stated.payable, ours.payable),
    )
    message = _("The invoice states %(stated)s as its %(name)s; its lines come to %(own)s. What it states is kept.")
    return [
        Remark(message, {"name": name, "stated": theirs, "own": own}) for name, theirs, own in compared if theirs != own
    ]
