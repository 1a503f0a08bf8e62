"""The API's story: a program of the issuer writes and sends, one of the receiver finds and answers, a stranger's sees
nothing."""

from typing import Any

import pytest

from tests.programs import Program, program_of
from tests.world import Desk
from torihiki.exchange.specs import KINDS, RECEIVER

KIND = next(
    kind
    for kind in KINDS.values()
    if kind.free
    and kind.exports
    and any(step.by == RECEIVER and kind.sent_state in step.source and not step.danger for step in kind.steps)
)


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
    step = state["actions"][0]
    address = f"documents/{receipt['id']}/actions/{step['name']}"
    taken = reader.post(address, {"version": state["version"], "reason": "確認のため"})
    assert taken.status_code == 200, taken.content
    assert taken.json()["state"] == KIND.step(step["name"]).target  # type: ignore[union-attr]
    assert receiver.events()[-1] == "document.step"

    assert outsider.get("documents").json() == {"items": [], "cursor": None}
    for answer in (outsider.get(f"documents/{receipt['id']}"), outsider.post(address, {"version": 1})):
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_visible"
