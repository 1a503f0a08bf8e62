"""Amounts, quantities and dates read as Japanese and English readers expect, and no digit is ever lost."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from torihiki.web import formats

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 12:00 in Tokyo


@pytest.mark.parametrize(
    ("value", "currency", "japanese", "english"),
    [
        (Decimal(1234567), "JPY", "¥1,234,567", "¥1,234,567"),
        (Decimal("-500"), "JPY", "▲¥500", "−¥500"),
        (Decimal("1234.5"), "USD", "$1,234.50", "$1,234.50"),
        (Decimal("0"), "JPY", "¥0", "¥0"),
        (Decimal("0.25"), "JPY", "¥0.25", "¥0.25"),  # wrong for yen, so it must be seen
        (Decimal("1E+3"), "JPY", "¥1,000", "¥1,000"),
        (Decimal("5"), "CHF", "CHF 5.00", "CHF 5.00"),
        ("1200", "JPY", "¥1,200", "¥1,200"),
        (None, "JPY", "", ""),
        ("", "JPY", "", ""),
        ("abc", "JPY", "abc", "abc"),
    ],
)
def test_amounts(value, currency, japanese, english):
    with override("ja"):
        assert formats.format_amount(value, currency) == japanese
    with override("en"):
        assert formats.format_amount(value, currency) == english


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4))
def test_no_digit_of_a_number_is_lost(value):
    read = formats.format_number(value).replace(",", "").replace(formats.MINUS, "-")
    assert Decimal(read) == value


@pytest.mark.parametrize(
    ("value", "text"), [("12.500", "12.5"), ("1200", "1,200"), ("0.0", "0"), ("-3", "−3"), (Decimal("100"), "100")]
)
def test_quantities_have_no_trailing_zeros(value, text):
    assert formats.format_number(value) == text


def test_days_in_both_languages():
    day = date(2026, 11, 23)
    with override("ja"):
        assert formats.format_day(day) == "2026年11月23日(月)"
        assert formats.format_day_short(day) == "2026/11/23"
        assert formats.format_day(None) == ""
    with override("en"):
        assert formats.format_day(day) == "23 Nov 2026"
        assert formats.format_day_short(day) == "23 Nov 2026"


def test_moments_are_told_in_tokyo():
    with override("ja"):
        assert formats.format_moment(datetime(2026, 12, 31, 15, 30, tzinfo=UTC)) == "2027/01/01 00:30"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(days=3), "3 days"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_how_long_someone_waits(ago, text):
    with override("en"):
        assert formats.format_elapsed(NOON - ago, now=NOON) == text


def test_a_date_counts_whole_days():
    with override("en"):
        assert formats.format_elapsed(date(2026, 11, 23), now=NOON) == "today"
        assert formats.format_elapsed(date(2026, 11, 20), now=NOON) == "3 days"


def test_sizes():
    with override("en"):
        assert [formats.format_bytes(size) for size in (1, 812, 34_816, 1_258_291)] == [
            "1 byte",
            "812 bytes",
            "34 KB",
            "1.2 MB",
        ]
