"""Numbers of companies and goods, as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torihiki.lib.identifiers import (
    Finding,
    check_corporate_number,
    check_gtin,
    check_registration_number,
    corporate_number_check_digit,
    plain,
)

twelve_digits = st.text("0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("7000012050002", Finding.FINE),  # 国税庁
        ("７０００-０１-２０５０００２", Finding.FINE),
        ("8000012050002", Finding.CHECK_DIGIT),
        ("700001205000", Finding.MALFORMED),
        ("T7000012050002", Finding.MALFORMED),
        ("", Finding.MALFORMED),
    ],
)
def test_corporate_number(text: str, finding: Finding) -> None:
    assert check_corporate_number(text).finding is finding


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("T7000012050002", Finding.FINE),
        ("ｔ7000012050002", Finding.FINE),
        ("T1234567890123", Finding.CHECK_DIGIT),  # a sole proprietor's may be like this
        ("7000012050002", Finding.MALFORMED),
        ("T700001205000", Finding.MALFORMED),
    ],
)
def test_registration_number(text: str, finding: Finding) -> None:
    found = check_registration_number(text)

    assert found.finding is finding
    assert found.well_formed is (finding is not Finding.MALFORMED)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("4503994155481", Finding.FINE),
        ("49123456", Finding.FINE),
        ("4503994155482", Finding.CHECK_DIGIT),
        ("450399415548", Finding.CHECK_DIGIT),
        ("45039941", Finding.CHECK_DIGIT),
        ("4503", Finding.MALFORMED),
        ("45039941554８１", Finding.FINE),
    ],
)
def test_gtin(text: str, finding: Finding) -> None:
    assert check_gtin(text).finding is finding


@given(twelve_digits)
def test_check_digit_follows_its_formula(digits: str) -> None:
    weighted = sum(int(digit) * (1 if n % 2 else 2) for n, digit in enumerate(reversed(digits), start=1))

    assert corporate_number_check_digit(digits) == str(9 - weighted % 9)
    assert check_corporate_number(corporate_number_check_digit(digits) + digits).finding is Finding.FINE


@given(st.text(max_size=40))
def test_any_text_is_looked_at_without_fault(text: str) -> None:
    for look in (check_corporate_number, check_registration_number, check_gtin):
        assert look(text).finding in Finding
    assert plain(plain(text)) == plain(text)
