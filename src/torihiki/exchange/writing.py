"""What every action on a document writes besides its own rows: the write key, the timeline, the views, the outbox."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from torihiki.exchange.delivery import deliver_message
from torihiki.exchange.models import Document, OutboxMessage, Transition, WriteKey
from torihiki.exchange.refusals import KeyUsedElsewhere
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

KEY_LENGTH_MAX = 100


def done_before(actor: Actor, key: str, action: str, document_id: UUID, *, at: datetime) -> WriteKey | None:
    """The former write under `key`, or None after claiming the key for this one (promise P3).

    Two at once: the second waits for the first to commit. Raises KeyUsedElsewhere when the key did another thing.
    """
    if not key:
        return None
    claimed = WriteKey(
        id=new_id(), company_id=actor.company, key=key[:KEY_LENGTH_MAX], action=action, document_id=document_id, at=at
    )
    WriteKey.objects.bulk_create([claimed], ignore_conflicts=True)
    held = WriteKey.objects.get(company_id=actor.company, key=claimed.key)
    if held.pk == claimed.pk:
        return None
    if held.action != action:
        raise KeyUsedElsewhere
    return held


def write_transition(
    actor: Actor,
    document: Document,
    name: str,
    *,
    at: datetime,
    shared: bool = True,
    reason: str = "",
    audience: UUID | None = None,
    on_behalf_of: str = "",
    to_state: str = "",
) -> None:
    Transition.objects.bulk_create(
        [
            Transition(
                document_id=document.pk,
                company_id=actor.company,
                company_name=actor.company_name,
                member_id=actor.member_id,
                member_name=actor.name,
                on_behalf_of=on_behalf_of,
                name=name,
                to_state=to_state or document.state,
                version=document.version,
                reason=reason,
                shared=shared,
                audience_id=audience,
                at=at,
            )
        ]
    )


def sync_views(*document_ids: UUID) -> None:
    """Bring every entitled company's view of these documents up to date; the function derives all from shared rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT exchange_sync_views(%s)", [list(document_ids)])


def tell(actor: Actor, topic: str, document: Document, targets: Iterable[UUID | None], *, at: datetime) -> None:
    """Put one message for each target company in the outbox (None: an external party, told by mail from this side)."""
    messages = [
        OutboxMessage(
            id=new_id(), company_id=actor.company, target_id=target, topic=topic, subject_id=document.pk, at=at
        )
        for target in dict.fromkeys(targets)  # all outsiders are told by one message
        if target != actor.company_id
    ]
    OutboxMessage.objects.bulk_create(messages)
    for message in messages:
        deliver_message.defer(message_id=str(message.pk), company_id=str(message.target_id or actor.company))
