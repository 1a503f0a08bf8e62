"""Consumption tax: dated rates, one rounding per line and one per rate, and sums that always agree."""

from datetime import date
from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torihiki.exchange.bodies import PricedLine, TaxCategory, Totals
from torihiki.exchange.tax import RATES, CurrencyUnknown, RateUnknown, compute_totals, rate_for
from torihiki.lib.money import MINOR_DIGITS, Rounding, round_amount

ON = date(2026, 4, 1)
UNTAXED = (TaxCategory.EXEMPT, TaxCategory.EXPORT, TaxCategory.OUTSIDE)


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(least * 10**places, most * 10**places).map(lambda number: Decimal(number).scaleb(-places))


lines = st.lists(
    st.builds(
        PricedLine,
        description=st.just("りんご"),
        quantity=decimals(-100, 1_000, 3),
        unit_price=decimals(-1_000, 100_000, 4),
        tax_category=st.sampled_from(TaxCategory),
    ),
    max_size=20,
)
roundings = st.sampled_from(Rounding)
currencies = st.sampled_from(sorted(MINOR_DIGITS))


def totals(of: list[PricedLine], **changes: object) -> Totals:
    terms = {
        "currency": "JPY",
        "prices_include_tax": False,
        "line_rounding": Rounding.HALF_UP,
        "tax_rounding": Rounding.FLOOR,
        "on": ON,
        **changes,
    }
    return compute_totals(of, **terms)  # type: ignore[arg-type]


def line(price: str, *, quantity: str = "1", category: TaxCategory = TaxCategory.STANDARD) -> PricedLine:
    return PricedLine(
        description="りんご", quantity=Decimal(quantity), unit_price=Decimal(price), tax_category=category
    )


@pytest.mark.parametrize(
    ("category", "on", "rate"),
    [
        (TaxCategory.STANDARD, date(1989, 4, 1), 3),
        (TaxCategory.STANDARD, date(1997, 3, 31), 3),
        (TaxCategory.STANDARD, date(1997, 4, 1), 5),
        (TaxCategory.STANDARD, date(2014, 3, 31), 5),
        (TaxCategory.STANDARD, date(2014, 4, 1), 8),
        (TaxCategory.STANDARD, date(2019, 9, 30), 8),
        (TaxCategory.STANDARD, date(2019, 10, 1), 10),
        (TaxCategory.REDUCED, date(2019, 10, 1), 8),
        (TaxCategory.EXPORT, ON, 0),
        (TaxCategory.EXEMPT, ON, 0),
        (TaxCategory.OUTSIDE, date(1980, 1, 1), 0),
    ],
)
def test_rate_is_the_one_in_force_on_the_day(category: TaxCategory, on: date, rate: int) -> None:
    assert rate_for(category, on) == rate


@pytest.mark.parametrize(
    ("category", "on"), [(TaxCategory.STANDARD, date(1989, 3, 31)), (TaxCategory.REDUCED, date(2019, 9, 30))]
)
def test_no_rate_before_the_first(category: TaxCategory, on: date) -> None:
    with pytest.raises(RateUnknown):
        rate_for(category, on)


def test_rates_stand_in_order() -> None:
    for category in (TaxCategory.STANDARD, TaxCategory.REDUCED):
        dates = [row.since for row in RATES if row.category == category]
        assert dates == sorted(set(dates))


def test_tax_is_rounded_once_per_rate_and_not_per_line() -> None:
    """Three lines of ¥105 at 8 %: 25.2 together, where rounding each 8.4 would come to 24."""
    assert totals([line("105", category=TaxCategory.REDUCED)] * 3).tax == 25


def test_an_invoice_with_both_rates() -> None:
    found = totals([line("117", quantity="5", category=TaxCategory.REDUCED), line("980"), line("1.5", quantity="3")])

    assert list(map(int, found.lines)) == [585, 980, 5]
    assert [(row.category, int(row.rate), int(row.taxable), int(row.tax)) for row in found.subtotals] == [
        (TaxCategory.STANDARD, 10, 985, 98),
        (TaxCategory.REDUCED, 8, 585, 46),
    ]
    assert [int(found.net), int(found.tax), int(found.gross)] == [1570, 144, 1714]


@pytest.mark.parametrize(("rounding", "tax"), [(Rounding.FLOOR, 90), (Rounding.HALF_UP, 91), (Rounding.CEILING, 91)])
def test_tax_inclusive_prices_contain_their_tax(rounding: Rounding, tax: int) -> None:
    found = totals([line("1000")], prices_include_tax=True, tax_rounding=rounding)

    assert [int(found.net), int(found.tax), int(found.gross)] == [1000 - tax, tax, 1000]


def test_unknown_currency_is_refused_by_name() -> None:
    with pytest.raises(CurrencyUnknown):
        totals([line("1")], currency="XAU")


@given(lines, currencies, st.booleans(), roundings, roundings)
def test_sums_agree(
    of: list[PricedLine], currency: str, inclusive: bool, line_rounding: Rounding, tax_rounding: Rounding
) -> None:
    found = totals(
        of,
        currency=currency,
        prices_include_tax=inclusive,
        line_rounding=line_rounding,
        tax_rounding=tax_rounding,
    )

    assert found.net + found.tax == found.gross
    assert sum(found.lines) == (found.gross if inclusive else found.net)
    assert sum(row.taxable for row in found.subtotals) == found.net
    assert sum(row.tax for row in found.subtotals) == found.tax
    assert all(row.tax == 0 for row in found.subtotals if row.category in UNTAXED)
    assert len({(row.category, row.rate) for row in found.subtotals}) == len(found.subtotals)
    step = Decimal(1).scaleb(-MINOR_DIGITS[currency])
    assert all(amount == amount.quantize(step) for amount in (*found.lines, found.net, found.tax))


@given(lines, roundings)
def test_tax_is_within_one_yen_of_exact(of: list[PricedLine], tax_rounding: Rounding) -> None:
    found = totals(of, tax_rounding=tax_rounding)

    for row in found.subtotals:
        assert abs(row.tax - row.taxable * row.rate / 100) < 1
        if tax_rounding is Rounding.FLOOR and row.taxable >= 0:
            assert row.tax == (row.taxable * row.rate / 100).to_integral_value(ROUND_FLOOR)


@given(lines, st.booleans(), roundings, roundings)
def test_a_credit_note_takes_back_exactly_what_was_charged(
    of: list[PricedLine], inclusive: bool, line_rounding: Rounding, tax_rounding: Rounding
) -> None:
    terms = {"prices_include_tax": inclusive, "line_rounding": line_rounding, "tax_rounding": tax_rounding}
    charged = totals(of, **terms)
    returned = totals([item.model_copy(update={"quantity": -item.quantity}) for item in of], **terms)

    assert (returned.net, returned.tax, returned.gross) == (-charged.net, -charged.tax, -charged.gross)


@given(lines, roundings, st.randoms())
def test_order_of_lines_does_not_matter(of: list[PricedLine], rounding: Rounding, chance: object) -> None:
    shuffled = sorted(of, key=lambda _item: chance.random())  # type: ignore[attr-defined]

    assert totals(shuffled, tax_rounding=rounding).subtotals == totals(of, tax_rounding=rounding).subtotals


@given(decimals(-1_000, 1_000, 4), decimals(-1_000, 1_000, 4), roundings)
def test_a_line_is_rounded_once(quantity: Decimal, price: Decimal, rounding: Rounding) -> None:
    found = totals([line(str(price), quantity=str(quantity))], line_rounding=rounding)

    assert found.lines == (round_amount(quantity * price, "JPY", rounding),)
