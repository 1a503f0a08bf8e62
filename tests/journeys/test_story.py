"""From the request to the credit note: three companies deal with each other, each at its own screen, by clicks alone.

A fourth company, and the seller who did not get the order, see nothing of what is not theirs.
"""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import (
    AOBA,
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
from tests.journeys.platform import Platform

pytestmark = pytest.mark.heavy
LONG = pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long")

FRIDGE = {"description": "業務用冷蔵庫 2ドア", "quantity": "2", "unit": "台"}
RICE = {"description": "無洗米 10kg", "quantity": "30", "unit": "袋"}


@pytest.mark.parametrize(
    ("language", "screen"),
    [
        pytest.param("ja", DESKTOP, id="ja-desktop"),
        pytest.param("en", PHONE, id="en-phone"),
        pytest.param("ja", PHONE, id="ja-phone", marks=LONG),
        pytest.param("en", DESKTOP, id="en-desktop", marks=LONG),
    ],
)
def test_a_request_becomes_a_paid_invoice(
    person: MakePerson, platform: Platform, language: str, screen: Screen
) -> None:
    buyer = person("hidamari-clerk", language=language, screen=screen)
    winner = person("minato-clerk", language=language, screen=screen)
    loser = person(language=language, screen=screen)

    request = ask_two_sellers(buyer)
    come_by_mail(loser, platform, "aoba-clerk", request)
    take_step(loser, "Ask a question", about="request", reason="納品は一括でしょうか。", now="Question asked")
    answer_the_question(buyer, request)

    cheap = quote(winner, request, prices=("198000", "4100"), shows=["¥396,000", "¥123,000"])
    dear = quote(loser, request, prices=("230000", "4500"), shows=["¥460,000", "¥135,000"])
    neither_seller_sees_the_other(winner, loser, request, cheap, dear)

    from_the_list(buyer, "/", cheap)
    take_step(buyer, "Ask for a revision", about="quote", reason="冷蔵庫は3台でお願いします。", now="Revision wanted")
    platform.wait_for_mail("minato-clerk@minato.example", cheap.number)
    revise(winner, cheap)
    open_paper(buyer, cheap).sees(buyer.say("Version %(n)s of %(all)s", n=2, all=2))
    take_step(buyer, "Accept", about="quote", now="Accepted")
    open_paper(winner, request).sees(winner.say("Awarded"))
    open_paper(loser, request).sees(loser.say("Not awarded"))

    invoice = bill(winner, cheap)
    come_by_mail(person(language=language, screen=screen), platform, "hidamari-clerk", invoice)
    open_paper(buyer, invoice)
    take_step(buyer, "Ask the issuer", about="invoice", reason="納品書の番号を教えてください。", now="In query")
    open_paper(winner, invoice)
    take_step(winner, "Answer", about="invoice", reason="納品書は第1182号です。", now="Issued")
    from_the_list(buyer, "/", invoice).sees("納品書は第1182号です。")
    take_step(buyer, "Accept", about="invoice", now="Accepted")

    credit_note = give_one_back(winner, invoice)
    from_the_list(buyer, "/inbox", credit_note)
    take_step(buyer, "Accept", about="invoice", now="Accepted")
    open_paper(winner, credit_note).sees(winner.say("Accepted", about="invoice"), invoice.number)

    nobody_else_sees_any(person("sato", language=language, screen=screen), loser, cheap, invoice, credit_note)
    nobody_else_sees_any(person("sato", language=language, screen=screen), None, request, dear)


def ask_two_sellers(buyer: Person) -> Paper:
    """From the first page: whom, what, by when."""
    start_new(buyer, "Request for quotation")
    for name in (AOBA, MINATO):
        buyer.page.get_by_role("checkbox", name=name).check()
    buyer.press("Continue")
    buyer.fill("subject", "新店舗の備品").fill("delivery_place", "東京都中央区銀座9-9-9")
    buyer.fill("reply_by", in_days(14))
    type_line(buyer, 0, FRIDGE)
    type_line(buyer, 1, RICE)
    return send(buyer)


def come_by_mail(seller: Person, platform: Platform, login_id: str, paper: Paper) -> None:
    """The mail's link asks for the password, then shows the very document."""
    mail = platform.wait_for_mail(f"{login_id}@{login_id.partition('-')[0]}.example", paper.number)
    link = urlsplit(mail["links"][0])
    assert link.netloc == urlsplit(platform.url).netloc
    assert link.path == paper.path
    seller.visit(link.path)
    assert seller.path == "/sign-in"
    seller.give_password(login_id)
    assert seller.path == paper.path
    seller.sees(paper.number)


def answer_the_question(buyer: Person, request: Paper) -> None:
    from_the_list(buyer, "/", request)
    buyer.sees("納品は一括でしょうか。")
    buyer.press("Answer the question", named=AOBA)
    buyer.fill("reason", "一括でお願いします。").press("Answer the question")
    buyer.sees(buyer.say("Sent", about="request"))


def quote(seller: Person, request: Paper, *, prices: tuple[str, str], shows: list[str]) -> Paper:
    """Nothing is typed twice: only the prices are missing; the second line is food, at the reduced rate."""
    from_the_list(seller, "/inbox", request)
    seller.press("Make a quotation")
    for number, (line, price) in enumerate(zip((FRIDGE, RICE), prices, strict=True)):
        expect(seller.named(f"lines-{number}-description")).to_have_value(line["description"])
        seller.fill(f"lines-{number}-unit_price", price)
    seller.choose("lines-1-tax_category", "AA")
    sums = seller.page.locator("#sums")
    for amount in shows:  # per rate: each line is alone in its rate
        expect(sums).to_contain_text(amount)
    return send(seller)


def revise(seller: Person, paper: Paper) -> None:
    from_the_list(seller, "/", paper).sees("冷蔵庫は3台でお願いします。")
    seller.press("Make a new version")
    seller.fill("lines-0-quantity", "3").fill("reason", "冷蔵庫を3台にしました。")
    expect(seller.page.locator("#sums")).to_contain_text("¥594,000")
    assert send(seller) == paper


def bill(seller: Person, quotation: Paper) -> Paper:
    open_paper(seller, quotation).press("Make an invoice")
    expect(seller.named("lines-0-quantity")).to_have_value("3")
    return send(seller)


def give_one_back(seller: Person, invoice: Paper) -> Paper:
    """A credit note begins as the whole invoice turned round; here only one fridge comes back."""
    open_paper(seller, invoice).press("Make a credit note")
    seller.fill("lines-0-quantity", "1" if not seller.named("lines-0-quantity").input_value().startswith("-") else "-1")
    seller.page.locator("[data-line]").nth(1).locator("[data-line-remove]").click()
    return send(seller)


def neither_seller_sees_the_other(winner: Person, loser: Person, request: Paper, cheap: Paper, dear: Paper) -> None:
    """Two sellers who were asked the same: no name, no price, no document of the other, not even by its address."""
    for seller, other, others in ((winner, AOBA, dear), (loser, MINATO, cheap)):
        open_paper(seller, request).does_not_see(other)
        seller.visit(others.path, status=404)
        for more in ("/pdf", "/json", "/edit", "/steps/accept"):
            assert seller.fetch(others.path + more)[0] == 404
        if others.number != cheap.number or dear.number != cheap.number:
            seller.visit(f"/search?q={others.number}").does_not_see(others.path)


def nobody_else_sees_any(stranger: Person, competitor: Person | None, *papers: Paper) -> None:
    for outsider in filter(None, (stranger, competitor)):
        for paper in papers:
            assert outsider.fetch(paper.path)[0] == 404
            assert outsider.fetch(paper.path + "/pdf")[0] == 404
        outsider.visit(papers[0].path, status=404).does_not_see(papers[0].number)
