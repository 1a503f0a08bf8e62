"""A colleague acts in another's stead, and an administrator looks with a member's eyes."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.person import DESKTOP, PHONE, Screen

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long"),
]


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", PHONE, id="ja-phone"), pytest.param("en", DESKTOP, id="en-desktop")],
)
def test_acting_in_anothers_stead(person: MakePerson, language: str, screen: Screen) -> None:
    giver = person("aoba-approver", language=language, screen=screen)
    giver.visit("/profile/delegations")
    if giver.path == "/prove":  # signed in a while ago
        giver.fill("present", giver.platform.password)
        giver.leave(giver.page.locator("main form button.is-primary").click)
    taker = person("aoba-clerk", language=language, screen=screen)
    name = taker.visit("/profile").page.locator("[name=name]").input_value()
    giver.page.get_by_label(giver.say("Who acts")).select_option(label=name)
    giver.fill("starts_on", date.today().isoformat())
    giver.fill("ends_on", (date.today() + timedelta(days=7)).isoformat())
    giver.page.locator('[name="scope-invoices"][value="approve"]').check()
    giver.press("Save").sees(name)
    taker.visit("/").sees(taker.say("What you do by that shows both names."))
    taker.visit("/profile/delegations")
    if taker.path == "/prove":
        taker.fill("present", taker.platform.password)
        taker.leave(taker.page.locator("main form button.is-primary").click)
    end = taker.page.locator("form[action$='/end'] button").first
    taker.leave(end.click)
    taker.visit("/").does_not_see(taker.say("What you do by that shows both names."))


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", DESKTOP, id="ja-desktop"), pytest.param("en", PHONE, id="en-phone")],
)
def test_seeing_as_a_member(person: MakePerson, language: str, screen: Screen) -> None:
    administrator = person(language=language, screen=screen)
    administrator.visit("/sign-in").give_password("aoba")
    administrator.visit("/profile/sessions").sees("Chrome")
    administrator.visit("/members")
    administrator.leave(administrator.page.locator("main tbody a").nth(1).click)
    administrator.press("See as this member")
    bar = administrator.page.locator(".bar.is-warning")
    expect(bar).to_be_visible()
    administrator.visit("/outbox")
    expect(bar).to_be_visible()
    assert administrator.fetch("/profile")[0] == 403
    administrator.visit("/outbox")
    administrator.leave(bar.get_by_role("button").click)
    expect(bar).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", DESKTOP, id="ja-desktop"), pytest.param("en", PHONE, id="en-phone")],
)
def test_handing_over_the_work(person: MakePerson, language: str, screen: Screen) -> None:
    """A clerk takes a document on; the administrator gives all of the clerk's work to a colleague, and undoes it."""
    clerk = person("aoba-clerk", language=language, screen=screen)
    name = clerk.visit("/profile").page.locator("[name=name]").input_value()
    clerk.visit("/?charge=nobody").visit("/outbox")
    clerk.leave(clerk.page.locator("main tbody a").first.click)
    if clerk.page.get_by_role("button", name=clerk.say("Take it on")).count():
        clerk.press("Take it on")
    clerk.sees(name)
    clerk.visit("/outbox?charge=me").sees(name)

    administrator = person(language=language, screen=screen)
    administrator.visit("/sign-in").give_password("aoba")
    administrator.visit("/members")
    administrator.leave(administrator.page.get_by_role("link", name=name).click)
    administrator.leave(administrator.page.get_by_role("link", name=administrator.say("Hand over the work")).click)
    administrator.page.locator("[name=taker]").select_option(index=1)
    administrator.leave(administrator.page.locator("main form button.is-primary").click)
    administrator.sees(administrator.say("Handed over before"))
    administrator.press("Undo").sees(administrator.say("Undone"))


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", PHONE, id="ja-phone"), pytest.param("en", DESKTOP, id="en-desktop")],
)
def test_a_member_of_one_unit(person: MakePerson, language: str, screen: Screen) -> None:
    """The administrator limits a clerk to a unit, gives it a document, and takes the limit back."""
    boss = person(language=language, screen=screen)
    boss.visit("/sign-in").give_password("aoba")
    boss.visit("/units/new").fill("name", f"駅前店 {language}")
    boss.leave(boss.page.locator("main form button.is-primary").click)
    clerk = person("aoba-clerk", language=language, screen=screen)
    name = clerk.visit("/profile").page.locator("[name=name]").input_value()
    boss.visit("/members")
    boss.leave(boss.page.get_by_role("link", name=name).click)
    place = boss.path
    before = boss.named("unit").input_value()
    boss.named("unit").select_option(label=f"駅前店 {language}")
    boss.page.locator("[name=unit_only]").check()
    boss.press("Save").sees(boss.say("only this unit's documents"))
    boss.visit(f"{place}/rights")
    assert clerk.visit("/outbox").page.locator("main tbody a").count() == 0
    boss.visit("/outbox")
    boss.leave(boss.page.locator("main tbody a").first.click)
    document = boss.path
    boss.visit(f"{document}/charge")
    chosen = boss.named("unit").input_value()
    boss.named("unit").select_option(label=f"駅前店 {language}")
    boss.leave(boss.page.locator(f"form[action='{document}/unit'] button").click)
    boss.sees(f"駅前店 {language}")
    clerk.visit(document)
    boss.visit(f"{document}/charge").named("unit").select_option(value=chosen)
    boss.leave(boss.page.locator(f"form[action='{document}/unit'] button").click)
    boss.visit(place).page.locator("[name=unit_only]").uncheck()
    boss.named("unit").select_option(value=before)
    boss.press("Save")
