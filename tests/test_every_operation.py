"""Every operation of the API keeps its own description: asked with what the OpenAPI document admits and with what it
does not, it never breaks, answers only what the document says, and refuses what the document does not admit."""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.programs import Program, program_of
from tests.walking import routes
from tests.world import Desk
from torihiki.api.openapi import document
from torihiki.exchange.specs import KINDS
from torihiki.lib.ids import new_id

EXAMPLES, EXAMPLES_LONG = 10, 300
SITE = "https://localhost"
UNTESTED = [positive_data_acceptance]  # what a schema admits may still contradict a rule or the present state
assert routes(), "the document is made of the addresses that the URL tables have"
OPERATIONS = [(path, method) for path, item in document()["paths"].items() for method in item if method != "parameters"]


@pytest.fixture(autouse=True)
def _connection_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with Django's own test client: what a test wrote is in a transaction that ends with the test."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def own(issuer: Desk, receiver: Desk) -> tuple[Program, dict[str, Any]]:
    """A program with every scope, and values of its company's own for the paths."""
    program = program_of(issuer)
    kind = KINDS["invoice"]
    new = {"kind": kind.code, "body": kind.samples.valid, "recipients": [str(receiver.party.id)]}
    sent = program.post("documents", {**new, "send": True}).json()
    draft = program.post("documents", new).json()
    partner = program.get("partners").json()["items"][0]
    named = f"documents/{draft['id']}/files?name=a.txt"
    file = program.ask("POST", named, b"a", key=str(new_id()), content_type="application/octet-stream").json()
    return program, {
        "document_id": [sent["id"], draft["id"]],
        "file_id": [file["id"]],
        "partner_id": [partner["id"]],
        "kind": list(KINDS),
        "name": ["send", "submit", "approve", "return", "revise", "withdraw"],
        "code": [kind.exports[0].code],
        "number": [1],
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["admitted", "not-admitted"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_it_keeps_its_description(
    own: tuple[Program, dict[str, Any]], request: pytest.FixtureRequest, path: str, method: str, mode: GenerationMode
) -> None:
    program, values = own
    schema = schemathesis.openapi.from_dict(document())
    schema.app = get_wsgi_application()
    operation = schema[path][method]
    count = EXAMPLES_LONG if request.config.getoption("--long") else EXAMPLES
    asked = 0

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        for name in (case.path_parameters or {}) if mode is GenerationMode.POSITIVE and asked % 4 else {}:
            case.path_parameters[name] = values[name][asked % len(values[name])]
        headers = {"Authorization": f"Bearer {program.secret}", "Idempotency-Key": str(new_id())}
        if mode is GenerationMode.NEGATIVE:
            del headers["Idempotency-Key"]
        # An empty list or object is nothing in an address: what would have been wrong is not sent.
        lost = any(value in ([], {}) for value in (case.query or {}).values())
        untested = [*UNTESTED, negative_data_rejection] if lost else UNTESTED
        case.call_and_validate(base_url=SITE, headers=headers, excluded_checks=untested)

    ask()
