"""The demo's world: seven companies and half a year of dealings, told by the actions that its people would have used.

All stories run side by side in the order of time and stop at the present. What happens follows from `seed` alone.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.db import connection, transaction
from django.db.models import F

from torihiki.exchange.actions.drafts import start_draft
from torihiki.exchange.actions.intake import take_in
from torihiki.exchange.approvals.requests import submit_draft
from torihiki.exchange.models import OutboxMessage
from torihiki.exchange.specs import KINDS
from torihiki.identity.actions.companies import set_approval_kinds
from torihiki.project.demo import money, papers
from torihiki.project.demo.acts import party_of
from torihiki.project.demo.catalogue import DESIGNS, FOOD, MACHINES, PARTS, SWEETS, SYSTEMS
from torihiki.project.demo.founding import Staff, befriend, found
from torihiki.project.demo.people import AOBA, COMPANIES, HIDAMARI, KAWACHI, MINATO, PRINTER, SATO, SORANO, SUZURAN
from torihiki.project.demo.stories import (
    DAY,
    HOUR,
    POINTS,
    Story,
    Supply,
    billed_monthly,
    compared,
    credit_endings,
    endings,
    kitchen,
    machine,
    open_request,
    quote_waiting,
    stopped,
    store_supply,
    supply,
)
from torihiki.tenancy.actor import Actor, scope

NEW_MACHINES = ("新宿店 フライヤー入替", "横浜店 食器洗浄機", "本部キッチン 作業台", "銀座店 冷蔵庫")
SEED = 20_260
HISTORY = timedelta(days=183)
TOLD = timedelta(days=2)
"""Older news is not mailed: nobody wants hundreds of letters on the first evening."""


def load(*, now: datetime, seed: int = SEED) -> None:
    """Make the companies and their documents, the oldest half a year before `now`. On an empty database only."""
    begin = now - HISTORY
    with connection.cursor() as cursor:  # what a power cut takes of the demo is loaded again
        cursor.execute("SET synchronous_commit = off")
    with transaction.atomic():  # all companies or none; an interrupted history is only shorter
        staff = {company.key: found(company, at=begin) for company in COMPANIES}
    hidamari, aoba, minato, sato, suzuran, kawachi, sorano = (
        staff[c.key] for c in (HIDAMARI, AOBA, MINATO, SATO, SUZURAN, KAWACHI, SORANO)
    )
    trading = [(hidamari, seller) for seller in (aoba, minato, sato, sorano)]
    trading += [(aoba, suzuran), (aoba, sorano), (minato, kawachi)]
    for buyer, seller in trading:
        befriend(buyer, seller, at=begin + HOUR)
    run(_stories(staff, Random(seed), begin=begin + DAY, now=now), until=now)
    _outside(hidamari, now=now)
    _drafts(aoba, hidamari, at=now - 3 * HOUR)
    _money(staff, now=now)
    for company in staff.values():
        _keep_quiet(company, before=now - TOLD)


def run(stories: Iterator[Story], *, until: datetime) -> None:
    """Every story goes on at the moment that it last yielded; what lies after `until` does not happen."""
    order = count()
    waiting: list[tuple[datetime, int, Story]] = []
    for story in stories:
        _await(story, waiting, order, until)
    while waiting:
        _at, _number, story = heapq.heappop(waiting)
        _await(story, waiting, order, until)


def _await(story: Story, waiting: list[tuple[datetime, int, Story]], order: Iterator[int], until: datetime) -> None:
    at = next(story, None)
    if at is not None and at < until:
        heapq.heappush(waiting, (at, next(order), story))


def _stories(staff: dict[str, Staff], chance: Random, *, begin: datetime, now: datetime) -> Iterator[Story]:
    hidamari, aoba, minato, sato, suzuran, kawachi, sorano = (
        staff[c.key] for c in (HIDAMARI, AOBA, MINATO, SATO, SUZURAN, KAWACHI, SORANO)
    )
    courses = [store_supply(store, keeper, aoba, FOOD) for store, keeper in hidamari.stores]
    courses += [
        Supply(aoba.clerk, suzuran, SWEETS, "菓子・アイス 仕入", AOBA.details.address.street, every_days=30, most=5),
        Supply(minato.clerk, kawachi, PARTS, "部品 定期発注", MINATO.details.address.street, every_days=36, most=4),
    ]
    repeated = [supply(course, Random(chance.random()), begin=begin) for course in courses]
    repeated += [
        billed_monthly(sorano, hidamari, SYSTEMS, "店舗システム利用料", Random(chance.random()), begin=begin),
        billed_monthly(sorano, aoba, SYSTEMS[2:], "データ連携利用料", Random(chance.random()), begin=begin + 3 * DAY),
        billed_monthly(sato, hidamari, DESIGNS, "デザイン制作", Random(chance.random()), begin=begin + 9 * DAY),
    ]
    for course in repeated:
        for at, story in course:
            if at > now:
                break
            yield story
    for number, subject in enumerate(NEW_MACHINES):
        start = begin + (20 + 35 * number) * DAY
        yield machine(hidamari.clerk, minato, MACHINES, subject, Random(chance.random()), at=start)
    yield kitchen(hidamari, minato, aoba, start=now - 40 * DAY)
    yield open_request(hidamari, (aoba, minato), at=now - 2 * DAY)
    yield compared(hidamari, (aoba, minato), at=now - 60 * DAY, awarded=True)
    yield compared(hidamari, (aoba, minato), at=now - 3 * DAY, awarded=False)
    yield quote_waiting(aoba, hidamari, at=now - DAY)
    yield from _endings(staff, begin=begin)
    for number, point in enumerate(POINTS):
        start = now - (2 + number % 5) * DAY
        yield stopped(courses[number % len(courses)], Random(chance.random()), point, at=start)


def _endings(staff: dict[str, Staff], *, begin: datetime) -> Iterator[Story]:
    """What seldom happens, so that every state of every kind stands somewhere."""
    hidamari, aoba, minato, sato, suzuran, sorano = (
        staff[c.key] for c in (HIDAMARI, AOBA, MINATO, SATO, SUZURAN, SORANO)
    )
    at = begin + 30 * DAY
    offer = {"subject": "予約システム 導入プラン", "lines": papers.SYSTEM_LINES}
    ways: list[list[str]] = [["decline"], ["withdraw"], ["expire"], ["request_revision"]]
    yield endings("quote", sorano.clerk, hidamari.clerk, offer, ways, at=at)
    yield endings("rfq", hidamari.clerk, minato.head, papers.UNIFORM_REQUEST, [["close"], ["cancel"]], at=at)
    ways = [["query"], ["reject"], ["withdraw"], ["reject", "cancel"], []]
    yield endings("invoice", sato.head, hidamari.clerk, papers.DESIGN, ways, at=at)
    yield credit_endings(sorano.clerk, hidamari.clerk, [["accept"], *ways[:4]], at=at)
    yield endings("self_billing", aoba.clerk, suzuran.head, papers.CONSIGNMENT, [["accept"], *ways], at=at)
    order = {"subject": "催事用 焼菓子", "delivery_place": "横浜市中区山下町999", "lines": papers.FAIR_LINES}
    yield endings("order", aoba.clerk, suzuran.clerk, order, [["withdraw"], []], at=at)


def _outside(buyer: Staff, *, now: datetime) -> None:
    """An invoice from a printer that is not on the platform."""
    with scope(buyer.clerk):
        take_in(
            buyer.clerk,
            KINDS["invoice"],
            name="yamate-2026.xml",
            content=papers.printers_invoice(PRINTER, HIDAMARI.details, on=(now - 9 * DAY).date()),
            at=now - 8 * DAY,
        )


def _drafts(seller: Staff, buyer: Staff, *, at: datetime) -> None:
    """Invoices of the wholesaler need an approval: one waits for it, another is still being written."""
    with scope(seller.head):
        set_approval_kinds(seller.head, ["invoice"], at=at)
    clerk, party = seller.clerk, party_of(buyer.head)
    with scope(clerk):
        kind = KINDS["invoice"]
        waiting = start_draft(clerk, kind, body=papers.extra_food(at.month), recipients=[party], at=at)
        submit_draft(clerk, waiting, revision=1, at=at)
        start_draft(clerk, kind, body={"subject": "年末ギフト 送料"}, recipients=[party], at=at)


def _money(staff: dict[str, Staff], *, now: datetime) -> None:
    """The restaurants pay by transfer; the wholesaler finds it on its account."""
    suppliers = {company.key: (company, staff[company.key]) for company in (AOBA, MINATO, SATO, SORANO)}
    paid = money.pay(staff[HIDAMARI.key], suppliers, now=now)
    to_aoba = [(on, yen) for on, key, yen in paid if key == AOBA.key]
    money.receive(staff[AOBA.key], AOBA, to_aoba, number=9, now=now)


def _keep_quiet(company: Staff, *, before: datetime) -> None:
    with scope(Actor.system(company.head.company)):
        OutboxMessage.objects.filter(delivered_at=None, at__lt=before).update(delivered_at=F("at"))
