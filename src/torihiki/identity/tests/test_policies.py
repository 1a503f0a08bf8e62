"""An administrator decides, is shown whom it hits, and it holds from the next request; the history tells who did."""

import json

import pytest

from torihiki.identity.choosing import chooser_of
from torihiki.identity.models import PolicyVersion
from torihiki.identity.passwords import STANDARD, STRONG, Chooser, password_problems
from torihiki.identity.policies import (
    POLICIES,
    LockoutPolicy,
    NetworkPolicy,
    PasswordPolicy,
    SessionPolicy,
)
from torihiki.identity.tests.deciding import clock, decide, sign_in
from torihiki.ledger.models import Entry

__all__ = ["clock"]
LOCKOUT = {"on": "on", "failures_max": "3", "window_minutes": "30", "duration_minutes": "60", "seen": "0"}


def test_a_change_is_stored_as_a_version_and_stands_in_the_ledger_and_the_history(issuer):
    assert issuer.post("/security/lockout", LOCKOUT)["Location"] == "/security"
    with issuer.acting():
        version = PolicyVersion.objects.get()
        entry = Entry.objects.get(event="identity.policy_changed")
    assert (version.number, version.changed_by) == (1, issuer.actor.name)
    data = json.loads(bytes(entry.payload or b""))["data"]
    assert data["before"] == {"failures_max": 5, "window_minutes": 15, "duration_minutes": 15}
    assert data["after"] == {"failures_max": 3, "window_minutes": 30, "duration_minutes": 60}
    page = issuer.get("/security/lockout/history").content.decode()
    assert "5 回 → 3 回" in page
    assert issuer.actor.name in page


def test_somebody_elses_change_is_not_run_over(issuer):
    issuer.post("/security/lockout", LOCKOUT)
    assert issuer.post("/security/lockout", {**LOCKOUT, "failures_max": "9"}).status_code == 422
    assert issuer.post("/security/lockout", {**LOCKOUT, "failures_max": "9", "seen": "1"}).status_code == 302


@pytest.mark.parametrize("wrong", [{"failures_max": "2"}, {"failures_max": "21"}, {"duration_minutes": "0"},
                                   {"window_minutes": "x"}, {"seen": "-1"}])  # fmt: skip
def test_bounds_hold(issuer, wrong):
    assert issuer.post("/security/lockout", {**LOCKOUT, **wrong}).status_code == 422
    with issuer.acting():
        assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("ranges", ["", "office", "203.0.113.0/33", "203.0.113.7/24", "0.0.0.0/0\n" * 2 + "x"])
def test_networks_are_networks(issuer, ranges):
    assert issuer.post("/security/network", {"on": "on", "ranges": ranges, "seen": "0"}).status_code == 422


def test_an_administrator_outside_is_warned_and_not_locked_out_unwarned(issuer):
    data = {"on": "on", "ranges": "203.0.113.0/24", "seen": "0"}
    page = issuer.post("/security/network", data)
    assert page.status_code == 200
    assert page.context["consequences"][0].for_author
    assert issuer.get("/profile").status_code == 200, "nothing has happened yet"
    assert issuer.post("/security/network", {**data, "confirmed": "yes"}).status_code == 302
    assert issuer.get("/profile").status_code == 403, "now it has"
    assert issuer.get("/profile").status_code == 302, "and the session is over"


def test_the_preview_names_whom_a_shorter_session_signs_out(issuer, clock):
    sign_in(issuer.clerk.login_id)
    clock.pass_by(minutes=9)
    issuer.get("/profile")
    page = issuer.post("/security/session", {"idle_on": "on", "idle_minutes": "5", "absolute_hours": "12", "seen": "0"})
    assert issuer.clerk.actor.name in page.context["consequences"][0].names
    assert not page.context["consequences"][0].for_author


def test_only_administrators_decide_and_only_for_their_company(issuer, stranger):
    for desk in (issuer.clerk, issuer.approver, issuer.viewer):
        for path in ("/security", "/security/lockout", "/security/lockout/history"):
            assert desk.get(path).status_code == 403
        assert desk.post("/security/lockout", LOCKOUT).status_code == 403
    decide(issuer, LockoutPolicy(failures_max=3))
    assert "3 回" not in stranger.get("/security").content.decode()
    assert issuer.get("/security/nothing").status_code == 404


@pytest.mark.parametrize("topic", POLICIES)
def test_every_topic_has_its_page(issuer, topic):
    page = issuer.get(f"/security/{topic}")
    assert page.status_code == 200
    assert set(page.context["form"].fields) == {"seen", *POLICIES[topic].options()}


def test_an_old_proof_is_asked_for_again_before_a_change(issuer, clock):
    clock.pass_by(minutes=11)
    answer = issuer.get("/security/lockout")
    assert answer["Location"] == "/prove?next=%2Fsecurity%2Flockout"
    assert issuer.post("/security/lockout", LOCKOUT)["Location"].startswith("/prove")
    member = issuer.clerk.actor.member_id
    change = {"name": "営業 太郎", "email": "new@aoba.example", "role": "clerk"}
    assert issuer.post(f"/members/{member}", change)["Location"].startswith("/prove")
    proved = issuer.post("/prove", {"present": "Torihiki-2026", "next": "/security/lockout"})
    assert proved["Location"] == "/security/lockout"
    assert issuer.post("/security/lockout", LOCKOUT).status_code == 302
    assert issuer.post(f"/members/{member}", change)["Location"] == "/members"


def test_the_strictest_of_several_companies_holds_for_one_credential():
    strict = LockoutPolicy.strictest(
        [LockoutPolicy(failures_max=9), LockoutPolicy(failures_max=4, duration_minutes=30)]
    )
    assert (strict.failures_max, strict.duration_minutes) == (4, 30)
    assert LockoutPolicy.strictest([LockoutPolicy(on=False), LockoutPolicy(on=True, failures_max=9)]).failures_max == 9
    password = PasswordPolicy.strictest([PasswordPolicy(expires=True, days=30), PasswordPolicy(profile="strong")])
    assert (password.profile, password.expires, password.days) == ("strong", True, 30)


def test_what_was_stored_before_an_option_existed_is_still_read():
    assert SessionPolicy.from_values({"idle_minutes": 5, "gone": 1}) == SessionPolicy(idle_minutes=5)
    assert NetworkPolicy.from_values(NetworkPolicy(ranges=("::1",)).values()).ranges == ("::1",)


def test_an_expired_password_is_changed_at_sign_in_before_anything_else(issuer, clock):
    decide(issuer, PasswordPolicy(expires=True, days=30))
    clock.pass_by(days=29, hours=23)
    assert sign_in(issuer.login_id)["Location"] == "/"
    clock.pass_by(hours=2)
    browser = issuer.client
    browser.cookies.clear()
    assert sign_in(issuer.login_id, browser=browser)["Location"] == "/sign-in/password"
    assert browser.get("/profile", secure=True).status_code == 302
    same = {"password": "Torihiki-2026", "repeated": "Torihiki-2026"}
    assert browser.post("/sign-in/password", same, secure=True).status_code == 422
    new = {"password": "Changed-2026", "repeated": "Changed-2026"}
    assert browser.post("/sign-in/password", new, secure=True)["Location"] == "/"
    assert browser.get("/profile", secure=True).status_code == 200
    assert sign_in(issuer.login_id, "Changed-2026")["Location"] == "/"
    assert browser.post("/sign-in/password", new, secure=True)["Location"] == "/sign-in", "the attempt is over"


GUESSED = [
    "P@ssw0rd-P@ssw0rd-1", "T0r1h1k1-2026-T0R1H1K1", "4dm1n1str4t0r-2026!",  # leet
    "drowssapdrowssap1", "ikihirot-ikihirot-2026",  # backwards
    "1qaz2wsx3edc4rfv", "!QAZ@WSX#EDC$RFV", "zaq1xsw2cde3vfr4", "qazwsxedcrfvtgb", "1234567890-=[]\\",  # walks
    "poiuytrewqlkjhgfdsa", "zxcvbnm,./asdfghjkl", "abcdefghijklmnop", "9876543210987654",
    "Ｔｏｒｉｈｉｋｉ２０２６！！！", "ｐａｓｓｗｏｒｄ１２３４５６７８",  # full width
    "青葉食品2026!!!!!!!!", "青葉食品(株)20262026", "花子花子花子花子花子2026!", "aoba2026aoba2026aoba",  # names
    "t.o.r.i.h.i.k.i.2026", "p-a-s-s-w-o-r-d-1-2-3", "p a s s w o r d 2026",  # separators
    "passwordletmein12", "sunshine-princess-1", "Winter2026Winter2026!", "Spring-Summer-2026",  # two of them
]  # fmt: skip


def test_no_disguise_makes_a_guessable_password_strong(issuer):
    decide(issuer, PasswordPolicy(profile="strong"))
    chooser = chooser_of(issuer.actor)
    assert [password for password in GUESSED if not chooser.problems(password)] == []


@pytest.mark.parametrize("password", ["Torihiki-2026", "passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc",
                                      "torihikitorihiki1", "qwertyuiopasdfghjkl", "aoba-administrator-1", "x" * 129,
                                      "青葉食品株式会社青葉食品株式会社"])  # fmt: skip
def test_strong_passwords_are_not_guessable(issuer, password):
    decide(issuer, PasswordPolicy(profile="strong"))
    data = {"present": "Torihiki-2026", "password": password, "repeated": password}
    assert issuer.post("/profile/password", data).status_code == 422


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "みずうみのほとりにさくすいせんのはな",
        "v" + "8kq z2m!pw" * 3,
        "we were free as trees there",
        "Aoba likes 3 cold lemons",
        "0n3 m0r3 gr33n b1cycl3 !",
    ],
)
def test_long_passwords_of_any_kind_are_strong(issuer, password):
    decide(issuer, PasswordPolicy(profile="strong"))
    data = {"present": "Torihiki-2026", "password": password, "repeated": password}
    assert issuer.post("/profile/password", data).status_code == 302
    assert sign_in(issuer.login_id, password).status_code == 302


def test_the_standard_profile_is_the_white_papers():
    assert (STANDARD.length_min, STANDARD.length_max, STANDARD.classes_min) == (8, 15, 3)
    assert Chooser(STANDARD).problems("Abcdefg7") == []
    assert Chooser(STANDARD).problems("abcdefg7") != []
    assert Chooser(STRONG).problems("Abcdefg7") != []


COMMON = ["Password1", "PassWord1!", "P@ssw0rd", "1qaz@WSX", "Abcd1234", "Welcome1", "Passw0rd"]


def test_no_profile_takes_what_everybody_takes(issuer):
    """Each has three of the four kinds of characters; ASVS 5.0, 6.2.4 and 6.2.12."""
    assert [password for password in COMMON if password_problems(password, STANDARD)] == []
    assert [password for password in COMMON if not Chooser(STANDARD).problems(password)] == []
    data = {"present": "Torihiki-2026", "password": COMMON[0], "repeated": COMMON[0]}
    assert issuer.post("/profile/password", data).status_code == 422
