"""The administrator invites, changes and suspends members; the company never loses its last administrator."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, add_member, count_queries, sign_in_directly
from torihiki.identity.jobs import send_letter
from torihiki.identity.models import Account, Company, Invitation, Member
from torihiki.identity.sessions import end_sessions_of_member
from torihiki.tenancy.actor import NOBODY, Actor, scope

NEW = {
    "name": "新人 四郎",
    "email": "shiro@aoba.example",
    "login_id": "shiro@aoba.example",
    "password": PASSWORD,
    "repeated": PASSWORD,
}


@pytest.fixture
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def post(monkeypatch, outbox):
    """Deliver what was put into the queue: the worker, at once."""
    deferred = []
    original = send_letter.defer

    def defer(**arguments):
        deferred.append(arguments)
        return original(**arguments)

    monkeypatch.setattr(send_letter, "defer", defer)

    def deliver():
        while deferred:
            send_letter.func(**deferred.pop(0))
        return outbox

    return SimpleNamespace(deliver=deliver, deferred=deferred)


def invite(desk, **more):
    return desk.post(
        "/members/invite", {"name": "新人 四郎", "email": "shiro@aoba.example", "role": "clerk", "unit": "", **more}
    )


def link_in(message):
    return re.findall(r"https://[^/]+(/invitation/\S+)", message.body)[0]


def test_an_invited_person_chooses_a_login_and_is_at_work(issuer, post):
    assert invite(issuer)["Location"] == "/members"
    assert issuer.events()[-1] == "identity.member_invited"
    path = link_in(post.deliver()[0])
    browser = Client()
    page = browser.get(path, secure=True).content.decode()
    assert "青葉食品株式会社" in page
    assert "shiro@aoba.example" in page
    assert browser.post(path, NEW, secure=True)["Location"] == "/"
    assert "新人 四郎" in browser.get("/profile", secure=True).content.decode()
    assert issuer.events()[-2:] == ["identity.member_joined", "identity.signed_in"]
    assert browser.get("/members", secure=True).status_code == 403
    assert Client().get(path, secure=True).status_code == 404, "a link works once"


def test_a_person_with_an_account_joins_with_it_and_works_for_both(issuer, stranger, post):
    invite(issuer)
    path = link_in(post.deliver()[0])
    assert "やまびこ物産合同会社" in stranger.viewer.get(path).content.decode()
    assert stranger.viewer.post(path)["Location"] == "/"
    assert "青葉食品株式会社" in stranger.viewer.get("/profile").content.decode()
    assert "やまびこ物産合同会社" in stranger.viewer.get("/profile/companies").content.decode()


def test_who_is_a_member_already_is_told_so_and_the_invitation_stays(issuer, post):
    invite(issuer)
    path = link_in(post.deliver()[0])
    assert issuer.viewer.post(path).status_code == 409
    assert issuer.events()[-1] == "ledger.refused"
    assert Client().get(path, secure=True).status_code == 200


def test_a_taken_login_id_is_said_at_the_field_and_nothing_is_lost(issuer, post):
    invite(issuer)
    path = link_in(post.deliver()[0])
    response = Client().post(path, {**NEW, "login_id": "AOBA-VIEWER"}, secure=True)
    assert response.status_code == 422
    assert response.context["form"].errors["login_id"]
    assert Client().post(path, NEW, secure=True).status_code == 302


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Abcdeg12", True),
        ("abc-1234", True),
        ("ABCDEFGHIJK-123", True),
        ("Abcdef1", False),
        ("Abcdefghijklm-12", False),
        ("abcdefgh12", False),
        ("Abcdefgh", False),
        ("Pass word 1", False),
        ("パスワードAbc123", False),
    ],
)
def test_a_password_has_8_to_15_characters_of_3_kinds(issuer, post, password, good):
    invite(issuer)
    path = link_in(post.deliver()[0])
    response = Client().post(path, {**NEW, "password": password, "repeated": password}, secure=True)
    assert (response.status_code == 302) is good
    assert good or response.context["form"].errors["password"]


def test_sent_again_the_former_link_is_dead_and_both_mails_have_their_own_ids(issuer, post):
    invite(issuer)
    first = post.deliver()[0]
    with issuer.acting():
        invitation = Invitation.objects.get()
    assert issuer.post(f"/members/invitations/{invitation.id}/resend").status_code == 302
    again = post.deliver()[1]
    assert link_in(first) != link_in(again)
    assert Client().get(link_in(first), secure=True).status_code == 404
    assert Client().get(link_in(again), secure=True).status_code == 200
    assert first.extra_headers["Message-ID"] != again.extra_headers["Message-ID"]


def test_a_letter_tried_twice_is_the_same_letter(issuer, post, outbox):
    invite(issuer)
    arguments = post.deferred[0]
    send_letter.func(**arguments)
    send_letter.func(**arguments)
    assert link_in(outbox[0]) == link_in(outbox[1])
    assert outbox[0].extra_headers["Message-ID"] == outbox[1].extra_headers["Message-ID"]


def test_neither_the_job_nor_the_row_has_the_links_secret(issuer, post):
    invite(issuer)
    arguments = dict(post.deferred[0])
    token = link_in(post.deliver()[0]).rpartition("/")[2]
    assert set(arguments) == {"name", "company_id", "subject_id", "message_id"}
    assert token not in str(arguments)
    with issuer.acting():
        assert token.encode() not in bytes(Invitation.objects.get().token_hash)


def test_the_letter_is_in_both_languages_and_has_a_plain_and_a_web_form(issuer, post):
    invite(issuer)
    message = post.deliver()[0]
    assert "Dear 新人 四郎" in message.body
    assert "-" * 40 in message.body
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert f'href="{re.findall("https://.*", message.body)[0]}"' in html


def test_a_withdrawn_or_old_invitation_is_over(issuer, post):
    invite(issuer)
    path = link_in(post.deliver()[0])
    with issuer.acting():
        invitation = Invitation.objects.get()
    issuer.post(f"/members/invitations/{invitation.id}/withdraw")
    assert Client().get(path, secure=True).status_code == 404
    assert issuer.post(f"/members/invitations/{invitation.id}/resend").status_code == 409
    invite(issuer)
    path = link_in(post.deliver()[-1])
    with issuer.acting():
        Invitation.objects.filter(withdrawn_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().post(path, NEW, secure=True).status_code == 404


def test_nothing_is_sent_about_an_invitation_withdrawn_before_its_letter(issuer, post):
    invite(issuer)
    with issuer.acting():
        issuer.post(f"/members/invitations/{Invitation.objects.get().id}/withdraw")
    assert post.deliver() == []


def test_jobs_are_put_in_by_the_application_and_worked_off_by_nobody_of_it(issuer):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('procrastinate_jobs', 'SELECT, INSERT, UPDATE, DELETE')")
        assert cursor.fetchone() == (False,)
    assert invite(issuer).status_code == 302


def edit(desk, member, **more):
    data = {"name": member.actor.name, "email": "x@aoba.example", "role": member.actor.role, "unit": "", **more}
    return desk.post(f"/members/{member.actor.member_id}", data)


def test_a_changed_role_holds_from_the_next_request(issuer):
    assert issuer.clerk.get("/members").status_code == 403
    assert edit(issuer, issuer.clerk, role="administrator").status_code == 302
    assert issuer.events()[-1] == "identity.member_changed"
    assert issuer.clerk.get("/members").status_code == 200


def test_a_suspended_member_is_out_at_the_next_request_and_signs_in_anew_when_reactivated(issuer):
    viewer = f"/members/{issuer.viewer.actor.member_id}"
    assert issuer.post(f"{viewer}/suspend").status_code == 302
    assert issuer.viewer.get("/profile").status_code == 302
    assert issuer.post(f"{viewer}/reactivate").status_code == 302
    assert issuer.viewer.get("/profile").status_code == 302, "no browser that was left somewhere comes back"
    assert sign_in_directly(issuer.viewer.actor).get("/profile", secure=True).status_code == 200
    assert issuer.events()[-2:] == ["identity.member_suspended", "identity.member_reactivated"]


def test_no_company_ends_the_sessions_of_others(issuer, stranger):
    with stranger.acting():
        end_sessions_of_member(issuer.actor.member_id)
    assert issuer.get("/profile").status_code == 200


def test_the_last_administrator_keeps_the_role_and_nobody_suspends_themselves(issuer):
    assert edit(issuer, issuer, role="clerk").status_code == 422
    assert issuer.post(f"/members/{issuer.actor.member_id}/suspend").status_code == 409
    assert issuer.events()[-2:] == ["ledger.refused", "ledger.refused"]
    edit(issuer, issuer.clerk, role="administrator")
    assert edit(issuer, issuer, role="clerk").status_code == 302
    assert issuer.clerk.post(f"/members/{issuer.viewer.actor.member_id}/suspend").status_code == 302
    assert edit(issuer.clerk, issuer.clerk, role="viewer").status_code == 422


def test_a_stranger_finds_no_member_and_no_invitation_of_others(issuer, stranger, post):
    invite(issuer)
    with issuer.acting():
        invitation = Invitation.objects.get().id
    nothing = stranger.get("/nothing-here-at-all").content
    for path in (
        f"/members/{issuer.viewer.actor.member_id}",
        f"/members/{issuer.viewer.actor.member_id}/suspend",
        f"/members/{issuer.viewer.actor.member_id}/reactivate",
        f"/members/invitations/{invitation}/resend",
        f"/members/invitations/{invitation}/withdraw",
    ):
        before = stranger.count_entries()
        response = stranger.post(path, {"name": "x", "email": "x@x.example", "role": "clerk"})
        assert response.status_code == 404, path
        assert similar(response.content) == similar(nothing)
        assert stranger.count_entries() == before + 1


def similar(content):
    """Without what differs in every answer: tokens, and where the language switch comes back to."""
    return re.sub(rb'(value="[^"]*"|X-CSRFToken[^}]*)', b"", content)


@pytest.mark.parametrize("path", ["/members", "/members/invite", "/units", "/units/new"])
def test_a_clerk_is_refused_and_the_ledger_has_it(issuer, path):
    before = issuer.count_entries()
    assert issuer.clerk.get(path).status_code == 403
    assert issuer.events()[before:] == ["ledger.refused"]


def test_sql_of_another_company_sees_no_row(issuer, stranger, post):
    invite(issuer)
    with scope(stranger.actor), connection.cursor() as cursor:
        for table, rows in (
            ("identity_member", 4),
            ("identity_company", 1),
            ("identity_companykey", 1),
            ("identity_invitation", 0),
            ("identity_unit", 0),
            ("identity_account", 1),
        ):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (rows,), table
        cursor.execute("UPDATE identity_member SET role = 'administrator' WHERE company_id = %s", [issuer.company])
        assert cursor.rowcount == 0
    with scope(NOBODY):
        assert not Member.objects.exists()
        assert not Account.objects.exists()


def test_the_list_costs_the_same_for_1_and_for_20(issuer, django_assert_num_queries):
    issuer.get("/members")
    queries_for_one = count_queries(issuer, "/members")
    with issuer.acting():
        company = Company.objects.get()
    for number in range(20):
        add_member(company, f"extra{number}", "clerk", at=timezone.now(), name=f"増員 {number:02}")
        invite(issuer, email=f"extra{number}@aoba.example")
    with django_assert_num_queries(queries_for_one):
        page = issuer.get("/members").content.decode()
    assert page.count("増員") == 20


def test_found_by_name_or_address(issuer):
    assert "閲覧 三郎" not in issuer.get("/members", {"q": "太郎"}).content.decode()
    assert "営業 太郎" in issuer.get("/members", {"q": "clerk@"}).content.decode()


def test_a_foreign_unit_is_no_choice(issuer, stranger):
    stranger.post("/units/new", {"name": "倉庫", "parent": ""})
    with stranger.acting():
        unit = stranger.get("/units").context["tree"][0][0]
    assert invite(issuer, unit=str(unit.id)).status_code == 422


def test_an_actor_of_the_account_alone_sees_only_itself(issuer):
    with scope(Actor(account_id=issuer.actor.account_id)):
        assert Account.objects.count() == 1
        assert Member.objects.count() == 1
    assert sign_in_directly(issuer.actor).get("/profile", secure=True).status_code == 200
