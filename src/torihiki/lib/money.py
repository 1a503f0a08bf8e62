"""Decimal amounts with stated precision, and the three ways in which Japanese businesses round."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "USD": 2, "EUR": 2, "GBP": 2, "CNY": 2, "TWD": 2, "SGD": 2, "AUD": 2, "CAD": 2}
"""Decimal places of an amount, by ISO 4217 code (the currencies that a document may be written in)."""


class Rounding(StrEnum):
    """How a fraction of the smallest unit is dropped; agreed in the Terms between two companies."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEILING = "ceiling"


_MODES = {Rounding.FLOOR: ROUND_FLOOR, Rounding.HALF_UP: ROUND_HALF_UP, Rounding.CEILING: ROUND_CEILING}


def round_amount(value: Decimal, currency: str, rounding: Rounding) -> Decimal:
    """`value` to the currency's decimals. A negative amount is rounded as its positive twin, so that
    a credit note takes back exactly what its invoice charged. Raises KeyError for an unknown currency."""
    step = Decimal(1).scaleb(-MINOR_DIGITS[currency])
    rounded = abs(value).quantize(step, rounding=_MODES[rounding])
    return rounded.copy_sign(value) if rounded else abs(rounded)


def minor_units(amount: Decimal, currency: str) -> int:
    """`amount` as an integer count of the smallest unit, for indexes; exact, never rounded."""
    scaled = amount.scaleb(MINOR_DIGITS[currency])
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more decimals than {currency} carries")
    return int(scaled)
