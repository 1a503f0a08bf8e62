"""A few rows of several tables at once: one statement for each table whatever the number of its rows, so that its plan
is kept, and all of them on their way before the first answer is awaited."""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connection
from django.db.models import CharField, Field, Model, TextField
from psycopg import sql

from torihiki.tenancy.copying import Rows

Step = Rows | list[Any] | tuple[str, Sequence[Any]]


def insert(*steps: Step) -> None:
    """Write these in order, in the caller's transaction: rows of one model each, or a statement with its parameters
    whose answer nobody reads. Columns of arrays and of JSON are not for this.

    Policies, triggers and constraints hold as for any other INSERT. Raises the database's errors; then nothing more can
    be done in this transaction, or savepoint, but to undo it.
    """
    with connection.wrap_database_errors, connection.cursor() as cursor, connection.connection.pipeline():
        for step in steps:
            if isinstance(step, tuple):
                cursor.execute(*step)
            elif isinstance(step, Rows):
                if step.values:
                    _insert(cursor, step.model, step.values, itemgetter)
            elif step:
                assert isinstance(step[0], Model), "rows of one model"
                _insert(cursor, type(step[0]), step, attrgetter)
    for step in steps:
        for row in step if isinstance(step, list) else ():
            row._state.adding, row._state.db = False, connection.alias


def _insert(cursor: Any, model: type[Model], rows: Sequence[Any], getter: Any) -> None:
    statement, names, texts = _statement(model)
    columns = list(zip(*map(getter(*names), rows), strict=True))
    cursor.execute(
        statement,
        [_plain(column) if text else list(column) for column, text in zip(columns, texts, strict=True)],
    )


@lru_cache
def _statement(model: type[Model]) -> tuple[str, list[str], list[bool]]:
    """With the attributes that give its arrays, and which of these are text."""
    fields: list[Field[Any, Any]] = [field for field in model._meta.concrete_fields if not field.generated]
    types = [str(field.db_type(connection)).partition("(")[0] for field in fields]
    assert not {kind for kind in types if kind.endswith("]") or kind == "jsonb"}, f"{model.__name__} has other columns"
    statement = sql.SQL("INSERT INTO {} ({}) SELECT * FROM unnest({})").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
        sql.SQL(", ").join(sql.SQL("%s::" + kind + "[]") for kind in types),  # Django's own
    )
    return (
        statement.as_string(connection.connection),
        [field.attname for field in fields],
        [isinstance(field, CharField | TextField) for field in fields],
    )


def _plain(column: Sequence[Any]) -> list[str | None]:
    """Choices and words by their text: the driver would name an enumeration's member otherwise."""
    return [None if value is None else str(value) for value in column]
