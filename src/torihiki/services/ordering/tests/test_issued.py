"""An order and what follows from it, each written and sent in one act: the rows are those of a draft that is sent, in
few statements however many lines there are."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.market import Market
from tests.programs import Program, program_of
from tests.world import Desk
from torihiki.exchange.access import access_document
from torihiki.exchange.actions.drafts import start_draft
from torihiki.exchange.actions.issuing import issue_document
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.quantities import in_context
from torihiki.exchange.specs import KINDS
from torihiki.exchange.tests.test_bulk import stored_by
from torihiki.services.ordering.body import Answer
from torihiki.tenancy.actor import Actor, scope

Act = Callable[[Actor, str, Any, UUID | None, list[UUID], datetime], UUID]
ORDERING_QUERIES_MAX = 20
CONFIRMING_QUERIES_MAX = 29
LINES = 10


def by_draft(actor: Actor, kind: str, body: Any, source: UUID | None, recipients: list[UUID], at: datetime) -> UUID:
    made = start_draft(actor, KINDS[kind], body=body, recipients=recipients, source_id=source, at=at)
    send_document(actor, made, revision=1, at=at)
    return made


def at_once(actor: Actor, kind: str, body: Any, source: UUID | None, recipients: list[UUID], at: datetime) -> UUID:
    issued = issue_document(actor, KINDS[kind], body=body, recipients=recipients, source_id=source, at=at)
    return issued.pk


def course(buyer: Desk, seller: Desk, act: Act, at: datetime) -> None:
    """Ordered, answered twice, delivered in part, accepted with a difference and without, billed."""
    order_body = KINDS["order"].samples.valid

    def sending(desk: Desk, kind: str, source: UUID | None, change: Any = None) -> UUID:
        with scope(desk.actor) as actor:
            body = order_body if source is None else None
            if change is not None and source is not None:
                origin = next(s for s in KINDS[kind].sources if s.kind == access_document(actor, source).view.kind)
                body = dict(origin.build(in_context(access_document(actor, source))))
                body["lines"] = [{**line, **change(line)} for line in body["lines"]]
            return act(actor, kind, body, source, [seller.party.id] if source is None else [], at)

    def fewer(line: dict[str, Any]) -> dict[str, Any]:
        return {"answer": Answer.CHANGE, "quantity": str(Decimal(line["quantity"]) - 1), "reason": "在庫不足"}

    order = sending(buyer, "order", None)
    sending(seller, "order_response", order, fewer)
    sending(seller, "order_response", order)
    first = sending(seller, "delivery", order, lambda line: {"quantity": "1"})
    second = sending(seller, "delivery", order)
    sending(buyer, "acceptance", first, lambda line: {"quantity": "0", "difference": "damaged"})
    sending(buyer, "acceptance", second)
    sending(seller, "invoice", second)


def test_it_stores_what_sending_a_draft_stores(market: Market) -> None:
    buyer, seller, at = market.desks["receiver"], market.desks["issuer"], timezone.now()
    drafted = stored_by(market, buyer, lambda: course(buyer, seller, by_draft, at))
    issued = stored_by(market, buyer, lambda: course(buyer, seller, at_once, at))
    assert drafted.keys() == issued.keys()
    for table in drafted:
        assert issued[table] == drafted[table], table
    assert len(drafted["exchange_document"]) == 8


@pytest.fixture
def buyer(receiver: Desk) -> Program:
    return program_of(receiver)


@pytest.fixture
def seller(issuer: Desk) -> Program:
    return program_of(issuer)


def test_ordered_and_confirmed_in_few_statements_however_many_lines(
    buyer: Program, seller: Program, issuer: Desk
) -> None:
    counts: list[list[int]] = []
    statements: list[list[str]] = []
    for lines in (1, LINES):
        line = {"description": "米", "quantity": "2", "unit_price": "100"}
        order = {"kind": "order", "recipients": [str(issuer.party.id)], "send": True, "body": {"lines": [line] * lines}}
        with CaptureQueriesContext(connection) as ordering:
            ordered = buyer.post("documents", order)
        assert ordered.status_code == 201, ordered.content
        answer = {"kind": "order_response", "source": ordered.json()["id"], "send": True}
        with CaptureQueriesContext(connection) as answering:
            confirmed = seller.post("documents", answer)
        assert confirmed.status_code == 201, confirmed.content
        statements = [[query["sql"][:150] for query in act.captured_queries] for act in (ordering, answering)]
        counts.append([len(found) for found in statements])
        assert buyer.get(f"documents/{ordered.json()['id']}").json()["state"] == "confirmed"
    assert counts[0] == counts[1]
    for found, most in zip(statements, (ORDERING_QUERIES_MAX, CONFIRMING_QUERIES_MAX), strict=True):
        assert len(found) <= most, "\n".join(found)
