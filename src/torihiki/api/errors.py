"""Whatever goes wrong under `/api/`, also before or behind the API's door, is answered with a problem."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from torihiki.api.problems import MEDIA_TYPE, TITLES, Problem

CODES = {
    400: "request_invalid",
    403: "not_permitted",
    404: "not_visible",
    405: "method",
    413: "too_large",
    500: "server",
    503: "server",
}
KEPT = ("Allow", "Retry-After", "Vary")
API_PATH = "/api/"


class ApiProblems:
    """Middleware, the outermost: an error that is a page for people becomes a problem for programs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        status = response.status_code
        if status < 400 or not request.path_info.startswith(API_PATH) or response.streaming:
            return response
        if response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        words = {404: _("There is nothing here."), 500: _("Something went wrong on our side. Try again later.")}
        headers = {name: response[name] for name in KEPT if name in response}
        status = status if status in TITLES else 500 if status >= 500 else 400
        return Problem(status, CODES.get(status, "request_invalid"), words.get(status, ""), headers=headers).response()
