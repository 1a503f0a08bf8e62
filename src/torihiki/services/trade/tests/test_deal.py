"""The whole deal on one page: from both sides the same documents and sums, each with its own books; nobody else's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.portal import does, write, write_from
from tests.world import Desk, trade
from torihiki.exchange.models import PartyView
from torihiki.exchange.partners.terms import PAYMENT_DAYS_MAX


def deal(desk: Desk, document: UUID) -> Any:
    answer = desk.get(reverse("deal", args=[document]))
    assert answer.status_code == 200
    return answer.context["deal"]


def kinds(found: Any) -> list[str]:
    return [paper.kind.code for paper in found.papers]


@pytest.fixture
def supplied(issuer: Desk, receiver: Desk) -> tuple[UUID, UUID, UUID]:
    """Ordered by the receiver, confirmed, delivered in part and received: order, confirmation, delivery."""
    order = write(receiver, "order", to=[issuer])
    confirmation = write_from(issuer, "order_response", order)
    delivery = write_from(issuer, "delivery", order)
    does(receiver, delivery, "receive")
    return order, confirmation, delivery


def test_both_sides_see_the_same_deal(
    issuer: Desk, receiver: Desk, stranger: Desk, supplied: tuple[UUID, UUID, UUID]
) -> None:
    invoice = write_from(issuer, "invoice", supplied[2])
    for start in (*supplied, invoice):
        for desk in (issuer, receiver):
            found = deal(desk, start)
            assert kinds(found) == ["order", "order_response", "delivery", "invoice"]
            assert found.sums.billed > 0
            assert len(found.lines) == 1
    assert stranger.get(reverse("deal", args=[supplied[0]])).status_code == 404
    page = receiver.get(reverse("deal", args=[invoice])).content.decode()
    assert page.count(f'href="/documents/{supplied[2]}"') >= 2, "in the table and in the history"
    assert reverse("deal", args=[invoice]) in receiver.get(reverse("document", args=[invoice])).content.decode()


def test_what_is_withdrawn_does_not_count(issuer: Desk, receiver: Desk, supplied: tuple[UUID, UUID, UUID]) -> None:
    invoice = write_from(issuer, "invoice", supplied[2])
    assert deal(issuer, invoice).sums.billed > 0
    does(issuer, invoice, "withdraw", "誤り")
    found = deal(issuer, invoice)
    assert (kinds(found)[-1], found.sums.billed) == ("invoice", 0)


def test_more_billed_than_ordered_is_shown(issuer: Desk, receiver: Desk, supplied: tuple[UUID, UUID, UUID]) -> None:
    order = supplied[0]
    invoice = write_from(issuer, "invoice", supplied[2])
    assert not deal(receiver, order).sums.is_beyond
    with receiver.acting():
        ordered = PartyView.objects.get(document_id=order).amount_minor or 0
        PartyView.objects.filter(document_id=invoice).update(amount_minor=ordered + 1)
    assert deal(receiver, order).sums.is_beyond
    assert not deal(issuer, order).sums.is_beyond, "each sees its own view"


def test_sixty_days_from_receipt(issuer: Desk, receiver: Desk, supplied: tuple[UUID, UUID, UUID]) -> None:
    invoice = write_from(issuer, "invoice", supplied[2])

    def measured(days: int) -> Any:
        with receiver.acting():
            due = timezone.localdate() + timedelta(days=days - 1)
            PartyView.objects.filter(document_id=invoice).update(due_on=due)
        return next(paper for paper in deal(receiver, invoice).papers if paper.view.document_id == invoice)

    assert (measured(PAYMENT_DAYS_MAX).days, measured(PAYMENT_DAYS_MAX).is_late_by_law) == (60, False)
    assert measured(PAYMENT_DAYS_MAX + 3).is_late_by_law, "the day of receipt counts"


def test_an_acceptance_tells_that_it_was_received(issuer: Desk, receiver: Desk) -> None:
    order = write(receiver, "order", to=[issuer])
    write_from(issuer, "order_response", order)
    acceptance = write_from(receiver, "acceptance", write_from(issuer, "delivery", order))
    invoice = write_from(issuer, "invoice", acceptance)
    found = next(paper for paper in deal(receiver, order).papers if paper.view.document_id == invoice)
    assert found.view.due_on is not None
    assert found.days == (found.view.due_on - timezone.localdate()).days + 1


def test_sellers_who_were_asked_at_once_see_no_other(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    trade(receiver, stranger)
    request = write(receiver, "rfq", to=[issuer, stranger])
    prices = {f"lines-{nth}-unit_price": "100" for nth in range(3)}
    ours, theirs = (write_from(desk, "quote", request, **prices) for desk in (issuer, stranger))
    assert {paper.view.document_id for paper in deal(receiver, request).papers} == {request, ours, theirs}
    assert {paper.view.document_id for paper in deal(issuer, request).papers} == {request, ours}
    assert str(theirs) not in issuer.get(reverse("deal", args=[request])).content.decode()
    assert issuer.get(reverse("deal", args=[theirs])).status_code == 404


def test_a_draft_is_no_deal_and_stays_out_of_one(
    issuer: Desk, receiver: Desk, supplied: tuple[UUID, UUID, UUID]
) -> None:
    draft = write_from(issuer, "invoice", supplied[2], do="save")
    assert issuer.get(reverse("deal", args=[draft])).status_code == 404
    assert draft not in {paper.view.document_id for paper in deal(issuer, supplied[0]).papers}


def test_it_costs_the_same_for_many(issuer: Desk, receiver: Desk, supplied: tuple[UUID, UUID, UUID]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            deal(receiver, supplied[0])
        return len(captured)

    few = queries()
    invoice = write_from(issuer, "invoice", supplied[2])
    does(issuer, invoice, "withdraw", "誤り")
    write_from(issuer, "invoice", supplied[2])
    assert queries() <= few + 3, "bills ask where they come from"
