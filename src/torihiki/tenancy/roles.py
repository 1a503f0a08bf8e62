"""The four database roles, and the database in which they meet: who may connect, own and see.

Only the migration role owns anything and sees past row-level security; it never serves a request. The three serving
roles own nothing, inherit nothing and get their rights on tables from the migrations, table by table.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql

DATABASE = "torihiki"

MIGRATION = "torihiki_migration"
APPLICATION = "torihiki_application"
CONSOLE = "torihiki_console"
SYSTEM = "torihiki_system"

SERVING = (APPLICATION, CONSOLE, SYSTEM)
ROLES = (MIGRATION, *SERVING)

ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"
PREPARATION_LOCK = 0x746F7269  # two machines may prepare one outside PostgreSQL at once
VERSION_MIN = 150_000


class PreparationRefused(Exception):
    """The administrator's connection cannot make the roles; the message says what it lacks."""


def prepare(admin: psycopg.Connection, passwords: Mapping[str, str], *, database: str = DATABASE) -> None:
    """Make the roles and `database`, or bring them back to what they must be; any number of times.

    `admin` is a superuser's connection in autocommit mode; `passwords` has one for each of ROLES. They travel as SCRAM
    verifiers only, so that no server log ever has one. Raises PreparationRefused.
    """
    _check(admin)
    with _one_at_a_time(admin):
        for role in ROLES:
            _make_role(admin, role, passwords[role])
        create_database(admin, database)
    with psycopg.connect(_dsn(admin, database), autocommit=True) as inside:
        hand_over(inside)


def create_database(admin: psycopg.Connection, name: str, *, template: str = "template0") -> None:
    """Make the database `name`, owned by the migration role, unless it exists. Only the four roles may connect."""
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return
    settings = sql.SQL("ENCODING 'UTF8' LOCALE 'C.UTF-8'") if template == "template0" else sql.SQL("")
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(MIGRATION), settings
        )
    )
    _grant_connections(admin, name)


def hand_over(inside: psycopg.Connection) -> None:
    """Give the connected database's schema to the migration role, and its use without creation to the others."""
    for statement in (
        sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(MIGRATION)),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(_names(SERVING)),
    ):
        inside.execute(statement)
    _grant_connections(inside, inside.info.dbname)


def _grant_connections(connection: psycopg.Connection, database: str) -> None:
    """PUBLIC neither connects nor makes temporary tables; the application does both: COPY goes by way of one."""
    name = sql.Identifier(database)
    for statement in (
        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(MIGRATION)),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, _names(SERVING)),
        sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(name, sql.Identifier(APPLICATION)),
    ):
        connection.execute(statement)


def _make_role(admin: psycopg.Connection, role: str, password: str) -> None:
    verb = "ALTER" if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() else "CREATE"
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    attributes = f"{ATTRIBUTES} {'BYPASSRLS' if role == MIGRATION else 'NOBYPASSRLS'}"
    name = sql.Identifier(role)
    admin.execute(
        sql.SQL("{} ROLE {} WITH {} PASSWORD {}").format(
            sql.SQL(verb), name, sql.SQL(attributes), sql.Literal(verifier)
        )
    )
    # A temporary table must never stand before the real one of its name, in whatever the connection serves next.
    admin.execute(sql.SQL("ALTER ROLE {} SET search_path = public, pg_temp").format(name))


def _check(admin: psycopg.Connection) -> None:
    if admin.info.server_version < VERSION_MIN:
        raise PreparationRefused("This PostgreSQL is too old: version 15 or later is needed.")
    row = admin.execute("SELECT rolsuper, rolname FROM pg_roles WHERE rolname = current_user").fetchone()
    if not row or not row[0]:
        raise PreparationRefused(
            f"The roles must be made by a superuser, because {MIGRATION} sees past row-level security; "
            f"{row[1] if row else 'this user'} is none. Connect as one, for example as postgres."
        )


@contextmanager
def _one_at_a_time(admin: psycopg.Connection) -> Iterator[None]:
    admin.execute("SELECT pg_advisory_lock(%s)", [PREPARATION_LOCK])
    try:
        yield
    finally:
        admin.execute("SELECT pg_advisory_unlock(%s)", [PREPARATION_LOCK])


def _dsn(admin: psycopg.Connection, database: str) -> str:
    return psycopg.conninfo.make_conninfo(admin.info.dsn, dbname=database, password=admin.info.password or None)


def _names(roles: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, roles))
