"""Passkeys (clauses 2-5-5, 2-6): in place of the password, after it, and to prove again who one is."""

import json
from collections import Counter
from threading import Barrier, Thread

import pytest
from cbor2 import dumps
from django.conf import settings
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tests.authenticators import PRESENT, Authenticator, new_key, text
from tests.world import make_company, sign_in_directly
from torihiki.crypto.digest import random_bytes
from torihiki.crypto.passkeys import PasskeyInvalid, Site, read_answer, verified_registration, verified_use
from torihiki.identity.events import IdentityEvent
from torihiki.identity.letters import passkey_added
from torihiki.identity.mail import compose
from torihiki.identity.models import Account, Member, Passkey
from torihiki.identity.policies import LockoutPolicy, NetworkPolicy, PasskeyPolicy, PasswordPolicy, TwoStepPolicy
from torihiki.identity.refusals import PasskeyRefused
from torihiki.identity.tests.deciding import WRONG, clock, decide, sign_in
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor, scope

__all__ = ["clock"]
SESSION = settings.SESSION_COOKIE_NAME
AT_ONCE = 10


def options(browser, path):
    answer = browser.get(path, secure=True)
    assert answer.status_code == 200, (path, answer.status_code)
    assert answer["Cache-Control"] == "no-store"
    return json.loads(answer.content)


def set_up(desk, phone=None, name="電話", **wrong):
    """The desk's person sets up a passkey; the authenticator that has it."""
    phone = phone or Authenticator()
    made = phone.make(options(desk.client, "/profile/passkeys/new"), **wrong)
    answer = desk.post("/profile/passkeys/new", {"name": name, "credential": made})
    assert answer.status_code in (200, 302), answer.content.decode()
    return phone


def come_in(phone, browser=None, address="127.0.0.1", **wrong):
    """The answer to a passkey on the sign-in page."""
    browser = browser or Client()
    said = phone.answer(options(browser, "/sign-in/passkey"), **wrong)
    return browser.post("/sign-in/passkey", {"credential": said, "next": "/profile"}, secure=True, REMOTE_ADDR=address)


def reasons(desk, event=IdentityEvent.SIGN_IN_FAILED):
    with desk.acting():
        found = Entry.objects.filter(company_id=desk.company, event=event.code).order_by("at", "id")
        return [json.loads(bytes(each.payload or b""))["data"].get("why") for each in found]


@pytest.mark.parametrize(("algorithm", "counts"), [(-7, True), (-8, False), (-257, True)])
def test_a_passkey_signs_in_without_a_password(issuer, algorithm, counts):
    phone = set_up(issuer, Authenticator(algorithm, counts))
    for _ in range(2):
        browser = Client()
        assert come_in(phone, browser)["Location"] == "/profile"
        assert browser.get("/profile", secure=True).status_code == 200
        assert "__Host-passkey" not in [name for name, each in browser.cookies.items() if each.value]
    assert issuer.events()[-3:] == ["identity.passkey_added", "identity.signed_in", "identity.signed_in"]


def test_the_browser_is_told_nothing_of_whose_passkeys_there_are(issuer):
    set_up(issuer)
    asked = options(Client(), "/sign-in/passkey")
    assert asked["allowCredentials"] == []
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "localhost"


def test_who_set_it_up_is_told_by_mail(issuer):
    set_up(issuer, name="ノート")
    with scope(Actor.system(issuer.company)) as actor:
        entry = Entry.objects.get(company_id=issuer.company, event="identity.passkey_added")
        written = passkey_added(actor, entry.id)
    assert written is not None
    assert "ノート" in compose(written)[1]
    assert written.to == "administrator@aoba.example"


def test_it_is_made_only_shortly_after_a_proof(issuer, clock):
    clock.pass_by(minutes=10)
    for path in ("/profile/passkeys", "/profile/passkeys/new"):
        assert issuer.get(path)["Location"].startswith("/prove?next=")
    assert issuer.post("/profile/passkeys/new", {"name": "x"})["Location"].startswith("/prove?next=")


def test_a_passkey_proves_again_who_one_is(issuer, clock):
    phone = set_up(issuer)
    clock.pass_by(minutes=10)
    said = phone.answer(options(issuer.client, "/prove/passkey"))
    another = sign_in_directly(issuer.actor)
    assert another.post("/prove/passkey", {"credential": said}, secure=True).status_code == 422, "another session's"
    answer = issuer.post("/prove/passkey", {"credential": said, "next": "/profile/passkeys"})
    assert answer["Location"] == "/profile/passkeys"
    assert issuer.get("/profile/passkeys").status_code == 200
    assert issuer.post("/prove/passkey", {"credential": said}).status_code == 422, "once"


WRONGS = {
    "another site's origin": {"origin": "https://torihiki.evil.example"},
    "another host's key": {"host": "evil.example"},
    "the person was not verified": {"flags": PRESENT},
    "nobody was there": {"flags": 0},
    "another key": {"key": new_key(-7)},
    "another credential": {"id": b"0123456789abcdef"},
    "another person": {"user": bytes(16)},
    "made, not used": {"type": "webauthn.create"},
    "embedded": {"embedded": True},
    "a challenge of one's own": {"challenge": text(b"a.99999999999.c")},
}


@pytest.mark.parametrize("wrong", WRONGS.values(), ids=WRONGS)
def test_one_thing_wrong_is_refused_with_the_same_words(issuer, wrong):
    phone = set_up(issuer)
    answer = come_in(phone, **wrong)
    assert answer.status_code == 422
    assert SESSION not in answer.cookies
    assert str(answer.context["passkey_refusal"]) == str(PasskeyRefused().message)
    assert come_in(phone).status_code == 302, "right again, it works"


def test_a_challenge_is_answered_once_and_in_time_and_in_its_browser(issuer, clock):
    phone = set_up(issuer)
    browser = Client()
    asked = options(browser, "/sign-in/passkey")
    said = phone.answer(asked)
    assert Client().post("/sign-in/passkey", {"credential": said}, secure=True).status_code == 422, "another browser"
    cookie = browser.cookies["__Host-passkey"].value
    assert browser.post("/sign-in/passkey", {"credential": said}, secure=True).status_code == 302
    again = Client()
    again.cookies["__Host-passkey"] = cookie
    assert again.post("/sign-in/passkey", {"credential": said}, secure=True).status_code == 422, "replayed"
    assert again.post("/sign-in/passkey", {"credential": phone.answer(asked)}, secure=True).status_code == 422
    asked = options(again, "/sign-in/passkey")
    clock.pass_by(minutes=5)
    assert again.post("/sign-in/passkey", {"credential": phone.answer(asked)}, secure=True).status_code == 422, "late"


def test_a_challenge_for_one_purpose_serves_no_other(issuer):
    phone = set_up(issuer)
    said = phone.answer(options(issuer.client, "/prove/passkey"))
    issuer.client.cookies["__Host-passkey"] = issuer.client.cookies[SESSION].value
    browser = Client()
    browser.cookies["__Host-passkey"] = issuer.client.cookies[SESSION].value
    assert browser.post("/sign-in/passkey", {"credential": said}, secure=True).status_code == 422


def test_a_copied_key_is_refused_and_noted(issuer):
    phone = set_up(issuer)
    assert come_in(phone, uses=7).status_code == 302
    for uses in (7, 6, 0):
        assert come_in(phone, uses=uses).status_code == 422
    assert reasons(issuer) == ["passkey_cloned"] * 3
    assert come_in(phone, uses=8).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_one_answer_posted_many_times_at_once_opens_one_session():
    issuer = make_company("aoba", "青葉食品株式会社")
    phone = set_up(issuer, Authenticator(counts=False))
    browser = Client()
    said = phone.answer(options(browser, "/sign-in/passkey"))
    cookie, together = browser.cookies["__Host-passkey"].value, Barrier(AT_ONCE)
    outcomes: Counter[int] = Counter()

    def attack():
        tab = Client()
        tab.cookies["__Host-passkey"] = cookie
        together.wait()
        try:
            outcomes[tab.post("/sign-in/passkey", {"credential": said}, secure=True).status_code] += 1
        finally:
            connection.close()

    threads = [Thread(target=attack) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert outcomes == {302: 1, 422: AT_ONCE - 1}


# ---- this door is shut as the others are


def test_a_lock_holds_on_this_door(issuer, clock):
    phone = set_up(issuer)
    decide(issuer, LockoutPolicy(failures_max=3))
    for _ in range(3):
        sign_in(issuer.login_id, WRONG)
    assert come_in(phone).status_code == 422
    assert reasons(issuer)[-1] == "locked"
    clock.pass_by(minutes=15)
    assert come_in(phone).status_code == 302


def test_networks_suspension_and_closed_accounts_hold_on_this_door(issuer):
    phone = set_up(issuer.clerk)
    decide(issuer, NetworkPolicy(on=True, ranges=("127.0.0.1", "198.51.100.0/24")))
    assert come_in(phone, address="192.0.2.1").status_code == 422
    assert reasons(issuer)[-1] == "outside_network"
    assert come_in(phone, address="198.51.100.7").status_code == 302
    with issuer.acting():
        Member.objects.filter(pk=issuer.clerk.actor.member_id).update(suspended_at="2026-01-01T00:00Z")
    assert come_in(phone, address="198.51.100.7").status_code == 403
    with issuer.acting():
        Member.objects.filter(pk=issuer.clerk.actor.member_id).update(suspended_at=None)
    with scope(Actor(account_id=issuer.clerk.actor.account)):
        Account.objects.update(is_active=False)
    assert come_in(phone, address="198.51.100.7").status_code == 422


def test_a_company_that_takes_none(issuer):
    phone = set_up(issuer)
    browser = Client()
    come_in(phone, browser)
    page = browser.post("/security/passkey", {"mode": "off", "seen": "0"}, secure=True)
    assert page.context["consequences"][0].for_author
    browser.post("/security/passkey", {"mode": "off", "seen": "0", "confirmed": "1"}, secure=True)
    assert browser.get("/profile", secure=True).status_code == 302, "what a passkey opened has ended"
    assert issuer.get("/profile").status_code == 200
    assert come_in(phone).status_code == 422
    assert reasons(issuer) == ["passkeys_off"]
    made = phone.make(options(issuer.client, "/profile/passkeys/new"))
    assert issuer.post("/profile/passkeys/new", {"name": "x", "credential": made}).status_code == 422
    decide(issuer, TwoStepPolicy(mode="required"))
    assert b"data-passkey" not in half(issuer).get("/sign-in/code", secure=True).content


def test_a_company_that_requires_one(issuer):
    phone = set_up(issuer)
    decide(issuer, PasskeyPolicy(mode="required", roles=("administrator",)))
    assert issuer.get("/profile").status_code == 302, "its session had none"
    assert issuer.clerk.get("/profile").status_code == 200
    browser = Client()
    assert sign_in(issuer.login_id, browser=browser)["Location"] == "/sign-in/first-passkey"
    assert b"/sign-in/code/passkey" in browser.get("/sign-in/first-passkey", secure=True).content
    assert browser.get("/sign-in/first-passkey/new", secure=True).status_code == 302, "a password adds none to others"
    assert browser.get("/profile", secure=True).status_code == 302
    said = phone.answer(options(browser, "/sign-in/code/passkey"))
    assert browser.post("/sign-in/code/passkey", {"credential": said}, secure=True)["Location"] == "/"
    assert browser.get("/profile", secure=True).status_code == 200
    assert come_in(phone).status_code == 302


def test_who_has_none_where_one_is_required_sets_it_up_on_the_way_in(issuer):
    decide(issuer, PasskeyPolicy(mode="required"))
    browser, phone = Client(), Authenticator()
    assert sign_in(issuer.clerk.login_id, browser=browser)["Location"] == "/sign-in/first-passkey"
    assert b"/sign-in/first-passkey/new" in browser.get("/sign-in/first-passkey", secure=True).content
    asked = options(browser, "/sign-in/first-passkey/new")
    bad = phone.make(asked, origin="https://evil.example")
    assert browser.post("/sign-in/first-passkey/new", {"credential": bad}, secure=True).status_code == 422
    assert browser.post("/sign-in/first-passkey/new", {"credential": phone.make(asked)}, secure=True)["Location"] == "/"
    assert browser.get("/profile", secure=True).status_code == 200
    assert come_in(phone).status_code == 302


def test_going_on_to_a_company_with_another_rule(issuer, stranger):
    from torihiki.identity.tests.test_sign_in import join

    phone, other = set_up(issuer), join(issuer, stranger)
    decide(stranger, PasskeyPolicy(mode="off"))
    browser = Client()
    come_in(phone, browser)
    assert browser.post(f"/profile/companies/{other}", secure=True).status_code == 403
    decide(stranger, PasskeyPolicy(mode="required"))
    assert browser.post(f"/profile/companies/{other}", secure=True)["Location"] == "/"
    assert issuer.post(f"/profile/companies/{other}")["Location"] == "/sign-in/first-passkey"


# ---- as the second step


def half(desk):
    browser = Client()
    assert sign_in(desk.login_id, browser=browser)["Location"] == "/sign-in/code"
    return browser


def test_a_passkey_is_the_second_step_and_no_code_is_mailed(issuer):
    decide(issuer, TwoStepPolicy(mode="optional"))
    phone = Authenticator()
    made = phone.make(options(issuer.client, "/profile/passkeys/new"))
    page = issuer.post("/profile/passkeys/new", {"name": "電話", "credential": made})
    codes = page.context["codes"]
    assert len(codes) == 10
    browser, another = half(issuer), half(issuer)
    assert "identity.code_sent" not in issuer.events()
    assert "あおば" not in browser.get("/sign-in/code", secure=True).content.decode()
    asked = options(browser, "/sign-in/code/passkey")
    assert [each["id"] for each in asked["allowCredentials"]] == [text(phone.held[0].id)]
    said = phone.answer(asked)
    assert another.post("/sign-in/code/passkey", {"credential": said}, secure=True).status_code == 422
    assert another.post("/sign-in/code", {"again": "yes"}, secure=True).status_code == 422, "the weaker way is shut"
    assert browser.post("/sign-in/code/passkey", {"credential": said}, secure=True)["Location"] == "/"
    assert another.post("/sign-in/code", {"code": codes[0]}, secure=True)["Location"] == "/"
    with scope(Actor(account_id=issuer.actor.account)):
        assert Passkey.objects.get().uses == 1


def test_the_second_steps_tries_are_capped(issuer):
    decide(issuer, TwoStepPolicy(mode="optional"))
    phone = set_up(issuer)
    browser = half(issuer)
    for _ in range(5):
        bad = phone.answer(options(browser, "/sign-in/code/passkey"), host="evil.example")
        assert browser.post("/sign-in/code/passkey", {"credential": bad}, secure=True).status_code == 422
    right = phone.answer(options(browser, "/sign-in/code/passkey"))
    assert browser.post("/sign-in/code/passkey", {"credential": right}, secure=True).status_code == 422
    assert set(reasons(issuer, IdentityEvent.PASSKEY_FAILED)) == {"passkey_refused"}


def test_who_comes_by_passkey_is_asked_for_nothing_else(issuer, clock):
    phone = set_up(issuer)
    decide(issuer, TwoStepPolicy(mode="required"))
    decide(issuer, PasswordPolicy(profile="strong", expires=True, days=1))
    clock.pass_by(days=2)
    assert come_in(phone)["Location"] == "/profile"


# ---- several, named, removed


def test_several_with_names_and_no_stranger_reaches_them(issuer, stranger):
    phone, key = set_up(issuer), set_up(issuer, name="鍵")
    shown = {each.name: each for each in issuer.get("/profile/passkeys").context["passkeys"]}
    assert set(shown) == {"電話", "鍵"}
    page = f"/profile/passkeys/{shown['電話'].id}"
    for other in (stranger, issuer.clerk):
        assert other.get(page).status_code == 404
        assert other.post(page, {"do": "remove"}).status_code == 404
    assert issuer.post(page, {"do": "rename", "name": "古い電話"}).status_code == 302
    elsewhere = Client()
    come_in(key, elsewhere)
    assert issuer.post(page, {"do": "remove"}).status_code == 302
    assert elsewhere.get("/profile", secure=True).status_code == 302, "every other session has ended"
    assert issuer.get("/profile").status_code == 200
    assert come_in(phone).status_code == 422
    assert come_in(key).status_code == 302


def test_one_passkey_belongs_to_one_person(issuer):
    phone = set_up(issuer)
    asked = options(issuer.clerk.client, "/profile/passkeys/new")
    copied = json.loads(phone.make(asked))
    with scope(Actor(account_id=issuer.actor.account)):
        Passkey.objects.all().delete()
    first = phone.make(options(issuer.client, "/profile/passkeys/new"))
    issuer.post("/profile/passkeys/new", {"name": "一", "credential": first})
    taken = json.loads(first)["rawId"]
    assert taken != copied["rawId"]
    assert issuer.post("/profile/passkeys/new", {"name": "二", "credential": first}).status_code == 422


def test_an_administrator_removes_them_of_who_lost_the_phone(issuer, stranger):
    phone = set_up(issuer.clerk)
    page = f"/members/{issuer.clerk.actor.member_id}/two-step"
    assert stranger.post(page).status_code == 404
    assert issuer.post(page).status_code == 302
    assert issuer.clerk.get("/profile").status_code == 302, "the member's sessions have ended"
    assert come_in(phone).status_code == 422
    assert issuer.post(page).status_code == 409


# ---- hostile bytes

SITE = Site("localhost", "https://localhost:8443")
COSE = {
    "P-384": dumps({1: 2, 3: -7, -1: 2, -2: bytes(48), -3: bytes(48)}),
    "not on the curve": dumps({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)}),
    "a short RSA key": dumps({1: 3, 3: -257, -1: b"\x01" * 128, -2: b"\x01\x00\x01"}),
    "SHA-1": dumps({1: 3, 3: -65535, -1: b"\x01" * 256, -2: b"\x01\x00\x01"}),
    "no map": dumps(4),
    "a list": dumps([1, 2]),
    "nothing in it": dumps({}),
    "words": dumps({1: "EC", 3: "ES256", -1: "P", -2: "x", -3: "y"}),
    "post-quantum": dumps({1: 7, 3: -48, -1: bytes(1312)}),
}


@pytest.mark.parametrize("cose", COSE.values(), ids=COSE)
def test_a_key_that_is_none_is_refused(issuer, cose):
    phone = Authenticator()
    made = phone.make(options(issuer.client, "/profile/passkeys/new"), cose=cose)
    assert issuer.post("/profile/passkeys/new", {"name": "x", "credential": made}).status_code == 422


def test_a_statement_about_the_authenticator_is_never_read(issuer):
    set_up(issuer, attestation={"fmt": "tpm", "attStmt": {"x5c": [b"nonsense"], "ver": 7}})
    set_up(issuer, attestation={"fmt": ["?"], "attStmt": None})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=40).map(text),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "rawId", "response", "type", "challenge", "userHandle"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@hypothesis(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    junk=JUNK, place=st.sampled_from(["all", "clientDataJSON", "authenticatorData", "attestationObject", "signature"])
)
def test_no_bytes_end_in_anything_but_a_refusal(junk, place):
    phone = Authenticator()
    asked = {"rp": {"id": "localhost"}, "rpId": "localhost", "user": {"id": text(b"1")}, "challenge": text(b"c")}
    for said, check in (
        (phone.make(asked), lambda answer: verified_registration(answer, SITE)),
        (phone.answer(asked), lambda answer: verified_use(answer, SITE, random_bytes(8))),
    ):
        sent = json.loads(said)
        raw = text(junk.encode() if isinstance(junk, str) else json.dumps(junk).encode())
        sent["response"] = {**sent["response"], place: raw} if place != "all" else junk
        for typed in (json.dumps(sent), json.dumps(junk), str(junk)):
            try:
                check(read_answer(typed))
            except PasskeyInvalid:
                continue
            assert place in ("authenticatorData", "signature", "attestationObject")


@pytest.mark.parametrize("typed", ["", "{", "[]", "[" * 9_000, '{"rawId": 1}', "\x00", "null", "9" * 20_000])
def test_no_door_answers_nonsense_with_an_error(issuer, typed):
    set_up(issuer)
    browser = Client()
    options(browser, "/sign-in/passkey")
    assert browser.post("/sign-in/passkey", {"credential": typed}, secure=True).status_code == 422
    assert issuer.post("/prove/passkey", {"credential": typed}).status_code == 422
    assert issuer.post("/profile/passkeys/new", {"name": "x", "credential": typed}).status_code == 422
    decide(issuer, TwoStepPolicy(mode="required"))
    assert half(issuer).post("/sign-in/code/passkey", {"credential": typed}, secure=True).status_code == 422
    nobody = Client()
    for path in ("/sign-in/code/passkey", "/sign-in/first-passkey/new", "/sign-in/first-passkey"):
        assert nobody.get(path, secure=True)["Location"] == "/sign-in"
