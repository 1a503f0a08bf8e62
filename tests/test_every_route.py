"""No cross-company read on any route × method (promise P6): every route is walked with other companies' ids, behind two
walls, behind either one alone, and behind none, where the walk must find something."""

import itertools
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.urls import Resolver404, resolve
from django.utils import timezone

from tests.market import Market
from tests.mutants import access_functions, replaced, without_filter
from tests.probing import CLASSES, Probe
from tests.walking import IDS, METHODS, UNREADABLE, UNSAFE, WORDS, Route, Walk, id_parameters, routes
from tests.world import Desk, add_member, sign_in_directly
from torihiki.identity.models import Company
from torihiki.identity.permissions import Role
from torihiki.lib.ids import new_id
from torihiki.tenancy import roles
from torihiki.tenancy.actor import Actor

ROUTES = routes()
EVERYBODYS_OWN = {
    "profile": "one's own name",
    "password": "one's own password",
    "sign-out": "one's own session",
    "switch-company": "one's own membership",
    "link-identity": "one's own link to the company's identity provider",
    "unlink-identity": "one's own link",
    "prove": "one's own proof",
    "end-seeing": "one's own eyes",
    "theme": "what one's own browsers show",
    "sessions": "one's own sessions",
    "end-session": "one's own sessions",
    "passkey": "one's own passkey",
    "new-passkey": "one's own passkey",
    "prove-passkey": "one's own proof",
    "own-delegations": "one's own rights, lent",
    "end-delegation": "one's own rights, lent or taken",
    "two-step": "one's own second step",
    "two-step-app": "one's own second step",
    "two-step-recovery": "one's own second step",
    "announcement-acknowledge": "one's own mark",
}
"""Desks at which every member may write, whatever the role: about themselves only."""

every_route = pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
every_desk = pytest.mark.parametrize("desk", ["stranger", "competitor", "receiver", "issuer"])


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Thousands of refusals are expected here."""
    logger = logging.getLogger("django.request")
    former, logger.disabled = logger.disabled, True
    yield
    logger.disabled = former


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture
def one_wall(founded_market: Market, django_db_blocker: Any) -> Iterator[Market]:
    """The market as a role serves it that no policy binds: only what the application filters itself keeps apart. What
    got through is undone: it would be told on other pages ever after."""
    with django_db_blocker.unblock(), founded_market.open(roles.MIGRATION), transaction.atomic():
        yield founded_market
        transaction.set_rollback(True)


# ---- every route has a door


@every_route
def test_every_view_is_a_desk_or_public_for_a_reason(route: Route) -> None:
    assert route.is_desk != route.is_public
    assert not route.is_public or len(route.view.public) > 10


@every_route
def test_every_parameter_has_ids_or_words_to_be_walked_with(route: Route) -> None:
    """A new route with a new kind of id needs a line in `walking.IDS` that says where foreign ones come from."""
    names = id_parameters(route)
    assert not names or names in IDS
    assert all(name in WORDS for name in route.parameters if name not in names)


def test_nobody_who_is_not_signed_in_gets_past_a_desk(market: Market) -> None:
    from django.test import Client

    visitor = Walk(market, Desk("nobody", market.desks["stranger"].actor, market.desks["stranger"].party, Client()))
    for route in ROUTES:
        values = {name: new_id() for name in id_parameters(route)} | visitor.words_of(route)[0]
        for method in METHODS:
            response = visitor.ask(method, route, values)
            if method not in route.allowed:
                assert response.status_code == 405, f"{method} {route.name}"
            elif route.is_public:
                assert response.status_code in (200, 302, 404, 422), f"{method} {route.name}"
            elif route.is_api:
                assert response.status_code == 401, f"{method} {route.name}"
                assert response["WWW-Authenticate"].startswith("Bearer"), route.name
            else:
                assert response.status_code == 302, f"{method} {route.name}"
                assert response["Location"].startswith("/sign-in?next="), route.name
            assert list(visitor.leaks(response, route.name, sent=set())) == []


def test_a_session_opens_no_door_of_the_api(market: Market) -> None:
    """Else any site could make a signed-in browser write."""
    desk = market.desks["issuer"]
    walk = Walk(market, replace(desk, token="", scim_token=""))
    assert desk.get("/").status_code == 200
    for route in [route for route in ROUTES if route.is_api]:
        values = {name: new_id() for name in id_parameters(route)} | walk.words_of(route)[0]
        for method in route.methods:
            assert walk.ask(method, route, values).status_code == 401, f"{method} {route.name}"


# ---- behind both walls, and behind the application's alone


def test_a_stranger_with_everybodys_ids_learns_and_changes_nothing(market: Market, long: bool) -> None:
    walk_along(market, "stranger", long)


@every_desk
def test_a_company_learns_nothing_from_its_own_pages(market: Market, long: bool, desk: str) -> None:
    walk = Walk(market, market.desks[desk], long)
    assert [*walk.on_own_pages(), *walk.with_foreign_words()] == []


def test_a_partner_with_ids_that_are_not_its_own_learns_and_changes_nothing(market: Market, long: bool) -> None:
    for desk in ("receiver", "competitor", "issuer") if long else ("competitor",):
        walk_along(market, desk, long, METHODS if long else ("GET", "POST"))


def test_the_application_alone_keeps_a_stranger_out(one_wall: Market, long: bool) -> None:
    walk_along(one_wall, "stranger", long, METHODS if long else ("GET", "POST"))


@every_desk
def test_the_application_alone_keeps_pages_apart(one_wall: Market, long: bool, desk: str) -> None:
    walk = Walk(one_wall, one_wall.desks[desk], long)
    assert [*walk.on_own_pages(), *walk.with_foreign_words()] == []


def walk_along(market: Market, desk: str, long: bool, methods: tuple[str, ...] = METHODS) -> None:
    walk = Walk(market, market.desks[desk], long)
    before = walk.hidden.digest()
    assert list(walk.with_foreign_ids(methods)) == []
    assert list(walk.with_foreign_words()) == []
    assert changed(before, walk.hidden.digest()) == []
    walked = {name for name, _method in walk.combinations}
    assert {route.name for route in ROUTES if id_parameters(route)} <= walked
    print(f"{desk}: {walk.asked} requests, {len(walk.combinations)} routes × methods")


# ---- behind the database's alone, and behind none: the walk can fail


ACCESS = {name: function for name, function in access_functions().items() if without_filter(function) is not None}
TWICE = {
    "identity.sso.access.access_users": "only of a connection that access_provider let through",
    "identity.sso.access.access_former_users": "only of a connection that access_provider let through",
    "identity.sso.access.access_groups": "only of a connection that access_provider let through",
    "identity.sso.access.access_groupings": "only of a connection that access_provider let through",
    "identity.sso.access.access_provisioning": "of a member whom access_member let through",
    "exchange.access.access_in_charge": "of a member whom access_member let through",
    "exchange.access.access_versions": "only of a document that access_document let through, up to what was shown",
    "identity.access.access_holders": "asked of a document that access_document let through, or by the platform",
    "exchange.approvals.access.access_requests": "only of a document that was let through, or with access_views",
    "exchange.approvals.access.access_seats": "only of requests that were let through, and of own members",
    "services.payments.access.access_run_lines": "only of a run, or of documents, that were let through",
    "services.payments.access.access_allocations": "only of a receipt, or of documents, that were let through",
    "services.payments.access.access_payers": "whom it names is looked up among the own partners",
    "identity.access.access_grants": "only of a member or a role that was let through",
    "exchange.partners.access.access_partner": "what it locks; what it returns comes through access_partners",
}
"""Filters whose loss another line of the same code makes up for."""


def test_the_database_alone_keeps_companies_apart(market: Market, long: bool) -> None:
    """All filters of the application at once are gone: pages may break, and still nothing is told or changed."""
    with replaced(*ACCESS.values()):
        for desk in market.desks if long else ("stranger", "receiver"):
            walk = Walk(market, market.desks[desk], long)
            walk.desk.client.raise_request_exception = False
            try:
                before = walk.hidden.digest()
                found = [*walk.with_foreign_ids(("GET", "POST")), *walk.on_own_pages()]
                assert [words for words in found if "gives away" in words] == []
                assert changed(before, walk.hidden.digest()) == []
            finally:
                walk.desk.client.raise_request_exception = True


@pytest.mark.parametrize("name", ACCESS)
def test_behind_no_wall_the_walk_finds_something(one_wall: Market, name: str, long: bool) -> None:
    if name in TWICE and not long:
        pytest.skip("to find nothing takes the whole walk: --long")
    with replaced(ACCESS[name]):
        found = first_finding(one_wall)
    print(f"{name}: {found}")
    assert bool(found) != (name in TWICE), found


def first_finding(market: Market) -> str:
    """Of the shortest walks first, of the one along every page of every own document last; an answer that breaks is one
    too."""
    walks: list[tuple[Callable[[Walk], Iterator[str]], bool]] = [
        (lambda walk: walk.on_own_pages(("document", "api-document")), True),
        (Walk.on_own_pages, False),
        (lambda walk: walk.with_foreign_ids(("GET",)), False),
        (lambda walk: walk.with_foreign_ids(("POST",)), False),
        (Walk.with_foreign_words, False),
        (Walk.on_own_pages, True),
    ]
    try:
        for (walk_on, long), desk in itertools.product(walks, ("receiver", "stranger")):
            for finding in walk_on(Walk(market, market.desks[desk], long)):
                return finding
    except Exception as error:  # whatever a page without its filter breaks with
        return f"breaks with {type(error).__name__}"
    return ""


# ---- the own company's viewer


def test_a_viewer_changes_nothing_and_each_attempt_is_in_the_ledger(market: Market) -> None:
    administrator = market.desks["receiver"]
    walk, viewer = Walk(market, administrator), Walk(market, administrator.viewer)
    before = own_digest(market, administrator)
    for route in ROUTES:
        if route.is_public or route.name in EVERYBODYS_OWN:
            continue
        for method in set(route.methods) & set(UNSAFE):
            for values in writable(walk, route)[:3]:
                count = administrator.count_entries()
                response = viewer.ask(method, route, values)
                assert response.status_code == 403, f"{method} {route.name} answers {response.status_code}"
                assert administrator.count_entries() == count + 1, route.name
                assert administrator.events()[-1] == "ledger.refused", route.name
    assert changed(before, own_digest(market, administrator)) == []


@pytest.mark.parametrize("role", [Role.LIMITED, Role.VIEWER])
def test_what_a_member_may_not_do_is_not_linked_and_not_answered(market: Market, role: Role) -> None:
    """For every desk and every page: the right that the desk asks for decides over the link and over the answer."""
    administrator = market.desks["receiver"]
    actor = administrator.colleagues[role].actor if role in administrator.colleagues else _limited(administrator)
    browser = sign_in_directly(actor)
    desk = Desk(administrator.key, actor, administrator.party, browser)
    owned, member = Walk(market, administrator), Walk(market, desk)
    refused = 0
    for route in [route for route in ROUTES if route.is_desk and not route.is_api]:
        wanted = route.view.desk
        if wanted is None or actor.may(wanted):
            if "GET" in route.methods and route.name not in UNREADABLE:
                for values in owned.own_values(route)[:2]:
                    assert forbidden_links(actor, member.ask("GET", route, values)) == [], route.name
            continue
        for method in route.methods:
            for values in writable(owned, route)[:1]:
                assert member.ask(method, route, values).status_code == 403, f"{method} {route.name}"
                refused += 1
    assert refused > 20, "there is a right for most desks"


def forbidden_links(actor: Actor, response: Any) -> list[str]:
    """Places to which the page leads and at which the actor would be refused; the name of the platform leads home."""
    found = []
    if response.get("Content-Type", "").startswith("text/html"):
        for path in set(
            re.findall(r'(?:href|action|hx-get|hx-post|formaction)="(/[^"?#]*)', response.content.decode())
        ):
            try:
                view = resolve(path).func
            except Resolver404:
                continue
            wanted = getattr(view, "desk", None)
            if wanted is not None and path != "/" and not actor.may(wanted):
                found.append(path)
    return found


def _limited(administrator: Desk) -> Actor:
    with administrator.acting():
        company = Company.objects.get(pk=administrator.company)
    return add_member(company, administrator.key, Role.LIMITED, at=timezone.now(), name="限定 五郎")


def writable(walk: Walk, route: Route) -> list[dict[str, Any]]:
    """Own values for any route, also for those that only write."""
    own = {
        ("invitation_id",): ("invitation_id", "identity_invitation"),
        ("relationship_id",): ("relationship_id", "exchange_relationship"),
        ("token_id",): ("token_id", "identity_apitoken"),
    }
    names = id_parameters(route)
    if names in own:
        name, table = own[names]
        return [{name: row["id"]} for row in walk.hidden.own(table)]
    if names == ("partner_id", "terms_id"):
        partner = walk.desk.partner(walk.market.desks["issuer"])
        return [{"partner_id": partner.pk, "terms_id": row["id"]} for row in walk.hidden.own("exchange_terms")]
    return walk.own_values(route)


def own_digest(market: Market, desk: Desk) -> dict[str, Any]:
    """All rows of the company but its ledger, and but when its tokens were used."""
    with market.superuser() as connection:
        probe = Probe(market, connection)
        tables = [
            table
            for table in CLASSES
            if table not in ("ledger_entry", "identity_session", "identity_signinattempt", "identity_tries")
        ]
        with probe.acting(desk.actor):
            return {
                table: connection.execute(
                    f"SELECT md5(coalesce(string_agg(r, '|' ORDER BY r), ''))"
                    f" FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS r FROM {table} t) rows".encode()
                ).fetchone()
                for table in tables
                if "SELECT" in CLASSES[table].commands
            }


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [table for table in before if before[table] != after[table]]
