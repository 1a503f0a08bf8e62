"""Messages to endpoints: written once for each event, sent by jobs after commit, at least once, under a stable id.

Who is slow or gone costs others little: an attempt ends in seconds, a slow endpoint is left alone for a minute, and
webhooks yield to every other job.
"""

import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from torihiki.exchange.models import OutboxMessage, PartyView
from torihiki.exchange.webhooks.access import access_delivery, access_endpoints
from torihiki.exchange.webhooks.events import TEST, WebhookEvent, event_of
from torihiki.exchange.webhooks.messages import body_about
from torihiki.exchange.webhooks.models import WebhookDelivery, WebhookEndpoint
from torihiki.exchange.webhooks.refusals import WebhookNotVisible
from torihiki.exchange.webhooks.signing import signature, unseal
from torihiki.identity.jobs import send_later
from torihiki.identity.models import Company, Member
from torihiki.identity.permissions import Role
from torihiki.ledger.recording import record
from torihiki.lib.ids import new_id
from torihiki.outbound.asking import SECONDS_MAX, ask
from torihiki.outbound.failures import FAILURES, OutboundFailed
from torihiki.outbound.targets import read_target
from torihiki.tenancy.actor import Actor, scope
from torihiki.tenancy.system import system_rows

MINUTE, HOUR = 60, 3_600
SCHEDULE_SECONDS = (0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""How long each attempt waits after the one before, as the convention recommends; then the message has failed."""
JITTER = 0.1  # of each wait, either way: what failed together does not come back together
ANSWER_BYTES_MAX = 1_024
ATTEMPTS_KEPT_MAX = 30
SLOW_SECONDS = 3
QUIET = timedelta(minutes=1)
KEPT = timedelta(days=30)
ADMINISTRATORS_TOLD_MAX = 20
GONE = 410
PRIORITY = -10  # below everything else in the queue
USER_AGENT = "torihiki-webhooks/1"
LETTER = "webhooks.stopped"

OFF, SUSPENDED, REDIRECT = "endpoint_off", "company_suspended", "redirect"
ERRORS: dict[str, str | Promise] = {
    **FAILURES,
    REDIRECT: _("The answer was a redirect, which is not followed. Enter the final address."),
    OFF: _("The endpoint was switched off, so nothing was sent."),
    SUSPENDED: _("Your company was suspended, so nothing was sent."),
}


@dataclass(frozen=True)
class Attempt:
    """One attempt, as it is kept: `at` in ISO 8601, `status` 0 where there was no answer."""

    at: str
    milliseconds: int = 0
    timestamp: int = 0
    signature: str = ""
    status: int = 0
    answer: str = ""
    error: str = ""

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Outgoing:
    """A message ready to leave."""

    url: str
    message_id: str
    timestamp: int
    signature: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return headers_of(self.message_id, self.timestamp, self.signature)


def headers_of(message_id: str, timestamp: int, signatures: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures,
    }


# ---- writing


def write_messages(actor: Actor, message: OutboxMessage, *, at: datetime) -> None:
    """One message for each endpoint of the actor's company that wants this event, with its job. Run again, or by many
    at once, it writes nothing new."""
    endpoints = list(access_endpoints(actor).filter(stopped=""))
    if not endpoints or is_suspended(actor):
        return
    view = PartyView.objects.filter(company_id=actor.company, document_id=message.subject_id).first()
    if view is None:
        return
    event = event_of(message.topic)
    body = body_about(event, view, own=message.company_id == actor.company, at=message.at)
    fresh = [
        WebhookDelivery(
            id=new_id(),
            company_id=actor.company,
            endpoint=endpoint,
            message_id=f"msg_{message.pk.hex}",
            event=event,
            label=view.number,
            document_id=view.document_id,
            body=body.decode(),
            next_attempt_at=at,
            created_at=at,
        )
        for endpoint in endpoints
        if wants(endpoint, view.kind, event)
    ]
    WebhookDelivery.objects.bulk_create(fresh, ignore_conflicts=True)
    ids = [delivery.pk for delivery in fresh]
    send_soon(list(WebhookDelivery.objects.filter(company_id=actor.company, pk__in=ids)))


def wants(endpoint: WebhookEndpoint, kind: str, event: str) -> bool:
    return (not endpoint.kinds or kind in endpoint.kinds) and (not endpoint.events or event in endpoint.events)


def is_suspended(actor: Actor) -> bool:
    return Company.objects.filter(pk=actor.company, suspended_at__isnull=False).exists()


def send_soon(deliveries: Iterable[WebhookDelivery]) -> None:
    """Enqueue the next attempt of each, in the caller's transaction."""
    jobs = [_job(delivery) for delivery in deliveries]
    if jobs:
        attempt_delivery.configure(priority=PRIORITY).batch_defer(*jobs)


def _job(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "delivery_id": str(delivery.pk),
        "company_id": str(delivery.company_id),
        "number": delivery.attempts_made,
    }


def _send_later(delivery: WebhookDelivery, at: datetime) -> None:
    delivery.next_attempt_at = at
    attempt_delivery.configure(priority=PRIORITY, schedule_at=at).defer(**_job(delivery))


# ---- sending


@app.task(queue="webhooks", retry=RetryStrategy(max_attempts=10, exponential_wait=4))
def attempt_delivery(delivery_id: str, company_id: str, number: int) -> None:
    """The attempt after `number` others. Run again, as after a killed worker, it may send again, under the same id;
    once the attempt is noted, it does nothing."""
    actor = Actor.system(UUID(company_id))
    with scope(actor):
        outgoing = prepare(actor, UUID(delivery_id), number, at=timezone.now())
    if outgoing is None:
        return
    attempt = carry_out(outgoing, at=timezone.now())
    with scope(actor):
        note_attempt(actor, UUID(delivery_id), number, attempt, at=timezone.now())


def prepare(actor: Actor, delivery_id: UUID, number: int, *, at: datetime) -> Outgoing | None:
    """What is to be sent now, signed. None where nothing is: it was deleted, noted, switched off, or has to wait."""
    try:
        delivery = access_delivery(actor, delivery_id, lock=True)
    except WebhookNotVisible:
        return None  # deleted meanwhile
    if delivery.state != WebhookDelivery.State.WAITING or delivery.attempts_made != number:
        return None
    endpoint = delivery.endpoint
    if error := _hindrance(actor, delivery):
        _note(delivery, Attempt(at.isoformat(), error=error))
        delivery.state, delivery.next_attempt_at = WebhookDelivery.State.FAILED, None
        _save(delivery)
        return None
    if endpoint.quiet_until and endpoint.quiet_until > at and delivery.event != TEST:
        _send_later(delivery, endpoint.quiet_until + QUIET * random.SystemRandom().random())
        _save(delivery)
        return None
    timestamp, body = int(at.timestamp()), delivery.body.encode()
    signed = signature(_secrets(endpoint, at), delivery.message_id, timestamp, body)
    return Outgoing(endpoint.url, delivery.message_id, timestamp, signed, body)


def carry_out(outgoing: Outgoing, *, at: datetime) -> Attempt:
    """Send it and wait for the answer. Outside any transaction."""
    common = {"at": at.isoformat(), "timestamp": outgoing.timestamp, "signature": outgoing.signature}
    try:
        answer = ask(
            read_target(outgoing.url),
            method="POST",
            headers=outgoing.headers,
            body=outgoing.body,
            answer_bytes_max=ANSWER_BYTES_MAX,
            seconds_max=SECONDS_MAX,
        )
    except OutboundFailed as failed:
        return Attempt(**common, milliseconds=round(failed.seconds * 1_000), error=failed.failure.value)  # type: ignore[arg-type]
    return Attempt(
        **common,  # type: ignore[arg-type]
        milliseconds=round(answer.seconds * 1_000),
        status=answer.status,
        answer=_readable(answer.body),
        error=REDIRECT if 300 <= answer.status < 400 else "",
    )


def note_attempt(actor: Actor, delivery_id: UUID, number: int, attempt: Attempt, *, at: datetime) -> None:
    """Keep the attempt and what follows from it: delivered, the next one, or the end."""
    try:
        delivery = access_delivery(actor, delivery_id, lock=True)
    except WebhookNotVisible:
        return
    if delivery.state != WebhookDelivery.State.WAITING or delivery.attempts_made != number:
        return  # another worker noted it
    endpoint = delivery.endpoint
    _note(delivery, attempt)
    if attempt.milliseconds >= SLOW_SECONDS * 1_000:
        endpoint.quiet_until = at + QUIET
    if attempt.delivered:
        delivery.state, delivery.next_attempt_at = WebhookDelivery.State.DELIVERED, None
        endpoint.answered_at = at
    elif attempt.status == GONE or delivery.event == TEST or delivery.tries >= len(SCHEDULE_SECONDS):
        delivery.state, delivery.next_attempt_at = WebhookDelivery.State.FAILED, None
    else:
        wait = SCHEDULE_SECONDS[delivery.tries] * random.SystemRandom().uniform(1 - JITTER, 1 + JITTER)
        _send_later(delivery, at + timedelta(seconds=wait))
    _save(delivery)
    endpoint.save(update_fields=["quiet_until", "answered_at"])
    if attempt.status == GONE:
        _stop(actor, endpoint, WebhookEndpoint.Stopped.GONE, at)
    elif delivery.state == WebhookDelivery.State.FAILED and delivery.event != TEST:
        answered_since = endpoint.answered_at and endpoint.answered_at > delivery.created_at
        if not answered_since:  # one that takes other messages is alive
            _stop(actor, endpoint, WebhookEndpoint.Stopped.FAILING, at)


def _hindrance(actor: Actor, delivery: WebhookDelivery) -> str:
    if is_suspended(actor):
        return SUSPENDED
    return OFF if delivery.endpoint.stopped and delivery.event != TEST else ""


def _secrets(endpoint: WebhookEndpoint, at: datetime) -> list[bytes]:
    """The one that holds, and for some time after a rotation the former one."""
    sealed = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_until and endpoint.former_until > at:
        sealed.append(endpoint.former_secret)
    return [unseal(endpoint.company_id, endpoint.pk, each) for each in sealed]


def _note(delivery: WebhookDelivery, attempt: Attempt) -> None:
    delivery.attempts = [*delivery.attempts, asdict(attempt)][-ATTEMPTS_KEPT_MAX:]
    delivery.attempts_made += 1
    delivery.tries += 1


def _save(delivery: WebhookDelivery) -> None:
    delivery.save(update_fields=["state", "tries", "attempts_made", "attempts", "next_attempt_at"])


def _readable(answer: bytes) -> str:
    """As text that can be kept and shown; the answer is a stranger's."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in answer.decode(errors="replace"))


def _stop(actor: Actor, endpoint: WebhookEndpoint, why: WebhookEndpoint.Stopped, at: datetime) -> None:
    if endpoint.stopped:
        return
    endpoint.stopped, endpoint.stopped_at = why, at
    endpoint.save(update_fields=["stopped", "stopped_at"])
    record(
        WebhookEvent.STOPPED,
        actor,
        subject_type="webhook",
        subject_id=endpoint.pk,
        subject_label=str(endpoint),
        at=at,
        data={"why": why.value},
    )
    administrators = Member.objects.filter(company_id=actor.company, suspended_at=None, role=Role.ADMINISTRATOR)
    for member_id in administrators.order_by("id").values_list("pk", flat=True)[:ADMINISTRATORS_TOLD_MAX]:
        send_later(LETTER, actor, member_id)


# ---- cleaning up


@app.periodic(cron="25 3 * * *")
@app.task(queue="calendar", pass_context=False)
def sweep_messages(timestamp: int) -> None:
    """Once a day: messages of more than 30 days ago go, with their answers; those still on their way stay."""
    before = datetime.fromtimestamp(timestamp, tz=timezone.get_default_timezone()) - KEPT
    system_rows("SELECT exchange_webhooks_sweep(%s)", [before])
