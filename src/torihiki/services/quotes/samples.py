"""Bodies for tests: valid ones, and refused ones by what is wrong with them."""

LINES = [
    {"item_code": "KT-101", "description": "業務用冷蔵庫 4ドア", "quantity": "2", "unit": "台"},
    {"item_code": "KT-205", "description": "ステンレス作業台 1200mm", "quantity": "3", "unit": "台"},
    {"description": "搬入・設置費", "quantity": "1", "unit": "式"},
]
REQUEST = {
    "subject": "新店舗の厨房機器",
    "delivery_place": "東京都千代田区丸の内1-1-1 新店舗",
    "payment": "月末締め翌月末払い",
    "lines": LINES,
    "note": "設置作業を含めてお見積りください。",
}
REQUEST_REFUSED = {
    "no subject": {**REQUEST, "subject": ""},
    "no lines": {**REQUEST, "lines": []},
    "nothing wanted": {**REQUEST, "lines": [{**LINES[0], "quantity": "0"}]},
    "reply in the past": {**REQUEST, "reply_by": "2020-01-01"},
    "unknown field": {**REQUEST, "colour": "red"},
}
PRICES = ("385000", "68000", "120000")
QUOTE = {
    "subject": "新店舗の厨房機器",
    "delivery_place": "東京都千代田区丸の内1-1-1 新店舗",
    "payment": "月末締め翌月末払い",
    "lines": [{**line, "unit_price": price} for line, price in zip(LINES, PRICES, strict=True)],
    "note": "上記金額には設置作業を含みます。",
}
QUOTE_REFUSED = {
    "no lines": {**QUOTE, "lines": []},
    "no price": {**QUOTE, "lines": [{**LINES[0], "unit_price": ""}]},
    "a price with five decimals": {**QUOTE, "lines": [{**LINES[0], "unit_price": "1.00001"}]},
    "expired on arrival": {**QUOTE, "valid_until": "2020-01-01"},
    "currency nobody has": {**QUOTE, "currency": "yen"},
    "not a number": {**QUOTE, "lines": [{**LINES[0], "unit_price": "NaN"}]},
}
