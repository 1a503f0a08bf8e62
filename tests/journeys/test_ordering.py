"""From the order to the invoice of what was accepted: a change agreed, two deliveries, a difference, all by clicks."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import (
    MINATO,
    Paper,
    from_the_list,
    in_days,
    open_paper,
    send,
    start_new,
    take_step,
    type_line,
)
from tests.journeys.person import DESKTOP, PHONE, Person, Screen

pytestmark = pytest.mark.heavy
LONG = pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long")

TABLE = {"description": "作業台 900mm", "quantity": "10", "unit": "台", "unit_price": "52000"}
SHELF = {"description": "吊戸棚 1200mm", "quantity": "4", "unit": "台", "unit_price": "31000"}


@pytest.mark.parametrize(
    ("language", "screen"),
    [
        pytest.param("ja", PHONE, id="ja-phone"),
        pytest.param("en", DESKTOP, id="en-desktop"),
        pytest.param("ja", DESKTOP, id="ja-desktop", marks=LONG),
        pytest.param("en", PHONE, id="en-phone", marks=LONG),
    ],
)
def test_an_order_is_delivered_in_parts_and_billed_as_accepted(
    person: MakePerson, language: str, screen: Screen
) -> None:
    buyer = person("hidamari-clerk", language=language, screen=screen)
    seller = person("minato-clerk", language=language, screen=screen)

    order = give_an_order(buyer)
    response = answer_with_fewer(seller, order)
    from_the_list(buyer, "/", order).sees(buyer.say("Change proposed"))
    take_step(buyer, "Agree to the changes", about="order", now="Confirmed")

    first = deliver(seller, order, offered=("8", "4"), quantities=("5", "4"))
    second = deliver(seller, order, offered=("3",), quantities=("3",))
    damaged = accept_with_a_difference(buyer, first)
    from_the_list(seller, "/", damaged).sees("角がへこんでいます")
    take_step(seller, "Agree to the differences", about="acceptance", now="Final")
    open_paper(buyer, second).press("Make an acceptance certificate")
    whole = send(buyer)

    invoice = bill(seller, damaged, quantities=("4", "4"))
    from_the_list(buyer, "/inbox", invoice)
    take_step(buyer, "Accept", about="invoice", now="Accepted")
    open_paper(buyer, order).sees(response.number, first.number, second.number)

    everything = (order, response, first, second, damaged, whole, invoice)
    stranger = person("sato", language=language, screen=screen)
    for paper in everything:
        status, content, _headers = buyer.fetch(f"{paper.path}/pdf")
        assert (status, content[:5]) == (200, b"%PDF-"), paper
        assert stranger.fetch(paper.path)[0] == 404
        assert stranger.fetch(f"{paper.path}/pdf")[0] == 404


def give_an_order(buyer: Person) -> Paper:
    start_new(buyer, "Order", MINATO)
    buyer.fill("subject", "厨房備品の追加").fill("delivery_place", "東京都中央区銀座9-9-9")
    buyer.fill("requested_on", in_days(20))
    type_line(buyer, 0, TABLE)
    type_line(buyer, 1, SHELF)
    expect(buyer.page.locator("#sums")).to_contain_text("¥644,000")
    return send(buyer)


def answer_with_fewer(seller: Person, order: Paper) -> Paper:
    """Everything stands there as ordered; only what differs is typed."""
    from_the_list(seller, "/inbox", order).press("Answer the order")
    seller.choose("lines-0-answer", "change")
    seller.fill("lines-0-quantity", "8").fill("lines-0-reason", "在庫が8台のため")
    return send(seller)


def deliver(seller: Person, order: Paper, *, offered: tuple[str, ...], quantities: tuple[str, ...]) -> Paper:
    """What is open stands there already."""
    open_paper(seller, order).press("Make a delivery note")
    for number, (open_quantity, quantity) in enumerate(zip(offered, quantities, strict=True)):
        expect(seller.named(f"lines-{number}-quantity")).to_have_value(open_quantity)
        seller.fill(f"lines-{number}-quantity", quantity)
    return send(seller)


def accept_with_a_difference(buyer: Person, delivery: Paper) -> Paper:
    from_the_list(buyer, "/inbox", delivery).press("Make an acceptance certificate")
    buyer.fill("lines-0-quantity", "4").fill("lines-0-rejected", "1")
    buyer.choose("lines-0-difference", "damaged")
    buyer.fill("lines-0-remark", "角がへこんでいます")
    return send(buyer)


def bill(seller: Person, acceptance: Paper, *, quantities: tuple[str, ...]) -> Paper:
    open_paper(seller, acceptance).press("Make an invoice")
    for number, quantity in enumerate(quantities):
        expect(seller.named(f"lines-{number}-quantity")).to_have_value(quantity)
    return send(seller)
