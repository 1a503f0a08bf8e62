"""Japanese consumption tax: rates as dated data, and the sums of a document with tax rounded once per rate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from django.utils.translation import gettext as _

from torihiki.exchange.bodies import TaxCategory, TaxSubtotal, Totals
from torihiki.lib.money import MINOR_DIGITS, Rounding, round_amount

RATES_KEPT = 4_096  # categories and days
ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class RatePeriod:
    """From which day, inclusive, a category is taxed at `rate` per cent (national and local parts together)."""

    category: TaxCategory
    since: date
    rate: Decimal
    source: str


RATES: tuple[RatePeriod, ...] = (
    RatePeriod(TaxCategory.STANDARD, date(1989, 4, 1), Decimal(3), "消費税法 (昭和63年法律第108号)"),
    RatePeriod(TaxCategory.STANDARD, date(1997, 4, 1), Decimal(5), "平成6年法律第109号"),
    RatePeriod(TaxCategory.STANDARD, date(2014, 4, 1), Decimal(8), "平成24年法律第68号"),
    RatePeriod(TaxCategory.STANDARD, date(2019, 10, 1), Decimal(10), "平成24年法律第68号"),
    RatePeriod(TaxCategory.REDUCED, date(2019, 10, 1), Decimal(8), "平成28年法律第15号 軽減税率制度"),
)
"""Every rate since the tax began, oldest first within a category. A new rate is a new row, never an edit."""


class RateUnknown(ValueError):
    """No rate of this category was in force on the day."""


class CurrencyUnknown(ValueError):
    """A document cannot be written in this currency: its decimals are not known."""


@lru_cache(RATES_KEPT)  # asked for every line
def rate_for(category: TaxCategory, on: date) -> Decimal:
    """Per cent for a transaction on that day: a rate belongs to the day of the supply, not of the invoice.

    E, G and O carry 0. Raises RateUnknown before the tax (1989-04-01) or the reduced rate (2019-10-01) began."""
    if category in (TaxCategory.EXEMPT, TaxCategory.EXPORT, TaxCategory.OUTSIDE):
        return ZERO
    in_force = [row.rate for row in RATES if row.category == category and row.since <= on]
    if not in_force:
        raise RateUnknown(
            _("No tax rate of this category was in force on %(day)s. Correct the date or the category.")
            % {"day": on.isoformat()}
        )
    return in_force[-1]


class Priced(Protocol):
    """What a line needs to be summed: `PricedLine` and whatever else has the three."""

    @property
    def quantity(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def tax_category(self) -> TaxCategory: ...


@dataclass(frozen=True)
class TaxedAmount:
    """An amount in the currency's decimals that is taxed at one rate; with tax or without, as the document says."""

    category: TaxCategory
    rate: Decimal
    amount: Decimal


def compute_totals(
    lines: Sequence[Priced],
    *,
    currency: str,
    prices_include_tax: bool,
    line_rounding: Rounding,
    tax_rounding: Rounding,
    on: date,
) -> Totals:
    """Sums of a document. A line is quantity × price, rounded once; tax is rounded once per category and rate
    (インボイス制度: 一の適格請求書につき、税率ごとに1回). With tax-inclusive prices tax is taken out of the sum
    of each rate (× 10/110, × 8/108). Raises CurrencyUnknown and RateUnknown."""
    check_currency(currency)
    amounts = [round_amount(line.quantity * line.unit_price, currency, line_rounding) for line in lines]
    taxed = [
        TaxedAmount(line.tax_category, rate_for(line.tax_category, on), amount)
        for line, amount in zip(lines, amounts, strict=True)
    ]
    subtotals = tax_per_rate(taxed, currency=currency, prices_include_tax=prices_include_tax, tax_rounding=tax_rounding)
    return totals_of(amounts, subtotals)


def tax_per_rate(
    taxed: Iterable[TaxedAmount], *, currency: str, prices_include_tax: bool, tax_rounding: Rounding
) -> tuple[TaxSubtotal, ...]:
    """One subtotal per category and rate, in the order of TaxCategory and then the higher rate first."""
    sums: dict[tuple[TaxCategory, Decimal], Decimal] = {}
    for item in taxed:
        sums[item.category, item.rate] = sums.get((item.category, item.rate), ZERO) + item.amount
    order = list(TaxCategory)
    return tuple(
        _subtotal(category, rate, amount, currency, prices_include_tax, tax_rounding)
        for (category, rate), amount in sorted(sums.items(), key=lambda pair: (order.index(pair[0][0]), -pair[0][1]))
    )


def totals_of(lines: Sequence[Decimal], subtotals: tuple[TaxSubtotal, ...]) -> Totals:
    net = sum((subtotal.taxable for subtotal in subtotals), ZERO)
    tax = sum((subtotal.tax for subtotal in subtotals), ZERO)
    return Totals(lines=tuple(lines), net=net, tax=tax, gross=net + tax, subtotals=subtotals)


def check_currency(currency: str) -> None:
    if currency not in MINOR_DIGITS:
        raise CurrencyUnknown(
            _("Documents cannot be written in %(currency)s. Choose another currency.") % {"currency": currency}
        )


def _subtotal(
    category: TaxCategory,
    rate: Decimal,
    amount: Decimal,
    currency: str,
    prices_include_tax: bool,
    tax_rounding: Rounding,
) -> TaxSubtotal:
    divisor = HUNDRED + rate if prices_include_tax else HUNDRED
    tax = round_amount(amount * rate / divisor, currency, tax_rounding)
    taxable = amount - tax if prices_include_tax else amount
    return TaxSubtotal(category=category, rate=rate, taxable=taxable, tax=tax)
