"""Every table of the database has exactly one class, and the database is what the class declares: no policy, no grant
and no function more. Whether the classes themselves keep companies apart is asked in `test_walls.py`."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from psycopg.rows import scalar_row

from tests.market import Market
from tests.probing import CLASSES
from torihiki.tenancy import roles
from torihiki.tenancy.row_security import TableClass

GLOBAL = {
    "django_migrations": "which migrations ran; read and written by the migration role",
    "django_content_type": "names of models, made by migrations; no serving role reads it",
    "auth_permission": "Django's own permissions, made by migrations and not used: ours stand in identity.permissions",
    "auth_group": "as auth_permission",
    "auth_group_permissions": "as auth_permission",
    "procrastinate_jobs": "the job queue: ids only; the worker's, and the console looks; others use one function",
    "procrastinate_events": "as procrastinate_jobs",
    "procrastinate_periodic_defers": "as procrastinate_jobs",
    "procrastinate_workers": "as procrastinate_jobs",
}
"""Tables that belong to no company, each with the reason why it need not keep any apart."""

WORKED_OFF = {roles.SYSTEM: {"SELECT", "INSERT", "UPDATE", "DELETE"}}
LOOKED_AT = {roles.CONSOLE: {"SELECT"}}
GLOBAL_GRANTS = {
    "procrastinate_periodic_defers": WORKED_OFF,
    **dict.fromkeys(("procrastinate_jobs", "procrastinate_events", "procrastinate_workers"), WORKED_OFF | LOOKED_AT),
}
"""What serving roles may do on a global table; on the others nothing."""

SEES_MORE = {
    "announcements_readings": "how many have read an announcement: numbers, not who",
    "operations_company_suspend": "the console may change nothing else of a company; ends its members' sessions",
    "operations_company_resume": "as operations_company_suspend",
    "operations_company_numbers": "counts members and invitations, whose rows staff does not see",
    "operations_company_documents": "counts documents, whose rows staff does not see",
    "operations_defer_opening": "puts one kind of job into a queue, for an opening that is there",
    "operations_opening": "what the job that opens a company needs of the operator's table",
    "operations_job_retry": "the console does not write the queue: only from failed to waiting",
    "operations_job_cancel": "as operations_job_retry: only from waiting to cancelled",
    "operations_outbox": "how many messages wait since when: of no company in particular",
    "exchange_owns": "an own document, before its view exists",
    "exchange_keeps": "an own external party, while its partner row is being written",
    "exchange_discard": "removes an own unsent document with all that hangs on it",
    "exchange_search_views": "the words' index is not usable under a policy; filters by company itself",
    "exchange_first_views": "writes the other side's view of an own document that nobody has seen yet",
    "exchange_sync_views": "writes the other side's view of a document that the acting company has",
    "exchange_invitation": "what the holder of a link may know, before there is a relationship",
    "exchange_answer_invitation": "writes for both sides at once",
    "exchange_partner_key": "a partner's key in wrapped form, to share a file with it",
    "exchange_trading_with": "whether a partner may be dealt with: its suspension is not visible",
    "exchange_due": "ids of documents whose day has passed, for the system role alone",
    "exchange_webhooks_sweep": "removes old webhook messages of all companies, for the system role alone",
    "exchange_document_kept": "counts recipients that its caller does not see; a trigger, nobody calls it",
    "identity_sign_in": "before there is an actor",
    "identity_session_open": "the session table is nobody's to read",
    "identity_session_resume": "before there is an actor",
    "identity_session_loans": "as identity_session_rights",
    "identity_session_rights": "before there is an actor; by the session's secret",
    "identity_session_units": "a session's own units; before there is an actor",
    "identity_token_resume": "before there is an actor",
    "identity_session_close": "the session table is nobody's to read",
    "identity_sessions_end": "the session table is nobody's to read",
    "identity_sessions_sweep": "the session table is nobody's to read; for the system role alone",
    "identity_sessions_end_of_member": "the session table is nobody's to read; of the acting company's members only",
    "identity_attempt_open": "half-finished sign-ins are nobody's to read; of the acting account only",
    "identity_attempt_pass": "as identity_attempt_open",
    "identity_attempt_resume": "before there is an actor",
    "identity_attempt_close": "before there is an actor",
    "identity_attempts_sweep": "as identity_attempt_open; for the system role alone",
    "identity_session_proved": "the session table is nobody's to read; of the acting account only",
    "identity_company_sessions": "what an administrator's preview needs of the own company's sessions, never a secret",
    "identity_standing": "age and lock of the own members' accounts, which are personal",
    "identity_try_count": "before there is an actor, and counted whoever asks",
    "identity_try_failed": "as identity_try_count",
    "identity_try_right": "as identity_try_count",
    "identity_tries_sweep": "as identity_try_count; for the system role alone",
    "identity_unlock": "tries are nobody's to read; at the acting company's members only",
    "identity_reset_of": "what the holder of a link may know, before there is an actor",
    "identity_mailed_sweep": "for the system role alone",
    "identity_two_step_reset": "the app is its person's own; of the acting company's members only",
    "identity_passwords_expiring": "ids of members to remind, for the system role alone",
    "identity_passkey_of": "before there is an actor: whose passkey has answered",
    "identity_challenge_use": "before there is an actor",
    "identity_challenges_sweep": "for the system role alone",
    "identity_passkey_sessions_end": "the session table is nobody's to read; of the acting company's members only",
    "identity_own_sessions": "the session table is nobody's to read; of the acting account only, never a secret",
    "identity_own_session_end": "the session table is nobody's to read; of the acting account only",
    "identity_invitation_of": "what the holder of a link may know, before there is an actor",
    "identity_login_id_taken": "login ids are unique on the platform",
    "sso_company_of": "before there is an actor: whose connection an address belongs to",
    "sso_entrance_of": "before there is an actor: whose address for signing in it is",
    "sso_by_domain": "before there is an actor: the doors that companies opened for a domain",
    "sso_flow_begin": "sign-ins under way are nobody's to read; at the acting company's connections only",
    "sso_flow_take": "before there is an actor",
    "sso_use_once": "what was used is nobody's to read; at the acting company's connections only",
    "sso_session_arrive": "sessions at providers are nobody's to read; of the acting company only",
    "sso_session_bind": "as sso_session_arrive; of the acting account only",
    "sso_session_of": "as sso_session_bind",
    "sso_sessions_end": "the session table is nobody's to read; of the acting company's connections only",
    "sso_password_sessions_end": "the session table is nobody's to read; of the acting company's members only",
    "sso_closed_to_passwords": "of the acting account's companies, before it acts for any of them",
    "sso_metadata_due": "ids of connections whose metadata is to be read anew, for the system role alone",
    "sso_session_shut": "before there is an actor: whether a session stands on none of its company's providers",
    "sso_emergency_people": "which of the own members have a password and an app, which are personal",
    "sso_emergency_over": "who asks and approves is written by functions alone; of the acting company only",
    "sso_emergency_ask": "as sso_emergency_over; in the acting person's name only",
    "sso_emergency_approve": "as sso_emergency_ask",
    "sso_emergency_end": "as sso_emergency_ask",
    "sso_sweep": "for the system role alone",
    "procrastinate_defer_jobs_v1": "puts a job into a queue that its caller cannot read",
    "procrastinate_defer_periodic_job_v2": "as procrastinate_defer_jobs_v1, once per period",
}
"""Every function that runs with its owner's rights, and what it needs them for."""


CONSOLES = {
    "announcements_readings",
    "operations_company_suspend",
    "operations_company_resume",
    "operations_company_numbers",
    "operations_company_documents",
    "operations_defer_opening",
    "operations_job_retry",
    "operations_job_cancel",
    "operations_outbox",
}
"""Those that the console calls, and nobody else does. None tells what a company wrote."""


@pytest.fixture
def catalog(market: Market) -> Iterator[psycopg.Connection[Any]]:
    with market.superuser() as connection:
        yield connection


every_class = pytest.mark.parametrize("table", CLASSES)


def test_every_table_has_exactly_one_class(catalog: psycopg.Connection[Any]) -> None:
    tables = set(column(catalog, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND " + OURS))
    assert tables - CLASSES.keys() - GLOBAL.keys() == set(), "give each model a row_security, or GLOBAL a reason"
    assert GLOBAL.keys() - tables == set(), "a line that nothing needs any more goes"
    assert CLASSES.keys() & GLOBAL.keys() == set()
    without = [model._meta.label for model in apps.get_models() if model._meta.db_table not in CLASSES.keys() | GLOBAL]
    assert without == []


def test_there_is_nothing_but_tables_to_read_from(catalog: psycopg.Connection[Any]) -> None:
    """A view would run with its owner's eyes, which no policy holds back; a foreign table has none at all."""
    assert (
        column(catalog, "SELECT relname FROM pg_class WHERE relkind NOT IN ('r', 'i', 'S', 't', 'c') AND " + OURS) == []
    )
    assert column(
        catalog, "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    ) == ["public"]


@every_class
def test_row_security_is_on_and_binds_the_owner_too(catalog: psycopg.Connection[Any], table: str) -> None:
    row = catalog.execute(
        "SELECT relrowsecurity, relforcerowsecurity, relowner::regrole::text FROM pg_class WHERE oid = %s::regclass",
        [table],
    ).fetchone()
    assert row == (True, True, roles.MIGRATION)


@every_class
def test_the_policies_are_the_declared_ones(catalog: psycopg.Connection[Any], table: str) -> None:
    """Each declared policy is made anew beside what the migrations made, and the database's own words are compared."""
    found = policies(catalog, table)
    for (name,) in catalog.execute("SELECT policyname FROM pg_policies WHERE tablename = %s", [table]).fetchall():
        catalog.execute(f'DROP POLICY "{name}" ON "{table}"'.encode())
    for policy in CLASSES[table].policies():
        catalog.execute(policy.create(table).encode())
    assert found == policies(catalog, table)


@every_class
def test_the_grants_are_the_declared_ones(catalog: psycopg.Connection[Any], table: str) -> None:
    assert grants(catalog, table) == declared(CLASSES[table])


@pytest.mark.parametrize("table", GLOBAL)
def test_the_grants_on_a_global_table_are_the_listed_ones(catalog: psycopg.Connection[Any], table: str) -> None:
    listed = {(role, command, "") for role, commands in GLOBAL_GRANTS.get(table, {}).items() for command in commands}
    assert grants(catalog, table) == listed


def test_only_the_workers_role_turns_sequences(catalog: psycopg.Connection[Any]) -> None:
    for role in (roles.APPLICATION, roles.CONSOLE):
        usable = f"CASE WHEN relkind = 'S' THEN has_sequence_privilege('{role}', oid, 'USAGE, SELECT, UPDATE') END"
        assert column(catalog, f"SELECT relname FROM pg_class WHERE {usable}") == []


def test_every_role_is_as_narrow_as_it_was_made(catalog: psycopg.Connection[Any]) -> None:
    rows = catalog.execute(
        "SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolinherit, rolbypassrls"
        " FROM pg_roles WHERE rolname LIKE 'torihiki_%' ORDER BY 1"
    ).fetchall()
    assert rows == [(role, False, role == roles.MIGRATION) for role in sorted(roles.ROLES)]
    members = "SELECT m.roleid FROM pg_auth_members m WHERE m.member::regrole::text LIKE 'torihiki_%'"
    assert column(catalog, members) == []
    for role in roles.SERVING:
        owned = f"SELECT relname FROM pg_class WHERE relowner = '{role}'::regrole"
        assert column(catalog, owned) == []
        assert not column(catalog, f"SELECT 1 WHERE has_schema_privilege('{role}', 'public', 'CREATE')")
        assert not column(catalog, f"SELECT 1 WHERE has_database_privilege('{role}', current_database(), 'CREATE')")
        paths = column(catalog, f"SELECT unnest(rolconfig) FROM pg_roles WHERE rolname = '{role}'")
        assert paths == ["search_path=public, pg_temp"]


def test_functions_that_see_more_are_listed_and_narrow(catalog: psycopg.Connection[Any]) -> None:
    rows = catalog.execute(
        "SELECT p.proname, p.proowner::regrole::text, p.proconfig,"
        " has_function_privilege('torihiki_console', p.oid, 'EXECUTE'),"
        " EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = 0) OR p.proacl IS NULL"
        " FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    assert {row[0] for row in rows} == SEES_MORE.keys()
    for name, owner, settings, console, everybody in rows:
        assert owner == roles.MIGRATION, name
        assert settings is not None, name
        assert settings[0] == "search_path=pg_catalog, public, pg_temp", name
        assert {*settings[1:]} <= {"plan_cache_mode=force_generic_plan"}, name
        assert console == (name in CONSOLES), name
        assert not everybody, name


def test_who_may_call_what_sees_more(catalog: psycopg.Connection[Any]) -> None:
    """Sweeping and due documents are the worker's; everything else is the application's, but for the trigger."""
    rows = catalog.execute(
        "SELECT p.proname, array_agg(r.rolname::text ORDER BY r.rolname) FILTER (WHERE r.rolname IS NOT NULL)"
        " FROM pg_proc p LEFT JOIN pg_roles r ON r.rolname = ANY (%s)"
        " AND has_function_privilege(r.oid, p.oid, 'EXECUTE')"
        " WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace GROUP BY p.oid, p.proname",
        [list(roles.SERVING)],
    ).fetchall()
    others: dict[str, list[str] | None] = {
        **{name: [roles.CONSOLE] for name in CONSOLES},
        "operations_opening": [roles.SYSTEM],
        "exchange_due": [roles.SYSTEM],
        "exchange_webhooks_sweep": [roles.SYSTEM],
        "identity_sessions_sweep": [roles.SYSTEM],
        "sso_metadata_due": [roles.SYSTEM],
        "sso_sweep": [roles.SYSTEM],
        "identity_attempts_sweep": [roles.SYSTEM],
        "identity_tries_sweep": [roles.SYSTEM],
        "identity_mailed_sweep": [roles.SYSTEM],
        "identity_challenges_sweep": [roles.SYSTEM],
        "identity_passwords_expiring": [roles.SYSTEM],
        "exchange_document_kept": None,
        "procrastinate_defer_jobs_v1": [roles.APPLICATION, roles.SYSTEM],
        "procrastinate_defer_periodic_job_v2": [roles.APPLICATION, roles.SYSTEM],
    }
    assert dict(rows) == {name: others.get(name, [roles.APPLICATION]) for name in SEES_MORE}


def test_policies_depend_on_functions_that_nobody_can_replace(catalog: psycopg.Connection[Any]) -> None:
    """Policies name the actor by three functions of the migration role's, which read settings and nothing else."""
    owners = column(
        catalog,
        "SELECT DISTINCT proowner::regrole::text FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'actor_%'",
    )
    assert owners == [roles.MIGRATION]


# ---- each of these can fail


@pytest.mark.parametrize(
    ("statement", "test"),
    [
        ("CREATE TABLE forgotten (id int)", test_every_table_has_exactly_one_class),
        ("CREATE VIEW everything AS SELECT * FROM exchange_document", test_there_is_nothing_but_tables_to_read_from),
        ("CREATE MATERIALIZED VIEW everything AS SELECT 1 AS id", test_there_is_nothing_but_tables_to_read_from),
        ("CREATE SCHEMA aside", test_there_is_nothing_but_tables_to_read_from),
        ("ALTER FUNCTION exchange_fold(text) SECURITY DEFINER", test_functions_that_see_more_are_listed_and_narrow),
        ("ALTER FUNCTION exchange_owns(uuid) RESET search_path", test_functions_that_see_more_are_listed_and_narrow),
        ("GRANT EXECUTE ON FUNCTION exchange_owns(uuid) TO PUBLIC", test_functions_that_see_more_are_listed_and_narrow),
        ("GRANT EXECUTE ON FUNCTION exchange_due TO torihiki_application", test_who_may_call_what_sees_more),
        ("GRANT CREATE ON SCHEMA public TO torihiki_application", test_every_role_is_as_narrow_as_it_was_made),
    ],
)  # fmt: skip
def test_a_hole_in_the_catalog_is_noticed(catalog: psycopg.Connection[Any], statement: str, test: Any) -> None:
    test(catalog)
    catalog.execute(statement.encode())
    with pytest.raises(AssertionError):
        test(catalog)


@pytest.mark.parametrize(
    ("statement", "test"),
    [
        ("ALTER TABLE exchange_draft NO FORCE ROW LEVEL SECURITY", test_row_security_is_on_and_binds_the_owner_too),
        ("ALTER TABLE exchange_draft DISABLE ROW LEVEL SECURITY", test_row_security_is_on_and_binds_the_owner_too),
        ("CREATE POLICY more ON exchange_draft USING (true)", test_the_policies_are_the_declared_ones),
        ("DROP POLICY application_select ON exchange_draft", test_the_policies_are_the_declared_ones),
        ("ALTER POLICY application_select ON exchange_draft TO PUBLIC", test_the_policies_are_the_declared_ones),
        ("GRANT SELECT ON exchange_draft TO PUBLIC", test_the_grants_are_the_declared_ones),
        ("GRANT TRUNCATE ON exchange_draft TO torihiki_application", test_the_grants_are_the_declared_ones),
        ("GRANT SELECT (body) ON exchange_draft TO torihiki_system", test_the_grants_are_the_declared_ones),
        ("REVOKE DELETE ON exchange_draft FROM torihiki_application", test_the_grants_are_the_declared_ones),
    ],
)
def test_a_hole_in_a_table_is_noticed(catalog: psycopg.Connection[Any], statement: str, test: Any) -> None:
    with catalog.transaction(force_rollback=True):
        test(catalog, "exchange_draft")
    catalog.execute(statement.encode())
    with pytest.raises(AssertionError):
        test(catalog, "exchange_draft")


OURS = "relnamespace = 'public'::regnamespace"


def column(catalog: psycopg.Connection[Any], query: str) -> list[Any]:
    with catalog.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def policies(catalog: psycopg.Connection[Any], table: str) -> list[Any]:
    return catalog.execute(
        "SELECT policyname, permissive, roles, cmd, qual, with_check FROM pg_policies WHERE tablename = %s ORDER BY 1",
        [table],
    ).fetchall()


def grants(catalog: psycopg.Connection[Any], table: str) -> set[tuple[str, str, str]]:
    """(role, command, column) for everybody but the owner; an empty column means all of them."""
    rows = catalog.execute(
        "SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), a.privilege_type, ''"
        " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = %(table)s::regclass AND a.grantee <> c.relowner"
        " UNION ALL SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), a.privilege_type, t.attname::text"
        " FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = %(table)s::regclass",
        {"table": table},
    ).fetchall()
    return set(rows)


def declared(table_class: TableClass) -> set[tuple[str, str, str]]:
    found = set()
    for role, commands in table_class.grants().items():
        for command in commands:
            verb, _, columns = command.partition(" ")
            names = [name.strip() for name in columns.strip("()").split(",")] if columns else [""]
            found |= {(role, verb, name) for name in names}
    return found
