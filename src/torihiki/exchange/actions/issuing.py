"""Issuing: a document written and sent in one act, without a draft in between; what a program does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from torihiki.exchange.access import access_own_party
from torihiki.exchange.actions.bulk import FIRST_VIEWS, Batch, Written, check_may_issue
from torihiki.exchange.actions.drafts import DOCUMENT, fitting_recipients, validated, with_line_ids
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Document, Line, OutboxMessage, Recipient, Transition, Version
from torihiki.exchange.numbering import next_number
from torihiki.exchange.specs import Kind
from torihiki.exchange.writing import defer_delivery
from torihiki.ledger.models import Entry
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor


def issue_document(
    actor: Actor,
    kind: Kind,
    *,
    body: Mapping[str, Any],
    recipients: Sequence[UUID],
    at: datetime,
    document_id: UUID | None = None,
) -> Document:
    """Send a new document, and return it as it is stored. It leaves the rows that writing a draft and sending it leave,
    but for the draft and its entry in the ledger. The number comes last, as others wait for it.

    Raises RoleMayNot, SourceUnfit for a kind that is only made from a source, ApprovalMissing, BodyInvalid,
    RecipientUnfit.
    """
    document_id = document_id or new_id()
    with attempt(ExchangeEvent.SENT, actor, subject_type=DOCUMENT, subject_id=document_id, data={"kind": kind.code}):
        own = access_own_party(actor)
        check_may_issue(actor, kind, own)
        batch = Batch(actor, kind, own, at)
        typed = validated(kind, with_line_ids(body), issuer=batch.issuer, on=batch.issued_on)
        partners = fitting_recipients(actor, kind, recipients)
        written = Written()
        batch.add(written, document_id, typed, partners, next_number(actor.company, kind, at=at))
        _store(actor, written)
        defer_delivery(written.messages)
    return written.documents[0]


def _store(actor: Actor, written: Written) -> None:
    """The document before what hangs on it, its views before what is seen through them."""
    Document.objects.bulk_create(written.documents)
    Recipient.objects.bulk_create(written.recipients)
    Version.objects.bulk_create(written.versions)
    Line.objects.bulk_create([Line(**line) for line in written.lines], batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute(FIRST_VIEWS, [[document.pk for document in written.documents], actor.member_id, actor.unit_id])
    Transition.objects.bulk_create(written.transitions)
    OutboxMessage.objects.bulk_create(written.messages)
    Entry.objects.bulk_create(written.entries)
