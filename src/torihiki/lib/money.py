"""Decimal amounts with stated precision, and the three ways in which Japanese businesses round."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO_DECIMALS = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
    CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
    KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
    NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW
"""
MINOR_DIGITS = dict.fromkeys(_NO_DECIMALS.split(), 0) | dict.fromkeys(_TWO_DECIMALS.split(), 2)
"""Decimal places of an amount, by ISO 4217 code: the currencies that a document may be written in. Those with three
decimals are not among them, as amounts are kept with two at most."""


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
