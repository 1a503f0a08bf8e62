"""Error pages: what happened and what to do next. The words stand in `templates/<status>.html`.

In the project's URL table: `handler400 = "torihiki.web.errors.bad_request"`, and so on for permission_denied (403),
page_not_found (404) and server_error (500).
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

STATUSES = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)
WITHOUT_CONTEXT = (500, 503)
"""Pages for when things are broken: rendered without request: no context processor, no query."""
LAST_RESORT = (
    '<!doctype html><html lang="ja"><meta charset="utf-8"><title>500 | torihiki</title>'
    "<h1>問題が発生しました</h1><p>しばらくしてから、もう一度お試しください。</p>"
    '<p lang="en">Something went wrong on our side. Please try again in a little while.</p></html>'
)

logger = logging.getLogger(__name__)


def error_page(request: HttpRequest, status: int, *, detail: str = "", retry_after_seconds: int = 0) -> HttpResponse:
    """The page for `status`; `detail` is one sentence more, already in the reader's language."""
    assert status in STATUSES, f"no error page for {status}"
    if status in WITHOUT_CONTEXT:
        body = render_to_string(f"{status}.html", {"request_id": _request_id(request)})
    else:
        words = {"detail": detail, "request_id": _request_id(request), "here": "/"}
        body = render_to_string(f"{status}.html", words, request=request)
    response = HttpResponse(body, status=status)
    if retry_after_seconds:
        response["Retry-After"] = str(retry_after_seconds)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A refusal worded by us (`PermissionDenied("…")`) is shown; it was written for the person who reads it."""
    return error_page(request, 403, detail=str(exception or ""))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same body for what does not exist and what is not visible: the path is never repeated."""
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Whatever else is broken, an answer: the page, or, when even that cannot be rendered, a few words."""
    try:
        return error_page(request, 500)
    except Exception:  # the last line of defence: the first fault is already logged by Django
        logger.exception("the page for an error could not be rendered")
        return HttpResponse(LAST_RESORT, status=500)


class ErrorPages:
    """Middleware: an error answer without a body (405, 413, …) becomes a page for a person with a browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code not in STATUSES or response.streaming or response.content:
            return response
        if not request.accepts("text/html") or request.path.startswith("/api/"):
            return response
        page = error_page(request, response.status_code)
        for name in ("Allow", "Retry-After"):
            if name in response:
                page[name] = response[name]
        return page


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
