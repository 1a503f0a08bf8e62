"""Plain SQL against the walls: each probe tries, as the role that serves, what one company must not be able to do with
a table, and tells in words what got through. No finding means that the wall stands.

The walls' own tests ask for no finding; the faults of `test_walls.py` tear one wall down and ask for at least one.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps
from psycopg import sql
from psycopg.rows import dict_row, scalar_row

from tests import entitled
from tests.market import Market
from torihiki.lib.ids import new_id
from torihiki.tenancy import roles
from torihiki.tenancy.actor import ANNOUNCE, NOBODY, Actor, announcement
from torihiki.tenancy.row_security import TableClass

SAMPLE = 2  # foreign rows tried per table, company and writer
CLASSES: dict[str, TableClass] = {
    model._meta.db_table: model.row_security for model in apps.get_models() if hasattr(model, "row_security")
}
"""Every table that a model gives a class, by its name."""

TENANT_COLUMNS = {"company_id", "owner_id", "inviter_id", "proposed_by"}
BEHIND_SEALS = {"transaction", "position"}  # columns of the ledger that the database and the sealer fill


@dataclass(frozen=True)
class ForeignKey:
    name: str
    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]

    @property
    def naming(self) -> dict[str, str]:
        """The columns that name the parent, without those that only carry the tenant along."""
        pairs = dict(zip(self.columns, self.parent_columns, strict=True))
        if len(pairs) > 1 and not TENANT_COLUMNS & pairs.keys():
            return {self.columns[0]: self.parent_columns[0]}
        return {mine: theirs for mine, theirs in pairs.items() if len(pairs) == 1 or mine not in TENANT_COLUMNS}


class Probe:
    """Probes over one open connection of the superuser; nothing that they write stays."""

    def __init__(self, market: Market, connection: psycopg.Connection[Any]) -> None:
        self.market = market
        self.connection = connection

    # ---- the probes

    def reads(self, table: str, actors: Mapping[str, Actor] | None = None) -> list[str]:
        """Rows that SELECT shows and should not, or the other way round."""
        allowed = entitled.seen(table, CLASSES[table])
        found = []
        for name, actor in (actors or self.actors()).items():
            expected = self.keys(table, allowed, actor)
            with self.acting(actor):
                shown = self.keys(table) if self.may(roles.APPLICATION, table, "SELECT") else set()
            found += self.difference(f"{name} reads {table}", shown, expected)
        return found

    def updates(self, table: str) -> list[str]:
        """Rows that an UPDATE without any condition reaches and should not."""
        column = self.plain_column(table)
        if column is None:
            return []
        allowed = entitled.changed(table, CLASSES[table])
        statement = sql.SQL("UPDATE {} t SET {}").format(sql.Identifier(table), column)
        return self.reached(table, "changes", statement, allowed)

    def deletes(self, table: str) -> list[str]:
        if not self.may(roles.APPLICATION, table, "DELETE"):
            return []
        statement = sql.SQL("DELETE FROM {} t").format(sql.Identifier(table))
        return self.reached(table, "removes", statement, entitled.removed(table, CLASSES[table]))

    def inserts(self, table: str) -> list[str]:
        """Copies of others' rows that could be added; and, as the proof that the probe can succeed, that at least one
        copy of an own row passes."""
        if not self.may(roles.APPLICATION, table, "INSERT"):
            return []
        own = entitled.written(table)
        found, passed = [], False
        for name, actor in self.companies().items():
            for row in self.rows(table, f"NOT coalesce({own}, false)", actor, 4 * SAMPLE):
                if outcome := self.insert(table, row, actor):
                    found.append(f"{name} writes into {table} what is another's: {outcome}")
            passed = passed or any(self.insert(table, row, actor) for row in self.rows(table, own, actor, 4 * SAMPLE))
        return found if passed else [*found, f"nobody can write into {table}: the probe proves nothing"]

    def hangs(self, key: ForeignKey, role: str = roles.APPLICATION, most: int = SAMPLE) -> list[str]:
        """Own rows that can be hung on another company's parent, by adding or by moving them; `most` of either are
        tried."""
        if not (self.may(role, key.child, "INSERT") or self.may(role, key.child, "UPDATE", key.columns[0])):
            return []
        hidden = f"NOT coalesce({entitled.seen(key.parent, CLASSES[key.parent])}, false)"
        needed = key.columns if role == roles.MIGRATION else key.naming  # a key is not checked where a part is missing
        filled = sql.SQL(" AND ").join(
            sql.SQL("{} IS NOT NULL").format(sql.Identifier("t", column)) for column in needed
        )
        found = []
        for name, actor in self.companies().items():
            parents = self.rows(key.parent, hidden, actor, most)
            own = f"({entitled.written(key.child)}) AND {filled.as_string(self.connection)}"
            for child in self.rows(key.child, own, actor, most):
                for parent in parents:
                    moved = {mine: parent[theirs] for mine, theirs in key.naming.items()}
                    if None in moved.values() or self.is_own(key, child | moved, actor):
                        continue
                    words = f"{name} hangs {key.child} ({', '.join(moved)}) on another's {key.parent}"
                    if self.may(role, key.child, "INSERT") and self.insert(
                        key.child, child | moved, actor, role=role, complete=True
                    ):
                        found.append(f"{words} by adding")
                    if self.move(key.child, child, moved, actor, role):
                        found.append(f"{words} by moving")
        return found

    def staff_reads(self, table: str, staff: Actor, company: Actor | None) -> list[str]:
        """What the console shows to this member of staff, against what a grant for `company` entitles to."""
        expected: set[str] = set()
        if self.may(roles.CONSOLE, table, "SELECT"):
            if company is not None:
                expected = self.keys(table, entitled.seen_by_staff(table, CLASSES[table]), company)
            elif table in entitled.SEEN_BY_STAFF:
                expected = self.keys(table, entitled.SEEN_BY_STAFF[table], NOBODY)
        with self.acting(staff, roles.CONSOLE):
            shown = self.keys(table) if self.may(roles.CONSOLE, table, "SELECT") else set()
        return self.difference(f"staff reads {table}", shown, expected)

    def is_own(self, key: ForeignKey, child: Mapping[str, Any], actor: Actor) -> bool:
        """Whether the row hangs on a parent that the company itself has, such as its own view of a shared document."""
        named = " AND ".join(f"t.{theirs} = %({theirs}_)s" for theirs in key.parent_columns)
        pairs = zip(key.columns, key.parent_columns, strict=True)
        values = {f"{theirs}_": child[mine] for mine, theirs in pairs}
        query = f"SELECT 1 FROM {key.parent} t WHERE {named} AND ({entitled.seen(key.parent, CLASSES[key.parent])})"
        return self.connection.execute(query.encode(), values | _ids(actor)).fetchone() is not None

    # ---- how they do it

    def actors(self) -> dict[str, Actor]:
        """Every company's administrator, a job of the platform, and nobody."""
        job = Actor.system(self.market.desks["issuer"].company)
        return {**self.companies(), "nobody": NOBODY, "a job of the issuer's": job}

    def companies(self) -> dict[str, Actor]:
        return {name: desk.actor for name, desk in self.market.desks.items()}

    @contextmanager
    def acting(self, actor: Actor, role: str = roles.APPLICATION) -> Iterator[None]:
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            self.connection.execute(ANNOUNCE, announcement(actor))
            yield

    def keys(self, table: str, condition: str = entitled.ALL, actor: Actor = NOBODY) -> set[str]:
        columns = sql.SQL(", ").join(sql.Identifier("t", column) for column in self.primary_key(table))
        query = sql.SQL("SELECT ROW({})::text FROM {} t WHERE coalesce(" + condition + ", false)").format(
            columns, sql.Identifier(table)
        )
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return set(cursor.execute(query, _ids(actor)))

    def rows(self, table: str, condition: str, actor: Actor, most: int) -> list[dict[str, Any]]:
        """Some rows, spread over the whole table, as JSON would have them."""
        statement = f"SELECT to_jsonb(t) FROM {table} t WHERE {condition} ORDER BY md5(t::text) LIMIT {most}"
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return list(cursor.execute(statement.encode(), _ids(actor)))

    def insert(
        self,
        table: str,
        row: Mapping[str, Any],
        actor: Actor,
        *,
        role: str = roles.APPLICATION,
        complete: bool = False,
    ) -> str:
        """Whether the policies let a fresh copy of the row pass; with `complete`, whether the keys do so too."""
        itself = table in entitled.ITSELF and row["id"] in (str(actor.company_id), str(actor.account_id))
        fresh = {**row, **({} if itself else self.fresh(table))}
        columns = [column for column in self.columns(table) if column in fresh]
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_record(NULL::{0}, %s::jsonb)").format(
            sql.Identifier(table), names
        )
        return self.attempt(statement, [json.dumps(fresh)], actor, role, complete=complete)

    def move(self, table: str, row: Mapping[str, Any], moved: Mapping[str, Any], actor: Actor, role: str) -> str:
        if not all(self.may(role, table, "UPDATE", column) for column in moved):
            return ""
        settings = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in moved)
        keys = self.primary_key(table)
        where = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in keys)
        statement = sql.SQL("UPDATE {} SET {} WHERE {}").format(sql.Identifier(table), settings, where)
        values = [*moved.values(), *(row[column] for column in keys)]
        return self.attempt(statement, values, actor, role, complete=True)

    def attempt(self, statement: sql.Composed, values: list[Any], actor: Actor, role: str, *, complete: bool) -> str:
        """How far the statement came: empty where it was refused or did nothing."""
        with self.acting(actor, role):
            try:
                with self.connection.transaction():
                    if self.connection.execute(statement, values).rowcount == 0:
                        return ""
                    if complete:
                        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except psycopg.errors.InsufficientPrivilege:
                return ""
            except psycopg.DatabaseError as error:
                return "" if complete else f"past the policies, to {type(error).__name__}"
        return "written"

    def reached(self, table: str, verb: str, statement: sql.Composed, allowed: str) -> list[str]:
        found = []
        for name, actor in self.actors().items():
            expected = len(self.keys(table, allowed, actor))
            with self.acting(actor):
                try:
                    with self.connection.transaction():
                        count = self.connection.execute(statement).rowcount
                except psycopg.errors.InsufficientPrivilege as error:  # a trigger's, which looks at each row
                    if expected == len(self.keys(table)):
                        found.append(
                            f"{name} {verb} in {table} what only a trigger stops: {error.diag.message_primary}"
                        )
                    count = self.one_by_one(table, statement)
            if count != expected:
                found.append(f"{name} {verb} {count} rows of {table}, not {expected}")
        return found

    def one_by_one(self, table: str, statement: sql.Composed) -> int:
        columns = sql.SQL(", ").join(sql.Identifier("t", column) for column in self.primary_key(table))
        one = sql.SQL("{} WHERE ROW({})::text = %s").format(statement, columns)
        count = 0
        for key in self.keys(table):
            try:
                with self.connection.transaction():
                    count += self.connection.execute(one, [key]).rowcount
            except psycopg.errors.InsufficientPrivilege:
                continue
        return count

    def difference(self, who: str, shown: set[str], expected: set[str]) -> list[str]:
        found = [f"{who}: {len(shown - expected)} rows too many"] if shown - expected else []
        return [*found, f"{who}: {len(expected - shown)} rows missing"] if expected - shown else found

    # ---- what the catalog says

    def foreign_keys(self) -> list[ForeignKey]:
        """From tables with a class to tables with a class."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(FOREIGN_KEYS).fetchall()
        keys = [
            ForeignKey(row["name"], row["child"], tuple(row["columns"]), row["parent"], tuple(row["parent_columns"]))
            for row in found
        ]
        return [key for key in keys if key.child in CLASSES and key.parent in CLASSES]

    def primary_key(self, table: str) -> list[str]:
        return list(self._catalog(PRIMARY_KEY, table)[0])

    def columns(self, table: str) -> list[str]:
        """Those that a statement may fill."""
        return [name for name in self._catalog(COLUMNS, table) if name != "transaction"]

    def fresh(self, table: str) -> dict[str, Any]:
        """New values for what must be unique and names no other row."""
        values: dict[str, Any] = {}
        for name, kind in self._catalog(UNIQUE_COLUMNS, table):
            if name in BEHIND_SEALS and table == "ledger_entry":
                continue
            values[name] = {
                "uuid": lambda: str(new_id()),
                "bytea": lambda: "\\x" + secrets.token_hex(8),
                "int2": lambda: 10_000 + secrets.randbelow(20_000),
                "int4": lambda: 10_000 + secrets.randbelow(20_000),
            }.get(kind, lambda: secrets.token_hex(6))()
        return values

    def plain_column(self, table: str) -> sql.Composed | None:
        """An assignment that the application may make and that no key or check minds."""
        for name, kind, nullable in self._catalog(PLAIN_COLUMNS, table):
            if self.may(roles.APPLICATION, table, "UPDATE", name):
                value = "NULL" if nullable else VALUES.get(kind, "'{}'" if kind.startswith("_") else "''")
                return sql.SQL("{} = {}").format(sql.Identifier(name), sql.SQL(value))
        return None

    def may(self, role: str, table: str, command: str, column: str = "") -> bool:
        query, parameters = "SELECT has_table_privilege(%s, %s, %s)", [role, table, command]
        if column:
            query, parameters = "SELECT has_column_privilege(%s, %s, %s, %s)", [role, table, column, command]
        elif command in ("SELECT", "INSERT"):
            query = "SELECT has_any_column_privilege(%s, %s, %s)"
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return bool(cursor.execute(query.encode(), parameters).fetchone())

    def _catalog(self, query: str, table: str) -> list[Any]:
        with self.connection.cursor() as cursor:
            rows = cursor.execute(query.encode(), {"table": table}).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]


def _ids(actor: Actor) -> dict[str, Any]:
    return {"company": actor.company_id, "account": actor.account_id}


VALUES = {
    "timestamptz": "now()",
    "date": "now()",
    "int2": "1",
    "int4": "1",
    "int8": "1",
    "bool": "true",
    "jsonb": "'{}'",
}
PRIMARY_KEY = """SELECT array_agg(a.attname::text ORDER BY array_position(i.indkey::int[], a.attnum::int))
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indisprimary AND i.indrelid = %(table)s::regclass"""
COLUMNS = """SELECT attname::text FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
UNIQUE_COLUMNS = """SELECT DISTINCT a.attname::text, y.typname::text FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND (a.attnum = ANY (i.indkey)
    OR a.attname = 'login_id')  -- unique in any case, by an expression
JOIN pg_type y ON y.oid = a.atttypid
WHERE i.indisunique AND i.indrelid = %(table)s::regclass AND NOT EXISTS (
    SELECT 1 FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = i.indrelid AND a.attnum = ANY (c.conkey))"""
PLAIN_COLUMNS = """SELECT a.attname::text, y.typname::text, NOT a.attnotnull FROM pg_attribute a
JOIN pg_type y ON y.oid = a.atttypid
WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c
        WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND a.attnum = ANY (c.conkey))
    AND NOT EXISTS (SELECT 1 FROM pg_index i
        WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey))
ORDER BY a.attname NOT IN ('changed_at', 'answered_at'), EXISTS (SELECT 1 FROM pg_constraint c
        WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND a.attnum = ANY (c.conkey)), a.attnotnull, a.attnum"""
FOREIGN_KEYS = """SELECT c.conname::text AS name, c.conrelid::regclass::text AS child,
    c.confrelid::regclass::text AS parent,
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.o) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, o)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.o) AS parent_columns
FROM pg_constraint c WHERE c.contype = 'f' ORDER BY 2, 4"""
