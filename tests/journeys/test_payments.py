"""From what is owed to the bank's file and from the bank's statement to nothing open, at the demo's restaurants and
their wholesaler."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.person import DESKTOP, PHONE, Screen
from torihiki.lib.zengin import read_order

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long"),
]
BOTH = pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", DESKTOP, id="ja-desktop"), pytest.param("en", PHONE, id="en-phone")],
)


@BOTH
def test_paying_the_suppliers(person: MakePerson, language: str, screen: Screen) -> None:
    clerk = person("hidamari-clerk", language=language, screen=screen)
    approver = person("hidamari-approver", language=language, screen=screen)
    clerk.visit("/payments?due_to=2099-12-31")
    for place in ("/payments/transfers", "/payments/accounts", "/payments/ageing", "/payments/ageing?side=buyer"):
        clerk.visit(place)
    waiting = clerk.visit("/payments/transfers").page.locator("tr", has_text=clerk.say("Waiting for release"))
    if not waiting.count():
        clerk.visit("/payments?due_to=2099-12-31")
        clerk.page.locator("[name=document]").first.check()
        clerk.press("Prepare transfers")
    else:
        clerk.leave(waiting.first.get_by_role("link").first.click)
    run = clerk.path
    assert clerk.page.get_by_role("button", name=clerk.say("Release"), exact=True).count() == 0, "another person does"
    approver.visit(run).press("Release").sees(approver.say("Released"))
    clerk.visit(run)
    with clerk.page.expect_download() as download:
        clerk.page.get_by_role("button", name=clerk.say("Download the file for the bank")).click()
    order = read_order(download.value.path().read_bytes(), year=date.today().year)
    assert order.transfers
    clerk.visit(run).press("The bank has paid").sees(clerk.say("Executed"))
    paid = clerk.page.locator('main td a[href^="/documents/"]').first.get_attribute("href")
    clerk.visit(str(paid))
    expect(clerk.page.locator("#payment")).to_contain_text(clerk.say("Paid"))


@BOTH
def test_matching_what_came_in(person: MakePerson, language: str, screen: Screen) -> None:
    clerk = person("aoba-clerk", language=language, screen=screen)
    clerk.visit("/payments/receipts?show=all").visit("/payments/receipts")
    unknown = clerk.page.locator("tr", has_text=clerk.say("Unknown payer"))
    expect(unknown.first).to_be_visible()
    matches = clerk.page.locator("main tbody form button")
    before = matches.count()
    assert before, "the demo leaves something to match"
    clerk.leave(matches.first.click)
    clerk.sees(clerk.say("Matched."))
    clerk.visit("/payments/receipts?show=all")
    clerk.leave(clerk.page.locator("tr", has_text=clerk.say("Matched")).first.get_by_role("link").first.click)
    clerk.fill("reason", "確認のため")
    clerk.press("Undo the match").sees(clerk.say("undone"))
    clerk.press("Match").sees(clerk.say("Matched."))
    clerk.visit("/payments/ageing")
    clerk.leave(clerk.page.locator("main tbody a").first.click)
