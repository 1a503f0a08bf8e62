"""A provider keeps a company's members over HTTP, in the shapes that Entra ID and Okta send (RFC 7643, RFC 7644)."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import Desk
from torihiki.identity.actions.units import add_unit
from torihiki.identity.models import Member, Unit
from torihiki.identity.sso.actions.entering import enter_as
from torihiki.identity.sso.connections import VerifiedIdentity, open_connection
from torihiki.identity.sso.flows import Taken
from torihiki.identity.sso.models import IdentityProvider, LinkedIdentity, ProvisionedUser
from torihiki.identity.sso.refusals import NobodyKnown
from torihiki.identity.sso.tests.arriving import connect
from torihiki.tenancy.actor import Actor

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
HANAKO = {
    "schemas": [CORE + "User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Hanako.Sato@aoba.example",
    "active": True,
    "displayName": "佐藤 花子",
    "emails": [{"primary": True, "type": "work", "value": "hanako@aoba.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "佐藤 花子", "familyName": "佐藤", "givenName": "花子"},
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "購買"},
}


class Provider:
    """The other side: it holds the connection's token and nothing else."""

    def __init__(self, desk: Desk, connection: UUID) -> None:
        page = desk.post(f"/company/sign-in/{connection}/scim/tokens")
        assert page.status_code == 200, page.content.decode()
        self.token, self.client = page.context["secret"], Client()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method,
            f"/scim/v2/{path}",
            content,
            headers.pop("media", "application/scim+json") if content else "",
            secure=True,
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def make(self, **changed: Any) -> str:
        answer = self.ask("POST", "Users", {**HANAKO, **changed})
        assert answer.status_code == 201, answer.content.decode()
        return str(answer.json()["id"])

    def patch(self, path: str, *operations: Mapping[str, Any], **headers: str) -> Any:
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def group(self, name: str, *members: str, **more: Any) -> str:
        body = {"schemas": [CORE + "Group"], "displayName": name, "members": [{"value": each} for each in members]}
        answer = self.ask("POST", "Groups", {**body, **more})
        assert answer.status_code == 201, answer.content.decode()
        return str(answer.json()["id"])


@pytest.fixture
def connection(issuer: Desk) -> UUID:
    return UUID(str(connect(issuer)))


@pytest.fixture
def provider(issuer: Desk, connection: UUID) -> Provider:
    return Provider(issuer, connection)


def member(desk: Desk, email: str = "hanako@aoba.example") -> Member:
    with desk.acting():
        return Member.objects.get(company_id=desk.actor.company, email=email)


def arrive(desk: Desk, connection: UUID, provisioned: str, **more: Any) -> Actor:
    """Somebody comes back from the provider, verified."""
    platform = Actor.system(desk.actor.company)
    with desk.acting():
        opened = open_connection(IdentityProvider.objects.get(pk=connection))
    taken = Taken("state", "browser", next="")
    identity = VerifiedIdentity(connection, subject=more.pop("subject", "sub-1"), provisioned=provisioned, **more)
    return enter_as(platform, opened, identity, taken, at=timezone.now())


def test_entra_makes_finds_changes_and_removes_a_user(issuer: Desk, provider: Provider) -> None:
    missing = provider.ask("GET", 'Users?filter=userName eq "Hanako.Sato@aoba.example"')
    assert (missing.status_code, missing.json()["totalResults"]) == (200, 0)
    made = provider.ask("POST", "Users", HANAKO)
    assert made.status_code == 201
    assert made["Content-Type"] == "application/scim+json"
    body = made.json()
    assert made["Location"] == body["meta"]["location"]
    assert made["ETag"] == body["meta"]["version"] == 'W/"1"'
    assert (body["userName"], body["displayName"], body["active"]) == ("Hanako.Sato@aoba.example", "佐藤 花子", True)
    hanako = member(issuer)
    assert (hanako.name, hanako.role) == ("佐藤 花子", "viewer")
    assert issuer.events()[-2:] == ["sso.scim_token_made", "sso.user_provisioned"]
    user = body["id"]
    for query in (
        'userName eq "hanako.sato@AOBA.example"',
        'externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef" and active eq true',
        'emails.value eq "hanako@aoba.example"',
        f'id eq "{user}"',
    ):
        assert provider.ask("GET", f"Users?filter={query}").json()["totalResults"] == 1, query

    changed = provider.patch(
        f"Users/{user}",
        {"op": "Replace", "path": "displayName", "value": "鈴木 花子"},
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "suzuki@aoba.example"},
    )
    assert changed.status_code == 200, changed.content
    assert member(issuer, "suzuki@aoba.example").name == "鈴木 花子"
    assert provider.patch(f"Users/{user}", {"op": "Replace", "path": "active", "value": "False"}).status_code == 200
    assert member(issuer, "suzuki@aoba.example").suspended_at is not None
    assert provider.ask("GET", f"Users/{user}").json()["active"] is False
    assert provider.patch(f"Users/{user}", {"op": "replace", "value": {"active": True}}).json()["active"] is True
    assert provider.ask("DELETE", f"Users/{user}").status_code == 204
    assert member(issuer, "suzuki@aoba.example").suspended_at is not None
    assert [provider.ask(how, f"Users/{user}").status_code for how in ("GET", "DELETE")] == [404, 404]
    again = provider.make()
    assert again == user, "the same member, active again"
    assert member(issuer).suspended_at is None


def test_okta_replaces_whole_users_and_fills_groups(issuer: Desk, provider: Provider) -> None:
    user = provider.make()
    replaced = provider.ask("PUT", f"Users/{user}", {**HANAKO, "id": user, "displayName": "佐藤 華子", "active": False})
    assert (replaced.status_code, replaced.json()["displayName"]) == (200, "佐藤 華子")
    assert provider.ask("PUT", f"Users/{user}", {**HANAKO, "id": user}).json()["active"] is True
    before = len(issuer.events())
    assert provider.ask("PUT", f"Users/{user}", {**HANAKO, "id": user}).status_code == 200
    assert len(issuer.events()) == before, "what says nothing new is nothing"

    group = provider.group("sales", user)
    assert member(issuer).role == "clerk"
    assert [each["display"] for each in provider.ask("GET", f"Users/{user}").json()["groups"]] == ["sales"]
    assert "members" not in provider.ask("GET", f"Groups/{group}?excludedAttributes=members").json()
    assert provider.patch(f"Groups/{group}", {"op": "remove", "path": f'members[value eq "{user}"]'}).status_code == 200
    assert member(issuer).role == "viewer"
    added = provider.patch(f"Groups/{group}", {"op": "add", "path": "members", "value": [{"value": user}]})
    assert added.json()["members"][0]["value"] == user
    assert member(issuer).role == "clerk"
    renamed = {"id": group, "displayName": "others"}
    assert provider.patch(f"Groups/{group}", {"op": "replace", "value": renamed}).status_code == 200
    assert member(issuer).role == "viewer", "by the new name"
    assert provider.ask("DELETE", f"Groups/{group}").status_code == 204
    assert provider.ask("GET", "Groups").json()["totalResults"] == 0
    assert provider.group("x", user, externalId="sales")
    assert member(issuer).role == "clerk", "by the external id"


def test_a_member_who_was_here_before_is_adopted_and_keeps_account_name_and_address(
    issuer: Desk, provider: Provider, connection: UUID
) -> None:
    with issuer.acting() as actor:
        clerk = Member.objects.get(pk=issuer.clerk.actor.member)
        count = Member.objects.count()
    user = provider.make(userName="clerk", emails=[{"value": clerk.email.upper()}], displayName="別名")
    with issuer.acting():
        assert Member.objects.filter(company_id=actor.company).count() == count
        kept = Member.objects.get(pk=clerk.pk)
    assert (kept.name, kept.email, kept.account_id) == (clerk.name, clerk.email, clerk.account_id)
    assert provider.ask("PUT", f"Users/{user}", {**HANAKO, "userName": "clerk"}).status_code == 200
    with issuer.acting():
        assert Member.objects.get(pk=clerk.pk).email == clerk.email, "codes and links go there"
    with pytest.raises(NobodyKnown):
        arrive(issuer, connection, HANAKO["externalId"])  # type: ignore[arg-type]  # links with the own password
    assert provider.patch(f"Users/{user}", {"op": "replace", "path": "active", "value": False}).status_code == 200
    assert issuer.clerk.get("/").status_code == 302, "signed out at once"


def test_whom_the_provider_made_comes_in_by_what_it_is_known_by(
    issuer: Desk, provider: Provider, connection: UUID
) -> None:
    user = provider.make()
    with pytest.raises(NobodyKnown):
        arrive(issuer, connection, "someone-else", email="hanako@aoba.example")
    actor = arrive(issuer, connection, str(HANAKO["externalId"]), subject="sub-7")
    assert actor.member_id == member(issuer).pk
    with issuer.acting():
        assert LinkedIdentity.objects.get(member_id=actor.member_id).how == "provisioned"
    assert arrive(issuer, connection, "", subject="sub-7").member_id == actor.member_id, "linked from then on"
    with pytest.raises(NobodyKnown):
        arrive(issuer, connection, str(HANAKO["externalId"]), subject="sub-8")
    assert provider.ask("DELETE", f"Users/{user}").status_code == 204
    with pytest.raises(NobodyKnown):
        arrive(issuer, connection, "", subject="sub-7")


def test_who_becomes_administrator_works_for_the_whole_company(
    issuer: Desk, provider: Provider, connection: UUID
) -> None:
    def limited() -> Member:
        with issuer.acting() as actor:
            unit = Unit.objects.filter(company_id=actor.company).first() or add_unit(
                actor, name="東店", code="E", parent_id=None, at=timezone.now()
            )
            Member.objects.filter(email="hanako@aoba.example").update(unit=unit, unit_only=True, role="viewer")
        return member(issuer)

    user = provider.make()
    assert limited().unit_only
    arrive(issuer, connection, str(HANAKO["externalId"]), groups=("bosses",))
    assert (member(issuer).role, member(issuer).unit_only) == ("administrator", False)
    assert limited().unit_only
    provider.group("sales", user)
    assert (member(issuer).role, member(issuer).unit_only) == ("clerk", True)
    provider.group("bosses", user)
    assert (member(issuer).role, member(issuer).unit_only) == ("administrator", False)


def test_the_last_administrator_stays(issuer: Desk, provider: Provider) -> None:
    with issuer.acting():
        boss = Member.objects.get(pk=issuer.actor.member)
    user = provider.make(userName="boss", emails=[{"value": boss.email}])
    for answer in (
        provider.patch(f"Users/{user}", {"op": "replace", "path": "active", "value": False}),
        provider.ask("DELETE", f"Users/{user}"),
        provider.ask("POST", "Groups", {"displayName": "sales", "members": [{"value": user}]}),
    ):
        assert answer.status_code == 409, answer.content
        assert answer.json()["status"] == "409"
    with issuer.acting():
        boss = Member.objects.get(pk=issuer.actor.member)
        assert (boss.role, boss.suspended_at) == ("administrator", None)
    assert provider.ask("GET", f"Users/{user}").json()["active"] is True
    assert provider.ask("GET", "Groups").json()["totalResults"] == 0, "nothing of it stays"
    assert issuer.events().count("ledger.refused") == 3


def test_what_is_refused_and_how(issuer: Desk, provider: Provider) -> None:
    user = provider.make()
    other = provider.make(userName="jiro", externalId="2", emails=[{"value": "jiro@aoba.example"}])
    for method, path, body, status, kind in (
        ("POST", "Users", {**HANAKO, "externalId": "9"}, 409, "uniqueness"),
        ("POST", "Users", {**HANAKO, "userName": "x", "externalId": "9"}, 409, "uniqueness"),
        ("PUT", f"Users/{other}", {**HANAKO, "externalId": "2"}, 409, "uniqueness"),
        ("POST", "Users", {"userName": "no-address"}, 400, "invalidValue"),
        ("POST", "Users", {"displayName": "x"}, 400, "invalidValue"),
        ("POST", "Users", b"{", 400, "invalidSyntax"),
        ("POST", "Users", b"[" * 100_000, 400, "invalidSyntax"),
        ("POST", "Users", b" " * (2**20 + 1), 413, None),
        ("GET", 'Users?filter=userName sw "a"', None, 400, "invalidFilter"),
        ("GET", "Users?startIndex=x", None, 400, "invalidValue"),
        ("PATCH", f"Users/{user}", {"schemas": [], "Operations": []}, 400, "invalidValue"),
        ("POST", "Groups", {"displayName": "g", "members": [{"value": str(uuid4())}]}, 400, "invalidValue"),
        ("POST", "Groups", {"displayName": "g", "members": [{"value": "x"}]}, 400, "invalidValue"),
        ("GET", f"Users/{uuid4()}", None, 404, None),
        ("GET", "Me", None, 501, None),
        ("POST", "Bulk", {}, 501, None),
        ("PUT", "Users", HANAKO, 405, None),
    ):
        answer = provider.ask(method, path, body)
        told = answer.json()
        assert (answer.status_code, told.get("scimType"), told["status"]) == (status, kind, str(status)), (path, told)
        assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert provider.ask("POST", "Users", HANAKO, media="text/plain").status_code == 415
    with issuer.acting():
        assert ProvisionedUser.objects.count() == 2


def test_a_version_that_moved_on_is_not_overwritten(provider: Provider) -> None:
    user = provider.make()
    operation = {"op": "replace", "path": "displayName", "value": "新"}
    assert provider.patch(f"Users/{user}", operation, **{"If-Match": 'W/"1"'}).json()["meta"]["version"] == 'W/"2"'
    stale = provider.patch(f"Users/{user}", {**operation, "value": "古"}, **{"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert provider.ask("DELETE", f"Users/{user}", **{"If-Match": 'W/"1"'}).status_code == 412
    assert provider.ask("GET", f"Users/{user}").json()["displayName"] == "新"


def test_several_operations_happen_together_or_not_at_all(issuer: Desk, provider: Provider) -> None:
    user = provider.make()
    answer = provider.patch(
        f"Users/{user}",
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": "noSuchThing", "value": 1},
    )
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidPath")
    assert member(issuer).suspended_at is None


def test_who_may_provision(issuer: Desk, receiver: Desk, provider: Provider, connection: UUID) -> None:
    user = provider.make()
    theirs = Provider(receiver, UUID(str(connect(receiver, slug="other"))))
    for method in ("GET", "DELETE"):
        assert theirs.ask(method, f"Users/{user}").status_code == 404
    assert theirs.ask("GET", "Users").json()["totalResults"] == 0
    assert Provider.ask(provider, "GET", "Users", Authorization="Bearer tk_no").status_code == 401
    assert issuer.get("/scim/v2/Users").status_code == 401, "no cookie opens this door"
    assert provider.client.get(
        "/api/v1/documents", secure=True, headers={"Authorization": f"Bearer {provider.token}"}
    ).status_code == 403, "nor this token the API's"  # fmt: skip
    second = Provider(issuer, connection)
    assert issuer.post(f"/company/sign-in/{connection}/scim/tokens").status_code == 422, "two at once"
    with issuer.acting() as actor:
        first = next(iter(IdentityProvider.objects.filter(company_id=actor.company)))
    page = issuer.get(f"/company/sign-in/{first.pk}/scim")
    revoked = page.context["tokens"][1]
    assert issuer.post(f"/tokens/{revoked.pk}/revoke").status_code == 302
    assert provider.ask("GET", "Users").status_code == 401
    assert second.ask("GET", "Users").json()["totalResults"] == 1
    for other in (issuer.clerk, issuer.viewer):
        assert other.get(f"/company/sign-in/{connection}/scim").status_code == 403
    assert receiver.get(f"/company/sign-in/{connection}/scim").status_code == 404
    assert "佐藤 花子" in issuer.get(f"/company/sign-in/{connection}/scim").content.decode()
    assert "Hanako.Sato" in issuer.get(f"/members/{member(issuer).pk}").content.decode()


def test_an_account_elsewhere_is_never_taken_over(issuer: Desk, receiver: Desk, provider: Provider) -> None:
    with receiver.acting():
        theirs = Member.objects.get(pk=receiver.actor.member)
    provider.make(emails=[{"value": theirs.email}])
    made = member(issuer, theirs.email)
    assert made.account_id != theirs.account_id


def test_what_it_says_it_can_do(provider: Provider) -> None:
    told = provider.ask("GET", "ServiceProviderConfig").json()
    assert (told["patch"]["supported"], told["bulk"]["supported"], told["etag"]["supported"]) == (True, False, True)
    assert {each["id"] for each in provider.ask("GET", "ResourceTypes").json()["Resources"]} == {"User", "Group"}
    for each in provider.ask("GET", "Schemas").json()["Resources"]:
        assert provider.ask("GET", f"Schemas/{each['id']}").json() == each


def test_lists_come_in_pages(issuer: Desk, provider: Provider) -> None:
    ids = [
        provider.make(userName=f"u{nth}", externalId=str(nth), emails=[{"value": f"u{nth}@aoba.example"}])
        for nth in range(5)
    ]
    page = provider.ask("GET", "Users?startIndex=2&count=2").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert [each["id"] for each in page["Resources"]] == ids[1:3]
    assert provider.ask("GET", "Users?count=0").json()["Resources"] == []
    assert provider.ask("GET", "Users?startIndex=-3&count=999").json()["itemsPerPage"] == 5
    assert set(provider.ask("GET", "Users?attributes=userName").json()["Resources"][0]) == {
        "schemas", "id", "userName", "meta",
    }  # fmt: skip


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(["userName", "emails", "value", "active", "members", "op", "path", "name"]), each
        )
    ),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANYTHING, query=st.text(max_size=30), where=st.sampled_from(["Users", "Groups"]))
def test_whatever_comes_is_answered(provider: Provider, body: Any, query: str, where: str) -> None:
    user = UUID(int=7)
    for answer in (
        provider.ask("POST", where, body),
        provider.ask("PUT", f"{where}/{user}", body),
        provider.patch(f"{where}/{user}", {"op": "add", "path": query, "value": body}),
        provider.client.get(
            f"/scim/v2/{where}", {"filter": query}, secure=True, headers={"Authorization": f"Bearer {provider.token}"}
        ),
    ):
        assert 400 <= answer.status_code < 500 or answer.status_code in (200, 201), answer.content
