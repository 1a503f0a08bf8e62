"""Many at once: what is stored, row for row and table by table, is what sending them one by one stores; or nothing."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from tests.market import SUPERUSER, Market
from tests.programs import program_of
from tests.world import Desk
from torihiki.exchange.actions import bulk
from torihiki.exchange.actions.bulk import ImportRefused, TooManyRows, issue_documents
from torihiki.exchange.actions.drafts import start_draft
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Document, PartyView
from torihiki.exchange.partners.actions import add_external_partner
from torihiki.exchange.refusals import ApprovalMissing, KeyUsedElsewhere, RoleMayNot, SourceUnfit
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.actions.companies import set_approval_kinds
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import scope

FREE = [kind for kind in KINDS.values() if kind.free]
SOMEBODY = "01a0b1c2-0000-7000-8000-000000000001"
OF_THE_MOMENT = {"salt", "leaf", "transaction"}
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Rows = list[dict[str, Any]]


def rows_for(kind: Kind, *desks: Desk, count: int = 3) -> Rows:
    """`count` rows for each desk, or for all of them together where the kind goes to several."""
    bodies = [{**kind.samples.valid, "subject": f"{number}件目"} for number in range(count)]
    sets = [[str(desk.party.id) for desk in desks]] if kind.several_recipients else [[str(d.party.id)] for d in desks]
    return [{"recipients": recipients, "body": body} for body in bodies for recipients in sets]


def one_by_one(desk: Desk, kind: Kind, rows: Rows, *, at: datetime) -> None:
    for row in rows:
        made = start_draft(
            desk.actor, kind, body=row["body"], recipients=[UUID(each) for each in row["recipients"]], at=at
        )
        send_document(desk.actor, made, revision=1, at=at)


# ---- the same rows


@pytest.mark.parametrize("kind", FREE, ids=lambda kind: kind.code)
def test_it_stores_what_sending_one_by_one_stores(market: Market, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_DOCUMENTS", 2)
    desk, at = market.desks["issuer"], timezone.now()
    rows = rows_for(kind, market.desks["receiver"], market.desks["competitor"])
    single = stored_by(market, desk, lambda: one_by_one(desk, kind, rows, at=at))
    many = stored_by(market, desk, lambda: issue_documents(desk.actor, kind, rows, at=at))
    assert single.keys() == many.keys()
    for table in single:
        assert many[table] == single[table], table
    assert len(single["exchange_document"]) == len(rows)


def stored_by(market: Market, desk: Desk, deed: Callable[[], object]) -> dict[str, list[str]]:
    """Every row of every table that the deed adds, as text that tells nothing of when and under which ids."""
    with market.open(SUPERUSER), transaction.atomic():
        tables = [name for name in connection.introspection.table_names() if not name.startswith("django_")]
        before = {table: set(rows_of(table)) for table in tables}
        with acting_as_application(desk):
            deed()
        added = {table: [json.loads(row) for row in set(rows_of(table)) - before[table]] for table in tables}
        transaction.set_rollback(True)
    names = {row["id"]: row["number"] for row in added["exchange_document"]}
    names |= {row["id"]: f"{names[row['document_id']]} v{row['number']}" for row in added["exchange_version"]}
    names |= {row["id"]: f"to {row['target_id']} {names[row['subject_id']]}" for row in added["exchange_outboxmessage"]}
    known = {text for rows in before.values() for row in rows for text in UUID_TEXT.findall(row)}
    return {
        table: sorted(plain(table, row, names, known) for row in rows if counts(table, row))
        for table, rows in added.items()
        if rows
    }


def counts(table: str, row: dict[str, Any]) -> bool:
    """What one by one needs besides, a draft, and many at once, an entry for all of them."""
    return table != "ledger_entry" or row["event"] not in ("document.started", "document.imported")


def plain(table: str, row: dict[str, Any], names: dict[str, str], known: set[str]) -> str:
    if table == "ledger_entry":
        payload = bytes.fromhex(row["payload"][2:])
        assert hashlib.sha256(bytes.fromhex(row["salt"][2:]) + payload).hexdigest() == row["leaf"][2:]
        row["payload"] = json.loads(payload)
    if table.startswith("procrastinate_"):
        row = {name: value for name, value in row.items() if name not in ("id", "job_id", "at")}
    text = json.dumps({name: value for name, value in row.items() if name not in OF_THE_MOMENT}, sort_keys=True)
    return UUID_TEXT.sub(lambda found: names.get(found[0], found[0] if found[0] in known else "new"), text)


def rows_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def acting_as_application(desk: Desk) -> Iterator[None]:
    """The deed is bound by every policy, its witness by none."""
    with scope(desk.actor), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE torihiki_application")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")


# ---- its story


def test_the_other_side_has_them_all_and_nobody_else_has_any(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    kind = FREE[-1]
    with issuer.acting() as actor:
        done = issue_documents(actor, kind, rows_for(kind, receiver), at=timezone.now())
    assert (done.documents, done.first[-6:], done.last[-6:]) == (3, "000001", "000003")
    page = receiver.get("/inbox").content.decode()
    assert all(f"{number}件目" in page for number in range(3))
    assert done.first not in stranger.get("/inbox").content.decode()
    assert issuer.events().count("document.sent") == 3
    assert issuer.events()[-1] == "document.imported"
    assert receiver.events().count("document.sent") == 0


def test_an_outsider_is_told_by_this_side(issuer: Desk) -> None:
    kind = FREE[-1]
    with issuer.acting() as actor:
        outside = add_external_partner(actor, details=PartyDetails(name="株式会社そとから"), at=timezone.now())
        row = {"recipients": [str(outside.party_id)], "body": kind.samples.valid}
        issue_documents(actor, kind, [row], at=timezone.now())
        assert list(PartyView.objects.values_list("counterparty_name", "role")) == [("株式会社そとから", "issuer")]


def test_one_wrong_row_issues_nothing_and_is_named(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    kind = KINDS["invoice"] if "invoice" in KINDS else FREE[-1]
    rows = rows_for(kind, receiver, count=6)
    line = kind.samples.valid["lines"][0]
    rows[1]["body"] = {**kind.samples.valid, "lines": [line, {**line, "quantity": "many"}]}
    rows[2]["recipients"] = [str(stranger.party.id)]
    rows[3]["body"] = {**kind.samples.valid, "colour": "red", "due_on": "2020-01-01"}
    rows[4]["body"] = {**kind.samples.valid, "lines": "none"}
    before = issuer.events()
    with issuer.acting() as actor, pytest.raises(ImportRefused) as refused:
        issue_documents(actor, kind, rows, at=timezone.now())
    places = {(error.index, error.pointer) for error in refused.value.facts["rows"]}
    assert {(1, "/body/lines/1/quantity"), (2, "/recipients"), (3, "/body/colour"), (4, "/body/lines")} <= places
    assert refused.value.facts["wrong"] == 4
    assert all(error.text for error in refused.value.facts["rows"])
    with issuer.acting():
        assert not Document.objects.exists()
    assert issuer.events()[len(before) :] == ["ledger.refused"]


@pytest.mark.parametrize(
    "row",
    [
        None,
        3,
        [],
        {},
        {"recipients": [], "body": {}},
        {"recipients": ["x"], "body": {}},
        {"recipients": [SOMEBODY], "body": []},
        {"recipients": [SOMEBODY], "body": {"lines": [3]}},
        {"recipients": [SOMEBODY], "body": {"lines": [{"line_id": {}}]}},
        {"recipients": [SOMEBODY], "body": {"subject": 10**30}},
        {"recipients": [SOMEBODY], "body": {"a/b~c": 1}, "x": 1},
        {"recipients": [SOMEBODY], "body": {"\ud800": "\ud800"}},
    ],
    ids=ascii,
)
def test_what_is_no_row_is_refused(issuer: Desk, row: object) -> None:
    with issuer.acting() as actor, pytest.raises(ImportRefused):
        issue_documents(actor, FREE[-1], [row], at=timezone.now(), key="k")


def test_a_key_issues_once(issuer: Desk, receiver: Desk) -> None:
    kind = FREE[-1]
    rows = rows_for(kind, receiver)
    with issuer.acting() as actor:
        first = issue_documents(actor, kind, rows, at=timezone.now(), key="file-1")
        assert issue_documents(actor, kind, rows, at=timezone.now(), key="file-1") == first
        assert Document.objects.count() == 3
        with pytest.raises(KeyUsedElsewhere):
            issue_documents(actor, kind, rows[:1], at=timezone.now(), key="file-1")
        assert issue_documents(actor, kind, rows, at=timezone.now(), key="file-2").first[-6:] == "000004"


def test_a_failure_gives_the_numbers_back(issuer: Desk, receiver: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a batch after the first, by the thread that writes."""
    monkeypatch.setattr(bulk, "BATCH_DOCUMENTS", 1)
    kind = FREE[-1]
    rows = rows_for(kind, receiver)
    with issuer.acting() as actor:
        with monkeypatch.context() as broken:
            broken.setattr(bulk, "FIRST_VIEWS", "SELECT no_such_function(%s, %s, %s, %s)")
            with pytest.raises(ProgrammingError), transaction.atomic():
                issue_documents(actor, kind, rows, at=timezone.now())
        assert not Document.objects.exists()
        assert issue_documents(actor, kind, rows, at=timezone.now()).first[-6:] == "000001"


def test_who_may_not_send_imports_nothing(issuer: Desk, receiver: Desk) -> None:
    kind, at = FREE[-1], timezone.now()
    for desk in (issuer.viewer,):
        with desk.acting() as actor, pytest.raises(RoleMayNot):
            issue_documents(actor, kind, rows_for(kind, receiver), at=at)
    with issuer.acting() as actor:
        set_approval_kinds(actor, [kind.code], at=at)
        with pytest.raises(ApprovalMissing):
            issue_documents(actor, kind, rows_for(kind, receiver), at=at)
        for made_from in (kind for kind in KINDS.values() if not kind.free):
            with pytest.raises(SourceUnfit):
                issue_documents(actor, made_from, rows_for(made_from, receiver), at=at)
        with pytest.raises(TooManyRows):
            issue_documents(actor, FREE[0], [], at=at)
        assert not Document.objects.exists()
        assert Entry.objects.filter(event="document.sent").count() == 0


# ---- by the API


def test_a_program_imports_and_every_wrong_row_is_pointed_to(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    kind, program = FREE[-1], program_of(issuer)
    rows = rows_for(kind, receiver)
    address = f"imports?kind={kind.code}"
    wrong = program.post(address, [rows[0], {**rows[1], "recipients": [str(stranger.party.id)]}])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "import_refused")
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["#/1/recipients"]
    done = program.post(address, rows, key="file-1")
    assert (done.status_code, done.json()["documents"]) == (201, 3)
    assert program.post(address, rows, key="file-1").json() == done.json()
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    more = program.post(address, lines, content_type="application/jsonl")
    assert more.json()["last"][-6:] == "000006"
    assert len(program_of(receiver).get("documents").json()["items"]) == 6
    assert program_of(stranger).get("documents").json()["items"] == []
    assert issuer.events().count("document.imported") == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b"{}", 400), (b"[", 400), (b"[" * 100_000, 400), (b"[NaN]", 400), (b"\xff", 400), (b"[]", 422)],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_list_is_refused(issuer: Desk, content: bytes, status: int) -> None:
    answer = program_of(issuer).post(f"imports?kind={FREE[-1].code}", content)
    assert answer.status_code in (status, 415 if not content else status)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_program_needs_the_scope_and_a_kind(issuer: Desk, receiver: Desk) -> None:
    rows = rows_for(FREE[-1], receiver)
    assert program_of(issuer, "*.read").post(f"imports?kind={FREE[-1].code}", rows).status_code == 403
    assert program_of(issuer, "*.send").post(f"imports?kind={FREE[-1].code}", rows).status_code == 403
    unknown = program_of(issuer).post("imports?kind=nothing", rows)
    assert (unknown.status_code, unknown.json()["errors"][0]["parameter"]) == (422, "kind")
