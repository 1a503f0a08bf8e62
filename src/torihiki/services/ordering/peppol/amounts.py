"""An order's sums as Peppol wants them: prices without tax, lines to the hundredth, and what rounding then adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from torihiki.exchange.bodies import TaxCategory
from torihiki.exchange.tax import HUNDRED, ZERO, rate_for
from torihiki.services.ordering.body import Adjustment, OrderBody, OrderLine
from torihiki.services.ordering.rules import order_totals

CENT = Decimal("0.01")
PRICE_STEP = Decimal("0.0000000001")
REASONS = {True: "諸掛", False: "値引"}
"""A charge and an allowance say why, always; this is what they say where nobody did."""


@dataclass(frozen=True)
class Sums:
    """Line prices and amounts in order, allowances and charges as records, and the sums: all without tax."""

    prices: tuple[Decimal, ...]
    amounts: tuple[Decimal, ...]
    adjustments: tuple[dict[str, Any], ...]
    stated: dict[str, Decimal]


def summed(body: OrderBody, lines: Sequence[OrderLine], off: Sequence[OrderLine], on: date) -> Sums:
    """The sums of `lines`; `off` are lines below zero, which Peppol knows as allowances only."""
    day = body.requested_on or on
    inclusive = body.prices_include_tax
    prices = tuple(_net(line.unit_price, rate_of(line, day), inclusive, PRICE_STEP) for line in lines)
    amounts = tuple(_round(line.quantity * price) for line, price in zip(lines, prices, strict=True))
    adjustments = [_adjustment(item, day, inclusive) for item in body.adjustments]
    adjustments += [_allowance(line, day, inclusive) for line in off]
    allowances = sum((item["amount"] for item in adjustments if not item["is_charge"]), ZERO)
    charges = sum((item["amount"] for item in adjustments if item["is_charge"]), ZERO)
    totals = order_totals(body.model_copy(update={"stated": None}), on)
    line_total = sum(amounts, ZERO)
    net = line_total - allowances + charges
    stated = {
        "tax": totals.tax,
        "line_total": line_total,
        "net": net,
        "gross": net + totals.tax,
        "payable": totals.gross,
    }
    if allowances:
        stated["allowances"] = allowances
    if charges:
        stated["charges"] = charges
    if rounding := totals.gross - stated["gross"]:
        stated["rounding"] = rounding
    return Sums(prices, amounts, tuple(adjustments), stated)


def rate_of(item: OrderLine | Adjustment, day: date) -> Decimal:
    return rate_for(item.tax_category, day) if item.tax_rate is None else item.tax_rate


def shown_rate(item: OrderLine | Adjustment, day: date) -> Decimal | None:
    """Outside the scope of tax there is no rate."""
    return None if item.tax_category is TaxCategory.OUTSIDE else rate_of(item, day)


def _adjustment(item: Adjustment, day: date, inclusive: bool) -> dict[str, Any]:
    record = item.model_dump()
    record["reason"] = item.reason or REASONS[item.is_charge]
    record["amount"] = _net(item.amount, rate_of(item, day), inclusive, CENT)
    record |= {"tax_rate": shown_rate(item, day), "tax_scheme": "VAT"}
    fits = (
        item.percent is not None
        and item.base_amount is not None
        and not inclusive
        and abs(item.base_amount * item.percent / HUNDRED - item.amount) <= 2 * CENT
    )
    if not fits:  # PEPPOL-T01-R020 to R022: a percentage and its base go together, or not at all
        record |= {"percent": None, "base_amount": None}
    return record


def _allowance(line: OrderLine, day: date, inclusive: bool) -> dict[str, Any]:
    price = _net(-line.unit_price, rate_of(line, day), inclusive, PRICE_STEP)
    return {
        "is_charge": False,
        "reason": line.description,
        "amount": _round(line.quantity * price),
        "tax_category": line.tax_category,
        "tax_rate": shown_rate(line, day),
        "tax_scheme": "VAT",
    }


def _net(amount: Decimal, rate: Decimal, inclusive: bool, step: Decimal) -> Decimal:
    if not inclusive:
        return amount if step == PRICE_STEP else _round(amount)
    return (amount * HUNDRED / (HUNDRED + rate)).quantize(step, rounding=ROUND_HALF_UP)


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
