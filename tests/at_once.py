"""Many people at the same moment, each on a connection of their own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from tests.world import Desk

MANY = 50
SECONDS_MAX = 120


@pytest.fixture
def a_connection_each(db: None) -> Iterator[None]:
    """As many connections as there are threads: nobody waits for a pool instead of for a lock."""
    pool = connections["default"].settings_dict["OPTIONS"]["pool"]
    before = dict(pool)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    pool.update(max_size=MANY + 2, timeout=60)
    yield
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    pool.update(before)


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Everything at the same moment, each on a connection of its own; what each returned, or the error it raised."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            start.wait(SECONDS_MAX)
            return deed()
        except Exception as error:  # told to the test, which judges it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as people:
        return list(people.map(run, deeds, timeout=SECONDS_MAX))


def another_window(desk: Desk) -> Desk:
    """The same person in another browser: clients are not shared between threads.

    Only what is posted runs at once; pages are opened before, as the test client mixes up contexts between threads."""
    client = Client()
    client.cookies.update(desk.client.cookies)
    return Desk(desk.key, desk.actor, desk.party, client, desk.colleagues)


def statuses(answers: list[Any]) -> Counter[Any]:
    """How often which status, or which error."""
    return Counter(getattr(answer, "status_code", repr(answer)) for answer in answers)
