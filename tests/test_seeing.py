"""An administrator sees the portal as a member does (clause 2-4-1): with that member's rights, changing nothing."""

from typing import Any

import pytest
from django.utils import timezone

from tests.market import Market
from tests.portal import page_of, write
from tests.test_every_route import changed, own_digest, writable
from tests.walking import UNSAFE, Walk, routes
from tests.world import Desk, sign_in_directly
from torihiki.exchange.models import PartyView, Recipient
from torihiki.identity.models import Member
from torihiki.identity.seeing import COOKIE_NAME
from torihiki.identity.tests.deciding import Clock, clock

__all__ = ["clock"]

BAR = "さんの画面を表示しています"


def look(desk: Desk, member: Desk) -> Any:
    return desk.post(f"/members/{member.actor.member}/see")


@pytest.fixture
def seeing(receiver: Desk) -> Desk:
    """The administrator, who sees as the viewer."""
    assert look(receiver, receiver.viewer).status_code == 302
    return receiver


def test_the_members_rights_and_the_members_lists(issuer: Desk, receiver: Desk) -> None:
    document = write(issuer, "invoice", to=[receiver])
    own = receiver.get(f"/documents/{document}").content.decode()
    assert look(receiver, receiver.viewer).status_code == 302
    page = receiver.get("/").content.decode()
    assert BAR in page
    assert "閲覧 三郎" in page
    shown = page_of(receiver, document)
    assert f"/documents/{document}/steps/accept" in own
    assert f"/documents/{document}/steps/accept" not in shown
    assert receiver.get("/members").status_code == 403
    assert receiver.get("/profile").status_code == 403
    assert receiver.get("/prove").status_code == 403
    assert receiver.post("/members/seeing/end").status_code == 302
    assert receiver.get("/members").status_code == 200
    assert BAR not in receiver.get("/").content.decode()
    codes = receiver.events()
    assert codes.index("identity.seeing_begun") < codes.index("identity.seeing_ended")


def test_nothing_counts_as_opened(issuer: Desk, seeing: Desk) -> None:
    document = write(issuer, "invoice", to=[seeing])
    page_of(seeing, document)
    with issuer.acting():
        assert Recipient.objects.get(document_id=document).opened_at is None
    with seeing.acting() as actor:
        assert PartyView.objects.get(company_id=actor.company, document_id=document).read_at is None
    assert "document.opened" not in seeing.events()


def test_it_ends_by_itself_and_what_is_sent_afterwards_is_refused(receiver: Desk, clock: Clock) -> None:
    browser = Desk(receiver.key, receiver.actor, receiver.party, sign_in_directly(receiver.actor), receiver.colleagues)
    assert look(browser, browser.viewer).status_code == 302
    clock.pass_by(minutes=14, seconds=59)
    assert BAR in browser.get("/").content.decode()
    clock.pass_by(seconds=1)
    late = browser.post("/units/new", {"name": "支店", "code": "9"})
    assert late.status_code == 403, "the form was shown in other eyes"
    assert browser.get("/members").status_code == 200


def test_a_cookie_of_another_session_or_a_forged_one_changes_nothing(receiver: Desk, stranger: Desk) -> None:
    look(receiver, receiver.viewer)
    value = receiver.client.cookies[COOKIE_NAME].value
    second = sign_in_directly(receiver.actor)
    for each in (value, value[:-1] + ("A" if value[-1] != "A" else "B"), "x.y.z", "x" * 9_000, ".."):
        second.cookies[COOKIE_NAME] = each
        assert BAR not in second.get("/", secure=True).content.decode()
        assert second.get("/members", secure=True).status_code == 200
    stranger.client.cookies[COOKIE_NAME] = value
    assert BAR not in stranger.get("/").content.decode()


def test_whom_one_may_see_as(receiver: Desk, stranger: Desk) -> None:
    assert look(receiver, receiver).status_code == 409
    assert look(receiver.clerk, receiver.viewer).status_code == 403
    assert look(stranger, receiver.viewer).status_code == 404
    with receiver.acting():
        Member.objects.filter(pk=receiver.viewer.actor.member).update(suspended_at=timezone.now())
    assert look(receiver, receiver.viewer).status_code == 409


def test_who_loses_the_right_to_manage_sees_with_own_eyes_again(seeing: Desk) -> None:
    with seeing.acting():
        Member.objects.filter(pk=seeing.actor.member).update(role="clerk")
    page = seeing.get("/").content.decode()
    assert BAR not in page
    assert COOKIE_NAME not in {name for name, morsel in seeing.client.cookies.items() if morsel.value}


def test_no_door_lets_a_change_through(market: Market) -> None:
    """Every route that changes something, with values that exist."""
    desk = market.desks["receiver"]
    walk = Walk(market, desk)
    doors = [
        (method, route, values)
        for route in routes()
        if not (route.is_public or route.is_api or route.name in ("end-seeing", "sign-out"))
        for method in set(route.methods) & set(UNSAFE)
        for values in writable(walk, route)[:1]
    ]
    assert len(doors) > 60
    before = own_digest(market, desk)
    assert look(desk, desk.clerk).status_code == 302
    try:
        for method, route, values in doors:
            count = desk.count_entries()
            assert walk.ask(method, route, values).status_code == 403, f"{method} {route.name}"
            assert desk.count_entries() == count + 1, route.name
    finally:
        assert desk.post("/members/seeing/end").status_code == 302
    assert changed(before, own_digest(market, desk)) == []
