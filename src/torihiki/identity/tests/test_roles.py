"""A company's own roles: what they open and close, whence each right comes, and nobody gives more than they hold."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD, Desk, add_member, sign_in_directly
from torihiki.identity.keys import link_token
from torihiki.identity.letters import INVITATION
from torihiki.identity.models import ApiToken, Company, Invitation, Member, OwnRole, RoleGrant
from torihiki.identity.permissions import Role
from torihiki.tenancy.actor import scope


def member_of(desk, role=Role.LIMITED, name="限定 五郎"):
    """Another member of the company, signed in."""
    with desk.acting():
        company = Company.objects.get(pk=desk.company)
    actor = add_member(company, f"{desk.key}2", role, at=timezone.now(), name=name)
    return Desk(f"{desk.key}2", actor, desk.party, sign_in_directly(actor), desk.colleagues)


def make_role(desk, name, *permissions):
    data = {"name": name}
    for permission in permissions:
        service, _dot, action = permission.rpartition(".")
        if permission in ("partners.manage", "members.manage", "company.manage", "audit.inspect"):
            data[f"right-{permission}"] = "on"
        else:
            data.setdefault(f"scope-{service}", []).append(action)
    response = desk.post("/members/roles/new", data)
    assert response.status_code == 302, response.content.decode()
    with desk.acting():
        return OwnRole.objects.get(name=name)


def give(desk, member, *roles, role=Role.LIMITED):
    data = {"name": member.actor.name, "email": "x@aoba.example", "role": role, "unit": ""}
    return desk.post(f"/members/{member.actor.member_id}", {**data, "own_roles": [str(own.pk) for own in roles]})


@pytest.fixture
def limited(issuer):
    return member_of(issuer)


def test_an_own_role_opens_one_service_and_nothing_else(issuer, limited):
    assert limited.get("/").status_code == 403
    role = make_role(issuer, "見積係", "quotes.read", "quotes.draft")
    assert give(issuer, limited, role).status_code == 302
    assert issuer.events()[-2:] == ["identity.role_added", "identity.member_changed"]
    menu = limited.get("/").content.decode()
    for kind in ("quote", "order", "invoice"):
        path = f"/documents/kinds/{kind}"
        assert (path in menu) is (kind == "quote")
        assert limited.get(path).status_code == (200 if kind == "quote" else 404)
    assert limited.get("/documents/new/quote").status_code == 200
    assert limited.get("/documents/new/invoice").status_code == 404
    assert limited.get("/members").status_code == 403


def test_a_changed_role_holds_from_the_next_request(issuer, limited):
    role = make_role(issuer, "見積係", "quotes.read", "quotes.draft")
    give(issuer, limited, role)
    assert limited.get("/documents/new/quote").status_code == 200
    changed = issuer.post(f"/members/roles/{role.pk}", {"name": "見積閲覧", "scope-quotes": ["read"]})
    assert changed.status_code == 302
    assert limited.get("/documents/new/quote").status_code == 403
    assert limited.get("/documents/kinds/quote").status_code == 200
    assert give(issuer, limited).status_code == 302
    assert limited.get("/documents/kinds/quote").status_code == 403, "without any right to read"


def test_the_matrix_says_where_each_right_comes_from(issuer):
    role = make_role(issuer, "請求承認", "invoices.approve", "audit.inspect")
    give(issuer, issuer.clerk, role, role=Role.CLERK)
    page = issuer.get(f"/members/{issuer.clerk.actor.member_id}/rights").content.decode()
    cells = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    invoices = next(cell for cell in cells if "請求承認" in cell)
    assert invoices.count("担当者") == 4, "read, draft, send and answer come from the role"
    assert sum("請求承認" in cell for cell in cells) == 2, "one service, and the audit log"
    assert issuer.clerk.get(f"/members/{issuer.clerk.actor.member_id}/rights").status_code == 403
    assert issuer.clerk.get("/audit").status_code == 200
    assert "請求承認" in issuer.get("/members").content.decode()


def test_a_role_in_use_stays_and_a_name_serves_once(issuer, limited):
    role = make_role(issuer, "見積係", "quotes.read")
    give(issuer, limited, role)
    assert issuer.post(f"/members/roles/{role.pk}/remove").status_code == 422
    assert issuer.post("/members/roles/new", {"name": "見積係", "scope-quotes": ["read"]}).status_code == 422
    assert issuer.post("/members/roles/new", {"name": "空"}).status_code == 422
    give(issuer, limited)
    assert issuer.post(f"/members/roles/{role.pk}/remove").status_code == 302
    assert issuer.events()[-1] == "identity.role_removed"


def test_who_manages_members_gives_and_takes_no_more_than_they_hold(issuer, limited, stranger):
    managing = make_role(issuer, "人事", "members.manage")
    auditing = make_role(issuer, "監査", "audit.inspect")
    give(issuer, limited, managing)
    other = issuer.viewer
    administrator = f"/members/{issuer.actor.member_id}"
    count = issuer.count_entries()
    refused = [
        give(limited, limited, managing, role=Role.ADMINISTRATOR),
        give(limited, limited, managing, auditing),
        give(limited, other, role=Role.VIEWER),
        limited.post("/members/roles/new", {"name": "全部", "scope-*": ["approve"]}),
        limited.post(f"/members/roles/{auditing.pk}", {"name": "監査", "right-members.manage": "on"}),
        limited.post("/members/invite", {"name": "x", "email": "x@x.example", "role": "clerk", "unit": ""}),
        limited.post(f"{administrator}/suspend"),
        limited.post(f"{administrator}/unlock"),
        limited.post(f"{administrator}/two-step"),
        limited.post(f"{administrator}/reactivate"),
    ]
    assert [response.status_code for response in refused] == [422] * 6 + [403] * 4
    assert issuer.count_entries() == count + len(refused), "each leaves one entry"
    assert limited.get("/audit").status_code == 403
    invited = limited.post(
        "/members/invite",
        {"name": "x", "email": "x@x.example", "role": "limited", "unit": "", "own_roles": [str(managing.pk)]},
    )
    assert invited.status_code == 302
    with stranger.acting():
        assert not OwnRole.objects.exists()
        assert not RoleGrant.objects.exists()


def test_a_token_of_a_member_may_do_no_more_than_the_member(issuer, limited):
    role = make_role(issuer, "設定係", "company.manage", "quotes.read")
    give(issuer, limited, role)
    assert limited.post("/tokens/new", {"name": "x", "scope-quotes": ["read"]}).status_code == 200
    assert limited.post("/tokens/new", {"name": "y", "scope-*": ["read"]}).status_code == 422
    assert limited.post("/tokens/new", {"name": "z", "scope-quotes": ["approve"]}).status_code == 422
    with issuer.acting():
        assert [token.name for token in ApiToken.objects.all()] == ["x"]


def test_a_role_of_another_company_is_nobodys(issuer, stranger, limited):
    foreign = make_role(stranger, "よその役割", "quotes.read")
    assert issuer.get(f"/members/roles/{foreign.pk}").status_code == 404
    assert issuer.post(f"/members/roles/{foreign.pk}/remove").status_code == 404
    assert give(issuer, limited, foreign).status_code == 422
    assert "よその役割" not in issuer.get("/members/roles").content.decode()


def test_an_invitation_brings_its_own_roles(issuer):
    role = make_role(issuer, "見積係", "quotes.read")
    issuer.post(
        "/members/invite",
        {"name": "新", "email": "n@x.example", "role": "limited", "unit": "", "own_roles": [str(role.pk)]},
    )
    with issuer.acting():
        invitation = Invitation.objects.get()
    browser = Client()
    new = {"name": "新", "email": "n@x.example", "login_id": "n@x.example", "password": PASSWORD, "repeated": PASSWORD}
    path = f"/invitation/{link_token(INVITATION, invitation.id, invitation.expires_at)}"
    assert browser.post(path, new, secure=True).status_code == 302
    assert browser.get("/documents/kinds/quote", secure=True).status_code == 200
    assert browser.get("/documents/kinds/invoice", secure=True).status_code == 404
    with issuer.acting():
        assert RoleGrant.objects.get().member == Member.objects.get(email="n@x.example")


def test_the_policies_keep_own_roles_apart(issuer, stranger, limited):
    """Below the application: another company's rows are neither seen nor hung on own members."""
    role = make_role(issuer, "見積係", "quotes.read")
    with scope(stranger.actor):
        assert OwnRole.objects.filter(pk=role.pk).update(name="取った") == 0
        assert OwnRole.objects.filter(pk=role.pk).delete()[0] == 0
