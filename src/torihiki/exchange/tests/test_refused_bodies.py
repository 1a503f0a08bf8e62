"""A refused body leaves nothing behind, in any table, but the ledger's line about the refusal."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from tests.dealings import Dealings, courses, make_desks
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.approvals.requests import submit_draft
from torihiki.exchange.refusals import BodyInvalid
from torihiki.exchange.specs import KINDS
from torihiki.tenancy import roles

Rows = dict[str, tuple[int, str]]
TABLES = "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
ROWS = "SELECT {name}, count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"


def rows(connection: psycopg.Connection[Any]) -> Rows:
    """Of every table of the database, as the role that sees past every policy: how many rows, and their fingerprint."""
    tables = [table for (table,) in connection.execute(TABLES).fetchall()]
    each = [
        psycopg.sql.SQL(ROWS).format(name=psycopg.sql.Literal(table), table=psycopg.sql.Identifier(table))
        for table in tables
    ]
    found = connection.execute(psycopg.sql.SQL(" UNION ALL ").join(each)).fetchall()
    connection.rollback()
    return {table: (count, print_) for table, count, print_ in found}


@pytest.mark.django_db(transaction=True)
def test_a_refused_body_leaves_no_trace_but_its_refusal(connect_as: Callable[[str], Any]) -> None:
    dealings = Dealings(make_desks())
    everything = connect_as(roles.MIGRATION)
    for kind in KINDS.values():
        dealings.documents.clear()
        dealings.follow(courses(dealings.desks, kind)[kind.sent_state][:-1])
        for wrong, body in kind.samples.refused.items():
            document_id = dealings.draft("issuer", kind, body)
            for action in (send_document, submit_draft):
                before = rows(everything)
                assert before["exchange_draft"][0] > 0, "this role sees everything"
                with dealings.desks["issuer"].acting() as actor, pytest.raises(BodyInvalid) as refusal:
                    action(actor, document_id, revision=1, at=timezone.now())
                assert len(str(refusal.value.message)) > 10
                after = rows(everything)
                changed = {table for table in after if after[table] != before[table]}
                assert changed == {"ledger_entry"}, f"{kind.code}: {wrong}"
                assert after["ledger_entry"][0] == before["ledger_entry"][0] + 1
