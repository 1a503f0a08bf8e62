"""What a new version changes is shown to whoever reads it: by field and line, before and after."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.portal import edit, internally, led_to, page_of, write
from tests.world import Desk
from torihiki.exchange.pages.changes import changes
from torihiki.services.quotes.body import QuoteBody
from torihiki.services.quotes.samples import QUOTE

LINES: Any = QUOTE["lines"]
BASE = QuoteBody.model_validate({**QUOTE, "lines": [{**line, "line_id": str(at)} for at, line in enumerate(LINES)]})


def test_both_sides_read_what_the_new_version_changed(issuer: Desk, receiver: Desk) -> None:
    quote = write(issuer, "quote", to=[receiver])
    assert 'id="changes"' not in page_of(receiver, quote)
    led_to(internally(issuer, quote, "revise"))
    led_to(edit(issuer, quote, do="save", **{"lines-1-unit_price": "61000"}))
    assert "61,000" in page_of(issuer, quote).split('id="next-changes"')[1]
    assert "61,000" not in page_of(receiver, quote)  # it is not sent yet
    led_to(edit(issuer, quote, reason="値下げしました", **{"lines-1-unit_price": "61000", "payment": "前払い"}))
    for desk in (issuer, receiver):
        shown = page_of(desk, quote).split('id="changes"')[1].split("</section>")[0]
        assert "<del>68,000</del>" in shown
        assert "<ins>61,000</ins>" in shown
        assert "<ins>前払い</ins>" in shown
        assert "冷蔵庫" not in shown
    assert 'id="changes"' not in receiver.get(f"/documents/{quote}?version=1").content.decode()


def test_lines_added_and_removed_are_told_as_such() -> None:
    fewer = BASE.model_copy(update={"lines": BASE.lines[:1]})
    assert [(change.before != "", change.after != "") for change in changes(BASE, fewer)] == [(True, False)] * 2
    assert [(change.before != "", change.after != "") for change in changes(fewer, BASE)] == [(False, True)] * 2


@given(
    st.lists(st.sampled_from(range(3)), unique=True, min_size=1),
    st.dictionaries(st.sampled_from(range(3)), st.decimals(1, 10**6, places=2), max_size=3),
)
def test_nothing_else_is_told_and_nothing_is_left_out(order: list[int], prices: dict[int, Decimal]) -> None:
    lines = [
        BASE.lines[place].model_copy(update={"unit_price": prices.get(place, BASE.lines[place].unit_price)})
        for place in order
    ]
    after = BASE.model_copy(update={"lines": tuple(lines)})
    told = changes(BASE, after)
    moved = {
        place for place in order if prices.get(place, BASE.lines[place].unit_price) != BASE.lines[place].unit_price
    }
    gone = set(range(3)) - set(order)
    assert len(told) == len(moved) + len(gone)
    assert {change.line for change in told} == {BASE.lines[place].description for place in moved | gone}
    assert not changes(after, after)
