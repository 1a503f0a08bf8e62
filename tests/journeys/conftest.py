"""The world of the journeys: the platform as people run it, and browsers to use it with.

def test_it(person):
    clerk = person("aoba-clerk")                      # signed in, in Japanese, at a desk
    clerk.visit("/outbox").press("New invoice")       # every page that comes up is examined
    guest = person(language="en", screen=PHONE)       # somebody who is not signed in
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.person import DESKTOP, Person, Screen, Tally
from tests.journeys.platform import Platform, running_platform

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURES = "TORIHIKI_JOURNEY_PICTURES"
"""Set, every examined page is also kept as a picture in var/journeys."""
TALLY = Tally(pictures=bool(os.environ.get(PICTURES)))

MakePerson = Callable[..., Person]


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("chromium is not installed: apt-get install chromium")
    TALLY.keys.clear()
    with running_platform() as it:
        yield it


@pytest.fixture(scope="package")
def browser(platform: Platform) -> Iterator[Browser]:
    """Ends with this package: while it lives, this process has a running event loop, where Django does not query."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def person(browser: Browser, platform: Platform) -> Iterator[MakePerson]:
    """`person("aoba-clerk", language="en", screen=PHONE)`: a browser of one's own, signed in with the login id."""
    made: list[Person] = []

    def make(login_id: str = "", *, language: str = "ja", screen: Screen = DESKTOP, script: bool = True) -> Person:
        it = Person(browser, platform, TALLY, language=language, screen=screen, script=script)
        made.append(it)
        return it.sign_in(login_id) if login_id else it

    yield make
    for each in made:
        each.close()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY.pages:
        terminalreporter.write_line(
            f"journeys: {TALLY.pages} pages of {len(TALLY.kinds)} kinds examined, {TALLY.axe_runs} times by axe"
        )
