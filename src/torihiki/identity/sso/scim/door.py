"""The door of SCIM: a token of one connection opens it; answers are `application/scim+json` (RFC 7644, 3.1, 3.12).

As with desks, each request is one transaction in its actor's scope, and a refusal leaves one ledger entry.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path

from torihiki.identity.sso.access import access_provider
from torihiki.identity.sso.actions.provisioning import SCOPE
from torihiki.identity.sso.models import IdentityProvider
from torihiki.identity.sso.scim.refusals import ScimRefused
from torihiki.identity.sso.scim.resources import BYTES_MAX
from torihiki.ledger.refusals import Attempt, NotPermitted, Refused, record_attempt, undone_as_a_whole
from torihiki.tenancy.actor import Actor, scope

PREFIX = "scim/v2/"
MEDIA = "application/scim+json"
TAKEN_MEDIA = (MEDIA, "application/json")
VERSION = re.compile(r'(?:W/)?"(\d{1,9})"\Z')
READS = "scim.read"


class ScimRequest(HttpRequest):
    """A request behind the door."""

    actor: Actor
    provider: IdentityProvider


View = Callable[..., HttpResponse]


def address(route: str, *, name: str, **views: View) -> URLPattern:
    """A line of a URL table: `route` below `/scim/v2/`, and a view for each method."""

    def guarded(request: HttpRequest, **values: Any) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else str(request.method)
        try:
            view = views.get(method)
            if view is None:
                refusal = ScimRefused("This address does not know this method.", status=405)
                return answer(refusal.body(), 405, {"Allow": ", ".join(views)})
            return _ask(view, request, values)
        except Refused as refused:
            return answer(_as_scim(refused).body(), refused.status)

    guarded.desk = dict.fromkeys(views, READS)  # type: ignore[attr-defined]  # no scope of the API's tokens
    guarded.methods = tuple(views)  # type: ignore[attr-defined]
    guarded.operations = views  # type: ignore[attr-defined]
    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie opens this door
    guarded.__name__ = guarded.__qualname__ = name.replace("-", "_")
    return path(PREFIX + route, guarded, name=name)


def answer(body: Mapping[str, Any] | None, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    head = {"Cache-Control": "private, no-store", **(headers or {})}
    return HttpResponse(content, status=status, content_type=MEDIA, headers=head)


def resource(body: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A resource with its version and its place."""
    head = {"ETag": body["meta"]["version"], "Location": body["meta"]["location"]}
    return answer(body, status, head)


def body_of(request: HttpRequest) -> bytes:
    """Raises ScimRefused: 415 for another media type, 413 above 1 MiB."""
    if request.content_type not in TAKEN_MEDIA:
        raise ScimRefused(f"Send {MEDIA}.", status=415)
    if int(request.headers.get("Content-Length") or 0) > BYTES_MAX:
        raise ScimRefused("A request has 1 MiB at most.", status=413)
    return request.body


def seen_version(request: HttpRequest) -> int | None:
    """Of If-Match; None where there is none. Raises ScimRefused (412) for what is no version of ours."""
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    match = VERSION.match(text)
    if match is None:
        raise ScimRefused("It has changed since. Read it again.", status=412)
    return int(match[1])


def place(*parts: object) -> str:
    return "/".join([settings.PUBLIC_URL, PREFIX.rstrip("/"), *map(str, parts)])


def _ask(view: View, request: HttpRequest, values: Mapping[str, Any]) -> HttpResponse:
    held: Actor | None = getattr(request, "actor", None)
    if held is None:
        refusal = ScimRefused("Send the token of the connection: “Authorization: Bearer tk_…”.", status=401)
        return answer(refusal.body(), 401, {"WWW-Authenticate": 'Bearer realm="torihiki"'})
    actor = replace(held, member_id=None)  # the connection acts, not who made its token
    try:
        opened = [scope_ for scope_ in held.permissions if scope_.startswith(SCOPE)]
        if not opened:
            raise NotPermitted("This token provisions nobody.")
        with scope(actor), undone_as_a_whole():
            request.actor = actor  # type: ignore[attr-defined]
            request.provider = access_provider(actor, UUID(opened[0].removeprefix(SCOPE)))  # type: ignore[attr-defined]
            return view(request, **values)
    except Refused as refusal:
        with scope(actor):
            record_attempt(refusal, actor, Attempt("scim", data={"path": request.path[:200]}))
        raise


def _as_scim(refusal: Refused) -> ScimRefused:
    if isinstance(refusal, ScimRefused):
        return refusal
    return ScimRefused(str(refusal.message), status=refusal.status)
