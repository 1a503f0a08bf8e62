"""API tokens: an administrator makes one, its program does what it may and nothing else, and it opens nothing once it
is revoked, over, outside its network or its company is shut."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.programs import Program, program_of
from tests.world import Desk, sign_in_directly
from torihiki.identity.actions import create_token
from torihiki.identity.actions.policies import change_policy
from torihiki.identity.models import ApiToken
from torihiki.identity.policies import NetworkPolicy
from torihiki.identity.refusals import TokenUnfit
from torihiki.ledger.models import Entry

SECRET = re.compile(r"tk_[A-Za-z0-9_-]{43}")
ENGLISH = {"Accept-Language": "en"}
FORM = {"name": "受注システム", "scope-*": ["read"], "scope-quotes": ["draft", "send"], "expires_on": ""}


def test_made_once_shown_once(issuer: Desk) -> None:
    page = issuer.get("/tokens/new")
    assert page.status_code == 200
    made = issuer.post("/tokens/new", FORM)
    assert made.status_code == 200
    assert made["Cache-Control"] == "no-store"
    secret = SECRET.findall(made.content.decode())[0]
    assert issuer.events()[-1] == "identity.token_created"
    me = Program(secret).get("me").json()
    assert (me["token"], me["scopes"]) == ("受注システム", ["*.read", "quotes.draft", "quotes.send"])
    assert me["company"] == "青葉食品株式会社"
    page = issuer.get("/tokens").content.decode()
    assert "受注システム" in page
    assert secret not in page
    assert secret[:8] in page
    with issuer.acting() as actor:
        assert secret.encode() not in b"".join(bytes(entry.payload or b"") for entry in Entry.objects.all())
        token = ApiToken.objects.get(company_id=actor.company)
        assert secret.encode() not in bytes(token.secret_hash)
        assert token.last_used_at is not None


@pytest.mark.parametrize(
    "wrong",
    [{"scope-*": [], "scope-quotes": []}, {"name": ""}, {"expires_on": "2020-01-01"}, {"scope-quotes": ["rule"]}],
)
def test_a_token_that_makes_no_sense_is_not_made(issuer: Desk, wrong: dict[str, object]) -> None:
    assert issuer.post("/tokens/new", {**FORM, **wrong}).status_code == 422
    with issuer.acting():
        assert ApiToken.objects.count() == 0


@pytest.mark.parametrize("scope", ["members.manage", "company.manage", "audit.inspect", "*.system", "nothing.read"])
def test_no_token_manages_people_settings_or_the_platform(issuer: Desk, scope: str) -> None:
    with issuer.acting() as actor, pytest.raises(TokenUnfit):
        create_token(actor, name="x", scopes=["*.read", scope], at=timezone.now())


def test_only_administrators_see_and_make_tokens(issuer: Desk) -> None:
    for member in (issuer.clerk, issuer.approver, issuer.viewer):
        assert member.get("/tokens").status_code == 403
        assert member.post("/tokens/new", FORM).status_code == 403


def test_revoked_from_the_next_request_on(issuer: Desk, stranger: Desk) -> None:
    program = program_of(issuer)
    assert program.get("me").status_code == 200
    with issuer.acting() as actor:
        token = ApiToken.objects.get(company_id=actor.company)
    assert stranger.post(f"/tokens/{token.pk}/revoke").status_code == 404
    assert program.get("me").status_code == 200
    issuer.post(f"/tokens/{token.pk}/revoke")
    assert issuer.events()[-1] == "identity.token_revoked"
    assert program.get("me").status_code == 401


def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(issuer: Desk) -> None:
    former = timezone.now() - timedelta(days=2)
    over = program_of(issuer, at=former, expires_at=former + timedelta(days=1))
    unknown = Program("tk_" + "x" * 43)
    answers = [over.get("me"), unknown.get("me"), Program("").get("me"), Program("tk_" + "ü" * 20).get("me")]
    answers += [Program("x" * 10_000).get("me"), Program("").client.get("/api/v1/me", secure=True, headers=ENGLISH)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="torihiki"'}


def test_a_program_outside_the_companys_networks_gets_nothing(issuer: Desk) -> None:
    program = program_of(issuer)
    with issuer.acting() as actor:
        rules = NetworkPolicy(on=True, ranges=("192.0.2.0/24",))
        change_policy(actor, rules, seen=0, at=timezone.now(), address="192.0.2.7", confirmed=True)
    for address, status in (("192.0.2.7", 200), ("198.51.100.1", 401)):
        program.client.defaults["REMOTE_ADDR"] = address
        assert program.get("me").status_code == status
    with issuer.acting():
        entry = Entry.objects.order_by("-at", "-id")[0]
    assert (entry.event, entry.subject_type, entry.actor_name) == ("identity.outside_network", "token", "基幹システム")


def test_a_token_has_no_door_in_the_portal(issuer: Desk) -> None:
    program = program_of(issuer)
    page = program.client.get("/inbox", secure=True, headers={"Authorization": f"Bearer {program.secret}"})
    assert (page.status_code, page["Location"].partition("?")[0]) == (302, "/sign-in")


def test_programs_are_nobodys_browser(issuer: Desk) -> None:
    """A cookie beside the token changes nothing, and a token gives no cookie."""
    program = program_of(issuer, "*.read")
    sign_in_directly(issuer.actor, program.client)
    assert program.get("me").json()["token"] == "基幹システム"
    assert not program.get("me").cookies
