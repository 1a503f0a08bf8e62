"""The audit log: the administrator reads, filters and exports what the company did, and only that."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import ProgrammingError
from django.utils import timezone

from tests.world import count_queries
from torihiki.crypto.digest import sha256
from torihiki.ledger.events import EVENTS, LedgerEvent
from torihiki.ledger.models import Entry
from torihiki.ledger.recording import record
from torihiki.tenancy.actor import scope


def write(desk, count, *, label="書類", at=None):
    at = at or timezone.now()
    with desk.acting() as actor:
        for number in range(count):
            record(
                LedgerEvent.EXPORTED,
                actor,
                subject_type="test",
                subject_label=f"{label}{number:03}",
                at=at + timedelta(microseconds=number // 2),  # two at a time: the id decides
                data={"before": {"name": None}, "after": {"name": "=1+1"}, "list": [1, {"deep": "値"}]},
            )


def subjects(response):
    return [str(subject) for _entry, _label, subject in response.context["rows"] if str(subject).startswith("書類")]


def test_what_happened_is_told_in_both_languages(issuer):
    issuer.post("/profile", {"name": "管理 改"})
    issuer.viewer.get("/members")
    page = issuer.get("/audit").content.decode()
    assert "管理 花子" in page
    issuer.client.cookies["__Host-language"] = "en"
    page = issuer.get("/audit").content.decode()
    assert "Own profile changed" in page
    assert "Refused" in page


def test_every_event_has_words():
    assert len(EVENTS) > 50
    assert all(str(event.label) and "." in code for code, event in EVENTS.items())


def test_an_entry_shows_its_facts_as_a_table(issuer):
    write(issuer, 1)
    entry = issuer.get("/audit", {"subject": "書類000"}).context["page"].rows[0]
    page = issuer.get(f"/audit/{entry.id}")
    assert ("before · name", "–") in page.context["data"]
    assert ("list · 2 · deep", "値") in page.context["data"]
    with issuer.acting():
        leaf = bytes(entry.leaf).hex()
    assert leaf in page.content.decode()


def test_only_who_may_audit_reads_and_a_stranger_finds_nothing(issuer, stranger):
    write(issuer, 1)
    entry = issuer.get("/audit").context["page"].rows[0]
    for path in ("/audit", f"/audit/{entry.id}", "/audit/export.csv", "/audit/export.jsonl"):
        assert issuer.approver.get(path).status_code == 403, path
    assert stranger.get(f"/audit/{entry.id}").status_code == 404
    assert subjects(stranger.get("/audit")) == []
    with scope(stranger.actor), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_entry WHERE company_id = %s", [issuer.company])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET event = 'x'", "DELETE FROM ledger_entry"])
def test_nobody_of_the_application_changes_an_entry(issuer, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), issuer.acting(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_filters_by_period_event_person_and_subject(issuer):
    old = timezone.now() - timedelta(days=40)
    write(issuer, 2, label="書類古", at=old)
    write(issuer, 2)
    day = timezone.localtime(old).date().isoformat()
    assert subjects(issuer.get("/audit", {"since": day, "until": day})) == ["書類古001", "書類古000"]
    assert subjects(issuer.get("/audit", {"until": day})) == ["書類古001", "書類古000"]
    assert len(subjects(issuer.get("/audit", {"event": "ledger.exported"}))) == 4
    assert subjects(issuer.get("/audit", {"event": "identity.signed_in"})) == []
    assert subjects(issuer.get("/audit", {"subject": "古001"})) == ["書類古001"]
    assert subjects(issuer.get("/audit", {"person": "太郎"})) == []
    assert len(subjects(issuer.get("/audit", {"person": "花子"}))) == 4
    assert len(subjects(issuer.get("/audit", {"account": str(issuer.actor.account_id)}))) == 4
    assert issuer.get("/audit", {"since": "yesterday"}).status_code == 422


def test_pages_miss_nothing_and_repeat_nothing(issuer, monkeypatch):
    monkeypatch.setattr("torihiki.ledger.pages.PAGE_ROWS", 3)
    write(issuer, 10)
    seen, address = [], "/audit?subject=書類"
    while address:
        response = issuer.get(address)
        seen += subjects(response)
        address = response.context["page"].next
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 10


def test_the_export_is_complete_and_inert(issuer, monkeypatch):
    monkeypatch.setattr("torihiki.ledger.access.BATCH_ROWS", 4)
    write(issuer, 10)
    write(issuer, 1, label="=HYPERLINK(")
    before = issuer.count_entries()
    response = issuer.get("/audit/export.csv")
    assert issuer.events()[-1] == "ledger.exported"
    text = response.content.decode()
    assert text.startswith("\ufeff")
    assert "\r\n" in text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == before + 1
    assert "'=HYPERLINK(000" in [row[4] for row in rows]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "attachment" in response["Content-Disposition"]


def test_json_lines_carry_what_proves_them(issuer):
    write(issuer, 3)
    lines = [json.loads(line) for line in issuer.get("/audit/export.jsonl", {"subject": "書類"}).content.splitlines()]
    assert len(lines) == 3
    with issuer.acting():
        entry = Entry.objects.get(pk=lines[0]["id"])
    assert lines[0]["leaf"] == sha256(bytes.fromhex(lines[0]["salt"]) + bytes(entry.payload or b"")).hex()
    assert lines[0]["payload"]["data"]["after"]["name"] == "=1+1"


def test_more_than_an_export_holds_is_refused_not_cut(issuer, monkeypatch):
    monkeypatch.setattr("torihiki.ledger.export.ROWS_MAX", 5)
    write(issuer, 10)
    assert issuer.get("/audit/export.csv", {"subject": "書類"}).status_code == 422
    assert issuer.events()[-1] == "ledger.refused"
    assert issuer.get("/audit/export.csv", {"subject": "書類00"}).status_code == 422
    assert issuer.get("/audit/export.csv", {"subject": "書類001"}).status_code == 200


def test_a_page_costs_the_same_for_1_and_for_20(issuer, django_assert_num_queries):
    write(issuer, 1)
    queries_for_one = count_queries(issuer, "/audit?subject=書類")
    write(issuer, 20)
    with django_assert_num_queries(queries_for_one):
        assert len(subjects(issuer.get("/audit?subject=書類"))) == 21


def test_links_of_the_page_keep_the_filter(issuer):
    write(issuer, 1)
    page = issuer.get("/audit", {"person": "花子"}).content.decode()
    assert re.search(r"/audit/export\.csv\?person=%E8%8A%B1%E5%AD%90", page)
