"""After the password a code (clause 2-5-5): it serves once, for the attempt it was mailed for, and few are tried."""

from collections import Counter
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, make_company, sign_in_directly
from torihiki.crypto.one_time import present_code
from torihiki.identity.letters import code, code_of
from torihiki.identity.mail import compose
from torihiki.identity.models import Account, Authenticator, MailedSecret, RecoveryCode
from torihiki.identity.policies import TwoStepPolicy
from torihiki.identity.second_step import begin_app
from torihiki.identity.tests.deciding import clock, decide, sign_in
from torihiki.tenancy.actor import Actor, scope

__all__ = ["clock"]
REQUIRED = TwoStepPolicy(mode="required")
AT_ONCE = 20
SESSION = settings.SESSION_COOKIE_NAME


def half(desk, browser=None):
    """A browser in which the password was right, and the code that was mailed."""
    browser = browser or Client()
    assert sign_in(desk.login_id, browser=browser)["Location"] == "/sign-in/code"
    return browser, newest(desk)


def newest(desk):
    with desk.acting():
        mailed = MailedSecret.objects.filter(member_id=desk.actor.member_id).order_by("-created_at", "-id")[0]
    return code_of(mailed.pk)


def answer(browser, typed):
    return browser.post("/sign-in/code", {"code": typed}, secure=True)


def inside(browser):
    return browser.get("/profile", secure=True).status_code == 200


@pytest.fixture
def required(issuer):
    decide(issuer, REQUIRED)
    return issuer


def test_a_mailed_code_opens_the_session(required):
    browser, mailed = half(required)
    assert not inside(browser)
    assert "a…@aoba.example" in browser.get("/sign-in/code", secure=True).content.decode()
    assert answer(browser, f" {mailed[:3]} {mailed[3:]} ")["Location"] == "/"
    assert inside(browser)
    assert required.events()[-2:] == ["identity.code_sent", "identity.signed_in"]


def test_the_letter_has_the_code_and_nothing_else_has(required):
    _browser, mailed = half(required)
    with scope(Actor.system(required.company)) as actor:
        row = MailedSecret.objects.get()
        written = code(actor, row.pk)
        assert written is not None
        assert mailed in compose(written)[0]
        assert mailed.encode() not in bytes(row.secret_hash)


def test_a_code_serves_once(required):
    browser, mailed = half(required)
    cookies = browser.cookies.output()
    assert answer(browser, mailed).status_code == 302
    again = Client()
    again.cookies.load(cookies.replace("Set-Cookie: ", ""))
    assert answer(again, mailed)["Location"] == "/sign-in"
    assert not inside(again)


def test_a_code_of_another_attempt_is_refused(required):
    first, first_code = half(required)
    second, second_code = half(required)
    assert answer(second, first_code).status_code == 422
    assert answer(first, second_code).status_code == 422
    assert answer(second, second_code).status_code == 302


def test_a_code_works_for_ten_minutes(required, clock):
    browser, mailed = half(required)
    clock.pass_by(minutes=10)
    assert answer(browser, mailed).status_code == 422
    assert browser.post("/sign-in/code", {"again": "yes"}, secure=True).status_code == 302
    clock.pass_by(minutes=4, seconds=59)
    assert answer(browser, newest(required)).status_code == 302


def test_a_new_code_replaces_the_former_and_there_are_few(required):
    browser, former = half(required)
    browser.post("/sign-in/code", {"again": "yes"}, secure=True)
    assert answer(browser, former).status_code == 422
    for _ in range(3):
        assert browser.post("/sign-in/code", {"again": "yes"}, secure=True).status_code == 302
    assert browser.post("/sign-in/code", {"again": "yes"}, secure=True).status_code == 422
    assert sign_in(required.login_id).status_code == 422, "a new attempt mails no more either"


def test_tries_are_capped_per_account_whatever_the_attempt(required):
    for _ in range(3):
        browser, _mailed = half(required)
        for _ in range(2):
            last = answer(browser, "000000")
    assert last.status_code == 422
    browser, mailed = half(required)
    assert answer(browser, mailed).status_code == 422, "locked, although it is right"
    assert required.post("/profile").status_code == 302, "the session without a second step had ended"


@pytest.mark.parametrize("address", ["/", "/profile", "/members", "/audit", "/profile/two-step", "/inbox.csv"])
def test_no_way_around_gives_data(required, address):
    browser, _mailed = half(required)
    assert browser.get(address, secure=True)["Location"].startswith("/sign-in?next=")
    tab = Client()
    tab.cookies = browser.cookies
    assert tab.get(address, secure=True)["Location"].startswith("/sign-in?next=")
    assert browser.get("/sign-in/password", secure=True).status_code == 200, "an earlier page gives no session"
    changed = {"password": "Changed-2026", "repeated": "Changed-2026"}
    assert browser.post("/sign-in/password", changed, secure=True)["Location"] == "/sign-in/code"
    assert SESSION not in browser.cookies


def test_the_policy_holds_from_the_next_request_and_for_its_roles(issuer):
    decide(issuer, TwoStepPolicy(mode="required", roles=("administrator",)))
    assert issuer.get("/profile").status_code == 302
    assert issuer.clerk.get("/profile").status_code == 200
    assert sign_in(issuer.clerk.login_id)["Location"] == "/"
    assert sign_in(issuer.login_id)["Location"] == "/sign-in/code"


def test_the_preview_tells_its_author(issuer):
    page = issuer.post("/security/two-step", {"mode": "required", "seen": "0"})
    assert page.context["consequences"][0].for_author
    assert issuer.post("/security/two-step", {"mode": "required", "seen": "0", "confirmed": "1"}).status_code == 302
    browser, mailed = half(issuer)
    answer(browser, mailed)
    page = browser.post("/security/two-step", {"mode": "required", "roles": "administrator", "seen": "1"}, secure=True)
    assert page.status_code == 302, "who has shown a second factor is not concerned"


def test_where_it_is_left_open_who_wants_it_is_asked(issuer):
    decide(issuer, TwoStepPolicy(mode="optional"))
    assert sign_in(issuer.login_id)["Location"] == "/"
    issuer.post("/profile/two-step", {"wanted": "yes"})
    assert sign_in(issuer.login_id)["Location"] == "/sign-in/code"
    assert sign_in(issuer.clerk.login_id)["Location"] == "/"


def with_app(desk, clock):
    """The desk's person sets up an app. Returns its secret and the recovery codes."""
    with desk.acting() as actor:
        secret = begin_app(actor, at=timezone.now())
    page = desk.post("/profile/two-step/app", {"code": present_code(secret, at=clock.now)})
    return secret, page.context["codes"]


def test_an_app_takes_the_place_of_mail_and_no_code_serves_twice(issuer, clock):
    decide(issuer, TwoStepPolicy(mode="optional"))
    secret, _codes = with_app(issuer, clock)
    with issuer.acting():
        assert secret.encode() not in bytes(Authenticator.objects.get().secret)
    browser = Client()
    assert sign_in(issuer.login_id, browser=browser)["Location"] == "/sign-in/code"
    assert answer(browser, present_code(secret, at=clock.now)).status_code == 422, "it has set up the app already"
    clock.pass_by(seconds=30)
    shown = present_code(secret, at=clock.now)
    assert answer(browser, shown).status_code == 302
    another = Client()
    sign_in(issuer.login_id, browser=another)
    assert answer(another, shown).status_code == 422
    clock.pass_by(seconds=60)
    late = present_code(secret, at=clock.now)
    clock.pass_by(seconds=30)
    assert answer(another, late).status_code == 302, "a clock may be half a minute wrong"
    with issuer.acting():
        assert not MailedSecret.objects.exists()


def test_a_recovery_code_serves_once(issuer, clock):
    decide(issuer, TwoStepPolicy(mode="optional"))
    _secret, codes = with_app(issuer, clock)
    assert len(set(codes)) == 10
    for expected in (302, 422):
        browser = Client()
        sign_in(issuer.login_id, browser=browser)
        assert answer(browser, codes[0].upper()).status_code == expected
    with issuer.acting():
        assert RecoveryCode.objects.filter(used_at=None).count() == 9
        assert codes[1].encode() not in bytes(RecoveryCode.objects.all()[0].code_hash)
    assert "identity.recovery_code_used" in issuer.events()


def test_an_administrator_helps_who_lost_the_phone(issuer, stranger, clock):
    decide(issuer, TwoStepPolicy(mode="optional"))
    with_app(issuer.clerk, clock)
    page = f"/members/{issuer.clerk.actor.member_id}/two-step"
    assert stranger.post(page).status_code == 404
    assert sign_in(issuer.clerk.login_id)["Location"] == "/sign-in/code"
    assert issuer.post(page).status_code == 302
    assert sign_in(issuer.clerk.login_id)["Location"] == "/"
    assert issuer.post(page).status_code == 409


def test_going_on_to_a_company_that_asks_for_it_asks(issuer, stranger):
    from torihiki.identity.tests.test_sign_in import join

    other = join(issuer, stranger)
    decide(stranger, REQUIRED)
    browser = sign_in_directly(issuer.actor)
    assert browser.post(f"/profile/companies/{other}", secure=True)["Location"] == "/sign-in/code"
    assert "青葉食品" in browser.get("/profile", secure=True).content.decode()
    with stranger.acting():
        mailed = MailedSecret.objects.get(member_id=other)
    assert answer(browser, code_of(mailed.pk)).status_code == 302
    assert "やまびこ物産" in browser.get("/profile", secure=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_code_posted_twenty_times_at_once_opens_one_session():
    issuer = make_company("aoba", "青葉食品株式会社")
    decide(issuer, REQUIRED)
    browser, mailed = half(issuer)
    cookies, together = browser.cookies.output().replace("Set-Cookie: ", ""), Barrier(AT_ONCE)
    outcomes: Counter[bool] = Counter()

    def attack():
        tab = Client()
        tab.cookies.load(cookies)
        together.wait()
        try:
            outcomes[SESSION in answer(tab, mailed).cookies] += 1
        finally:
            connection.close()

    threads = [Thread(target=attack) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert outcomes == {True: 1, False: AT_ONCE - 1}
    assert issuer.events().count("identity.signed_in") == 1


def test_the_account_keeps_its_password(required):
    """What the second step needs stands beside the account, and changes nothing of it."""
    browser, mailed = half(required)
    answer(browser, mailed)
    with required.acting():
        assert Account.objects.get().check_password(PASSWORD)
