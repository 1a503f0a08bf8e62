"""Who may come in: a colleague by mail, a new company by mail, and nobody who was shut out; the log has it all."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import from_the_list, send, start_new, take_step, type_line
from tests.journeys.person import DESKTOP, PHONE, Screen
from tests.journeys.platform import Platform

pytestmark = pytest.mark.heavy

PASSWORD = "Journey-2026"
VASE = {"description": "花瓶", "quantity": "2", "unit": "個", "unit_price": "4800"}


def test_a_colleague_comes_by_mail_and_is_shut_out_at_once(person: MakePerson, platform: Platform) -> None:
    chief, newcomer = person("minato"), person()
    chief.visit("/members").press("Invite a member")
    chief.fill("name", "新人 花").fill("email", "hana@minato.example").press("Send the invitation")
    mail = platform.wait_for_mail("hana@minato.example", "みなと厨房機器株式会社")

    newcomer.visit(urlsplit(mail["links"][0]).path)
    newcomer.fill("login_id", "hana-minato").fill("password", PASSWORD).fill("repeated", PASSWORD).press("Join")
    assert newcomer.path == "/"
    again = person()
    again.visit(urlsplit(mail["links"][0]).path, status=404)  # the link worked once
    again.visit("/sign-in").give_password("hana-minato", PASSWORD)
    assert again.path == "/"

    chief.visit("/members").follow("新人 花").press("Suspend")
    newcomer.visit("/inbox")
    assert newcomer.path == "/sign-in", "the very next request is refused"
    again.visit("/sign-in").fill("login_id", "hana-minato").fill("password", PASSWORD)
    again.press("Sign in", status=403)
    chief.visit("/audit").sees("hana@minato.example")


@pytest.mark.parametrize(
    ("language", "screen", "key", "name"),
    [("ja", DESKTOP, "hanaya", "花屋はなだ"), ("en", PHONE, "florist", "花屋さくら")],
    ids=["ja-desktop", "en-phone"],
)
def test_a_company_is_invited_registers_and_trades_at_once(
    person: MakePerson, platform: Platform, language: str, screen: Screen, key: str, name: str
) -> None:
    inviter, florist = person("hidamari"), person(language=language, screen=screen)
    inviter.visit("/partners").press("Invite a partner")
    inviter.fill("email", f"shop@{key}.example").fill("message", "お花の仕入れをお願いします。")
    inviter.press("Send the invitation").sees(f"shop@{key}.example")
    mail = platform.wait_for_mail(f"shop@{key}.example", "お花の仕入れをお願いします。")

    florist.visit(urlsplit(mail["links"][0]).path).sees("お花の仕入れをお願いします。")
    florist.fill("company_name", name).fill("name", "花田 咲").fill("login_id", key)
    florist.fill("password", PASSWORD).fill("repeated", PASSWORD)
    florist.press("Register and accept")
    florist.sees("株式会社ひだまりダイニング")

    start_new(florist, "Quotation", "株式会社ひだまりダイニング")
    type_line(florist, 0, VASE)
    offer = send(florist)
    buyer = person("hidamari-clerk")
    from_the_list(buyer, "/inbox", offer).sees(name, VASE["description"])
    take_step(buyer, "Accept", about="quote", now="Accepted")
    florist.visit(offer.path)
    expect(florist.page.locator(".page-status")).to_contain_text(florist.say("Accepted"))


def test_trade_stops_while_it_is_suspended_and_goes_on_afterwards(person: MakePerson) -> None:
    buyer, seller = person("hidamari"), person("sato")
    buyer.visit("/partners").follow("佐藤デザイン事務所").press("Suspend trade")
    start_new(seller, "Quotation", "株式会社ひだまりダイニング")
    type_line(seller, 0, VASE)
    seller.press("Send", status=422)
    expect(seller.named("lines-0-description")).to_have_value(VASE["description"])
    buyer.visit("/partners").follow("佐藤デザイン事務所").press("Resume trade")
    send(seller)
