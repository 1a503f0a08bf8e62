"""Remarks on a document, and the note that it was opened."""

from datetime import datetime
from uuid import UUID

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.access import Seen, access_document, access_recipients
from torihiki.exchange.actions.drafts import DOCUMENT
from torihiki.exchange.actions.steps import others_than
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Comment, PartyView, Recipient
from torihiki.exchange.refusals import (
    ReasonMissing,
    RecipientUnfit,
    StepNotOpen,
)
from torihiki.exchange.specs import RECEIVER
from torihiki.exchange.writing import done_before, tell
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

COMMENT_LENGTH_MAX = 4_000


def comment(
    actor: Actor,
    document_id: UUID,
    *,
    text: str,
    shared: bool,
    at: datetime,
    audience: UUID | None = None,
    line_id: str = "",
    key: str = "",
) -> Comment | None:
    """Write a remark: internal, or shared with the other side (with `audience` only, where there are several). None
    where `key` wrote it before.

    A recipient of a document that went to several always speaks to its issuer alone. Raises StepNotOpen for a shared
    remark on what was never sent, RecipientUnfit for an unknown audience.
    """
    with attempt(ExchangeEvent.COMMENTED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.RESPOND, lock=True)
        actor = seen.actor
        if done_before(actor, key, f"comment {document_id}", document_id, at=at):
            return None
        if not text.strip():
            raise ReasonMissing
        if shared and seen.document.version == 0:
            raise StepNotOpen
        if shared:
            audience = _audience(seen, audience)
        row = Comment(
            id=new_id(),
            document_id=document_id,
            company_id=actor.company,
            company_name=actor.company_name,
            member_name=actor.name,
            text=text.strip()[:COMMENT_LENGTH_MAX],
            line_id=line_id[:40],
            shared=shared,
            audience_id=audience if shared else None,
            at=at,
        )
        Comment.objects.bulk_create([row])
        if shared:
            tell(actor, "document.commented", seen.document, others_than(seen, row.audience_id), at=at)
        record(
            ExchangeEvent.COMMENTED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=seen.document.number,
            data={"comment": row.pk, "shared": shared, "sha256": sha256_hex(row.text.encode())},
        )
    return row


def mark_opened(actor: Actor, document_id: UUID, *, at: datetime) -> None:
    """Note that the document was read; the first opening by a recipient is shown to the issuer. An administrator who
    sees as another member has read nothing."""
    if actor.seen_by is not None:
        return
    seen = access_document(actor, document_id)
    actor = seen.actor
    if seen.view.read_at is None:
        PartyView.objects.filter(company_id=actor.company, document_id=document_id).update(read_at=at)
    if seen.view.role != RECEIVER or seen.document.from_outside:
        return
    first = Recipient.objects.filter(document_id=document_id, company_id=actor.company, opened_at=None).update(
        opened_at=at
    )
    if first:
        record(
            ExchangeEvent.OPENED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=seen.document.number,
        )


def _audience(seen: Seen, wanted: UUID | None) -> UUID | None:
    if seen.view.role == RECEIVER:
        return seen.document.owner_id if seen.kind.several_recipients else None
    if wanted is None:
        return None
    if not access_recipients(seen).filter(company_id=wanted).exists():
        raise RecipientUnfit("")
    return wanted
