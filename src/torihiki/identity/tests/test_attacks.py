"""Many at once at the doors of sign-in, each with a connection of its own: a bound is a bound, and once is once."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Barrier, BoundedSemaphore, Lock, Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from tests.programs import program_of
from tests.world import PASSWORD, make_company, sign_in_directly
from torihiki.crypto.one_time import present_code
from torihiki.identity import hashing, jobs
from torihiki.identity.keys import link_token
from torihiki.identity.letters import RESET
from torihiki.identity.models import Account, MailedSecret, RecoveryCode
from torihiki.identity.pages import signing
from torihiki.identity.policies import NetworkPolicy, PasswordPolicy, SessionPolicy, TwoStepPolicy
from torihiki.identity.second_step import CODES_MAX, begin_app, confirm_app
from torihiki.identity.sign_in.attempts import COOKIE_NAME
from torihiki.identity.sso.actions.connections import add_provider
from torihiki.identity.sso.connections import OidcSettings
from torihiki.identity.tests.deciding import WRONG, clock, decide, sign_in

__all__ = ["clock"]
SESSION = settings.SESSION_COOKIE_NAME
AT_ONCE = 40
FAILURES_MAX = 5
CODES_AT_ONCE = 20


@pytest.fixture
def _a_connection_each(transactional_db: None) -> Iterator[None]:
    pool = connections["default"].settings_dict["OPTIONS"]["pool"]
    before = dict(pool)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    pool.update(max_size=AT_ONCE + 2, timeout=60)
    yield
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    pool.update(before)


@pytest.fixture
def company(_a_connection_each):
    return make_company("aoba", "青葉食品株式会社")


def at_once(count: int, act: Callable[[int], object]) -> Counter[object]:
    """What `act` gave, called by `count` threads at the same moment."""
    together, told = Barrier(count), Lock()
    outcomes: Counter[object] = Counter()

    def run(place: int) -> None:
        together.wait()
        try:
            outcome = act(place)
        finally:
            connection.close()
        with told:
            outcomes[outcome] += 1

    threads = [Thread(target=run, args=[place]) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(outcomes.values()) == count
    return outcomes


@pytest.fixture
def verified(monkeypatch):
    """The passwords that were held against somebody's true hash; every thread finds a place to hash."""
    seen: list[str] = []
    original = hashers.verify_password

    def verify(password, encoded):
        seen.append(password)
        return original(password, encoded)

    monkeypatch.setattr(hashing, "verify_password", verify)
    monkeypatch.setattr(hashing, "_places", BoundedSemaphore(AT_ONCE))
    return seen


def test_forty_wrong_passwords_through_every_door_are_one_count_and_one_lock(company, verified):
    """Sign-in, change of password, asking for it again, and linking an identity provider."""
    person = company.clerk
    link = f"/profile/links/new/{offered_provider(company)}"
    tabs = [sign_in_directly(person.actor) for _ in range(AT_ONCE)]
    chosen = {"password": "Changed-2026", "repeated": "Changed-2026"}
    doors = (
        lambda _tab: sign_in(person.login_id, WRONG),
        lambda tab: tab.post("/profile/password", {"present": WRONG, **chosen}, secure=True),
        lambda tab: tab.post("/prove", {"present": WRONG}, secure=True),
        lambda tab: tab.post(link, {"present": WRONG}, secure=True),
    )
    answers = at_once(AT_ONCE, lambda place: doors[place % len(doors)](tabs[place]).status_code)
    assert verified == [WRONG] * FAILURES_MAX
    assert set(answers) == {422}, answers

    verified.clear()
    assert sign_in(person.login_id).status_code == 422
    assert tabs[0].post("/prove", {"present": PASSWORD}, secure=True).status_code == 422
    assert tabs[0].post("/profile/password", {"present": PASSWORD, **chosen}, secure=True).status_code == 422
    assert tabs[0].post(link, {"present": PASSWORD}, secure=True).status_code == 422
    assert verified == [], "the lock holds at every door"
    assert person.events().count("identity.account_locked") == 1


def offered_provider(desk):
    """A connection that is on; where there is none to link, no password is asked for and no try counted."""
    place = "https://idp.example"
    settings = OidcSettings(
        issuer=place, client_id="x", authorization_endpoint=place, token_endpoint=place, jwks_uri=place
    )
    with desk.acting() as actor:
        provider = add_provider(
            actor, protocol="oidc", name="x", settings=settings, secrets={}, domains=[], at=timezone.now()
        )
        type(provider).objects.filter(pk=provider.pk).update(state="on")
    return provider.pk


def with_app(desk):
    """An authenticator app, confirmed with the code of a minute ago. Returns its secret and recovery codes."""
    with desk.acting() as actor:
        secret = begin_app(actor, at=timezone.now())
    with desk.acting() as actor:
        then = timezone.now() - timedelta(minutes=1)
        return secret, confirm_app(actor, present_code(secret, at=then), at=then)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_one_code_posted_twenty_times_at_once_opens_one_session(company, kind):
    """Of an app and for recovery; that of a mail stands in test_second_step."""
    decide(company, TwoStepPolicy(mode="required"))
    secret, recovery = with_app(company)
    tabs = [Client() for _ in range(CODES_AT_ONCE)]
    for tab in tabs[:4]:  # some tabs of the same attempt, some attempts of their own
        assert sign_in(company.login_id, browser=tab)["Location"] == "/sign-in/code"
    for place, tab in enumerate(tabs[4:]):
        tab.cookies.update(tabs[place % 4].cookies)
    code = present_code(secret, at=timezone.now()) if kind == "app" else recovery[0]

    def post(place):
        answer = tabs[place].post("/sign-in/code", {"code": code}, secure=True)
        return SESSION in answer.cookies

    before = company.events().count("identity.signed_in")
    assert at_once(CODES_AT_ONCE, post) == {True: 1, False: CODES_AT_ONCE - 1}
    assert company.events().count("identity.signed_in") == before + 1


def test_no_more_codes_are_mailed_than_five_however_many_are_asked_for_at_once(company):
    decide(company, TwoStepPolicy(mode="required"))
    browser = Client()
    sign_in(company.login_id, browser=browser)
    tabs = [Client() for _ in range(CODES_AT_ONCE)]
    for tab in tabs:
        tab.cookies.update(browser.cookies)
    at_once(CODES_AT_ONCE, lambda place: tabs[place].post("/sign-in/code", {"again": "1"}, secure=True).status_code)
    with company.acting():
        assert MailedSecret.objects.filter(purpose="code").count() == CODES_MAX
        assert MailedSecret.objects.filter(purpose="code", used_at=None).count() == 1, "one works"


def test_a_link_for_a_new_password_serves_one_of_ten_and_three_are_mailed(company, monkeypatch):
    monkeypatch.setattr(signing, "ANSWER_SECONDS", 0.0)
    monkeypatch.setattr(hashing, "_places", BoundedSemaphore(AT_ONCE))
    ask = {"login_id": company.login_id}
    assert at_once(10, lambda _: Client().post("/sign-in/forgotten", ask, secure=True).status_code) == {200: 10}
    with company.acting():
        mailed = list(MailedSecret.objects.filter(purpose="reset"))
    assert len(mailed) == 3
    link = f"/sign-in/reset/{link_token(RESET, mailed[0].id, mailed[0].expires_at)}"

    def choose(place):
        wanted = f"Changed-{2030 + place}"
        return Client().post(link, {"password": wanted, "repeated": wanted}, secure=True).status_code

    assert at_once(10, choose) == {302: 1, 404: 9}


# ---- one answer, one cost


def test_whatever_is_wrong_the_answer_its_headers_and_its_cost_are_the_same(issuer, stranger, monkeypatch):
    """One hash each, the same words, and no header that tells."""
    hashed: list[str] = []
    original = hashers.MD5PasswordHasher.encode

    def encode(self, password, salt):
        hashed.append(password)
        return original(self, password, salt)

    with issuer.viewer.acting():
        Account.objects.filter(pk=issuer.viewer.actor.account).update(is_active=False)
    with issuer.approver.acting():
        Account.objects.filter(pk=issuer.approver.actor.account).update(password="!")
    for _ in range(FAILURES_MAX):
        sign_in(issuer.clerk.login_id, WRONG)
    decide(stranger, NetworkPolicy(on=True, ranges=("203.0.113.0/24",)))
    tries = {
        "unknown": ("nobody-here", PASSWORD),
        "wrong": (issuer.login_id, WRONG),
        "closed": (issuer.viewer.login_id, PASSWORD),
        "locked": (issuer.clerk.login_id, PASSWORD),
        "no password": (issuer.approver.login_id, PASSWORD),
        "outside": (stranger.login_id, PASSWORD),
    }
    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", encode)
    answers, costs = {}, {}
    for what, (login_id, password) in tries.items():
        hashed.clear()
        answer = sign_in(login_id, password, browser=Client())
        costs[what] = len(hashed)
        told = {name: value for name, value in answer.items() if name != "Content-Length"}
        shown = answer.context["form"].non_field_errors()
        answers[what] = (answer.status_code, str(told), str(shown), tuple(sorted(answer.cookies)))
    assert costs == dict.fromkeys(tries, 1)
    assert len(set(answers.values())) == 1, answers


# ---- half signed in, and outside


def test_an_attempts_cookie_is_no_session_at_the_api_either(issuer):
    decide(issuer, TwoStepPolicy(mode="required"))
    browser = Client()
    sign_in(issuer.login_id, browser=browser)
    attempt = browser.cookies[COOKIE_NAME].value
    for path in ("/api/v1/me", "/api/v1/documents"):
        assert browser.get(path, secure=True).status_code == 401
        assert browser.get(path, secure=True, headers={"Authorization": f"Bearer {attempt}"}).status_code == 401
    for path in ("/members", "/inbox", "/profile/two-step", "/tokens", "/prove"):
        browser.cookies[SESSION] = attempt
        assert browser.get(path, secure=True)["Location"].startswith("/sign-in?next=")


FORGED: dict[str, Any] = {
    "X-Forwarded-For": "203.0.113.7",
    "Forwarded": 'for="203.0.113.7";proto=https',
    "X-Real-IP": "203.0.113.7",
    "X-Original-Forwarded-For": "203.0.113.7",
    "X-Cluster-Client-IP": "203.0.113.7",
}


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.7", 200), ("::ffff:203.0.113.7", 200), ("::ffff:cb00:7107", 200), ("198.51.100.9", 401),
     ("::ffff:198.51.100.9", 401), ("::203.0.113.7", 401), ("64:ff9b::cb00:7107", 401), ("2002:cb00:7107::1", 401)],
)  # fmt: skip
def test_a_programs_address_is_the_connections_and_mapped_is_v4(issuer, address, status):
    """Mapped is what the kernel says of IPv4 at a socket of both; compatible, translated and 6to4 addresses are not."""
    program = program_of(issuer)
    decide(issuer, NetworkPolicy(on=True, ranges=("203.0.113.0/24",)))
    program.client.defaults["REMOTE_ADDR"] = address
    assert program.get("me").status_code == status
    assert program.ask("GET", "me", **FORGED).status_code == status


@pytest.mark.parametrize("minutes", [1, 60, 1440])
def test_idle_is_exact_to_the_second_also_while_a_page_polls(issuer, clock, minutes):
    decide(issuer, SessionPolicy(idle_minutes=minutes, absolute_hours=168))
    browser = sign_in_directly(issuer.clerk.actor)

    def works(**headers):
        return browser.get("/profile", secure=True, headers=headers).status_code == 200

    clock.pass_by(minutes=minutes, seconds=-1)
    assert works(**{"Torihiki-Background": "1"})
    assert works(), "the last second"
    clock.pass_by(minutes=minutes, seconds=-1)
    assert works(**{"Torihiki-Background": "1"})
    clock.pass_by(seconds=1)
    assert not works()


def test_recovery_codes_are_long_and_old_ones_die(issuer):
    _secret, first = with_app(issuer)
    with issuer.acting():
        assert RecoveryCode.objects.count() == len(first) == 10
    assert {len(code.replace("-", "")) * 5 for code in first} == {120}, "bits: no fewer than 112"
    assert issuer.post("/profile/two-step/recovery").status_code == 200
    decide(issuer, TwoStepPolicy(mode="required"))
    browser = Client()
    sign_in(issuer.login_id, browser=browser)
    assert browser.post("/sign-in/code", {"code": first[0]}, secure=True).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_whose_password_expires_is_reminded_before(monkeypatch):
    """ASVS 5.0, 6.4.5: once, as many days ahead as the company decided."""
    company = make_company("aoba", "青葉食品株式会社")
    decide(company, PasswordPolicy(expires=True, days=30, remind_days=7))
    told: list[tuple[str, object]] = []
    monkeypatch.setattr(jobs, "send_later", lambda name, _actor, member_id: told.append((name, member_id)))
    chosen = timezone.now()
    for day in range(31):
        before = len(told)
        jobs.remind(timestamp=int((chosen + timedelta(days=day, hours=1)).timestamp()))
        assert len(told) - before == (4 if day == 23 else 0), day
    assert {name for name, _member in told} == {jobs.EXPIRING}
