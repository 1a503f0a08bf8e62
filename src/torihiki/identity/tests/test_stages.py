"""Half signed in is not signed in: what a stage asks comes before any data, and one attempt opens one session."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD
from torihiki.identity.actions.signing import SignIn
from torihiki.identity.models import Member
from torihiki.identity.refusals import AttemptOver
from torihiki.identity.sign_in import stages
from torihiki.identity.sign_in.asking import Asks
from torihiki.identity.sign_in.attempts import COOKIE_NAME, VALID, resume_attempt
from torihiki.identity.sign_in.stages import STAGES, Stage, advance

SESSION = settings.SESSION_COOKIE_NAME


@pytest.fixture
def browser(monkeypatch):
    """A browser for whose owner sign-in asks one thing more, at a page."""

    def ask(attempt, at):
        raise Asks

    monkeypatch.setattr(stages, "STAGES", (*STAGES, Stage("question", ask, "profile")))
    return Client()


def half_signed_in(browser, desk):
    response = browser.post("/sign-in", {"login_id": desk.login_id, "password": PASSWORD}, secure=True)
    return response, resume_attempt(browser.cookies[COOKIE_NAME].value, address="", browser="", at=timezone.now())


def test_what_a_stage_asks_comes_before_any_session(issuer, browser):
    response, attempt = half_signed_in(browser, issuer)
    assert response["Location"] == "/profile"
    assert SESSION not in response.cookies
    cookie = response.cookies[COOKIE_NAME]
    assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
    assert attempt.passed == tuple(stage.name for stage in STAGES)
    assert attempt.actor.member_id == issuer.actor.member_id
    assert "identity.signed_in" not in issuer.events()


@pytest.mark.parametrize("address", ["/", "/profile", "/members", "/audit", "/inbox.csv", "/profile/companies"])
def test_half_signed_in_gets_no_data_by_a_deep_link_or_a_second_tab(issuer, browser, address):
    half_signed_in(browser, issuer)
    assert browser.get(address, secure=True)["Location"].startswith("/sign-in")
    browser.cookies[SESSION] = browser.cookies[COOKIE_NAME].value
    assert browser.get(address, secure=True)["Location"].startswith("/sign-in")


def test_the_session_comes_with_the_last_stage_and_only_once(issuer, browser, monkeypatch):
    _response, attempt = half_signed_in(browser, issuer)
    monkeypatch.setattr(stages, "STAGES", STAGES)
    assert isinstance(advance(attempt, at=timezone.now()), SignIn)
    with pytest.raises(AttemptOver):
        advance(attempt, at=timezone.now())
    assert issuer.events().count("identity.signed_in") == 1


def test_an_attempt_ends_with_its_time_and_with_its_member(issuer, browser):
    token = half_signed_in(browser, issuer.clerk)[1].token

    def resumed(at):
        return resume_attempt(token, address="", browser="", at=at)

    now = timezone.now()
    assert resumed(now + VALID - timedelta(seconds=5)) is not None
    assert resumed(now + VALID + timedelta(seconds=5)) is None
    with issuer.acting():
        Member.objects.filter(pk=issuer.clerk.actor.member_id).update(suspended_at=now)
    assert resumed(now) is None
    assert resume_attempt("x" * 43, address="", browser="", at=now) is None
