"""The story of a company that connects an OpenID provider: a real one (Authlib's), in a process of its own."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.providers.oidc import CLIENT_ID, CLIENT_SECRET
from tests.providers.running import LOOPBACK, running
from tests.world import PASSWORD
from torihiki.identity.actions.invitations import invite_member, resend_invitation
from torihiki.identity.keys import link_token
from torihiki.identity.letters import INVITATION
from torihiki.identity.models import Invitation, Member
from torihiki.identity.sso.models import IdentityProvider, LinkedIdentity
from torihiki.identity.sso.oidc import asking
from torihiki.ledger.models import Entry

PERSON = {"sub": "u-1001", "name": "佐藤 一郎", "email": "sato@aoba.example", "groups": ["sales"]}


@pytest.fixture(scope="session")
def provider_process(tmp_path_factory):
    with running("tests.providers.oidc", tmp_path_factory.mktemp("oidc")) as provider:
        yield provider


@pytest.fixture
def provider(provider_process, settings):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    settings.OUTBOUND_PORTS = [provider_process.port]
    settings.OUTBOUND_CA_FILE = provider_process.files.certificate
    asking._kept.clear()
    return provider_process


@pytest.fixture
def connected(issuer, provider):
    """The issuer's connection, tested and switched on by its administrator."""
    connection = connect(issuer, provider)
    tested = pass_through(issuer.client, provider, f"/company/sign-in/{connection}/test")
    assert tested.status_code == 200, reason(issuer)
    assert issuer.post(f"/company/sign-in/{connection}/on").status_code == 302
    return connection


def connect(desk, provider, **changed):
    typed = {
        "name": "青葉アカウント",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scopes": "openid profile email",
        "domains": "aoba.example",
        "creates_members": "on",
        "default_role": "viewer",
        "groups_from": "groups",
        "roles_by_group": "sales = clerk\nbosses = administrator",
        **changed,
    }
    answer = desk.post("/company/sign-in/new/oidc", typed)
    assert answer.status_code == 302, answer.context["form"].errors
    connection = answer["Location"].rpartition("/")[2]
    provider.tell("/be", person=PERSON, redirect_uris=[callback(connection)])
    return connection


def callback(connection):
    return f"{settings.PUBLIC_URL}/sso/oidc/{connection}/callback"


def go(browser, provider, address):
    """To the provider; returns where it sends the browser back to."""
    answer = browser.get(address, secure=True)
    assert answer.status_code == 302, answer.content.decode()
    return provider.get(answer["Location"]).removeprefix(settings.PUBLIC_URL)


def pass_through(browser, provider, address):
    return browser.get(go(browser, provider, address), secure=True)


def page(browser, path="/profile"):
    return browser.get(path, secure=True)


def reason(desk):
    with desk.acting():
        entry = Entry.objects.filter(event="ledger.refused").order_by("at", "id").last()
        payload = bytes(entry.payload or b"").decode() if entry else ""
    found = re.search(r'"reason":"([^"]+)"', payload)
    return found[1] if found else ""


@pytest.mark.heavy
def test_a_member_is_created_at_the_first_sign_in_and_known_at_the_second(issuer, provider, connected):
    browser = Client()
    assert pass_through(browser, provider, f"/sso/start/{connected}?next=/profile")["Location"] == "/profile"
    assert "佐藤 一郎" in page(browser).content.decode()
    with issuer.acting():
        member = Member.objects.get(email="sato@aoba.example")
        assert member.role == "clerk", "by the group"
        assert member.account_id != issuer.actor.account_id
    assert issuer.events()[-3:] == ["sso.provider_switched_on", "sso.member_created", "identity.signed_in"]
    provider.tell("/be", person={**PERSON, "email": "renamed@aoba.example", "groups": ["bosses"]})
    again = Client()
    assert pass_through(again, provider, f"/sso/start/{connected}")["Location"] == "/"
    with issuer.acting():
        assert LinkedIdentity.objects.count() == 1
        member.refresh_from_db()
        assert (member.role, member.email) == ("administrator", "sato@aoba.example")


@pytest.mark.heavy
def test_keys_that_rotate_are_fetched_once_more(issuer, provider, connected):
    provider.tell("/rotate")
    asking._kept[next(iter(asking._kept))].asked_at -= asking.KEYS_ASKED_AGAIN_SECONDS
    before = provider.read("/said").count(b"keys")
    assert pass_through(Client(), provider, f"/sso/start/{connected}").status_code == 302
    assert provider.read("/said").count(b"keys") == before + 1


@pytest.mark.heavy
def test_the_answer_counts_once_and_in_the_browser_that_asked(issuer, provider, connected):
    browser, other = Client(), Client()
    back = go(browser, provider, f"/sso/start/{connected}")
    assert page(other, back).status_code == 403
    assert reason(issuer) == "no_flow"
    other.get(f"/sso/start/{connected}", secure=True)
    assert page(other, back).status_code == 403, "with a cookie of its own"
    assert page(browser, back).status_code == 302
    used = Client()
    used.cookies = browser.cookies
    del used.cookies[settings.SESSION_COOKIE_NAME]
    assert page(used, back).status_code == 403
    assert page(used).status_code == 302, "and nobody is signed in"


@pytest.mark.heavy
def test_a_code_of_another_attempt_fails_by_pkce_and_nonce(issuer, provider, connected):
    """The attacker's code in the victim's flow: the verifier is another one."""
    victim, attacker = Client(), Client()
    stolen = parse_qs(urlsplit(go(attacker, provider, f"/sso/start/{connected}")).query)
    own = parse_qs(urlsplit(go(victim, provider, f"/sso/start/{connected}")).query)
    mixed = {"code": stolen["code"][0], "state": own["state"][0], "iss": own["iss"][0]}
    assert victim.get(f"/sso/oidc/{connected}/callback", mixed, secure=True).status_code == 403
    assert reason(issuer) == "token_refused"


@pytest.mark.heavy
def test_another_issuer_in_the_answer_is_a_mix_up(issuer, provider, connected):
    for change, why in (({"iss": "https://evil.example"}, "other_issuer"), ({}, "issuer_missing")):
        browser = Client()
        query = {k: v[0] for k, v in parse_qs(urlsplit(go(browser, provider, f"/sso/start/{connected}")).query).items()}
        del query["iss"]
        assert browser.get(f"/sso/oidc/{connected}/callback", {**query, **change}, secure=True).status_code == 403
        assert reason(issuer) == why


@pytest.mark.heavy
def test_the_address_of_a_member_gives_no_access(issuer, provider, connected):
    provider.tell("/be", person={**PERSON, "sub": "evil", "email": "Administrator@AOBA.example"})
    browser = Client()
    answer = pass_through(browser, provider, f"/sso/start/{connected}")
    assert answer.status_code == 403
    assert page(browser).status_code == 302
    assert reason(issuer) == "sso_nobody_known"
    with issuer.acting():
        assert not LinkedIdentity.objects.exists()
        assert Member.objects.count() == 4


@pytest.mark.heavy
def test_a_member_links_what_is_theirs_with_the_password_typed_again(issuer, provider, connected):
    provider.tell("/be", person={**PERSON, "email": "administrator@aoba.example"})
    path = f"/profile/links/new/{connected}"
    assert issuer.post(path, {"present": "Wrong-2026"}).status_code == 422
    answer = issuer.post(path, {"present": PASSWORD})
    back = provider.get(answer.context["address"]).removeprefix(settings.PUBLIC_URL)
    assert Client().get(back, secure=True).status_code == 403, "in another browser"
    assert issuer.get(back)["Location"] == "/profile/links"
    assert "u-1001" in issuer.get("/profile/links").content.decode()
    browser = Client()
    pass_through(browser, provider, f"/sso/start/{connected}")
    assert "管理 花子" in page(browser).content.decode()
    assert issuer.events()[-3:] == ["sso.identity_linked", "sso.arrived", "identity.signed_in"]
    link = str(linked(issuer).id)
    answer = issuer.clerk.post(f"/profile/links/{link}/remove")
    assert answer.status_code == 404, "not another's"
    assert issuer.post(f"/profile/links/{link}/remove").status_code == 302


def linked(desk):
    with desk.acting():
        return LinkedIdentity.objects.get()


@pytest.mark.heavy
def test_nobody_who_is_suspended_comes_in(issuer, provider, connected):
    pass_through(Client(), provider, f"/sso/start/{connected}")
    member = linked(issuer).member_id
    assert issuer.post(f"/members/{member}/suspend").status_code == 302
    assert pass_through(Client(), provider, f"/sso/start/{connected}").status_code == 403


@pytest.mark.heavy
def test_without_creation_only_who_is_invited_or_linked_comes_in(issuer, provider):
    connection = connect(issuer, provider, creates_members="")
    pass_through(issuer.client, provider, f"/company/sign-in/{connection}/test")
    issuer.post(f"/company/sign-in/{connection}/on")
    assert pass_through(Client(), provider, f"/sso/start/{connection}").status_code == 403
    assert reason(issuer) == "sso_nobody_known"


@pytest.mark.heavy
def test_who_holds_an_invitation_and_comes_back_from_the_provider_is_its_member(issuer, provider, connected):
    provider.tell("/be", person={**PERSON, "email": "else@aoba.example"})
    with issuer.acting() as actor:
        who, at = "new@aoba.example", timezone.now()
        first = invite_member(actor, email=who, name="新人", role="approver", unit_id=None, at=at)
    browser, address = Client(), f"/invitation/{link_token(INVITATION, first.id, first.expires_at)}"
    shown = page(browser, address).content.decode()
    start = re.findall(r'href="(/sso/start/[^"]*invitation=[^"]*)"', shown)[0]
    back = go(browser, provider, start)
    with issuer.acting() as actor:
        resend_invitation(actor, first.id, at=timezone.now())
    assert page(browser, back).status_code == 404, "the link was replaced meanwhile"
    with issuer.acting():
        sent = Invitation.objects.get()
    start = f"/sso/start/{connected}?invitation={link_token(INVITATION, sent.id, sent.expires_at)}"
    back = go(browser, provider, start)
    assert page(Client(), back).status_code == 403, "in another browser"
    assert page(browser, go(browser, provider, start))["Location"] == "/"
    with issuer.acting():
        link = LinkedIdentity.objects.select_related("member").get()
        assert (link.how, link.subject, link.member.role) == ("invited", "u-1001", "approver")
        assert link.member.email == "new@aoba.example", "the invitation's, not the provider's"
    assert page(browser, start).status_code == 404, "once"


@pytest.mark.heavy
def test_who_signs_out_here_finds_the_way_to_sign_out_there(issuer, provider, connected):
    browser = Client()
    pass_through(browser, provider, f"/sso/start/{connected}")
    page_then = browser.post("/sign-out", secure=True)
    assert page(browser).status_code == 302, "ours is over"
    place, _mark, query = page_then.context["onward"].address.partition("?")
    assert place == f"{provider.issuer}/leave"
    assert parse_qs(query) == {
        "client_id": [CLIENT_ID],
        "post_logout_redirect_uri": [f"{settings.PUBLIC_URL}/sign-in"],
    }
    assert issuer.post("/sign-out")["Location"] == "/sign-in", "who came by password is led nowhere"


@pytest.mark.heavy
def test_what_was_not_tested_is_not_switched_on_and_leads_nobody_in(issuer, stranger, provider):
    connection = connect(issuer, provider)
    assert issuer.post(f"/company/sign-in/{connection}/on").status_code == 409
    assert Client().get(f"/sso/start/{connection}", secure=True).status_code == 404
    assert Client().get(f"/sso/oidc/{connection}/callback?state=x&code=y", secure=True).status_code == 404
    assert stranger.get(f"/company/sign-in/{connection}/test").status_code == 404
    back = go(issuer.client, provider, f"/company/sign-in/{connection}/test")
    assert issuer.get(back).status_code == 200
    with issuer.acting():
        assert IdentityProvider.objects.get().state == "tested"
        assert not LinkedIdentity.objects.exists()


@pytest.mark.heavy
def test_another_issuer_is_tested_anew_and_its_people_are_others(issuer, provider, connected, stranger):
    pass_through(Client(), provider, f"/sso/start/{connected}")
    assert linked(issuer)
    with issuer.acting():
        row = IdentityProvider.objects.get()
        row.settings = {**row.settings, "issuer": "https://before.example"}
        row.save()
    form = {"name": "別", "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": "", "scopes": "openid",
            "default_role": "viewer", "groups_from": "groups"}  # fmt: skip
    assert issuer.post(f"/company/sign-in/{connected}", form).status_code == 302
    with issuer.acting():
        assert IdentityProvider.objects.get().state == "draft"
        assert not LinkedIdentity.objects.exists()
    assert stranger.post(f"/company/sign-in/{connected}", form).status_code == 404


@pytest.mark.heavy
def test_the_secret_is_sealed_and_bound_to_its_row(issuer, provider, connected):
    with issuer.acting():
        row = IdentityProvider.objects.get()
        assert CLIENT_SECRET.encode() not in bytes(row.secrets)
        assert CLIENT_SECRET not in str(row.settings)
        payloads = b"".join(bytes(entry.payload or b"") for entry in Entry.objects.all())
    assert CLIENT_SECRET.encode() not in payloads
    assert CLIENT_SECRET not in issuer.get(f"/company/sign-in/{connected}").content.decode()


def test_what_a_provider_remembers_is_no_proof_of_now(issuer, provider, connected):
    """A sensitive change asks for a proof of the last minutes; who stands before an open screen has none."""
    browser, path = Client(), f"/members/{issuer.clerk.actor.member}/see"

    def come_in(query="", *, remembered):
        provider.tell("/be", remembered=remembered)
        pass_through(browser, provider, f"/sso/start/{connected}{query}")
        with issuer.acting():
            Member.objects.filter(pk=LinkedIdentity.objects.get().member_id).update(role="administrator")
        return browser.post(path, secure=True)["Location"]

    try:
        assert come_in(remembered=3_600).startswith("/prove?")
        assert "/sso/start/" in browser.get("/prove?next=/members", secure=True).content.decode()
        assert come_in("?again=1", remembered=3_600).startswith("/prove?"), "it did not really ask"
        assert come_in("?again=1", remembered=0) == "/"
    finally:
        provider.tell("/be", remembered=0)
