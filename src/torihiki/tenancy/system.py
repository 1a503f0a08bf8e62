"""Reading as the system role, which sees ids only: for periodic jobs that then enter each company's scope."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings


def system_rows(query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Rows of one query as the system role, on a connection of its own. Raises psycopg.OperationalError where this
    process was not given the system role's URL: only workers are."""
    with psycopg.connect(settings.SYSTEM_DATABASE_URL, autocommit=True) as connection:
        return connection.execute(query, parameters).fetchall()
