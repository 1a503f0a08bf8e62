"""The bodies of the demo's documents."""

from datetime import date
from decimal import Decimal
from typing import Any

from torihiki.exchange.bodies import PartyDetails, TaxCategory
from torihiki.project.demo.catalogue import FOOD
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.mapping import write_pint

KITCHEN_LINES = [
    {"item_code": "KT-101", "description": "業務用冷蔵庫 4ドア", "quantity": "2", "unit": "台"},
    {"item_code": "KT-205", "description": "ステンレス作業台 1200mm", "quantity": "3", "unit": "台"},
    {"description": "搬入・設置費", "quantity": "1", "unit": "式"},
]
KITCHEN_REQUEST = {
    "subject": "横浜新店舗の厨房機器一式",
    "delivery_place": "神奈川県横浜市西区みなとみらい9-9-9 横浜新店舗",
    "payment": "月末締め翌月末払い",
    "lines": KITCHEN_LINES,
    "note": "設置作業を含めてお見積りください。",
}
PRICES = ("385000", "68000", "120000")
KITCHEN_QUOTE = {
    "lines": [
        {**line, "line_id": str(n), "unit_price": price}
        for n, (line, price) in enumerate(zip(KITCHEN_LINES, PRICES, strict=True), start=1)
    ],
    "note": "上記金額には設置作業を含みます。",
}
KITCHEN_REVISED = {"lines": [{**KITCHEN_QUOTE["lines"][0], "quantity": "3"}, *KITCHEN_QUOTE["lines"][1:]]}  # type: ignore[dict-item]
KITCHEN_RETURN = {
    "subject": "作業台1台の返品",
    "lines": [
        {
            "item_code": "KT-205",
            "description": "ステンレス作業台 1200mm",
            "quantity": "-1",
            "unit": "台",
            "unit_price": "68000",
        }
    ],
}
UNIFORM_REQUEST = {
    "subject": "店舗スタッフ用エプロン",
    "delivery_place": "東京都中央区銀座9-9-9",
    "lines": [{"description": "綿エプロン 紺 刺繍入り", "quantity": "60", "unit": "枚"}],
}
DESIGN = {
    "subject": "秋メニュー デザイン制作",
    "lines": [
        {"description": "メニューブック デザイン A4 12頁", "quantity": "1", "unit": "式", "unit_price": "180000"},
        {"description": "撮影立会い", "quantity": "2", "unit": "日", "unit_price": "30000"},
    ],
    "note": "適格請求書発行事業者の登録はしておりません。",
}
YEAR_END_QUOTE = {
    "subject": "年末特別コース用食材",
    "payment": "月末締め翌月末払い",
    "lines": [
        {
            "item_code": "A-7001",
            "description": "国産鴨ロース 500g",
            "quantity": "40",
            "unit": "パック",
            "unit_price": "2480",
            "tax_category": "AA",
        },
        {
            "item_code": "A-7102",
            "description": "本ずわいがに 脚 1kg",
            "quantity": "25",
            "unit": "箱",
            "unit_price": "6900",
            "tax_category": "AA",
        },
        {
            "item_code": "B-0440",
            "description": "重箱 三段 使い切り",
            "quantity": "120",
            "unit": "個",
            "unit_price": "310",
            "tax_category": "S",
        },
    ],
}
SYSTEM_LINES = [
    {
        "item_code": "SN-01",
        "description": "店舗予約システム 月額利用料",
        "quantity": "12",
        "unit": "月",
        "unit_price": "48000",
    },
    {"description": "初期設定・操作研修", "quantity": "1", "unit": "式", "unit_price": "180000"},
]
CONSIGNMENT = {
    "subject": "委託販売分 仕入明細",
    "lines": [
        {
            "item_code": "SZ-100",
            "description": "北海道バターサブレ 12枚",
            "quantity": "84",
            "unit": "箱",
            "unit_price": "780",
            "tax_category": "AA",
        }
    ],
}
FAIR_LINES = [
    {
        "item_code": "SZ-110",
        "description": "すずらんプリン 6個入",
        "quantity": "120",
        "unit": "箱",
        "unit_price": "960",
        "tax_category": "AA",
    }
]


def extra_food(month: int) -> dict[str, Any]:
    """Food at the reduced rate and one thing at the standard rate, delivered without an order."""
    lines = [
        {
            "item_code": item.code,
            "description": item.name,
            "quantity": str(2 * item.usual),
            "unit": item.unit,
            "unit_price": item.price,
            "tax_category": item.tax,
        }
        for item in (*FOOD[:4], FOOD[14])
    ]
    return {
        "subject": f"{month}月分 食材・備品（追加納品）",
        "payment_means": [{"account": "0001:001:1:1234567", "account_name": "アオバショクヒン(カ"}],
        "lines": lines,
    }


def printers_invoice(seller: PartyDetails, buyer: PartyDetails, *, on: date) -> bytes:
    """A JP PINT file as a supplier outside the platform would send it."""
    lines = (
        InvoiceLine(
            line_id="1",
            description="チラシ印刷 A4 両面 5,000部",
            quantity=Decimal(1),
            unit="式",
            unit_price=Decimal(86000),
        ),
        InvoiceLine(
            line_id="2",
            description="ショップカード 名刺判",
            quantity=Decimal(2000),
            unit="枚",
            unit_price=Decimal("7.5"),
            tax_category=TaxCategory.STANDARD,
        ),
    )
    body = InvoiceBody(subject="販促物印刷", period_start=on, period_end=on, lines=lines)
    return write_pint(number="Y-20261101", issued_on=on, seller=seller, buyer=buyer, body=body)
