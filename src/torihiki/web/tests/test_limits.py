"""A request that is too large is refused before it is read."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from torihiki.web.limits import REQUEST_BYTES_MAX, RequestLimit


class Unread:
    """A body that must not be touched."""

    def read(self, *_sizes: int) -> bytes:
        raise AssertionError("the body was read")


def answer(length: str) -> int:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("served")

    request = RequestFactory().post("/anything", CONTENT_LENGTH=length)
    request.META["wsgi.input"] = request._stream = Unread()  # type: ignore[assignment]
    return RequestLimit(view)(request).status_code


def test_what_is_too_large_is_refused_unread() -> None:
    assert answer(str(REQUEST_BYTES_MAX)) == 200
    assert answer(str(REQUEST_BYTES_MAX + 1)) == 413
    assert answer(str(200 * 2**20)) == 413


def test_a_length_that_is_none_is_refused() -> None:
    assert answer("-1") == 413
    assert answer("many") == 413
