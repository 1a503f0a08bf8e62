"""Clause 2-7: one's own colour and pattern before the password is typed, on one's own browsers alone."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD
from torihiki.identity.models import Account
from torihiki.identity.policies import PasswordPolicy, TwoStepPolicy
from torihiki.identity.tests.deciding import clock, decide
from torihiki.identity.theme.colours import COLOURS
from torihiki.identity.theme.device import THEMES
from torihiki.identity.theme.patterns import PATTERNS
from torihiki.identity.theme.themes import Theme
from torihiki.ledger.models import Entry

__all__ = ["clock"]

WAVES = {"pattern": "seigaiha", "colour": "ruri"}
WAVES_SHOWN = "青海波・瑠璃"
FEATHERS = {"pattern": "yagasuri", "colour": "shu"}
FEATHERS_SHOWN = "矢絣・朱"
REMINDER = "この端末にはログイン画面のテーマがありません"


def choose(desk, theme, do="save"):
    response = desk.post("/profile/theme", {**theme, "do": do})
    assert response.status_code == 302
    return response


def sign_in(desk, browser=None, **headers):
    """By the page, as people do."""
    browser = browser or new_browser()
    data = {"login_id": desk.login_id, "password": PASSWORD, "next": "/"}
    return browser, browser.post("/sign-in", data, secure=True, **headers)


def new_browser():
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    return browser


def shown(browser, path="/sign-in", **headers):
    """The names of the themes on a page, in their order; each is drawn there, and a page without one says so."""
    response = browser.get(path, secure=True, **headers)
    assert response.status_code == 200, path
    return themes_in(response)


def themes_in(response):
    page = response.content.decode()
    names = re.findall(r"<figure class=\"theme\"><svg .*?</svg><figcaption>(.*?)</figcaption>", page)
    assert page.count("theme-band") == len(names)
    assert bool(names) != (REMINDER in page)
    return names


def theme_cookies(browser):
    return {name: morsel for name, morsel in browser.cookies.items() if name.startswith(THEMES.prefix) and morsel.value}


def test_a_chosen_theme_is_on_this_device_at_once_and_stays_after_signing_out(issuer):
    assert issuer.client.get("/profile/theme", secure=True).status_code == 200
    choose(issuer, WAVES)
    issuer.post("/sign-out")
    assert shown(issuer.client) == [WAVES_SHOWN]
    assert shown(new_browser()) == []
    assert issuer.events()[-2:] == ["identity.theme_changed", "identity.signed_out"]


def test_a_device_learns_it_by_a_whole_sign_in_only(issuer):
    choose(issuer.clerk, WAVES)
    decide(issuer, TwoStepPolicy(mode="required"))
    browser, response = sign_in(issuer.clerk)
    assert response["Location"] == "/sign-in/code"
    assert not theme_cookies(browser), "the password alone shows no theme to whoever stole it"
    assert shown(browser, "/sign-in/code") == []
    decide(issuer, TwoStepPolicy())
    browser, response = sign_in(issuer.clerk)
    assert response["Location"] == "/"
    browser.post("/sign-out", secure=True)
    assert shown(browser) == [WAVES_SHOWN]


def test_other_devices_follow_at_their_next_sign_in(issuer):
    choose(issuer, WAVES)
    other, _response = sign_in(issuer)
    choose(issuer, FEATHERS)
    other.post("/sign-out", secure=True)
    assert shown(other) == [WAVES_SHOWN]
    sign_in(issuer, other)
    other.post("/sign-out", secure=True)
    assert shown(other) == [FEATHERS_SHOWN]
    choose(issuer, {}, do="remove")
    issuer.post("/sign-out")
    assert shown(issuer.client) == []
    sign_in(issuer, other)
    assert not theme_cookies(other)


def test_who_types_a_login_id_learns_nothing_of_its_theme(issuer):
    """The page is the same for a login id with a theme, one without, and none, on a device with a theme and without."""
    choose(issuer, WAVES)
    for browser, expected in ((new_browser(), []), (issuer.client, [WAVES_SHOWN])):
        if expected:
            issuer.post("/sign-out")
        assert shown(browser) == expected
        pages = set()
        for login_id in (issuer.login_id, issuer.clerk.login_id, "nobody-at-all"):
            wrong = {"login_id": login_id, "password": "Wrong-2026", "next": "/"}
            response = browser.post("/sign-in", wrong, secure=True)
            assert themes_in(response) == expected
            page = response.content.decode().replace(login_id, "")
            pages.add(re.sub(r'csrfmiddlewaretoken" value="\w+', "", page))
        assert len(pages) == 1


def test_the_cookie_goes_to_this_host_alone_and_names_nobody(issuer):
    response = choose(issuer, WAVES)
    (name, morsel) = next(iter(theme_cookies(issuer.client).items()))
    assert name.startswith("__Host-")
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (
        True,
        True,
        "Lax",
        "/",
        "",
    )
    assert morsel["max-age"] == 400 * 24 * 3600
    for said in (name, morsel.value):
        assert issuer.login_id not in said
        assert str(issuer.actor.account) not in said
        assert issuer.actor.account.hex not in said
    assert response["Location"] == "/profile/theme", "no address tells a theme"


@pytest.mark.parametrize("forgery", ["theme", "moment", "account", "unsigned", "long", "letters", "gone"])
def test_a_forged_cookie_shows_nothing(issuer, forgery):
    account, theme, now = issuer.actor.account, Theme(PATTERNS["seigaiha"], COLOURS["ruri"]), timezone.now()
    name, value = THEMES.name(account), THEMES.value(account, theme.code, at=now)
    said, moment, signature = value.split(".")
    browser = new_browser()
    browser.cookies[name] = value
    assert shown(browser) == [WAVES_SHOWN]
    browser.cookies[name] = {
        "theme": f"yagasuri-shu.{moment}.{signature}",
        "moment": f"{said}.{int(moment) + 1}.{signature}",
        "account": THEMES.value(issuer.clerk.actor.account, theme.code, at=now),
        "unsigned": f"{said}.{moment}.",
        "long": value + "A" * 1000,
        "letters": "é.1.é",
        "gone": THEMES.value(account, theme.code, at=now - timedelta(days=401)),
    }[forgery]
    assert shown(browser) == []


def test_it_is_too_old_after_400_days_and_new_again_with_each_sign_in(issuer, clock):
    choose(issuer, WAVES)
    browser, _response = sign_in(issuer)
    clock.pass_by(days=399)
    assert shown(browser) == [WAVES_SHOWN]
    sign_in(issuer, browser)
    browser.post("/sign-out", secure=True)
    clock.pass_by(days=399)
    assert shown(browser) == [WAVES_SHOWN]
    clock.pass_by(days=2)
    assert shown(browser) == []


def test_several_people_at_one_device_see_theirs_the_last_one_first(issuer, clock):
    people = [issuer, issuer.clerk, issuer.approver, issuer.viewer]
    colours = {"ruri": "瑠璃", "shu": "朱", "kinari": "生成り", "nanohana": "菜の花"}
    browser = new_browser()
    for person, colour in zip(people, colours, strict=True):
        choose(person, {"pattern": "kikko", "colour": colour})
        clock.pass_by(minutes=1)
        sign_in(person, browser)
        browser.post("/sign-out", secure=True)
    assert shown(browser) == [f"亀甲・{name}" for name in reversed(list(colours.values())[1:])]
    assert len(theme_cookies(browser)) == THEMES.kept_max
    clock.pass_by(minutes=1)
    sign_in(issuer.clerk, browser)
    assert browser.post("/profile/theme", {"do": "forget"}, secure=True).status_code == 302
    browser.post("/sign-out", secure=True)
    assert shown(browser) == []
    with issuer.viewer.acting():
        assert Account.objects.get().sign_in_theme == "kikko-nanohana", "the device forgets, the person does not"


def test_only_a_page_in_its_own_window_shows_it(issuer):
    choose(issuer, WAVES)
    issuer.post("/sign-out")
    assert shown(issuer.client, HTTP_SEC_FETCH_DEST="document", HTTP_SEC_FETCH_SITE="cross-site") == [WAVES_SHOWN]
    for elsewhere in ("iframe", "frame", "embed", "object", "image", "script", "style", "empty"):
        page = issuer.client.get("/sign-in", secure=True, HTTP_SEC_FETCH_DEST=elsewhere).content.decode()
        assert "theme-band" not in page, elsewhere
        assert WAVES_SHOWN not in page, elsewhere


def test_every_page_on_the_way_in_shows_it(issuer, clock):
    choose(issuer, WAVES)
    browser, _response = sign_in(issuer)
    clock.pass_by(minutes=11)
    pages = [browser.get("/prove", secure=True)]
    browser.post("/sign-out", secure=True)
    pages += [browser.get(path, secure=True) for path in ("/sign-in", "/sso/find")]
    decide(issuer, TwoStepPolicy(mode="required"))
    sign_in(issuer, browser)
    pages.append(browser.get("/sign-in/code", secure=True))
    decide(issuer, TwoStepPolicy())
    decide(issuer, PasswordPolicy(expires=True, days=1))
    clock.pass_by(days=2)
    assert sign_in(issuer, browser)[1]["Location"] == "/sign-in/password"
    pages.append(browser.get("/sign-in/password", secure=True))
    for page in pages:
        assert themes_in(page) == [WAVES_SHOWN], page.request["PATH_INFO"]
        assert page["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert page["Cross-Origin-Resource-Policy"] == "same-origin"
        assert page["Cache-Control"] == "no-store"


def test_a_theme_that_is_none_is_refused_and_a_preview_saves_nothing(issuer, stranger):
    for wrong in ({}, {"pattern": "seigaiha"}, {**WAVES, "colour": "#ff0000"}, {**WAVES, "pattern": "../seigaiha"}):
        assert issuer.post("/profile/theme", {**wrong, "do": "save"}).status_code == 422
    page = issuer.post("/profile/theme", WAVES)
    assert page.status_code == 200
    assert WAVES_SHOWN in page.content.decode()
    assert not theme_cookies(issuer.client)
    assert "identity.theme_changed" not in issuer.events()
    assert Client().post("/profile/theme", {**WAVES, "do": "save"}, secure=True).status_code == 302
    choose(issuer, WAVES)
    with stranger.acting():
        assert not Account.objects.exclude(sign_in_theme="").exists()


def test_the_log_does_not_say_which(issuer):
    choose(issuer, WAVES)
    with issuer.acting():
        entry = Entry.objects.get(event="identity.theme_changed")
    said = bytes(entry.payload or b"")
    assert json.loads(said)["data"] == {"theme": "chosen"}
    assert b"seigaiha" not in said
