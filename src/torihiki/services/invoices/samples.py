"""Bodies for tests: valid ones, and refused ones by what is wrong with them."""

LINES = [
    {
        "item_code": "A-1001",
        "description": "コシヒカリ 10kg",
        "quantity": "20",
        "unit": "袋",
        "unit_price": "4200",
        "tax_category": "AA",
    },
    {
        "item_code": "A-2040",
        "description": "国産鶏もも肉 2kg",
        "quantity": "15",
        "unit": "パック",
        "unit_price": "1980",
        "tax_category": "AA",
    },
    {
        "item_code": "B-0310",
        "description": "業務用洗剤 5L",
        "quantity": "4",
        "unit": "本",
        "unit_price": "1250",
        "tax_category": "S",
    },
]
ACCOUNT = {"account": "0001:001:1:1234567", "account_name": "アオバショクヒン(カ"}
INVOICE = {
    "subject": "食材・備品のお納め",
    "payment_means": [ACCOUNT],
    "lines": LINES,
    "note": "お振込手数料は弊社が負担いたします。",
}
INVOICE_REFUSED = {
    "no lines": {**INVOICE, "lines": []},
    "no price": {**INVOICE, "lines": [{**LINES[0], "unit_price": ""}]},
    "no description": {**INVOICE, "lines": [{**LINES[0], "description": " "}]},
    "infinite": {**INVOICE, "lines": [{**LINES[0], "unit_price": "Infinity"}]},
    "a tax that does not exist": {**INVOICE, "lines": [{**LINES[0], "tax_category": "X"}]},
    "due before it is issued": {**INVOICE, "due_on": "2020-01-01"},
    "unknown field": {**INVOICE, "colour": "red"},
}
CREDIT_NOTE = {
    "subject": "返品 鶏もも肉",
    "lines": [{**LINES[1], "quantity": "-2"}],
    "preceding": [{"number": "INV-2026-000001", "issued_on": "2026-10-31"}],
}
CREDIT_NOTE_REFUSED = {
    "gives nothing back": {**CREDIT_NOTE, "lines": [LINES[1]]},
    "of no invoice": {**CREDIT_NOTE, "preceding": []},
}
SELF_BILLING = {"subject": "10月分 仕入明細", "lines": LINES}
