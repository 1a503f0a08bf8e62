"""Many rows at once: COPY into a temporary table, then INSERT … SELECT. COPY itself is refused on tables with row-level
security; this way policies, triggers and constraints hold as for any other INSERT."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import Connection, sql


@dataclass(frozen=True)
class Rows:
    """Rows of a model by the names of its columns' attributes, all of them: cheaper than as many instances."""

    model: type[Model]
    values: Sequence[Mapping[str, Any]]


class Copies:
    """Rows on their way into one transaction, written by a thread beside the one that makes them.

    Between `put` and the end of the `with` of `copying`, the connection belongs to that thread: the caller only makes
    further rows meanwhile, so that the database and the caller work at the same time.
    """

    def __init__(self, raw: Connection[Any], beside: ThreadPoolExecutor) -> None:
        self._raw = raw
        self._beside = beside
        self._under_way: Future[None] | None = None
        self._staged: set[str] = set()

    def put(self, *steps: "Rows | Sequence[Model] | tuple[str, Sequence[Any]]") -> None:
        """Write these in order: rows of one model each, or a statement with its parameters. Waits for what was put
        before, so that no more than two batches are in memory. Raises the database's errors of the former batch."""
        self.wait()
        self._under_way = self._beside.submit(self._write, steps)

    def wait(self) -> None:
        if self._under_way is not None:
            with connection.wrap_database_errors:
                self._under_way.result()
            self._under_way = None

    def _write(self, steps: Sequence[Any]) -> None:
        for step in steps:
            if isinstance(step, tuple):
                self._raw.execute(*step)
            elif isinstance(step, Rows):
                self._copy(step.model, step.values, itemgetter)
            elif step:
                self._copy(type(step[0]), step, attrgetter)

    def _copy(self, model: type[Model], rows: Sequence[Any], getter: Callable[..., Any]) -> None:
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        table = model._meta.db_table
        target, columns = sql.Identifier(table), sql.SQL(", ").join([sql.Identifier(str(f.column)) for f in fields])
        staged = sql.Identifier("pg_temp", f"staged_{table}")
        if table not in self._staged:
            self._raw.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                    staged, columns, target
                )
            )
            self._staged.add(table)
        with self._raw.cursor() as cursor:
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(staged, columns)) as copy:
                copy.set_types([str(field.db_type(connection)).partition("(")[0] for field in fields])
                values_of = getter(*(field.attname for field in fields))
                for row in rows:
                    copy.write_row(values_of(row))
            cursor.execute(sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2}").format(target, columns, staged))
            assert cursor.rowcount == len(rows), "every staged row is inserted"
            cursor.execute(sql.SQL("TRUNCATE {}").format(staged))

    def clear(self) -> None:
        self._raw.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in self._staged:
            self._raw.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("pg_temp", f"staged_{table}")))


@contextmanager
def copying() -> Iterator[Copies]:
    """For the open transaction of the calling thread. At the end everything is written, or an error raised."""
    assert connection.in_atomic_block, "rows are copied in their actor's transaction"
    with ThreadPoolExecutor(1, thread_name_prefix="copying") as beside:
        raw = connection.connection
        # Keys are looked up after their statement, by the thread that writes, and not when everybody waits for the end.
        raw.execute("SET CONSTRAINTS ALL IMMEDIATE")
        copies = Copies(raw, beside)
        yield copies
        copies.wait()
    copies.clear()
