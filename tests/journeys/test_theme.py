"""The theme on the way in (clause 2-7): its own person sees it, and no other site's page gets at it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Request, expect

from tests.journeys.conftest import MakePerson
from tests.journeys.person import DESKTOP, PHONE, Screen
from tests.journeys.platform import Platform

pytestmark = pytest.mark.heavy
LONG = pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long")

COOKIE = "__Host-theme-"
SETTLED_MS = 500
"""Colours go over into the dark ones; examined before, a page has neither."""
SHOWN = {"ja": "亀甲・緋", "en": "Kikko (tortoise shell), scarlet"}
MISSING = {"ja": "この端末にはログイン画面のテーマがありません", "en": "No sign-in theme on this device"}
IMPOSTOR = """<!doctype html><title>impostor</title><iframe src="{0}/sign-in"></iframe><img src="{0}/sign-in">
<object data="{0}/sign-in"></object><link rel="stylesheet" href="{0}/sign-in"><script src="{0}/sign-in"></script>
<a id="mail" href="{0}/sign-in">a link in a mail</a>"""
FETCH = """async (address) => {
  const got = [];
  for (const mode of ["cors", "no-cors"]) {
    try {
      got.push(await (await fetch(address, { mode, credentials: "include" })).text());
    } catch (error) { got.push(""); }
  }
  const opened = window.open(address);
  await new Promise((resolve) => setTimeout(resolve, 500));
  try { got.push(opened.document.body.innerHTML); } catch (error) { got.push(""); }
  return got;
}"""


@pytest.fixture
def elsewhere(platform: Platform) -> Iterator[str]:
    """Another site: its address, another host than the platform's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(IMPOSTOR.format(platform.url).encode())

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", DESKTOP, id="ja-desktop"), pytest.param("en", PHONE, id="en-phone", marks=LONG)],
)
def test_a_theme_is_chosen_by_keyboard_and_seen_before_the_password(
    person: MakePerson, language: str, screen: Screen
) -> None:
    member = person(language=language, screen=screen)
    member.visit("/sign-in").sees(MISSING[language]).give_password("hidamari-clerk")
    member.visit("/profile").press("Change the sign-in theme")
    page, preview = member.page, member.page.locator("#theme-preview")
    page.locator('[name="pattern"]:checked').focus()
    for _step in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    for _step in range(12):
        page.keyboard.press("ArrowDown")
    expect(preview).to_contain_text(SHOWN[language])
    member.examine()
    member.leave(lambda: page.keyboard.press("Enter"))
    member.visit("/profile/theme").picture()
    page.locator(".menu > summary").click()
    member.press("Sign out", inside="header").sees(SHOWN[language]).does_not_see(MISSING[language])
    assert page.locator(".theme svg rect").last.bounding_box()["height"] > 80  # type: ignore[index]
    member.picture()
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(SETTLED_MS)
    member.examine().picture("dark")
    page.emulate_media(color_scheme="light")
    member.give_password("hidamari-clerk").visit("/profile/theme").press("Use no theme")
    member.visit("/profile")


def test_no_other_site_gets_at_a_theme(person: MakePerson, platform: Platform, elsewhere: str) -> None:
    victim = person("hidamari-approver")
    victim.visit("/profile/theme").press("Use this theme")
    expect(victim.page.locator(".theme").first).to_be_visible()
    victim.context.clear_cookies(name="__Host-session")
    victim.visit("/sign-in")
    names = [cookie["name"] for cookie in victim.context.cookies() if cookie["name"].startswith(COOKIE)]
    assert len(names) == 1

    page, asked = victim.context.new_page(), list[Request]()

    def note(request: Request) -> None:
        asked.append(request)

    victim.context.on("request", note)
    page.goto(elsewhere)
    got = page.evaluate(FETCH, f"{platform.url}/sign-in")
    page.wait_for_timeout(300)
    embedded = [each for each in asked if each.url.endswith("/sign-in") and not is_top(each)]
    assert {each.resource_type for each in embedded} >= {"document", "image", "fetch", "script"}
    for request in embedded:
        assert COOKIE not in request.all_headers().get("cookie", ""), request.resource_type
    assert got == ["", "", ""]
    for frame in page.frames[1:]:
        assert frame.locator(".theme-band").count() == 0

    page.locator("#mail").click()
    page.wait_for_url("**/sign-in")
    expect(page.locator(".theme-band")).to_have_count(1)


def is_top(request: Request) -> bool:
    """Whether it fills a window of its own."""
    return request.is_navigation_request() and request.frame.parent_frame is None
