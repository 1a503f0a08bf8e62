"""Orders (発注書) from the table: one for each 伝票No, all of them or none."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from torihiki.exchange.bodies import LINES_MAX, Contact, Identifier, PartyDetails, TaxCategory
from torihiki.exchange.specs import TakenIn
from torihiki.exchange.tax import ZERO, RateUnknown, rate_for
from torihiki.lib.complaints import complaint
from torihiki.lib.money import Rounding
from torihiki.services.ordering.body import OrderBody, Stated
from torihiki.services.ordering.infomart.table import InfomartRefused, Mistakes, Row, Table, narrow, read_table
from torihiki.services.ordering.rules import order_totals

ORDERS_MAX = 300
PRICE_STEP = Decimal("0.0001")
ROUNDINGS = (Rounding.FLOOR, Rounding.HALF_UP, Rounding.CEILING)
TOTALS = ("合計商品本体", "合計商品消費税", "合計送料本体", "合計送料消費税", "合計その他", "総合計")
HEAD = ("伝票日付", "自社会員名", "取引先名", "発注日", "納品日", "納品場所コード", *TOTALS)
"""What is said again on each row of an order, and has to be the same on all."""
STATES = (
    (("取消", "キャンセル"), "cancelled"),
    (("受領", "検収", "完了"), "closed"),
    (("発送", "出荷", "納品", "確定", "受注"), "confirmed"),
)
"""The state of an order here, by the first of these words in 取引状態; else it is as just sent."""
UNTAXED = (
    (("非課税",), TaxCategory.EXEMPT),
    (("不課税", "対象外"), TaxCategory.OUTSIDE),
    (("免税", "輸出"), TaxCategory.EXPORT),
)
KNOWN_TAX_WORDS = ("課税", "標準", "軽減", "外税", "内税", "税抜", "税込", "税別", "10%", "8%", "5%")
FIELDS = {
    "line_id": "伝票明細ID_SYSTEM",
    "item_code": "マイカタログID",
    "buyer_item_code": "自社管理商品コード",
    "description": "商品名",
    "note": "規格",
    "quantity": "数量",
    "unit": "単位",
    "unit_price": "単価",
    "tax_category": "課税区分",
    "tax_rate": "課税区分",
    "delivery_place": "納品場所名",
    "delivery_place_code": "納品場所コード",
    "deliver_to": "納品場所住所",
    "buyer_reference": "取引ID_SYSTEM",
    "requested_on": "納品日",
    "stated": "総合計",
}
"""Where a field came from, for the message about it."""


@dataclass(frozen=True)
class Taxed:
    """How a row is taxed: `rate` where it is not the usual one of the day; `inclusive` where the row says so."""

    category: TaxCategory
    rate: Decimal | None
    inclusive: bool | None


def read_infomart(content: bytes, own: PartyDetails) -> list[TakenIn]:
    """The orders of an export, up to 300 with up to 5 000 lines each.

    自社 is the buyer and 取引先 the seller: where 自社 is `own`, the orders are our own of the former system; where
    取引先 is, they are a buyer's to us. Raises InfomartRefused with all cells that cannot be read."""
    mistakes = Mistakes()
    table = read_table(content, mistakes)
    orders: dict[str, list[Row]] = {}
    for row in table.rows:
        if number := row.text("伝票No"):
            orders.setdefault(number, []).append(row)
        else:
            row.wrong("伝票No", _("is empty: to which order does the row belong?"))
    if len(orders) > ORDERS_MAX:
        raise InfomartRefused(
            _("The file has %(found)d orders; at most %(most)d are read at once. Export fewer days at a time.")
            % {"found": len(orders), "most": ORDERS_MAX}
        )
    found = [_order(number, rows, own, table, mistakes) for number, rows in orders.items()]
    mistakes.refuse_if_any()
    return [order for order in found if order is not None]


def _order(number: str, rows: list[Row], own: PartyDetails, table: Table, mistakes: Mistakes) -> TakenIn | None:
    first, before = rows[0], len(mistakes.found)
    if len(number) > 100 or len(rows) > LINES_MAX:
        first.wrong("伝票No", _("is too long, or has more than %(most)d lines.") % {"most": LINES_MAX})
        return None
    _same_on_all(rows)
    issued_on = first.day_in("発注日") or first.day_in("伝票日付")
    if issued_on is None and len(mistakes.found) == before:
        first.wrong("発注日", _("is empty, and so is the date of the slip."))
    buyer = _company(first, "自社会員名", "自社コード", "自社担当者")
    seller = _company(first, "取引先名", "取引先コード")
    here = _is_ours(first.text("自社会員名"), own)
    if here == _is_ours(first.text("取引先名"), own):
        names = {"own": own.name, "one": first.text("自社会員名"), "other": first.text("取引先名")}
        text = _("one of the two companies must be yours (%(own)s), but they are “%(one)s” and “%(other)s”.")
        first.wrong("自社会員名", text % names)
    if buyer is None or seller is None or issued_on is None:
        return None
    body = _body(rows, issued_on)
    if body is None or len(mistakes.found) > before:
        return None
    body, warnings = _with_sums(body, first, issued_on)
    return TakenIn(
        number=number,
        issued_on=issued_on,
        issuer=own if here else buyer,
        recipient=seller if here else own,
        body=body,
        warnings=[f"{number}: {warning}" for warning in warnings],
        issued_here=here,
        state=_state(first.text("取引状態")),
        original=table.excerpt(rows),
    )


def _same_on_all(rows: list[Row]) -> None:
    first = rows[0]
    for row in rows[1:]:
        for name in HEAD:
            if row.text(name) != first.text(name):
                said = {"found": row.text(name)[:40], "first": first.text(name)[:40], "row": first.number}
                row.wrong(name, _("“%(found)s”, but row %(row)d of the same order says “%(first)s”.") % said)


def _company(row: Row, name: str, code: str, person: str = "") -> PartyDetails | None:
    if not row.text(name) or len(row.text(name)) > 200:
        row.wrong(name, _("is empty or too long."))
        return None
    return PartyDetails(
        name=row.text(name),
        identifiers=(Identifier(value=row.text(code)[:100]),) if row.text(code) else (),
        contact=Contact(name=row.text(person)[:100]) if person and row.text(person) else None,
    )


def _is_ours(name: str, own: PartyDetails) -> bool:
    return _comparable(name) in {_comparable(own.name), _comparable(own.trading_name)} - {""}


def _comparable(name: str) -> str:
    """㈱, (株) and 株式会社 are one, and so are spaces and widths."""
    text = "".join(narrow(name).split()).casefold()
    return text.replace("(株)", "株式会社").replace("(有)", "有限会社").replace("(同)", "合同会社")


def _state(text: str) -> str:
    return next((state for words, state in STATES if any(word in text for word in words)), "")


def _body(rows: list[Row], on: date) -> OrderBody | None:
    first, before = rows[0], len(rows[0].mistakes.found)
    lines, owners = [], []
    inclusive: bool | None = None
    for position, row in enumerate(rows, start=1):
        taxed = _taxed(row, on)
        if taxed.inclusive is not None:
            if inclusive is not None and taxed.inclusive != inclusive:
                row.wrong("税区分", _("prices with and without tax stand in one order."))
            inclusive = taxed.inclusive
        line = _line(row, taxed, position)
        if line is not None:
            lines.append(line)
            owners.append(row)
    if len(first.mistakes.found) > before:
        return None
    if not lines:
        first.wrong("数量", _("no line of the order has a quantity."))
        return None
    fields: dict[str, Any] = {
        "lines": lines,
        "prices_include_tax": bool(inclusive),
        "requested_on": first.day_in("納品日"),
        "delivery_place": first.text("納品場所名"),
        "delivery_place_code": first.text("納品場所コード"),
        "buyer_reference": first.text("取引ID_SYSTEM"),
        "note": "\n".join(_history(first)),
        "adjustments": list(_adjustments(first)),
    }
    if place := first.text("納品場所住所"):
        fields["deliver_to"] = {"street": place[:200]}
    try:
        return OrderBody.model_validate(fields)
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            path = wrong["loc"]
            of_line = len(path) > 1 and path[0] == "lines" and isinstance(path[1], int)
            row = owners[int(path[1])] if of_line else first
            name = str(path[2] if of_line and len(path) > 2 else path[0] if path else "")
            row.wrong(FIELDS.get(name, name), complaint(wrong))
        return None


def _line(row: Row, taxed: Taxed, position: int) -> dict[str, Any] | None:
    """A returned quantity is one at a price below zero; a quantity of zero was struck out and is no line."""
    quantity, price = row.number_in("数量", needed=True), row.number_in("単価", needed=True)
    for name in ("金額", "消費税", "小計"):
        row.number_in(name)
    if not row.text("商品名"):
        row.wrong("商品名", _("is empty."))
    if quantity is None or price is None or not quantity:
        return None
    if quantity < 0:
        quantity, price = -quantity, -price
    pack = f"{row.text('入数')}{row.text('入数単位')}"
    return {
        "line_id": row.text("伝票明細ID_SYSTEM") or str(position),
        "item_code": row.text("マイカタログID"),
        "buyer_item_code": row.text("自社管理商品コード"),
        "description": row.text("商品名"),
        "note": " ".join(text for text in (row.text("規格"), f"入数 {pack}" if pack else "") if text),
        "quantity": quantity,
        "unit": row.text("単位"),
        "unit_price": price,
        "tax_category": taxed.category,
        "tax_rate": taxed.rate,
    }


def _taxed(row: Row, on: date) -> Taxed:
    """By the words and the rate in 課税区分 and 税区分; where they name no rate, by the tax of the row."""
    text = narrow(f"{row.text('課税区分')} {row.text('税区分')}")
    inclusive = True if "内税" in text or "税込" in text else False if "税" in text.replace("課税", "") else None
    for words, category in UNTAXED:
        if any(word in text for word in words):
            return Taxed(category, None, inclusive)
    named = next((rate for rate in (10, 8, 5) if f"{rate}%" in text.replace(" ", "")), None)
    for name in ("課税区分", "税区分"):
        said = narrow(row.text(name)).replace(" ", "")
        if said and not any(word in said for word in KNOWN_TAX_WORDS):
            row.wrong(name, _("“%(found)s” is no way to be taxed that is known here.") % {"found": said[:40]})
    if "軽減" in text:
        return Taxed(TaxCategory.REDUCED, None, inclusive)
    rate = Decimal(named) if named else _rate_by_tax(row)
    return _category(rate, on, inclusive)


def _category(rate: Decimal | None, on: date, inclusive: bool | None) -> Taxed:
    for category in (TaxCategory.STANDARD, TaxCategory.REDUCED):
        try:
            if rate is None or rate_for(category, on) == rate:
                return Taxed(category, None, inclusive)
        except RateUnknown:
            continue
    return Taxed(TaxCategory.STANDARD, rate, inclusive)


def _rate_by_tax(row: Row) -> Decimal | None:
    amount, tax = row.number_in("金額"), row.number_in("消費税")
    if not amount or not tax:
        return None
    return min((Decimal(10), Decimal(8), Decimal(5)), key=lambda rate: abs(amount * rate / 100 - tax))


def _adjustments(row: Row) -> Iterable[dict[str, Any]]:
    """送料 and その他 are charges beside the lines; what is below zero is a discount."""
    for name, reason, category in (
        ("合計送料本体", "送料", TaxCategory.STANDARD),
        ("合計その他", "その他", TaxCategory.OUTSIDE),
    ):
        if amount := row.number_in(name):
            yield {"is_charge": amount > 0, "reason": reason, "amount": abs(amount), "tax_category": category}


def _history(row: Row) -> Iterable[str]:
    for name in ("取引状態", "発送日", "受領日"):
        if text := row.text(name):
            yield f"{name}: {text}"


def _with_sums(body: OrderBody, row: Row, on: date) -> tuple[OrderBody, Sequence[str]]:
    """The roundings under which the lines come to what the file says; where there are none, its sums are kept."""
    parts = {name: row.number_in(name) or ZERO for name in TOTALS}
    if not parts["総合計"]:
        return body, ()
    tax = parts["合計商品消費税"] + parts["合計送料消費税"]
    told = Stated(net=parts["総合計"] - tax, tax=tax, gross=parts["総合計"])
    try:
        own = order_totals(body, on)
    except RateUnknown as error:
        row.wrong("課税区分", str(error))
        return body, ()
    for lines, taxes in itertools.product(ROUNDINGS, ROUNDINGS):
        candidate = body.model_copy(update={"line_rounding": lines, "tax_rounding": taxes})
        totals = order_totals(candidate, on)
        if (totals.tax, totals.gross) == (told.tax, told.gross):
            return candidate, ()
    text = _("the file says %(stated)s in all, its lines come to %(own)s. What it says is kept.")
    numbers = {"stated": f"{told.gross:,}", "own": f"{own.gross.quantize(Decimal(1), rounding=ROUND_HALF_UP):,}"}
    return body.model_copy(update={"stated": told}), (text % numbers,)
