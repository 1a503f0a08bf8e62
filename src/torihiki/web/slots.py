"""Places in the frame that packages above fill without being known here, from their module `navigation`:

    fill("bar", "announcements/bar.html", urgent)    # (request) -> what the template gets as `part`, or None

`bar` stands under the top bar of every page of who is signed in, `home` above the list of the first page,
`member` on the page of a member, for whoever manages members, `document` beside a document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

Provide = Callable[[HttpRequest], Any]
SLOTS = ("bar", "home", "member", "document")


@dataclass(frozen=True)
class Part:
    """A template and what it shows."""

    template: str
    content: Any


_fillings: Mapping[str, dict[str, Provide]] = {slot: {} for slot in SLOTS}


def fill(slot: str, template: str, provide: Provide) -> None:
    """Show `template` in `slot` wherever `provide(request)` says something. Raises KeyError for an unknown slot."""
    _fillings[slot][template] = provide


def parts(slot: str, request: HttpRequest) -> list[Part]:
    found = ((template, provide(request)) for template, provide in _fillings[slot].items())
    return [Part(template, content) for template, content in found if content]
