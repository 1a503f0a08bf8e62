"""The story of a company that connects a SAML provider: a real one (pysaml2's), in a process of its own."""

from threading import Barrier, Thread
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from lxml import html

from tests.providers.running import LOOPBACK, running
from torihiki.identity.mail import compose
from torihiki.identity.models import Member
from torihiki.identity.sso import jobs
from torihiki.identity.sso.letters import keys_changed
from torihiki.identity.sso.models import IdentityProvider, LinkedIdentity
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor

pytestmark = pytest.mark.heavy
PERSON = {"subject": "p-7", "name": "田中 四郎", "email": "tanaka@aoba.example", "groups": ["sales"]}
PLAIN = {"person": PERSON, "announced": [0], "signs_with": 0, "signs_metadata": False, "encrypts": False,
         "asks": False, "services": []}  # fmt: skip


@pytest.fixture(scope="session")
def provider_process(tmp_path_factory):
    with running("tests.providers.saml", tmp_path_factory.mktemp("saml")) as provider:
        yield provider


@pytest.fixture
def provider(provider_process, settings):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    settings.OUTBOUND_PORTS = [provider_process.port]
    settings.OUTBOUND_CA_FILE = provider_process.files.certificate
    provider_process.tell("/be", **PLAIN)
    return provider_process


def form(provider, **changed):
    return {
        "name": "青葉SAML",
        "metadata_url": f"{provider.issuer}/metadata",
        "email_from": "mail",
        "name_from": "displayName",
        "groups_from": "groups",
        "creates_members": "on",
        "default_role": "viewer",
        "roles_by_group": "sales = clerk",
        **changed,
    }


def connect(desk, provider, *others, is_tested=True, **changed):
    """Made by metadata of both sides and switched on; by its own test unless `is_tested`."""
    answer = desk.post("/company/sign-in/new/saml", form(provider, **changed))
    assert answer.status_code == 302, answer.context["form"].errors
    connection = answer["Location"].rpartition("/")[2]
    provider.tell("/be", services=[*others, metadata_of(desk, connection)])
    if is_tested:
        with desk.acting():
            IdentityProvider.objects.filter(pk=connection).update(state="tested", tested_at=timezone.now())
    else:
        assert go(desk.client, provider, f"/company/sign-in/{connection}/test").status_code == 200, reason(desk)
    assert desk.post(f"/company/sign-in/{connection}/on").status_code == 302
    return connection


def metadata_of(desk, connection):
    return desk.get(f"/company/sign-in/{connection}/metadata").content.decode()


@pytest.fixture
def connected(issuer, provider):
    return connect(issuer, provider)


def answered(provider, address):
    """What the provider's page would post, and where."""
    page: Any = html.fromstring(provider.read(address.removeprefix(provider.issuer)))
    found = page.forms[0]
    return found.action.removeprefix(settings.PUBLIC_URL), dict(found.form_values())


def go(browser, provider, address):
    """To the provider by redirect, and back by the form that its page posts."""
    answer = browser.get(address, secure=True)
    assert answer.status_code == 302, answer.content.decode()
    place, values = answered(provider, answer["Location"])
    return browser.post(place, values, secure=True)


def signed_in(browser):
    return browser.get("/profile", secure=True).status_code == 200


def reason(desk):
    with desk.acting():
        entry = Entry.objects.filter(event="ledger.refused").order_by("at", "id").last()
        return bytes(entry.payload or b"").decode() if entry else ""


def row(desk):
    with desk.acting():
        return IdentityProvider.objects.get()


def test_a_member_is_created_and_known_again_with_the_role_of_the_groups(issuer, provider):
    connected = connect(issuer, provider, is_tested=False)
    browser = Client()
    assert go(browser, provider, f"/sso/start/{connected}?next=/profile")["Location"] == "/profile"
    assert "田中 四郎" in browser.get("/profile", secure=True).content.decode()
    provider.tell("/be", person={**PERSON, "email": "other@aoba.example", "groups": []})
    assert go(Client(), provider, f"/sso/start/{connected}").status_code == 302
    with issuer.acting():
        member = Member.objects.get(pk=LinkedIdentity.objects.get().member_id)
    assert (member.email, member.role) == ("tanaka@aoba.example", "clerk")
    assert b'"again":"true"' in provider.read("/said"), "the test asked the person anew"


def test_only_what_is_encrypted_where_the_company_wants_that(issuer, provider):
    provider.tell("/be", encrypts=True)
    connection = connect(issuer, provider, wants_encrypted="on")
    assert go(Client(), provider, f"/sso/start/{connection}").status_code == 302
    provider.tell("/be", encrypts=False)
    browser = Client()
    assert go(browser, provider, f"/sso/start/{connection}").status_code == 403
    assert not signed_in(browser)
    assert "not_encrypted" in reason(issuer)


def test_what_begins_at_the_provider_comes_in_only_where_the_company_chose_it(issuer, provider, connected):
    def arrive(connection):
        to = quote(f"{settings.PUBLIC_URL}/sso/saml/{connection}")
        place, values = answered(provider, f"/start?to={to}")
        browser = Client()
        return browser.post(place, values, secure=True).status_code == 302 and signed_in(browser)

    assert not arrive(connected)
    chosen = connect(issuer, provider, metadata_of(issuer, connected), idp_initiated="on")
    assert arrive(chosen)


def test_one_company_s_assertion_opens_nothing_at_another_with_the_same_provider(issuer, stranger, provider):
    """The same entity id, the same key, the same subject: only the audience and the addresses differ."""
    ours = connect(issuer, provider)
    theirs = connect(stranger, provider, metadata_of(issuer, ours))
    browser = Client()
    place, values = answered(provider, browser.get(f"/sso/start/{ours}", secure=True)["Location"])
    state = parse_qs(urlsplit(browser.get(f"/sso/start/{theirs}", secure=True)["Location"]).query)["RelayState"][0]
    for relay in (state, values["RelayState"]):
        wrong = place.replace(ours, theirs)
        assert browser.post(wrong, {**values, "RelayState": relay}, secure=True).status_code == 403
    assert not signed_in(browser)
    assert browser.post(place, values, secure=True).status_code == 302
    with stranger.acting():
        assert not LinkedIdentity.objects.exists()


# ---- the provider's keys


def look_again(desk, connection):
    jobs.read_metadata_again(company_id=str(desk.company), provider_id=connection)
    return row(desk)


def test_keys_roll_over_by_themselves_where_the_former_key_signed_the_metadata(issuer, provider, connected):
    provider.tell("/be", announced=[0, 1], signs_metadata=True)
    assert len(look_again(issuer, connected).settings["certificates"]) == 2
    provider.tell("/be", signs_with=1)
    assert go(Client(), provider, f"/sso/start/{connected}").status_code == 302
    provider.tell("/be", announced=[1])
    now = look_again(issuer, connected)
    assert len(now.settings["certificates"]) == 1
    assert now.state == "on"
    provider.tell("/be", signs_with=0)
    assert go(Client(), provider, f"/sso/start/{connected}").status_code == 403, "the former key is gone"
    assert issuer.events().count("sso.metadata_taken") == 2


def test_a_key_for_which_nobody_vouches_waits_for_an_administrator(issuer, stranger, provider, connected):
    for signs_metadata in (False, True):  # signed by the new key itself is as good as unsigned
        provider.tell("/be", announced=[2], signs_with=2, signs_metadata=signs_metadata)
        waiting = look_again(issuer, connected)
        assert waiting.metadata_waiting
        assert go(Client(), provider, f"/sso/start/{connected}").status_code == 403
    assert issuer.events().count("sso.metadata_waits") == 1, "told once"
    with issuer.acting() as actor:
        letter = keys_changed(Actor.system(actor.company), actor.member_id)
        assert letter is not None
        subject, text = compose(letter)
    assert "サインイン" in subject
    assert "/company/sign-in" in text
    page = issuer.get(f"/company/sign-in/{connected}")
    seen = page.context["seen"]
    assert [key["is_new"] for key in page.context["keys"]] == [False, True]
    path = f"/company/sign-in/{connected}/keys"
    assert issuer.clerk.post(path, {"seen": seen}).status_code == 403
    assert stranger.post(path, {"seen": seen}).status_code == 404
    before = issuer.count_entries()
    assert issuer.post(path, {"seen": "other"}).status_code == 409
    assert issuer.count_entries() == before + 1
    assert issuer.post(path, {"seen": seen}).status_code == 302
    assert row(issuer).state == "draft", "no former key is left: tested anew"
    assert go(issuer.client, provider, f"/company/sign-in/{connected}/test").status_code == 200
    assert issuer.post(path, {"seen": seen}).status_code == 409, "once"


def test_saving_another_field_takes_no_new_key_and_a_silent_address_changes_nothing(issuer, provider, connected):
    before = row(issuer).settings["certificates"]
    provider.tell("/be", announced=[1], signs_with=1)
    assert issuer.post(f"/company/sign-in/{connected}", form(provider, name="別名")).status_code == 302
    assert row(issuer).settings["certificates"] == before
    with issuer.acting():
        changed = IdentityProvider.objects.get()
        changed.settings = {**changed.settings, "metadata_url": f"{provider.issuer}/nothing"}
        changed.save()
    silent = look_again(issuer, connected)
    assert silent.metadata_failed_since
    assert (silent.settings["certificates"], silent.state) == (before, "on")
    assert "利用できるメタデータ" in issuer.get(f"/company/sign-in/{connected}").content.decode()


def test_metadata_is_asked_for_at_checked_addresses_only(issuer, provider, settings):
    settings.OUTBOUND_NETWORKS = []
    before = provider.read("/said")
    answer = issuer.post("/company/sign-in/new/saml", form(provider))
    assert answer.status_code == 422
    assert answer.context["form"].errors["metadata_url"]
    assert provider.read("/said") == before
    for address in ("http://idp.example/metadata", f"{provider.issuer}/slo", ""):
        assert issuer.post("/company/sign-in/new/saml", form(provider, metadata_url=address)).status_code == 422


# ---- signing out


def entered(provider, connection):
    browser = Client()
    assert go(browser, provider, f"/sso/start/{connection}").status_code == 302
    return browser


def test_signing_out_here_signs_out_there_and_the_answer_says_so(issuer, provider, connected):
    browser = entered(provider, connected)
    page = browser.post("/sign-out", secure=True)
    assert page.status_code == 200
    assert not signed_in(browser), "ours is over before anybody is asked"
    assert "Refresh" not in page.headers, "the company did not choose to lead on by itself"
    back = provider.get(page.context["onward"].address).removeprefix(settings.PUBLIC_URL)
    said = provider.read("/said")
    assert b'"verified":true' in said
    assert b'"subject":"p-7"' in said
    told = browser.get(back, secure=True)
    assert told.context["done"]
    assert browser.get(back, secure=True).status_code == 403, "once"
    assert Client().get(back, secure=True).status_code == 403, "and in this browser"


def test_a_company_may_lead_on_by_itself(issuer, provider):
    connection = connect(issuer, provider, signs_out_there="on")
    page = entered(provider, connection).post("/sign-out", secure=True)
    assert page.headers["Refresh"] == f"0; url={page.context['onward'].address}"


def test_the_provider_ends_the_session_that_it_names_and_no_other(issuer, provider, connected):
    first, second = entered(provider, connected), entered(provider, connected)
    asked = provider.get(f"{provider.issuer}/leave?session=-2").removeprefix(settings.PUBLIC_URL)
    answer = Client().get(asked, secure=True)
    assert answer.status_code == 302, reason(issuer)
    assert not signed_in(first)
    assert signed_in(second)
    assert signed_in(issuer.client)
    assert provider.get(answer["Location"]) == ""
    said = provider.read("/said")
    assert b'"relay":"from the provider"' in said
    assert b'"status_ok":true' in said
    assert Client().get(asked, secure=True).status_code == 403, "a message counts once"
    assert "replayed" in reason(issuer)
    assert issuer.events().count("sso.logged_out_by_provider") == 1


def test_sign_out_here_holds_whatever_becomes_of_the_connection(issuer, provider, connected):
    browser = entered(provider, connected)
    assert issuer.post(f"/company/sign-in/{connected}/off").status_code == 302
    assert browser.post("/sign-out", secure=True)["Location"] == "/sign-in"
    assert not signed_in(browser)


# ---- at once


@pytest.mark.django_db(transaction=True)
def test_of_one_response_posted_twenty_times_at_once_one_session_comes(issuer, provider, monkeypatch):
    """Where a response needs no request of ours, so that nothing but its own id keeps it from counting again."""
    connection = connect(issuer, provider, idp_initiated="on")
    place, values = answered(provider, f"/start?to={quote(f'{settings.PUBLIC_URL}/sso/saml/{connection}')}")
    start, answers = Barrier(20), []

    def post():
        browser = Client()
        start.wait()
        answers.append(browser.post(place, values, secure=True).status_code)
        database.close()

    threads = [Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302] + [403] * 19
    assert issuer.events().count("identity.signed_in") == 1
    asked = []
    monkeypatch.setattr(jobs.read_metadata_again, "defer", lambda **words: asked.append(words))
    jobs.look_for_metadata(timestamp=2_000_000_000)
    assert asked == [{"company_id": str(issuer.company), "provider_id": connection}], "the system role finds it"
