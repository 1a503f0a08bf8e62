"""The story of a company that lets nobody in by password any more, and of the day on which its provider is down."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, make_company
from torihiki.identity.access import access_invitation_by_token
from torihiki.identity.actions.invitations import accept_invitation, invite_member
from torihiki.identity.keys import link_token
from torihiki.identity.letters import INVITATION, RESET, code_of
from torihiki.identity.mail import LETTERS, compose
from torihiki.identity.models import Invitation, MailedSecret
from torihiki.identity.pages import signing
from torihiki.identity.policies import TwoStepPolicy
from torihiki.identity.sso.actions import emergency as emergency_actions
from torihiki.identity.sso.jobs import emergency_over
from torihiki.identity.sso.models import EmergencyAccess, Entrance
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.identity.sso.tests.arriving import SLUG, arrive, connect, link, make_administrator
from torihiki.identity.tests.deciding import WRONG, clock, decide, sign_in
from torihiki.identity.tests.test_attacks import at_once
from torihiki.tenancy.actor import Actor, scope

__all__ = ["clock"]
ONLY = "/company/sign-in/only"
EMERGENCY = f"/sso/{SLUG}/emergency"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(signing, "ANSWER_SECONDS", 0.0)


@pytest.fixture
def closed(issuer):
    """青葉食品, with two administrators, both linked; one of them has closed it to passwords."""
    provider = connect(issuer)
    make_administrator(issuer.approver)
    link(issuer, provider)
    link(issuer.approver, provider)
    browser = arrive(issuer, provider)
    page = browser.get(ONLY, secure=True)
    answer = browser.post(ONLY, {"do": "close", "seen": page.context["preview"].seen}, secure=True)
    assert answer.status_code == 302, answer.content.decode()
    issuer.browser, issuer.provider = browser, provider
    return issuer


def is_in(browser):
    return browser.get("/profile", secure=True).status_code == 200


def prove(desk, browser=None, *, password=PASSWORD, address="127.0.0.1"):
    """Through password and code to the page that decides."""
    browser = browser or Client()
    data = {"login_id": desk.login_id, "password": password}
    answer = browser.post(EMERGENCY, data, secure=True, REMOTE_ADDR=address)
    assert answer.status_code == 302, answer.content.decode()
    with desk.acting() as actor:
        sent = MailedSecret.objects.filter(member_id=actor.member_id, purpose="code").latest("created_at", "id")
    answer = browser.post(f"{EMERGENCY}/code", {"code": code_of(sent.id)}, secure=True)
    assert answer["Location"] == f"{EMERGENCY}/decide"
    return browser


def ask(desk, hours=2):
    browser = prove(desk)
    data = {"do": "ask", "hours": hours, "reason": "IdP障害"}
    assert browser.post(f"{EMERGENCY}/decide", data, secure=True).status_code == 200
    return live(desk)


def approve(desk, emergency):
    return prove(desk).post(f"{EMERGENCY}/decide", {"do": "approve", "emergency": emergency.id}, secure=True)


def live(desk):
    with desk.acting():
        return EmergencyAccess.objects.get(ended_at=None)


def invite(desk):
    """The token of a new invitation's link."""
    with desk.acting() as actor:
        who, at = "new@aoba.example", timezone.now()
        invitation = invite_member(actor, email=who, name="新人", role="clerk", unit_id=None, at=at)
    return link_token(INVITATION, invitation.id, invitation.expires_at)


def links(desk):
    """How many links for new passwords were mailed to the desk's company."""
    with desk.acting():
        return MailedSecret.objects.filter(purpose="reset").count()


@pytest.fixture
def post(monkeypatch):
    """What was queued: (name of the letter, member's id)."""
    queued = []
    monkeypatch.setattr(emergency_actions, "send_later", lambda name, actor, member: queued.append((name, member)))
    return queued


def read_letters(desk, post, name):
    with scope(Actor.system(desk.company)) as platform:
        written = [LETTERS[name](platform, member) for queued, member in post if queued == name]
        return [compose(each) for each in written if each]


def test_it_is_switched_on_by_whoever_has_just_come_in_and_saw_whom_it_shuts_out(issuer):
    provider = connect(issuer)
    assert issuer.post(ONLY, {"do": "close", "seen": "x"}).status_code == 409, "came in by password"
    link(issuer, provider)
    browser = arrive(issuer, provider)
    page = browser.get(ONLY, secure=True)
    assert {member.name for member in page.context["preview"].shut_out} == {"営業 太郎", "承認 次郎", "閲覧 三郎"}
    assert "営業 太郎" in page.content.decode()
    seen = page.context["preview"].seen
    link(issuer.clerk, provider)
    answer = browser.post(ONLY, {"do": "close", "seen": seen}, secure=True)
    assert answer.context["refusal"].code == "sso_preview_old", "another list than the one that was read"
    seen = answer.context["preview"].seen
    assert browser.post(ONLY, {"do": "close", "seen": seen}, secure=True).status_code == 302
    assert issuer.events()[-1] == "sso.only_on"
    assert is_in(browser), "its author stays"
    assert issuer.clerk.post(ONLY, {"do": "open"}).status_code in (302, 403)
    assert browser.post(ONLY, {"do": "open"}, secure=True).status_code == 302
    assert issuer.events()[-1] == "sso.only_off"
    assert sign_in(issuer.login_id).status_code == 302


def test_without_a_second_person_who_could_open_it_again_it_is_not_switched_on(issuer):
    provider = connect(issuer)
    link(issuer, provider)
    with connection.cursor() as cursor, issuer.acting():
        cursor.execute(
            "UPDATE identity_member SET suspended_at = now() WHERE id = %s", [issuer.approver.actor.member_id]
        )
    browser = arrive(issuer, provider)
    answer = browser.post(ONLY, {"do": "close", "seen": ""}, secure=True)
    assert answer.context["refusal"].code == "sso_needs_second_person"


def test_every_door_is_shut_from_the_next_request_on(closed, stranger):
    assert not is_in(closed.client), "sessions of passwords have ended"
    assert not is_in(closed.clerk.client)
    assert is_in(closed.browser)
    right, wrong = sign_in(closed.login_id), sign_in(closed.login_id, WRONG)
    told = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in (right, wrong)]
    assert (right.status_code, told[0]) == (wrong.status_code, told[1]), "nobody learns which password is right"
    assert closed.events()[-1] == "identity.sign_in_failed"
    answers = set()
    for desk in (closed, stranger):
        answer = Client().post("/sign-in/forgotten", {"login_id": desk.login_id}, secure=True)
        answers.add(re.sub(r'value="[^"]*"|nonce="[^"]*"|"X-CSRFToken": ?"[^"]*"', "", answer.content.decode()))
    assert (links(closed), links(stranger), len(answers)) == (0, 1, 1)
    assert "present" not in closed.browser.get("/profile/password", secure=True).content.decode()
    data = {"present": PASSWORD, "password": "Another-2026", "repeated": "Another-2026"}
    assert closed.browser.post("/profile/password", data, secure=True).status_code == 403
    closed.browser.post(ONLY, {"do": "open"}, secure=True)
    assert sign_in(closed.login_id).status_code == 302


def test_a_link_for_a_new_password_that_was_mailed_before_opens_nothing(issuer):
    provider = connect(issuer)
    Client().post("/sign-in/forgotten", {"login_id": issuer.login_id}, secure=True)
    with issuer.acting():
        sent = MailedSecret.objects.get(purpose="reset")
        address = f"/sign-in/reset/{link_token(RESET, sent.id, sent.expires_at)}"
        assert Client().get(address, secure=True).status_code == 200
        Entrance.objects.update(sso_only_since=timezone.now())
    assert provider
    assert Client().get(address, secure=True).status_code == 404
    data = {"password": "Another-2026", "repeated": "Another-2026"}
    assert Client().post(address, data, secure=True).status_code == 404


def test_who_works_for_another_company_too_comes_in_there_alone(closed, stranger):
    token = invite(stranger)
    accept_invitation(closed.actor, access_invitation_by_token(token, at=timezone.now()), at=timezone.now())
    browser = Client()
    assert sign_in(closed.login_id, browser=browser).status_code == 302
    page = browser.get("/profile/companies", secure=True)
    assert "やまびこ物産合同会社" in browser.get("/profile", secure=True).content.decode()
    answer = browser.post(f"/profile/companies/{closed.actor.member_id}", secure=True)
    assert (page.status_code, answer.status_code) == (200, 403), "nobody walks over by the menu"
    data = {"present": PASSWORD, "password": "Another-2026", "repeated": "Another-2026"}
    assert browser.post("/profile/password", data, secure=True).status_code == 302, "it opens the other one"


def test_a_sign_in_that_was_under_way_does_not_end_inside(issuer):
    """The password was right before, the code comes afterwards."""
    decide(issuer, TwoStepPolicy(mode="required"))
    connect(issuer)
    browser = Client()
    assert sign_in(issuer.login_id, browser=browser)["Location"] == "/sign-in/code"
    with issuer.acting() as actor:
        Entrance.objects.update(sso_only_since=timezone.now())
        sent = MailedSecret.objects.filter(member_id=actor.member_id, purpose="code").latest("created_at")
    answer = browser.post("/sign-in/code", {"code": code_of(sent.id)}, secure=True)
    assert answer.status_code == 422
    assert not is_in(browser)


def test_an_invitation_is_answered_through_the_provider(closed):
    address = f"/invitation/{invite(closed)}"
    page = Client().get(address, secure=True)
    assert f"/sso/start/{closed.provider}?invitation=" in page.content.decode()
    assert 'type="password"' not in page.content.decode()
    person = {
        "name": "新人",
        "email": "n@aoba.example",
        "login_id": "newcomer",
        "password": PASSWORD,
        "repeated": PASSWORD,
    }
    assert Client().post(address, person, secure=True).status_code == 403
    with closed.acting():
        assert Invitation.objects.get().accepted_at is None
    opened = access_invitation_by_token(address.rpartition("/")[2], at=timezone.now())
    with pytest.raises(PasswordsClosed):
        accept_invitation(closed.actor, opened, at=timezone.now())


# ---- the provider is down


def test_two_administrators_open_passwords_for_some_hours_and_it_ends_by_itself(closed, clock, post):
    emergency = ask(closed, hours=2)
    assert closed.events()[-1] == "sso.emergency_asked"
    assert [name for name, _member in post] == ["sso.emergency_asked"], "the other one is told"
    assert EMERGENCY in read_letters(closed, post, "sso.emergency_asked")[0][1]
    assert sign_in(closed.clerk.login_id).status_code == 422, "not yet"
    assert approve(closed.approver, emergency).status_code == 200
    assert closed.events()[-1] == "sso.emergency_opened"
    told = read_letters(closed, post, "sso.emergency_opened")
    assert len(told) == 4, "everybody"
    assert "IdP障害" in told[0][1]
    assert read_letters(closed, post, "sso.emergency_asked") == [], "no longer"
    browser = Client()
    assert sign_in(closed.clerk.login_id, browser=browser).status_code == 302
    assert is_in(browser)
    clock.pass_by(hours=1, minutes=59)
    browser = Client()
    assert sign_in(closed.clerk.login_id, browser=browser).status_code == 302
    clock.pass_by(minutes=1)
    assert not is_in(browser), "to the minute, whatever the jobs do"
    assert sign_in(closed.clerk.login_id).status_code == 422
    emergency_over(company_id=str(closed.company))
    assert closed.events()[-1] == "sso.emergency_ended"
    assert len(read_letters(closed, post, "sso.emergency_ended")) == 2, "the administrators"
    entries = closed.count_entries()
    emergency_over(company_id=str(closed.company))
    assert closed.count_entries() == entries, "noted once"


def test_nobody_approves_their_own_request(closed):
    emergency = ask(closed)
    browser = prove(closed)
    page = browser.get(f"{EMERGENCY}/decide", secure=True).content.decode()
    assert 'value="approve"' not in page
    answer = browser.post(f"{EMERGENCY}/decide", {"do": "approve", "emergency": emergency.id}, secure=True)
    assert answer.status_code == 302
    assert live(closed).approved_at is None
    assert closed.events()[-1] == "ledger.refused"
    with closed.acting(), connection.cursor() as cursor:
        cursor.execute("SELECT sso_emergency_approve(%s, %s)", [emergency.id, timezone.now()])
        assert cursor.fetchone() in (None, (None,)), "nor past the application's code"
    with closed.acting(), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE sso_emergencyaccess SET open_until = now() + interval '1 hour'")


def test_one_proof_is_good_for_one_act(closed):
    browser = prove(closed)
    used = browser.cookies["__Host-emergency"].value
    browser.post(f"{EMERGENCY}/decide", {"do": "ask", "hours": 1, "reason": "x"}, secure=True)
    again = Client()
    again.cookies["__Host-emergency"] = used
    assert again.post(f"{EMERGENCY}/decide", {"do": "end"}, secure=True)["Location"] == EMERGENCY
    assert live(closed).ended_at is None
    other = prove(closed.approver)
    other.cookies["__Host-sign-in"] = other.cookies["__Host-emergency"].value
    other.get("/sign-in/code", secure=True)
    other.post("/sign-in/code", {"code": "000000"}, secure=True)
    assert not is_in(other), "and never for a session"


GOOD = "approved_at = asked_at, approved_by_id = %(other)s, open_until = asked_at + interval '2 hours'"


@pytest.mark.parametrize(
    "change",
    [
        "approved_at = asked_at, approved_by_id = asked_by_id, open_until = asked_at + interval '1 hour'",
        "approved_at = asked_at, approved_by_id = %(other)s, open_until = asked_at + interval '3 hours'",
        "approved_at = answer_until, approved_by_id = %(other)s, open_until = answer_until + interval '1 hour'",
        "approved_at = NULL",
        "hours = 9",
    ],
)
def test_the_table_itself_takes_no_opening_by_one_person_nor_a_longer_one(closed, change):
    """Whoever writes it: a copy that keeps the checks stands for it, which nobody here may write."""
    ask(closed)
    other = {"other": closed.approver.actor.member_id}
    with closed.acting(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE tried (LIKE sso_emergencyaccess INCLUDING CONSTRAINTS) ON COMMIT DROP")
        cursor.execute("INSERT INTO tried SELECT * FROM sso_emergencyaccess")
        cursor.execute(f"UPDATE tried SET {GOOD}", other)
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(f"UPDATE tried SET {change}", other)


def test_the_second_step_is_not_left_out(closed):
    browser = Client()
    data = {"login_id": closed.login_id, "password": PASSWORD}
    assert browser.post(EMERGENCY, data, secure=True)["Location"] == f"{EMERGENCY}/code"
    assert browser.get(f"{EMERGENCY}/decide", secure=True)["Location"] == f"{EMERGENCY}/code"
    answer = browser.post(f"{EMERGENCY}/decide", {"do": "ask", "hours": 1, "reason": "x"}, secure=True)
    assert answer["Location"] == f"{EMERGENCY}/code"
    assert browser.post(f"{EMERGENCY}/code", {"code": "000000"}, secure=True).status_code == 422
    with closed.acting():
        assert not EmergencyAccess.objects.exists()


def test_who_is_refused_reads_one_answer(closed, stranger):
    def told(login_id, password=PASSWORD):
        answer = Client().post(EMERGENCY, {"login_id": login_id, "password": password}, secure=True)
        return answer.status_code, re.sub(r'value="[^"]*"', "", answer.content.decode())

    answers = {
        told(closed.login_id, WRONG),
        told(closed.clerk.login_id),
        told(stranger.login_id),
        told("nobody-at-all"),
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 422
    assert (
        Client().post("/sso/no-such-company/emergency", {"login_id": "x", "password": "y"}, secure=True).status_code
        == 404
    )
    closed.browser.post(ONLY, {"do": "open"}, secure=True)
    assert told(closed.login_id)[0] == 422, "passwords are open"


@pytest.mark.django_db(transaction=True)
def test_an_approval_posted_many_times_at_once_opens_it_once(closed):
    emergency = ask(closed)
    tabs = [prove(closed.approver) for _ in range(4)]
    data = {"do": "approve", "emergency": emergency.id}
    answers = at_once(4, lambda place: tabs[place].post(f"{EMERGENCY}/decide", data, secure=True).status_code)
    assert answers[200] == 1, answers
    assert closed.events().count("sso.emergency_opened") == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_make_one_request(closed):
    tabs = [prove(desk) for desk in (closed, closed.approver)]
    data = {"do": "ask", "hours": 1, "reason": "IdP障害"}
    answers = at_once(2, lambda place: tabs[place].post(f"{EMERGENCY}/decide", data, secure=True).status_code)
    assert answers[200] == 1, answers
    assert live(closed).open_until is None


def test_a_request_lives_for_an_hour_and_is_the_only_one(closed, clock):
    emergency = ask(closed)
    other = prove(closed.approver)
    answer = other.post(f"{EMERGENCY}/decide", {"do": "ask", "hours": 1, "reason": "x"}, secure=True)
    assert answer.status_code == 302, "one waits already"
    clock.pass_by(hours=1)
    assert approve(closed.approver, emergency).status_code == 302
    with closed.acting():
        assert EmergencyAccess.objects.get().approved_at is None
    assert ask(closed.approver).id != emergency.id


def test_a_password_proves_nothing_to_a_session_either(closed, clock):
    """Whoever has got hold of a session and of a password renews no proof by it."""
    clock.pass_by(minutes=11)
    page = closed.browser.get("/company/sign-in/only", secure=True)
    assert page["Location"].startswith("/prove")
    page = closed.browser.get(page["Location"], secure=True).content.decode()
    assert 'type="password"' not in page
    assert f"/sso/start/{closed.provider}?again=1" in page
    answer = closed.browser.post("/prove", {"present": PASSWORD, "next": "/"}, secure=True)
    assert answer.status_code == 403
    assert closed.browser.get(ONLY, secure=True).status_code == 302, "still asked for"


def test_a_password_typed_now_is_no_arrival(issuer, clock):
    provider = connect(issuer)
    make_administrator(issuer.approver)
    link(issuer, provider)
    browser = arrive(issuer, provider)
    clock.pass_by(minutes=11)
    assert browser.post("/prove", {"present": PASSWORD, "next": "/"}, secure=True).status_code == 302
    page = browser.get(ONLY, secure=True)
    assert page.context["arrived"] is None
    answer = browser.post(ONLY, {"do": "close", "seen": page.context["preview"].seen}, secure=True)
    assert answer.context["refusal"].code == "sso_needs_arrival"


def test_an_administrator_ends_it_by_hand(closed):
    approve(closed.approver, ask(closed))
    browser = Client()
    sign_in(closed.clerk.login_id, browser=browser)
    assert "IdP障害" in closed.browser.get("/company/sign-in/emergency", secure=True).content.decode()
    assert browser.post("/company/sign-in/emergency", secure=True).status_code == 403, "a clerk"
    assert closed.browser.post("/company/sign-in/emergency", secure=True).status_code == 302
    assert not is_in(browser)
    assert closed.events()[-2:] == ["ledger.refused", "sso.emergency_ended"] or "sso.emergency_ended" in closed.events()
    approve(closed, ask(closed.approver))
    prove(closed).post(f"{EMERGENCY}/decide", {"do": "end"}, secure=True)
    assert sign_in(closed.clerk.login_id).status_code == 422, "also from outside"


def test_an_approver_stands_in_where_no_other_administrator_has_a_password(issuer):
    provider = connect(issuer)
    link(issuer, provider)
    browser = arrive(issuer, provider)
    seen = browser.get(ONLY, secure=True).context["preview"].seen
    browser.post(ONLY, {"do": "close", "seen": seen}, secure=True)
    emergency = ask(issuer)
    make_administrator(issuer.viewer)
    assert approve(issuer.approver, emergency).status_code == 302, "there is another administrator"
    with issuer.acting(), connection.cursor() as cursor:
        cursor.execute("UPDATE identity_member SET role = 'viewer' WHERE id = %s", [issuer.viewer.actor.member_id])
    assert approve(issuer.approver, emergency).status_code == 200
    assert live(issuer).approved_by_id == issuer.approver.actor.member_id


def test_another_company_learns_and_changes_nothing(closed):
    other = make_company("yama", "やまびこ物産合同会社")
    provider = connect(other, slug="yama-bussan")
    make_administrator(other.approver)
    link(other, provider)
    emergency = ask(closed)
    with other.acting(), connection.cursor() as cursor:
        assert not EmergencyAccess.objects.exists()
        cursor.execute("SELECT sso_emergency_approve(%s, %s)", [emergency.id, timezone.now()])
        assert cursor.fetchone() in (None, (None,))
        cursor.execute("SELECT sso_emergency_end(%s)", [timezone.now()])
        cursor.execute("SELECT sso_emergency_over(%s)", [timezone.now() + timedelta(days=1)])
    assert live(closed).ended_at is None
    browser = prove(closed.approver)
    assert browser.get("/sso/yama-bussan/emergency/decide", secure=True)["Location"] == "/sso/yama-bussan/emergency"
