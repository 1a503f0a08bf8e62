"""The frame around every page: who is signed in, where one can go, and the addresses that the frame itself needs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from torihiki.tenancy.actor import Actor
from torihiki.web.navigation import Place, Section, sections
from torihiki.web.slots import Part, parts

PHONE_PLACES_MAX = 4
HOME, SEARCH, LANGUAGE, SIGN_OUT = "home", "search", "language", "sign-out"
"""Names of the URLs that the frame links to; a frame without one of them simply leaves it out."""


@dataclass
class Frame:
    """What `web/base.html` shows around a page. Lazy: a page that does not use it costs no query."""

    request: HttpRequest

    @cached_property
    def actor(self) -> Actor | None:
        """The one who is signed in, or None on public pages."""
        actor: Actor | None = getattr(self.request, "actor", None)
        return actor if actor and (actor.account_id or actor.staff_id) else None

    @property
    def is_console(self) -> bool:
        """Whether this is the operator's plane, which looks different, so that nobody mistakes one for the other."""
        return str(getattr(settings, "PLANE", "")) == "console"

    @cached_property
    def _sections(self) -> list[Section]:
        return sections(self.request, self.actor) if self.actor else []

    @property
    def sections(self) -> list[Section]:
        return [section for section in self._sections if section.key != "member"]

    @property
    def member_places(self) -> list[Place]:
        return [place for section in self._sections if section.key == "member" for place in section.places]

    @property
    def phone_places(self) -> list[Place]:
        places = [place for section in self.sections for place in section.places]
        return [place for place in places if place.on_phone][:PHONE_PLACES_MAX] or places[:PHONE_PLACES_MAX]

    @property
    def shortcuts(self) -> list[Place]:
        return [place for section in self._sections for place in section.places if place.shortcut]

    @property
    def bars(self) -> list[Part]:
        return parts("bar", self.request) if self.actor else []

    @property
    def home_parts(self) -> list[Part]:
        return parts("home", self.request) if self.actor else []

    @property
    def member_parts(self) -> list[Part]:
        return parts("member", self.request) if self.actor else []

    @property
    def document_parts(self) -> list[Part]:
        return parts("document", self.request) if self.actor else []

    @property
    def home_url(self) -> str:
        return _url(HOME) or "/"

    @property
    def search_url(self) -> str:
        return _url(SEARCH) if self.actor and self.actor.may("read") else ""

    @property
    def language_url(self) -> str:
        return _url(LANGUAGE)

    @property
    def sign_out_url(self) -> str:
        return _url(SIGN_OUT) or _url("sign_out")

    @property
    def here(self) -> str:
        """This page's own address, where the language switch comes back to; for a refused POST, the home page."""
        return self.request.get_full_path() if self.request.method in ("GET", "HEAD") else self.home_url


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` for the templates of the kit."""
    return {"frame": Frame(request)}


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
