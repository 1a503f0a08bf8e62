"""The frame shows the places that the reader may enter, and the error pages need nothing that could be broken."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import path
from django.utils.translation import override

from torihiki.tenancy.actor import NOBODY, Actor
from torihiki.web import errors, navigation
from torihiki.web.layout import Frame, page_frame
from torihiki.web.navigation import Entry


def page(request):
    return HttpResponse("")


urlpatterns = [
    path("", page, name="home"),
    path("inbox/", page, name="inbox"),
    path("inbox/late/", page, name="late"),
    path("settings/", page, name="settings"),
    path("language/", page, name="language"),
    path("sign-out/", page, name="sign-out"),
    path("search/", page, name="search"),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def places(monkeypatch):
    """An empty registry, with three places and a counter that tells how often it was asked."""
    asked: list[str] = []

    def counts(request):
        asked.append(request.path)
        return {"inbox": 12}

    monkeypatch.setattr(navigation, "_entries", [])
    monkeypatch.setattr(navigation, "_counts", [])
    navigation.register(
        Entry("work", 20, "late", "Late", "clock", "document.read", lambda counts: counts["inbox"] // 2),
        Entry("work", 10, "inbox", "Inbox", "inbox", "document.read", "inbox", shortcut="g i"),
        Entry("company", 10, "settings", "Settings", "settings", "company.manage"),
        Entry("member", 10, "settings", "My account", "person"),
        Entry("work", 30, "nowhere", "Not built yet", "star"),
    )
    navigation.register_counts(counts)
    return asked


def request_of(actor: Actor | None, url: str = "/inbox/"):
    request = RequestFactory().get(url)
    if actor is not None:
        request.actor = actor  # type: ignore[attr-defined]  # as the session middleware does
    return request


def member(*permissions: str) -> Actor:
    held = frozenset(permissions)
    return Actor(uuid4(), uuid4(), name="佐藤 <b>", company_name="株式会社あおば食品", permissions=held)


def test_only_places_that_one_may_enter_are_shown_in_order(places):
    frame = Frame(request_of(member("document.read")))
    assert [place.label for section in frame.sections for place in section.places] == ["Inbox", "Late"]
    assert [place.label for place in frame.member_places] == ["My account"]
    assert [place.count for place in frame.phone_places] == [12, 6]


def test_another_permission_shows_another_place(places):
    frame = Frame(request_of(member("company.manage")))
    assert [section.key for section in frame.sections] == ["company"]  # no heading over a place that has no page


@pytest.mark.parametrize("actor", [None, NOBODY])
def test_a_public_page_has_no_places_and_costs_no_count(places, actor):
    assert Frame(request_of(actor)).sections == []
    assert places == []


def test_counts_are_asked_once_a_page_and_only_when_shown(places):
    frame = page_frame(request_of(member("document.read")))["frame"]
    assert places == []
    assert frame.sections
    assert frame.phone_places
    assert frame.shortcuts
    assert places == ["/inbox/"]


@pytest.mark.parametrize(
    ("url", "current"), [("/inbox/", "Inbox"), ("/inbox/late/7/", "Late"), ("/inbox/9/", "Inbox"), ("/inbox-x/", None)]
)
def test_the_nearest_place_is_where_we_are(places, url, current):
    found = Frame(request_of(member("document.read"), url)).sections[0].places
    assert [place.label for place in found if place.current] == ([current] if current else [])


def test_a_typing_error_in_a_declaration_stops_the_start(places):
    with pytest.raises(ValueError, match="no section 'wrok'"):
        navigation.register(Entry("wrok", 1, "inbox", "Inbox", "inbox"))
    with pytest.raises(ValueError, match="no icon 'unicorn'"):
        navigation.register(Entry("work", 1, "inbox", "Inbox", "unicorn"))


def test_the_frame_page_has_its_landmarks_and_no_inline_code(places):
    request = request_of(member("document.read"), "/inbox/?q=<x>")
    html = render_to_string("web/base.html", {"title": "Inbox", **page_frame(request)}, request=request)
    for part in ('href="#main"', '<main id="main"', 'role="search"', 'role="status"', 'aria-current="page"', "<h1>"):
        assert part in html
    assert "佐藤 &lt;b&gt;" in html
    assert "<b>佐藤 <b>" not in html
    assert "?q=&lt;x&gt;" in html or "%3Cx%3E" in html
    assert " style=" not in html
    assert "<script>" not in html
    assert '"allowEval":false' in html
    assert '"includeIndicatorStyles":false' in html
    assert 'action="/sign-out/"' in html
    assert 'action="/language/"' in html


@pytest.mark.parametrize("status", errors.STATUSES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_error_says_what_happened_and_what_next(status, language):
    with override(language):
        response = errors.error_page(request_of(None), status)
    html = response.content.decode()
    assert response.status_code == status
    assert html.count("<h1>") == 1
    assert str(status) in html
    assert 'class="error-next"' in html
    assert "<h1></h1>" not in html


def test_a_fault_is_answered_in_both_languages_without_context():
    html = errors.server_error(HttpRequest()).content.decode()  # no session, no actor, no path
    assert "問題が発生しました" in html
    assert "Something went wrong" in html


def test_a_fault_in_the_page_of_faults_still_gets_an_answer(monkeypatch):
    monkeypatch.setattr(errors, "render_to_string", lambda *_: 1 / 0)
    response = errors.server_error(request_of(None))
    assert response.status_code == 500
    assert "もう一度お試しください" in response.content.decode()


def test_a_refusal_is_told_in_its_own_words_and_escaped():
    response = errors.permission_denied(request_of(None), PermissionDenied("Ask <Sato>"))
    assert "Ask &lt;Sato&gt;" in response.content.decode()


def test_what_is_missing_is_never_repeated():
    body = errors.page_not_found(request_of(None, "/secret-document/"), KeyError("secret-document"))
    assert b"secret-document" not in body.content


@pytest.mark.parametrize(
    ("url", "accept", "is_page"),
    [("/x/", "text/html", True), ("/api/v1/x", "text/html", False), ("/x/", "application/json", False)],
)
def test_an_empty_refusal_becomes_a_page_for_a_browser(url, accept, is_page):
    middleware = errors.ErrorPages(lambda request: HttpResponseNotAllowed(["POST"]))
    response = middleware(RequestFactory().get(url, headers={"accept": accept}))
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert (b"<h1>" in response.content) is is_page


@override_settings(DEBUG=False)
def test_waiting_time_is_told_to_machines_too():
    assert errors.error_page(request_of(None), 429, retry_after_seconds=60)["Retry-After"] == "60"
