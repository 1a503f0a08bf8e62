"""Companies find each other: external records, invitations by mail, relationships and what becomes of them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, count_queries, fields_of, sign_in_directly
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Partner, Party, Relationship
from torihiki.exchange.partners.actions import add_external_partner
from torihiki.identity.jobs import send_letter
from torihiki.tenancy.actor import NOBODY, scope

REGISTRATION = {
    "company_name": "海辺水産株式会社",
    "company_kana": "ウミベスイサン",
    "registration_number": "T7000012050002",
    "name": "海辺 一子",
    "email": "ichiko@umibe.example",
    "login_id": "ichiko",
    "password": PASSWORD,
    "repeated": PASSWORD,
}
EXTERNAL = {"name": "外部商会", "name_kana": "ガイブショウカイ", "own_code": "X-001", "email": "x@gaibu.example"}


@pytest.fixture
def post(monkeypatch, settings):
    """The worker, at once: sends what was queued and returns the newest link."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    deferred = []
    original = send_letter.defer

    def defer(**arguments):
        deferred.append(arguments)
        original(**arguments)

    monkeypatch.setattr(send_letter, "defer", defer)

    def deliver():
        while deferred:
            send_letter.func(**deferred.pop(0))
        return re.findall(r"https://[^/]+(/partner-invitation/\S+)", str(mail.outbox[-1].body))[0]

    return deliver


def invite(desk, **more):
    return desk.post("/partners/invite", {"email": "office@umibe.example", "message": "よろしくお願いします", **more})


def add_external(desk, **more):
    response = desk.post("/partners/new", {**EXTERNAL, **more})
    assert response.status_code == 302, response.context["form"].errors
    with desk.acting():
        return Partner.objects.select_related("party").get(own_code=more.get("own_code", "X-001"))


def test_a_new_company_registers_by_the_invitation_and_both_are_partners(issuer, post):
    assert invite(issuer)["Location"] == "/partners"
    path = post()
    browser = Client()
    page = browser.get(path, secure=True).content.decode()
    assert "青葉食品株式会社" in page
    assert "よろしくお願いします" in page
    response = browser.post(f"{path}/register", REGISTRATION, secure=True)
    assert "青葉食品株式会社" in browser.get(response["Location"], secure=True).content.decode()
    assert browser.get("/members", secure=True).status_code == 200, "the first person administers"
    assert "海辺水産株式会社" in issuer.get("/partners").content.decode()
    assert Client().get(path, secure=True).status_code == 404
    with issuer.acting():
        assert Party.objects.get(name="海辺水産株式会社").registration_number == "T7000012050002"


def test_a_company_accepts_with_its_account(issuer, stranger, post):
    invite(issuer)
    path = post()
    assert "Accept" in english(stranger).get(path).content.decode()
    response = stranger.post(f"{path}/accept")
    assert "青葉食品株式会社" in stranger.get(response["Location"]).content.decode()
    assert stranger.events()[-1] == "partners.accepted"
    assert stranger.post(f"{path}/accept").status_code == 404


def english(desk):
    desk.client.cookies["__Host-language"] = "en"
    return desk


def test_who_is_not_signed_in_signs_in_and_comes_back(issuer, stranger, post):
    invite(issuer)
    path = post()
    browser = Client()
    assert f"/sign-in?next={path}" in browser.get(path, secure=True).content.decode()
    response = browser.post(
        "/sign-in", {"login_id": stranger.login_id, "password": PASSWORD, "next": path}, secure=True
    )
    assert response["Location"] == path


def test_a_viewer_cannot_answer(issuer, stranger, post):
    invite(issuer)
    path = post()
    for answer in ("accept", "decline"):
        assert stranger.viewer.post(f"{path}/{answer}")["Location"] == path
    assert stranger.viewer.get(path).context["may_answer"] is False
    assert Client().get(path, secure=True).status_code == 200


def test_the_own_invitation_cannot_be_accepted(issuer, post):
    invite(issuer)
    path = post()
    assert issuer.post(f"{path}/accept").status_code == 409
    assert issuer.events()[-1] == "ledger.refused"


def test_partners_do_not_become_partners_twice(issuer, receiver, post):
    invite(issuer)
    assert receiver.post(f"{post()}/accept").status_code == 409


def test_whoever_holds_the_link_may_decline(issuer, post):
    invite(issuer)
    path = post()
    assert Client().post(f"{path}/decline", secure=True).status_code == 200
    assert issuer.events()[-1] == "partners.declined"
    assert Client().get(path, secure=True).status_code == 404
    with issuer.acting():
        assert Relationship.objects.get().state == Relationship.State.DECLINED


def test_a_signed_in_company_declines_in_its_own_ledger(issuer, stranger, post):
    invite(issuer)
    stranger.post(f"{post()}/decline")
    assert stranger.events()[-1] == "partners.declined"
    assert "partners.declined" not in issuer.events()


def test_sent_again_the_former_link_is_dead(issuer, post):
    invite(issuer)
    first = post()
    with issuer.acting():
        relationship = Relationship.objects.get()
    issuer.post(f"/partners/invitations/{relationship.id}/resend")
    again = post()
    assert Client().get(first, secure=True).status_code == 404
    assert Client().get(again, secure=True).status_code == 200
    assert issuer.events()[-1] == "partners.invited_again"


def test_withdrawn_or_too_old_it_is_over(issuer, post):
    invite(issuer)
    path = post()
    with issuer.acting():
        relationship = Relationship.objects.get()
    issuer.post(f"/partners/invitations/{relationship.id}/withdraw")
    assert Client().get(path, secure=True).status_code == 404
    assert issuer.post(f"/partners/invitations/{relationship.id}/withdraw").status_code == 404


def test_nobody_is_invited_twice_at_once(issuer):
    invite(issuer)
    response = invite(issuer, email="OFFICE@umibe.example")
    assert response.status_code == 422
    assert response.context["form"].errors["email"]


def test_a_member_takes_the_place_of_the_external_record(issuer, stranger, post):
    partner = add_external(issuer)
    assert issuer.post(f"/partners/{partner.id}/invite", {"email": "y@yama.example"}).status_code == 302
    stranger.post(f"{post()}/accept")
    with issuer.acting():
        same = Partner.objects.select_related("party").get(own_code="X-001")
        assert same.id == partner.id
        assert same.party.company_id == stranger.company
        assert Partner.objects.count() == 1
        assert Party.objects.filter(pk=partner.party_id).exists(), "earlier documents still refer to it"


def test_external_partners_are_added_edited_found_and_archived(issuer):
    partner = add_external(issuer, note="月曜定休")
    page = f"/partners/{partner.id}"
    edit = issuer.get(f"{page}/edit")
    assert issuer.post(f"{page}/edit", {**fields_of(edit), "city": "鎌倉市", "own_name": "ガイブ"}).status_code == 302
    assert "鎌倉市" in issuer.get(page).content.decode()
    for words in ("がいぶ", "ｶﾞｲﾌﾞ", "x-001", "外部 x-001"):
        assert "外部商会" in issuer.get("/partners", {"q": words}).content.decode(), words
    assert "外部商会" not in issuer.get("/partners", {"q": "海"}).content.decode()
    issuer.post(f"{page}/archive")
    assert "外部商会" not in issuer.get("/partners").content.decode()
    assert "外部商会" in issuer.get("/partners", {"show": "archived"}).content.decode()
    issuer.post(f"{page}/restore")
    assert "外部商会" in issuer.get("/partners").content.decode()
    assert issuer.events()[-4:] == ["partners.added", "partners.changed", "partners.archived", "partners.restored"]


def test_a_check_digit_is_remarked_and_a_wrong_shape_refused(issuer):
    response = issuer.post("/partners/new", {**EXTERNAL, "registration_number": "T12345"})
    assert response.status_code == 422
    assert response.context["form"].errors["registration_number"]
    response = issuer.post("/partners/new", {**EXTERNAL, "registration_number": "Ｔ1-0000-1205-0002"}, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["success", "warning"]


def test_two_partners_never_share_a_code(issuer):
    add_external(issuer)
    response = issuer.post("/partners/new", EXTERNAL)
    assert response.status_code == 422
    assert response.context["form"].errors["own_code"]
    with issuer.acting():
        assert Party.objects.filter(owner_id=issuer.company).count() == 1


def test_a_members_card_is_its_own(issuer, receiver):
    partner = issuer.partner(receiver)
    assert "name" not in issuer.get(f"/partners/{partner.id}/edit").context["form"].fields
    data = {"own_code": "M-1", "own_name": "みなと", "note": "", "name": "乗っ取り"}
    issuer.post(f"/partners/{partner.id}/edit", data)
    assert issuer.partner(receiver).party.name == "株式会社みなと商店"
    assert "みなと" not in receiver.get(f"/partners/{receiver.partner(issuer).id}").content.decode().replace(
        "みなと商店", ""
    )


def test_the_own_card_changes_what_partners_see(issuer, receiver):
    form = fields_of(issuer.get("/company"))
    assert issuer.post("/company", {**form, "name": "青葉フーズ株式会社"}).status_code == 302
    assert "青葉フーズ株式会社" in receiver.get("/partners").content.decode()
    assert "青葉フーズ株式会社" in issuer.get("/partners").content.decode(), "the frame has the new name"
    assert issuer.events()[-1] == "partners.card_changed"
    assert issuer.clerk.get("/company").status_code == 403


def test_either_side_suspends_and_only_that_side_resumes(issuer, receiver):
    mine, theirs = f"/partners/{issuer.partner(receiver).id}", f"/partners/{receiver.partner(issuer).id}"
    assert issuer.post(f"{mine}/suspend").status_code == 302
    assert not trading(receiver, issuer)
    assert receiver.post(f"{theirs}/resume").status_code == 409
    assert receiver.post(f"{theirs}/suspend").status_code == 409
    assert issuer.post(f"{mine}/resume").status_code == 302
    assert trading(receiver, issuer)
    assert receiver.post(f"{theirs}/end").status_code == 302
    assert not trading(issuer, receiver)
    for step in ("resume", "suspend", "end"):
        assert issuer.post(f"{mine}/{step}").status_code == 409
    assert issuer.post(f"{mine}/archive").status_code == 302


def trading(desk, other):
    with desk.acting(), connection.cursor() as cursor:
        cursor.execute("SELECT exchange_trading_with(%s)", [other.party.id])
        return cursor.fetchone()[0]


def test_ended_partners_trade_again_by_a_new_invitation(issuer, receiver, post):
    issuer.post(f"/partners/{issuer.partner(receiver).id}/end")
    invite(receiver)
    assert issuer.post(f"{post()}/accept").status_code == 302
    assert trading(issuer, receiver)
    with issuer.acting():
        assert Partner.objects.count() == 1


def test_a_partner_with_whom_one_trades_is_not_archived(issuer, receiver):
    assert issuer.post(f"/partners/{issuer.partner(receiver).id}/archive").status_code == 409


def test_a_stranger_finds_nothing_of_others(issuer, receiver, stranger, post):
    partner = issuer.partner(receiver).id
    invite(issuer)
    with issuer.acting():
        invitation = Relationship.objects.get(state="invited").id
    paths = [f"/partners/{partner}/{act}" for act in ("archive", "restore", "suspend", "resume", "end")]
    paths += [f"/partners/invitations/{invitation}/{act}" for act in ("resend", "withdraw")]
    for path in (*paths, f"/partners/{partner}/edit", f"/partners/{partner}/invite", f"/partners/{partner}/terms"):
        before = stranger.count_entries()
        assert stranger.post(path, EXTERNAL).status_code == 404, path
        assert stranger.count_entries() == before + 1, path
    assert stranger.get(f"/partners/{partner}").status_code == 404
    with scope(stranger.actor), connection.cursor() as cursor:
        for table in ("exchange_partner", "exchange_relationship", "exchange_terms"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
        cursor.execute("SELECT count(*) FROM exchange_party")
        assert cursor.fetchone() == (1,)
    with scope(NOBODY):
        assert not Party.objects.exists()


def test_a_viewer_reads_and_changes_nothing(issuer, receiver):
    partner = issuer.partner(receiver).id
    assert issuer.viewer.get("/partners").status_code == 200
    assert issuer.viewer.get(f"/partners/{partner}").status_code == 200
    before = issuer.count_entries()
    paths = ("/partners/new", "/partners/invite", f"/partners/{partner}/end", f"/partners/{partner}/terms", "/company")
    for path in paths:
        assert issuer.viewer.post(path, EXTERNAL).status_code == 403, path
    assert issuer.events()[before:] == ["ledger.refused"] * len(paths)


def test_the_lists_cost_the_same_for_1_and_for_20(issuer, receiver, django_assert_num_queries):
    issuer.get("/partners")
    queries_for_one = count_queries(issuer, "/partners")
    with issuer.acting() as actor:
        for number in range(20):
            details = PartyDetails(name=f"外部 {number:02}", registration_number="T7000012050002")
            add_external_partner(actor, details, own_code=f"E{number:02}", at=timezone.now())
    for number in range(20):
        invite(issuer, email=f"someone{number}@example.jp")
    with django_assert_num_queries(queries_for_one):
        page = issuer.get("/partners").content.decode()
    assert page.count("外部 ") == 20


def test_a_long_list_goes_on_page_by_page_and_back(issuer, monkeypatch):
    monkeypatch.setattr("torihiki.exchange.partners.pages.partners.PAGE_ROWS", 3)
    with issuer.acting() as actor:
        for number in range(8):
            details = PartyDetails(name=f"外部 {number:02}")
            add_external_partner(actor, details, own_code="", at=timezone.now() + timedelta(days=number))
    seen, address, pages = [], "/partners?show=external", []
    while address:
        page = issuer.get(address).context["page"]
        seen += [partner.shown for partner in page.rows]
        pages.append(page)
        address = page.next
    assert seen == [f"外部 {number:02}" for number in range(8)]
    back = issuer.get(pages[-1].previous).context["page"]
    assert [p.shown for p in back.rows] == [p.shown for p in pages[-2].rows]
    assert not issuer.get(back.previous).context["page"].previous
    assert issuer.get("/partners?after=nonsense").status_code == 200


def test_forms_refuse_a_post_without_a_token(issuer, post):
    invite(issuer)
    path = post()
    browser = sign_in_directly(issuer.actor, Client(enforce_csrf_checks=True))
    for address in ("/partners/new", "/partners/invite", "/company", "/company/approvals", f"{path}/decline"):
        assert browser.post(address, secure=True).status_code == 403, address


def test_approvals_are_chosen_per_kind(issuer):
    kinds = [code for code, _label in issuer.get("/company/approvals").context["form"].fields["kinds"].choices]
    assert issuer.post("/company/approvals", {"kinds": kinds[:1]}).status_code == 302
    assert issuer.get("/company/approvals").context["form"].initial["kinds"] == kinds[:1]
    assert issuer.events()[-1] == "identity.approvals_changed"
    assert issuer.post("/company/approvals", {"kinds": ["nonsense"]}).status_code == 422
