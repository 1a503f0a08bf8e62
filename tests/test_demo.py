"""The demo's world: every state of every kind stands in it, and the same seed tells the same."""

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from tests.market import Market, close_connections
from torihiki.exchange.specs import DRAFT, KINDS
from torihiki.project.demo.world import load


@pytest.fixture(scope="module")
def documents(test_database: Any, django_db_blocker: Any) -> list[tuple[str, str, str, int]]:
    """(kind, state, number, lines) of all documents, recipients' own states among them."""
    with test_database.beside("demo") as name:
        place = Market(test_database, name)
        with django_db_blocker.unblock(), place.open():
            load(now=timezone.now())
            close_connections()
        with place.superuser() as connection:
            return connection.execute(
                "SELECT kind, state, number, (SELECT count(*) FROM exchange_line l WHERE l.document_id = d.id)"
                " FROM exchange_document d UNION ALL SELECT kind, r.state, '', 0 FROM exchange_recipient r"
                " JOIN exchange_document d ON d.id = r.document_id WHERE r.state <> ''"
            ).fetchall()


def test_every_state_of_every_kind_stands_in_it(documents: list[tuple[str, str, str, int]]) -> None:
    found = Counter((kind, state) for kind, state, _number, _lines in documents)
    print(dict(found))
    wanted = {(kind.code, state.code) for kind in KINDS.values() for state in (*kind.states, kind.state(DRAFT))}
    missing = wanted - found.keys()
    assert missing == {(kind, DRAFT) for kind in KINDS if kind != "invoice"}, sorted(missing)


def test_it_is_half_a_year_of_work(documents: list[tuple[str, str, str, int]]) -> None:
    assert len([number for _kind, _state, number, _lines in documents if number]) > 250
