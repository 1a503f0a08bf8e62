"""Rules between an invoice's fields, and the bodies that are made from other documents."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.specs import Problem, Sent
from torihiki.exchange.tax import CurrencyUnknown, RateUnknown
from torihiki.services.invoices.body import InvoiceBody
from torihiki.services.invoices.parts import Flavour

KEPT_FROM_QUOTE = ("subject", "currency", "prices_include_tax", "line_rounding", "tax_rounding")
KEPT_LINE = ("line_id", "item_code", "description", "quantity", "unit", "unit_price", "tax_category")
TRANSACTION_DAYS = ("received_on", "inspected_on", "expected_on", "shipped_on")
"""The day of supply: when the goods came, as far as the document says it."""
NOT_GIVEN_BACK = (
    "stated",
    "prepayments",
    "prepaid",
    "payment_means",
    "payment_terms",
    "issue_time",
    "specification",
    "process",
)


def invoice_problems(body: InvoiceBody, on: date) -> list[Problem]:
    problems = _countable(body, on)
    if body.due_on and body.due_on < on:
        problems.append(Problem(_("The due date lies before the date of issue."), "due_on"))
    return problems


def credit_note_problems(body: InvoiceBody, on: date) -> list[Problem]:
    """適格返還請求書: what it gives back, and of which invoice (消費税法第57条の4第3項)."""
    problems = _countable(body, on)
    if not problems and body.totals(on).gross >= 0:
        problems.append(
            Problem(_("A credit note gives back: its total must be negative. Enter negative quantities."), "lines")
        )
    if not body.preceding:
        problems.append(Problem(_("Name the invoice that is corrected."), "preceding"))
    return problems


def sellers_flavour(body: InvoiceBody, issuer: PartyDetails) -> InvoiceBody:
    """A seller without a registration number writes a 480 and states no tax, and nobody else does."""
    registered = issuer.registration_number or issuer.tax_identifier
    return body.model_copy(update={"flavour": Flavour.STANDARD if registered else Flavour.NON_REGISTERED})


def buyers_flavour(body: InvoiceBody, issuer: PartyDetails) -> InvoiceBody:
    return body.model_copy(update={"flavour": Flavour.SELF_BILLING})


def invoice_from_quote(sent: Sent) -> Mapping[str, Any]:
    """The accepted lines as they stand, with the quotation's number as the order reference."""
    body = sent.body.model_dump(mode="json")
    lines = [{name: line[name] for name in KEPT_LINE} for line in body["lines"]]
    kept = {name: body[name] for name in KEPT_FROM_QUOTE}
    return {**kept, "order_reference": sent.number, "lines": lines}


def invoice_from_counted(sent: Sent) -> Mapping[str, Any]:
    """What is not billed yet of what was accepted, delivered or ordered, at the prices of the order. A discount or
    charge of the whole order stands on its first invoice."""
    order = sent if sent.kind == "order" else sent.other("order")
    delivery = sent if sent.kind == "delivery" else sent.other("delivery")
    body = sent.body.model_dump(mode="json")
    ordered = order.body.model_dump(mode="json") if order else {"subject": body["subject"], "lines": []}
    prices = {line["line_id"]: line for line in ordered["lines"]}
    left = sent.open.get("bills", {})
    adjusted = ordered.get("adjustments", ()) if order and not any(order.counted.get("bills", {}).values()) else ()
    return {
        **{name: ordered[name] for name in KEPT_FROM_QUOTE if name in ordered},
        "order_reference": order.number if order else body.get("order_reference", ""),
        "despatch_reference": delivery.number if delivery else "",
        "receipt_reference": sent.number if sent.kind == "acceptance" else "",
        "period_start": next((body[day] for day in TRANSACTION_DAYS if body.get(day)), None),
        "adjustments": list(adjusted),
        "lines": [
            {
                **{name: line[name] for name in ("line_id", "item_code", "description", "unit")},
                **{
                    name: prices[line["line_id"]][name]
                    for name in ("unit_price", "tax_category", "buyer_item_code", "standard_item_code")
                    if line["line_id"] in prices
                },
                "quantity": f"{left[line['line_id']].normalize():f}",
                "order_reference": order.number if order else "",
                "order_line": line["line_id"] if order else "",
                "despatch_reference": delivery.number if delivery else "",
                "despatch_line": line["line_id"] if delivery else "",
            }
            for line in body["lines"]
            if left.get(line["line_id"])
        ],
    }


def corrected_invoice(sent: Sent) -> Mapping[str, Any]:
    body = sent.body.model_dump(mode="json", exclude={"stated", "issue_time"})
    preceding = [{"number": sent.number, "issued_on": sent.issued_on.isoformat()}]
    return {**body, "due_on": None, "preceding": preceding}


def credit_note_from_invoice(sent: Sent) -> Mapping[str, Any]:
    """Everything given back; the seller leaves what stays sold. Negative quantities, as JP PINT has no credit type."""
    body = sent.body.model_dump(mode="json", exclude=set(NOT_GIVEN_BACK))
    lines = [_given_back(line) for line in body["lines"]]
    adjustments = [{**item, "is_charge": not item["is_charge"]} for item in body.get("adjustments", ())]
    preceding = [{"number": sent.number, "issued_on": sent.issued_on.isoformat()}]
    return {**body, "due_on": None, "rounding": "0", "lines": lines, "adjustments": adjustments, "preceding": preceding}


def _given_back(line: Mapping[str, Any]) -> Mapping[str, Any]:
    quantity = str(line["quantity"])
    turned = quantity[1:] if quantity.startswith("-") else f"-{quantity}"
    adjustments = [{**item, "is_charge": not item["is_charge"]} for item in line.get("adjustments", ())]
    return {**line, "quantity": turned, "adjustments": adjustments}


def _countable(body: InvoiceBody, on: date) -> list[Problem]:
    try:
        body.totals(on)
    except (RateUnknown, CurrencyUnknown) as error:
        return [Problem(str(error), "lines")]
    return []
