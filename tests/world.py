"""The shared world of every test: three companies, an issuer and a receiver who trade, and a stranger to both.

def test_it(issuer, receiver, stranger):
    page = issuer.get("/invoices")                    # as the issuer's administrator
    issuer.clerk.post("/invoices/new", {...})         # as another member: administrator, clerk, approver, viewer
    with issuer.acting() as actor: ...                # straight into actions, in the desk's scope
    issuer.events()                                   # codes of the company's ledger, oldest first
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from torihiki.exchange.bodies import Address, Contact, PartyDetails
from torihiki.exchange.models import Partner, Party, Relationship
from torihiki.exchange.partners.access import access_invitation_by_token
from torihiki.exchange.partners.actions import accept_partner, invite_partner
from torihiki.exchange.partners.actions.invitations import INVITATION
from torihiki.identity.actions import create_company
from torihiki.identity.keys import link_token
from torihiki.identity.models import Account, Company, Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.identity.sessions import open_session
from torihiki.ledger.models import Entry
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import NOBODY, Actor, scope

PASSWORD = "Torihiki-2026"
FAST_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
NAMES = {
    Role.ADMINISTRATOR: "管理 花子",
    Role.CLERK: "営業 太郎",
    Role.APPROVER: "承認 次郎",
    Role.VIEWER: "閲覧 三郎",
}


@dataclass
class Desk:
    """One member of one company at work: a signed-in browser, and the actor that it acts as."""

    key: str
    actor: Actor
    party: Party
    client: Client
    colleagues: dict[str, "Desk"] = field(default_factory=dict, repr=False)
    scim_token: str = ""  # of the provider of one of its connections, where the test's world has one
    token: str = ""  # of a program with the same permissions, where the test's world has one

    @property
    def company(self) -> UUID:
        return self.actor.company

    @property
    def login_id(self) -> str:
        return f"{self.key}-{self.actor.role}"

    @property
    def administrator(self) -> "Desk":
        return self.colleagues[Role.ADMINISTRATOR]

    @property
    def clerk(self) -> "Desk":
        return self.colleagues[Role.CLERK]

    @property
    def approver(self) -> "Desk":
        return self.colleagues[Role.APPROVER]

    @property
    def viewer(self) -> "Desk":
        return self.colleagues[Role.VIEWER]

    def get(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.get(path, data, secure=True, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.post(path, data or {}, secure=True, **options)

    @contextmanager
    def acting(self) -> Iterator[Actor]:
        """The desk's scope, for actions and queries; whatever it writes is kept."""
        with scope(self.actor):
            yield self.actor

    def events(self, *, since: datetime | None = None) -> list[str]:
        """Codes of the company's ledger entries, oldest first."""
        with scope(self.actor):
            entries = Entry.objects.filter(company_id=self.company).order_by("at", "id")
            return list((entries.filter(at__gte=since) if since else entries).values_list("event", flat=True))

    def count_entries(self) -> int:
        with scope(self.actor):
            return Entry.objects.filter(company_id=self.company).count()

    def partner(self, other: "Desk") -> Partner:
        """This company's entry for the other."""
        with scope(self.actor):
            return Partner.objects.select_related("party", "relationship").get(
                company_id=self.company, party_id=other.party.id
            )


@pytest.fixture(scope="session", autouse=True)
def _fast_password_hasher(django_test_environment: None) -> None:
    """One hash a test costs more than the test. Identity's own tests take the real hasher: `real_hasher`."""
    _use_hashers(FAST_HASHERS)


@pytest.fixture
def real_hasher() -> Iterator[None]:
    _use_hashers(["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
    yield
    _use_hashers(FAST_HASHERS)


def _use_hashers(names: list[str]) -> None:
    settings.PASSWORD_HASHERS = names
    hashers.reset_hashers(setting="PASSWORD_HASHERS")


@pytest.fixture
def issuer(db: None) -> Desk:
    """青葉食品, registered for invoices; signed in as its administrator."""
    return make_company("aoba", "青葉食品株式会社", "アオバショクヒン", "7000012050002")


@pytest.fixture
def receiver(issuer: Desk) -> Desk:
    """みなと商店, whom the issuer invited and who accepted."""
    desk = make_company("minato", "株式会社みなと商店", "ミナトショウテン", "3010401013220")
    trade(issuer, desk)
    return desk


@pytest.fixture
def stranger(db: None) -> Desk:
    """A company that deals with neither."""
    return make_company("yama", "やまびこ物産合同会社", "ヤマビコブッサン", "")


def make_company(key: str, name: str, kana: str = "", number: str = "") -> Desk:
    """A company with one member of each role, all signed in; login ids are `key-role`, the password is PASSWORD."""
    now = timezone.now()
    details = PartyDetails(
        name=name,
        name_kana=kana,
        corporate_number=number,
        registration_number=f"T{number}" if number else "",
        address=Address(postal_code="100-0001", prefecture="東京都", city="千代田区", street="千代田1-1"),
        contact=Contact(name=NAMES[Role.ADMINISTRATOR], phone="03-0000-0000", email=f"office@{key}.example"),
    )
    company = create_company(NOBODY, name=name, at=now, card=details.model_dump(mode="json"))
    with scope(Actor(company_id=company.id)):
        party = Party.objects.get(company=company)
    desks: dict[str, Desk] = {}
    for role in NAMES:
        actor = add_member(company, key, role, at=now)
        desks[role] = Desk(key, actor, party, sign_in_directly(actor), desks)
    return desks[Role.ADMINISTRATOR]


def add_member(company: Company, key: str, role: str, *, at: datetime, name: str = "") -> Actor:
    actor = Actor(
        company_id=company.id,
        account_id=new_id(),
        member_id=new_id(),
        name=name or NAMES[Role(role)],
        company_name=company.name,
        role=role,
        permissions=PERMISSIONS[role],
    )
    with scope(actor):
        Account.objects.create(
            id=actor.account_id, login_id=f"{key}-{role}", password=hashers.make_password(PASSWORD), created_at=at
        )
        Member.objects.create(
            id=actor.member_id,
            company=company,
            account_id=actor.account,
            name=actor.name,
            email=f"{role}@{key}.example",
            role=role,
            created_at=at,
        )
    return actor


def sign_in_directly(actor: Actor, client: Client | None = None) -> Client:
    """A browser with a live session, without the sign-in page."""
    client = client or Client()
    assert actor.member_id is not None
    with scope(actor):
        client.cookies[settings.SESSION_COOKIE_NAME] = open_session(actor.member_id, at=timezone.now())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    return client


def trade(inviter: Desk, invitee: Desk) -> Relationship:
    """The inviter's invitation, accepted by the invitee."""
    now = timezone.now()
    with scope(inviter.actor):
        relationship = invite_partner(inviter.actor, email=f"office@{invitee.key}.example", at=now)
    token = link_token(INVITATION, relationship.id, relationship.expires_at)
    accept_partner(invitee.actor, access_invitation_by_token(token, at=now), token, at=now)
    with scope(inviter.actor):
        relationship.refresh_from_db()
    return relationship


def fields_of(response: HttpResponseBase) -> dict[str, Any]:
    """What the page's form would send as it stands: the initial or bound values of `form` in its context."""
    form = response.context["form"]  # type: ignore[attr-defined]
    values = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def count_queries(desk: Desk, path: str) -> int:
    """How many queries the page costs; to be held against the same page with more rows."""
    with CaptureQueriesContext(connection) as captured:
        response = desk.get(path)
        count = len(captured)
    assert response.status_code == 200
    return count
