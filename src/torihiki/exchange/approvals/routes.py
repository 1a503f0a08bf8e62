"""Which documents need an approval, and along which route; the routes themselves are kept by an administrator."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from torihiki.exchange.access import access_own_party
from torihiki.exchange.approvals.access import access_route, access_routes
from torihiki.exchange.approvals.models import ApprovalRoute
from torihiki.exchange.approvals.steps import RouteStep, stored
from torihiki.exchange.bodies import Body, Totals
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Party
from torihiki.exchange.refusals import RouteNameTaken
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.access import access_members, access_own_roles, access_units, lock_company
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.money import minor_units
from torihiki.tenancy.actor import Actor
from torihiki.web.formats import format_amount

ROUTE = "approval_route"
YEN = "JPY"


@dataclass(frozen=True)
class Case:
    """What of a document decides on its route. `yen` is its amount with tax; None where it is in another currency or
    cannot be summed: then no limit lets it through unseen. A kind without sums has no amount, and no limit fits it."""

    kind: Kind
    parties: frozenset[UUID]
    unit_id: UUID | None
    yen: int | None

    @classmethod
    def of(cls, kind: Kind, body: Body, parties: Iterable[UUID], unit_id: UUID | None, *, on: date) -> "Case":
        totals = kind.totals(body, on) if kind.totals is not None else None
        return cls(kind, frozenset(parties), unit_id, yen_of(totals, str(getattr(body, "currency", YEN))))


def yen_of(totals: Totals | None, currency: str) -> int | None:
    return minor_units(totals.gross, YEN) if totals is not None and currency == YEN else None


@dataclass(frozen=True)
class Need:
    """An approval that a document needs: along a route, or a plain one."""

    route: ApprovalRoute | None = None


@dataclass(frozen=True)
class Rules:
    """What a company has decided about approvals, read once for any number of documents."""

    plain: frozenset[str]  # kinds that always need one
    routes: Sequence[ApprovalRoute]
    parents: Mapping[UUID, UUID | None]  # of units, where a route asks for one

    def need(self, case: Case) -> Need | None:
        """The first route that fits, else the plain approval of the kind, else nothing."""
        route = next((route for route in self.routes if self._fits(route, case)), None)
        return Need(route) if route is not None or case.kind.code in self.plain else None

    def _fits(self, route: ApprovalRoute, case: Case) -> bool:
        limited = route.amount_from is not None or route.amount_to is not None
        amount_fits = case.kind.totals is not None and (
            case.yen is None
            or (route.amount_from or 0) <= case.yen <= (case.yen if route.amount_to is None else route.amount_to)
        )
        return (
            (not route.kinds or case.kind.code in route.kinds)
            and (not limited or amount_fits)
            and (route.unit_id is None or route.unit_id in self.units_above(case.unit_id))
            and (route.partner is None or route.partner.party_id in case.parties)
        )

    def units_above(self, unit_id: UUID | None) -> list[UUID]:
        """The unit itself first, then each one above."""
        found: list[UUID] = []
        while unit_id is not None and unit_id not in found:
            found.append(unit_id)
            unit_id = self.parents.get(unit_id)
        return found


def rules_of(actor: Actor, own: Party | None = None) -> Rules:
    """One or two queries more than `own` took, which access_own_party gave; none where the company has no routes."""
    own = own or access_own_party(actor)
    assert own.company is not None, "a member's own card"
    active = access_routes(actor).filter(stopped_at=None).select_related("partner")
    routes = list(active) if getattr(own, "has_routes", True) else []
    units = any(route.unit_id for route in routes)
    return Rules(
        plain=frozenset(own.company.approval_kinds),
        routes=routes,
        parents=dict(access_units(actor).values_list("id", "parent_id")) if units else {},
    )


def keep_route(
    actor: Actor, route_id: UUID | None, *, name: str, steps: Sequence[RouteStep], at: datetime, **conditions: Any
) -> ApprovalRoute:
    """Make a route (`route_id` None: the last in order) or change one. Requests that are under way stay as they are.
    `conditions` are kinds, amount_from, amount_to, unit_id and partner_id. Raises NotHere, RouteNameTaken."""
    with attempt(ExchangeEvent.ROUTE_KEPT, actor, subject_type=ROUTE, subject_id=route_id):
        lock_company(actor)  # names and the order depend on all routes
        if any(route.name == name and route.pk != route_id for route in access_routes(actor)):
            raise RouteNameTaken
        if route_id is None:
            last = access_routes(actor).aggregate(last=Max("position"))["last"] or 0
            route = ApprovalRoute(company_id=actor.company, position=last + 1)
        else:
            route = access_route(actor, route_id)
        before = _facts(route) if route_id else None
        route.name, route.steps = name, stored(steps)
        for condition, value in conditions.items():
            setattr(route, condition, value)
        route.changed_by, route.changed_at = actor.name, at
        if route_id is None:
            route.save(force_insert=True)
        else:
            route.save(force_update=True)
        _note(ExchangeEvent.ROUTE_KEPT, actor, route, at=at, before=before, after=_facts(route))
    return route


def raise_route(actor: Actor, route_id: UUID, *, at: datetime) -> None:
    """Let it be tried before the one that is before it now. The first stays the first. Raises NotHere."""
    with attempt(ExchangeEvent.ROUTE_KEPT, actor, subject_type=ROUTE, subject_id=route_id):
        lock_company(actor)
        access_route(actor, route_id)
        routes = list(access_routes(actor))
        place = next(place for place, route in enumerate(routes) if route.pk == route_id)
        if place == 0:
            return
        routes.insert(place - 1, routes.pop(place))
        for position, route in enumerate(routes, start=1):
            route.position = position
        ApprovalRoute.objects.bulk_update(routes, ["position"])
        _note(ExchangeEvent.ROUTE_KEPT, actor, routes[place - 1], at=at, position=place)


def switch_route(actor: Actor, route_id: UUID, *, on: bool, at: datetime) -> None:
    """Off, no document goes along it; it can be switched on again. Raises NotHere."""
    with attempt(ExchangeEvent.ROUTE_SWITCHED, actor, subject_type=ROUTE, subject_id=route_id):
        route = access_route(actor, route_id)
        if (route.stopped_at is None) == on:
            return
        route.stopped_at, route.changed_by, route.changed_at = None if on else at, actor.name, at
        route.save(update_fields=["stopped_at", "changed_by", "changed_at"])
        _note(ExchangeEvent.ROUTE_SWITCHED, actor, route, at=at, on=on)


def named(actor: Actor, steps: Sequence[RouteStep]) -> tuple[RouteStep, ...]:
    """With the names of today for roles and members; at most two queries."""
    people = {member for step in steps for member in step.members}
    roles = {step.role for step in steps if step.role is not None}
    names: dict[UUID | None, str] = {}
    if people:
        names.update(access_members(actor).filter(pk__in=people).values_list("pk", "name"))
    if roles:
        names.update(access_own_roles(actor).filter(pk__in=roles).values_list("pk", "name"))
    return tuple(
        step.model_copy(update={"called": ", ".join(_called(names, [step.role, *step.members]))[:500]})
        for step in steps
    )


def _called(names: Mapping[UUID | None, str], ids: Collection[UUID | None]) -> list[str]:
    return [names[each] for each in ids if each in names]


def conditions_of(route: ApprovalRoute) -> list[str]:
    """When it holds, in words; empty: always."""
    words = []
    if route.kinds:
        words.append(", ".join(str(KINDS[code].label) for code in route.kinds if code in KINDS))
    if route.amount_from is not None:
        words.append(_("from %(amount)s") % {"amount": format_amount(route.amount_from, YEN)})
    if route.amount_to is not None:
        words.append(_("up to %(amount)s") % {"amount": format_amount(route.amount_to, YEN)})
    if route.unit is not None:
        words.append(route.unit.name)
    if route.partner is not None:
        words.append(str(route.partner))
    return words


def _facts(route: ApprovalRoute) -> dict[str, Any]:
    names = ("name", "kinds", "amount_from", "amount_to", "unit_id", "partner_id", "steps")
    return {name: getattr(route, name) for name in names}


def _note(event: ExchangeEvent, actor: Actor, route: ApprovalRoute, *, at: datetime, **data: Any) -> None:
    record(event, actor, at=at, subject_type=ROUTE, subject_id=route.pk, subject_label=route.name, data=data)
