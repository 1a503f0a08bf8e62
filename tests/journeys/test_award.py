"""Two sellers quote, the buyer compares line by line and splits the purchase: an order for each, by clicks alone."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import AOBA, MINATO, NUMBER, in_days, open_paper, send, take_step
from tests.journeys.person import DESKTOP, PHONE, Person, Screen
from tests.journeys.test_story import ask_two_sellers, quote

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long"),
]


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", PHONE, id="ja-phone"), pytest.param("en", DESKTOP, id="en-desktop")],
)
def test_a_purchase_is_split_over_two_sellers(person: MakePerson, language: str, screen: Screen) -> None:
    buyer = person("hidamari-clerk", language=language, screen=screen)
    makers = person("minato-clerk", language=language, screen=screen)
    foods = person("aoba-clerk", language=language, screen=screen)

    request = ask_two_sellers(buyer)
    open_paper(buyer, request).press("Compare the quotations").sees(buyer.say("No quotation yet"))
    fridges = quote(makers, request, prices=("198000", "4500"), shows=["¥396,000", "¥135,000"])
    rice = quote(foods, request, prices=("230000", "4100"), shows=["¥460,000", "¥123,000"])

    open_paper(buyer, request).press("Compare the quotations")
    expect(buyer.page.locator("tbody").get_by_text(buyer.say("Lowest"), exact=True)).to_have_count(2)
    buyer.press("Award as chosen", status=422).sees(buyer.say("Choose a seller for at least one line."))
    buyer.press("the lowest price of each line")
    expect(buyer.page.locator("input:checked")).to_have_count(2)
    buyer.press("Award as chosen").sees(MINATO, AOBA, "¥396,000", "¥123,000")
    buyer.press("Accept and draft the orders").sees("2件" if language == "ja" else "2 orders were drafted.")

    for seller in (MINATO, AOBA):
        order_what_was_awarded(buyer, seller)
    open_paper(makers, fridges).sees(makers.say("Accepted", about="quote"), "業務用冷蔵庫")
    open_paper(foods, request).sees(foods.say("Awarded"))
    assert foods.fetch(fridges.path)[0] == 404
    assert makers.fetch(f"{request.path}/comparison")[0] == 404
    open_paper(foods, rice)


def test_a_revision_shows_what_it_changed(person: MakePerson) -> None:
    buyer, seller = person("hidamari-clerk"), person("minato-clerk")
    request = ask_two_sellers(buyer)
    offer = quote(seller, request, prices=("198000", "4500"), shows=["¥396,000"])
    open_paper(buyer, offer)
    take_step(buyer, "Ask for a revision", about="quote", reason="価格のご再考を。", now="Revision wanted")
    open_paper(seller, offer).press("Make a new version")
    seller.fill("lines-0-unit_price", "189000").fill("reason", "値下げしました。")
    send(seller)
    open_paper(buyer, offer)
    for text in ("198,000", "189,000"):
        expect(buyer.page.locator("#changes")).to_contain_text(text)


def order_what_was_awarded(buyer: Person, seller: str) -> None:
    buyer.visit("/drafts")
    buyer.leave(buyer.page.locator("main tr", has_text=seller).get_by_role("link").first.click)
    buyer.fill("requested_on", in_days(30))
    send(buyer)
    assert NUMBER.search(buyer.page.locator("h1").inner_text()), seller
