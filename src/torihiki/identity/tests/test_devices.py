"""Who signs in by a browser that was not known is told so by mail; so is whoever's way to sign in was changed."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, sign_in_directly
from torihiki.identity.browsers import browser_named
from torihiki.identity.devices import READ_MAX, SIGNED_IN_HERE
from torihiki.identity.jobs import send_letter
from torihiki.identity.models import Member
from torihiki.identity.policies import PasskeyPolicy, TwoStepPolicy
from torihiki.identity.tests.deciding import clock, decide
from torihiki.ledger.models import Entry

__all__ = ["clock"]

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E1 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = CHROME + " Edg/140.0.0.0"


def sign_in(desk, browser=None, **headers):
    browser = browser or Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    data = {"login_id": desk.login_id, "password": PASSWORD, "next": "/"}
    response = browser.post("/sign-in", data, secure=True, HTTP_USER_AGENT=CHROME, **headers)
    assert response.status_code == 302
    return browser


def letters_about(subject):
    return [each for each in mail.outbox if subject in each.subject]


NEW = "新しい端末"
CHANGED = "ログイン方法が変更"


@pytest.fixture
def clerk(issuer):
    return issuer.clerk


@pytest.fixture
def run_jobs(monkeypatch, settings):
    """Carries out what was put by for the worker."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox, deferred = [], []
    monkeypatch.setattr(send_letter, "defer", lambda **arguments: deferred.append(arguments))

    def run():
        while deferred:
            send_letter.func(**deferred.pop(0))

    return run


def address_of(desk):
    with desk.acting() as actor:
        return Member.objects.get(pk=actor.member).email


def test_a_new_browser_is_told_once(clerk, run_jobs):
    browser = sign_in(clerk)
    run_jobs()
    (told,) = letters_about(NEW)
    assert told.to == [address_of(clerk)]
    assert "Chrome, Windows" in told.body
    assert "127.0.0.1" in told.body
    assert "/profile/sessions" in told.body
    browser.post("/sign-out", secure=True)
    sign_in(clerk, browser)
    run_jobs()
    assert len(letters_about(NEW)) == 1


def test_each_person_of_a_browser_is_known_by_a_mark_of_their_own(issuer, clerk, run_jobs):
    browser = sign_in(clerk)
    browser.post("/sign-out", secure=True)
    sign_in(issuer, browser)
    run_jobs()
    assert {each.to[0] for each in letters_about(NEW)} == {address_of(clerk), address_of(issuer)}
    assert len([name for name in browser.cookies if name.startswith(SIGNED_IN_HERE.prefix)]) == 2


@pytest.mark.parametrize("worth_nothing", ["another's", "too old", "forged", "copied", "flooded"])
def test_what_is_not_ours_makes_no_browser_known(issuer, clerk, run_jobs, worth_nothing):
    account, other, now = clerk.actor.account, issuer.actor.account, timezone.now()
    name, browser = SIGNED_IN_HERE.name(account), Client()
    value = {
        "another's": SIGNED_IN_HERE.value(other, "", at=now),
        "too old": SIGNED_IN_HERE.value(account, "", at=now - timedelta(days=401)),
        "forged": f".{int(now.timestamp())}.{'A' * 43}",
        "copied": SIGNED_IN_HERE.value(other, "", at=now),
        "flooded": "x" * 5_000,
    }[worth_nothing]
    if worth_nothing == "flooded":
        for number in range(READ_MAX + 5):
            browser.cookies[f"{SIGNED_IN_HERE.prefix}{number}"] = "x"
    browser.cookies[SIGNED_IN_HERE.name(other) if worth_nothing == "another's" else name] = value
    sign_in(clerk, browser)
    run_jobs()
    assert len(letters_about(NEW)) == 1


def test_the_password_alone_neither_tells_nor_marks(issuer, clerk, run_jobs):
    decide(issuer, TwoStepPolicy(mode="required"))
    browser = sign_in(clerk)
    run_jobs()
    assert not letters_about(NEW)
    assert not [name for name in browser.cookies if name.startswith(SIGNED_IN_HERE.prefix)]


def test_the_ledger_says_that_the_device_was_new(clerk):
    browser = sign_in(clerk)
    browser.post("/sign-out", secure=True)
    sign_in(clerk, browser)
    with clerk.acting() as actor:
        entries = Entry.objects.filter(company_id=actor.company, event="identity.signed_in").order_by("at")
        told = [b'"new_device":true' in bytes(entry.payload or b"").replace(b" ", b"") for entry in entries]
    assert told == [True, False]


def test_a_change_of_how_one_signs_in_is_told_by_mail(clerk, run_jobs):
    browser = sign_in(clerk)
    wanted = {"present": PASSWORD, "password": "Harbour-4711", "repeated": "Harbour-4711"}
    assert browser.post("/profile/password", wanted, secure=True).status_code == 302
    run_jobs()
    (told,) = letters_about(CHANGED)
    assert told.to == [address_of(clerk)]
    assert "パスワードを変更" in told.body


def test_a_new_mail_address_is_told_to_the_former_one(issuer, clerk, run_jobs):
    former = address_of(clerk)
    address = f"/members/{clerk.actor.member}"
    form = issuer.get(address).context["form"].initial
    wanted = {**form, "email": "elsewhere@aoba.example", "unit": str(form["unit"])}
    assert issuer.post(address, wanted).status_code == 302
    run_jobs()
    assert [each.to for each in letters_about("メールアドレス")] == [[former]]


def test_an_administrator_signs_a_member_out_everywhere(issuer, clerk, stranger):
    elsewhere = sign_in_directly(clerk.actor)
    address = f"/members/{clerk.actor.member}/sessions/end"
    assert stranger.post(address).status_code == 404
    assert clerk.post(address).status_code == 403
    assert elsewhere.get("/profile", secure=True).status_code == 200
    assert issuer.post(address).status_code == 302
    assert elsewhere.get("/profile", secure=True).status_code == 302
    assert clerk.get("/profile").status_code == 302
    assert issuer.events()[-1] == "identity.sessions_ended"
    assert sign_in(clerk).get("/profile", secure=True).status_code == 200


def test_sessions_are_called_by_what_their_person_recognises(clerk):
    for header in (SAFARI, EDGE, "curl/8"):
        Client().post(
            "/sign-in",
            {"login_id": clerk.login_id, "password": PASSWORD, "next": "/"},
            secure=True,
            HTTP_USER_AGENT=header,
        )
    page = clerk.get("/profile/sessions").content.decode()
    assert "Safari, iPhone" in page
    assert "Edge, Windows" in page
    assert "不明なブラウザ" in page
    assert "curl" not in page
    assert browser_named(FIREFOX) == "Firefox, Linux"
    assert browser_named("<script>Chrome/") == "Chrome"


def test_a_demand_for_passkeys_ends_the_sessions_that_were_opened_without(issuer, clerk):
    elsewhere = sign_in_directly(clerk.actor)
    decide(issuer, PasskeyPolicy(mode="required"))
    assert elsewhere.get("/profile", secure=True).status_code == 302
