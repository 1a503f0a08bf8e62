"""A buyer compares what three sellers offer and splits the purchase; nobody else sees the comparison."""

import csv
import io
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from tests.portal import edit, internally, led_to, page_of, state_of, view_of, write, write_from
from tests.world import Desk, count_queries, make_company, trade
from torihiki.exchange.models import Draft, OutboxMessage, PartyView
from torihiki.services.quotes.samples import PRICES

PRICED = {f"lines-{number}-unit_price": price for number, price in enumerate(PRICES)}
CHEAPER_TABLES = PRICED | {"lines-0-unit_price": "395000", "lines-1-unit_price": "60000"}


@pytest.fixture
def rival(receiver: Desk) -> Desk:
    desk = make_company("kaede", "かえで厨機株式会社", number="1010001000006")
    trade(receiver, desk)
    return desk


def comparison_of(desk: Desk, rfq: UUID, **query: str) -> Any:
    return desk.get(reverse("quotes-comparison", args=[rfq]), query)


def lines_of(page: Any) -> list[str]:
    return [row.line_id for row, _chosen, _choices in page.context["rows"]]


def award(desk: Desk, rfq: UUID, choices: dict[str, UUID], versions: dict[UUID, int]) -> Any:
    chosen = {f"line-{line}": str(quote) for line, quote in choices.items()}
    shown = {f"version-{quote}": str(number) for quote, number in versions.items()}
    return desk.post(reverse("quotes-award", args=[rfq]), {"do": "award", "key": "k", **chosen, **shown})


def test_the_purchase_is_split_line_by_line(receiver: Desk, issuer: Desk, rival: Desk, stranger: Desk) -> None:
    third = make_company("tsubaki", "つばき商会株式会社")
    trade(receiver, third)
    rfq = write(receiver, "rfq", to=[issuer, rival, third])
    assert "まだ見積書" in comparison_of(receiver, rfq).content.decode()
    first = write_from(issuer, "quote", rfq, **PRICED)
    second = write_from(rival, "quote", rfq, **CHEAPER_TABLES)
    dear = write_from(third, "quote", rfq, **PRICED | {"lines-2-unit_price": "900000"})
    for curious in (issuer, rival, third, stranger):
        for name in ("quotes-comparison", "quotes-comparison-csv"):
            assert curious.get(reverse(name, args=[rfq])).status_code == 404
    assert receiver.get(reverse("quotes-comparison", args=[first])).status_code == 404  # a quotation is no request

    page = comparison_of(receiver, rfq, choose="lowest")
    comparison = page.context["comparison"]
    assert [offer.document_id for offer in comparison.offers] == [first, second, dear]
    lowest = [[bool(cell and cell.lowest) for cell in row.cells] for row in comparison.rows]
    assert lowest == [[True, False, True], [False, True, False], [True, True, False]]
    assert comparison.lowest == min(offer.gross for offer in comparison.offers)
    lines = lines_of(page)
    assert [chosen for _row, chosen, _choices in page.context["rows"]] == [first, second, first]

    choices = {lines[0]: first, lines[1]: second, lines[2]: first}
    review = receiver.post(
        reverse("quotes-award", args=[rfq]),
        {"do": "review", **{f"line-{line}": str(quote) for line, quote in choices.items()}},
    )
    assert [amount for _offer, _rows, amount in review.context["shares"]] == [Decimal(890_000), Decimal(180_000)]
    assert state_of(receiver, first) == "sent"  # nothing is done by looking

    before = len(receiver.events())
    answer = award(receiver, rfq, choices, {first: 1, second: 1})
    assert answer.status_code == 302
    assert sorted(receiver.events()[before:]) == ["document.started"] * 2 + ["document.step"] * 2
    assert [state_of(receiver, quote) for quote in (first, second, dear)] == ["accepted", "accepted", "sent"]
    assert [state_of(desk, rfq) for desk in (receiver, issuer, rival, third)] == [
        "closed",
        "awarded",
        "awarded",
        "lost",
    ]
    with receiver.acting() as actor:
        told = OutboxMessage.objects.filter(company_id=actor.company, topic="document.lost")
        assert {message.target_id for message in told} == {third.company}
        drafts = list(Draft.objects.filter(sources__0__document__in=[str(first), str(second)]))
    assert sorted(len(draft.body["lines"]) for draft in drafts) == [1, 2]
    assert "業務用冷蔵庫" in page_of(issuer, first)
    assert "ステンレス作業台" in page_of(rival, second)
    for draft in drafts:
        led_to(edit(receiver, draft.document_id))
    assert view_of(issuer, _order_from(issuer, receiver)).amount_minor == 979_000

    again = award(receiver, rfq, choices, {first: 1, second: 1})
    assert again.status_code == 409


def _order_from(seller: Desk, _buyer: Desk) -> UUID:
    with seller.acting() as actor:
        found: UUID = PartyView.objects.get(company_id=actor.company, kind="order").document_id
        return found


def test_an_offer_that_changed_since_it_was_shown_is_not_accepted(receiver: Desk, issuer: Desk, rival: Desk) -> None:
    rfq = write(receiver, "rfq", to=[issuer, rival])
    first = write_from(issuer, "quote", rfq, **PRICED)
    second = write_from(rival, "quote", rfq, **PRICED)
    lines = lines_of(comparison_of(receiver, rfq))
    led_to(internally(rival, second, "revise"))
    led_to(edit(rival, second, reason="値上げ", **{"lines-0-unit_price": "999000"}))

    before = receiver.events()
    answer = award(receiver, rfq, {lines[0]: first, lines[1]: second}, {first: 1, second: 1})
    assert answer.status_code == 409
    assert [state_of(receiver, quote) for quote in (first, second)] == ["sent", "sent"]
    assert state_of(issuer, rfq) == "quoted"
    assert receiver.events() == [*before, "ledger.refused"]


def test_nothing_chosen_and_what_is_not_offered_are_refused(receiver: Desk, issuer: Desk, rival: Desk) -> None:
    rfq = write(receiver, "rfq", to=[issuer, rival])
    first = write_from(issuer, "quote", rfq, **PRICED)
    other = write_from(rival, "quote", write(receiver, "rfq", to=[rival]), **PRICED)
    line = lines_of(comparison_of(receiver, rfq))[0]
    assert award(receiver, rfq, {}, {}).status_code == 422
    assert award(receiver, rfq, {line: other}, {other: 1}).status_code == 409  # of another request
    assert award(receiver.viewer, rfq, {line: first}, {first: 1}).status_code == 403
    assert award(issuer, rfq, {line: first}, {first: 1}).status_code == 404
    assert state_of(receiver, first) == "sent"


def test_prices_that_do_not_compare_are_not_compared(receiver: Desk, issuer: Desk, rival: Desk) -> None:
    rfq = write(receiver, "rfq", to=[issuer, rival])
    write_from(issuer, "quote", rfq, **PRICED)
    write_from(rival, "quote", rfq, **PRICED, currency="USD")
    comparison = comparison_of(receiver, rfq, choose="lowest").context["comparison"]
    assert not comparison.comparable
    assert comparison.lowest is None
    assert not any(cell.lowest for row in comparison.rows for cell in row.cells if cell)


def test_as_many_queries_for_ten_sellers_as_for_two(receiver: Desk, issuer: Desk, rival: Desk) -> None:
    sellers = [issuer, rival, *(make_company(f"seller{number}", f"第{number}商会") for number in range(4))]
    for desk in sellers[2:]:
        trade(receiver, desk)
    few, many = write(receiver, "rfq", to=sellers[:2]), write(receiver, "rfq", to=sellers)
    for rfq, asked in ((few, sellers[:2]), (many, sellers)):
        for desk in asked:
            write_from(desk, "quote", rfq, **PRICED)
    pages = [reverse("quotes-comparison", args=[rfq]) for rfq in (few, many)]
    receiver.get(pages[0])
    assert count_queries(receiver, pages[1]) == count_queries(receiver, pages[0])


def test_the_comparison_as_csv(receiver: Desk, issuer: Desk, rival: Desk) -> None:
    rfq = write(receiver, "rfq", to=[issuer, rival])
    write_from(issuer, "quote", rfq, **PRICED)
    write_from(rival, "quote", rfq, **CHEAPER_TABLES)
    answer = receiver.get(reverse("quotes-comparison-csv", args=[rfq]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + 6
    assert {row[5] for row in rows[1:]} >= {"385000", "395000"}
