"""The API's story: a program of the issuer writes and sends, one of the receiver finds and answers, a stranger's sees
nothing."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.programs import Program, program_of
from tests.world import Desk
from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.specs import KINDS, RECEIVER, Kind, Step
from torihiki.ledger.models import Entry
from torihiki.lib.ids import new_id


def answering(kind: Kind) -> Step | None:
    """The step that a receiver would take at once, where the kind has one."""
    return next(
        (
            step
            for step in kind.steps
            if step.primary and step.by == RECEIVER and not (step.needs_reason or step.for_outsiders)
        ),
        None,
    )


KIND = next(
    kind
    for kind in KINDS.values()
    if kind.free and kind.exports and (step := answering(kind)) and kind.sent_state in step.source
)


ISSUING_QUERIES_MAX = 20
STEPPING_QUERIES_MAX = 18


@pytest.fixture
def writer(issuer: Desk) -> Program:
    return program_of(issuer)


@pytest.fixture
def reader(receiver: Desk) -> Program:
    return program_of(receiver)


@pytest.fixture
def outsider(stranger: Desk) -> Program:
    return program_of(stranger)


def new(receiver: Desk, **more: Any) -> dict[str, Any]:
    return {"kind": KIND.code, "body": KIND.samples.valid, "recipients": [str(receiver.party.id)], **more}


def test_written_sent_found_and_answered(
    writer: Program, reader: Program, outsider: Program, receiver: Desk, issuer: Desk
) -> None:
    partners = writer.get("partners").json()["items"]
    assert [partner["party"] for partner in partners] == [str(receiver.party.id)]
    written = writer.post("documents", new(receiver, send=True))
    assert written.status_code == 201, written.content
    receipt = written.json()
    assert (receipt["number"][: len(KIND.prefix)], receipt["version"]) == (KIND.prefix, 1)
    assert written["Location"] == f"/api/v1/documents/{receipt['id']}"
    assert issuer.events()[-1] == "document.sent"

    found = reader.get("documents", box="todo").json()
    assert [(row["id"], row["number"]) for row in found["items"]] == [(receipt["id"], receipt["number"])]
    assert found["cursor"] is None
    document = reader.get(f"documents/{receipt['id']}")
    state = document.json()
    assert state["body"]["lines"][0]["description"] == KIND.samples.valid["lines"][0]["description"]
    step = answering(KIND)
    assert step is not None
    assert step.name in [action["name"] for action in state["actions"]]
    address = f"documents/{receipt['id']}/actions/{step.name}"
    taken = reader.post(address, {"version": state["version"]})
    assert taken.status_code == 200, taken.content
    assert taken.json()["state"] == step.target
    assert receiver.events()[-1] == "document.step"

    assert outsider.get("documents").json() == {"items": [], "cursor": None}
    for refused in (outsider.get(f"documents/{receipt['id']}"), outsider.post(address, {"version": 1})):
        assert refused.status_code == 404
        assert refused["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "not_visible"


# ---- drafts, approval and revisions


def test_a_draft_is_changed_by_who_saw_it_and_overwritten_by_nobody(writer: Program, receiver: Desk) -> None:
    draft = writer.post("documents", new(receiver)).json()
    assert (draft["number"], draft["revision"], draft["internal_state"]) == ("", 1, "draft")
    address = f"documents/{draft['id']}"
    assert writer.get(address)["ETag"] == f'"{draft["etag"]}"'
    changed = writer.ask("PATCH", address, {"reason": "訂正"}, etag=draft["etag"])
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    late = writer.ask("PATCH", address, {"reason": "もう一度"}, etag=draft["etag"])
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    unseen = writer.ask("PATCH", address, {"reason": "見ずに"})
    assert (unseen.status_code, unseen.json()["errors"][0]["header"]) == (428, "If-Match")
    assert writer.post(f"{address}/actions/send").status_code == 428
    sent = writer.post(f"{address}/actions/send", {}, etag=changed.json()["etag"])
    assert (sent.status_code, sent.json()["version"], sent.json()["revision"]) == (200, 1, 0)
    assert writer.ask("DELETE", address).json()["code"] == "step_not_open"


def test_what_is_discarded_is_gone(writer: Program, receiver: Desk, issuer: Desk) -> None:
    draft = writer.post("documents", new(receiver)).json()
    address = f"documents/{draft['id']}"
    assert writer.ask("DELETE", address, etag="1.1.1").status_code == 412
    gone = writer.ask("DELETE", address, etag=draft["etag"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert writer.get(address).status_code == 404
    assert issuer.events()[-2:] == ["document.discarded", "ledger.refused"]


def test_nobody_approves_by_a_program_what_they_submitted_in_person(issuer: Desk, receiver: Desk) -> None:
    program, other = program_of(issuer), program_of(issuer.approver)
    draft = program.post("documents", new(receiver)).json()
    address = f"documents/{draft['id']}"
    submitted = program.post(f"{address}/actions/submit", {"revision": 1})
    assert (submitted.status_code, submitted.json()["internal_state"]) == (200, "in_approval")
    shown = program.get(address).json()
    assert "approve" not in [action["name"] for action in shown["actions"]]
    seen = {"sha256": shown["draft"]["sha256"]}
    own = program.post(f"{address}/actions/approve", seen)
    assert (own.status_code, own.json()["code"]) == (403, "own_approval")
    assert program.post(f"{address}/actions/send", {"revision": 1}).json()["code"] == "approval_missing"
    assert other.post(f"{address}/actions/approve", {"sha256": "0" * 64}).json()["code"] == "changed_meanwhile"
    assert other.post(f"{address}/actions/approve", seen).json()["internal_state"] == "ready"
    assert program.post(f"{address}/actions/send", {"revision": 1}).json()["version"] == 1


# ---- keys


def test_a_key_does_one_thing_once_and_is_answered_with_the_same_bytes(
    writer: Program, issuer: Desk, receiver: Desk
) -> None:
    body = new(receiver, send=True)
    first = writer.post("documents", body, key="order-4711")
    count = issuer.count_entries()
    for _again in range(3):
        again = writer.post("documents", body, key="order-4711")
        assert (again.status_code, again.content) == (201, first.content)
        assert again["Location"] == first["Location"]
    assert issuer.count_entries() == count
    other = writer.post("documents", {**body, "send": False}, key="order-4711")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = writer.post(f"documents/{first.json()['id']}/comments", {"text": "あ"}, key="order-4711")
    assert elsewhere.json()["code"] == "idempotency_key_reused"
    missing = writer.ask("POST", "documents", body)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key")
    assert len(writer.get("documents").json()["items"]) == 1


def test_a_refused_request_leaves_its_key_free(writer: Program, receiver: Desk, issuer: Desk) -> None:
    wrong = {**new(receiver, send=True), "body": {"lines": []}}
    count = issuer.count_entries()
    refused = writer.post("documents", wrong, key="k")
    assert refused.status_code == 422
    assert issuer.count_entries() == count + 1
    assert issuer.events()[-1] == "ledger.refused"
    assert writer.get("documents").json()["items"] == []
    assert writer.post("documents", new(receiver, send=True), key="k").status_code == 201


def test_keys_are_each_companys_own(writer: Program, reader: Program, issuer: Desk, receiver: Desk) -> None:
    assert writer.post("documents", new(receiver), key="same").status_code == 201
    assert reader.post("documents", new(issuer), key="same").status_code == 201


# ---- problems


def test_what_is_wrong_in_a_body_is_named_by_its_place(writer: Program, receiver: Desk) -> None:
    body = dict(KIND.samples.valid)
    lines = [{**line} for line in body["lines"]]
    lines[1]["description"] = ""
    answer = writer.post("documents", {**new(receiver, send=True), "body": {**body, "lines": lines}})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (422, "body_invalid", 422)
    assert [error["pointer"] for error in problem["errors"]] == ["#/body/lines/1/description"]
    assert problem["type"] == "/developers/api#body_invalid"
    japanese = Program(writer.secret, language="ja").post("documents", {"kind": "nothing"}).json()
    assert japanese["errors"] == [{"detail": "そのような種類はありません。", "type": "kind", "pointer": "#/kind"}]


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b'{"kind": "invoice"}', "text/plain", 415),
        (b'{"kind": "invoice"}', "application/x-www-form-urlencoded", 415),
        (b'{"kind": "invoice"}', "application/json; charset=shift_jis", 415),
        (b"{", "application/json", 400),
        (b'{"kind": NaN}', "application/json", 400),
        (b'{"kind": "\xff"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"kind": "x", "body": ' + b'{"a":' * 30 + b"1" + b"}" * 31, "application/json", 422),
        (b'{"kind": "invoice", "body": {"subject": "\\u0000"}}', "application/json", 422),
        (b'{"kind": "invoice", "body": {"subject": "\\ud800"}}', "application/json", 422),
        (b'{"kind": "invoice", "body": {"\\u0000": 1}}', "application/json", 422),
        (b'{"kind": "invoice", "body": {"lines": 5}}', "application/json", 422),
        (b'{"kind": "invoice", "body": {"lines": [{"line_id": []}]}}', "application/json", 422),
        (b'{"kind": "invoice", "colour": "red"}', "application/json", 422),
        (b'{"kind": "invoice", "send": "yes"}', "application/json", 422),
        (b'{"n": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b" " * (3 * 2**20 + 1), "application/json", 413),
        (b" " * (26 * 2**20), "application/json", 413),
        (b"", "", 415),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_with_a_problem(
    writer: Program, issuer: Desk, raw: bytes, content_type: str, status: int
) -> None:
    count = issuer.count_entries()
    answer = writer.ask("POST", "documents", raw, key="k", content_type=content_type)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert issuer.count_entries() == count


def test_numbers_are_kept_as_they_are_written(writer: Program, receiver: Desk) -> None:
    line = b'{"description": "x", "quantity": 0.10, "unit_price": 1234567.1234, "item_code": "1"}'
    party = str(receiver.party.id).encode()
    raw = b'{"kind": "quote", "body": {"lines": [%s], "n": 12345678901234567890}, "recipients": ["%s"]}' % (line, party)
    draft = writer.ask("POST", "documents", raw, key="k").json()
    body = writer.get(f"documents/{draft['id']}").json()["draft"]["body"]
    assert (body["lines"][0]["quantity"], body["lines"][0]["unit_price"]) == ("0.10", "1234567.1234")
    assert body["n"] == "12345678901234567890"


@pytest.mark.parametrize(
    "query",
    ["?colour=red", "?limit=0", "?limit=101", "?limit=5&limit=6", "?cursor=abc", "?counterparty=1", "?q=%00",
     "?changed_since=2026-01-01T00:00:00", "?changed_since=0001-01-01T00:00:00Z", "?issued_from=yesterday"],
)  # fmt: skip
def test_a_filter_with_a_mistake_finds_nothing_instead_of_everything(writer: Program, query: str) -> None:
    answer = writer.get(f"documents{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "query_invalid")
    assert answer.json()["errors"][0]["parameter"] == query[1:].partition("=")[0]


@pytest.mark.parametrize(
    "at", ["5000-02-06T21:16:43+18:58", "0001-01-01T00:00:00+14:00", "2026-01-01", "2026-01-01T00:00:00\x00"]
)
def test_a_cursor_that_no_page_gave_is_none(writer: Program, issuer: Desk, at: str) -> None:
    cursor = urlsafe_b64encode(json.dumps([at, str(new_id())]).encode()).decode()
    refused = writer.get("documents", cursor=cursor)
    assert refused.status_code in (200, 422), refused.content
    assert issuer.get("/inbox", {"after": cursor}).status_code == 200


def test_a_moment_in_any_zone_is_understood(writer: Program) -> None:
    assert writer.get("documents", changed_since="5000-02-06T21:16:43+18:58").json()["items"] == []


def test_whatever_is_not_there_is_a_problem_too(writer: Program) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404), ("GET", "/api/v2", 404), ("PUT", "documents", 405), ("OPTIONS", "me", 405),
    ):  # fmt: skip
        answer = writer.ask(method, path)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), path
    assert writer.ask("PUT", "documents")["Allow"] == "GET, POST"


# ---- lists


def test_pages_end_with_a_cursor_that_is_null(writer: Program, receiver: Desk) -> None:
    ids = [writer.post("documents", new(receiver)).json()["id"] for _document in range(5)]
    for order, expected in (("newest", ids[::-1]), ("oldest", ids)):
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = writer.get("documents", limit=2, order=order, **({"cursor": cursor} if cursor else {})).json()
            found += [row["id"] for row in answer["items"]]
            cursor = answer["cursor"]
        assert found == expected


def test_documents_are_found_by_what_the_law_asks_for(writer: Program, receiver: Desk) -> None:
    sent = writer.post("documents", new(receiver, send=True)).json()
    draft = writer.post("documents", new(receiver)).json()
    row = next(row for row in writer.get("documents").json()["items"] if row["id"] == sent["id"])
    amount, day = int(row["amount"]), row["issued_on"]
    hits = [
        {"counterparty": receiver.party.id, "issued_from": day, "issued_to": day},
        {"amount_from": amount, "amount_to": amount, "state": KIND.sent_state},
        {"number": sent["number"]},
        {"q": sent["number"], "role": "issuer", "kind": KIND.code},
        {"box": "outbox", "changed_since": row["changed_at"]},
    ]
    for query in hits:
        assert [found["id"] for found in writer.get("documents", **query).json()["items"]] == [sent["id"]], query
    assert [found["id"] for found in writer.get("documents", box="drafts").json()["items"]] == [draft["id"]]
    assert writer.get("documents", amount_from=amount + 1).json()["items"] == []


def test_a_question_costs_the_same_however_much_there_is(writer: Program, reader: Program, receiver: Desk) -> None:
    def queries(program: Program, path: str, **query: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.get(path, **query).status_code == 200
        return len(captured)

    first = writer.post("documents", new(receiver, send=True)).json()
    few = queries(writer, "documents", limit=100), queries(reader, f"documents/{first['id']}")
    body = {**KIND.samples.valid, "lines": [KIND.samples.valid["lines"][0]] * 30}
    long = writer.post("documents", {**new(receiver, send=True), "body": body}).json()
    for _time in range(5):
        reader.post(f"documents/{long['id']}/comments", {"text": "承知しました", "shared": True})
        writer.post("documents", new(receiver))
    assert (queries(writer, "documents", limit=100), queries(reader, f"documents/{long['id']}")) == few


def test_what_a_write_costs(writer: Program, reader: Program, receiver: Desk) -> None:
    """Statements to the database in one request; one more for each is a decision."""
    sent = writer.post("documents", new(receiver, send=True)).json()
    with CaptureQueriesContext(connection) as issuing:
        assert writer.post("documents", new(receiver, send=True)).status_code == 201
    step = answering(KIND)
    assert step is not None
    with CaptureQueriesContext(connection) as stepping:
        assert reader.post(f"documents/{sent['id']}/actions/{step.name}", {"version": 1}).status_code == 200
    assert len(issuing) <= ISSUING_QUERIES_MAX, [query["sql"][:60] for query in issuing.captured_queries]
    assert len(stepping) <= STEPPING_QUERIES_MAX, [query["sql"][:60] for query in stepping.captured_queries]


# ---- files and papers


def test_files_and_papers(writer: Program, reader: Program, outsider: Program, receiver: Desk) -> None:
    draft = writer.post("documents", new(receiver)).json()
    address, bytes_ = f"documents/{draft['id']}", "application/octet-stream"
    named = f"{address}/files?name=%E5%9B%B3%E9%9D%A2.pdf"
    attached = writer.ask("POST", named, b"%PDF-1.4 x", key="f", content_type=bytes_)
    assert (attached.status_code, attached.json()["name"]) == (201, "図面.pdf"), attached.content
    assert writer.ask("POST", named, b"%PDF-1.4 x", key="f", content_type=bytes_).content == attached.content
    refused = writer.ask("POST", f"{address}/files?name=a.exe", b"MZ", key="g", content_type=bytes_)
    assert (refused.status_code, refused.json()["code"]) == (422, "file_refused")
    file = f"{address}/files/{attached.json()['id']}"
    assert reader.get(file).status_code == 404
    number = writer.post(f"{address}/actions/send", {"revision": 1}).json()["number"]
    content = reader.get(file)
    assert (content.content, content["X-Content-Type-Options"]) == (b"%PDF-1.4 x", "nosniff")
    assert writer.ask("DELETE", file).json()["code"] == "step_not_open"
    assert [row["id"] for row in reader.get(f"{address}/files").json()["items"]] == [attached.json()["id"]]
    pdf = reader.get(f"{address}/pdf", language="en")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert number in pdf["Content-Disposition"]
    assert reader.get(f"{address}/exports/{KIND.exports[0].code}").content.lstrip().startswith(b"<")
    version = reader.get(f"{address}/versions/1").content
    state = reader.get(address).json()
    assert sha256_hex(version) == state["versions"][0]["sha256"]
    for path in (file, f"{address}/files", f"{address}/pdf", f"{address}/versions/1", f"{address}/comments"):
        assert outsider.get(path).status_code == 404, path


def test_internal_comments_stay_inside(writer: Program, reader: Program, receiver: Desk) -> None:
    sent = writer.post("documents", new(receiver, send=True)).json()
    address = f"documents/{sent['id']}/comments"
    internal = writer.post(address, {"text": "値引きは5%まで"})
    shared = writer.post(address, {"text": "ご確認ください", "shared": True})
    assert (internal.status_code, shared.status_code) == (201, 201)
    assert [row["text"] for row in writer.get(address).json()["items"]] == ["値引きは5%まで", "ご確認ください"]
    assert [row["text"] for row in reader.get(address).json()["items"]] == ["ご確認ください"]


def test_kinds_say_what_a_body_must_be(writer: Program) -> None:
    kinds = {kind["code"]: kind for kind in writer.get("kinds").json()["items"]}
    assert kinds.keys() == KINDS.keys()
    shown = writer.get(f"kinds/{KIND.code}").json()
    assert shown == kinds[KIND.code]
    assert "lines" in shown["body_schema"]["required"]
    assert {step["name"] for step in shown["steps"]} == {step.name for step in KIND.steps}
    assert writer.get("kinds/nothing").status_code == 404


# ---- scopes


def test_what_a_program_does_bears_its_name_and_ends_at_its_scopes(issuer: Desk, receiver: Desk) -> None:
    program = program_of(issuer, "*.read", f"{KIND.service}.draft", name="見積システム")
    assert program.post("documents", new(receiver)).status_code == 201
    refused = program.post("documents", new(receiver, send=True))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    other = next(kind for kind in KINDS.values() if kind.free and kind.service != KIND.service)
    foreign = program.post("documents", {**new(receiver), "kind": other.code, "body": other.samples.valid})
    assert foreign.json()["code"] == "not_permitted"
    with issuer.acting():
        names = Entry.objects.filter(event__startswith="document.").values_list("actor_name", flat=True)
        assert set(names) == {"見積システム"}
