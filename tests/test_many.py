"""Documents for load: as whole as real ones, with gapless numbers, and open to both sides."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.market import Market
from tests.world import make_company, trade
from torihiki.exchange.access import access_views
from torihiki.exchange.models import Document, Line, Party, PartyView, Recipient, Transition, Version
from torihiki.exchange.numbering import next_number
from torihiki.exchange.papers import read_sent
from torihiki.exchange.specs import KINDS
from torihiki.ledger.models import Entry
from torihiki.lib.canonical import canonical_json
from torihiki.project.demo import many
from torihiki.project.demo.many import administrator, load_many
from torihiki.project.local.testing import TestDatabase
from torihiki.tenancy import roles
from torihiki.tenancy.actor import scope

COUNT = 300


@pytest.fixture(scope="module")
def founded_load(test_database: TestDatabase, django_db_blocker: Any) -> Iterator[Market]:
    """Made once, and committed."""
    with test_database.beside("many") as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(many, "CHUNK_DOCUMENTS", 110)
        patch.setattr(many, "TEMPLATES_PER_KIND", 4)
        market = Market(test_database, name)
        with django_db_blocker.unblock(), market.open():
            issuer = make_company("aoba", "青葉食品株式会社", "アオバショクヒン", "7000012050002")
            receiver = make_company("minato", "株式会社みなと商店", "ミナトショウテン", "3010401013220")
            trade(issuer, receiver)
            market.desks |= {"issuer": issuer, "receiver": receiver, "stranger": make_company("yama", "やまびこ物産")}
            load(market, seed=1)
        yield market


@pytest.fixture
def loaded(founded_load: Market, django_db_blocker: Any) -> Iterator[Market]:
    with django_db_blocker.unblock(), founded_load.open():
        yield founded_load


def load(market: Market, *, seed: int) -> None:
    url = market.url(roles.MIGRATION)
    load_many(administrator(url, "aoba-administrator"), url, COUNT, until=timezone.now(), seed=seed)


def test_they_are_as_whole_as_real_ones(loaded: Market) -> None:
    issuer, receiver, stranger = loaded.desks.values()
    with issuer.acting() as actor:
        assert PartyView.objects.count() == COUNT
        versions = list(Version.objects.select_related("document"))
        kinds = {version.document.kind for version in versions}
        assert kinds == {kind.code for kind in KINDS.values() if kind.free}
        for version in versions:
            payload = bytes(version.payload)
            assert canonical_json(json.loads(payload)) == payload
            assert hashlib.sha256(payload).hexdigest() == version.sha256
            sent = read_sent(version)
            assert (sent.number, sent.issued_on) == (version.document.number, version.document.issued_on)
            assert sent.issuer.name == Party.objects.get(pk=version.document.issuer_id).name
            lines = Line.objects.filter(version=version).order_by("position")
            assert [line.description for line in lines] == [line.description for line in sent.body.lines]  # type: ignore[attr-defined]
        assert Recipient.objects.count() == COUNT
        states = Counter(PartyView.objects.values_list("kind", "state"))
        assert all(KINDS[kind].state(state) for kind, state in states)
        assert len(states) > 2 * len(kinds)
        assert len(set(PartyView.objects.values_list("counterparty_id", flat=True))) > many.PARTNERS / 2
        assert len({day.year for day in PartyView.objects.values_list("issued_on", flat=True) if day}) > 2
        assert not Transition.objects.filter(company_id=actor.company, name="").exists()
    with receiver.acting():
        shared = PartyView.objects.count()
    assert 0 < shared < COUNT
    with stranger.acting():
        assert not PartyView.objects.exists()
        assert not Document.objects.exists()


def test_the_ledger_holds_each_sending(loaded: Market) -> None:
    issuer = loaded.desks["issuer"]
    with issuer.acting():
        entries = list(Entry.objects.filter(event="document.sent"))
        sent = set(PartyView.objects.filter(role="issuer").values_list("number", flat=True))
    assert {entry.subject_label for entry in entries} == sent
    for entry in entries:
        payload = bytes(entry.payload or b"")
        assert canonical_json(json.loads(payload)) == payload
        assert hashlib.sha256(bytes(entry.salt) + payload).digest() == bytes(entry.leaf)


def test_numbers_are_gapless_and_go_on(loaded: Market) -> None:
    issuer, now = loaded.desks["issuer"], timezone.now()
    with scope(issuer.actor) as actor:
        own = Document.objects.filter(owner_id=actor.company, kind="invoice", issued_on__year=now.year)
        numbers = sorted(own.values_list("number", flat=True))
        assert [int(number[-6:]) for number in numbers] == list(range(1, len(numbers) + 1))
        assert int(next_number(actor.company, KINDS["invoice"], at=now)[-6:]) == len(numbers) + 1


def test_pages_open(loaded: Market) -> None:
    issuer, receiver = loaded.desks["issuer"], loaded.desks["receiver"]
    with receiver.acting() as actor:
        view = access_views(actor).filter(role="receiver").first()
    assert view is not None
    for desk in (issuer, receiver):
        assert desk.get("/inbox").status_code == desk.get("/search?q=定期納品").status_code == 200
        page = desk.get(f"/documents/{view.document_id}")
        assert page.status_code == 200
        assert view.number in page.content.decode()


# ---- what finding costs


def plan_of(statement: str, parameters: tuple[Any, ...]) -> str:
    """As the application, past the smallness of this load."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize(("partner", "index"), [(True, "view_by_partner"), (False, "view_by_last_change")])
def test_a_list_by_dates_walks_one_index_and_skips_inside_it(loaded: Market, partner: bool, index: str) -> None:
    with loaded.desks["issuer"].acting() as actor:
        views = access_views(actor).filter(issued_on__gte="2025-04-01", issued_on__lte="2025-06-30")
        if partner:
            views = views.filter(counterparty_id=loaded.desks["receiver"].party.id)
        plan = plan_of(*views.order_by("-changed_at", "-document_id")[:51].query.sql_with_params())
    assert f"Index Scan using {index}" in plan, plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "issued_on >=" in condition
    assert "Sort" not in plan


def test_a_rare_word_comes_from_the_index(loaded: Market) -> None:
    """The search function's own query, as the role whose rights it has."""
    with loaded.open(roles.MIGRATION), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT document_id FROM exchange_partyview v WHERE v.company_id = %s"
            ' AND exchange_bigrams(v.folded) COLLATE "C" @> exchange_bigrams(exchange_fold(%s))',
            [loaded.desks["issuer"].company, "定期納品"],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Bitmap Index Scan on view_by_words" in plan, plan
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'exchange_search_views'")
        assert 'exchange_bigrams(v.folded) COLLATE "C" @> grams' in cursor.fetchone()[0]
