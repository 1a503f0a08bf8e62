"""The only way to fetch routes and requests: each function filters by the actor's company itself, and row-level
security does so again underneath."""

from uuid import UUID

from django.db.models import QuerySet

from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalRoute, ApprovalSeat
from torihiki.identity.refusals import NotHere
from torihiki.tenancy.actor import Actor


def access_routes(actor: Actor) -> QuerySet[ApprovalRoute]:
    """In the order in which they are tried, also those that are switched off."""
    return ApprovalRoute.objects.filter(company_id=actor.company).order_by("position", "id")


def access_route(actor: Actor, route_id: UUID) -> ApprovalRoute:
    """Raises NotHere."""
    route = access_routes(actor).filter(pk=route_id).first()
    if route is None:
        raise NotHere
    return route


def access_requests(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Of all the company's documents: the document itself must be let through first. Newest first."""
    return ApprovalRequest.objects.filter(company_id=actor.company).order_by("-id")


def access_seats(actor: Actor) -> QuerySet[ApprovalSeat]:
    return ApprovalSeat.objects.filter(company_id=actor.company).order_by("step", "id")
