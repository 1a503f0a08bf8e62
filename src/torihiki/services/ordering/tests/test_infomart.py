"""Orders of a former system: an Infomart export becomes one order for each slip, all of them or none."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from tests.dealings import TRACE
from tests.portal import does, page_of, state_of
from tests.world import Desk
from torihiki.exchange.actions.drafts import own_details
from torihiki.exchange.bodies import PartyDetails, TaxCategory
from torihiki.exchange.models import Attachment, Document, PartyView, Recipient
from torihiki.services.ordering.body import OrderBody
from torihiki.services.ordering.infomart.orders import ORDERS_MAX, read_infomart
from torihiki.services.ordering.infomart.table import COLUMNS, InfomartRefused
from torihiki.services.ordering.rules import order_totals

PLACE = "/documents/take-in/order"
BUYER, SELLER = "株式会社ひだまりダイニング", "㈱髙橋青果"
OWN = PartyDetails(name=BUYER)
HEADER = tuple(
    f"［{name.replace('合計', '合計 ') if name.startswith('合計') else name.replace('所住', '所 住')}］"
    for name in COLUMNS
)

SLIP = {
    "データ区分": "D",
    "伝票日付": "2026/11/02",
    "伝票No": "202611020017",
    "取引状態": "発送済",
    "自社コード": "HD-001",
    "自社会員名": BUYER,
    "自社担当者": "山本 花子",
    "取引先コード": "T0045",
    "取引先名": SELLER,
    "納品場所コード": "S12",
    "納品場所名": "ひだまり食堂 新橋店",
    "納品場所住所": "東京都港区新橋2-16-1",
    "合計商品本体": "18,360",
    "合計商品消費税": "1,508",
    "合計送料本体": "500",
    "合計送料消費税": "50",
    "合計その他": "0",
    "総合計": "20,418",
    "発注日": "2026/11/02",
    "発送日": "2026/11/03",
    "納品日": "2026/11/04",
    "受領日": "",
    "取引ID_SYSTEM": "88012345",
}
TOMATO = {
    "マイカタログID": "5501",
    "自社管理商品コード": "VEG-101",
    "商品名": "トマト（熊本産）",
    "規格": "4kg/箱",
    "入数": "24",
    "入数単位": "玉",
    "単価": "2,480",
    "数量": "3",
    "単位": "箱",
    "金額": "7,440",
    "消費税": "595",
    "小計": "8,035",
    "課税区分": "8%(軽減)",
    "税区分": "外税",
    "伝票明細ID_SYSTEM": "990001",
}
RICE = {
    "マイカタログID": "5620",
    "自社管理商品コード": "RICE-010",
    "商品名": "新潟県産コシヒカリ",
    "規格": "10kg",
    "単価": "4,200",
    "数量": "2",
    "単位": "袋",
    "金額": "8,400",
    "消費税": "672",
    "課税区分": "課税",
    "税区分": "外税",
    "伝票明細ID_SYSTEM": "990002",
}
WASHING = {
    "商品名": "業務用洗剤 5L",
    "単価": "1,260",
    "数量": "2",
    "単位": "本",
    "金額": "2,520",
    "消費税": "252",
    "課税区分": "10%",
    "税区分": "外税",
    "伝票明細ID_SYSTEM": "990003",
}
"""商品 18,360: 15,840 at 8 % (tax 1,267.2) and 2,520 at 10 % (252); with 送料 500 the tax at 10 % is 302."""
SLIP_SUMS = {"合計商品消費税": "1,519", "総合計": "20,429"}


def slip(*lines: dict[str, str], **head: str) -> list[dict[str, str]]:
    return [{**SLIP, **SLIP_SUMS, **head, **line} for line in lines]


def cell(text: str) -> str:
    return f'"{text}"' if set(text) & set(',"\n') else text


def file_of(*rows: dict[str, str], encoding: str = "cp932", end: str = "F") -> bytes:
    lines = ["", ",".join(HEADER)]
    lines += [",".join(cell(row.get(name, "")) for name in COLUMNS) for row in rows]
    lines += [end + "," * (len(COLUMNS) - 1)] if end else []
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


ORDER = slip(TOMATO, RICE, WASHING)
GOLDEN = file_of(
    *ORDER,
    *slip({**TOMATO, "数量": "1"}, 伝票No="202611030002", 取引状態="受領済", 納品日="", 総合計="", 合計送料本体=""),
)


def offer(desk: Desk, content: bytes, name: str = "orders.csv", **more: str) -> Any:
    return desk.post(PLACE, {"file": SimpleUploadedFile(name, content, "text/csv"), **more})


def named(desk: Desk, content: bytes, old: str) -> bytes:
    """The export with the desk's company in the place of `old`."""
    with desk.acting() as actor:
        return content.decode("cp932").replace(old, own_details(actor).name).encode("cp932")


def everything(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.acting(), connection.cursor() as cursor:
        cursor.execute(TRACE)
        return list(cursor.fetchall())


def refused(content: bytes, own: PartyDetails = OWN) -> str:
    with pytest.raises(InfomartRefused) as refusal:
        read_infomart(content, own)
    return str(refusal.value)


# ---- what the file says


def test_a_slip_becomes_an_order_with_everything_that_it_says() -> None:
    first, second = read_infomart(GOLDEN, OWN)
    body = first.body
    assert isinstance(body, OrderBody)

    assert (first.number, first.issued_on, first.issued_here, first.state) == (
        "202611020017",
        date(2026, 11, 2),
        True,
        "confirmed",
    )
    assert (first.issuer, first.recipient.name) == (OWN, SELLER)
    assert first.recipient.identifiers[0].value == "T0045"
    assert (body.requested_on, body.delivery_place, body.delivery_place_code) == (
        date(2026, 11, 4),
        "ひだまり食堂 新橋店",
        "S12",
    )
    assert body.deliver_to is not None
    assert body.deliver_to.street == "東京都港区新橋2-16-1"
    assert "取引状態: 発送済" in body.note
    assert [(line.line_id, line.description, line.quantity, line.unit, line.unit_price) for line in body.lines] == [
        ("990001", "トマト（熊本産）", Decimal(3), "箱", Decimal(2480)),
        ("990002", "新潟県産コシヒカリ", Decimal(2), "袋", Decimal(4200)),
        ("990003", "業務用洗剤 5L", Decimal(2), "本", Decimal(1260)),
    ]
    assert [line.tax_category for line in body.lines] == [
        TaxCategory.REDUCED,
        TaxCategory.REDUCED,  # 課税 names no rate; its tax is 8 %
        TaxCategory.STANDARD,
    ]
    assert (body.lines[0].buyer_item_code, body.lines[0].note) == ("VEG-101", "4kg/箱 入数 24玉")
    assert [(item.reason, item.amount, item.is_charge) for item in body.adjustments] == [("送料", Decimal(500), True)]
    assert body.stated is None, "the sums of the file follow from its lines"
    assert order_totals(body, first.issued_on).gross == Decimal(20429)
    assert not first.warnings
    assert (second.number, second.state, len(second.body.lines)) == ("202611030002", "closed", 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_the_encodings_that_exports_come_in(encoding: str) -> None:
    found = read_infomart(file_of(*ORDER, encoding=encoding), OWN)

    assert found[0].recipient.name == SELLER, "髙 and ㈱ are of cp932, not of Shift_JIS"
    assert read_infomart(found[0].original, OWN)[0].body == found[0].body, "its part is a file of the same form"


def test_the_company_decides_who_is_buyer_and_who_is_seller() -> None:
    to_us = read_infomart(GOLDEN, PartyDetails(name="株式会社 髙橋青果"))[0]

    assert (to_us.issued_here, to_us.issuer.name, to_us.recipient.name) == (False, BUYER, "株式会社 髙橋青果")
    assert to_us.issuer.contact is not None
    assert to_us.issuer.contact.name == "山本 花子"
    assert "ほか" in refused(GOLDEN, PartyDetails(name="ほかの会社")) or BUYER in refused(
        GOLDEN, PartyDetails(name="ほかの会社")
    )


def test_sums_that_differ_are_kept_with_a_warning() -> None:
    odd = read_infomart(file_of(*slip(TOMATO, RICE, WASHING, 総合計="20,500")), OWN)[0]
    body = odd.body
    assert isinstance(body, OrderBody)

    assert order_totals(body, odd.issued_on).gross == Decimal(20500)
    assert "20,500" in str(odd.warnings[0])
    assert "20,429" in str(odd.warnings[0])


def test_returns_have_prices_below_zero_and_struck_lines_are_none() -> None:
    rows = slip(TOMATO, {**RICE, "数量": "-1"}, {**WASHING, "数量": "0"}, 総合計="", 合計送料本体="")
    body = read_infomart(file_of(*rows), OWN)[0].body
    assert isinstance(body, OrderBody)

    assert [(line.quantity, line.unit_price) for line in body.lines] == [
        (Decimal(3), Decimal(2480)),
        (Decimal(1), Decimal(-4200)),
    ]


@pytest.mark.parametrize(
    ("words", "category", "inclusive"),
    [
        (("8%(軽減)", "外税"), TaxCategory.REDUCED, False),
        (("軽減", "内税"), TaxCategory.REDUCED, True),
        (("10％", "税込"), TaxCategory.STANDARD, True),
        (("課税", "外税"), TaxCategory.REDUCED, False),
        (("非課税", ""), TaxCategory.EXEMPT, False),
        (("不課税", ""), TaxCategory.OUTSIDE, False),
        (("免税", ""), TaxCategory.EXPORT, False),
    ],
)
def test_ways_to_be_taxed(words: tuple[str, str], category: TaxCategory, inclusive: bool) -> None:
    line = {**TOMATO, "課税区分": words[0], "税区分": words[1]}
    body = read_infomart(file_of(*slip(line, 総合計="", 合計送料本体="")), OWN)[0].body
    assert isinstance(body, OrderBody)

    assert (body.lines[0].tax_category, body.prices_include_tax) == (category, inclusive)


# ---- what cannot be read


WRONG: dict[str, tuple[bytes, list[str]]] = {
    "a price that is none": (file_of(*slip(TOMATO, {**RICE, "単価": "時価"})), ["4行目の19列目「単価」", "時価"]),
    "no quantity": (file_of(*slip({**TOMATO, "数量": ""})), ["3行目の20列目「数量」"]),
    "a date that is none": (file_of(*slip(TOMATO, 納品日="2026/02/30")), ["「納品日」", "2026/02/30"]),
    "a date in words": (file_of(*slip(TOMATO, 発注日="来週")), ["「発注日」", "来週"]),
    "no day at all": (file_of(*slip(TOMATO, 発注日="", 伝票日付="")), ["伝票日付"]),
    "no number": (file_of(*slip(TOMATO, 伝票No="")), ["「伝票No」"]),
    "no name": (file_of(*slip({**TOMATO, "商品名": ""})), ["「商品名」"]),
    "a name out of bounds": (file_of(*slip({**TOMATO, "商品名": "あ" * 201})), ["3行目", "「商品名」"]),
    "an unknown tax": (file_of(*slip({**TOMATO, "課税区分": "物品税"})), ["「課税区分」", "物品税"]),
    "with and without tax": (file_of(*slip(TOMATO, {**RICE, "税区分": "内税"})), ["4行目", "「税区分」"]),
    "two partners in one slip": (
        file_of(*slip(TOMATO), *slip(RICE, 取引先名="別の青果")),
        ["4行目", "別の青果", SELLER],
    ),
    "nothing ordered": (file_of(*slip({**TOMATO, "数量": "0"})), ["「数量」"]),
    "another mark": (file_of(*slip(TOMATO), {"データ区分": "X"}), ["4行目の1列目", "X"]),
    "no last row": (file_of(*ORDER, end=""), ["F"]),
    "no orders": (file_of(), ["D"]),
    "no such export": ("日付,金額\r\n2026/11/02,100\r\n".encode("cp932"), ["インフォマート", "伝票No"]),
    "empty": (b"", ["インフォマート"]),
    "quotes that do not match": (file_of(*ORDER).replace("4kg/箱".encode("cp932"), b'"4kg'), ["引用符"]),
    "too many cells": (file_of(*ORDER).replace(b",990001,", b",990001,x" + b",y" * 9 + b","), ["3行目"]),
    "a character that nobody knows": (file_of(*ORDER).replace("箱".encode("cp932"), b"\xff\xff", 1), ["3行目", "列目"]),
    "UTF-8 that is none": (
        file_of(*ORDER, encoding="utf-8-sig").replace("箱".encode(), b"\xe7\xae", 1),
        ["3行目", "UTF-8"],
    ),
    "an invisible character": (file_of(*slip({**TOMATO, "商品名": "トマト\x07"})), ["3行目", "「商品名」"]),
    "too many orders": (
        file_of(*(row for n in range(ORDERS_MAX + 1) for row in slip(TOMATO, 伝票No=f"N{n}", 総合計=""))),
        [str(ORDERS_MAX)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_named_by_row_and_column(name: str) -> None:
    content, said = WRONG[name]
    message = refused(content)

    for part in said:
        assert part in message
    assert "%(" not in message


def test_all_mistakes_are_named_at_once() -> None:
    rows = slip({**TOMATO, "単価": "a"}, {**RICE, "数量": "b"}, {**WASHING, "商品名": ""})
    message = refused(file_of(*rows))

    assert message.count("\n") == 3
    many = refused(file_of(*slip(*({**TOMATO, "単価": "x"} for _n in range(60)))))
    assert "ほか40件" in many


# ---- at the desk


def test_own_orders_of_the_former_system_stand_in_the_outbox(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    content = named(issuer, GOLDEN, BUYER)
    answer = offer(issuer, content)

    assert answer.status_code == 302
    with issuer.acting() as actor:
        orders = {order.number: order for order in Document.objects.filter(kind="order")}
        assert set(orders) == {"202611020017", "202611030002"}
        views = PartyView.objects.filter(company_id=actor.company, document__in=orders.values())
        assert {view.role for view in views} == {"issuer"}
        assert {view.counterparty_name for view in views} == {SELLER}
        assert not Recipient.objects.filter(document__in=orders.values(), company_id__isnull=False)
        kept = Attachment.objects.filter(document__in=orders.values(), purpose="original")
        assert {file.name for file in kept} == {"orders-202611020017.csv", "orders-202611030002.csv"}
    first = orders["202611020017"].pk
    assert state_of(issuer, first) == "confirmed"
    assert "トマト" in page_of(issuer, first)
    for other in (receiver, stranger):
        assert other.viewer.get(reverse("document", args=[first])).status_code == 404
    does(issuer, first, "close", reason="旧システムで完了")
    assert state_of(issuer, first) == "closed"


def test_orders_to_us_stand_in_the_inbox_once(issuer: Desk) -> None:
    content = named(issuer, GOLDEN, SELLER)
    answer = offer(issuer, content)
    assert answer.status_code == 302

    with issuer.acting() as actor:
        views = PartyView.objects.filter(company_id=actor.company, kind="order")
        assert sorted((view.role, view.counterparty_name) for view in views) == [("receiver", BUYER)] * 2
    before = everything(issuer)
    again = offer(issuer, content)
    assert again.status_code == 422
    assert "202611020017" in again.content.decode()
    assert everything(issuer) == before, "all or nothing"


def test_a_file_with_one_wrong_cell_leaves_nothing(issuer: Desk) -> None:
    wrong = slip({**RICE, "単価": "時価"}, 伝票No="2")
    content = named(issuer, file_of(*ORDER, *wrong), BUYER)
    before = everything(issuer)
    answer = offer(issuer, content)

    assert answer.status_code == 422
    assert "6行目の19列目「単価」" in answer.content.decode()
    assert everything(issuer) == before


def test_numbers_that_this_system_gives_are_not_taken_from_a_file(issuer: Desk) -> None:
    content = named(issuer, file_of(*slip(TOMATO, 伝票No="PO-2026-000001", 総合計="")), BUYER)

    assert offer(issuer, content).status_code == 422


def test_the_page_offers_both_forms_in_both_languages(issuer: Desk) -> None:
    japanese = issuer.get(PLACE).content.decode()
    english = issuer.get(PLACE, headers={"accept-language": "en"}).content.decode()

    assert 'accept=".xml,.csv"' in japanese
    assert "インフォマート" in japanese or "Infomart" in english
