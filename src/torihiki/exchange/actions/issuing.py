"""Issuing: a document written and sent in one act, without a draft in between; what a program does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from torihiki.exchange.access import Seen, access_document, access_own_party
from torihiki.exchange.actions.bulk import FIRST_VIEWS, Batch, Written, issuing
from torihiki.exchange.actions.counting import line_links, refuse_beyond
from torihiki.exchange.actions.drafts import (
    DOCUMENT,
    fitting_recipients,
    other_side,
    usable_source,
    validated,
    with_line_ids,
)
from torihiki.exchange.actions.sending import source_link, touch_sources
from torihiki.exchange.actions.sources import in_view_of
from torihiki.exchange.bodies import Body
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Document, Line, Link
from torihiki.exchange.numbering import next_number
from torihiki.exchange.quantities import Around, Counted, around
from torihiki.exchange.refusals import ApprovalMissing, SourceUnfit
from torihiki.exchange.specs import Deed, Kind, Sent, Source
from torihiki.exchange.writing import DEFER_DELIVERY, SYNC_VIEWS, delivery_of
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor
from torihiki.tenancy.copying import Rows
from torihiki.tenancy.inserting import insert


@dataclass(frozen=True)
class Origin:
    """What a new document is made from, locked, with what stands around it read once for the whole act."""

    source: Source
    seen: Seen
    around: Around
    sent: Sent  # its newest version in its context


def issue_document(
    actor: Actor,
    kind: Kind,
    *,
    body: Mapping[str, Any] | None,
    recipients: Sequence[UUID] = (),
    at: datetime,
    source_id: UUID | None = None,
    document_id: UUID | None = None,
) -> Document:
    """Send a new document, and return it as it is stored. It leaves the rows that writing a draft and sending it leave,
    but for the draft and its entry in the ledger. The number comes last, as others wait for it.

    With `source_id` it is made from that document, goes to its other side, and without a `body` has the one that the
    kind's Source builds. Raises RoleMayNot, DocumentNotVisible, SourceUnfit, ApprovalMissing, BodyInvalid,
    RecipientUnfit.
    """
    document_id = document_id or new_id()
    with attempt(ExchangeEvent.SENT, actor, subject_type=DOCUMENT, subject_id=document_id, data={"kind": kind.code}):
        own = access_own_party(actor)
        actor = issuing(actor, kind, own, from_source=source_id is not None)
        batch = Batch(actor, kind, own, at)
        origin = _origin(actor, kind, source_id) if source_id is not None else None
        if origin is not None:
            recipients = other_side(origin.seen)
            body = origin.source.build(origin.sent) if body is None else body
        numbered = with_line_ids(body or {}, f"{kind.prefix}1." if origin else "")
        typed = validated(kind, numbered, issuer=batch.issuer, on=batch.issued_on)
        partners = fitting_recipients(actor, kind, recipients)
        counted: list[Counted] = []
        if batch.needs_approval(typed, [partner.party_id for partner in partners]):
            raise ApprovalMissing
        if origin is not None:
            typed = in_view_of(origin.source, origin.sent, typed)
            counted = list(origin.around.counted_by(origin.source, typed))
            _refuse_beyond(batch, origin, document_id, typed, counted)
        written = Written()
        batch.add(written, document_id, typed, partners, next_number(actor.company, kind, at=at))
        document = written.documents[0]
        insert(
            written.documents,
            written.recipients,
            written.versions,
            Rows(Line, written.lines),
            (FIRST_VIEWS, [[document_id], actor.member_id, actor.unit_id, source_id]),
            _links(actor, origin, written, counted, at=at) if origin else [],
        )
        deed = Deed(actor, document, kind, "send", at, body=typed)
        changed = _carry_out(deed, origin)
        written.transitions[0].to_state = document.state
        insert(
            written.transitions + deed.followed,
            *([(SYNC_VIEWS, [changed])] if changed else []),
            written.messages,
            *([(DEFER_DELIVERY, delivery_of(written.messages))] if written.messages else []),
            written.entries,
        )
    return document


def _origin(actor: Actor, kind: Kind, source_id: UUID) -> Origin:
    """Raises DocumentNotVisible, SourceUnfit."""
    seen = access_document(actor, source_id, lock=True)
    counts = any(source.counts for source in kind.sources if source.kind == seen.view.kind)
    found = around(actor, source_id, lock=counts)
    sent = found.contexts().get(source_id)
    source = usable_source(kind, seen, sent)
    if source is None or sent is None:
        raise SourceUnfit
    return Origin(source, seen, found, sent)


def _refuse_beyond(batch: Batch, origin: Origin, document_id: UUID, body: Body, counted: Sequence[Counted]) -> None:
    """Raises BodyInvalid where more would count than is possible. Nobody else counts in the meantime: all that was read
    is locked."""
    if not origin.source.counts:
        return
    sent = Sent(
        kind=batch.kind.code,
        number="",  # not given yet
        version=1,
        issued_on=batch.issued_on,
        issuer=batch.issuer,
        recipient=None,
        body=body,
        totals=None,
    )
    refuse_beyond(origin.around.preceded_by(document_id, sent, counted).contexts().values())


def _links(actor: Actor, origin: Origin, written: Written, counted: Sequence[Counted], *, at: datetime) -> list[Link]:
    """The document to its source, and its lines to those against which they count."""
    source, document = origin.source, written.documents[0]
    amounts = {line["line_id"]: line["amount"] for line in written.lines}
    links = [source_link(actor, source, document.pk, origin.seen.document.pk, at=at)]
    return links + line_links(actor, source, document.pk, counted, amounts, version=document.version, at=at)


def _carry_out(deed: Deed, origin: Origin | None) -> list[UUID]:
    """What the sending does to other documents, and to its own. Returns those whose views may have changed."""
    changed: list[UUID] = []
    if origin is not None:
        deed.origins[origin.source.link] = origin.seen.document
        changed = touch_sources(deed, [(origin.source, origin.seen)])
    if deed.kind.sending is not None:
        deed.kind.sending(deed)
    if deed.document.state != deed.kind.sent_state:
        changed.append(deed.document.pk)
    return list(dict.fromkeys([*changed, *(step.document_id for step in deed.followed)]))
