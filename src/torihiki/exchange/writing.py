"""What every action on a document writes besides its own rows: the write key, the timeline, the views, the outbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from torihiki.exchange.delivery import deliver_message
from torihiki.exchange.models import Document, OutboxMessage, Transition, WriteKey
from torihiki.exchange.refusals import KeyUsedElsewhere
from torihiki.exchange.webhooks.access import has_endpoint
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

KEY_LENGTH_MAX = 100
CLAIM = """
INSERT INTO exchange_writekey (id, company_id, key, action, document_id, at) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (company_id, key) DO NOTHING RETURNING id
"""
# What `deliver_message.defer` enqueues, for many messages in one statement.
DEFER_DELIVERY = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW(%s::varchar, %s::varchar, 0, NULL, NULL,
    jsonb_build_object('message_id', message, 'company_id', company), NULL)::procrastinate_job_to_defer_v1))
FROM unnest(%s::uuid[], %s::uuid[]) AS job (message, company)
"""
SYNC_VIEWS = "SELECT exchange_sync_views(%s)"


def done_before(actor: Actor, key: str, action: str, document_id: UUID, *, at: datetime) -> WriteKey | None:
    """The former write under `key`, or None after claiming the key for this one (promise P3).

    Two at once: the second waits for the first to commit. Raises KeyUsedElsewhere when the key did another thing.
    """
    if not key:
        return None
    key = key[:KEY_LENGTH_MAX]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [new_id(), actor.company, key, action, document_id, at])
        if cursor.fetchone():
            return None
    held = WriteKey.objects.get(company_id=actor.company, key=key)
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
    transition = transition_of(
        actor,
        document,
        name,
        at=at,
        shared=shared,
        reason=reason,
        audience=audience,
        on_behalf_of=on_behalf_of,
        to_state=to_state,
    )
    Transition.objects.bulk_create([transition])


def transition_of(
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
) -> Transition:
    """The line of the timeline, not stored yet."""
    return Transition(
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


def sync_views(*document_ids: UUID) -> None:
    """Bring every entitled company's view of these documents up to date; the function derives all from shared rows."""
    with connection.cursor() as cursor:
        cursor.execute(SYNC_VIEWS, [list(dict.fromkeys(document_ids))])


def tell(
    actor: Actor,
    topic: str,
    document: Document,
    targets: Iterable[UUID | None],
    *,
    at: datetime,
    also_own: bool = True,
) -> None:
    """Put one message for each target company in the outbox (None: an external party, told by mail from this side), and
    one for the own company (unless `also_own` is false) where it has systems that are told."""
    own = also_own and has_endpoint(actor)
    messages = messages_of(actor, topic, document, targets, own=own, at=at)
    OutboxMessage.objects.bulk_create(messages)
    defer_delivery(messages)


def messages_of(
    actor: Actor, topic: str, document: Document, targets: Iterable[UUID | None], *, own: bool, at: datetime
) -> list[OutboxMessage]:
    """The messages, not stored yet; `own` adds one for the actor's own company."""
    others = [target for target in dict.fromkeys(targets) if target != actor.company_id]  # outsiders by one message
    return [
        OutboxMessage(
            id=new_id(), company_id=actor.company, target_id=target, topic=topic, subject_id=document.pk, at=at
        )
        for target in ([*others, actor.company] if own else others)
    ]


def defer_delivery(messages: Sequence[OutboxMessage]) -> None:
    """Enqueue a job for each stored message, in the caller's transaction."""
    if messages:
        with connection.cursor() as cursor:
            cursor.execute(DEFER_DELIVERY, delivery_of(messages))


def delivery_of(messages: Sequence[OutboxMessage]) -> list[Any]:
    """The parameters of DEFER_DELIVERY."""
    tellers = [message.target_id or message.company_id for message in messages]
    return [deliver_message.queue, deliver_message.name, [message.pk for message in messages], tellers]
