"""Bodies for tests: valid ones, and refused ones by what is wrong with them."""

LINES = [
    {
        "line_id": "1",
        "item_code": "A-1001",
        "description": "コシヒカリ 10kg",
        "quantity": "20",
        "unit": "袋",
        "unit_price": "4200",
        "tax_category": "AA",
    },
    {
        "line_id": "2",
        "item_code": "A-2040",
        "description": "国産鶏もも肉 2kg",
        "quantity": "15",
        "unit": "パック",
        "unit_price": "1980",
        "tax_category": "AA",
        "note": "冷凍でお願いします",
    },
    {
        "line_id": "3",
        "item_code": "B-0310",
        "description": "業務用洗剤 5L",
        "quantity": "4",
        "unit": "本",
        "unit_price": "1250",
        "tax_category": "S",
    },
]
ORDER = {
    "subject": "11月分 食材・備品",
    "delivery_place": "みなと商店 新橋店",
    "payment": "月末締め翌月末払い",
    "lines": LINES,
    "note": "午前中の納品をお願いいたします。",
}
ORDER_REFUSED = {
    "no lines": {**ORDER, "lines": []},
    "no price": {**ORDER, "lines": [{**LINES[0], "unit_price": ""}]},
    "nothing wanted": {**ORDER, "lines": [{**LINES[0], "quantity": "0"}]},
    "less than nothing": {**ORDER, "lines": [{**LINES[0], "quantity": "-1"}]},
    "wanted yesterday": {**ORDER, "requested_on": "2020-01-01"},
    "currency nobody has": {**ORDER, "currency": "XXX"},
    "unknown field": {**ORDER, "colour": "red"},
}
KEPT = ("line_id", "item_code", "description", "quantity", "unit")
ANSWERS = [{name: line[name] for name in KEPT} | {"ordered": line["quantity"]} for line in LINES]
ORDER_RESPONSE = {
    "order_reference": "PO-2026-000001",
    "subject": "11月分 食材・備品",
    "lines": ANSWERS,
    "note": "ご注文ありがとうございます。",
}
ORDER_RESPONSE_REFUSED = {
    "no lines": {**ORDER_RESPONSE, "lines": []},
    "a change without a reason": {
        **ORDER_RESPONSE,
        "lines": [{**ANSWERS[0], "quantity": "10", "answer": "change"}, *ANSWERS[1:]],
    },
    "fewer, but said to be as ordered": {**ORDER_RESPONSE, "lines": [{**ANSWERS[0], "quantity": "10"}, *ANSWERS[1:]]},
    "a substitute without a name": {
        **ORDER_RESPONSE,
        "lines": [{**ANSWERS[0], "answer": "substitute", "reason": "終売"}, *ANSWERS[1:]],
    },
    "later, but not when": {
        **ORDER_RESPONSE,
        "lines": [
            {**ANSWERS[0], "quantity": "5", "answer": "back_order", "later_quantity": "15", "reason": "入荷待ち"},
            *ANSWERS[1:],
        ],
    },
}
SHIPPED = [{name: line[name] for name in KEPT} for line in LINES]
DELIVERY = {
    "subject": "11月分 食材・備品",
    "delivery_place": "みなと商店 新橋店",
    "carrier": "あおぞら運輸",
    "tracking": "1234-5678-9012",
    "lines": [{**SHIPPED[0], "lot": "L2611-08"}, *SHIPPED[1:]],
}
DELIVERY_REFUSED = {
    "no lines": {**DELIVERY, "lines": []},
    "nothing delivered": {**DELIVERY, "lines": [{**line, "quantity": "0"} for line in SHIPPED]},
    "less than nothing": {**DELIVERY, "lines": [{**SHIPPED[0], "quantity": "-1"}]},
    "arrives before it leaves": {**DELIVERY, "shipped_on": "2026-11-02", "expected_on": "2026-11-01"},
}
FOUND = [{name: line[name] for name in KEPT} | {"delivered": line["quantity"]} for line in LINES]
ACCEPTANCE = {
    "subject": "11月分 食材・備品",
    "lines": [
        {**FOUND[0], "quantity": "18", "rejected": "2", "difference": "damaged", "remark": "袋破れ"},
        *FOUND[1:],
    ],
}
ACCEPTANCE_REFUSED = {
    "no lines": {**ACCEPTANCE, "lines": []},
    "differs without a reason": {**ACCEPTANCE, "lines": [{**FOUND[0], "quantity": "18"}, *FOUND[1:]]},
    "inspected before it came": {**ACCEPTANCE, "received_on": "2026-11-02", "inspected_on": "2026-11-01"},
}
