"""An invoice of this product said in the words of JP PINT: the record that the table writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from torihiki.exchange.bodies import PartyDetails, TaxCategory
from torihiki.exchange.render.ubl.files import EmbeddedFile, put_files_in
from torihiki.exchange.render.ubl.parties import express_party
from torihiki.exchange.render.ubl.parts import DocumentAdjustment
from torihiki.exchange.render.ubl.units import show_unit
from torihiki.exchange.tax import HUNDRED, ZERO
from torihiki.lib.identifiers import GTIN_SCHEME
from torihiki.lib.money import round_amount
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.parts import (
    Flavour,
    Stated,
    StatedTax,
    StatedTaxTotal,
)
from torihiki.services.invoices.pint.complete import check_complete, refuse_missing_rate
from torihiki.services.invoices.pint.inclusive import without_tax

ALLOWANCE_REASON_CODE = "95"  # UNTDID 5189: discount
UNTAXED = (TaxCategory.EXEMPT, TaxCategory.EXPORT, TaxCategory.OUTSIDE)
CHARGE_REASON_CODE = "ZZZ"  # UNTDID 7161: mutually defined


@dataclass(frozen=True)
class Specification:
    """What the head of a document says about its flavour (ibt-003, ibt-023, ibt-024)."""

    type_code: str
    customization: str
    profile: str
    accepted: tuple[str, ...]  # how CustomizationID may begin


SPECIFICATIONS = {
    Flavour.STANDARD: Specification(
        "380",
        "urn:peppol:pint:billing-1@jp-1",
        "urn:peppol:bis:billing",
        ("urn:peppol:pint:billing-1@jp-1", "urn:fdc:peppol:jp:billing:3.0"),
    ),
    Flavour.NON_REGISTERED: Specification(
        "480",
        "urn:peppol:pint:nontaxinvoice-1@jp-1",
        "urn:peppol:bis:billing",
        ("urn:peppol:pint:nontaxinvoice-1@jp-1",),
    ),
    Flavour.SELF_BILLING: Specification(
        "389",
        "urn:peppol:pint:selfbilling-1@jp-1",
        "urn:peppol:bis:selfbilling",
        ("urn:peppol:pint:selfbilling-1@jp-1",),
    ),
}


def express(
    *,
    number: str,
    issued_on: date,
    seller: PartyDetails,
    buyer: PartyDetails,
    body: InvoiceBody,
    files: Iterable[EmbeddedFile] = (),
) -> dict[str, Any]:
    """The record of the document. Raises UblRefused where JP PINT asks for what is not there."""
    spoken = _with_positive_prices(body)
    spoken, sums = _summed(spoken, issued_on, body)
    record: dict[str, Any] = spoken.model_dump(exclude={"lines", "documents", "stated"})
    specification = SPECIFICATIONS[body.flavour]
    record |= {
        "number": number,
        "issued_on": issued_on,
        "type_code": specification.type_code,
        "specification": body.specification or specification.customization,
        "process": body.process or specification.profile,
        "note": "\n".join(text for text in (body.subject, body.note) if text),
        "seller": express_party(seller),
        "buyer": express_party(buyer),
        "stated": sums.model_dump(),
        "documents": put_files_in(body.documents, files),
        "lines": _lines(spoken, sums, issued_on),
    }
    for adjustment, item in zip(record["adjustments"], spoken.adjustments, strict=True):
        adjustment["tax_rate"] = _shown_rate(item.tax_category, item.rate(body.supplied_on(issued_on)))
    for adjustment in [*record["adjustments"], *(item for line in record["lines"] for item in line["adjustments"])]:
        if not adjustment["reason"] and not adjustment["reason_code"]:
            adjustment["reason_code"] = CHARGE_REASON_CODE if adjustment["is_charge"] else ALLOWANCE_REASON_CODE
    if not any((record["period_start"], record["period_end"], record["tax_point_code"])) and not any(
        line["period_start"] or line["period_end"] for line in record["lines"]
    ):
        # aligned-ibrp-052: a period is mandatory; a plain invoice has the one transaction date.
        record["period_start"] = record["period_end"] = body.delivered_on or body.supplied_on(issued_on)
    check_complete(record, body.flavour)
    return record


def stated_by_lines(body: InvoiceBody, on: date) -> Stated:
    """The sums that the lines of a tax-exclusive body come to, in the shape in which a document states sums."""
    totals = body.computed_totals(on)
    return _sums(body, on, totals.lines, totals.subtotals, body.rounding)


def _summed(body: InvoiceBody, on: date, original: InvoiceBody) -> tuple[InvoiceBody, Stated]:
    """The body with prices as JP PINT wants them, and its sums: the stated ones where there are any that count."""
    if original.stated is not None and original.stated.basis == original.priced_basis():
        return body, original.stated
    if not body.prices_include_tax or body.flavour is Flavour.NON_REGISTERED:
        return body, stated_by_lines(body, on)
    plain = without_tax(body, on)
    spoken = body.model_copy(
        update={
            "lines": plain.lines,
            "adjustments": plain.adjustments,
            "rounding": plain.rounding,
            "prices_include_tax": False,
        }
    )
    return spoken, _sums(spoken, on, plain.line_amounts, plain.subtotals, plain.rounding)


def _sums(
    body: InvoiceBody, on: date, line_amounts: Sequence[Decimal], subtotals: Sequence[Any], rounding: Decimal
) -> Stated:
    reasons: dict[TaxCategory, str] = {}
    priced: tuple[InvoiceLine | DocumentAdjustment, ...] = (*body.lines, *body.adjustments)
    for item in priced:
        if item.tax_exemption_reason:
            reasons.setdefault(item.tax_category, item.tax_exemption_reason)
    rows = tuple(
        StatedTax(
            category=row.category,
            rate=_shown_rate(row.category, row.rate),
            taxable=row.taxable,
            tax=row.tax,
            exemption_reason=reasons.get(row.category, ""),
        )
        for row in subtotals
    )
    tax = sum((row.tax for row in rows), ZERO)
    net = sum((row.taxable for row in subtotals), ZERO)
    prepaid = body.paid_in_advance()
    taxes = [StatedTaxTotal(currency=body.currency, tax=tax, subtotals=rows)]
    if body.tax_currency:
        taxes.append(_in_tax_currency(body, rows))
    return Stated(
        lines=tuple(line_amounts),
        line_total=sum(line_amounts, ZERO),
        net=net,
        gross=net + tax,
        allowances=sum((item.amount for item in body.adjustments if not item.is_charge), ZERO),
        charges=sum((item.amount for item in body.adjustments if item.is_charge), ZERO),
        prepaid=prepaid,
        rounding=rounding,
        payable=net + tax - prepaid + rounding,
        taxes=tuple(taxes),
    )


def _in_tax_currency(body: InvoiceBody, rows: Sequence[StatedTax]) -> StatedTaxTotal:
    """ibg-37: the tax of each rate, converted before it is rounded once. What bears no tax has one row, the one in the
    currency of the invoice (aligned-ibrp-e-01, g-01, o-01)."""
    if body.exchange_rate is None:
        refuse_missing_rate(body.tax_currency)
        raise AssertionError("unreachable")
    factor = body.exchange_rate / HUNDRED
    converted = tuple(
        StatedTax(
            category=row.category,
            rate=row.rate,
            tax=round_amount(
                (row.taxable or ZERO) * (row.rate or ZERO) * factor if row.tax else ZERO,
                body.tax_currency,
                body.tax_rounding,
            ),
        )
        for row in rows
        if row.category not in UNTAXED
    )
    return StatedTaxTotal(
        currency=body.tax_currency, tax=sum((row.tax for row in converted), ZERO), subtotals=converted
    )


def _lines(body: InvoiceBody, sums: Stated, issued_on: date) -> list[dict[str, Any]]:
    day = body.supplied_on(issued_on)
    taken = {line.line_id for line in body.lines if line.line_id}
    lines = []
    for index, (line, amount) in enumerate(zip(body.lines, sums.lines, strict=True), start=1):
        record = line.model_dump()
        if not record["line_id"]:
            record["line_id"] = next(name for name in _numbers(index) if name not in taken)
            taken.add(record["line_id"])
        record["amount"] = amount
        record["tax_rate"] = _shown_rate(line.tax_category, line.rate(day))
        show_unit(record)
        if line.standard_item_code and not line.standard_item_scheme:
            record["standard_item_scheme"] = GTIN_SCHEME
        lines.append(record)
    return lines


def _numbers(start: int) -> Iterable[str]:
    yield str(start)
    suffix = 1
    while True:
        yield f"{start}-{suffix}"
        suffix += 1


def _with_positive_prices(body: InvoiceBody) -> InvoiceBody:
    """ibr-027: a price is never negative. A discount line of −¥500 is one of −1 × ¥500."""
    if all(line.unit_price >= 0 for line in body.lines):
        return body
    return body.model_copy(update={"lines": tuple(_with_positive_price(line) for line in body.lines)})


def _with_positive_price(line: InvoiceLine) -> InvoiceLine:
    if line.unit_price >= 0:
        return line
    return line.model_copy(update={"unit_price": -line.unit_price, "quantity": -line.quantity})


def _shown_rate(category: TaxCategory, rate: Decimal) -> Decimal | None:
    """Outside the scope of tax there is no rate (aligned-ibrp-o-05)."""
    return None if category is TaxCategory.OUTSIDE else rate
