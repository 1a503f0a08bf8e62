"""What is measured: the acts of the API, and for each its limit."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg

from bench import scripts
from bench.client import Api, timed
from bench.limits import Rows, copy_seconds
from bench.measuring import Measured, measure
from bench.running import Running

LINES = 10
IMPORT_DOCUMENTS = 10_000
WORDS = {"common": "定期納品", "less common": "ＬＥＤ電球", "code": "A-12", "nowhere": "存在しない語句"}


@dataclass
class Outcome:
    """One row of the results."""

    case: str
    measured: list[Measured] = field(default_factory=list)
    limit: list[Measured] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] | None = None


@dataclass
class Setting:
    """A running platform with tokens for a buyer and its seller."""

    running: Running
    seconds: float
    people: dict[str, Any]

    @classmethod
    def of(cls, running: Running, seconds: float) -> "Setting":
        return cls(running, seconds, running.python(scripts.SET_UP, "hidamari", "aoba"))

    def api(self, login: str) -> Api:
        return Api(self.running, self.people[login]["token"])

    def both(self, outcome: Outcome, act: Callable[[], Callable[[], object]], limit: Callable[[], Any]) -> Outcome:
        """Measured with one client and with eight, the limit right after."""
        with self.running.worker_paused():
            for clients in (1, 8):
                outcome.measured.append(measure(self.running, act, clients=clients, seconds=self.seconds))
                outcome.limit.append(measure(self.running, limit, clients=clients, seconds=self.seconds))
        return outcome

    def profiled(self, login: str, *requests: tuple[str, str, Any], times: int = 50) -> Any:
        spec = {"token": self.people[login]["token"], "requests": requests, "times": times}
        return self.running.python(scripts.PROFILE, json.dumps(spec))


# ---- writing


def invoices(setting: Setting) -> Outcome:
    """An invoice with ten lines, written and sent in one request."""
    buyer = setting.people["hidamari"]["party"]

    def client() -> Callable[[], object]:
        api = setting.api("aoba")
        return lambda: api.post("/documents", _invoice(buyer))

    rows = Rows(setting.running, [UUID(client()()["id"])])  # type: ignore[index]
    outcome = setting.both(Outcome(f"invoice with {LINES} lines issued"), client, rows.writer)
    outcome.facts["rows"] = rows.count
    outcome.profile = setting.profiled("aoba", ("POST", "/documents", _invoice(buyer)))
    return outcome


def orders(setting: Setting) -> Outcome:
    """An order with ten lines by the buyer, and its confirmation by the seller: two requests, two documents."""
    seller = setting.people["aoba"]["party"]
    made: list[UUID] = []

    def client() -> Callable[[], object]:
        buyer, supplier = setting.api("hidamari"), setting.api("aoba")

        def act() -> object:
            order = buyer.post("/documents", _order(seller))
            answer = supplier.post("/documents", {"kind": "order_response", "source": order["id"], "send": True})
            made[:] = [UUID(order["id"]), UUID(answer["id"])]
            return answer

        return act

    client()()
    rows = Rows(setting.running, list(made))
    outcome = setting.both(Outcome(f"order with {LINES} lines created and confirmed"), client, rows.writer)
    outcome.facts["rows"] = rows.count
    outcome.profile = setting.profiled("hidamari", ("POST", "/documents", _order(seller)))
    return outcome


def _invoice(party: str, number: int = 0) -> dict[str, Any]:
    return {"kind": "invoice", "recipients": [party], "send": True, "body": _body(number)}


def _order(party: str) -> dict[str, Any]:
    return {"kind": "order", "recipients": [party], "send": True, "body": _body(0)}


def _body(number: int) -> dict[str, Any]:
    chance = random.Random(number)  # noqa: S311 — load, not secrets
    return {
        "subject": f"11月分 食材・備品 {number}",
        "note": "お振込手数料は弊社が負担いたします。",
        "lines": [
            {
                "item_code": f"A-{chance.randrange(1000, 9999)}",
                "description": f"コシヒカリ {chance.randrange(1, 60)}kg 特別栽培",
                "quantity": str(chance.randrange(1, 90)),
                "unit": "袋",
                "unit_price": str(chance.randrange(100, 9000)),
                "tax_category": chance.choice(("S", "AA")),
            }
            for _ in range(LINES)
        ],
    }


# ---- reading


LIST = """SELECT document_id, kind, role, number, subject, state, state_since, waiting, internal_state, version_shown,
issued_on, due_on, currency, amount_minor, counterparty_id, counterparty_name, counterparties, read_at, changed_at
FROM exchange_partyview WHERE company_id = %s AND counterparty_id = %s AND issued_on BETWEEN %s AND %s
ORDER BY changed_at DESC, document_id DESC LIMIT 51"""


def lists(setting: Setting, documents: int) -> Outcome:
    """Fifty documents of one partner and a quarter, newest first; another partner and another quarter each time."""
    me = setting.people["hidamari"]
    choices = [(p["party"], *quarter) for p in me["partners"] for quarter in _quarters(setting)]

    def client() -> Callable[[], object]:
        api, chance = setting.api("hidamari"), random.Random(1)  # noqa: S311

        def act() -> object:
            party, since, until = chance.choice(choices)
            return api.get(f"/documents?counterparty={party}&issued_from={since}&issued_to={until}&limit=50")

        return act

    def bare() -> Callable[[], object]:
        connection = psycopg.connect(setting.running.urls["migration"], autocommit=True)
        chance = random.Random(1)  # noqa: S311
        return lambda: connection.execute(LIST, [me["company"], *chance.choice(choices)]).fetchall()

    outcome = setting.both(Outcome(f"list of 50 by partner and dates, {documents:,} documents"), client, bare)
    party, since, until = choices[0]
    path = f"/documents?counterparty={party}&issued_from={since}&issued_to={until}&limit=50"
    outcome.profile = setting.profiled("hidamari", ("GET", path, None))
    return outcome


def searches(setting: Setting, documents: int) -> list[Outcome]:
    """By a word: a common one, a less common one, a part of a code, a whole number, a mark that one document has."""
    me = setting.people["hidamari"]
    with psycopg.connect(setting.running.urls["migration"]) as connection:
        row = connection.execute(
            "SELECT number, right(subject, 7) FROM exchange_partyview WHERE company_id = %s AND kind = 'invoice'"
            " AND version_shown = 1 AND issued_on < now() - interval '1 year' ORDER BY document_id DESC LIMIT 1",
            [me["company"]],
        ).fetchone()
    assert row
    words = WORDS | {"whole number": row[0], "one document's mark": row[1]}
    found = []
    for name, word in words.items():

        def client(word: str = word) -> Callable[[], object]:
            api = setting.api("hidamari")
            return lambda: api.get(f"/documents?q={quote(word)}&limit=50")

        outcome = Outcome(f"search, {name}, {documents:,} documents")
        with setting.running.worker_paused():
            outcome.measured.append(measure(setting.running, client, clients=1, seconds=setting.seconds))
        outcome.facts["word"] = word
        found.append(outcome)
    return found


def _quarters(setting: Setting) -> list[tuple[str, str]]:
    today = date.today()  # noqa: DTZ011
    starts = [today - timedelta(days=91 * n) for n in range(1, 12)]
    return [(str(start), str(start + timedelta(days=90))) for start in starts]


def pdfs(setting: Setting) -> Outcome:
    """The paper of an invoice with ten lines, with its JP PINT inside."""
    made = setting.api("aoba").post("/documents", _invoice(setting.people["hidamari"]["party"]))

    def client() -> Callable[[], object]:
        api = setting.api("aoba")

        def act() -> None:
            assert api.bytes("GET", f"/documents/{made['id']}/pdf").startswith(b"%PDF")

        return act

    outcome = Outcome(f"PDF of an invoice with {LINES} lines")
    with setting.running.worker_paused():
        outcome.measured += [
            measure(setting.running, client, clients=count, seconds=setting.seconds) for count in (1, 8)
        ]
    outcome.profile = setting.profiled("aoba", ("GET", f"/documents/{made['id']}/pdf", None), times=20)
    return outcome


# ---- importing


def imports(setting: Setting, documents: int = IMPORT_DOCUMENTS) -> Outcome:
    """Ten thousand invoices with ten lines each in one request, beside COPY of the rows that it left."""
    buyer = setting.people["hidamari"]["party"]
    rows = [{"recipients": [buyer], "body": _body(number)} for number in range(documents)]
    first = setting.api("aoba").post("/documents", _invoice(buyer))["id"]
    outcome = Outcome(f"import of {documents:,} invoices with {LINES} lines")
    before = setting.running.cpu()
    with setting.running.worker_paused():
        took, answer = timed(lambda: setting.api("aoba").post("/imports?kind=invoice", rows))
        used = setting.running.cpu()
        last = setting.api("aoba").post("/documents", _invoice(buyer))["id"]
        copied, encoded, count = copy_seconds(setting.running, first, last)
    assert answer["documents"] == documents, answer
    outcome.facts = {
        "seconds": round(took, 2),
        "copy_of_values_seconds": round(copied, 2),
        "times_copy_of_values": round(took / copied, 1),
        "copy_of_encoded_bytes_seconds": round(encoded, 2),
        "times_copy_of_encoded_bytes": round(took / encoded, 1),
        "rows": count,
        "cpu_seconds": {name: round(used[name] - before[name], 2) for name in used},
    }
    return outcome
