"""Documents of any kind brought into any state, by what the desks themselves may do: what generic tests stand on.

    dealings = Dealings({"issuer": …, "receiver": …, "competitor": …, "stranger": …})
    dealings.take(Move("issuer", "make", "invoice"))
    dealings.take(Move("receiver", "step", "invoice", "accept"))

The desk called issuer writes the first document, whatever the kind. Every action is held to exactly one ledger entry.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from tests.world import Desk, make_company, trade
from torihiki.exchange.access import Seen, access_document, access_draft, access_recipients
from torihiki.exchange.actions.drafts import (
    body_sha256,
    save_draft,
    start_draft,
    start_revision,
    usable_source,
)
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import open_steps, take_step
from torihiki.exchange.approvals.requests import approve_draft, submit_draft
from torihiki.exchange.forms import labels_of, part_names
from torihiki.exchange.models import PartyView
from torihiki.exchange.specs import ISSUER, KINDS, SYSTEM, Kind, Step
from torihiki.exchange.walls import TABLES
from torihiki.identity.models import Company
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor, scope

REASON = "理由はこちらのとおりです"
DEPTH_MAX = 6


@dataclass(frozen=True, order=True)
class Move:
    """What one desk does with the document of a kind; `towards` names the desk that a step per recipient concerns."""

    desk: str
    verb: str  # make, step, revise
    kind: str
    step: str = ""
    towards: str = ""

    def __str__(self) -> str:
        return " ".join(word for word in (self.desk, self.verb, self.kind, self.step, self.towards) if word)


@dataclass
class Dealings:
    desks: Mapping[str, Desk]
    documents: dict[str, UUID] = field(default_factory=dict)
    counts_entries: bool = True

    # ---- what is there

    def view(self, desk: str, kind: str) -> PartyView | None:
        with self.desks[desk].acting() as actor:
            return PartyView.objects.filter(company_id=actor.company, document_id=self.documents[kind]).first()

    def entitled(self, kind: str) -> list[str]:
        """Desks that have the document."""
        return [desk for desk in self.desks if self.view(desk, kind) is not None]

    def states(self, kind: str) -> set[str]:
        """The states of the document as the desks see them."""
        if kind not in self.documents:
            return set()
        return {view.state for desk in self.desks if (view := self.view(desk, kind)) is not None}

    def seen(self, desk: str, kind: str) -> Seen:
        """To be used in the desk's scope."""
        return access_document(self.desks[desk].actor, self.documents[kind])

    def place(self) -> tuple[Any, ...]:
        """What distinguishes one situation from another, without ids and times."""
        return tuple(
            (kind, desk, view.role, view.state, view.waiting, view.internal_state)
            for kind in sorted(self.documents)
            for desk in self.desks
            if (view := self.view(desk, kind)) is not None
        )

    def trace(self) -> dict[str, tuple[Any, ...]]:
        """By desk, a fingerprint of every row of the exchange that it can see."""
        return {name: self.trace_of(name) for name in self.desks}

    def trace_of(self, desk: str) -> tuple[Any, ...]:
        with self.desks[desk].acting(), connection.cursor() as cursor:
            cursor.execute(TRACE)
            return tuple(cursor.fetchall())

    def entries(self) -> dict[str, list[str]]:
        """By desk, the codes of its ledger."""
        return {name: desk.events() for name, desk in self.desks.items()}

    # ---- what may be done

    def moves(self) -> Iterator[Move]:
        for kind in list(self.documents):
            for desk in self.entitled(kind):
                yield from self._steps(desk, kind)
                yield from self._made_from(desk, kind)
            owner = self._owner(kind)
            with scope(Actor.system(self.desks[owner].company)) as actor:
                seen = access_document(actor, self.documents[kind])
                yield from (Move(SYSTEM, "step", kind, step.name) for step in open_steps(seen))
                if seen.document.version and seen.document.state in seen.kind.revise_from:
                    yield Move(owner, "revise", kind)

    def open_steps(self, desk: Desk, kind: str) -> list[tuple[Step, UUID | None, str]]:
        """(step, recipient's id, its desk) as the declaration says, not as the product does."""
        found: list[tuple[Step, UUID | None, str]] = []
        with scope(desk.actor) as actor:
            seen = access_document(actor, self.documents[kind])
            rows = list(access_recipients(seen))
            for step in seen.kind.steps:
                if step.by != seen.view.role or step.for_outsiders or seen.document.version == 0:
                    continue
                if not step.per_recipient:
                    found += [(step, None, "")] if seen.document.state in step.source else []
                    continue
                for row in rows:
                    if (row.state or seen.document.state) in step.source:
                        found.append((step, row.pk, self._desk_of(row.company_id)))
        return found

    def _steps(self, desk: str, kind: str) -> Iterator[Move]:
        for step, _recipient, towards in self.open_steps(self.desks[desk], kind):
            yield Move(desk, "step", kind, step.name, towards)

    def _made_from(self, desk: str, kind: str) -> Iterator[Move]:
        with scope(self.desks[desk].actor):
            seen = self.seen(desk, kind)
            for other in KINDS.values():
                if other.code not in self.documents and usable_source(other, seen):
                    yield Move(desk, "make", other.code)

    def _owner(self, kind: str) -> str:
        return next(desk for desk in self.desks if (v := self.view(desk, kind)) is not None and v.role == "issuer")

    def _desk_of(self, company: UUID | None) -> str:
        return next((name for name, desk in self.desks.items() if desk.company == company), "")

    # ---- doing it

    def take(self, move: Move, **options: Any) -> None:
        kind = KINDS[move.kind]
        if move.verb == "make":
            self.draft(move.desk, kind)
            self.send(move.desk, kind)
        elif move.verb == "revise":
            self.revise(move.desk, kind)
            self.send(move.desk, kind)
        else:
            self.step(move, **options)

    def follow(self, course: tuple[Move, ...]) -> None:
        for move in course:
            self.take(move)

    def draft(self, desk: str, kind: Kind, body: Mapping[str, Any] | None = None) -> UUID:
        source = self.source_for(desk, kind)
        with self.one_entry(desk, "document.started"), self.desks[desk].acting() as actor:
            self.documents[kind.code] = start_draft(
                actor,
                kind,
                at=timezone.now(),
                body=kind.samples.valid if body is None else body,
                recipients=[] if source else self.recipients(desk, kind),
                source_id=source,
            )
        return self.documents[kind.code]

    def revise(self, desk: str, kind: Kind, reason: str = REASON) -> None:
        document_id = self.documents[kind.code]
        with self.desks[desk].acting() as actor:
            with self.one_entry(desk, "document.started"):
                start_revision(actor, document_id, at=timezone.now())
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            with self.one_entry(desk, "document.saved"):
                save_draft(
                    actor,
                    document_id,
                    body=kind.samples.valid,
                    recipients=(),
                    revision=draft.revision,
                    reason=reason,
                    at=timezone.now(),
                )

    def send(self, desk: str, kind: Kind, key: str = "") -> str:
        document_id = self.documents[kind.code]
        with self.desks[desk].acting() as actor, self.one_entry(desk, "document.sent"):
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            return send_document(actor, document_id, revision=draft.revision, at=timezone.now(), key=key)

    def step(self, move: Move, *, reason: str = REASON, key: str = "") -> None:
        document_id = self.documents[move.kind]
        desk = self._owner(move.kind) if move.desk == SYSTEM else move.desk
        actor = Actor.system(self.desks[desk].company) if move.desk == SYSTEM else self.desks[desk].actor
        with scope(actor), self.one_entry(desk, "document.step"):
            seen = access_document(actor, document_id)
            recipient = None
            if move.towards:
                company = self.desks[move.towards].company
                recipient = access_recipients(seen).get(company_id=company).pk
            take_step(
                actor,
                document_id,
                move.step,
                version=seen.document.version,
                reason=reason,
                recipient_id=recipient,
                key=key,
                at=timezone.now(),
            )

    def submit(self, desk: str, kind: Kind) -> None:
        document_id = self.documents[kind.code]
        with scope(self.desks[desk].clerk.actor) as actor, self.one_entry(desk, "document.submitted"):
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            submit_draft(actor, document_id, revision=draft.revision, at=timezone.now())

    def approve(self, desk: str, kind: Kind) -> None:
        document_id = self.documents[kind.code]
        with scope(self.desks[desk].approver.actor) as actor, self.one_entry(desk, "document.approved"):
            draft = access_draft(access_document(actor, document_id))
            assert draft is not None
            approve_draft(actor, document_id, sha256=body_sha256(draft), at=timezone.now())

    def need_approval(self, desk: str, *kinds: str) -> None:
        with self.desks[desk].acting() as actor:
            Company.objects.filter(pk=actor.company).update(approval_kinds=list(kinds))

    def source_for(self, desk: str, kind: Kind) -> UUID | None:
        with scope(self.desks[desk].actor):
            for code, document_id in self.documents.items():
                if code == kind.code or self.view(desk, code) is None:
                    continue
                if usable_source(kind, self.seen(desk, code)):
                    return document_id
        return None

    def recipients(self, desk: str, kind: Kind) -> list[UUID]:
        others = [name for name in ("issuer", "receiver", "competitor") if name != desk]
        return [self.desks[name].party.id for name in (others if kind.several_recipients else others[:1])]

    @contextmanager
    def one_entry(self, desk: str, code: str) -> Iterator[None]:
        """What happens inside leaves exactly one entry, with this code, in the ledger of this desk's company."""
        if not self.counts_entries:
            yield
            return
        before = {name: self._count(name) for name in self.desks}
        yield
        after = {name: self._count(name) for name in self.desks}
        assert after == {**before, desk: before[desk] + 1}, f"{code}: {before} became {after}"
        assert self.desks[desk].events()[-1] == code

    def _count(self, desk: str) -> int:
        with self.desks[desk].acting() as actor:
            return Entry.objects.filter(company_id=actor.company).count()


TRACE = " UNION ALL ".join(
    f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
    for table in TABLES
)


def make_desks() -> dict[str, Desk]:
    """An issuer who trades with a receiver and with the receiver's competitor; and a stranger to all."""
    desks = {
        "issuer": make_company("aoba", "青葉食品株式会社", "アオバショクヒン", "7000012050002"),
        "receiver": make_company("minato", "株式会社みなと商店", "ミナトショウテン", "3010401013220"),
        "competitor": make_company("kaede", "かえで商事株式会社", "カエデショウジ", "1010001000006"),
        "stranger": make_company("yama", "やまびこ物産合同会社", "ヤマビコブッサン"),
    }
    trade(desks["issuer"], desks["receiver"])
    trade(desks["issuer"], desks["competitor"])
    return desks


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


_courses: dict[str, dict[str, tuple[Move, ...]]] = {}


def courses(desks: Mapping[str, Desk], kind: Kind) -> dict[str, tuple[Move, ...]]:
    """For each state of the kind that the desks can reach, a shortest way there; searched once per process."""
    if kind.code not in _courses:
        _courses[kind.code] = _search(desks, kind)
    return _courses[kind.code]


def _search(desks: Mapping[str, Desk], kind: Kind) -> dict[str, tuple[Move, ...]]:
    found: dict[str, tuple[Move, ...]] = {}
    wanted = {state.code for state in kind.states}
    for depth in range(1, DEPTH_MAX + 1):
        visited: dict[tuple[Any, ...], int] = {}
        for move in _beginnings(kind):
            _explore(Dealings(desks, counts_entries=False), (move,), depth, kind, found, visited, ())
        if wanted <= found.keys():
            break
    return found


def _beginnings(kind: Kind) -> list[Move]:
    """The document itself, else what it is made from: written so that the issuer is who then makes the document."""
    if kind.free:
        return [Move("issuer", "make", kind.code)]
    return sorted(
        {Move("issuer" if source.seat == ISSUER else "receiver", "make", source.kind) for source in kind.sources}
    )


def _explore(
    dealings: Dealings,
    moves: tuple[Move, ...],
    depth: int,
    kind: Kind,
    found: dict[str, tuple[Move, ...]],
    visited: dict[tuple[Any, ...], int],
    so_far: tuple[Move, ...],
) -> None:
    for move in moves:
        if len(found) == len(kind.states):
            return
        with undone():
            there = Dealings(dealings.desks, dict(dealings.documents), counts_entries=False)
            there.take(move)
            course = (*so_far, move)
            for state in there.states(kind.code) - found.keys():
                found[state] = course
            place = there.place()
            if depth > 1 and visited.get(place, 0) < depth:
                visited[place] = depth
                _explore(there, tuple(there.moves()), depth - 1, kind, found, visited, course)


def situations(kind: Kind) -> list[str]:
    """Every state, and what a side has before the other sees it."""
    return ["draft", "in_approval", "ready", *(["redraft"] if kind.revise_from else []), *(s.code for s in kind.states)]


def arrive(dealings: Dealings, kind: Kind, situation: str) -> None:
    """Bring a document of the kind into a state, or into an unsent situation of the issuer's."""
    found = courses(dealings.desks, kind)
    if situation in found:
        dealings.follow(found[situation])
        return
    if situation == "redraft":
        dealings.follow(found[kind.revise_from[0]])
        dealings.revise("issuer", kind)
        return
    dealings.follow(found[kind.sent_state][:-1])  # to the source, where there is one
    if situation != "draft":
        dealings.need_approval("issuer", kind.code)
    dealings.draft("issuer", kind)
    if situation in ("in_approval", "ready"):
        dealings.submit("issuer", kind)
    if situation == "ready":
        dealings.approve("issuer", kind)


def form_data(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a browser sends for this body: header fields, then each part as a formset."""
    data: dict[str, Any] = {}
    parts = part_names(kind.body)
    for name, value in body.items():
        if name in labels_of(kind.body) and name not in parts and value is not None:
            data[name] = _typed(value)
    for name in parts:
        rows = list(body.get(name) or ())
        data |= {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": "0"}
        for number, row in enumerate(rows):
            data |= {f"{name}-{number}-{key}": _typed(value) for key, value in row.items() if value is not None}
    return {name: value for name, value in data.items() if value is not False}


def _typed(value: Any) -> Any:
    return value if isinstance(value, str | bool) else str(value)
