"""A new password by mail: one answer for everybody, one link for an hour, and the second step stays."""

import re
import time

import pytest
from django.test import Client

from tests.world import sign_in_directly
from torihiki.identity.keys import link_token
from torihiki.identity.letters import RESET, reset
from torihiki.identity.mail import compose
from torihiki.identity.models import MailedSecret
from torihiki.identity.pages import signing
from torihiki.identity.policies import PasswordPolicy, TwoStepPolicy
from torihiki.identity.tests.deciding import WRONG, clock, decide, sign_in
from torihiki.tenancy.actor import Actor, scope

__all__ = ["clock"]
NEW = {"password": "Changed-2026", "repeated": "Changed-2026"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(signing, "ANSWER_SECONDS", 0.0)


def ask(login_id):
    return Client().post("/sign-in/forgotten", {"login_id": login_id}, secure=True)


def link_of(desk):
    with desk.acting():
        mailed = MailedSecret.objects.filter(purpose="reset").latest("created_at")
    return f"/sign-in/reset/{link_token(RESET, mailed.id, mailed.expires_at)}"


def test_a_mailed_link_sets_a_new_password_once(issuer):
    ask(issuer.login_id.upper())
    link, browser = link_of(issuer), Client()
    assert browser.get(link, secure=True).status_code == 200
    assert browser.post(link, NEW, secure=True)["Location"] == "/sign-in"
    assert browser.post(link, NEW, secure=True).status_code == 404
    assert sign_in(issuer.login_id).status_code == 422
    assert sign_in(issuer.login_id, NEW["password"]).status_code == 302
    assert {"identity.password_reset_asked", "identity.password_reset"} <= set(issuer.events())


def test_every_session_ends_with_it(issuer):
    elsewhere = sign_in_directly(issuer.actor)
    ask(issuer.login_id)
    Client().post(link_of(issuer), NEW, secure=True)
    assert elsewhere.get("/profile", secure=True).status_code == 302


def test_the_second_step_and_a_lock_stay(issuer):
    decide(issuer, TwoStepPolicy(mode="required"))
    ask(issuer.login_id)
    Client().post(link_of(issuer), NEW, secure=True)
    assert sign_in(issuer.login_id, NEW["password"])["Location"] == "/sign-in/code"
    for _ in range(5):
        sign_in(issuer.login_id, WRONG)
    ask(issuer.login_id)
    again = {"password": "Changed-2027", "repeated": "Changed-2027"}
    assert Client().post(link_of(issuer), again, secure=True).status_code == 302
    assert sign_in(issuer.login_id, again["password"]).status_code == 422


def test_the_answer_is_the_same_for_everybody_and_takes_as_long(issuer, monkeypatch):
    monkeypatch.setattr(signing, "ANSWER_SECONDS", 0.2)
    answers, times = set(), []
    for login_id in (issuer.login_id, "nobody-here"):
        start = time.monotonic()
        page = ask(login_id)
        times.append(time.monotonic() - start)
        answers.add(re.sub(r"csrf[^>]+", "", page.content.decode()))
    assert len(answers) == 1
    assert min(times) >= 0.2


def test_a_link_works_for_an_hour_and_a_company_s_profile_holds(issuer, clock):
    decide(issuer, PasswordPolicy(profile="strong"))
    ask(issuer.login_id)
    link = link_of(issuer)
    clock.pass_by(minutes=59, seconds=59)
    assert Client().post(link, NEW, secure=True).status_code == 422, "too short for the strong profile"
    clock.pass_by(seconds=1)
    assert Client().get(link, secure=True).status_code == 404


def test_few_are_mailed_and_a_newer_one_ends_the_others(issuer):
    for _ in range(5):
        ask(issuer.login_id)
    with issuer.acting():
        rows = list(MailedSecret.objects.order_by("created_at"))
    assert len(rows) == 3
    Client().post(f"/sign-in/reset/{link_token(RESET, rows[0].id, rows[0].expires_at)}", NEW, secure=True)
    assert Client().get(link_of(issuer), secure=True).status_code == 404


def test_the_letter_carries_the_link_and_a_guess_opens_nothing(issuer):
    ask(issuer.login_id)
    with scope(Actor.system(issuer.company)) as actor:
        written = reset(actor, MailedSecret.objects.get().pk)
    assert written is not None
    assert link_of(issuer) in compose(written)[1]
    assert Client().get("/sign-in/reset/" + "x" * 43, secure=True).status_code == 404
    assert Client().post("/sign-in/reset/" + "x" * 43, NEW, secure=True).status_code == 404
