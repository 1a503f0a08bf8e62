"""Whatever course deliveries, acceptances and invoices take, also at the same moment: what is open is never below zero,
and every sum is that of the documents that count."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import Desk
from torihiki.exchange.access import access_document, access_draft
from torihiki.exchange.actions.drafts import save_draft, start_draft, start_revision
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import follow, take_step
from torihiki.exchange.models import Document
from torihiki.exchange.quantities import first_body, in_context
from torihiki.exchange.specs import KINDS, Deed
from torihiki.ledger.refusals import Refused

COURSES, STEPS_MAX = 12, 12
AT_ONCE = 6

quantities = st.sampled_from([Decimal(text) for text in ("0", "0.5", "1", "1", "2", "2", "3", "15")])
moves = st.lists(
    st.tuples(
        st.sampled_from(["deliver"] * 4 + ["accept"] * 3 + ["bill"] * 2 + ["cancel", "revise", "withdraw"]),
        st.integers(0, 2),
        st.tuples(quantities, quantities, quantities),
    ),
    min_size=6,
    max_size=STEPS_MAX,
)


def send(desk: Desk, kind: str, source: UUID | None = None, to: Desk | None = None, change: Any = None) -> UUID:
    """Started from its source as the form would be, changed, sent. Raises Refused."""
    with desk.acting() as actor:
        spec = KINDS[kind]
        body = dict(spec.samples.valid)
        if source is not None:
            seen = access_document(actor, source)
            origin = next(item for item in spec.sources if item.kind == seen.view.kind)
            body = dict(first_body(seen, origin))
        if change:
            body["lines"] = [change(number, dict(line)) for number, line in enumerate(body["lines"])]
        parties = [to.party.id] if to else []
        document = start_draft(actor, spec, at=timezone.now(), body=body, recipients=parties, source_id=source)
        send_document(actor, document, revision=1, at=timezone.now())
    return document


def confirmed(buyer: Desk, seller: Desk) -> UUID:
    order = send(buyer, "order", to=seller)
    send(seller, "order_response", order)
    return order


class Course:
    """One order's deliveries, and our own books of what counts: by document, line id → quantity."""

    def __init__(self, buyer: Desk, seller: Desk) -> None:
        self.buyer, self.seller = buyer, seller
        self.order = confirmed(buyer, seller)
        self.delivered: dict[UUID, dict[str, Decimal]] = {}
        self.accepted: dict[UUID, dict[str, Decimal]] = {}
        self.lacking: dict[UUID, dict[str, Decimal]] = {}
        self.billed: dict[UUID, dict[str, Decimal]] = {}
        self.done: Counter[str] = Counter()

    def take(self, move: str, which: int, wanted: tuple[Decimal, ...]) -> None:
        by_line = {str(number + 1): quantity for number, quantity in enumerate(wanted)}
        with suppress(Refused, IndexError, StopIteration), transaction.atomic():
            getattr(self, move)(which, by_line)
            self.done[move] += 1

    def deliver(self, which: int, wanted: dict[str, Decimal]) -> None:
        body: dict[str, Decimal] = {}

        def change(_number: int, line: dict[str, Any]) -> dict[str, Any]:
            body[line["line_id"]] = wanted[line["line_id"]]
            return {**line, "quantity": str(wanted[line["line_id"]])}

        self.delivered[send(self.seller, "delivery", self.order, change=change)] = body

    def accept(self, which: int, wanted: dict[str, Decimal]) -> None:
        delivery = sorted(self.delivered)[which]
        found: dict[str, Decimal] = {}
        lacking: dict[str, Decimal] = {}

        def change(_number: int, line: dict[str, Any]) -> dict[str, Any]:
            found[line["line_id"]] = wanted[line["line_id"]]
            lacking[line["line_id"]] = max(Decimal(line["delivered"]) - wanted[line["line_id"]], Decimal(0))
            return {**line, "quantity": str(wanted[line["line_id"]]), "difference": "other"}

        acceptance = send(self.buyer, "acceptance", delivery, change=change)
        self.accepted[acceptance], self.lacking[acceptance] = found, lacking

    def bill(self, which: int, wanted: dict[str, Decimal]) -> None:
        source = [self.order, *sorted(self.delivered)][which]
        found: dict[str, Decimal] = {}

        def change(_number: int, line: dict[str, Any]) -> dict[str, Any]:
            found[line["line_id"]] = wanted[line["line_id"]]
            return {**line, "quantity": str(wanted[line["line_id"]])}

        self.billed[send(self.seller, "invoice", source, change=change)] = found

    def cancel(self, which: int, wanted: dict[str, Decimal]) -> None:
        delivery = sorted(self.delivered)[which]
        self.step(self.seller, delivery, "cancel")
        del self.delivered[delivery]

    def withdraw(self, which: int, wanted: dict[str, Decimal]) -> None:
        acceptance = sorted(self.accepted)[which]
        self.step(self.buyer, acceptance, "withdraw")
        del self.accepted[acceptance], self.lacking[acceptance]

    def revise(self, which: int, wanted: dict[str, Decimal]) -> None:
        delivery = sorted(self.delivered)[which]
        with self.seller.acting() as actor:
            start_revision(actor, delivery, at=timezone.now())
            draft = access_draft(access_document(actor, delivery))
            assert draft is not None
            lines = [{**line, "quantity": str(wanted[line["line_id"]])} for line in draft.body["lines"]]
            revision = save_draft(
                actor,
                delivery,
                body={**draft.body, "lines": lines},
                recipients=(),
                revision=draft.revision,
                reason="訂正",
                at=timezone.now(),
            )
            send_document(actor, delivery, revision=revision, at=timezone.now())
        self.delivered[delivery] = {line["line_id"]: Decimal(line["quantity"]) for line in lines}

    def step(self, desk: Desk, document: UUID, name: str) -> None:
        with desk.acting() as actor:
            version = Document.objects.get(pk=document).version
            take_step(actor, document, name, at=timezone.now(), version=version, reason="理由")

    def check(self) -> None:
        with self.buyer.acting() as actor:
            order = in_context(access_document(actor, self.order))
        ordered = {line.line_id: line.quantity for line in order.body.lines}  # type: ignore[attr-defined]
        sums = {
            "fulfils": total(self.delivered),
            "accepts": total(self.accepted),
            "lacks": total(self.lacking),
            "bills": total(self.billed),
        }
        for link, books in sums.items():
            counted = Counter({line: quantity for line, quantity in order.counted.get(link, {}).items() if quantity})
            assert counted == books, link
        for line, quantity in ordered.items():
            left = quantity + sums["lacks"][line] - sums["fulfils"][line]
            assert order.open["fulfils"][line] == left >= 0
            assert order.open["bills"][line] == max(quantity, sums["accepts"][line]) - sums["bills"][line] >= 0


def total(books: dict[UUID, dict[str, Decimal]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for by_line in books.values():
        for line, quantity in by_line.items():
            found[line] += quantity  # type: ignore[assignment]
    return +found


@settings(
    max_examples=COURSES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(course=moves)
def test_what_is_open_is_never_below_zero_and_every_sum_is_that_of_what_counts(
    issuer: Desk, receiver: Desk, course: list[tuple[str, int, tuple[Decimal, ...]]]
) -> None:
    with transaction.atomic():
        walk = Course(receiver, issuer)
        for move, which, wanted in course:
            walk.take(move, which, wanted)
            walk.check()
        transaction.set_rollback(True)


def test_what_was_delivered_again_keeps_its_reason(issuer: Desk, receiver: Desk) -> None:
    """Two are missing and delivered again; to withdraw that they were missing would be too much in all."""
    walk = Course(receiver, issuer)
    everything = {"1": Decimal(20), "2": Decimal(15), "3": Decimal(4)}
    walk.deliver(0, everything)
    walk.accept(0, everything | {"1": Decimal(18)})
    walk.deliver(0, {"1": Decimal(2)})
    walk.check()
    with pytest.raises(Refused) as refusal, transaction.atomic():
        walk.withdraw(0, {})
    assert "22" in str(refusal.value.message)
    walk.check()


@pytest.mark.django_db(transaction=True)
def test_deliveries_of_the_same_open_quantity_at_once(issuer: Desk, receiver: Desk) -> None:
    order = confirmed(receiver, issuer)
    drafts = []
    with issuer.acting() as actor:
        for _number in range(AT_ONCE):
            body = first_body(access_document(actor, order), KINDS["delivery"].sources[0])
            drafts.append(start_draft(actor, KINDS["delivery"], at=timezone.now(), body=body, source_id=order))
    start = threading.Barrier(AT_ONCE)

    def deliver(draft: UUID) -> str:
        try:
            start.wait(30)
            with issuer.acting() as actor:
                return send_document(actor, draft, revision=1, at=timezone.now())
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as people:
        outcomes = list(people.map(deliver, drafts, timeout=120))
    assert Counter(outcome.startswith("DN-") for outcome in outcomes) == {True: 1, False: AT_ONCE - 1}
    assert {outcome for outcome in outcomes if not outcome.startswith("DN-")} == {"body_invalid"}
    with issuer.acting() as actor:
        assert set(in_context(access_document(actor, order)).open["fulfils"].values()) == {Decimal(0)}


def test_only_steps_of_the_platform_follow_from_other_documents(issuer: Desk, receiver: Desk) -> None:
    order = confirmed(receiver, issuer)
    with receiver.acting() as actor:
        document = access_document(actor, order).document
        deed = Deed(actor, document, KINDS["order"], "send", timezone.now())
        with pytest.raises(AssertionError):
            follow(deed, document, "close")
        assert not follow(deed, document, "propose_change"), "it is confirmed already"
