"""An account is locked after wrong tries, through every door, and opens again after its time (clause 2-5-3)."""

from collections import Counter
from threading import Barrier, BoundedSemaphore, Thread

import pytest
from django.db import connection
from django.test import Client

from tests.world import PASSWORD, make_company
from torihiki.identity import hashing
from torihiki.identity.letters import locked
from torihiki.identity.mail import compose
from torihiki.identity.models import Account
from torihiki.identity.policies import LockoutPolicy
from torihiki.identity.tests.deciding import WRONG, clock, decide, sign_in
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor, scope

__all__ = ["clock"]
AT_ONCE = 12


def test_the_right_password_is_refused_while_locked_and_taken_afterwards(issuer, clock):
    for _ in range(5):
        assert sign_in(issuer.login_id, WRONG).status_code == 422
    refused = sign_in(issuer.login_id)
    assert refused.status_code == 422
    assert "account_locked" in " ".join(issuer.events())
    clock.pass_by(minutes=15, seconds=-1)
    assert sign_in(issuer.login_id).status_code == 422
    clock.pass_by(seconds=2)
    assert sign_in(issuer.login_id).status_code == 302


def test_four_wrong_tries_lock_nothing_and_a_right_one_begins_anew(issuer, clock):
    for _ in range(3):
        for _ in range(4):
            sign_in(issuer.login_id, WRONG)
        assert sign_in(issuer.login_id).status_code == 302


def test_tries_outside_the_window_are_forgotten(issuer, clock):
    for _ in range(8):
        sign_in(issuer.login_id, WRONG)
        clock.pass_by(minutes=4)
    assert sign_in(issuer.login_id).status_code == 302


def test_count_and_time_are_the_companys(issuer, clock):
    decide(issuer, LockoutPolicy(failures_max=3, window_minutes=60, duration_minutes=120))
    for _ in range(3):
        sign_in(issuer.clerk.login_id, WRONG)
    clock.pass_by(minutes=119)
    assert sign_in(issuer.clerk.login_id).status_code == 422
    decide(issuer, LockoutPolicy(duration_minutes=118))
    assert sign_in(issuer.clerk.login_id).status_code == 302, "a shorter lock holds from the next request"
    decide(issuer, LockoutPolicy(on=False))
    for _ in range(9):
        sign_in(issuer.clerk.login_id, WRONG)
    assert sign_in(issuer.clerk.login_id).status_code == 302


def test_the_member_is_told_by_mail_and_an_administrator_unlocks(issuer):
    for _ in range(5):
        sign_in(issuer.clerk.login_id, WRONG)
    with issuer.acting():
        entry = Entry.objects.get(event="identity.account_locked")
    with scope(Actor.system(issuer.company)) as actor:
        written = locked(actor, entry.id)
    assert written is not None
    assert written.to == "clerk@aoba.example"
    assert "127.0.0.1" in compose(written)[1]
    page = f"/members/{issuer.clerk.actor.member_id}"
    assert "/unlock" in issuer.get(page).content.decode()
    assert issuer.clerk.post(f"{page}/unlock").status_code == 403
    assert issuer.post(f"{page}/unlock").status_code == 302
    assert "/unlock" not in issuer.get(page).content.decode()
    assert sign_in(issuer.clerk.login_id).status_code == 302
    assert "identity.account_unlocked" in issuer.events()


def test_nobody_unlocks_another_companys_member(issuer, stranger):
    for _ in range(5):
        sign_in(issuer.clerk.login_id, WRONG)
    assert stranger.post(f"/members/{issuer.clerk.actor.member_id}/unlock").status_code == 404
    assert sign_in(issuer.clerk.login_id).status_code == 422


def test_every_door_counts_and_is_shut(issuer):
    """The page that changes the password, the one that asks for it again, and the one that signs in are one count."""
    changed = {"password": "Changed-2026", "repeated": "Changed-2026"}
    for _ in range(3):
        assert issuer.post("/profile/password", {"present": WRONG, **changed}).status_code == 422
    for _ in range(2):
        assert issuer.post("/prove", {"present": WRONG}).status_code == 422
    assert issuer.post("/profile/password", {"present": PASSWORD, **changed}).status_code == 422
    assert issuer.post("/prove", {"present": PASSWORD}).status_code == 422
    assert sign_in(issuer.login_id).status_code == 422
    assert issuer.get("/profile").status_code == 200, "who was signed in stays so"


def test_an_unknown_id_is_counted_alike(issuer):
    for _ in range(5):
        sign_in("nobody-here", WRONG)
    locked, known = sign_in("nobody-here", WRONG), sign_in(issuer.login_id, WRONG)
    assert locked.context["form"].non_field_errors() == known.context["form"].non_field_errors()


def test_a_locked_account_costs_as_much_as_a_wrong_password(issuer, monkeypatch):
    hashed: list[str] = []

    def hash_it(raw):
        hashed.append(raw)
        return "x"

    monkeypatch.setattr(hashing, "make_password", hash_it)
    for _ in range(5):
        sign_in(issuer.login_id, WRONG)
    assert hashed == [], "the true hash was verified"
    sign_in(issuer.login_id, PASSWORD)
    assert hashed == [PASSWORD], "as much work, without verifying anything"


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_no_more_are_verified_than_the_policy_allows(monkeypatch):
    issuer = make_company("aoba", "青葉食品株式会社")
    verified: Counter[str] = Counter()
    together = Barrier(AT_ONCE)
    original = hashing.verify

    def counting(password, encoded):
        verified["true" if encoded else "dummy"] += 1
        return original(password, encoded)

    monkeypatch.setattr("torihiki.identity.sign_in.password.verify", counting)
    monkeypatch.setattr(hashing, "_places", BoundedSemaphore(AT_ONCE))

    def attack():
        together.wait()
        try:
            sign_in(issuer.login_id, WRONG)
        finally:
            connection.close()

    threads = [Thread(target=attack) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert verified == {"true": 5, "dummy": AT_ONCE - 5}
    assert sign_in(issuer.login_id).status_code == 422


def test_when_too_many_hash_the_next_one_waits_outside_and_nothing_is_counted(issuer, monkeypatch):
    monkeypatch.setattr(hashing, "_places", BoundedSemaphore(1))
    with hashing.place_to_hash():
        for _ in range(9):
            answer = sign_in(issuer.login_id, WRONG)
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert "再読み込み" in answer.content.decode()
        assert Client().post("/sign-in/forgotten", {"login_id": issuer.login_id}, secure=True).status_code == 503
    assert sign_in(issuer.login_id).status_code == 302


def test_a_closed_account_is_no_way_in(issuer):
    with issuer.clerk.acting():
        Account.objects.filter(pk=issuer.clerk.actor.account).update(is_active=False)
    assert sign_in(issuer.clerk.login_id, browser=Client()).status_code == 422
