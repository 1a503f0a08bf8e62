"""The bytes that are hashed: what the quick way writes is what RFC 8785's own library writes."""

from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from torihiki.lib.canonical import canonical_json

texts = st.text(st.characters(exclude_categories=["Cs"]))  # any character, controls and planes beyond the first too
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner) | st.dictionaries(st.text("aZ_"), inner)
)


@given(values)
def test_it_is_rfc_8785(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_every_escape() -> None:
    every = "".join(map(chr, range(0x100))) + "\u2028\u2029\ufeff\uffff😀"
    assert canonical_json({every: every, "a": every}) == rfc8785.dumps({every: every, "a": every})


def test_names_are_in_order_of_utf_16() -> None:
    """😀 is two code units that come before U+FF5E, though its code point comes after."""
    assert canonical_json({"～": 1, "😀": 2}) == '{"😀":2,"～":1}'.encode()


@pytest.mark.parametrize("value", [1.5, {"a": [1.5]}, 2**53, {"a": -(2**53)}, {1, 2}, "\ud800", b"bytes"])
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical_json(value)


def test_decimals_keep_their_written_precision() -> None:
    assert canonical_json({"price": Decimal("1.50")}) == b'{"price":"1.50"}'
