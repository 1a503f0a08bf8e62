"""One person at a screen: reads, types and presses, and every page that comes up is examined."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

from tests.journeys import checks
from tests.journeys.platform import ROOT, Platform
from tests.journeys.words import Words, is_translated

PICTURES = ROOT / "var" / "journeys"
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_=-]{40,}")
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
TIMEOUT_MS = 15_000
RAW = ("/audit", "/developers/api")
"""The log shows its codes as they are exported, and the reference of the API is for programs."""


@dataclass(frozen=True)
class Screen:
    name: str
    width: int
    height: int
    touch: bool = False


DESKTOP = Screen("desktop", 1440, 900)
PHONE = Screen("phone", 390, 844, touch=True)


@dataclass
class Tally:
    """What the run looked at, for the summary at its end; and whether pictures are kept."""

    pictures: bool = False
    pages: int = 0
    axe_runs: int = 0
    kinds: set[str] = field(default_factory=set)
    keys: dict[str, Any] = field(default_factory=dict)
    """Sessions by login id, so that nobody signs in twice in one run."""


class Person:
    """A browser of one's own. `say` gives the words of its language."""

    def __init__(
        self,
        browser: Browser,
        platform: Platform,
        tally: Tally,
        *,
        language: str = "ja",
        screen: Screen = DESKTOP,
        script: bool = True,
    ) -> None:
        self.platform, self.language, self.screen, self.script = platform, language, screen, script
        self.say = Words(language)
        self._tally = tally
        self._troubles: list[str] = []
        self._status = 200
        self.context = browser.new_context(
            base_url=platform.url,
            ignore_https_errors=True,
            java_script_enabled=script,
            locale=LOCALES[language],
            timezone_id="Asia/Tokyo",
            viewport={"width": screen.width, "height": screen.height},
            has_touch=screen.touch,
            is_mobile=screen.touch,
            device_scale_factor=1,
        )
        self.context.set_default_timeout(TIMEOUT_MS)
        chosen = {"name": "__Host-language", "value": language, "url": f"{platform.url}/", "secure": True}
        self.context.add_cookies([chosen])  # type: ignore[list-item]  # the browser was used in this language before
        if script:
            self.context.expose_function("reportBroken", lambda text: self._troubles.append(f"CSP: {text}"))
            self.context.add_init_script(checks.WATCH)
        self.page = self._watched(self.context.new_page())

    # Coming in

    def sign_in(self, login_id: str, password: str = "") -> "Person":
        """Through the page the first time; afterwards with the session that the first time gave."""
        if cookie := self._tally.keys.get(login_id):
            self.context.add_cookies([cookie])
            return self.visit("/")
        self.visit("/sign-in")
        self.give_password(login_id, password)
        self._tally.keys[login_id] = self._session()
        return self

    def give_password(self, login_id: str, password: str = "") -> "Person":
        """On the sign-in page, wherever it leads; without `password` as one of the demo's people."""
        self.fill("login_id", login_id)
        self.fill("password", password or self.platform.password)
        return self.press("Sign in")

    def _session(self) -> Any:
        return next(cookie for cookie in self.context.cookies() if cookie["name"] == "__Host-session")

    # Reading

    def visit(self, path: str, *, status: int = 200) -> "Person":
        self.page.goto(path)
        return self.examine(status=status)

    def fetch(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        """What a link downloads, with the session of this browser."""
        answer = self.context.request.get(path, ignore_https_errors=True)
        return answer.status, answer.body(), answer.headers

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def sees(self, *texts: str) -> "Person":
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)
        return self

    def does_not_see(self, *texts: str) -> "Person":
        for text in texts:
            expect(self.page.locator("body")).not_to_contain_text(text)
        return self

    # Acting

    def fill(self, name: str, value: str) -> "Person":
        """The field with this name, typed at once."""
        self.named(name).fill(value)
        return self

    def choose(self, name: str, value: str) -> "Person":
        self.named(name).select_option(value)
        return self

    def named(self, name: str) -> Locator:
        return self.page.locator(f'[name="{name}"]:visible').first

    def control(self, words: str, *, named: str = "", about: str = "", inside: str = "main") -> Locator:
        """The link or button that says `words`, wholly; `named` is whom it concerns."""
        said = self.say(words, about=about)
        said = f"{said}: {named}" if named else said
        area = self.page.locator(inside)
        both = area.get_by_role("button", name=said, exact=True).or_(area.get_by_role("link", name=said, exact=True))
        return both.locator("visible=true").first

    def press(
        self, words: str, *, named: str = "", about: str = "", inside: str = "main", status: int = 200
    ) -> "Person":
        """A link or button that leads to another page, which is then examined."""
        return self.leave(self.control(words, named=named, about=about, inside=inside).click, status=status)

    def leave(self, act: Callable[[], object], *, status: int = 200) -> "Person":
        """Do something that leads to another page."""
        with self.page.expect_navigation(wait_until="load"):
            act()
        return self.examine(status=status)

    def follow(self, text: str, *, inside: str = "main", status: int = 200) -> "Person":
        """The link that has `text` in it, such as a number."""
        link = self.page.locator(inside).get_by_role("link").filter(has_text=text).locator("visible=true").first
        return self.leave(link.click, status=status)

    # Looking closely

    def examine(self, *, status: int = 200) -> "Person":
        """Everything that holds for every page; a picture of it where it does not."""
        page = self.page
        page.wait_for_load_state("load")
        found = [] if self._status == status else [f"answered {self._status}, not {status}"]
        if self.script:
            found += checks.axe_violations(page) + checks.double_ids(page)
            self._tally.axe_runs += 1
            found += self._too_wide()
            if self.language == "ja" and is_translated("ja") and not self.path.startswith(RAW):
                found += checks.english_leftovers(page)
        lang = page.locator("html").get_attribute("lang")
        found += [] if lang == self.language else [f"<html lang={lang!r}>, not {self.language!r}"]
        found += self._take_troubles()
        self._tally.pages += 1
        self._tally.kinds.add(IDS.sub("…", self.path))
        if found or self._tally.pictures:
            self.picture("broken" if found else "")
        assert not found, f"{self.path} ({self.language}, {self.screen.name}):\n" + "\n".join(found)
        return self

    def picture(self, name: str = "") -> Path:
        """The whole page, kept in var/journeys."""
        shape = IDS.sub("x", self.path).strip("/").replace("/", "-") or "first"
        folder = PICTURES / f"{self.language}-{self.screen.name}{'' if self.script else '-plain'}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{len(list(folder.glob('*.png'))):03}-{shape[:60]}{'-' if name else ''}{name}.png"
        self.page.screenshot(path=file, full_page=True)
        return file

    def quiet(self) -> None:
        """Nothing was complained about since the last page."""
        found = self._take_troubles()
        assert not found, "\n".join(found)

    def close(self) -> None:
        with suppress(Exception):  # a browser that is gone already
            self.context.close()

    def _too_wide(self) -> list[str]:
        found = checks.overflow(self.page)
        if self.screen is PHONE:
            height = self.screen.height
            self.page.set_viewport_size({"width": checks.NARROWEST, "height": height})
            found += [f"at {checks.NARROWEST} px: {each}" for each in checks.overflow(self.page)]
            self.page.set_viewport_size({"width": self.screen.width, "height": height})
        return found

    def _take_troubles(self) -> list[str]:
        found, self._troubles[:] = list(self._troubles), []
        return found

    def _watched(self, page: Page) -> Page:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._troubles.append(f"page error: {error}"))
        page.on("response", self._answered)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # A page that refuses says so by its status, which `examine` judges.
        if "Failed to load resource" in message.text and message.location.get("url") == self.page.url:
            return
        self._troubles.append(f"console {message.type}: {message.text}")

    def _answered(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and request.frame == self.page.main_frame and response.status // 100 != 3:
            self._status = response.status
        elif response.status >= 500:
            self._troubles.append(f"{response.status} {response.url}")
