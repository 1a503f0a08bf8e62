"""Security is declared on the view: every view is a `desk` (signed in, with a permission) or `public` (with a reason).

`tests/test_every_route.py` fails for a view that is neither.

It knows only `request.actor`, which a middleware two floors up has set.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotPermitted, Refused, record_refusal
from torihiki.tenancy.actor import Actor, scope

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class DeskRequest(HttpRequest):
    """A request behind a desk: its actor is there."""

    actor: Actor
    session_token: str
    proved_at: datetime
    address: str
    how: Any
    proven: Any
    htmx: Any


def desk(
    permission: str | None, *, methods: tuple[str, ...] = ("GET",), first: Callable[[Any], None] | None = None
) -> Callable[[Callable[..., HttpResponseBase]], View[...]]:
    """A view for those who hold `permission` (None: everyone who is signed in), run in one transaction in their scope.

    A refusal undoes what the view wrote but keeps its ledger entry, and is answered with its status and words.
    Streaming bodies run after the transaction: a desk returns complete answers. `first` runs on a POST before the
    transaction, for what has to stay whatever becomes of it, such as a counted try at a password.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> View[...]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in _with_head(methods):
                return HttpResponseNotAllowed(methods)
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                shut_out: Refused | None = getattr(request, "shut_out", None)
                return refusal_page(request, shut_out) if shut_out else _to_sign_in(request)
            if first is not None and request.method == "POST" and (permission is None or actor.may(permission)):
                first(request)
            with scope(actor):
                try:
                    if permission is not None and not actor.may(permission):
                        raise NotPermitted(_("Your role does not allow this. Ask an administrator of your company."))
                    return view(request, *args, **kwargs)
                except Refused as refusal:
                    if not refusal.recorded:
                        record_refusal(refusal, actor, view.__name__, data={"path": request.path[:200]})
                    return refusal_page(request, refusal)

        guarded.desk = permission  # type: ignore[attr-defined]
        guarded.methods = methods  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(
    reason: str, *, methods: tuple[str, ...] = ("GET",)
) -> Callable[[Callable[..., HttpResponseBase]], View[...]]:
    """A view for everybody, and the reason why it may be."""

    def decorate(view: Callable[..., HttpResponseBase]) -> View[...]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in _with_head(methods):
                return HttpResponseNotAllowed(methods)
            return view(request, *args, **kwargs)

        guarded.public = reason  # type: ignore[attr-defined]
        guarded.methods = methods  # type: ignore[attr-defined]
        return guarded

    return decorate


def refusal_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """404 looks as for an address that never was; everything else says what was refused and what to do next."""
    if refusal.status == 404:
        return render(request, "404.html", status=404)
    return render(request, "ledger/refused.html", {"refusal": refusal}, status=refusal.status)


def _with_head(methods: tuple[str, ...]) -> tuple[str, ...]:
    return (*methods, "HEAD") if "GET" in methods else methods


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    target = request.get_full_path() if request.method == "GET" else "/"
    address = f"{reverse('sign-in')}?{urlencode({'next': target})}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
