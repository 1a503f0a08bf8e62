"""The places of the portal, declared by the packages that own them and shown to those who may go there.

A package writes `navigation.py` next to its `apps.py`:

    register(Entry(section="work", order=20, url_name="inbox", label=_("Inbox"), icon="inbox",
                   permission="document.read", count="inbox", shortcut="g i"))
    register_counts(desk_counts)   # (request) -> {"inbox": 3, …}, one query for all of its keys, once a page
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.tenancy.actor import Actor
from torihiki.web.icons import ICONS

Words = str | Promise
Counts = Callable[[HttpRequest], Mapping[str, int]]

SECTIONS: dict[str, Words] = {
    "work": "",  # to do, inbox, outbox, drafts: first, without a heading
    "documents": _("Documents"),
    "partners": _("Partners"),
    "company": _("Company"),
    "records": _("Records"),  # ledger, exports, evidence
    "member": "",  # shown in the member's own menu at the top right
}
ENTRIES_MAX = 60


@dataclass(frozen=True)
class Entry:
    """One place. `count` is a key of a registered counts function, or takes all counts and gives the number."""

    section: str
    order: int
    url_name: str
    label: Words
    icon: str
    permission: str | None = None  # None: for everyone who is signed in
    count: str | Callable[[Mapping[str, int]], int] | None = None
    shortcut: str = ""  # such as "g i", typed one after the other
    on_phone: bool = False  # also in the bar at the bottom of a phone (the first four)
    url_args: tuple[object, ...] = ()


@dataclass
class Place:
    """An entry as one page shows it."""

    label: Words
    icon: str
    url: str
    count: int
    shortcut: str
    on_phone: bool
    current: bool = False


@dataclass(frozen=True)
class Section:
    key: str
    label: Words
    places: list[Place] = field(default_factory=list)


_entries: list[Entry] = []
_counts: list[Counts] = []


def register(*entries: Entry) -> None:
    """Declare places. Raises ValueError for an unknown section or icon, so that a typing error stops the start."""
    for entry in entries:
        if entry.section not in SECTIONS:
            raise ValueError(f"{entry.url_name}: no section {entry.section!r}; there are {', '.join(SECTIONS)}")
        if entry.icon not in ICONS:
            raise ValueError(f"{entry.url_name}: no icon {entry.icon!r}; there are {', '.join(ICONS)}")
        if entry not in _entries:
            _entries.append(entry)
    assert len(_entries) <= ENTRIES_MAX, "a menu this long is no longer a menu"


def register_counts(counts: Counts) -> Counts:
    """Add a function that gives numbers for the menu; it may cost one query and runs once a page."""
    if counts not in _counts:
        _counts.append(counts)
    return counts


def sections(request: HttpRequest, actor: Actor) -> list[Section]:
    """What `actor` may see, in order; a section without places is left out, and so is a page that has no URL."""
    counts = _gather(request)
    found = []
    for key, label in SECTIONS.items():
        entries = sorted((entry for entry in _entries if entry.section == key), key=lambda entry: entry.order)
        places = [_place(entry, request, counts) for entry in entries if _is_open(entry, actor)]
        places = [place for place in places if place.url]
        if places:
            found.append(Section(key, label, places))
    _mark_current(request.path, found)
    return found


def _gather(request: HttpRequest) -> dict[str, int]:
    return {key: number for counts in _counts for key, number in counts(request).items()}


def _is_open(entry: Entry, actor: Actor) -> bool:
    return entry.permission is None or actor.may(entry.permission)


def _place(entry: Entry, request: HttpRequest, counts: Mapping[str, int]) -> Place:
    try:
        url = reverse(entry.url_name, args=entry.url_args)
    except NoReverseMatch:
        url = ""
    count = entry.count(counts) if callable(entry.count) else counts.get(entry.count or "", 0)
    return Place(entry.label, entry.icon, url, count, entry.shortcut, entry.on_phone)


def _mark_current(path: str, found: list[Section]) -> None:
    """The place with the longest URL that the page's path begins with is where we are (the root only exactly)."""
    places = [place for section in found for place in section.places]
    here = [place for place in places if path == place.url or path.startswith(place.url.rstrip("/") + "/")]
    here = [place for place in here if place.url != "/" or path == "/"]
    if here:
        max(here, key=lambda place: len(place.url)).current = True
