"""Two planes, one code: neither answers the other's addresses, and no cookie of one is anything to the other."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.staff import Console
from tests.walking import Route, routes
from tests.world import PASSWORD, Desk
from torihiki.lib.ids import new_id
from torihiki.operations.permissions import STAFF_PERMISSIONS, StaffRole
from torihiki.project.planes import CONSOLE, PUBLIC

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SHARED = {"", "sign-in", "sign-out", "language", "announcements", "announcements/<uuid:announcement_id>"}
"""Addresses that each plane has, with views of its own."""


def console_routes() -> list[Route]:
    with override_settings(ROOT_URLCONF=CONSOLE.urls):
        return routes()


ROUTES = console_routes()
every_route = pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])


def addresses(urls: str) -> set[str]:
    return set(_addresses(get_resolver(urls).url_patterns))


def _addresses(found: list[Any]) -> Iterator[str]:
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.pattern)


def example(address: str) -> str:
    """The address with some value in place of each parameter."""
    parts = address.replace(".csv", "").split("/")
    filled = ["1" if part.startswith("<int") else str(new_id()) if part.startswith("<") else part for part in parts]
    return "/" + "/".join(filled) + (".csv" if address.endswith(".csv") else "")


# ---- every route of the console has a door


@every_route
def test_every_view_is_a_desk_of_the_staffs_or_public_for_a_reason(route: Route) -> None:
    assert route.is_desk != route.is_public
    assert not route.is_public or len(route.view.public) > 10
    held = STAFF_PERMISSIONS[StaffRole.OPERATOR]
    assert route.is_public or route.view.desk is None or route.view.desk in held, "somebody may open it"


def test_nobody_gets_past_a_desk_without_being_staff(console: Console, issuer: Desk) -> None:
    """Neither a visitor, nor a member of a company with all cookies of the portal."""
    member = Client()
    member.cookies.update(issuer.client.cookies)
    member.cookies[f"{CONSOLE.cookies}session"] = issuer.client.cookies[f"{PUBLIC.cookies}session"].value
    ids = {"company_id": new_id(), "announcement_id": new_id(), "entry_id": new_id(), "job_id": 7}
    with console.open():
        for client in (Client(), member):
            for route in ROUTES:
                for method in METHODS:
                    answer = getattr(client, method.lower())(route.url(ids), secure=True)
                    words = f"{method} {route.name}: {answer.status_code}"
                    if method not in route.allowed:
                        assert answer.status_code == 405, words
                    elif route.is_public:
                        assert answer.status_code in (200, 302, 422, 503), words
                    else:
                        assert answer.status_code == 302, words
                        assert answer["Location"].startswith("/sign-in?next="), words
    assert console.get("/companies").status_code == 200


def test_staff_may_do_only_what_its_role_holds(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its permissions every desk that asks for one refuses, and each refusal is in the operator's ledger."""
    monkeypatch.setitem(STAFF_PERMISSIONS, StaffRole.OPERATOR, frozenset())
    ids = {"company_id": new_id(), "announcement_id": new_id(), "entry_id": new_id(), "job_id": 7}
    asked = [(route, method) for route in ROUTES for method in route.methods if getattr(route.view, "desk", None)]
    with console.open():
        for route, method in asked:
            answer = getattr(console.client, method.lower())(route.url(ids), secure=True)
            assert answer.status_code == 403, f"{method} {route.name}: {answer.status_code}"
    assert console.events() == ["ledger.refused"] * len(asked)


# ---- neither plane knows the other


def test_no_address_of_the_console_is_answered_by_the_portal(issuer: Desk) -> None:
    only = addresses(CONSOLE.urls) - addresses(PUBLIC.urls)
    assert len(only) > 12
    for address in only:
        assert issuer.get(example(address)).status_code == 404, address
    for address in addresses(CONSOLE.urls) & addresses(PUBLIC.urls):
        assert address in SHARED or address.startswith("audit"), f"{address} means two things"


def test_no_address_of_the_portal_is_answered_by_the_console(console: Console) -> None:
    only = addresses(PUBLIC.urls) - addresses(CONSOLE.urls)
    assert len(only) > 30
    with console.open():
        for address in only:
            assert console.client.get(example(address), secure=True).status_code == 404, address


def test_sessions_of_one_plane_are_nothing_to_the_other(console: Console, issuer: Desk) -> None:
    names = [{plane.settings()[name] for name in plane.settings() if name.endswith("COOKIE_NAME")} for plane in PLANES]
    assert names[0].isdisjoint(names[1])
    assert len(names[0] | names[1]) == 6
    assert PUBLIC.signing_key != CONSOLE.signing_key
    token = console.client.cookies[f"{CONSOLE.cookies}session"].value
    visitor = Client()
    visitor.cookies[f"{PUBLIC.cookies}session"] = token
    visitor.cookies[f"{CONSOLE.cookies}session"] = token
    assert visitor.get("/inbox", secure=True).status_code == 302
    portals = Console(console.database)
    portals.client.cookies[f"{CONSOLE.cookies}session"] = issuer.client.cookies[f"{PUBLIC.cookies}session"].value
    assert portals.get("/companies").status_code == 302
    assert portals.sign_in(issuer.login_id, PASSWORD).status_code == 422
    answer = Client().post("/sign-in", {"login_id": "operator", "password": PASSWORD, "next": ""}, secure=True)
    assert answer.status_code == 422


def test_the_console_looks_different(console: Console, issuer: Desk) -> None:
    for page in (console.get("/"), console.get("/companies"), Console(console.database).get("/sign-in")):
        assert "運用コンソール" in page.content.decode()
        assert "is-console" in page.content.decode()
        assert page["X-Frame-Options"] == "DENY"
    assert "is-console" not in issuer.get("/").content.decode()


PLANES = (PUBLIC, CONSOLE)
