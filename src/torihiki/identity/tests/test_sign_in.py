"""Signing in and out: one answer for every wrong try, a cookie that stays home, and a ledger that tells."""

import re
import time
from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, add_member, sign_in_directly
from torihiki.identity.models import Account, Company, Member
from torihiki.ledger.models import Entry
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import scope

COOKIE = settings.SESSION_COOKIE_NAME


@pytest.fixture
def browser():
    return Client()


def try_to_sign_in(browser, login_id, password=PASSWORD, **more):
    return browser.post("/sign-in", {"login_id": login_id, "password": password, **more}, secure=True)


def test_a_member_signs_in_works_and_signs_out(issuer, browser):
    assert browser.get("/profile", secure=True)["Location"] == "/sign-in?next=%2Fprofile"
    response = try_to_sign_in(browser, "AOBA-Administrator", next="/profile")
    assert response["Location"] == "/profile"
    assert "管理 花子" in browser.get("/profile", secure=True).content.decode()
    assert browser.get("/sign-in", secure=True)["Location"] == "/"
    assert browser.post("/sign-out", secure=True)["Location"] == "/sign-in"
    assert browser.get("/profile", secure=True).status_code == 302
    assert issuer.events()[-2:] == ["identity.signed_in", "identity.signed_out"]


def test_the_session_cookie_stays_on_this_host_and_away_from_scripts(issuer, browser):
    cookie = try_to_sign_in(browser, issuer.login_id).cookies[COOKIE]
    assert COOKIE.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert not cookie["domain"]
    assert not cookie["max-age"], "it ends with the browser"
    assert not cookie["expires"]


def test_an_old_cookie_is_worth_nothing_after_signing_out(issuer, browser):
    try_to_sign_in(browser, issuer.login_id)
    stolen = browser.cookies[COOKIE].value
    browser.post("/sign-out", secure=True)
    browser.cookies[COOKIE] = stolen
    assert browser.get("/profile", secure=True).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/\t/evil.example",
        "",
    ],
)
def test_next_leads_only_to_this_site(issuer, browser, address):
    assert try_to_sign_in(browser, issuer.login_id, next=address)["Location"] == "/"


def test_unknown_id_wrong_password_and_closed_account_get_the_same_answer(issuer, browser):
    with scope(issuer.viewer.actor):
        Account.objects.filter(pk=issuer.viewer.actor.account_id).update(is_active=False)
    answers = {
        without_token(try_to_sign_in(browser, login_id, password)).replace(login_id, "…")
        for login_id, password in [
            ("nobody-here", PASSWORD),
            (issuer.login_id, "Wrong-2026"),
            (issuer.viewer.login_id, PASSWORD),
        ]
    }
    assert len(answers) == 1
    assert 'role="alert"' in answers.pop()


def without_token(response):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())


def test_failures_stand_in_the_company_s_ledger_and_unknown_ids_in_the_operator_s(issuer, browser, connect_as):
    before = issuer.count_entries()
    try_to_sign_in(browser, issuer.login_id, "Wrong-2026")
    try_to_sign_in(browser, "nobody-here", "Wrong-2026")
    assert issuer.events()[before:] == ["identity.sign_in_failed"]
    with issuer.acting():
        entry = Entry.objects.filter(event="identity.sign_in_failed").get()
        assert entry.account_id == issuer.actor.account_id
        assert b"Wrong-2026" not in bytes(entry.payload or b"")


def test_a_failure_is_told_to_every_company_of_the_account(issuer, stranger, browser):
    join(issuer, stranger)
    before = stranger.count_entries()
    try_to_sign_in(browser, issuer.login_id, "Wrong-2026")
    assert stranger.events()[before:] == ["identity.sign_in_failed"]


def test_a_suspended_member_is_told_why_only_with_the_right_password(issuer, browser):
    with issuer.acting():
        Member.objects.filter(pk=issuer.viewer.actor.member_id).update(suspended_at=timezone.now())
    assert "No company is open to you" in english(browser, issuer.viewer.login_id, PASSWORD)
    assert "Not signed in" in english(browser, issuer.viewer.login_id, "Wrong-2026")


def english(browser, login_id, password):
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return try_to_sign_in(browser, login_id, password).content.decode()


def test_a_person_of_two_companies_goes_from_one_to_the_other(issuer, stranger, browser):
    other = join(issuer, stranger)
    try_to_sign_in(browser, issuer.login_id)
    former = browser.cookies[COOKIE].value
    assert "やまびこ物産合同会社" in browser.get("/profile/companies", secure=True).content.decode()
    assert browser.post(f"/profile/companies/{other}", secure=True)["Location"] == "/"
    assert "やまびこ物産合同会社" in browser.get("/profile", secure=True).content.decode()
    assert stranger.events()[-1] == "identity.company_switched"
    browser.cookies[COOKIE] = former
    assert browser.get("/profile", secure=True).status_code == 302


def test_nobody_goes_to_a_company_of_others(issuer, stranger):
    assert issuer.post(f"/profile/companies/{stranger.actor.member_id}").status_code == 404
    assert issuer.events()[-1] == "ledger.refused"


def test_the_language_is_kept_by_the_browser_and_by_the_account(issuer, browser):
    response = browser.post("/language", {"language": "en", "next": "/sign-in"}, secure=True)
    assert response["Location"] == "/sign-in"
    assert "Sign in" in browser.get("/sign-in", secure=True).content.decode()
    issuer.post("/language", {"language": "en", "next": "/profile"})
    with issuer.acting():
        assert Account.objects.get().language == "en"
    assert issuer.events()[-1] == "identity.language_changed"
    another = Client()
    response = try_to_sign_in(another, issuer.login_id)
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_an_unknown_language_changes_nothing(issuer):
    before = issuer.count_entries()
    issuer.post("/language", {"language": "xx", "next": "https://evil.example"})
    assert issuer.count_entries() == before


def test_forms_refuse_a_post_without_a_token(issuer):
    browser = sign_in_directly(issuer.actor, Client(enforce_csrf_checks=True))
    for path in ("/sign-out", "/language", "/profile", "/profile/password", "/members/invite", "/units/new"):
        assert browser.post(path, secure=True).status_code == 403, path


def test_an_unknown_id_costs_as_much_as_a_wrong_password(issuer, browser, real_hasher):
    rehash(issuer)
    known = min(timed(browser, issuer.login_id) for _ in range(4))
    unknown = min(timed(browser, "nobody-here") for _ in range(4))
    assert 0.75 < unknown / known < 1.33, (unknown, known)


def timed(browser, login_id):
    start = time.process_time()
    try_to_sign_in(browser, login_id, "Wrong-2026")
    return time.process_time() - start


def test_an_unknown_id_costs_as_many_queries_as_a_known_one(issuer, browser, django_assert_num_queries):
    for login_id in (issuer.login_id, "nobody-here"):
        with django_assert_num_queries(20):
            try_to_sign_in(browser, login_id, "Wrong-2026")


def test_a_weaker_hash_is_renewed_at_the_next_sign_in(issuer, browser, real_hasher, monkeypatch):
    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "iterations", 1_000)
    rehash(issuer)
    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "iterations", 2_000)
    assert try_to_sign_in(browser, issuer.login_id).status_code == 302
    with issuer.acting():
        assert Account.objects.get().password.startswith("pbkdf2_sha256$2000$")


def rehash(desk):
    with desk.acting():
        Account.objects.update(password=hashers.make_password(PASSWORD))


def join(desk, other):
    """The desk's person becomes a clerk of the other's company too."""
    with scope(replace(other.actor, account_id=desk.actor.account_id)):
        return str(
            Member.objects.create(
                id=new_id(),
                company_id=other.company,
                account_id=desk.actor.account_id,
                name=desk.actor.name,
                email="both@example.jp",
                role="clerk",
                created_at=timezone.now(),
            ).id
        )


def test_a_desk_of_another_role_is_another_person(issuer):
    with issuer.acting():
        company = Company.objects.get()
        extra = add_member(company, "second", "clerk", at=timezone.now())
    assert "営業 太郎" in sign_in_directly(extra).get("/profile", secure=True).content.decode()
