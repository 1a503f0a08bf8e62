"""Documents are issued over HTTPS while server, worker and PostgreSQL are killed at random moments (promise P1).

Whatever was acknowledged is there, whole, once, with a number of its own and no gap; and it was told, at least once.
Every run prints its seed; TORIHIKI_KILL_SEED repeats one.
"""

import hashlib
import json
import os
import random
import time
from collections import Counter

import pytest

from tests.dealings import form_data
from tests.faults.person import Browser, Person
from tests.faults.running import Running, running
from tests.world import PASSWORD
from torihiki.exchange.specs import KINDS

KILLS, KILLS_LONG = 20, 200
PEOPLE = 3
VICTIMS = ("serve", "serve", "server process", "worker", "postgres", "postgres", "connection", "all")
WORK_SECONDS = (0.2, 1.6)
DELIVERED_SECONDS_MAX = 120

MARKET = """
import json
from django.utils import timezone
from torihiki.identity.models import Member
from tests.world import make_company, trade
issuer = make_company("aoba", "青葉食品株式会社", number="7000012050002")
receiver = make_company("minato", "みなと商店")
trade(issuer, receiver)
with receiver.acting() as actor:  # one mail for each document
    Member.objects.filter(company_id=actor.company).exclude(role="clerk").update(suspended_at=timezone.now())
print(json.dumps({"party": str(receiver.party.id), "issuer": str(issuer.company), "receiver": str(receiver.company)}))
"""
STALLED = """
import contextlib
import json
from procrastinate.exceptions import AlreadyEnqueued
from torihiki.project.jobs import retry_stalled_jobs
with contextlib.suppress(AlreadyEnqueued):  # the minute's own one waits there already, and does the same
    retry_stalled_jobs.defer(timestamp=0)
print(json.dumps(True))
"""

pytestmark = pytest.mark.heavy


def test_what_was_acknowledged_survives_every_kill(request: pytest.FixtureRequest) -> None:
    seed = int(os.environ.get("TORIHIKI_KILL_SEED") or time.time())
    kills = KILLS_LONG if request.config.getoption("--long", default=False) else KILLS
    print(f"seed {seed}: {kills} kills")
    chance = random.Random(seed)
    with running() as platform:
        ids = platform.python(MARKET)
        people = [person(platform, ids) for _ in range(PEOPLE)]
        for each in people:
            each.start()
        hit: Counter[str] = Counter()
        told: set[str] = set()
        for number in range(kills):
            time.sleep(chance.uniform(*WORK_SECONDS))
            what = platform.kill(chance.choice(VICTIMS), chance)
            hit[what] += 1
            platform.mend()
            acknowledged = {document for each in people for document in list(each.acknowledged.values())}
            check(platform, ids, acknowledged, f"seed {seed}, kill {number}: {what}")
            told |= documents_told(platform)
            if (number + 1) % 20 == 0:
                print(f"{number + 1} kills, {len(acknowledged)} documents acknowledged", flush=True)
        for each in people:
            each.finish()
        acknowledged = {document for each in people for document in each.acknowledged.values()}
        check(platform, ids, acknowledged, f"seed {seed}, at the end")
        for each in people:  # one key, one document, however often the form was sent (P3)
            assert each.acknowledged.keys() == each.tried
        assert len(acknowledged) == sum(len(each.tried) for each in people)
        deliver_everything(platform, chance)
        told |= documents_told(platform)
        assert acknowledged <= told, f"seed {seed}: {len(acknowledged - told)} documents were never told of"
        unanswered = sum(each.unanswered for each in people)
        others = Counter(status for each in people for status, _text in each.other_answers)
        print(f"{dict(hit)}; {len(acknowledged)} documents; {unanswered} forms unanswered, {dict(others)} others")
        assert not [answer for each in people for answer in each.other_answers if answer[0] not in (500, 502, 503)]
        assert len(acknowledged) >= kills // 2, "hardly anything was issued: the kills hit nothing"
        assert unanswered + sum(others.values()) > 0, "no kill was felt"


def person(platform: Running, ids: dict[str, str]) -> Person:
    kind = KINDS["invoice"]
    form = form_data(kind, kind.samples.valid) | {"recipients": [ids["party"]], "do": "send"}
    browser = Browser(platform.ports.portal, str(platform.home.keys / "localhost.crt"))
    someone = Person(browser, form, "/documents/new/invoice")
    someone.sign_in("aoba-clerk", PASSWORD)
    return someone


DOCUMENTS = """
SELECT d.id::text, d.number, d.state, d.version, v.payload, v.sha256,
    (SELECT count(*) FROM exchange_version x WHERE x.document_id = d.id),
    (SELECT count(*) FROM exchange_line l WHERE l.document_id = d.id),
    (SELECT count(*) FROM exchange_recipient r WHERE r.document_id = d.id),
    (SELECT count(*) FROM exchange_partyview p WHERE p.document_id = d.id AND p.number = d.number),
    (SELECT count(*) FROM exchange_transition t WHERE t.document_id = d.id AND t.name = 'send'),
    (SELECT count(*) FROM exchange_draft f WHERE f.document_id = d.id),
    (SELECT count(*) FROM exchange_outboxmessage o WHERE o.subject_id = d.id AND o.target_id = %s),
    (SELECT count(*) FROM ledger_entry e WHERE e.subject_id = d.id AND e.event = 'document.sent'),
    (SELECT count(*) FROM ledger_entry e WHERE e.subject_id = d.id AND e.event = 'document.started'),
    (SELECT count(*) FROM exchange_writekey k WHERE k.document_id = d.id)
FROM exchange_document d LEFT JOIN exchange_version v ON v.document_id = d.id AND v.number = d.version
"""
SERIES = "SELECT last FROM exchange_numberseries WHERE company_id = %s"
UNTOLD = """
SELECT count(*) FROM exchange_outboxmessage o WHERE o.delivered_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs j WHERE j.args ->> 'message_id' = o.id::text AND j.status IN ('todo', 'doing'))
"""
ORPHANS = """
SELECT 'line', count(*) FROM exchange_line l
    WHERE NOT EXISTS (SELECT 1 FROM exchange_version v WHERE v.id = l.version_id)
UNION ALL SELECT 'entry', count(*) FROM ledger_entry e WHERE e.event = 'document.sent'
    AND NOT EXISTS (SELECT 1 FROM exchange_document d WHERE d.id = e.subject_id)
UNION ALL SELECT 'key', count(*) FROM exchange_writekey k
    WHERE NOT EXISTS (SELECT 1 FROM exchange_document d WHERE d.id = k.document_id)
UNION ALL SELECT 'message', count(*) FROM exchange_outboxmessage o
    WHERE NOT EXISTS (SELECT 1 FROM exchange_document d WHERE d.id = o.subject_id)
"""
WHOLE = (1, 3, 1, 2, 1, 0, 1, 1, 1, 2)
"""Versions, lines, recipients, views, sendings, drafts, messages, entries (sent, started) and keys of one document."""


def check(platform: Running, ids: dict[str, str], acknowledged: set[str], when: str) -> None:
    """Everything that is there is whole, and everything that was acknowledged is there; people go on issuing."""
    rows, last, untold, orphans = platform.steadily(
        lambda now: (
            now.execute(DOCUMENTS, [ids["receiver"]]).fetchall(),
            now.execute(SERIES, [ids["issuer"]]).fetchall(),
            now.execute(UNTOLD).fetchall(),
            {name: count for name, count in now.execute(ORPHANS).fetchall() if count},
        )
    )
    lost = acknowledged - {row[0] for row in rows}
    assert not lost, f"{when}: {len(lost)} acknowledged documents are lost"
    for _document, number, state, version, payload, sha256, *counts in rows:
        assert (state, version, tuple(counts)) == ("issued", 1, WHOLE), f"{when}: {number} is half-written"
        assert hashlib.sha256(payload).hexdigest() == sha256, f"{when}: {number}"
        assert json.loads(payload)["number"] == number, when
    numbers = sorted(int(row[1].rpartition("-")[2]) for row in rows)
    assert numbers == list(range(1, len(rows) + 1)), f"{when}: numbers have gaps or twins"
    assert last == ([(len(rows),)] if rows else []), f"{when}: the series is not where its numbers are"
    assert untold == [(0,)], f"{when}: a message waits with nobody to tell it"
    assert orphans == {}, when


def documents_told(platform: Running) -> set[str]:
    """The documents that mails in the sink lead to."""
    links = [link for mail in platform.mails() for link in mail["links"]]
    return {link.rstrip("/").rpartition("/")[2] for link in links if "/documents/" in link}


def deliver_everything(platform: Running, chance: random.Random) -> None:
    """Jobs of killed workers are taken up by the platform's own job, once it takes their workers for dead: a minute
    that the test does not wait for but sets back."""
    platform.rows("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 day' RETURNING id")
    platform.kill("worker", chance)  # and waits for its end: one that still dies would not be started again
    platform.mend()
    platform.python(STALLED)
    platform.until(
        lambda: platform.rows("SELECT count(*) FROM exchange_outboxmessage WHERE delivered_at IS NULL") == [(0,)],
        DELIVERED_SECONDS_MAX,
        "not everything was delivered",
    )
    assert platform.rows("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('failed', 'aborted')") == [(0,)]
