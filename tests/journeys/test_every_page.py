"""Every page that a link leads to: from each member's first page on, one of each shape, examined like all others."""

from collections import Counter, deque
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from tests.journeys.conftest import MakePerson
from tests.journeys.person import DESKTOP, IDS, PHONE, Person, Screen

pytestmark = pytest.mark.heavy
LONG = pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long")
DOWNLOADS = ("/pdf", "/json", ".json", ".csv", ".jsonl", "/as/", "/files/")
PER_SHAPE = {"/documents/…": 12, "/documents/…/steps": 8, "/audit/…": 3}
"""How many pages of a shape are looked at; one of all others."""
PAGES_MAX = 180
EVERYBODY = (
    "hidamari",
    "hidamari-clerk",
    "hidamari-approver",
    "hidamari-viewer",
    "aoba",
    "aoba-clerk",
    "aoba-approver",
    "minato",
    "sato",
)
SHORT = {("hidamari", "ja", DESKTOP), ("aoba", "en", PHONE)}


def _each() -> list[object]:
    combinations = [
        (login_id, language, screen)
        for login_id in EVERYBODY
        for language, screen in (("ja", DESKTOP), ("en", PHONE), ("ja", PHONE), ("en", DESKTOP))
    ]
    return [
        pytest.param(*each, id=f"{each[0]}-{each[1]}-{each[2].name}", marks=() if each in SHORT else LONG)
        for each in combinations
    ]


@pytest.mark.parametrize(("login_id", "language", "screen"), _each())
def test_every_page_that_a_link_leads_to(person: MakePerson, login_id: str, language: str, screen: Screen) -> None:
    reader = person(login_id, language=language, screen=screen)
    shapes = read_everything(reader)
    wanted = {"/", "/inbox", "/outbox", "/drafts", "/search", "/documents/…", "/profile"}
    assert wanted <= shapes, "the crawl starts from the first page and finds at least these"


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=lambda screen: screen.name)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_people_see_who_are_not_signed_in(person: MakePerson, language: str, screen: Screen) -> None:
    guest = person(language=language, screen=screen)
    guest.visit("/sign-in")
    guest.fill("login_id", "hidamari").fill("password", "wrong").press("Sign in", status=422)
    guest.visit("/invitation/nothing", status=404)
    guest.visit("/partner-invitation/nothing", status=404)
    guest.visit("/nowhere", status=404)
    guest.visit("/inbox")
    assert guest.path == "/sign-in"


def read_everything(reader: Person) -> set[str]:
    """The shapes of the pages that were read."""
    waiting, met, counts = deque(["/"]), {"/"}, Counter[str]()
    pages = 0
    while waiting:
        address = waiting.popleft()
        shape = _shape(address)
        if counts[shape] >= PER_SHAPE.get(shape, 1):
            continue
        counts[shape] += 1
        pages += 1
        assert pages <= PAGES_MAX, f"more shapes than expected: {dict(counts)}"
        reader.visit(address)
        for link in _links(reader):
            if link not in met:
                met.add(link)
                waiting.append(link)
    return set(counts)


def _links(reader: Person) -> list[str]:
    """Addresses of pages of ours on this page, without what only downloads."""
    hrefs = reader.page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    found = []
    for href in hrefs:
        there = urlsplit(urljoin(reader.page.url, href))
        if there.netloc == urlsplit(reader.page.url).netloc and not any(each in there.path for each in DOWNLOADS):
            found.append(f"{there.path}?{there.query}" if there.query else there.path)
    return found


def _shape(address: str) -> str:
    """What is the same for pages of the same make: `/documents/…/steps`, `/search?q`."""
    there = urlsplit(address)
    path = IDS.sub("…", there.path)
    if "/steps/" in path:
        path = path.rpartition("/")[0]
    names = sorted({name for name, value in parse_qsl(there.query) if name != "recipient"})
    return f"{path}?{'&'.join(names)}" if names else path
