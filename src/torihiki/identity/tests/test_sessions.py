"""Idle means idle (clause 2-5-2): exact by the clock, whatever a page asks for by itself."""

import pytest

from tests.world import sign_in_directly
from torihiki.identity.policies import SessionPolicy
from torihiki.identity.tests.deciding import clock, decide

__all__ = ["clock"]


def works(browser, **headers):
    return browser.get("/profile", secure=True, **headers).status_code == 200


@pytest.fixture
def browser(issuer, clock):
    """Signed in at the clock's time."""
    return sign_in_directly(issuer.clerk.actor)


def test_a_session_ends_sixty_minutes_after_the_last_operation(browser, clock):
    clock.pass_by(minutes=59, seconds=59)
    assert works(browser)
    clock.pass_by(minutes=59, seconds=59)
    assert works(browser), "an operation begins the time anew"
    clock.pass_by(minutes=60)
    assert not works(browser)


def test_polling_does_not_prolong_it(browser, clock):
    for _ in range(11):
        clock.pass_by(minutes=5)
        assert works(browser, HTTP_TORIHIKI_BACKGROUND="1")
    clock.pass_by(minutes=5)
    assert not works(browser, HTTP_TORIHIKI_BACKGROUND="1")
    assert not works(browser)


def test_the_companys_minutes_hold_from_the_next_request(issuer, browser, clock):
    clock.pass_by(minutes=10)
    decide(issuer, SessionPolicy(idle_minutes=10))
    assert not works(browser)


def test_one_minute_is_one_minute(issuer, browser, clock):
    decide(issuer, SessionPolicy(idle_minutes=1))
    for _ in range(4):
        clock.pass_by(seconds=59)
        assert works(browser)
    clock.pass_by(seconds=60)
    assert not works(browser)


def test_without_the_timeout_the_absolute_limit_holds(issuer, browser, clock):
    decide(issuer, SessionPolicy(idle_on=False, absolute_hours=8))
    clock.pass_by(hours=7, minutes=59)
    assert works(browser)
    clock.pass_by(minutes=1)
    assert not works(browser)


def test_people_see_their_own_sessions_and_end_them(issuer, stranger):
    elsewhere = sign_in_directly(issuer.clerk.actor)
    shown = issuer.clerk.get("/profile/sessions").context["sessions"]
    assert [each.is_present for each in shown].count(True) == 1
    other = next(each.id for each in shown if not each.is_present)
    assert stranger.post(f"/profile/sessions/{other}").status_code == 404
    assert issuer.post(f"/profile/sessions/{other}").status_code == 404, "not even an administrator's"
    assert works(elsewhere)
    assert issuer.clerk.post(f"/profile/sessions/{other}").status_code == 302
    assert not works(elsewhere)
    another = sign_in_directly(issuer.clerk.actor)
    assert issuer.clerk.post("/profile/sessions").status_code == 302
    assert not works(another)
    assert works(issuer.clerk.client)
    assert issuer.events()[-2:] == ["identity.session_ended"] * 2
