"""What sign-in keeps in a browser, and pages that are shown to nobody but the person before it."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from torihiki.identity.actions.profile import theme_of
from torihiki.identity.theme.device import (
    KEPT_MAX,
    VALID,
    cookie_name,
    cookie_value,
    cookies_of_themes,
    themes_kept,
)

View = Callable[..., HttpResponseBase]


def set_cookie(response: HttpResponse, name: str, value: str, **options: Any) -> None:
    """By the rules of the `__Host-` prefix: this host only, TLS only, no script."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax", **options)


def put_theme(request: HttpRequest, response: HttpResponse, account_id: UUID, *, at: datetime) -> None:
    """Let the browser keep what the person chose; drop what it had of this person, what is worth nothing, and the theme
    of whoever signed in longest ago, beyond KEPT_MAX."""
    theme, own = theme_of(account_id), cookie_name(account_id)
    if theme is not None:
        set_cookie(response, own, cookie_value(account_id, theme, at=at), max_age=VALID)
    others = [kept.cookie for kept in themes_kept(request.COOKIES, at=at) if kept.cookie != own]
    stays = {own, *others[: KEPT_MAX - 1]} if theme else set(others)
    forget_themes(request, response, but=stays)


def forget_themes(request: HttpRequest, response: HttpResponse, *, but: Collection[str] = ()) -> None:
    """Everybody's on this browser, but the cookies named."""
    for name in cookies_of_themes(request.COOKIES):
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
