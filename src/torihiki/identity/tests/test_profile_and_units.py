"""What people change for themselves, and the tree of units that an administrator keeps."""

import pytest
from django.core.management import call_command
from django.test import Client

from tests.world import PASSWORD, count_queries, sign_in_directly
from torihiki.crypto.envelope import DecryptionFailed
from torihiki.identity.keys import company_key, open_company_key
from torihiki.identity.models import Company, CompanyKey, Unit
from torihiki.tenancy.actor import Actor, scope

CHANGED = "Different-1"


def change_password(desk, present=PASSWORD, password=CHANGED, repeated=CHANGED):
    data = {"present": present, "password": password, "repeated": repeated}
    return desk.post("/profile/password", data)


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(issuer):
    elsewhere = sign_in_directly(issuer.actor)
    assert change_password(issuer)["Location"] == "/profile"
    assert issuer.get("/profile").status_code == 200
    assert elsewhere.get("/profile", secure=True).status_code == 302
    browser = Client()
    assert browser.post("/sign-in", {"login_id": issuer.login_id, "password": PASSWORD}, secure=True).status_code == 422
    assert browser.post("/sign-in", {"login_id": issuer.login_id, "password": CHANGED}, secure=True).status_code == 302
    assert issuer.events()[-3:] == ["identity.password_changed", "identity.sign_in_failed", "identity.signed_in"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("present", {"present": "Wrong-2026"}),
        ("password", {"password": "weak", "repeated": "weak"}),
        ("repeated", {"repeated": "Other-2026"}),
    ],
)
def test_a_wrong_or_weak_password_is_said_at_its_field(issuer, field, wrong):
    response = change_password(issuer, **wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "identity.password_changed" not in issuer.events()


def test_people_change_their_own_name_only(issuer):
    assert issuer.viewer.post("/profile", {"name": "閲覧 改"}).status_code == 302
    assert "閲覧 改" in issuer.viewer.get("/profile").content.decode()
    assert "閲覧 改" not in issuer.clerk.get("/profile").content.decode()


def test_units_are_added_moved_closed_and_opened_again(issuer):
    head = add(issuer, "本社")
    shop = add(issuer, "横浜店", head)
    assert issuer.get("/units").context["tree"] == [(head, 0), (shop, 1)]
    assert issuer.post(f"/units/{head.id}/close").status_code == 422, "an open unit is below"
    assert issuer.post(f"/units/{shop.id}/close").status_code == 302
    assert issuer.post(f"/units/{head.id}/close").status_code == 302
    assert issuer.post(f"/units/{shop.id}/reopen").status_code == 422, "the one above is closed"
    issuer.post(f"/units/{head.id}/reopen")
    assert issuer.post(f"/units/{shop.id}/reopen").status_code == 302
    assert "identity.unit_reopened" in issuer.events()


def test_a_unit_never_comes_to_stand_below_itself(issuer):
    head = add(issuer, "本社")
    shop = add(issuer, "横浜店", head)
    desk = issuer.post(f"/units/{head.id}", {"name": "本社", "parent": str(shop.id)})
    assert desk.status_code == 422, "it is not even offered"
    with issuer.acting():
        assert Unit.objects.get(name="本社").parent_id is None


def test_names_are_unique_and_the_tree_has_a_bottom(issuer):
    above = add(issuer, "1")
    assert issuer.post("/units/new", {"name": "1", "parent": ""}).status_code == 422
    for level in range(2, 7):
        above = add(issuer, str(level), above)
    assert issuer.post("/units/new", {"name": "7", "parent": str(above.id)}).status_code == 422


def test_a_unit_in_which_members_work_stays_open(issuer):
    shop = add(issuer, "横浜店")
    member = {"name": "閲覧 三郎", "email": "v@aoba.example", "role": "viewer", "unit": str(shop.id)}
    assert issuer.post(f"/members/{issuer.viewer.actor.member_id}", member).status_code == 302
    assert issuer.post(f"/units/{shop.id}/close").status_code == 422


def test_a_stranger_finds_no_unit_of_others(issuer, stranger):
    shop = add(issuer, "横浜店")
    for path in (f"/units/{shop.id}", f"/units/{shop.id}/close", f"/units/{shop.id}/reopen"):
        assert stranger.post(path, {"name": "奪取"}).status_code == 404
    assert stranger.post("/units/new", {"name": "支店", "parent": str(shop.id)}).status_code == 422


def test_the_tree_costs_the_same_for_1_and_for_20(issuer, django_assert_num_queries):
    add(issuer, "本社")
    issuer.get("/units")
    queries_for_one = count_queries(issuer, "/units")
    for number in range(20):
        add(issuer, f"店舗{number:02}")
    with django_assert_num_queries(queries_for_one):
        issuer.get("/units")


def add(desk, name, above=None):
    response = desk.post("/units/new", {"name": name, "parent": str(above.id) if above else ""})
    assert response.status_code == 302, response.context["form"].errors
    with desk.acting():
        return Unit.objects.get(name=name)


def test_a_company_key_opens_for_its_own_company_only(issuer, stranger):
    with issuer.acting():
        key = company_key(issuer.company)
        wrapped = CompanyKey.objects.get().wrapped
    assert len(key) == 32
    with pytest.raises(DecryptionFailed):
        open_company_key(stranger.company, wrapped)
    with stranger.acting(), pytest.raises(CompanyKey.DoesNotExist):
        company_key(issuer.company)


@pytest.mark.django_db
def test_the_command_founds_a_company_and_prints_its_first_link(capsys):
    call_command("company_create", "山の手製作所", "taro@yamanote.example", "--person", "山手 太郎")
    out = capsys.readouterr().out
    path = out.split("https://localhost:8443")[1].split()[0]
    browser = Client()
    person = {"name": "山手 太郎", "email": "taro@yamanote.example", "login_id": "taro", "password": PASSWORD}
    assert browser.post(path, {**person, "repeated": PASSWORD}, secure=True)["Location"] == "/"
    assert browser.get("/members", secure=True).status_code == 200
    with scope(Actor()):
        assert not Company.objects.exists()
