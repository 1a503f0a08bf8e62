"""What sign-in keeps in a browser, and pages that are shown to nobody but the person before it."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from torihiki.identity.actions.profile import theme_of
from torihiki.identity.devices import SIGNED_IN_HERE, VALID, Marks
from torihiki.identity.theme.device import THEMES

View = Callable[..., HttpResponseBase]


def set_cookie(response: HttpResponse, name: str, value: str, **options: Any) -> None:
    """By the rules of the `__Host-` prefix: this host only, TLS only, no script."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax", **options)


def put_marks(request: HttpRequest, response: HttpResponse, account_id: UUID, *, at: datetime) -> None:
    """For who has just signed in: the browser keeps that, and the person's theme."""
    _put(request, response, SIGNED_IN_HERE, account_id, "", at)
    put_theme(request, response, account_id, at=at)


def put_theme(request: HttpRequest, response: HttpResponse, account_id: UUID, *, at: datetime) -> None:
    """Let the browser keep what the person chose."""
    theme = theme_of(account_id)
    _put(request, response, THEMES, account_id, theme.code if theme else None, at)


def _put(
    request: HttpRequest, response: HttpResponse, marks: Marks, account_id: UUID, said: str | None, at: datetime
) -> None:
    """Drop what the browser had of this person, what is worth nothing, and the mark of whoever signed in longest ago,
    beyond what is kept."""
    own = marks.name(account_id)
    if said is not None:
        set_cookie(response, own, marks.value(account_id, said, at=at), max_age=VALID)
    others = [mark.cookie for mark in marks.read(request.COOKIES, at=at) if mark.cookie != own]
    forget(request, response, marks, but={own, *others[: marks.kept_max - 1]} if said is not None else set(others))


def forget(request: HttpRequest, response: HttpResponse, marks: Marks, *, but: Collection[str] = ()) -> None:
    """Everybody's on this browser, but the cookies named."""
    for name in marks.names(request.COOKIES):
        if name not in but:
            response.delete_cookie(name, path="/", samesite="Lax")


def shown_alone(view: View) -> View:
    """Below `@public` or `@desk`: a page that shows the device's theme is in no frame, not even in one of ours, is
    loaded by no other site and kept by no cache."""

    @wraps(view)
    @csp_replace({"frame-ancestors": ["'none'"]})
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["X-Frame-Options"] = "DENY"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store"
        return response

    return guarded
