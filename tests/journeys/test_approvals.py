"""A route through two people: kept by an administrator, taken by an order, approved one after the other."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import AOBA, start_new, type_line
from tests.journeys.person import DESKTOP, PHONE, Screen

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long"),
]


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", DESKTOP, id="ja-desktop"), pytest.param("en", PHONE, id="en-phone")],
)
def test_a_route_through_two_people(person: MakePerson, language: str, screen: Screen) -> None:
    administrator = person("hidamari", language=language, screen=screen)
    approver = person("hidamari-approver", language=language, screen=screen)
    name = approver.visit("/profile").page.locator("[name=name]").input_value()
    administrator.visit("/company/approvals").press("Add a route")
    page = administrator.page
    administrator.fill("name", f"高額発注 {language}")
    page.locator('[name="kinds"][value="order"]').check()
    administrator.fill("amount_from", "500000")
    administrator.fill("steps-0-name", "店長")
    administrator.choose("steps-0-approvers", "members")
    page.locator("details.more > summary").first.click()
    page.get_by_role("group").get_by_label(name, exact=True).first.check()
    administrator.press("Add a step")
    administrator.fill("steps-1-name", "本部")
    administrator.fill("steps-1-hours", "24")
    administrator.press("Save").sees(f"高額発注 {language}", "店長", "本部")
    trial = page.locator("#trial")
    trial.locator("[name=kind]").select_option("order")
    trial.locator("[name=amount]").fill("600000")
    administrator.leave(trial.get_by_role("button").click)
    expect(page.locator("#trial")).to_contain_text(f"高額発注 {language}")

    clerk = person("hidamari-clerk", language=language, screen=screen)
    start_new(clerk, "Order", AOBA)
    clerk.fill("delivery_place", "横浜市中区山下町1")
    type_line(clerk, 0, {"description": "業務用オーブン", "quantity": "1", "unit_price": "400000"})
    expect(clerk.page.locator("#go")).to_contain_text(clerk.say("Send"))
    clerk.fill("lines-0-quantity", "2")
    expect(clerk.page.locator("#go")).to_contain_text(f"高額発注 {language}")
    clerk.press("Submit for approval").sees("店長", "本部")
    where = clerk.path
    administrator.visit("/approvals")
    assert administrator.page.locator(f'a[href="{where}"]').count() == 0, "not the administrator's turn"

    approver.visit("/approvals")
    approver.page.locator(f'tr:has(a[href="{where}"]) [name=chosen]').check()
    approver.press("Approve what is ticked")
    administrator.visit("/approvals")
    administrator.leave(administrator.page.locator(f'main a[href="{where}"]').click)
    administrator.page.get_by_text(administrator.say("Add a comment")).click()
    administrator.fill("comment", "予算内です")
    administrator.press("Approve").sees("予算内です", name)
    clerk.visit("/approvals?of=own")
    clerk.visit(where).sees("予算内です")
    clerk.press("Send")

    administrator.visit("/company/approvals")
    row = administrator.page.locator("tr", has_text=f"高額発注 {language}")
    administrator.leave(row.get_by_role("button", name=administrator.say("Switch off")).click)
