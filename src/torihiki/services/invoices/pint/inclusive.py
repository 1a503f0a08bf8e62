"""Tax-inclusive prices (税込) as JP PINT wants them: without tax, the agreed tax and amount due unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from torihiki.exchange.bodies import TaxSubtotal
from torihiki.exchange.render.ubl.parts import Adjustment, DocumentAdjustment, ItemAttribute
from torihiki.exchange.tax import HUNDRED, ZERO
from torihiki.lib.money import MINOR_DIGITS, Rounding, round_amount
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine, signed

GROSS_PRICE = "税込単価"
_PRICE_STEP = Decimal("0.0001")
_ONE_YEN_STEPS_MAX = 3


@dataclass(frozen=True)
class Exclusive:
    """Lines and document adjustments without tax, the line amounts, the breakdown, and what rounding then adds."""

    lines: tuple[InvoiceLine, ...]
    line_amounts: tuple[Decimal, ...]
    adjustments: tuple[DocumentAdjustment, ...]
    subtotals: tuple[TaxSubtotal, ...]
    rounding: Decimal


def without_tax(body: InvoiceBody, on: date) -> Exclusive:
    """Takes the tax out of every price of `body`, so that per category the amounts add up to the taxable amount.

    The agreed tax stands. Where JP PINT would not admit it (aligned-ibrp-051: between floor and ceiling of the
    taxable amount × rate, which a floor of ¥10 × 10/110 is not), the taxable amount moves by one smallest unit and
    ibt-114 brings the amount due back."""
    totals = body.computed_totals(on)
    day = body.supplied_on(on)
    step = Decimal(1).scaleb(-MINOR_DIGITS[body.currency])
    gross_lines = body.line_amounts()
    line_keys = [(line.tax_category, line.rate(day)) for line in body.lines]
    adjustment_keys = [(item.tax_category, item.rate(day)) for item in body.adjustments]
    net_lines = [ZERO] * len(gross_lines)
    net_adjustments = [ZERO] * len(adjustment_keys)
    subtotals = []
    for subtotal in totals.subtotals:
        key = (subtotal.category, subtotal.rate)
        taxable = _admissible(subtotal, step)
        subtotals.append(subtotal.model_copy(update={"taxable": taxable}))
        line_places = [index for index, found in enumerate(line_keys) if found == key]
        other_places = [index for index, found in enumerate(adjustment_keys) if found == key]
        gross = [gross_lines[index] for index in line_places]
        gross += [signed(body.adjustments[index]) for index in other_places]
        net = _allocate(gross, subtotal.rate, taxable, step)
        for index, amount in zip(line_places, net, strict=False):
            net_lines[index] = amount
        for index, amount in zip(other_places, net[len(line_places) :], strict=True):
            net_adjustments[index] = amount
    net_total = sum((subtotal.taxable + subtotal.tax for subtotal in subtotals), ZERO)
    return Exclusive(
        lines=tuple(
            _line(line, amount, rate, body.currency)
            for line, amount, (_category, rate) in zip(body.lines, net_lines, line_keys, strict=True)
        ),
        line_amounts=tuple(net_lines),
        adjustments=tuple(
            item.model_copy(
                update={
                    "amount": amount if item.is_charge else -amount,
                    "base_amount": _net(item.base_amount, rate, body.currency),
                }
            )
            for item, amount, (_category, rate) in zip(body.adjustments, net_adjustments, adjustment_keys, strict=True)
        ),
        subtotals=tuple(subtotals),
        rounding=body.rounding + totals.gross - net_total,
    )


def _admissible(subtotal: TaxSubtotal, step: Decimal) -> Decimal:
    """The taxable amount nearest to the given one for which the tax lies between floor and ceiling."""
    taxable = subtotal.taxable
    for _attempt in range(_ONE_YEN_STEPS_MAX):
        exact = taxable * subtotal.rate / HUNDRED
        if subtotal.tax < exact.to_integral_value(ROUND_FLOOR):
            taxable -= step
        elif subtotal.tax > exact.to_integral_value(ROUND_CEILING):
            taxable += step
        else:
            break
    return taxable


def _allocate(gross: Sequence[Decimal], rate: Decimal, taxable: Decimal, step: Decimal) -> list[Decimal]:
    """Largest remainders: each amount without tax is at most one step from exact, and together they are `taxable`."""
    exact = [amount * HUNDRED / (HUNDRED + rate) for amount in gross]
    net = [amount.quantize(step, rounding=ROUND_FLOOR) for amount in exact]
    places = [index for index, amount in enumerate(gross) if amount] or list(range(len(gross)))
    missing = int((taxable - sum(net, ZERO)) / step)
    by_remainder = sorted(places, key=lambda index: (net[index] - exact[index], index))
    for turn in range(abs(missing)):
        index = by_remainder[turn % len(by_remainder)] if missing > 0 else by_remainder[-1 - turn % len(by_remainder)]
        net[index] += step if missing > 0 else -step
    return net


def _line(line: InvoiceLine, amount: Decimal, rate: Decimal, currency: str) -> InvoiceLine:
    """The line without tax: its price reproduces `amount` exactly, if need be as a price for the whole quantity."""
    adjustments = [
        item.model_copy(
            update={
                "amount": round_amount(item.amount * HUNDRED / (HUNDRED + rate), currency, Rounding.HALF_UP),
                "base_amount": _net(item.base_amount, rate, currency),
            }
        )
        for item in line.adjustments
    ]
    goods = amount - sum((signed(item) for item in adjustments), ZERO)
    if goods and adjustments and (not line.quantity * line.unit_price or (goods > 0) != (line.quantity > 0)):
        adjustments[-1] = _absorb(adjustments[-1], goods)
        goods = ZERO
    base = line.price_base_quantity or Decimal(1)
    price = (line.unit_price / base * HUNDRED / (HUNDRED + rate)).quantize(_PRICE_STEP, rounding=ROUND_HALF_UP)
    per: Decimal | None = None
    if round_amount(line.quantity * price, currency, Rounding.HALF_UP) != goods:
        price, per = abs(goods), abs(line.quantity)
    gross_price = line.gross_price and (line.gross_price / base * HUNDRED / (HUNDRED + rate) * (per or 1)).quantize(
        _PRICE_STEP, rounding=ROUND_HALF_UP
    )
    stated = ItemAttribute(name=GROSS_PRICE, value=f"{line.unit_price:f}")
    return line.model_copy(
        update={
            "unit_price": price,
            "price_base_quantity": per,
            "price_base_unit": "",
            "gross_price": gross_price,
            "price_discount": gross_price - price if gross_price else None,
            "adjustments": tuple(adjustments),
            "attributes": (*line.attributes, stated),
        }
    )


def _absorb(item: Adjustment, amount: Decimal) -> Adjustment:
    return item.model_copy(update={"amount": item.amount + (amount if item.is_charge else -amount)})


def _net(amount: Decimal | None, rate: Decimal, currency: str) -> Decimal | None:
    return None if amount is None else round_amount(amount * HUNDRED / (HUNDRED + rate), currency, Rounding.HALF_UP)
