"""Random walks over all kinds, from all desks: whatever happens, nobody sees what was not sent to them.

Everything unsent or internal bears a mark (`ZQ00042Q`) of its own. After every action each desk's whole database, as
the application role shows it, and its pages are searched for marks that it must not know. A walk is repeated by its
seed, which the test's name gives; `--long` walks further.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.dealings import make_desks
from tests.world import Desk, trade
from torihiki.exchange.access import access_document, access_draft, access_recipients
from torihiki.exchange.actions.attachments import attach_file, remove_file
from torihiki.exchange.actions.drafts import (
    body_sha256,
    discard_draft,
    save_draft,
    start_draft,
    start_revision,
    usable_source,
)
from torihiki.exchange.actions.remarks import comment
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import open_steps, take_step
from torihiki.exchange.approvals.requests import approve_draft, return_draft, submit_draft
from torihiki.exchange.models import Attachment, Document, PartyView, Recipient, Version
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.models import Company
from torihiki.ledger.models import Entry
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor, scope

WALKS, WALKS_LONG = 4, 20
STEPS, STEPS_LONG = 45, 150
DOCUMENTS_MAX = 9
TRADERS = ("issuer", "receiver", "competitor")
MARK = re.compile(r"ZQ\d{5}Q")
HEX_MARK = re.compile(r"5a51(?:3\d){5}51")
LISTS_LOOKED_AT = 0.25  # of the actions
PLACES = ("document", "document-json", "document-edit")
BOXES = ("home", "inbox", "outbox", "drafts", "search")
TABLES = """SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(WALKS_LONG if metafunc.config.getoption("--long", default=False) else WALKS))


@pytest.fixture(scope="module")
def desks(django_db_setup: None, django_db_blocker: Any) -> Iterator[Mapping[str, Desk]]:
    with django_db_blocker.unblock(), transaction.atomic():
        desks = make_desks()
        trade(desks["receiver"], desks["competitor"])
        yield desks
        transaction.set_rollback(True)


def test_whatever_happens_nobody_sees_what_was_not_sent_to_them(
    seed: int, desks: Mapping[str, Desk], request: pytest.FixtureRequest
) -> None:
    with transaction.atomic():
        walk = Walk(desks, random.Random(seed))
        try:
            walk.go(STEPS_LONG if request.config.getoption("--long", default=False) else STEPS)
        except AssertionError as error:
            raise AssertionError("\n".join([*walk.log[-12:], str(error)])) from error
        print(
            f"seed {seed}: {walk.done} done, {walk.refused} refused, {walk.number} marks, {len(walk.hashes)} versions"
        )
        assert walk.done > STEPS // 3, "a walk that is refused everywhere shows nothing"
        transaction.set_rollback(True)


@dataclass
class Paper:
    """What the walk knows of a document: who has it, and the marks that its next version would carry."""

    kind: Kind
    owner: str
    recipients: list[str]
    unsent: set[str]
    reason: str = ""
    files: dict[UUID, str] = field(default_factory=dict)
    sent: bool = False

    @property
    def entitled(self) -> list[str]:
        return [self.owner, *self.recipients] if self.sent else [self.owner]


@dataclass
class Walk:
    desks: Mapping[str, Desk]
    chance: random.Random
    papers: dict[UUID, Paper] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)  # by desk, the marks that it may know
    hashes: dict[UUID, str] = field(default_factory=dict)  # of every version ever sent
    log: list[str] = field(default_factory=list)
    number: int = 0
    done: int = 0
    refused: int = 0

    def go(self, steps: int) -> None:
        self.known = {name: set() for name in self.desks}
        for name in TRADERS:
            kinds = [code for code in KINDS if self.chance.random() < 0.3]
            with self.desks[name].acting() as actor:
                Company.objects.filter(pk=actor.company).update(approval_kinds=kinds)
        for _ in range(steps):
            self.one()
        self.look_everywhere()

    def one(self) -> None:
        """One action, allowed or not; then everybody looks."""
        verbs: list[Callable[[], UUID | None]] = [self.save, self.attach, self.internal_remark, self.shared_remark]
        verbs += [
            self.submit,
            self.decide,
            self.send,
            self.send,
            self.step,
            self.step,
            self.step,
            self.make,
            self.revise,
        ]
        verbs += [self.discard, self.remove, self.expire]
        if len(self.papers) < DOCUMENTS_MAX:
            verbs += [self.start] * (12 if len(self.papers) < 3 else 2)
        before = {name: self.entries(name) for name in self.desks}
        self.log.append("")
        self.acting = ""
        try:
            touched = None
            while not self.acting:  # some verbs find nothing to do
                touched = self.chance.choice(verbs)()
            outcome = "done"
        except Refused as refusal:
            touched, outcome = None, f"refused: {refusal.code}"
        self.log[-1] += f" → {outcome}"
        self.done += outcome == "done"
        self.refused += outcome.startswith("refused")
        if outcome == "done":
            after = {name: self.entries(name) for name in self.desks}
            assert after == {**before, self.acting: before[self.acting] + 1}, "one entry per action"
        self.look(touched)

    # ---- what may happen

    def start(self) -> UUID:
        name = self.chance.choice(TRADERS)
        kind = self.chance.choice([kind for kind in KINDS.values() if kind.free])
        others = [other for other in TRADERS if other != name]
        self.chance.shuffle(others)
        chosen = others if kind.several_recipients else others[:1]
        return self.new(name, kind, chosen, None)

    def make(self) -> UUID | None:
        """A document from another one, where its kind can be."""
        for document_id, paper in self.shuffled():
            for name in paper.entitled:
                with self.as_(name):
                    seen = access_document(self.desks[name].actor, document_id)
                    for kind in KINDS.values():
                        if usable_source(kind, seen):
                            other = paper.owner if name != paper.owner else paper.recipients[0]
                            return self.new(name, kind, [other], document_id)
        return None

    def new(self, name: str, kind: Kind, others: list[str], source: UUID | None) -> UUID:
        mark = self.mark(name)
        self.say(name, f"starts {kind.code} for {others} {mark} {'from ' + str(source) if source else ''}")
        with self.as_(name) as actor:
            document_id = start_draft(
                actor,
                kind,
                at=timezone.now(),
                body=marked(kind, mark),
                recipients=[] if source else [self.desks[other].party.id for other in others],
                source_id=source,
            )
        self.papers[document_id] = Paper(kind, name, others, {mark})
        return document_id

    def save(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            with self.as_(paper.owner) as actor:
                draft = access_draft(access_document(actor, document_id))
                if draft is None:
                    continue
                mark, reason = self.mark(paper.owner), self.mark(paper.owner)
                self.say(paper.owner, f"saves {self.named(document_id)} {mark} {reason}")
                save_draft(
                    actor,
                    document_id,
                    body=marked(paper.kind, mark),
                    recipients=draft.recipients,
                    revision=draft.revision,
                    reason=reason,
                    at=timezone.now(),
                )
            paper.unsent, paper.reason = {mark}, reason
            return document_id
        return None

    def attach(self) -> UUID | None:
        document_id, paper = self.any()
        if paper is None:
            return None
        mark = self.mark(paper.owner)
        self.say(paper.owner, f"attaches {mark} to {self.named(document_id)}")
        with self.as_(paper.owner) as actor:
            file = attach_file(actor, document_id, name=f"{mark}.txt", content=mark.encode(), at=timezone.now())
        paper.files[file] = mark
        return document_id

    def remove(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            for file in paper.files:
                self.say(paper.owner, f"removes a file of {self.named(document_id)}")
                with self.as_(paper.owner) as actor:
                    remove_file(actor, document_id, file, at=timezone.now())
                del paper.files[file]
                return document_id
        return None

    def internal_remark(self) -> UUID | None:
        document_id, paper = self.any()
        if paper is None:
            return None
        name = self.chance.choice(paper.entitled)
        mark = self.mark(name)
        self.say(name, f"notes {mark} on {self.named(document_id)}")
        with self.as_(name) as actor:
            comment(actor, document_id, text=mark, shared=False, at=timezone.now())
        return document_id

    def shared_remark(self) -> UUID | None:
        document_id, paper = self.any()
        if paper is None:
            return None
        name = self.chance.choice(paper.entitled)
        mark = self.mark(name)
        audience, hear = None, paper.entitled
        if paper.kind.several_recipients and name != paper.owner:
            hear = [name, paper.owner]
        elif name == paper.owner and self.chance.random() < 0.5:
            other = self.chance.choice(paper.recipients)
            audience, hear = self.desks[other].company, [name, other]
        self.say(name, f"says {mark} on {self.named(document_id)} to {hear}")
        with self.as_(name) as actor:
            comment(actor, document_id, text=mark, shared=True, audience=audience, at=timezone.now())
        self.tell(hear, {mark})
        return document_id

    def submit(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            desk = self.desks[paper.owner].clerk
            with scope(desk.actor) as actor:
                draft = access_draft(access_document(actor, document_id))
                if draft is None:
                    continue
                self.say(paper.owner, f"submits {self.named(document_id)}")
                submit_draft(actor, document_id, revision=draft.revision, at=timezone.now())
                return document_id
        return None

    def decide(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            desk = self.desks[paper.owner].approver
            with scope(desk.actor) as actor:
                seen = access_document(actor, document_id)
                draft = access_draft(seen)
                if draft is None or seen.view.internal_state == "draft":
                    continue
                if self.chance.random() < 0.7:
                    self.say(paper.owner, f"approves {self.named(document_id)}")
                    approve_draft(actor, document_id, sha256=body_sha256(draft), at=timezone.now())
                else:
                    mark = self.mark(paper.owner)
                    self.say(paper.owner, f"returns {self.named(document_id)} {mark}")
                    return_draft(actor, document_id, reason=mark, at=timezone.now())
                return document_id
        return None

    def send(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            with self.as_(paper.owner) as actor:
                seen = access_document(actor, document_id)
                draft = access_draft(seen)
                if draft is None:
                    continue
                needed = paper.kind.code in Company.objects.values_list("approval_kinds", flat=True).get(
                    pk=actor.company
                )
                fit = seen.view.internal_state == ("ready" if needed else "draft") and (draft.reason or not paper.sent)
                if not fit and self.chance.random() < 0.8:
                    continue
                self.say(paper.owner, f"sends {self.named(document_id)} to {paper.recipients}")
                send_document(actor, document_id, revision=draft.revision, at=timezone.now())
            paper.sent = True
            self.tell(paper.recipients, paper.unsent | set(paper.files.values()) | {paper.reason})
            paper.unsent, paper.reason, paper.files = set(), "", {}
            return document_id
        return None

    def revise(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            if paper.sent:
                self.say(paper.owner, f"begins a version of {self.named(document_id)}")
                with self.as_(paper.owner) as actor:
                    start_revision(actor, document_id, at=timezone.now())
                return document_id
        return None

    def discard(self) -> UUID | None:
        if self.chance.random() < 0.6:
            return None
        document_id, paper = self.any()
        if paper is None:
            return None
        self.say(paper.owner, f"discards {self.named(document_id)}")
        with self.as_(paper.owner) as actor:
            gone = discard_draft(actor, document_id, at=timezone.now())
        if gone:
            del self.papers[document_id]
        else:
            paper.unsent, paper.reason, paper.files = set(), "", {}
        return document_id

    def step(self) -> UUID | None:
        """A step by somebody who has the document: mostly one that is open, sometimes any."""
        for document_id, paper in self.shuffled():
            if not paper.sent:
                continue
            name = self.chance.choice(paper.entitled)
            with self.as_(name) as actor:
                seen = access_document(actor, document_id)
                rows = list(access_recipients(seen))
                any_of = [(step, row) for step in paper.kind.steps for row in (rows if step.per_recipient else [None])]
                open_now = [(step, row) for step, row in any_of if step in open_steps(seen, row)]
                if not open_now and self.chance.random() < 0.7:
                    continue
                step, row = self.chance.choice(open_now if open_now and self.chance.random() < 0.8 else any_of)
                mark = self.mark(name)
                self.say(name, f"{step.name} on {self.named(document_id)} {mark}")
                take_step(
                    actor,
                    document_id,
                    step.name,
                    version=seen.document.version,
                    reason=mark,
                    recipient_id=row.pk if row else None,
                    at=timezone.now(),
                )
            self.tell([paper.owner, self.name_of(row.company_id)] if row else paper.entitled, {mark})
            return document_id
        return None

    def expire(self) -> UUID | None:
        for document_id, paper in self.shuffled():
            if paper.sent and paper.kind.expiry:
                self.say(paper.owner, f"{self.named(document_id)} expires")
                with scope(Actor.system(self.desks[paper.owner].company)) as actor:
                    version = access_document(actor, document_id).document.version
                    take_step(actor, document_id, paper.kind.expiry, version=version, at=timezone.now())
                return document_id
        return None

    # ---- what everybody sees afterwards

    def look(self, touched: UUID | None) -> None:
        """Everybody's tables after every action; of the pages those that may have changed, and all at the end."""
        for name in self.desks:
            self.look_in_tables(name)
        if touched is not None:
            for name in self.desks:
                self.look_at_document(name, touched, ("document",))
            if self.chance.random() < LISTS_LOOKED_AT:
                self.look_at_lists(self.chance.choice(list(self.desks)))
        self.check_books()

    def look_everywhere(self) -> None:
        for name, desk in self.desks.items():
            self.look_at_lists(name)
            for document_id, paper in self.papers.items():
                self.look_at_document(name, document_id)
                answer = desk.get(reverse("document-pdf", args=[document_id]))
                assert (answer.status_code == 200) == (paper.sent and name in paper.entitled)
                if answer.status_code == 200:
                    leaves = PdfReader(BytesIO(answer.content)).pages
                    self.judge(name, "".join(leaf.extract_text() for leaf in leaves), "PDF")

    def look_in_tables(self, name: str) -> None:
        with self.desks[name].acting(), connection.cursor() as cursor:
            if not Walk.search_all:
                cursor.execute(TABLES)
                pattern = f"{MARK.pattern}|{HEX_MARK.pattern}"
                Walk.search_all = " UNION ALL ".join(
                    f"SELECT '{table}', to_jsonb(t)::text FROM \"{table}\" t WHERE to_jsonb(t)::text ~ '{pattern}'"
                    for (table,) in cursor.fetchall()
                )
            cursor.execute(Walk.search_all)
            for table, row in cursor.fetchall():
                self.judge(name, row, table)

    search_all = ""

    def look_at_document(self, name: str, document_id: UUID, places: tuple[str, ...] = PLACES) -> None:
        desk, paper = self.desks[name], self.papers.get(document_id)
        entitled = paper is not None and name in paper.entitled
        for place in places:
            answer = desk.get(reverse(place, args=[document_id]))
            self.judge(name, answer.content.decode(), place)
            assert answer.status_code != 500
            if not entitled:
                assert answer.status_code == 404, f"{name} {place}"
        for export in paper.kind.exports if paper and places == PLACES else ():
            answer = desk.get(reverse("document-export", args=[document_id, export.code]))
            self.judge(name, answer.content.decode(), export.code)

    def look_at_lists(self, name: str) -> None:
        desk = self.desks[name]
        for box in BOXES:
            answer = desk.get(reverse(box))
            assert answer.status_code == 200
            self.judge(name, answer.content.decode(), box)
        for box in ("search", "drafts"):
            self.judge(name, desk.get(reverse("documents-csv", args=[box])).content.decode(), f"{box}.csv")
        unknown = sorted({mark for marks in self.known.values() for mark in marks} - self.known[name])
        for mark in self.chance.sample(unknown, min(2, len(unknown))):
            assert desk.get(reverse("search"), {"q": mark}).context["rows"] == [], f"{name} finds {mark}"

    def judge(self, name: str, text: str, where: str) -> None:
        found = set(MARK.findall(text))
        found |= {bytes.fromhex(digits).decode() for digits in HEX_MARK.findall(text)}
        leaked = found - self.known[name]
        assert not leaked, f"{name} sees {leaked} in {where}"

    def check_books(self) -> None:
        """Versions never change, views say what the documents say, numbers have no gap."""
        for name, desk in self.desks.items():
            with desk.acting() as actor:
                for version in Version.objects.all():
                    sha256 = hashlib.sha256(bytes(version.payload)).hexdigest()
                    assert sha256 == version.sha256 == self.hashes.setdefault(version.pk, sha256)
                views = list(PartyView.objects.select_related("document"))
                assert {view.company_id for view in views} <= {actor.company}
                has = {document_id for document_id, paper in self.papers.items() if name in paper.entitled}
                assert {view.document_id for view in views} == has
                for view in views:
                    self.check_view(name, view)
                if name in TRADERS:
                    self.check_numbers(actor.company)

    def check_view(self, name: str, view: PartyView) -> None:
        document, paper = view.document, self.papers[view.document_id]
        assert view.role == ("issuer" if name == paper.owner else "receiver")
        assert view.version_shown == document.version
        assert view.number == document.number
        row = Recipient.objects.filter(document_id=document.pk, company_id=view.company_id).first()
        own_state = row.state if row and view.role == "receiver" else ""
        assert view.state == (own_state or document.state)
        if view.role == "receiver":
            assert view.internal_state == ""
        if document.version:
            assert view.amount_minor == document.amount_minor
            newest = Version.objects.get(document_id=document.pk, number=document.version)
            assert newest.previous_sha256 == (
                Version.objects.get(document_id=document.pk, number=document.version - 1).sha256
                if document.version > 1
                else ""
            )

    def check_numbers(self, company: UUID) -> None:
        for kind in KINDS.values():
            own = Document.objects.filter(owner_id=company, kind=kind.code).exclude(number="")
            given = sorted(int(number.rpartition("-")[2]) for number in own.values_list("number", flat=True))
            assert given == list(range(1, len(given) + 1))

    # ---- the walk's own books

    def mark(self, name: str) -> str:
        """A new mark, which only this desk may know for now."""
        self.number += 1
        mark = f"ZQ{self.number:05d}Q"
        self.known[name].add(mark)
        return mark

    def tell(self, names: list[str], marks: set[str]) -> None:
        for name in names:
            self.known[name] |= marks - {""}

    def say(self, name: str, words: str) -> None:
        self.acting = name
        self.log[-1] = f"{name} {words}"

    acting = ""

    def named(self, document_id: UUID) -> str:
        return f"{self.papers[document_id].kind.code} {document_id}"

    def shuffled(self) -> list[tuple[UUID, Paper]]:
        papers = list(self.papers.items())
        self.chance.shuffle(papers)
        return papers

    def any(self) -> tuple[UUID, Paper | None]:
        papers = self.shuffled()
        return papers[0] if papers else (UUID(int=0), None)

    def name_of(self, company: UUID | None) -> str:
        return next(name for name, desk in self.desks.items() if desk.company == company)

    def entries(self, name: str) -> int:
        with self.desks[name].acting() as actor:
            return Entry.objects.filter(company_id=actor.company).count()

    def as_(self, name: str) -> Any:
        return self.desks[name].acting()


def marked(kind: Kind, mark: str) -> dict[str, Any]:
    """A valid body that says the mark wherever people write words."""
    body: dict[str, Any] = {**kind.samples.valid, "subject": f"件名 {mark}", "note": f"備考 {mark}"}
    first, *rest = body["lines"]
    return {**body, "lines": [{**first, "description": f"品名 {mark}"}, *rest]}


def test_the_search_itself_finds_what_is_there(desks: Mapping[str, Desk]) -> None:
    """A search that finds nothing proves nothing: a leak is found in a row, in bytes, on a page and in a list."""
    with transaction.atomic():
        walk = Walk(desks, random.Random(1))
        walk.known = {name: set() for name in desks}
        walk.log.append("")
        document_id = walk.new("issuer", KINDS["invoice"], ["receiver"], None)
        walk.attach()
        walk.known["issuer"].clear()
        for look in (
            lambda: walk.look_in_tables("issuer"),
            lambda: walk.look_at_document("issuer", document_id),
            lambda: walk.look_at_lists("issuer"),
        ):
            with pytest.raises(AssertionError, match="issuer sees"):
                look()
        with desks["issuer"].acting():
            hex_digits = Attachment.objects.get().name.removesuffix(".txt").encode().hex()
        with pytest.raises(AssertionError, match="issuer sees"):
            walk.judge("issuer", f"\\x00{hex_digits}ff", "bytes")
        transaction.set_rollback(True)
