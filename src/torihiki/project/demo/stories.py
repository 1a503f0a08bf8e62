"""What happened between the demo's companies. A story is a generator: it yields the moment at which it goes on, and
whoever runs it (`world.py`) stops at the present, so that the newest dealings are still under way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import jpholiday

from torihiki.exchange.numbering import TOKYO
from torihiki.exchange.specs import KINDS
from torihiki.project.demo import papers
from torihiki.project.demo.acts import Body, Change, say, send, send_again, send_from, state_of, step
from torihiki.project.demo.catalogue import Item
from torihiki.project.demo.founding import Staff
from torihiki.project.demo.people import Store
from torihiki.tenancy.actor import Actor

Story = Iterator[datetime]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TERMS = "月末締め翌月末払い"


def working(day: datetime, chance: Random, *, after: int = 0) -> datetime:
    """Office hours in Tokyo, `after` days later, on the next day that is no Sunday and no holiday."""
    local = (day + after * DAY).astimezone(TOKYO).date()
    while local.weekday() == 6 or jpholiday.is_holiday(local):
        local += DAY
    hour, minute = chance.randrange(9, 18), chance.randrange(60)
    return max(datetime.combine(local, time(hour, minute), TOKYO), day + timedelta(minutes=20))


def lines_of(items: Sequence[Item], chance: Random, *, most: int) -> list[Mapping[str, str]]:
    """Some of the items in the order of the catalogue, each in a quantity near the usual one."""
    chosen = sorted(chance.sample(range(len(items)), min(len(items), chance.randint(2, most))))
    return [
        {
            "item_code": item.code,
            "description": item.name,
            "quantity": str(max(1, round(item.usual * chance.uniform(0.6, 1.5)))),
            "unit": item.unit,
            "unit_price": item.price,
            "tax_category": item.tax,
        }
        for item in (items[number] for number in chosen)
    ]


@dataclass(frozen=True)
class Supply:
    """Who orders what from whom, how often, and where it goes."""

    buyer: Actor
    seller: Staff
    items: Sequence[Item]
    subject: str
    place: str
    every_days: int
    most: int = 7


def supply(course: Supply, chance: Random, *, begin: datetime) -> Iterator[tuple[datetime, Story]]:
    """The orders of one place, each a story of its own."""
    day = begin + chance.randrange(course.every_days) * DAY
    while True:
        at = working(day, chance)
        yield at, ordered(course, Random(chance.random()), at=at)
        day += course.every_days * DAY


def ordered(course: Supply, chance: Random, *, at: datetime) -> Story:
    """Ordered, answered, delivered (sometimes in two parts), inspected, billed."""
    yield at
    wanted = working(at, chance, after=chance.randint(2, 5))
    body = {
        "subject": course.subject,
        "delivery_place": course.place,
        "requested_on": wanted.date().isoformat(),
        "payment": TERMS,
        "lines": lines_of(course.items, chance, most=course.most),
    }
    order = send(course.buyer, "order", body, course.seller.head, at=at)
    at = yield_at = at + chance.randint(1, 20) * HOUR
    yield yield_at
    if chance.random() < 0.03:
        step(course.buyer, order, "withdraw", at=at, reason="数量を見直して、改めて発注します。")
        return
    answer = ANSWERS[chance.choices(range(len(ANSWERS)), weights=(80, 8, 6, 4, 2))[0]]
    send_from(course.seller.clerk, "order_response", order, answer, at=at)
    if state_of(course.buyer, order) == "rejected":
        return
    if state_of(course.buyer, order) == "change_proposed":
        at += chance.randint(2, 24) * HOUR
        yield at
        if chance.random() < 0.15:
            step(course.buyer, order, "cancel", at=at, reason="希望日に間に合わないため、他で手配します。")
            return
        step(course.buyer, order, "agree", at=at)
    parts: list[Change | None] = [_half, None] if chance.random() < 0.15 else [None]
    for part in parts:
        at = max(at + HOUR, wanted - DAY) if part is parts[0] else at + 3 * DAY
        yield at
        yield from delivered(course, order, part, chance, at=at)
        at += 2 * DAY


def delivered(course: Supply, order: UUID, part: Change | None, chance: Random, *, at: datetime) -> Story:
    """One delivery, from the lorry to the invoice."""
    seller = course.seller.clerk
    delivery = send_from(seller, "delivery", order, part, at=at)
    at += chance.randint(16, 30) * HOUR
    yield at
    if chance.random() < 0.3:
        step(course.buyer, delivery, "receive", at=at)
        at += chance.randint(1, 5) * HOUR
        yield at
    differs = chance.random() < 0.12
    acceptance = send_from(course.buyer, "acceptance", delivery, _two_broken if differs else None, at=at)
    at += chance.randint(3, 30) * HOUR
    yield at
    if differs:
        if chance.random() < 0.3:
            step(seller, acceptance, "ask", at=at, reason="破損品の写真をいただけますか。")
            at += 5 * HOUR
            yield at
            step(course.buyer, acceptance, "answer", at=at, reason="担当者のメールへお送りしました。")
            at += 5 * HOUR
            yield at
        step(seller, acceptance, "agree", at=at)
        at += 2 * HOUR
        yield at
    due = (at + 45 * DAY).date().isoformat()
    invoice = send_from(seller, "invoice", acceptance, lambda _body: {"due_on": due}, at=at)
    at += chance.randint(20, 120) * HOUR
    yield at
    if chance.random() < 0.05:
        step(course.buyer, invoice, "query", at=at, reason="単価が前回と異なるようです。ご確認ください。")
        at += 10 * HOUR
        yield at
        step(seller, invoice, "answer", at=at, reason="今月から新しい単価でお願いしております。")
        at += 10 * HOUR
        yield at
    step(course.buyer, invoice, "accept", at=at)


# ---- what sellers answer, deliver and buyers find


def _changed_line(body: Body, change: Mapping[str, Any]) -> Mapping[str, Any]:
    first, *others = body["lines"]
    return {"lines": [{**first, **change}, *others]}


def _fewer(body: Body) -> Mapping[str, Any]:
    fewer = max(1, int(float(body["lines"][0]["ordered"]) * 0.7))
    return _changed_line(body, {"answer": "change", "quantity": str(fewer), "reason": "在庫が足りないため"})


def _later(body: Body) -> Mapping[str, Any]:
    ordered_quantity = int(float(body["lines"][0]["ordered"]))
    if ordered_quantity < 2:
        return {}
    later = max(1, ordered_quantity // 3)
    return _changed_line(
        body,
        {
            "answer": "back_order",
            "quantity": str(ordered_quantity - later),
            "later_quantity": str(later),
            "later_on": body["promised_on"],
            "reason": "次回入荷分でお届けします",
        },
    )


def _substitute(body: Body) -> Mapping[str, Any]:
    name = body["lines"][0]["description"]
    change = {"answer": "substitute", "substitute": f"{name}（同等品）", "reason": "メーカー欠品のため"}
    return _changed_line(body, change)


def _nothing(body: Body) -> Mapping[str, Any]:
    refused = {"answer": "reject", "quantity": "0", "reason": "当面の間、入荷の見込みがありません"}
    return {"lines": [{**line, **refused} for line in body["lines"]]}


ANSWERS: tuple[Change | None, ...] = (None, _fewer, _later, _substitute, _nothing)


def _half(body: Body) -> Mapping[str, Any]:
    """What is left goes with the next lorry."""
    lines = []
    for line in body["lines"]:
        quantity = int(float(line["quantity"]))
        lines.append({**line, "quantity": str(max(1, quantity // 2)), "remark": "残りは次便" if quantity > 1 else ""})
    return {"lines": lines, "note": "分納とさせていただきます。"}


def _two_broken(body: Body) -> Mapping[str, Any]:
    quantity = int(float(body["lines"][0]["delivered"]))
    broken = min(2, quantity)
    return _changed_line(
        body,
        {
            "quantity": str(quantity - broken),
            "rejected": str(broken),
            "difference": "damaged",
            "remark": "外装つぶれ",
        },
    )


def _all_broken(body: Body) -> Mapping[str, Any]:
    found = {"quantity": "0", "difference": "quality", "remark": "冷凍が解けている"}
    return {"lines": [{**line, **found, "rejected": line["delivered"]} for line in body["lines"]]}


# ---- asked and quoted


def kitchen(buyer: Staff, maker: Staff, other: Staff, *, start: datetime) -> Story:
    """A new shop's kitchen: asked of two, quoted, revised, accepted, billed, and a part of it given back."""
    clerk, seller = buyer.clerk, maker.head
    yield start
    request = send(clerk, "rfq", papers.KITCHEN_REQUEST, maker.head, other.head, at=start)
    yield (at := start + DAY)
    reason = "厨房機器は取り扱っておりません。申し訳ございません。"
    step(other.clerk, request, "decline", at=at, reason=reason)
    yield (at := start + 2 * DAY)
    quote = send_from(seller, "quote", request, lambda _body: papers.KITCHEN_QUOTE, at=at)
    yield (at := start + 3 * DAY)
    step(clerk, quote, "request_revision", at=at, reason="冷蔵庫を1台追加した金額でお願いします。")
    yield (at := start + 4 * DAY)
    revised = "冷蔵庫を3台に変更しました。"
    send_again(seller, quote, lambda _body: papers.KITCHEN_REVISED, reason=revised, at=at)
    yield (at := start + 5 * DAY)
    step(clerk, quote, "accept", at=at)
    yield (at := start + 20 * DAY)
    invoice = send_from(seller, "invoice", quote, at=at)
    yield (at := start + 21 * DAY)
    step(clerk, invoice, "query", at=at, reason="設置費の内訳を教えてください。")
    yield (at := start + 22 * DAY)
    step(seller, invoice, "answer", at=at, reason="搬入2名・設置2名、各1日分です。")
    yield (at := start + 23 * DAY)
    step(clerk, invoice, "accept", at=at)
    yield (at := start + 30 * DAY)
    send_from(seller, "credit_note", invoice, lambda _body: papers.KITCHEN_RETURN, at=at)


def open_request(buyer: Staff, sellers: Sequence[Staff], *, at: datetime) -> Story:
    yield at
    request = send(buyer.clerk, "rfq", papers.UNIFORM_REQUEST, *(seller.head for seller in sellers), at=at)
    yield (at := at + 5 * HOUR)
    step(sellers[0].clerk, request, "ask", at=at, reason="サイズの内訳はお決まりでしょうか。")
    yield (at := at + HOUR)
    say(buyer.clerk, request, "予算は本部と相談中。", at=at, shared=False)


def compared(buyer: Staff, sellers: Sequence[Staff], *, at: datetime, awarded: bool) -> Story:
    """The same is asked of several, who quote; one of them gets it."""
    yield at
    request = send(buyer.clerk, "rfq", papers.UNIFORM_REQUEST, *(seller.head for seller in sellers), at=at)
    quotes = []
    for number, seller in enumerate(sellers):
        yield (at := at + 4 * HOUR)
        price = str(1_350 - 40 * number)
        quotes.append(send_from(seller.clerk, "quote", request, _priced(price), at=at))
    if awarded:
        yield (at := at + DAY)
        step(buyer.clerk, quotes[-1], "accept", at=at)


def _priced(price: str) -> Change:
    return lambda body: {"lines": [{**line, "unit_price": price} for line in body["lines"]]}


def quote_waiting(seller: Staff, buyer: Staff, *, at: datetime) -> Story:
    yield at
    quote = send(seller.clerk, "quote", papers.YEAR_END_QUOTE, buyer.head, at=at)
    yield (at := at + HOUR)
    say(seller.clerk, quote, "数量がまとまればもう少し勉強できます。ご相談ください。", at=at)


def machine(buyer: Actor, maker: Staff, items: Sequence[Item], subject: str, chance: Random, *, at: datetime) -> Story:
    """A machine is quoted, ordered at that price, delivered, accepted and billed."""
    yield at
    body = {"subject": subject, "payment": TERMS, "lines": lines_of(items, chance, most=3)}
    quote = send(maker.clerk, "quote", body, buyer, at=at)
    yield (at := working(at, chance, after=3))
    step(buyer, quote, "accept", at=at)
    yield (at := at + HOUR)
    wanted = working(at, chance, after=14)
    order = send_from(buyer, "order", quote, lambda _body: {"requested_on": wanted.date().isoformat()}, at=at)
    yield (at := working(at, chance, after=1))
    send_from(maker.clerk, "order_response", order, at=at)
    yield wanted
    yield from delivered(Supply(buyer, maker, items, subject, "", 0), order, None, chance, at=wanted)


# ---- billed without an order


def billed_monthly(
    seller: Staff, buyer: Staff, items: Sequence[Item], subject: str, chance: Random, *, begin: datetime
) -> Iterator[tuple[datetime, Story]]:
    """The same service every month."""
    month = begin
    while True:
        at = working(month, chance)
        yield at, bill(seller, buyer, items, subject, Random(chance.random()), at=at)
        month += 30 * DAY


def bill(seller: Staff, buyer: Staff, items: Sequence[Item], subject: str, chance: Random, *, at: datetime) -> Story:
    yield at
    body = {
        "subject": f"{at.astimezone(TOKYO).month}月分 {subject}",
        "due_on": (at + 30 * DAY).date().isoformat(),
        "lines": lines_of(items, chance, most=len(items)),
    }
    invoice = send(seller.clerk, "invoice", body, buyer.head, at=at)
    yield (at := working(at, chance, after=chance.randint(1, 6)))
    step(buyer.clerk, invoice, "accept", at=at)


def endings(
    kind: str, writer: Actor, reader: Actor, body: Mapping[str, Any], ways: Sequence[Sequence[str]], *, at: datetime
) -> Story:
    """One document for each way, gone to its end: what else may happen to a document of this kind."""
    for way in ways:
        yield at
        document = send(writer, kind, body, reader, at=at)
        yield from taken(document, writer, reader, kind, way, at=at)
        at += 5 * DAY


def credit_endings(writer: Actor, reader: Actor, ways: Sequence[Sequence[str]], *, at: datetime) -> Story:
    """An accepted invoice is given back, and what becomes of the credit note."""
    for way in ways:
        yield at
        body = {"subject": "タブレット保守 解約分", "lines": papers.SYSTEM_LINES[:1]}
        invoice = send(writer, "invoice", body, reader, at=at)
        yield (at := at + DAY)
        step(reader, invoice, "accept", at=at)
        yield (at := at + DAY)
        note = send_from(writer, "credit_note", invoice, at=at)
        yield from taken(note, writer, reader, "credit_note", way, at=at)
        at += 5 * DAY


def stopped(course: Supply, chance: Random, point: str, *, at: datetime) -> Story:
    """An order that has come to `point` and waits there."""
    yield at
    body = {"subject": course.subject, "delivery_place": course.place, "lines": lines_of(course.items, chance, most=3)}
    order = send(course.buyer, "order", body, course.seller.head, at=at)
    if point == "sent":
        return
    yield (at := at + HOUR)
    seller = course.seller.clerk
    answer = {"change_proposed": _fewer, "rejected": _nothing}.get(point)
    send_from(seller, "order_response", order, answer, at=at)
    if point in ("change_proposed", "rejected"):
        return
    yield (at := at + HOUR)
    if point == "superseded":
        send_again(
            course.buyer, order, lambda _body: {"note": "荷受けは9時から。"}, reason="備考を追加しました。", at=at
        )
        return
    if point in ("request_cancel", "offer_cancel"):
        asking = {"request_cancel": course.buyer, "offer_cancel": seller}
        step(asking[point], order, point, at=at, reason=REASONS[point])
        return
    delivery = send_from(seller, "delivery", order, at=at)
    yield (at := at + HOUR)
    if point in ("request_correction", "receive", "cancel_delivery"):
        acting = seller if point == "cancel_delivery" else course.buyer
        name = point.removesuffix("_delivery")
        step(acting, delivery, name, at=at, reason="" if name == "receive" else REASONS[name])
        return
    if point == "shipped":
        return
    found = _all_broken if point == "reject" else _two_broken
    acceptance = send_from(course.buyer, "acceptance", delivery, found, at=at)
    yield (at := at + HOUR)
    if point in ("ask", "withdraw", "agree", "reject"):
        acting = course.buyer if point == "withdraw" else seller
        name = "agree" if point == "reject" else point
        step(acting, acceptance, name, at=at, reason=REASONS.get(name, ""))


POINTS = (
    "sent",
    "change_proposed",
    "rejected",
    "superseded",
    "request_cancel",
    "offer_cancel",
    "shipped",
    "request_correction",
    "receive",
    "cancel_delivery",
    "inspect",
    "ask",
    "withdraw",
    "agree",
    "reject",
)


def taken(document: UUID, writer: Actor, reader: Actor, kind: str, way: Sequence[str], *, at: datetime) -> Story:
    """These steps, a day apart, each by whom it is for."""
    for name in way:
        yield (at := at + DAY)
        wanted = KINDS[kind].step(name)
        assert wanted is not None, f"{kind} has no step {name}"
        actors = {"issuer": writer, "receiver": reader, "system": Actor.system(writer.company)}
        step(actors[wanted.by], document, name, at=at, reason=REASONS.get(name, "") if wanted.needs_reason else "")


REASONS = {
    "query": "納品書の番号をご記載ください。",
    "answer": "第2041号です。次回から記載いたします。",
    "reject": "宛名が異なっています。再発行をお願いします。",
    "withdraw": "金額に誤りがありましたので取り下げます。",
    "cancel": "ご指摘のとおりですので取り消します。",
    "decline": "今回は予算の都合で見送ります。",
    "request_revision": "もう少しお値引きいただけませんか。",
    "close": "残りは不要になりました。",
    "request_cancel": "店舗の改装が延期になりました。",
    "decline_cancel": "すでに製造に入っております。",
    "offer_cancel": "製造中止のためお届けできません。",
    "refuse_cancel": "代替品をご提案ください。",
    "request_correction": "数量の記載が現品と合いません。",
    "ask": "対象の商品を教えてください。",
}


def store_supply(store: Store, keeper: Actor, seller: Staff, items: Sequence[Item]) -> Supply:
    return Supply(keeper, seller, items, f"{store.name} 食材・備品", store.place, every_days=21)
