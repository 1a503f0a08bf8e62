"""A member whose rights hold in one unit (clause 2-4-1): what belongs to another unit, or to none, is not there."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.portal import number_of, view_of, write, write_from
from tests.walking import WORDS, Route, routes
from tests.world import Desk, sign_in_directly
from torihiki.exchange.delivery import deliver_message
from torihiki.exchange.models import OutboxMessage
from torihiki.identity import rights
from torihiki.identity.actions.units import add_unit, change_unit
from torihiki.identity.models import Invitation, Member
from torihiki.identity.rights import units_of
from torihiki.tenancy.actor import Actor

SECRET = "西店だけの文書"
OF_A_DOCUMENT = [route for route in routes() if "document_id" in route.parameters and not route.is_api]
LISTS = ["/", "/inbox", "/outbox", "/drafts", "/search", f"/search?q={SECRET}", "/outbox.csv", "/drafts.csv"]


@pytest.fixture
def units(issuer: Desk) -> dict[str, UUID]:
    """A head office over two stores; the clerk works in the eastern one."""
    now = timezone.now()
    with issuer.acting() as actor:
        head = add_unit(actor, name="本部", code="H", parent_id=None, at=now)
        east, west = (add_unit(actor, name=name, code=name, parent_id=head.pk, at=now) for name in ("東店", "西店"))
    return {"head": head.pk, "east": east.pk, "west": west.pk}


def limit(issuer: Desk, desk: Desk, unit: UUID | None, *, only: bool = True, role: str = "clerk") -> Any:
    """On the member's page, as an administrator does it."""
    with issuer.acting():
        member = Member.objects.get(pk=desk.actor.member)
    typed = {"name": member.name, "email": member.email, "role": role, "unit": str(unit or "")}
    return issuer.post(f"/members/{member.pk}", typed | ({"unit_only": "on"} if only else {}))


def working_in(issuer: Desk, desk: Desk, unit: UUID) -> Desk:
    assert limit(issuer, desk, unit).status_code == 302
    return replace(desk, client=sign_in_directly(desk.actor))


def give(desk: Desk, document: UUID, unit: UUID | None) -> int:
    return int(desk.post(reverse("document-unit", args=[document]), {"unit": str(unit or "")}).status_code)


@pytest.fixture
def clerk(issuer: Desk, units: dict[str, UUID]) -> Desk:
    return working_in(issuer, issuer.clerk, units["east"])


@pytest.fixture
def west(issuer: Desk, receiver: Desk, units: dict[str, UUID]) -> list[UUID]:
    """Of the western store: sent, and not sent yet."""
    found = [write(issuer, "quote", to=[receiver], do=do, subject=SECRET) for do in ("send", "save")]
    for document in found:
        assert give(issuer, document, units["west"]) == 302
    return found


def addresses(route: Route, document: UUID) -> str:
    words = {name: WORDS[name]()[0] for name in route.parameters if name in WORDS}
    others = {name: UUID(int=1) for name in route.parameters if name not in WORDS}
    return route.url({**others, **words, "document_id": document})


@pytest.mark.parametrize("route", OF_A_DOCUMENT, ids=[route.name for route in OF_A_DOCUMENT])
def test_no_address_of_another_units_document_answers(clerk: Desk, west: list[UUID], route: Route) -> None:
    for document in west:
        for method in route.methods:
            answer = getattr(clerk.client, method.lower())(addresses(route, document), secure=True)
            assert answer.status_code == 404, f"{method} {route.name}"


def test_no_list_names_it(issuer: Desk, receiver: Desk, clerk: Desk, west: list[UUID]) -> None:
    own = write(clerk, "quote", to=[receiver], subject="東店の見積")
    number = number_of(issuer, west[0])
    for path in [*LISTS, "/documents/kinds/quote", f"/search?q={number}"]:
        page = clerk.get(path).content.decode()
        assert f">{number}<" not in page, path
        assert not [document for document in west if f"/documents/{document}" in page], path
        assert SECRET not in re.sub('value="[^"]*"', "", page), path
    assert str(own) in clerk.get("/outbox").content.decode()
    assert clerk.get("/drafts").context["frame"].actor.units is not None
    places = [place for section in clerk.get("/").context["frame"].sections for place in section.places]
    assert not {place.url: place.count for place in places}["/drafts"]
    for path in (f"/search?q={number}", "/documents/kinds/quote"):
        assert number in issuer.get(path).content.decode(), "the head office sees all"


def test_what_is_begun_and_what_answers_it_belongs_to_the_unit(
    issuer: Desk, receiver: Desk, clerk: Desk, units: dict[str, UUID]
) -> None:
    request = write(clerk, "rfq", to=[receiver])
    assert view_of(issuer, request).unit_id == units["east"]
    prices = {f"lines-{nth}-unit_price": "100" for nth in range(3)}
    quote = write_from(receiver, "quote", request, **prices)
    assert view_of(issuer, quote).unit_id == units["east"]
    assert clerk.get(reverse("document", args=[quote])).status_code == 200
    incoming = write(receiver, "invoice", to=[issuer])
    assert clerk.get(reverse("document", args=[incoming])).status_code == 404, "nobody's yet"
    assert give(clerk, incoming, units["east"]) == 404
    assert give(clerk, quote, units["west"]) == 403, "it would be lost to them"
    assert give(receiver, incoming, units["east"]) == 404, "not the other side's affair"
    assert give(issuer, incoming, units["head"]) == 302
    assert clerk.get(reverse("document", args=[incoming])).status_code == 404, "above is not below"
    assert give(issuer, incoming, units["east"]) == 302
    assert clerk.get(reverse("document", args=[incoming])).status_code == 200, "at the next request"
    assert "東店" not in receiver.get(reverse("document", args=[incoming])).content.decode()


def test_it_follows_the_tree_and_the_member(
    issuer: Desk, clerk: Desk, west: list[UUID], units: dict[str, UUID]
) -> None:
    address = reverse("document", args=[west[0]])
    with issuer.acting() as actor:
        change_unit(actor, units["west"], name="西店", code="W", parent_id=units["east"], at=timezone.now())
    assert clerk.get(address).status_code == 200, "below one's own now"
    with issuer.acting() as actor:
        change_unit(actor, units["west"], name="西店", code="W", parent_id=None, at=timezone.now())
    assert clerk.get(address).status_code == 404
    assert limit(issuer, clerk, units["west"]).status_code == 302
    assert clerk.get(address).status_code == 200
    assert limit(issuer, clerk, units["east"], only=False).status_code == 302
    assert clerk.get(address).status_code == 200


def test_rights_about_the_company_do_not_hold(issuer: Desk, clerk: Desk, units: dict[str, UUID]) -> None:
    assert clerk.get("/partners/new").status_code in (403, 404)
    assert clerk.get("/members").status_code == 403
    assert clerk.get("/audit").status_code == 403
    today = timezone.localdate().isoformat()
    loan = {"taker": str(issuer.viewer.actor.member), "starts_on": today, "ends_on": today, "scope-quotes": ["read"]}
    assert clerk.post("/profile/delegations", loan).status_code == 422, "a unit's rights are not lent"
    assert limit(issuer, issuer.approver, units["east"], role="administrator").status_code == 422
    assert limit(issuer, issuer.approver, None).status_code == 422
    assert limit(issuer, issuer, units["east"], role="administrator").status_code == 422


def test_an_invitation_says_it_too(issuer: Desk, units: dict[str, UUID]) -> None:
    typed = {"name": "新人", "email": "new@aoba.example", "role": "clerk", "unit_only": "on"}
    assert issuer.post("/members/invite", typed).status_code == 422
    assert issuer.post("/members/invite", typed | {"unit": str(units["east"])}).status_code == 302
    with issuer.acting():
        assert Invitation.objects.get(email="new@aoba.example").unit_only


def test_who_sees_as_the_member_sees_no_more(issuer: Desk, clerk: Desk, west: list[UUID]) -> None:
    assert issuer.post(reverse("see-as-member", args=[clerk.actor.member])).status_code == 302
    assert issuer.get(reverse("document", args=[west[0]])).status_code == 404
    assert SECRET not in issuer.get("/outbox").content.decode()


def test_nobody_is_told_or_put_in_charge_of_what_they_do_not_see(
    issuer: Desk, receiver: Desk, clerk: Desk, west: list[UUID], units: dict[str, UUID], settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with issuer.acting():
        address = Member.objects.get(pk=clerk.actor.member).email
    charge = reverse("document-charge", args=[west[0]])
    assert issuer.post(charge, {"member": str(clerk.actor.member)}).status_code == 422
    hand_over = reverse("hand-over", args=[issuer.actor.member])
    assert issuer.post(hand_over, {"taker": str(clerk.actor.member)}).status_code == 422, "nothing of that unit"

    def told(document: UUID) -> set[str]:
        mail.outbox = []
        with issuer.acting() as actor:
            message = OutboxMessage.objects.filter(target_id=actor.company, subject_id=document).latest("at")
            OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=None)
        deliver_message.func(message_id=str(message.pk), company_id=str(message.target_id))
        return {to for sent in mail.outbox for to in sent.to}

    incoming = write(receiver, "invoice", to=[issuer])
    assert address not in told(incoming)
    assert give(issuer, incoming, units["east"]) == 302
    assert address in told(incoming)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=7), st.integers(0, 6))
def test_a_unit_and_all_below_it_and_nothing_else(tree: list[int], chosen: int) -> None:
    """Of any tree: a node is reached exactly where the way up from it meets the member's unit."""
    ids = [UUID(int=nth + 1) for nth in range(len(tree))]
    parents = {ids[nth]: ids[parent] if parent < nth else None for nth, parent in enumerate(tree)}
    own = ids[chosen % len(ids)]

    def up(unit: UUID | None) -> list[UUID]:
        return [unit, *up(parents[unit])] if unit else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rights, "access_units", lambda actor: _Rows(parents))
        reached = units_of(Actor(), Member(unit_id=own, unit_only=True))
    assert reached == frozenset(unit for unit in ids if own in up(unit))


class _Rows:
    def __init__(self, parents: dict[UUID, UUID | None]) -> None:
        self.parents = parents

    def values_list(self, *_names: str) -> list[tuple[UUID, UUID | None]]:
        return list(self.parents.items())
