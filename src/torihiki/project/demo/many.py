"""Load: as many documents of one demo company as wanted, the same for the same seed, in a few statements per thousands.

Bodies, sums and canonical payloads come from the product's own code, a few hundred of them; PostgreSQL then multiplies
them as the migration role, past the policies. What the documents left behind is there (versions, lines, views of both
sides, timelines, an entry in the ledger for each sending); mail, jobs and drafts are not.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from torihiki.exchange.access import access_own_party, access_partners
from torihiki.exchange.actions.drafts import validated, with_line_ids
from torihiki.exchange.actions.versions import payload_of, version_of
from torihiki.exchange.bodies import Address, Contact, PartyDetails
from torihiki.exchange.models import Document, Partner, Party
from torihiki.exchange.partners.actions import add_external_partner
from torihiki.exchange.specs import KINDS, SYSTEM, Kind, Step
from torihiki.identity.actions.signing import actor_of
from torihiki.identity.models import Member
from torihiki.ledger.recording import FORMAT
from torihiki.lib.canonical import canonical_json
from torihiki.project.demo.multiplying import STAGING, STATEMENTS
from torihiki.tenancy.actor import Actor, scope

DOCUMENTS_MAX = 2_000_000
CHUNK_DOCUMENTS = 20_000
PARTNERS = 24
TEMPLATES_PER_KIND = 150
LINES_MAX = 5
LINE_COLUMNS = ("position", "line_id", "item_code", "description", "quantity", "unit", "unit_price", "amount")
YEARS = 3
STEPS_MAX = 2
NUMBER, ISSUED_ON, SUBJECT, ISSUER, RECIPIENT = "@NUMBER@", "2026-01-15", "@SUBJECT@", "@ISSUER@", "@RECIPIENT@"
OCCASIONS = ("定期納品", "追加分", "新店舗", "季節催事", "年度末", "改装", "備品補充", "試作用", "店頭販促", "棚卸調整")
GOODS = (
    "コシヒカリ 10kg", "国産鶏もも肉 2kg", "業務用洗剤 5L", "ステンレス作業台 1500", "冷凍うどん 30食", "有機醤油 1.8L",
    "厚手おしぼり 100本", "コピー用紙 A4 2500枚", "台所用手袋 M", "北海道産バター 450g", "強力粉 25kg", "名刺 100枚",
    "珈琲豆 深煎 1kg", "耐熱ガラス容器", "折りたたみ椅子", "ＬＥＤ電球 60W", "国産大豆 10kg", "ペーパータオル 200枚",
)  # fmt: skip
PLACES = ("札幌", "仙台", "新潟", "金沢", "静岡", "名古屋", "京都", "神戸", "岡山", "広島", "高松", "福岡")
TRADES = ("商店", "物産", "製菓", "水産", "青果", "工業", "印刷", "運輸")


@dataclass(frozen=True)
class Sender:
    """Whom a member company's documents were sent by."""

    company_id: UUID
    member_id: UUID
    account_id: UUID
    name: str
    company_name: str


@dataclass(frozen=True)
class Course:
    """How far a document came: the state, who is waited for, and the steps that led there."""

    state: str
    waits_for: str
    steps: tuple[Step, ...]


@dataclass
class Loaded:
    """What there is now, for who reports it."""

    documents: int = 0
    kinds: list[str] = field(default_factory=list)
    partners: int = 0


def load_many(
    actor: Actor,
    url: str,
    count: int,
    *,
    until: datetime,
    seed: int = 1,
    report: Callable[[int], None] = lambda done: None,
) -> Loaded:
    """Add `count` documents of `actor`'s company (at most DOCUMENTS_MAX), issued and received over the YEARS before
    `until`; `url` is the migration role's. Each chunk is a transaction of its own, reported when it is stored.

    For an empty future only: numbers go on from the present ones, so real sendings must not go on meanwhile.
    """
    if not 1 <= count <= DOCUMENTS_MAX:
        raise ValueError(f"between 1 and {DOCUMENTS_MAX:,} documents")
    chance = random.Random(seed)
    with scope(actor):
        own = access_own_party(actor)
        partners = _partners(actor, chance, at=until)
    kinds = [kind for kind in KINDS.values() if kind.free]
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.transaction():
            _stage(connection, actor, own, partners, kinds, chance)
        for start in range(0, count, CHUNK_DOCUMENTS):
            end = min(start + CHUNK_DOCUMENTS, count)
            with connection.transaction():
                _write(connection, range(start, end), count, until=until, seed=seed)
            report(end)
        for table in ("document", "partyview", "version", "line", "recipient", "transition"):
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(f"exchange_{table}")))
    return Loaded(count, [kind.code for kind in kinds], len(partners))


def _partners(actor: Actor, chance: random.Random, *, at: datetime) -> list[Partner]:
    """The company's partners, filled up with companies outside until there are PARTNERS."""
    found = list(access_partners(actor).order_by("id"))
    for number in range(len(found), PARTNERS):
        name = f"{PLACES[number % len(PLACES)]}{TRADES[number % len(TRADES)]}株式会社"
        details = PartyDetails(
            name=name,
            address=Address(postal_code="100-0001", prefecture="東京都", city="千代田区", street=f"丸の内9-{number}"),
            contact=Contact(phone=f"03-0000-{7000 + chance.randrange(1000)}", email=f"office@partner{number}.example"),
        )
        found.append(add_external_partner(actor, details, own_code=f"L{number:03d}", at=at))
    return found


def administrator(url: str, login_id: str) -> Actor:
    """The actor of this demo company's first member. Raises LookupError where there is no such login id."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT m.company_id, m.id FROM identity_member m JOIN identity_account a ON a.id = m.account_id"
            " WHERE a.login_id = %s",
            [login_id],
        ).fetchone()
    if row is None:
        raise LookupError(f"there is no login id {login_id}")
    with scope(Actor(company_id=row[0])):
        return actor_of(Member.objects.get(pk=row[1]))


# ---- what is multiplied: templates of bodies, parties and courses in temporary tables


def _stage(
    connection: psycopg.Connection[Any],
    actor: Actor,
    own: Party,
    partners: Sequence[Partner],
    kinds: Sequence[Kind],
    chance: random.Random,
) -> None:
    connection.execute(STAGING)
    parties = [own, *(partner.party for partner in partners)]
    for party in parties:
        member = _member(connection, party.company_id) if party.company_id else None
        connection.execute(
            "INSERT INTO load_party VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                party.pk,
                party.name,
                canonical_json(PartyDetails.model_validate(party.details).model_dump(mode="json")).decode(),
                party.company_id,
                member and member.member_id,
                member and member.account_id,
                member and member.name,
                member and canonical_json(member.name).decode(),
                member and member.company_name,
            ],
        )
    deals = [(kind, partner.party, ours) for partner in partners for kind in kinds for ours in _ways(kind, partner)]
    templates = {kind.code: list(_templates(kind, own, chance)) for kind in kinds}
    with connection.cursor() as cursor:
        number = 0
        first: dict[str, int] = {}
        for kind in kinds:
            first[kind.code] = number
            for payload, facts, lines in templates[kind.code]:
                cursor.execute(
                    "INSERT INTO load_template VALUES (%s, %s, %s, %s, %s, %s)",
                    [number, payload, facts.subject, facts.search, facts.currency, facts.amount_minor],
                )
                cursor.executemany(
                    "INSERT INTO load_line VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [(number, *line) for line in lines],
                )
                number += 1
        for place, (kind, party, ours) in enumerate(deals):
            issuer, receiver = (own.pk, party.pk) if ours else (party.pk, own.pk)
            cursor.execute(
                "INSERT INTO load_deal VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [place, kind.code, kind.prefix, str(kind.issuer_side), issuer, receiver, first[kind.code]],
            )
        for kind in kinds:
            for place, course in enumerate(_courses(kind)):
                cursor.execute(
                    "INSERT INTO load_course VALUES (%s, %s, %s, %s, %s)",
                    [
                        kind.code,
                        place,
                        course.state,
                        course.waits_for,
                        json.dumps(
                            [{"name": s.name, "by": s.by, "to": s.target, "ask": s.needs_reason} for s in course.steps]
                        ),
                    ],
                )
        cursor.execute("UPDATE load_course c SET of = (SELECT count(*) FROM load_course o WHERE o.kind = c.kind)")


def _ways(kind: Kind, partner: Partner) -> tuple[bool, ...]:
    """Issued by us to everybody; by the partner only where it is a member: what comes from outside has no number."""
    return (True, False) if partner.party.company_id else (True,)


def _member(connection: psycopg.Connection[Any], company_id: UUID) -> Sender:
    row = connection.execute(
        "SELECT m.company_id, m.id, m.account_id, m.name, c.name FROM identity_member m"
        " JOIN identity_company c ON c.id = m.company_id WHERE m.company_id = %s ORDER BY m.created_at, m.id LIMIT 1",
        [company_id],
    ).fetchone()
    assert row is not None, "every company has a member"
    return Sender(*row)


def _templates(kind: Kind, own: Party, chance: random.Random) -> Iterator[tuple[str, Document, list[tuple[Any, ...]]]]:
    """Payloads with marks where a document differs; the day is any on which the present rates hold."""
    day = date.fromisoformat(ISSUED_ON)
    details = PartyDetails.model_validate(own.details)
    for number in range(TEMPLATES_PER_KIND):
        body = validated(kind, with_line_ids(_body(kind, chance, number)), issuer=details, on=day)
        payload, totals = payload_of(
            kind, number=NUMBER, version=1, issued_on=day, issuer=PartyDetails(name=ISSUER),
            recipient=None if kind.several_recipients else PartyDetails(name=RECIPIENT), body=body, previous="",
        )  # fmt: skip
        facts = Document(kind=kind.code)
        _version, lines = version_of(
            facts, kind, payload, body, totals, number=1, previous="", reason="", at=datetime.min  # noqa: DTZ901
        )  # fmt: skip
        yield _marked(payload), facts, [
            tuple(line[name] for name in LINE_COLUMNS)
            for line in lines
        ]  # fmt: skip


def _body(kind: Kind, chance: random.Random, number: int) -> dict[str, Any]:
    """The kind's sample with other lines. What depends on today is left out: it would be refused for another day."""
    sample = dict(kind.samples.valid)
    model = list(sample["lines"])
    lines = []
    for position in range(chance.randint(1, LINES_MAX)):
        line = dict(chance.choice(model)) | {"line_id": str(position + 1)}
        line["description"] = chance.choice(GOODS)
        line["item_code"] = f"{chance.choice('ABCDEF')}-{chance.randrange(1000, 9999)}"
        for name, choices in (("quantity", range(1, 60)), ("unit_price", range(120, 9_800, 10))):
            if name in line:
                line[name] = str(chance.choice(choices))
        if "ordered" in line:
            line["ordered"] = line["quantity"]
        lines.append(line)
    return {**sample, "subject": f"{OCCASIONS[number % len(OCCASIONS)]} {SUBJECT}", "lines": lines}


def _marked(payload: bytes) -> str:
    text = payload.decode()
    for mark in (ISSUER, RECIPIENT):
        text = text.replace(canonical_json(PartyDetails(name=mark).model_dump(mode="json")).decode(), mark)
    return text


def _courses(kind: Kind) -> list[Course]:
    """The state after sending, and every one that is reached by up to STEPS_MAX steps of issuer or receiver."""
    courses = [Course(kind.sent_state, kind.state(kind.sent_state).waits_for, ())]
    for course in courses:
        if len(course.steps) < STEPS_MAX:
            courses += [
                Course(step.target, kind.state(step.target).waits_for, (*course.steps, step))
                for step in kind.steps
                if course.state in step.source and step.by != SYSTEM and not step.per_recipient
            ]
    return courses


def _write(connection: psycopg.Connection[Any], part: range, count: int, *, until: datetime, seed: int) -> None:
    values = {
        "first": part.start,
        "last": part.stop - 1,
        "count": count,
        "until": until,
        "span": timedelta(days=365 * YEARS),
        "seed": seed,
        "templates": TEMPLATES_PER_KIND,
        "format": FORMAT,
    }
    cursor = psycopg.ClientCursor(connection)  # values are literals: CREATE TABLE AS takes no parameters
    for statement in STATEMENTS:
        cursor.execute(statement, values)
