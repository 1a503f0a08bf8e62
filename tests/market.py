"""A whole market, written by the real actions into a database of its own: what the tests of the walls stand on.

An issuer trades with a receiver and with the receiver's competitor; a stranger knows none of them. Everything that one
company keeps to itself bears a mark (`ZQ0042Q`) that occurs nowhere else: a leak is told from a coincidence.
"""

import itertools
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone

from tests.programs import EVERYTHING
from tests.world import Desk, make_company, trade
from torihiki.announcements.access import access_announcements
from torihiki.announcements.actions import acknowledge_announcement
from torihiki.crypto.one_time import present_code
from torihiki.exchange.access import access_document, access_draft, access_recipients, access_versions
from torihiki.exchange.actions.attachments import attach_file
from torihiki.exchange.actions.drafts import (
    body_sha256,
    save_draft,
    start_draft,
    start_revision,
)
from torihiki.exchange.actions.intake import take_in
from torihiki.exchange.actions.issuing import issue_document
from torihiki.exchange.actions.remarks import comment, mark_opened
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import take_step
from torihiki.exchange.approvals.requests import approve_draft, return_draft, submit_draft
from torihiki.exchange.approvals.routes import keep_route
from torihiki.exchange.approvals.steps import RouteStep
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Handover, Partner
from torihiki.exchange.papers import read_sent
from torihiki.exchange.partners.actions import (
    add_external_partner,
    agree_terms,
    change_partner,
    invite_partner,
    propose_terms,
    set_external_terms,
    withdraw_partner,
)
from torihiki.exchange.partners.terms import TermsBody
from torihiki.exchange.specs import ISSUER, KINDS, RECEIVER, SYSTEM, Kind, Step
from torihiki.exchange.webhooks.actions import add_endpoint, send_test
from torihiki.identity.actions import add_role, add_unit, create_token, invite_member, revoke_token, withdraw_invitation
from torihiki.identity.actions.delegations import delegate
from torihiki.identity.actions.policies import change_policy
from torihiki.identity.actions.roles import set_grants
from torihiki.identity.models import Member, Passkey
from torihiki.identity.permissions import Role
from torihiki.identity.policies import LockoutPolicy
from torihiki.identity.second_step import begin_app, confirm_app, mail_code
from torihiki.identity.sso.actions.connections import add_provider, set_entrance
from torihiki.identity.sso.actions.emergency import ANSWER_WITHIN
from torihiki.identity.sso.actions.provisioning import make_scim_token, provision_group, provision_user, remove_user
from torihiki.identity.sso.connections import OidcSettings
from torihiki.identity.sso.models import IdentityProvider, LinkedIdentity, Protocol
from torihiki.identity.sso.scim.resources import Group, User
from torihiki.lib.ids import new_id
from torihiki.project.local import passwords
from torihiki.project.local.testing import TestDatabase
from torihiki.services.payments.accounts import add_account, confirm_account
from torihiki.services.payments.business_days import first_business_day
from torihiki.services.payments.matching import match_receipt, undo_match
from torihiki.services.payments.models import BankAccount, BankLine, PayerName
from torihiki.services.payments.statements import take_statement
from torihiki.services.payments.tests import banking
from torihiki.services.payments.transfers import make_run
from torihiki.tenancy import roles
from torihiki.tenancy.actor import Actor, scope

MARK = r"ZQ\d{4}Q"
FILE = b"%PDF-1.4 kept by one company: "
DEPTH_MAX = 8
SUPERUSER = passwords.SUPERUSER
STAFF_ID = UUID(int=9)
OPERATOR = (
    "INSERT INTO operations_staff (id, login_id, name, password, role, language, tries, created_at)"
    " VALUES (%(id)s, 'staff', 'staff', '!', 'operator', 'ja', 0, now())",
    "INSERT INTO operations_staffsession (key_hash, staff_id, created_at, last_seen_at)"
    " VALUES ('staff', %(id)s, now(), now())",
    "INSERT INTO operations_companyopening (id, company_id, name, person, email, requested_at, requested_by_id)"
    " VALUES (%(id)s, %(id)s, 'new', 'new', 'new@new.example', now(), %(id)s)",
)
"""The operator's own rows, as the console writes them."""
LASTING_PROOF = "UPDATE identity_session SET proved_at = now() + interval '1 day'"
"""Nobody is asked for a password again in the middle of a walk."""
OUTSIDE = {
    "株式会社みなと商店": "株式会社そとから",
    "minato.example": "outside.example",
    "aoba.example": "outside.example",
    "3010401013220": "1180301018771",
    "7000012050002": "1180301018771",
}
"""What turns a member's invoice into one of companies that are not on the platform."""


@dataclass
class Market:
    """Its desks (issuer, receiver, competitor, stranger), and the database that it lives in."""

    home: TestDatabase
    database: str
    desks: dict[str, Desk] = field(default_factory=dict)
    said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What each desk's company has itself said in a test: its own words may come back to it."""
    hidden: dict[str, object] = field(default_factory=dict)
    """What walks found out about what is hidden from whom."""

    def url(self, role: str) -> str:
        return self.home.cluster.url(role, self.database)

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """Past every policy, in a transaction that is rolled back."""
        with self.home.cluster.connect(self.database) as connection:
            connection.autocommit = False
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def open(self, role: str = roles.APPLICATION) -> Iterator["Market"]:
        """Django works in the market's database as `role` meanwhile."""
        settings = connections["default"].settings_dict
        former = dict(settings)
        close_connections()
        settings.update(NAME=self.database, USER=role, PASSWORD=self.home.cluster.passwords[role])
        try:
            yield self
        finally:
            close_connections()
            settings.update(former)


def close_connections() -> None:
    for each in connections.all(initialized_only=True):
        each.close()
        each.close_pool()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def founded_market(test_database: TestDatabase, django_db_blocker: Any) -> Iterator[Market]:
    """Made once per process, and committed."""
    with test_database.beside("market") as name:
        market = Market(test_database, name)
        with django_db_blocker.unblock(), market.open():
            Builder(market).build()
        with test_database.cluster.connect(name) as connection:
            connection.execute(LASTING_PROOF)
        yield market


@pytest.fixture
def market(founded_market: Market, django_db_blocker: Any) -> Iterator[Market]:
    """What a test commits here stays for the next one."""
    with django_db_blocker.unblock(), founded_market.open():
        yield founded_market


@dataclass
class Builder:
    market: Market
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def mark(self) -> str:
        return f"ZQ{next(self.numbers):04d}Q"

    def build(self) -> None:
        desks = self.market.desks
        desks["issuer"] = make_company("aoba", "青葉食品株式会社", "アオバショクヒン", "7000012050002")
        desks["receiver"] = make_company("minato", "株式会社みなと商店", "ミナトショウテン", "3010401013220")
        desks["competitor"] = make_company("kaede", "かえで商事株式会社", "カエデショウジ", "1010001000006")
        desks["stranger"] = make_company("yama", "やまびこ物産合同会社", "ヤマビコブッサン")
        issuer, receiver, competitor, stranger = desks.values()
        for other in (receiver, competitor):
            trade(issuer, other)
            self.note_each_other(issuer, other)
        for desk in desks.values():
            self.house(desk)
            self.drafts(desk)
        for kind in KINDS.values():
            for course in ways(kind):
                self.deal(kind, issuer, receiver, course)
            if kind.free:
                self.deal(kind, receiver, issuer, ())
                self.deal(kind, issuer, competitor, ())
                self.send_outside(kind, stranger)
            self.count(kind, issuer, receiver)
        self.owed(issuer, receiver)
        self.owed(receiver, issuer)
        self.announce(*desks.values())
        self.race(issuer, receiver, competitor)
        self.take_in(issuer, receiver, stranger)

    # ---- what each company keeps to itself

    def house(self, desk: Desk) -> None:
        """Units, invitations, an external partner with notes and terms."""
        now = timezone.now()
        with desk.acting() as actor:
            head = add_unit(actor, name=self.mark(), code=self.mark(), parent_id=None, at=now)
            add_unit(actor, name=self.mark(), code=self.mark(), parent_id=head.pk, at=now)
            Member.objects.filter(company_id=actor.company, role=Role.CLERK).update(unit=head)
            desk.clerk.actor = replace(desk.clerk.actor, unit_id=head.pk)
            role = add_role(actor, name=self.mark(), permissions=["quotes.read"], at=now)
            clerk = Member.objects.get(pk=desk.clerk.actor.member)
            set_grants(actor, clerk, [role.pk], at=now)
            delegate(
                actor,
                actor.member,
                taker_id=desk.approver.actor.member,
                permissions=["quotes.read"],
                starts_at=now,
                ends_at=now + timedelta(days=30),
                at=now,
            )
            Handover.objects.create(
                company_id=actor.company,
                giver_id=desk.clerk.actor.member,
                taker_id=desk.approver.actor.member,
                documents=[],
                done_by=self.mark(),
                done_at=now,
            )
            for name in ("open", "withdrawn"):
                invited = invite_member(
                    actor, email=f"{self.mark()}@x.example", name=self.mark(), role=Role.CLERK, unit_id=head.pk, at=now
                )
                asked = invite_partner(actor, email=f"{self.mark()}@x.example", message=self.mark(), at=now)
                if name == "withdrawn":
                    withdraw_invitation(actor, invited.pk, at=now)
                    withdraw_partner(actor, asked.pk, at=now)
            change_policy(actor, LockoutPolicy(failures_max=7), seen=0, at=now, address="")
            confirm_app(actor, present_code(begin_app(actor, at=now), at=now), at=now)
            mail_code(actor, self.mark(), at=now)
            Passkey.objects.create(
                account_id=actor.account,
                credential_id=self.mark().encode(),
                public_key=b"",
                name=self.mark(),
                created_at=now,
            )
            external = add_external_partner(
                actor, PartyDetails(name=f"外部 {self.mark()}"), own_code=self.mark(), note=self.mark(), at=now
            )
            keep_route(
                actor,
                None,
                name=self.mark(),
                steps=[RouteStep(name=self.mark())],
                at=now,
                kinds=["quote"],
                amount_from=10**14,
                unit_id=head.pk,
                partner_id=external.pk,
            )
            self.sign_on(actor)
            set_external_terms(actor, external.pk, TermsBody(note=self.mark()), at=now)
            address = f"https://hooks.example.com/{self.mark()}"
            endpoint, _secret = add_endpoint(actor, url=address, description=self.mark(), at=now)
            send_test(actor, endpoint.pk, at=now)
        self.emergency(desk)
        self.programs(desk)
        self.money(desk)

    def money(self, desk: Desk) -> None:
        """Accounts, a payer whose name is known, and a receipt that is matched with nothing."""
        now = timezone.now()
        account = {"bank": "0001", "branch": "123", "type": "1", "consignor": "0000000042"}
        with desk.acting() as actor:
            external = Partner.objects.get(company_id=actor.company, relationship=None)
            own = add_account(
                actor, partner_id=None, at=now, number=f"{next(self.numbers):07}", holder=self.mark(), **account
            )
            theirs = account | {"consignor": "", "number": "0000001", "holder": self.mark()}
            add_account(actor, partner_id=external.pk, at=now, **theirs)
            PayerName.objects.create(company_id=actor.company, payer=self.mark(), partner=external)
            received = [(timezone.localdate(), 1_000, self.mark())]
            take_statement(actor, name=self.mark(), content=banking.statement(received, number=own.number), at=now)

    def owed(self, desk: Desk, other: Desk) -> None:
        """An invoice to the other that is partly paid, and one from the other that is to be paid."""
        now = timezone.now()
        kind = KINDS["invoice"]
        with desk.acting() as actor:
            invoice = issue_document(actor, kind, body=self.body(kind), recipients=[other.party.id], at=now)
            line = BankLine.objects.get(company_id=actor.company, used=0)
            match_receipt(actor, line.pk, {invoice.pk: 10}, at=now)
            undo_match(actor, line.pk, reason=self.mark(), at=now)
            match_receipt(actor, line.pk, {invoice.pk: 20}, at=now)
        with other.acting() as actor:
            take_step(actor, invoice.pk, "accept", at=now, version=1)
            payee = add_account(
                actor,
                partner_id=other.partner(desk).pk,
                at=now,
                bank="0001",
                branch="123",
                type="1",
                number="0000009",
                holder=self.mark(),
            )
            own = BankAccount.objects.get(company_id=actor.company, partner=None)
        with other.approver.acting() as actor:
            confirm_account(actor, payee.pk, at=now)
        with other.acting() as actor:
            on = first_business_day(timezone.localdate() + timedelta(days=1))
            make_run(actor, own.pk, [invoice.pk], on=on, at=now)

    def programs(self, desk: Desk) -> None:
        """A token that may do everything, one that may only read, and one that is no more."""
        now = timezone.now()
        with desk.acting() as actor:
            _token, desk.token = create_token(actor, name=self.mark(), scopes=EVERYTHING, at=now)
            _token, desk.viewer.token = create_token(actor, name=self.mark(), scopes=["*.read"], at=now)
            former, _secret = create_token(actor, name=self.mark(), scopes=["*.read"], at=now)
            revoke_token(actor, former.pk, at=now)
            provider = IdentityProvider.objects.get(company_id=actor.company)
            _token, desk.scim_token = make_scim_token(actor, provider.pk, at=now)

    def sign_on(self, actor: Actor) -> None:
        """Connections that are not switched on: a door that is open is everybody's to try."""
        now, mark = timezone.now(), self.mark()
        place = f"https://{mark.lower()}.example"
        provider = add_provider(
            actor,
            protocol=Protocol.OIDC,
            name=mark,
            settings=OidcSettings(
                issuer=place,
                client_id=self.mark(),
                authorization_endpoint=f"{place}/authorize",
                token_endpoint=f"{place}/token",
                jwks_uri=f"{place}/keys",
            ),
            secrets={"client_secret": self.mark()},
            domains=[f"{self.mark().lower()}.example"],
            at=now,
        )
        LinkedIdentity.objects.create(
            company_id=actor.company,
            provider=provider,
            member=Member.objects.get(account_id=actor.account),
            subject=self.mark(),
            how="linked",
            linked_at=now,
        )
        set_entrance(actor, slug=self.mark().lower(), at=now)
        self.provision(actor, provider)

    def provision(self, actor: Actor, provider: IdentityProvider) -> None:
        """A user of the provider in a group of it; one who was here before, and went."""
        now, acting = timezone.now(), replace(actor, member_id=None)
        made = []
        for _nth in range(2):
            emails = [{"value": f"{self.mark().lower()}@x.example"}]
            said = {"userName": self.mark(), "externalId": self.mark(), "displayName": self.mark(), "emails": emails}
            made.append(provision_user(acting, provider, User.model_validate(said), at=now))
        members = [{"value": str(made[0].pk)}]
        group = {"displayName": self.mark(), "externalId": self.mark(), "members": members}
        provision_group(acting, provider, Group.model_validate(group), at=now)
        remove_user(acting, provider, made[1].pk, seen=None, at=now)

    def emergency(self, desk: Desk) -> None:
        """Passwords that were open for a minute; nothing is closed to them otherwise."""
        now, emergency_id = timezone.now(), new_id()
        asked: list[Any] = [emergency_id, self.mark(), 1, now, now + ANSWER_WITHIN]
        acts: list[tuple[Desk, str, list[Any]]] = [
            (desk, "SELECT sso_emergency_ask(%s, %s, %s, %s, %s)", asked),
            (desk.approver, "SELECT sso_emergency_approve(%s, %s)", [emergency_id, now]),
            (desk, "SELECT sso_emergency_end(%s)", [now + ANSWER_WITHIN]),
        ]
        for who, statement, values in acts:
            with who.acting(), connection.cursor() as cursor:
                cursor.execute(statement, values)
                assert cursor.fetchone()[0]

    def drafts(self, desk: Desk) -> None:
        """Begun, submitted, returned and approved, with remarks and files that nobody else may see."""
        free = [kind for kind in KINDS.values() if kind.free]
        for kind in free:
            for stage in ("draft", "in_approval", "returned", "ready") if kind is free[0] else ("draft",):
                document_id = self.draft(kind, desk.clerk, [self.outsider(desk)])
                self.keep_notes(desk, document_id)
                if stage != "draft":
                    self.through_approval(desk, document_id, stage)

    def draft(self, kind: Kind, desk: Desk, recipients: Sequence[UUID], source: UUID | None = None) -> UUID:
        with desk.acting() as actor:
            return start_draft(
                actor,
                kind,
                at=timezone.now(),
                body=self.body(kind),
                recipients=[] if source else recipients,
                source_id=source,
                key=self.mark(),
            )

    def body(self, kind: Kind) -> dict[str, Any]:
        """The kind's valid sample, made unmistakable."""
        body = dict(kind.samples.valid)
        if "subject" in kind.body.model_fields:
            body["subject"] = self.mark()
        lines = [dict(line) for line in body.get("lines") or ()]
        if lines:
            body["lines"] = [{**lines[0], "description": self.mark()}, *lines[1:]]
            if "unit_price" in lines[0]:
                body["lines"][0]["unit_price"] = str(1_000_003 + 7_919 * next(self.numbers))
        return body

    def keep_notes(self, desk: Desk, document_id: UUID) -> None:
        with desk.acting() as actor:
            comment(actor, document_id, text=self.mark(), shared=False, at=timezone.now())
            seen = access_document(actor, document_id)
            if seen.view.internal_state:
                name, content = f"{self.mark()}.pdf", FILE + self.mark().encode()
                attach_file(actor, document_id, name=name, content=content, at=timezone.now())

    def through_approval(self, desk: Desk, document_id: UUID, stage: str) -> None:
        now = timezone.now()
        with desk.clerk.acting() as actor:
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            submit_draft(actor, document_id, revision=draft.revision, at=now)
        with desk.approver.acting() as actor:
            if stage == "returned":
                return_draft(actor, document_id, reason=self.mark(), at=now)
            if stage == "ready":
                approve_draft(actor, document_id, sha256=body_sha256(draft), at=now)

    def outsider(self, desk: Desk) -> UUID:
        with desk.acting() as actor:
            return Partner.objects.get(company_id=actor.company, relationship=None).party_id

    # ---- what two companies have between them

    def note_each_other(self, one: Desk, other: Desk) -> None:
        now = timezone.now()
        for desk, partner_desk in ((one, other), (other, one)):
            partner = desk.partner(partner_desk)
            with desk.acting() as actor:
                code, name, note = self.mark(), self.mark(), self.mark()
                change_partner(actor, partner.pk, own_code=code, own_name=name, note=note, at=now)
        with one.acting() as actor:
            terms = propose_terms(actor, one.partner(other).pk, TermsBody(note=self.mark()), at=now)
        with other.acting() as actor:
            agree_terms(actor, other.partner(one).pk, terms.pk, at=now)
        with one.acting() as actor:
            propose_terms(actor, one.partner(other).pk, TermsBody(note=self.mark()), at=now)

    def deal(self, kind: Kind, writer: Desk, reader: Desk, course: Sequence[Step]) -> UUID:
        """A document that went from `writer` to `reader` and then took these steps."""
        source = None
        if not kind.free:
            origin = kind.sources[0]
            source_kind = KINDS[origin.kind]
            way = next(way for way in ways(source_kind) if target(source_kind, way) in origin.states)
            pair = (writer, reader) if origin.seat == ISSUER else (reader, writer)
            source = self.deal(source_kind, *pair, way)
        document_id = self.draft(kind, writer, [reader.party.id], source)
        self.keep_notes(writer, document_id)
        self.send(writer, document_id)
        with reader.acting() as actor:
            mark_opened(actor, document_id, at=timezone.now())
        for desk in (writer, reader):
            with desk.acting() as actor:
                comment(actor, document_id, text=self.mark(), shared=True, at=timezone.now())
            self.keep_notes(desk, document_id)
        for step in course:
            self.step(document_id, step, writer, reader)
        if not course and kind.revise_from:
            self.revise(kind, writer, document_id)
        return document_id

    def count(self, kind: Kind, writer: Desk, reader: Desk) -> None:
        """From each source whose lines it counts against, a document of the kind."""
        for source in kind.sources:
            if source.counts:
                pair = (writer, reader) if source.seat == ISSUER else (reader, writer)
                origin_kind = KINDS[source.kind]
                way = next(way for way in ways(origin_kind) if target(origin_kind, way) in source.states)
                self.send(writer, self.draft(kind, writer, (), self.deal(origin_kind, *pair, way)))

    def send(self, desk: Desk, document_id: UUID) -> None:
        with desk.acting() as actor:
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            send_document(actor, document_id, revision=draft.revision, at=timezone.now(), key=self.mark())

    def step(self, document_id: UUID, step: Step, writer: Desk, reader: Desk) -> None:
        actor = {
            ISSUER: writer.actor,
            RECEIVER: reader.actor,
            SYSTEM: Actor.system(writer.company),
        }[step.by]
        with scope(actor):
            seen = access_document(actor, document_id)
            recipient = access_recipients(seen).get(company_id=reader.company) if step.per_recipient else None
            take_step(
                actor,
                document_id,
                step.name,
                at=timezone.now(),
                version=seen.document.version,
                reason=self.mark(),
                recipient_id=recipient.pk if recipient else None,
            )

    def revise(self, kind: Kind, writer: Desk, document_id: UUID) -> None:
        """A second version in the making, of which the other side knows nothing yet."""
        with writer.acting() as actor:
            start_revision(actor, document_id, at=timezone.now())
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            save_draft(
                actor,
                document_id,
                body=self.body(kind),
                recipients=(),
                revision=draft.revision,
                reason=self.mark(),
                at=timezone.now(),
            )
        self.keep_notes(writer, document_id)

    def send_outside(self, kind: Kind, desk: Desk) -> None:
        self.send(desk, self.draft(kind, desk, [self.outsider(desk)]))

    def race(self, issuer: Desk, *sellers: Desk) -> None:
        """Requests that went to two sellers at once: one under way, one decided. Neither seller knows of the other."""
        for kind in KINDS.values():
            if not kind.several_recipients:
                continue
            for decided in (False, True):
                document_id = self.draft(kind, issuer, [seller.party.id for seller in sellers])
                self.keep_notes(issuer, document_id)
                self.send(issuer, document_id)
                for seller in sellers:
                    self.whisper(issuer, seller, document_id)
                answers = [self.answer(kind, seller, document_id) for seller in sellers]
                if decided and answers[0]:
                    answer_kind = answers[0][0]
                    accept = next(step for step in answer_kind.steps if step.primary and step.by == RECEIVER)
                    self.step(answers[0][1], accept, sellers[0], issuer)

    def whisper(self, issuer: Desk, seller: Desk, document_id: UUID) -> None:
        """Question, answer, remarks and an opening between the issuer and one seller."""
        now = timezone.now()
        with seller.acting() as actor:
            mark_opened(actor, document_id, at=now)
            comment(actor, document_id, text=self.mark(), shared=True, at=now)
            kind = access_document(actor, document_id).kind
        self.keep_notes(seller, document_id)
        with issuer.acting() as actor:
            comment(actor, document_id, text=self.mark(), shared=True, audience=seller.company, at=now)
        asked: deque[Step] = deque(
            step for step in kind.steps if step.per_recipient and not step.danger and step.name in ("ask", "answer")
        )
        for step in asked:
            self.step(document_id, step, issuer, seller)

    def answer(self, kind: Kind, seller: Desk, document_id: UUID) -> tuple[Kind, UUID] | None:
        for other in KINDS.values():
            if any(source.kind == kind.code and source.seat == RECEIVER for source in other.sources):
                answer = self.draft(other, seller, (), document_id)
                self.send(seller, answer)
                return other, answer
        return None

    def announce(self, *readers: Desk) -> None:
        """What the operator tells everybody and administrators have read; and what nobody may see, yet or any more."""
        with psycopg.connect(self.market.url(roles.CONSOLE)) as connection:
            for starts, released, withdrawn in (
                ("-1 hour", True, False),
                ("-2 hours", True, False),
                ("-1 hour", False, False),
                ("1 year", True, False),
                ("-1 hour", True, True),
            ):
                title = "お知らせ" if starts.startswith("-") and released and not withdrawn else self.mark()
                connection.execute(
                    "INSERT INTO announcements_announcement (id, level, title_ja, title_en, text_ja, text_en,"
                    " starts_at, created_at, created_by, released_at, withdrawn_at)"
                    " SELECT %(id)s, 'info', t, t, t, t, now() + %(starts)s::interval, now(), %(id)s,"
                    " CASE WHEN %(released)s THEN now() - interval '1 hour' END,"
                    " CASE WHEN %(withdrawn)s THEN now() END FROM (SELECT %(title)s::text) x (t)",
                    {"id": new_id(), "title": title, "starts": starts, "released": released, "withdrawn": withdrawn},
                )
            for statement in OPERATOR:
                connection.execute(statement, {"id": STAFF_ID})
        for desk in readers:
            with desk.acting() as actor:
                for announcement in access_announcements(actor, at=timezone.now()):
                    acknowledge_announcement(actor, announcement.pk, at=timezone.now())

    def take_in(self, issuer: Desk, receiver: Desk, stranger: Desk) -> None:
        """The issuer's papers, as it were: what a company takes in from outside is its own, with numbers of others."""
        numbers = {f"{kind.prefix}-20": f"{self.mark()}-20" for kind in KINDS.values()}
        for kind in KINDS.values():
            if kind.reader is None:
                continue
            export = next(export for export in kind.exports if export.media_type == "application/xml")
            document_id = self.deal(kind, issuer, receiver, ())
            with issuer.acting() as actor:
                content = export.write(read_sent(access_versions(access_document(actor, document_id))[0]))
            for old, new in {**OUTSIDE, "青葉食品株式会社": f"外から {self.mark()}", **numbers}.items():
                content = content.replace(old.encode(), new.encode())
            with stranger.acting() as actor:
                take_in(actor, kind, name=f"{self.mark()}.xml", content=content, at=timezone.now(), key=self.mark())


def ways(kind: Kind) -> list[tuple[Step, ...]]:
    """For each state that steps alone lead to, a shortest course; the empty one for a document just sent."""
    found: dict[str, tuple[Step, ...]] = {kind.sent_state: ()}
    waiting = deque([kind.sent_state])
    while waiting:
        state = waiting.popleft()
        for step in kind.steps:
            if state in step.source and step.target not in found and len(found[state]) < DEPTH_MAX:
                if step.for_outsiders or step.per_recipient != (step.per_recipient and kind.several_recipients):
                    continue
                found[step.target] = (*found[state], step)
                waiting.append(step.target)
    return list(found.values())


def target(kind: Kind, way: Sequence[Step]) -> str:
    return way[-1].target if way else kind.sent_state
