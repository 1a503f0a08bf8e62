"""What a good programmer reaches without a platform: the same rows into the same tables in one transaction, by psycopg.

The rows that one request left are read back; each further act writes copies of them under ids of their own, as the
tables' owner, past the policies: one statement for each table, all in one pipeline, after the series' row was locked.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.running import Running

# Where the rows of a document are; in an order that the keys allow.
TABLES = {
    "exchange_document": "id",
    "exchange_recipient": "document_id",
    "exchange_version": "document_id",
    "exchange_line": "document_id",
    "exchange_partyview": "document_id",
    "exchange_transition": "document_id",
    "exchange_link": "source_id",
    "exchange_outboxmessage": "subject_id",
    "exchange_writekey": "document_id",
    "ledger_entry": "subject_id",
}
NEXT = """UPDATE exchange_numberseries SET last = last + 1
WHERE company_id = %s AND kind = %s AND series = '' AND year = %s RETURNING last"""
COLUMNS = """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
AND attgenerated = '' AND attname <> 'transaction' ORDER BY attnum"""
# What psycopg does not write in binary goes as text.
AS_VALUES = """SELECT a.attname, y.typtype = 'e' OR y.typname = 'xid8'
FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BETWEEN = "{} BETWEEN {}::uuid AND {}::uuid"
MESSAGES = (
    "args ->> 'message_id' IN (SELECT id::text FROM exchange_outboxmessage WHERE {} BETWEEN {}::uuid AND {}::uuid)"
)
BLOCK_BYTES = 1 << 20
Row = dict[str, Any]


class Rows:
    """The rows of some documents, as they are to be written again."""

    def __init__(self, running: Running, documents: list[UUID]) -> None:
        self.url = running.urls["migration"]
        self.found: dict[str, list[Row]] = {}
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            for table, column in TABLES.items():
                self.found[table] = self._read(connection, table, column, documents)
            messages = [str(row["id"]) for row in self.found["exchange_outboxmessage"]]
            self.found["procrastinate_jobs"] = self._read(
                connection, "procrastinate_jobs", "args ->> 'message_id'", messages, without={"id"}
            )
            owners = {row["id"]: row for row in self.found["exchange_document"]}
        self.series = [(row["owner_id"], row["kind"], row["issued_on"].year) for row in owners.values()]
        self.count = sum(map(len, self.found.values()))

    def _read(
        self,
        connection: Any,
        table: str,
        column: str,
        ids: list[Any],
        *,
        without: frozenset[str] | set[str] = frozenset(),
    ) -> list[Row]:
        names = [row["attname"] for row in connection.execute(COLUMNS, [table])]
        wanted = sql.SQL(", ").join(sql.Identifier(name) for name in names if name not in without)
        where = sql.SQL(column) if "->>" in column else sql.Identifier(column)  # type: ignore[arg-type]
        query = sql.SQL("SELECT {} FROM {} WHERE {} = ANY (%s) ORDER BY 1").format(wanted, sql.Identifier(table), where)
        return list(connection.execute(query, [ids]).fetchall())

    def writer(self) -> Callable[[], None]:
        """One client: each call writes one copy of all rows and commits."""
        connection = psycopg.connect(self.url)
        connection.prepare_threshold = 0
        statements = [(_insert(table, rows), table, rows) for table, rows in self.found.items() if rows]

        def write() -> None:
            ids: dict[UUID, UUID] = {}
            with connection.pipeline():
                for series in self.series:
                    connection.execute(NEXT, series)
                for statement, _table, rows in statements:
                    connection.execute(statement, [value for row in rows for value in _copied(row, ids)])
                connection.commit()

        return write


def _insert(table: str, rows: list[Row]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    one = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(rows[0])))
    values = sql.SQL(", ").join([one] * len(rows))
    return sql.SQL("INSERT INTO {} ({}) VALUES {}").format(sql.Identifier(table), names, values)


KEPT = {"company_id", "owner_id", "issuer_id", "party_id", "counterparty_id", "account_id", "member_id", "assignee_id",
        "unit_id", "target_id", "audience_id"}  # fmt: skip


def _copied(row: Row, ids: dict[UUID, UUID]) -> list[Any]:
    """Ids of the documents' own rows become new ones, the same everywhere; numbers and keys become unique."""
    values: list[Any] = []
    for name, value in row.items():
        if isinstance(value, UUID) and name not in KEPT:
            values.append(ids.setdefault(value, uuid4()))
        elif name in ("number", "key") and isinstance(value, str) and value:
            values.append(f"{value[:40]}-{uuid4().hex}")
        elif name == "args":
            text = ID.sub(lambda found: str(ids.get(UUID(found[0]), found[0])), json.dumps(value))
            values.append(Jsonb(json.loads(text)))
        else:
            values.append(value)
    return values


# ---- the import's limit


def copy_seconds(running: Running, first: str, last: str) -> tuple[float, float, int]:
    """Seconds to COPY the rows that an import left into tables without keys, indexes and policies: from values, as a
    program has them, and from bytes that are encoded already. And how many rows they are.

    `first` and `last` are ids of documents written before and after: ids of version 7 are in the order of time.
    """
    with psycopg.connect(running.urls["migration"], autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS staging CASCADE")
        connection.execute("CREATE SCHEMA staging")
        contents = {
            table: _content(connection, table, column, first, last)
            for table, column in [*TABLES.items(), ("procrastinate_jobs", "")]
        }
        took = [_copied_in(connection, contents, encoded=encoded) for encoded in (False, True)]
        connection.execute("DROP SCHEMA staging CASCADE")
    return took[0], took[1], sum(len(content.values) for content in contents.values())


@dataclass
class _Content:
    """The rows of a table, as values with their types, and as COPY writes them."""

    types: list[int]
    values: list[tuple[Any, ...]]
    encoded: bytes


def _content(connection: psycopg.Connection[Any], table: str, column: str, first: str, last: str) -> _Content:
    where = sql.SQL(BETWEEN if column else MESSAGES).format(
        sql.Identifier(column or "subject_id"), sql.Literal(first), sql.Literal(last)
    )
    names = [
        sql.SQL("{0}::text AS {0}" if as_text else "{0}").format(sql.Identifier(name))
        for name, as_text in connection.execute(AS_VALUES, [table])
    ]
    select = sql.SQL("SELECT {} FROM {} WHERE {}").format(sql.SQL(", ").join(names), sql.Identifier(table), where)
    connection.execute(sql.SQL("CREATE TABLE staging.{} AS {} WITH NO DATA").format(sql.Identifier(table), select))
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(select)) as copy:
            encoded = b"".join(bytes(block) for block in copy)
        rows = cursor.execute(select).fetchall()
        types = [each.type_code for each in cursor.description or ()]
    return _Content(types, [tuple(map(_value, row)) for row in rows], encoded)


def _value(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


def _copied_in(connection: psycopg.Connection[Any], contents: dict[str, _Content], *, encoded: bool) -> float:
    for table in contents:
        connection.execute(sql.SQL("TRUNCATE staging.{}").format(sql.Identifier(table)))
    begun = time.perf_counter()
    with connection.transaction(), connection.cursor() as cursor:
        for table, content in contents.items():
            into = sql.SQL("COPY staging.{} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
            with cursor.copy(into) as copy:
                if encoded:
                    for start in range(0, len(content.encoded), BLOCK_BYTES):
                        copy.write(content.encoded[start : start + BLOCK_BYTES])
                else:
                    copy.set_types(content.types)
                    for row in content.values:
                        copy.write_row(row)
    return time.perf_counter() - begun
