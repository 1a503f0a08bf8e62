"""What became of each line: ordered, agreed, delivered, accepted, billed and open are sums of links, never states.

A document counts against the lines of what it was made from, and against those that these counted against in turn: an
acceptance of a delivery counts on the order too. So one sum says how far a line has come, wherever one looks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from torihiki.exchange.access import Seen, access_chain, access_document, access_line_sums, access_newest
from torihiki.exchange.bodies import Body
from torihiki.exchange.papers import read_sent
from torihiki.exchange.specs import KINDS, LineCounts, Sent, Source, Track, Words
from torihiki.tenancy.actor import Actor

ZERO = Decimal(0)


@dataclass(frozen=True)
class LineProgress:
    """One line of a document with what counts against it: one quantity per column, none where nothing does."""

    item_code: str
    description: str
    unit: str
    quantity: Decimal | None
    cells: tuple[tuple[Words, Decimal | None], ...]


@dataclass(frozen=True)
class Progress:
    """The table of lines by the kind's tracks."""

    heads: tuple[Words, ...]
    rows: tuple[LineProgress, ...]


@dataclass(frozen=True)
class Around:
    """A document with all that it was made from and what answered those, read once for one act."""

    chain: Sequence[UUID]  # nearest first
    sent: Mapping[UUID, Sent]  # of the chain and then of the answers, of which the newest is first
    counts: Mapping[UUID, LineCounts]  # against lines of the chain

    def contexts(self) -> dict[UUID, Sent]:
        """Each document of the chain with everything that `Sent` says of counted lines."""
        beside = {pk: replace(sent, counted=self.counts.get(pk, {})) for pk, sent in self.sent.items()}
        found = {
            pk: replace(beside[pk], others=tuple(other for key, other in beside.items() if key != pk))
            for pk in self.chain
        }
        for position, pk in enumerate(self.chain):
            found[pk] = replace(found[pk], open=_open([found[key] for key in self.chain[position:]]))
        return found

    def preceded_by(self, document_id: UUID, sent: Sent, counted: "Iterable[Counted]") -> "Around":
        """The same, as seen from a document that is just made from it and counts that much against its lines."""
        sums = {pk: {link: dict(lines) for link, lines in self.counts.get(pk, {}).items()} for pk in self.chain}
        for item in counted:
            lines = sums[item.target].setdefault(item.link, {})
            lines[item.line_id] = lines.get(item.line_id, ZERO) + item.quantity
        return Around([document_id, *self.chain], {document_id: sent, **self.sent}, sums)

    def counted_by(self, source: Source, body: Body) -> "Iterator[Counted]":
        """What a body counts against the lines of the chain: every line against that of the same id, wherever there is
        one."""
        for name, field in source.counts.items():
            for target in self.chain:
                known = {line.line_id for line in getattr(self.sent[target].body, "lines", ())}
                for line in body.lines:  # type: ignore[attr-defined]
                    if line.line_id in known:
                        yield Counted(target, name, line.line_id, getattr(line, field))


@dataclass(frozen=True)
class Counted:
    """A quantity that counts against one line of the document `target`."""

    target: UUID
    link: str
    line_id: str
    quantity: Decimal


def first_body(seen: Seen, source: Source, *, afresh: bool = False) -> Mapping[str, Any]:
    """What a document made from the one seen here begins with. `afresh`: as if nothing were counted yet."""
    return source.build(in_context(seen, afresh=afresh) if source.counts else _newest(seen))


def in_context(seen: Seen, *, afresh: bool = False) -> Sent:
    """The newest version of the document with everything that `Sent` says of counted lines. At most
    CHAIN_MAX + 3 queries, however many lines and documents there are."""
    return contexts(seen.actor, seen.document.pk, afresh=afresh)[seen.document.pk]


def contexts(actor: Actor, document_id: UUID, *, afresh: bool = False, unanswered: bool = False) -> dict[UUID, Sent]:
    """The same of the document and of all that it was made from, nearest first. `unanswered`: a version that is just
    going out, to which nobody has said anything yet."""
    return around(actor, document_id, afresh=afresh, unanswered=unanswered).contexts()


def around(
    actor: Actor, document_id: UUID, *, afresh: bool = False, unanswered: bool = False, lock: bool = False
) -> Around:
    """The document with what stands around it. `lock` keeps others from counting against lines of what it was made from
    until the transaction ends: nearest first, as all do; the document itself is the caller's to lock, before."""
    chain, answered = access_chain(actor, document_id)
    if lock and (above := chain[1:]):
        for pk in above:
            access_document(actor, pk, lock=True)
        chain, answered = access_chain(actor, document_id)
    answers = _counting(answered, chain[1:] if unanswered else chain)
    newest = access_newest(actor, [*chain, *answers])
    sent = {pk: read_sent(newest[pk]) for pk in [*chain, *answers] if pk in newest}
    chain = [pk for pk in chain if pk in sent]
    return Around(chain, sent, {} if afresh else _sums(actor, chain))


def limits_of(sent: Sent) -> LineCounts:
    limits = KINDS[sent.kind].limits
    return limits(sent) if limits else {}


def is_used_up(seen: Seen, source: Source, sent: Sent | None = None) -> bool:
    """Whether nothing is left that a document of this source could count. `sent`: the document in its context, where
    that is at hand."""
    if not source.counts or KINDS[seen.view.kind].limits is None:
        return False
    left = (sent or in_context(seen)).open.get(source.link)
    return left is not None and all(quantity <= 0 for quantity in left.values())


def progress_of(seen: Seen) -> Progress | None:
    """What became of each line of the newest version; nothing as long as nothing counts."""
    if not seen.kind.tracks or not seen.view.version_shown:
        return None
    sent = in_context(seen)
    if not sent.counted:
        return None
    columns = [column for track in seen.kind.tracks for column in _columns(track, sent)]
    rows = tuple(
        LineProgress(
            item_code=line.item_code,
            description=line.description,
            unit=line.unit,
            quantity=line.quantity,
            cells=tuple((head, by_line.get(line.line_id)) for head, by_line in columns),
        )
        for line in sent.body.lines  # type: ignore[attr-defined]
    )
    return Progress(tuple(head for head, _by_line in columns), rows)


def _columns(track: Track, sent: Sent) -> list[tuple[Words, Mapping[str, Decimal]]]:
    counted = [(track.label, sent.counted.get(track.link, {}))]
    return [*counted, (track.left, sent.open.get(track.link, {}))] if track.left else counted


def _open(chain: list[Sent]) -> LineCounts:
    """What the first may still be counted for: the least that any of them leaves, by link and line."""
    own = {line.line_id for line in getattr(chain[0].body, "lines", ())}
    left: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for sent in chain:
        for link, limits in limits_of(sent).items():
            counted = sent.counted.get(link, {})
            for line_id in own & limits.keys():
                rest = max(limits[line_id] - counted.get(line_id, ZERO), ZERO)
                left[link][line_id] = min(left[link].get(line_id, rest), rest)
    return left


def _sums(actor: Actor, document_ids: Iterable[UUID]) -> dict[UUID, LineCounts]:
    found: dict[UUID, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for target, name, line, quantity in access_line_sums(actor, document_ids):
        found[target][name][line] = quantity
    return {target: dict(names) for target, names in found.items()}


def _counting(answers: Iterable[tuple[UUID, UUID, str, str]], chain: Sequence[UUID]) -> list[UUID]:
    """Of the answers those to documents of the chain, and not among them, that count."""
    return [
        pk
        for pk, answered, kind, state in answers
        if answered in chain and pk not in chain and not KINDS[kind].state(state).void
    ]


def _newest(seen: Seen) -> Sent:
    return read_sent(access_newest(seen.actor, [seen.document.pk])[seen.document.pk])
