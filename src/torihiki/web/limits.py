"""A bound on the size of any request, checked before a byte of its body is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from torihiki.web.errors import error_page

REQUEST_BYTES_MAX = 25 * 2**20  # two attachments of the largest size, and the form around them


class RequestLimit:
    """Middleware: a larger request is answered 413, whatever it was meant for. Nothing of it reaches memory or disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > REQUEST_BYTES_MAX:
            text = _("A request may have at most %(most)d MiB. Send fewer or smaller files at once.")
            return error_page(request, 413, detail=text % {"most": REQUEST_BYTES_MAX >> 20})
        return self.get_response(request)
