"""The only way to write endpoints: each action takes its actor first, is one transaction and leaves one entry."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from torihiki.exchange.webhooks.access import access_deliveries, access_delivery, access_endpoint, access_endpoints
from torihiki.exchange.webhooks.delivering import send_soon
from torihiki.exchange.webhooks.events import TEST, WebhookEvent
from torihiki.exchange.webhooks.messages import body_of_test
from torihiki.exchange.webhooks.models import WebhookDelivery, WebhookEndpoint
from torihiki.exchange.webhooks.refusals import (
    AddressRefused,
    EndpointMoved,
    EndpointOff,
    OnItsWay,
    TooManyEndpoints,
    TooManyTests,
)
from torihiki.exchange.webhooks.signing import new_secret, seal, secret_text
from torihiki.exchange.writing import done_before
from torihiki.identity.access import lock_company
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.outbound.failures import OutboundFailed
from torihiki.outbound.targets import read_target
from torihiki.tenancy.actor import Actor

ENDPOINTS_MAX = 20  # per company
OVERLAP = timedelta(hours=24)  # in which the former secret signs too
REPLAYED_AT_ONCE_MAX = 1_000
TESTS_PER_MINUTE_MAX = 10
SOON = timedelta(minutes=1)
LOST = timedelta(minutes=10)  # a message that should have left so long ago may be sent again by hand
WEBHOOK = "webhook"


def add_endpoint(
    actor: Actor,
    *,
    url: str,
    description: str = "",
    kinds: Sequence[str] = (),
    events: Sequence[str] = (),
    key: str = "",
    at: datetime,
) -> tuple[WebhookEndpoint, str]:
    """The endpoint, switched on, and its secret as the convention writes it: it is never shown again. A repeated `key`
    gives the endpoint that it made, and no secret. Empty `kinds` or `events` mean all.

    Raises AddressRefused or TooManyEndpoints.
    """
    with attempt(WebhookEvent.ADDED, actor, data={"host": _host(url)}):
        endpoint_id = new_id()
        if former := done_before(actor, key, "webhook", endpoint_id, at=at):
            return access_endpoint(actor, former.document_id), ""
        lock_company(actor)
        if access_endpoints(actor).count() >= ENDPOINTS_MAX:
            raise TooManyEndpoints
        secret = new_secret()
        endpoint = WebhookEndpoint.objects.create(
            id=endpoint_id,
            company_id=actor.company,
            url=_checked(url),
            description=description,
            kinds=list(kinds),
            events=list(events),
            secret=seal(actor.company, endpoint_id, secret),
            secret_since=at,
            created_by=actor.name,
            created_at=at,
        )
        _record(WebhookEvent.ADDED, actor, endpoint, at, kinds=endpoint.kinds, events=endpoint.events)
    return endpoint, secret_text(secret)


def change_endpoint(
    actor: Actor,
    endpoint_id: UUID,
    *,
    url: str,
    description: str,
    kinds: Sequence[str],
    events: Sequence[str],
    at: datetime,
) -> WebhookEndpoint:
    """Messages that are on their way go to the new address. Raises AddressRefused or WebhookNotVisible."""
    with attempt(WebhookEvent.CHANGED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        endpoint.url, endpoint.description = _checked(url), description
        endpoint.kinds, endpoint.events = list(kinds), list(events)
        endpoint.quiet_until = None
        endpoint.save(update_fields=["url", "description", "kinds", "events", "quiet_until"])
        _record(WebhookEvent.CHANGED, actor, endpoint, at, kinds=endpoint.kinds, events=endpoint.events)
    return endpoint


def stop_endpoint(actor: Actor, endpoint_id: UUID, *, at: datetime) -> WebhookEndpoint:
    """Nothing more is sent to it, and what happens meanwhile is not kept for it. Raises WebhookNotVisible."""
    with attempt(WebhookEvent.STOPPED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        endpoint.stopped = endpoint.stopped or WebhookEndpoint.Stopped.BY_HAND
        endpoint.stopped_at = endpoint.stopped_at or at
        endpoint.save(update_fields=["stopped", "stopped_at"])
        _record(WebhookEvent.STOPPED, actor, endpoint, at, why=str(endpoint.stopped))
    return endpoint


def start_endpoint(actor: Actor, endpoint_id: UUID, *, at: datetime) -> WebhookEndpoint:
    with attempt(WebhookEvent.STARTED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        endpoint.stopped, endpoint.stopped_at, endpoint.quiet_until = "", None, None
        endpoint.save(update_fields=["stopped", "stopped_at", "quiet_until"])
        _record(WebhookEvent.STARTED, actor, endpoint, at)
    return endpoint


def rotate_secret(actor: Actor, endpoint_id: UUID, *, since: datetime, at: datetime) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once; both sign for OVERLAP. `since` is when the one that was shown began: a form that
    is sent twice would otherwise throw away the secret that the receiver still has.

    Raises EndpointMoved or WebhookNotVisible.
    """
    with attempt(WebhookEvent.ROTATED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        if endpoint.secret_since != since:
            raise EndpointMoved
        secret = new_secret()
        endpoint.former_secret, endpoint.former_until = bytes(endpoint.secret), at + OVERLAP
        endpoint.secret, endpoint.secret_since = seal(actor.company, endpoint_id, secret), at
        endpoint.save(update_fields=["secret", "secret_since", "former_secret", "former_until"])
        _record(WebhookEvent.ROTATED, actor, endpoint, at, former_until=endpoint.former_until)
    return endpoint, secret_text(secret)


def remove_endpoint(actor: Actor, endpoint_id: UUID, *, at: datetime) -> None:
    """With all its messages. Raises WebhookNotVisible."""
    with attempt(WebhookEvent.REMOVED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        _record(WebhookEvent.REMOVED, actor, endpoint, at)
        endpoint.delete()


def send_test(actor: Actor, endpoint_id: UUID, *, at: datetime) -> WebhookDelivery:
    """One attempt with a test event, also to an endpoint that is off. Raises TooManyTests or WebhookNotVisible."""
    with attempt(WebhookEvent.TESTED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        tests = access_deliveries(actor).filter(endpoint=endpoint, event=TEST, created_at__gt=at - timedelta(minutes=1))
        if tests.count() >= TESTS_PER_MINUTE_MAX:
            raise TooManyTests
        delivery_id = new_id()
        delivery = WebhookDelivery.objects.create(
            id=delivery_id,
            company_id=actor.company,
            endpoint=endpoint,
            message_id=f"msg_{delivery_id.hex}",
            event=TEST,
            body=body_of_test(TEST, endpoint.pk, by=actor.name, at=at).decode(),
            next_attempt_at=at,
            created_at=at,
        )
        send_soon([delivery])
        _record(WebhookEvent.TESTED, actor, endpoint, at, message=delivery.message_id)
    return delivery


def replay_delivery(actor: Actor, delivery_id: UUID, *, at: datetime) -> WebhookDelivery:
    """The same message again, under the same id, with all its attempts before it. Raises EndpointOff, OnItsWay or
    WebhookNotVisible."""
    with attempt(WebhookEvent.REPLAYED, actor, subject_type="webhook_message", subject_id=delivery_id):
        delivery = access_delivery(actor, delivery_id, lock=True)
        if delivery.endpoint.stopped and delivery.event != TEST:
            raise EndpointOff
        if delivery.next_attempt_at and at - LOST < delivery.next_attempt_at < at + SOON:
            raise OnItsWay
        _renew([delivery], at)
        _record(WebhookEvent.REPLAYED, actor, delivery.endpoint, at, message=delivery.message_id)
    return delivery


def replay_failed(actor: Actor, endpoint_id: UUID, *, since: datetime, at: datetime) -> int:
    """Every message written since then that failed, oldest first, at most REPLAYED_AT_ONCE_MAX; how many there were.
    Raises EndpointOff or WebhookNotVisible."""
    with attempt(WebhookEvent.REPLAYED, actor, subject_type=WEBHOOK, subject_id=endpoint_id):
        endpoint = access_endpoint(actor, endpoint_id, lock=True)
        if endpoint.stopped:
            raise EndpointOff
        failed = access_deliveries(actor).filter(
            endpoint=endpoint, state=WebhookDelivery.State.FAILED, created_at__gte=since
        )
        deliveries = list(failed.exclude(event=TEST).order_by("created_at", "id")[:REPLAYED_AT_ONCE_MAX])
        _renew(deliveries, at)
        _record(WebhookEvent.REPLAYED, actor, endpoint, at, since=since, count=len(deliveries))
    return len(deliveries)


def _renew(deliveries: Sequence[WebhookDelivery], at: datetime) -> None:
    WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
        state=WebhookDelivery.State.WAITING, tries=0, next_attempt_at=at
    )
    send_soon(deliveries)


def _checked(url: str) -> str:
    try:
        return read_target(url).url
    except OutboundFailed as failed:
        raise AddressRefused(failed.message) from failed


def _host(url: str) -> str:
    """All that the ledger keeps of an address: paths often carry a secret."""
    try:
        return (urlsplit(url).hostname or "")[:200]
    except ValueError:
        return ""


def _record(event: WebhookEvent, actor: Actor, endpoint: WebhookEndpoint, at: datetime, **data: Any) -> None:
    record(
        event,
        actor,
        subject_type=WEBHOOK,
        subject_id=endpoint.pk,
        subject_label=endpoint.description or _host(endpoint.url),
        at=at,
        data={"host": _host(endpoint.url), **data},
    )
