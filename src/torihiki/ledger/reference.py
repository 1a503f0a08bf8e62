"""What the API is, for programs and for people: the OpenAPI document and the page that is made from it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language

from torihiki.api.openapi import document
from torihiki.api.problems import CODES, TITLES
from torihiki.api.reference import Reference, reference_of
from torihiki.ledger.desk import public
from torihiki.ledger.refusals import Refused


@dataclass(frozen=True)
class Known:
    """A kind of problem."""

    code: str
    status: int
    words: str | Promise


@public("says what the API is, not what is in it")
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_document(get_language() or "ja"), content_type="application/json")


@public("the same for people")
def reference_page(request: HttpRequest) -> HttpResponse:
    frame = "web/base.html" if getattr(request, "actor", None) else "web/bare.html"
    language = get_language() or "ja"
    context = {"frame_template": frame, "reference": _reference(language), "problems": known_problems()}
    return render(request, "api/reference.html", context)


def known_problems() -> list[Known]:
    """Every code that an answer may have: the kit's own, and those of all refusals that are declared."""
    found = {code: Known(code, status, TITLES[status]) for code, status in CODES.items()}
    for refusal in _refusals(Refused):
        if refusal.status in TITLES:
            found.setdefault(refusal.code, Known(refusal.code, refusal.status, _words(refusal)))
    return sorted(found.values(), key=lambda known: (known.status, known.code))


def _refusals(base: type[Refused]) -> Iterator[type[Refused]]:
    for refusal in base.__subclasses__():
        yield refusal
        yield from _refusals(refusal)


def _words(refusal: type[Refused]) -> str | Promise:
    """Its own words where they are always the same; else what its status means."""
    code = vars(refusal)["__init__"].__code__ if "__init__" in vars(refusal) else None
    if code is not None and code.co_argcount + code.co_kwonlyargcount == 1:
        return refusal().message  # type: ignore[call-arg]
    return TITLES[refusal.status]


@cache
def _document(language: str) -> bytes:
    """For each language once: what is declared does not change while a process runs."""
    return json.dumps(document(), ensure_ascii=False).encode()


@cache
def _reference(language: str) -> Reference:
    return reference_of(document())
