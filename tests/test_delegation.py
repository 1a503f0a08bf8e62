"""Acting in a colleague's stead, from one day to another (clause 2-4-1): both names stay, and nothing is lent that its
giver does not hold."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.portal import internally, page_of, view_of, write
from tests.world import Desk, sign_in_directly
from torihiki.exchange.models import Transition
from torihiki.identity.models import Company, Delegation, Member
from torihiki.identity.tests.deciding import Clock, clock
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor

__all__ = ["clock"]

BOTH = "営業 太郎 代理 承認 次郎"


@pytest.fixture
def careful(issuer: Desk) -> Desk:
    """The issuer, where invoices leave only after an approval."""
    with issuer.acting() as actor:
        Company.objects.filter(pk=actor.company).update(approval_kinds=["invoice"])
    return issuer


def lend(giver: Desk, taker: Desk, *permissions: str, path: str = "/profile/delegations", **days: int) -> Any:
    today = timezone.localdate()
    data: dict[str, Any] = {
        "taker": str(taker.actor.member),
        "starts_on": (today + timedelta(days=days.get("first", 0))).isoformat(),
        "ends_on": (today + timedelta(days=days.get("last", 6))).isoformat(),
    }
    for permission in permissions:
        service, _dot, action = permission.rpartition(".")
        data.setdefault(f"scope-{service}", []).append(action)
    return giver.post(path, data)


def lent(giver: Desk, taker: Desk, *permissions: str, **more: Any) -> UUID:
    answer = lend(giver, taker, *permissions, **more)
    assert answer.status_code == 302, answer.content.decode()
    with giver.acting():
        return Delegation.objects.order_by("-created_at").values_list("pk", flat=True)[0]


def waiting(careful: Desk, receiver: Desk, author: Desk) -> UUID:
    return write(author, "invoice", to=[receiver], do="submit")


def approve(desk: Desk, draft: UUID) -> int:
    sha256 = desk.get(reverse("document", args=[draft])).context["draft_sha256"]
    status: int = internally(desk, draft, "approve", sha256=sha256).status_code
    return status


def test_an_approval_in_anothers_stead_keeps_both_names(careful: Desk, receiver: Desk) -> None:
    clerk, approver = careful.clerk, careful.approver
    draft = waiting(careful, receiver, careful)  # the administrator's
    assert approve(clerk, draft) == 403
    lent(approver, clerk, "invoices.approve")
    assert "承認 次郎" in clerk.get("/").content.decode(), "whoever acts for somebody is told so"
    assert approve(clerk, draft) == 302
    assert view_of(clerk, draft).internal_state == "ready"
    assert BOTH in page_of(careful, draft)
    with careful.acting() as actor:
        assert Transition.objects.get(document_id=draft, name="approve").member_name == BOTH
        entry = Entry.objects.get(company_id=actor.company, event="document.approved")
        said = json.loads(bytes(entry.payload or b""))
    assert said["actor"] == BOTH
    assert said["account"] == str(clerk.actor.account)
    assert said["acts_for"] == {"member": str(approver.actor.member), "name": "承認 次郎"}


def test_what_one_may_do_oneself_is_done_in_ones_own_name(careful: Desk, receiver: Desk) -> None:
    lent(careful.approver, careful.clerk, "invoices.approve", "quotes.send", "quotes.draft", "quotes.read")
    quote = write(careful.clerk, "quote", to=[receiver])
    with careful.acting():
        assert Transition.objects.get(document_id=quote).member_name == "営業 太郎"
    assert " 代理 " not in page_of(receiver, quote)


def test_nobody_approves_their_own_through_a_colleague(careful: Desk, receiver: Desk) -> None:
    clerk, approver = careful.clerk, careful.approver
    lent(approver, clerk, "invoices.approve")
    of_the_giver = waiting(careful, receiver, approver)
    of_the_taker = waiting(careful, receiver, clerk)
    assert approve(clerk, of_the_giver) == 403
    assert approve(clerk, of_the_taker) == 403
    assert [view_of(careful, each).internal_state for each in (of_the_giver, of_the_taker)] == ["in_approval"] * 2


def test_it_begins_and_ends_by_the_day_in_tokyo(careful: Desk, receiver: Desk, clock: Clock) -> None:
    clerk, approver = careful.clerk, careful.approver
    lent(approver, clerk, "invoices.approve", first=1, last=1)
    midnight = timezone.localtime(clock.now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for moment, expected in (
        (midnight - timedelta(minutes=1), False),
        (midnight, True),
        (midnight + timedelta(hours=23, minutes=59), True),
        (midnight + timedelta(days=1), False),
    ):
        clock.now = moment
        page = sign_in_directly(clerk.actor).get("/profile/delegations", secure=True)
        acting: Actor = page.wsgi_request.actor  # type: ignore[attr-defined]  # a middleware sets it
        assert acting.may("invoices.approve") is expected, moment


@pytest.mark.parametrize("end", ["ended", "taken from the giver", "giver suspended"])
def test_it_ends_before_its_time(careful: Desk, receiver: Desk, end: str) -> None:
    clerk, approver = careful.clerk, careful.approver
    pk = lent(approver, clerk, "invoices.approve")
    draft = waiting(careful, receiver, careful)
    if end == "ended":
        assert clerk.post(f"/profile/delegations/{pk}/end").status_code == 302
        assert clerk.post(f"/profile/delegations/{pk}/end").status_code == 302, "twice changes nothing"
        assert careful.events().count("identity.delegation_ended") == 1
    elif end == "giver suspended":
        assert careful.post(f"/members/{approver.actor.member}/suspend").status_code == 302
    else:
        with careful.acting():
            Member.objects.filter(pk=approver.actor.member).update(role="clerk")
    assert approve(clerk, draft) == 403


def test_nobody_lends_what_they_do_not_hold_and_what_was_lent_is_not_lent_on(careful: Desk) -> None:
    clerk, approver, viewer = careful.clerk, careful.approver, careful.viewer
    assert lend(clerk, viewer, "invoices.approve").status_code == 422
    lent(approver, clerk, "invoices.approve")
    assert lend(clerk, viewer, "invoices.approve").status_code == 422
    assert lend(clerk, clerk, "invoices.read").status_code == 422
    assert lend(clerk, viewer).status_code == 422
    assert lend(clerk, viewer, "invoices.read", first=-9, last=-1).status_code == 422
    assert lend(clerk, viewer, "invoices.read", last=400).status_code == 422
    data = {"taker": str(viewer.actor.member), "starts_on": "2026-01-01", "ends_on": "9999-12-31", "scope-*": "read"}
    assert clerk.post("/profile/delegations", data).status_code == 422


def test_company_rights_are_not_lent(careful: Desk) -> None:
    clerk = careful.clerk
    data = {"taker": str(clerk.actor.member), "right-members.manage": "on", "scope-members": "manage"}
    days = {"starts_on": timezone.localdate().isoformat(), "ends_on": timezone.localdate().isoformat()}
    assert careful.post("/profile/delegations", data | days).status_code == 422
    assert clerk.get("/members").status_code == 403


def test_an_administrator_arranges_it_for_who_is_away(careful: Desk, receiver: Desk, stranger: Desk) -> None:
    clerk, approver = careful.clerk, careful.approver
    path = f"/members/{approver.actor.member}/delegations"
    assert lend(clerk, clerk, "invoices.approve", path=path).status_code == 403
    assert lend(stranger, stranger, "invoices.approve", path=path).status_code == 404
    pk = lent(careful, clerk, "invoices.approve", path=path)
    assert "営業 太郎" in approver.get("/profile/delegations").content.decode(), "the giver sees it"
    assert careful.events()[-1] == "identity.delegated"
    for foreign in (stranger, careful.viewer):
        assert foreign.post(f"/profile/delegations/{pk}/end").status_code == 404
    assert approve(clerk, waiting(careful, receiver, careful)) == 302
    assert careful.post(f"/profile/delegations/{pk}/end").status_code == 302
    assert approve(clerk, waiting(careful, receiver, careful)) == 403


def test_each_right_is_used_in_the_stead_of_who_lent_it(careful: Desk, receiver: Desk) -> None:
    """Two colleagues lend one right each to somebody who has none; and nobody acts by a right that nobody lent."""
    with careful.acting():
        Company.objects.filter(pk=careful.company).update(approval_kinds=[])
        Member.objects.filter(pk=careful.viewer.actor.member).update(role="limited")
    reader, sender, taker = careful.approver, careful.clerk, careful.viewer
    assert taker.get("/").status_code == 403
    lent(reader, taker, "quotes.read", "quotes.draft")
    assert write(taker, "quote", to=[receiver], do="save")
    lent(sender, taker, "quotes.send")
    quote = write(taker, "quote", to=[receiver])
    assert "閲覧 三郎 代理 営業 太郎" in page_of(receiver, quote)
    with careful.acting() as actor:
        said = [
            json.loads(bytes(entry.payload or b""))
            for entry in Entry.objects.filter(company_id=actor.company, subject_id=quote).order_by("at", "id")
        ]
    assert [each["acts_for"]["name"] for each in said] == ["承認 次郎", "営業 太郎"]
    assert said[-1]["actor"] == "閲覧 三郎 代理 営業 太郎"
    assert taker.get("/documents/kinds/invoice").status_code == 404
