"""The database keeps companies apart, whatever the application forgets: plain SQL as the role that serves.

What is asked of every table stands in `probing.py`. Here it is asked of the walls as they are, and of walls with one
stone taken out, where it must be noticed (the faults): a probe that cannot fail proves nothing.
"""

import itertools
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone
from psycopg import sql
from psycopg.rows import scalar_row

from tests.market import OPERATOR, STAFF_ID, Builder, Market
from tests.probing import CLASSES, Probe
from tests.world import Desk
from torihiki.exchange.specs import KINDS, RECEIVER
from torihiki.lib.ids import new_id
from torihiki.tenancy import roles
from torihiki.tenancy.actor import NOBODY, Actor
from torihiki.tenancy.row_security import OperatorOnly, Policy, Published

PROBES = {"SELECT": Probe.reads, "INSERT": Probe.inserts, "UPDATE": Probe.updates, "DELETE": Probe.deletes}

NAMES_ANOTHER = {
    ("exchange_comment", "audience_id"): "an address on own words; who has not the document reads them neither way",
    ("exchange_transition", "audience_id"): "as for comments",
    ("exchange_outboxmessage", "target_id"): "whom to tell; told is only who has a view of the document",
    ("exchange_attachmentkey", "company_id"): "the key of an own file, for whomever one gives it",
}
"""Columns by which an own row may name a company that one does not deal with, and why that tells and gives nothing."""


@pytest.fixture
def probe(market: Market) -> Iterator[Probe]:
    with market.superuser() as connection:
        yield Probe(market, connection)


every_table = pytest.mark.parametrize("table", CLASSES)


# ---- the walls as they are


@every_table
def test_a_company_sees_what_it_wrote_or_was_sent_and_nothing_else(probe: Probe, table: str) -> None:
    assert probe.reads(table) == []


@every_table
def test_a_company_changes_and_removes_only_what_is_its_own_to_change(probe: Probe, table: str) -> None:
    assert probe.updates(table) + probe.deletes(table) == []


@every_table
def test_a_company_writes_in_its_own_name_only(probe: Probe, table: str) -> None:
    assert probe.inserts(table) == []


def test_no_own_row_hangs_on_another_companys(probe: Probe) -> None:
    """But for the exceptions, of which each is still one."""
    found = {(key.child, *key.naming): hanging for key in probe.foreign_keys() if (hanging := probe.hangs(key))}
    assert found.keys() == set(NAMES_ANOTHER), found


def test_keys_that_carry_the_tenant_hold_without_any_policy(probe: Probe) -> None:
    keys = [key for key in probe.foreign_keys() if len(key.columns) > 1]
    assert len(keys) >= 13
    assert [found for key in keys for found in probe.hangs(key, roles.MIGRATION)] == []


# ---- the operator's staff


STAFF = Actor(staff_id=UUID(int=7))
CHIEF = UUID(int=8)


def grant(probe: Probe, company: UUID, *, approved_by: UUID | None = CHIEF, hours: int = 1) -> None:
    """A grant as it stands in the table, whoever wrote it."""
    probe.connection.execute(
        "INSERT INTO tenancy_accessgrant (id, staff_id, company_id, reason, requested_at, approved_by, approved_at,"
        " expires_at) VALUES (%s, %s, %s, 'call 4711', now(), %s, %s, now() + %s * interval '1 hour')",
        [new_id(), STAFF.staff_id, company, approved_by, timezone.now() if approved_by else None, hours],
    )


def staff_findings(probe: Probe, company: Actor | None, *tables: str) -> list[str]:
    return [found for table in tables or CLASSES for found in probe.staff_reads(table, STAFF, company)]


def test_without_a_grant_staff_sees_nothing_of_a_company(probe: Probe) -> None:
    assert staff_findings(probe, None) == []


@pytest.mark.parametrize("desk", ["issuer", "receiver", "competitor", "stranger"])
def test_with_a_grant_staff_sees_exactly_that_company(probe: Probe, desk: str) -> None:
    company = probe.market.desks[desk].actor
    grant(probe, company.company)
    assert staff_findings(probe, Actor(company_id=company.company)) == []


def test_a_grant_that_waits_has_ended_or_was_approved_by_its_own_user_is_none(probe: Probe) -> None:
    company = probe.market.desks["issuer"].company
    grant(probe, company, approved_by=None)
    grant(probe, company, hours=-1)
    assert staff_findings(probe, None) == []
    with pytest.raises(psycopg.errors.CheckViolation), probe.connection.transaction():
        grant(probe, company, approved_by=STAFF.staff_id)
    probe.connection.execute("ALTER TABLE tenancy_accessgrant DROP CONSTRAINT accessgrant_approved_by_another")
    grant(probe, company, approved_by=STAFF.staff_id)
    assert staff_findings(probe, None) == []


def test_nobody_approves_in_anothers_name_or_stretches_what_was_approved(probe: Probe) -> None:
    company = probe.market.desks["issuer"].company
    asked = "INSERT INTO tenancy_accessgrant (id, staff_id, company_id, reason, requested_at, approved_by, expires_at)"
    values = " VALUES (gen_random_uuid(), %s, %s, 'call 4711', now(), %s, now() + interval '1 hour')"
    approve = (
        "UPDATE tenancy_accessgrant SET approved_by = %s, approved_at = now(), expires_at = now() + interval '9 h'"
    )
    chief = Actor(staff_id=CHIEF)
    with probe.acting(STAFF, roles.CONSOLE):
        assert refused(probe, asked + values, STAFF.staff_id, company, CHIEF)
        assert refused(probe, asked + values, CHIEF, company, None)
        probe.connection.execute((asked + values).encode(), [STAFF.staff_id, company, None])
        assert refused(probe, approve, CHIEF)
        assert refused(probe, approve, STAFF.staff_id)
        with probe.acting(chief, roles.CONSOLE):
            probe.connection.execute(approve.encode(), [CHIEF])
            with probe.acting(STAFF, roles.CONSOLE):
                late = "UPDATE tenancy_accessgrant SET expires_at = now() + interval '1 year'"
                assert probe.connection.execute(late.encode()).rowcount == 0
                assert probe.keys("exchange_document") != set()


def test_staff_writes_the_operators_own_rows_and_entries_of_no_company(probe: Probe) -> None:
    entry = (
        "INSERT INTO ledger_entry (id, at, event, company_id, actor_name, subject_type, subject_label, format, salt,"
        " leaf, position) VALUES (gen_random_uuid(), now(), 'x', %s, '', '', '', 1, '', '', %s)"
    )
    announcement = (
        "INSERT INTO announcements_announcement (id, level, title_ja, title_en, text_ja, text_en, starts_at,"
        " created_at, created_by) VALUES (%(id)s, 'info', '', '', '', '', now(), now(), %(id)s)"
    )
    with probe.acting(STAFF, roles.CONSOLE):
        probe.connection.execute(entry.encode(), [None, None])
        assert refused(probe, entry, None, 5)
        assert refused(probe, entry, probe.market.desks["issuer"].company, None)
        for statement in (*OPERATOR, announcement):
            values = {"id": new_id()}
            fresh = statement.replace("'staff', 'staff', '!'", "'more', 'more', '!'").replace("('staff',", "('more',")
            if "staffsession" in statement or "companyopening" in statement:
                fresh = fresh.replace("%(id)s, now(), now())", f"'{STAFF_ID}', now(), now())")
                fresh = fresh.replace("now(), %(id)s)", f"now(), '{STAFF_ID}')")
            probe.connection.execute(fresh.encode(), values)
        for table, column in (
            ("operations_staff", "name"),
            ("operations_staffsession", "ended_at"),
            ("operations_companyopening", "name"),
            ("announcements_announcement", "withdrawn_by"),
        ):
            own = "withdrawn_at IS NULL" if column == "withdrawn_by" else "true"
            change = f"UPDATE {table} SET {column} = {column} WHERE {own}"
            assert probe.connection.execute(change.encode()).rowcount > 0, table


# ---- the system role


def test_the_system_role_sees_leaves_not_payloads_and_gives_a_position_once(probe: Probe) -> None:
    with probe.acting(NOBODY, roles.SYSTEM):
        assert probe.connection.execute("SELECT count(*) > 0 FROM (SELECT leaf FROM ledger_entry) l").fetchone() == (
            True,
        )
        assert refused(probe, "SELECT payload FROM ledger_entry")
        assert refused(probe, "UPDATE ledger_entry SET leaf = ''")
        one = "UPDATE ledger_entry SET position = 1 WHERE id = (SELECT id FROM ledger_entry ORDER BY id LIMIT 1)"
        assert probe.connection.execute(one.encode()).rowcount == 1
        assert probe.connection.execute(one.replace("= 1 WHERE", "= 2 WHERE").encode()).rowcount == 0


def test_outside_a_transaction_and_without_an_actor_every_table_is_empty(market: Market) -> None:
    """On a connection of its own, as a forgotten scope would leave it; also right after a scope has ended."""
    with psycopg.connect(market.url(roles.APPLICATION), autocommit=True, row_factory=scalar_row) as connection:
        for actor in (NOBODY, market.desks["issuer"].actor):
            with connection.transaction():
                connection.execute("SELECT set_config('torihiki.company', %s, true)", [str(actor.company_id or "")])
            counts = {
                table: connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
                for table, table_class in CLASSES.items()
                if "SELECT" in table_class.commands
            }
            assert set(counts.values()) == {0}


# ---- what a policy cannot say


def test_only_its_owner_changes_more_than_the_state_of_a_document(probe: Probe) -> None:
    received = "FROM exchange_partyview v WHERE v.document_id = d.id AND v.role = 'receiver' AND v.kind = 'invoice'"
    with probe.acting(probe.market.desks["receiver"].actor):
        for change in ("number = 'INV-1'", "subject = 'cheap'", "amount_minor = 1", "version = 9", "due_on = now()"):
            assert refused(probe, f"UPDATE exchange_document d SET {change} {received}"), change
        state = f"UPDATE exchange_document d SET state = 'accepted' {received}"
        assert probe.connection.execute(state.encode()).rowcount > 0


def test_a_given_number_stays(probe: Probe) -> None:
    with probe.acting(probe.market.desks["issuer"].actor):
        assert refused(
            probe,
            "UPDATE exchange_document SET number = 'INV-2026-999999' WHERE number <> '' AND owner_id = actor_company()",
        )


def test_one_of_several_sellers_asked_cannot_move_the_request_for_all(probe: Probe) -> None:
    request = one(probe, "SELECT document_id FROM exchange_recipient GROUP BY 1 HAVING count(*) > 1 LIMIT 1")
    with probe.acting(probe.market.desks["receiver"].actor):
        assert refused(probe, "UPDATE exchange_document SET state = 'closed' WHERE id = %s", request)


def test_nobody_agrees_to_an_own_proposal_and_what_was_agreed_stays(probe: Probe) -> None:
    issuer, receiver = (probe.market.desks[name].actor for name in ("issuer", "receiver"))
    waiting = "WHERE agreed_at IS NULL AND declined_at IS NULL"
    with probe.acting(issuer):
        assert refused(probe, f"UPDATE exchange_terms SET agreed_at = now(), agreed_by_name = 'みなと' {waiting}")
        assert refused(probe, "UPDATE exchange_terms SET agreed_at = NULL WHERE agreed_at IS NOT NULL")
        assert refused(probe, "UPDATE exchange_terms SET declined_at = now() WHERE agreed_at IS NOT NULL")
    with probe.acting(receiver):
        agree = f"UPDATE exchange_terms SET agreed_at = now(), agreed_by_name = 'みなと' {waiting}"
        assert probe.connection.execute(agree.encode()).rowcount == 1


def test_a_relationship_moves_only_as_either_side_may_move_it(probe: Probe) -> None:
    issuer, receiver = (probe.market.desks[name].actor for name in ("issuer", "receiver"))
    move = "UPDATE exchange_relationship SET state = %s, changed_by = actor_company() WHERE state = %s"
    with probe.acting(receiver):
        probe.connection.execute(move.encode(), ["suspended", "active"])
        with probe.acting(issuer):
            assert refused(probe, move, "active", "suspended")
            probe.connection.execute(move.encode(), ["ended", "suspended"])
            assert refused(probe, move, "active", "ended")
        assert probe.connection.execute(move.encode(), ["active", "suspended"]).rowcount == 1
    with probe.acting(issuer):
        assert refused(probe, move, "active", "invited")


def test_a_shared_file_stays_as_it_was_sent(probe: Probe) -> None:
    with probe.acting(probe.market.desks["issuer"].actor):
        shared = "WHERE company_id = actor_company() AND shared_from IS NOT NULL"
        assert probe.keys("exchange_attachment", "company_id = actor_company() AND shared_from IS NOT NULL")
        for statement in (
            f"UPDATE exchange_attachment SET shared_from = NULL {shared}",
            f"DELETE FROM exchange_attachment {shared}",
            "DELETE FROM exchange_attachmentchunk"
            f" WHERE attachment_id IN (SELECT id FROM exchange_attachment {shared})",
        ):
            assert probe.connection.execute(statement.encode()).rowcount == 0
        chunk = (
            "INSERT INTO exchange_attachmentchunk (id, attachment_id, company_id, position, ciphertext)"
            f" SELECT gen_random_uuid(), id, company_id, 99, '' FROM exchange_attachment {shared}"
        )
        assert refused(probe, chunk)


def test_positions_and_the_order_of_the_ledger_are_the_databases(probe: Probe) -> None:
    with probe.acting(probe.market.desks["issuer"].actor):
        entry = (
            "INSERT INTO ledger_entry (id, at, event, company_id, actor_name, subject_type, subject_label, format,"
            " salt, leaf, position, transaction) VALUES (gen_random_uuid(), now(), 'x', actor_company(), '', '', '', 1,"
            " '', '',"
            " %s, %s::text::xid8)"
        )
        now = one(probe, "SELECT pg_current_xact_id()::text")
        assert refused(probe, entry, 5, now)
        assert refused(probe, entry, None, "3")
        probe.connection.execute(entry.encode(), [None, now])


# ---- sellers who were asked at the same time


def test_what_one_seller_does_another_cannot_notice(market: Market) -> None:
    """Rows, counts, states, times and messages: all that the other one sees is to the last byte what it was."""
    builder, desks = Builder(market, itertools.count(7_000)), market.desks
    issuer, first, second = desks["issuer"], desks["competitor"], desks["receiver"]
    kind = next(kind for kind in KINDS.values() if kind.several_recipients)
    request = builder.draft(kind, issuer, [first.party.id, second.party.id])
    builder.send(issuer, request)
    before = everything_seen_by(market, second)
    builder.whisper(issuer, first, request)
    assert everything_seen_by(market, second) == before
    made = builder.answer(kind, first, request)
    assert made is not None
    quote, offer = made
    assert everything_seen_by(market, second) == before
    decline = next(step for step in quote.steps if step.by == RECEIVER and step.danger)
    builder.step(offer, decline, first, issuer)
    assert everything_seen_by(market, second) == before
    assert everything_seen_by(market, first) != before


def test_a_seller_that_declines_is_missed_by_no_other(market: Market) -> None:
    builder, desks = Builder(market, itertools.count(7_500)), market.desks
    kind = next(kind for kind in KINDS.values() if kind.several_recipients)
    request = builder.draft(kind, desks["issuer"], [desks["receiver"].party.id, desks["competitor"].party.id])
    builder.send(desks["issuer"], request)
    before = everything_seen_by(market, desks["receiver"])
    for step in kind.steps:
        if step.per_recipient and step.by == RECEIVER and step.danger:
            builder.step(request, step, desks["issuer"], desks["competitor"])
    assert everything_seen_by(market, desks["receiver"]) == before


# ---- functions that see past the policies


def test_functions_answer_for_the_acting_company_only(probe: Probe) -> None:
    desks = probe.market.desks
    foreign = one(
        probe, "SELECT id FROM exchange_document WHERE version = 0 AND owner_id = %s", desks["issuer"].company
    )
    sent = one(
        probe,
        "SELECT v.document_id FROM exchange_partyview v WHERE v.company_id = %s AND v.role = 'receiver' LIMIT 1",
        desks["receiver"].company,
    )
    before = digest(probe)
    with probe.acting(desks["stranger"].actor):
        for call, argument, answer in (
            ("exchange_owns(%s)", foreign, False),
            ("exchange_keeps(%s)", desks["issuer"].party.id, False),
            ("exchange_partner_key(%s)", desks["issuer"].company, None),
            ("exchange_trading_with(%s)", desks["issuer"].party.id, False),
            ("(SELECT count(*) FROM exchange_search_views(%s, 10))", "厨房", 0),
        ):
            assert one(probe, f"SELECT {call}", argument) == answer, call
        one(probe, "SELECT exchange_discard(%s)", foreign)
        one(probe, "SELECT exchange_sync_views(%s)", [sent, foreign])
        one(probe, "SELECT exchange_first_views(%s, NULL, NULL, NULL)", [sent, foreign])
        one(probe, "SELECT identity_sessions_end(%s, '')", desks["issuer"].actor.account_id)
        foreign_member = desks["issuer"].actor.member_id
        opened = "SELECT identity_session_open('x', %s, now(), NULL, '', 'password', true)"
        assert not one(probe, opened, foreign_member)
        attempted = "SELECT identity_attempt_open('x', %s, 'password', '[]', '/', now(), now())"
        assert not one(probe, attempted, foreign_member)
        assert not one(probe, "SELECT identity_unlock(%s)", foreign_member)
        for function in ("identity_standing()", "identity_company_sessions()"):
            assert not one(probe, f"SELECT count(*) FROM {function} WHERE member_id = %s", foreign_member)
        probe.connection.execute("RESET ROLE")
        assert digest(probe) == before


def test_a_temporary_table_stands_before_nothing(probe: Probe) -> None:
    """Neither policies nor functions nor a later user of the same connection fall for a table of the same name."""
    stranger = probe.market.desks["stranger"].actor
    foreign = one(probe, "SELECT id FROM exchange_document WHERE version > 0 LIMIT 1")
    with psycopg.connect(probe.market.url(roles.APPLICATION)) as connection:
        connection.execute("SELECT set_config('torihiki.company', %s, true)", [str(stranger.company_id)])
        connection.execute(
            "CREATE TEMP TABLE exchange_partyview (company_id uuid, document_id uuid, version_shown int)"
        )
        connection.execute("CREATE TEMP TABLE exchange_document (id uuid, owner_id uuid, version int)")
        connection.execute("INSERT INTO pg_temp.exchange_partyview VALUES (%s, %s, 9)", [stranger.company_id, foreign])
        connection.execute("INSERT INTO pg_temp.exchange_document VALUES (%s, %s, 0)", [foreign, stranger.company_id])
        count = connection.execute("SELECT count(*) FROM exchange_document WHERE id = %s", [foreign]).fetchone()
        assert count == (0,)
        connection.execute("SET LOCAL search_path = pg_temp, public")
        assert connection.execute("SELECT exchange_owns(%s)", [foreign]).fetchone() == (False,)
        assert connection.execute(
            "SELECT count(*) FROM public.exchange_document WHERE id = %s", [foreign]
        ).fetchone() == (0,)
        connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE own_table (id int)",
        "CREATE SCHEMA own_schema",
        "CREATE FUNCTION public.actor_company() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "SET ROLE torihiki_migration",
        "SET SESSION AUTHORIZATION torihiki_migration",
        "ALTER TABLE exchange_document DISABLE ROW LEVEL SECURITY",
        "TRUNCATE exchange_document",
        "COPY exchange_document TO '/dev/null'",
        "SELECT * FROM identity_session",
        "SELECT * FROM procrastinate_jobs",
        "SELECT * FROM tenancy_accessgrant",
        "SELECT * FROM exchange_due('quote', '{sent}', 'now', 9)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT passwd FROM pg_shadow",
        "DO $$ BEGIN PERFORM dblink_connect('x'); END $$",
        "COMMENT ON TABLE exchange_document IS 'mine'",
        "CREATE TRIGGER spy BEFORE INSERT ON exchange_comment FOR EACH ROW EXECUTE FUNCTION exchange_terms_kept()",
        "CREATE RULE spy AS ON INSERT TO exchange_comment DO INSTEAD NOTHING",
        "CREATE POLICY mine ON exchange_document USING (true)",
        "CREATE STATISTICS spy ON number, subject FROM exchange_document",
    ],
)
def test_the_application_role_can_do_nothing_but_serve(market: Market, statement: str) -> None:
    with psycopg.connect(market.url(roles.APPLICATION)) as connection:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
            connection.execute(statement.encode())
        connection.rollback()


def test_switching_the_policies_off_shows_an_error_instead_of_rows(market: Market) -> None:
    with psycopg.connect(market.url(roles.APPLICATION)) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM exchange_document")
        connection.rollback()


def test_a_number_that_a_partner_gave_cannot_be_guessed_at(probe: Probe) -> None:
    """Unique keys look at all rows: a document in the partner's name would tell, by its error, which numbers exist."""
    desks = probe.market.desks
    row = next(
        iter(probe.rows("exchange_document", "t.owner_id = %(company)s AND t.number <> ''", desks["issuer"].actor, 1))
    )
    forged = row | {"id": str(new_id()), "owner_id": str(desks["receiver"].company)}
    columns = probe.columns("exchange_document")
    names = ", ".join(columns)
    statement = (
        f"INSERT INTO exchange_document ({names}) SELECT {names}"
        " FROM jsonb_populate_record(NULL::exchange_document, %s)"
    )
    with probe.acting(desks["receiver"].actor):
        for number in (row["number"], "INV-2026-999999"):
            assert refused(probe, statement, psycopg.types.json.Jsonb(forged | {"number": number}))


# ---- faults: one stone taken out, and noticed


POLICIES = [(table, policy) for table, table_class in CLASSES.items() for policy in table_class.policies()]
HARMLESS = {
    ("identity_company", "console_select"): "true as it is: the operator knows who its customers are",
    ("tenancy_accessgrant", "console_select"): "true as it is: staff see each other's grants",
    ("ledger_entry", "system_select"): "true as it is: the sealer sees every leaf",
}
HARMLESS |= {
    (table, policy.name): "true as it is: the operator's own rows"
    for table, policy in POLICIES
    if policy.role == roles.CONSOLE and isinstance(CLASSES[table], OperatorOnly | Published)
}
"""Policies that, opened, are what they were."""


@pytest.mark.parametrize(("table", "policy"), POLICIES, ids=[f"{table}-{policy.name}" for table, policy in POLICIES])
def test_a_policy_that_is_opened_is_noticed(probe: Probe, table: str, policy: Policy) -> None:
    if (table, policy.name) in HARMLESS:
        assert "true" in (policy.using, policy.check)
        return
    opened = [
        word for word, present in (("USING (true)", policy.using), ("WITH CHECK (true)", policy.check)) if present
    ]
    probe.connection.execute(f'ALTER POLICY {policy.name} ON "{table}" {" ".join(opened)}'.encode())
    assert findings(probe, table, policy) != []


@pytest.mark.parametrize(("table", "policy"), POLICIES, ids=[f"{table}-{policy.name}" for table, policy in POLICIES])
def test_a_policy_that_is_dropped_is_noticed(probe: Probe, table: str, policy: Policy) -> None:
    probe.connection.execute(f'DROP POLICY {policy.name} ON "{table}"'.encode())
    assert findings(probe, table, policy) != []


@every_table
def test_a_table_without_row_security_is_noticed(probe: Probe, table: str) -> None:
    if not CLASSES[table].commands:
        return  # no grant at all: see test_every_table
    probe.connection.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'.encode())
    assert probe.reads(table) != []


def test_a_tenants_key_that_is_dropped_is_noticed(probe: Probe) -> None:
    for key in probe.foreign_keys():
        if len(key.columns) > 1:
            with probe.connection.transaction(force_rollback=True):
                probe.connection.execute(f'ALTER TABLE "{key.child}" DROP CONSTRAINT "{key.name}"'.encode())
                assert probe.hangs(key, roles.MIGRATION) or probe.hangs(key, roles.MIGRATION, most=16), key.name


def findings(probe: Probe, table: str, policy: Policy) -> list[str]:
    if policy.role == roles.APPLICATION:
        return PROBES[policy.command](probe, table)
    if policy.role == roles.SYSTEM:
        return failing(test_the_system_role_sees_leaves_not_payloads_and_gives_a_position_once, probe)
    if policy.command != "SELECT" and table != "tenancy_accessgrant":
        return failing(test_staff_writes_the_operators_own_rows_and_entries_of_no_company, probe)
    if policy.command != "SELECT":
        return failing(test_nobody_approves_in_anothers_name_or_stretches_what_was_approved, probe)
    company = probe.market.desks["receiver"].company
    grant(probe, company)
    return staff_findings(probe, Actor(company_id=company), table)


def failing(test: Any, probe: Probe) -> list[str]:
    """The name of a test that fails now."""
    try:
        with probe.connection.transaction(force_rollback=True):
            test(probe)
    except (AssertionError, psycopg.DatabaseError):
        return [test.__name__]
    return []


def refused(probe: Probe, statement: str, *values: Any) -> bool:
    try:
        with probe.connection.transaction():
            probe.connection.execute(statement.encode(), values or None)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def one(probe: Probe, query: str, *values: Any) -> Any:
    with probe.connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query.encode(), values or None).fetchone()


def everything_seen_by(market: Market, desk: Desk) -> dict[str, Any]:
    """A fingerprint of every row that the company sees, and how many jobs wait that would tell it something."""
    with market.superuser() as connection:
        probe = Probe(market, connection)
        jobs = one(probe, "SELECT count(*) FROM procrastinate_jobs WHERE args->>'company_id' = %s", str(desk.company))
        tables = [table for table, table_class in CLASSES.items() if "SELECT" in table_class.commands]
        with probe.acting(desk.actor):
            return {"jobs": jobs, **{table: one(probe, FINGERPRINT.format(table)) for table in tables}}


FINGERPRINT = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"


def digest(probe: Probe) -> dict[str, Any]:
    """A fingerprint of every row of every table."""
    return {table: one(probe, FINGERPRINT.format(table)) for table in CLASSES}
