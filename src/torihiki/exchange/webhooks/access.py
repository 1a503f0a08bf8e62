"""The only way to fetch endpoints and messages; filtered by the actor's company here and by row-level security
underneath."""

from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from torihiki.exchange.webhooks.models import WebhookDelivery, WebhookEndpoint
from torihiki.exchange.webhooks.refusals import WebhookNotVisible
from torihiki.tenancy.actor import Actor

HAS_ENDPOINT = "SELECT EXISTS (SELECT FROM exchange_webhookendpoint WHERE company_id = %s AND stopped = '')"


def access_endpoints(actor: Actor) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(company_id=actor.company)


def has_endpoint(actor: Actor) -> bool:
    """Whether the company has one that is switched on."""
    with connection.cursor() as cursor:
        cursor.execute(HAS_ENDPOINT, [actor.company])
        return bool(cursor.fetchone()[0])


def access_endpoint(actor: Actor, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """Raises WebhookNotVisible."""
    found = access_endpoints(actor).filter(pk=endpoint_id)
    endpoint = (found.select_for_update(no_key=True) if lock else found).first()
    if endpoint is None:
        raise WebhookNotVisible
    return endpoint


def access_deliveries(actor: Actor) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(company_id=actor.company)


def access_delivery(actor: Actor, delivery_id: UUID, *, lock: bool = False) -> WebhookDelivery:
    """With its endpoint, which is locked too, and first: so everybody locks in one order. Raises WebhookNotVisible."""
    found = access_deliveries(actor).filter(pk=delivery_id)
    if lock:
        endpoint_id = found.values_list("endpoint_id", flat=True).first()
        if endpoint_id is None:
            raise WebhookNotVisible
        access_endpoint(actor, endpoint_id, lock=True)
        found = found.select_for_update(of=("self",))
    delivery = found.select_related("endpoint").first()
    if delivery is None:
        raise WebhookNotVisible
    return delivery
