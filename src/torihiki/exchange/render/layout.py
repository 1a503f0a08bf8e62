"""A sheet as the strings and column widths that the typst templates place: every format decision is taken here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from babel import Locale

from torihiki.lib.money import MINOR_DIGITS

from .glyphs import FACE, FALLBACK_FACES, Seen, printable, width
from .sheet import Sheet, SheetLine
from .words import Language

if TYPE_CHECKING:
    from torihiki.exchange.bodies import PartyDetails

# Mirrors frame.typ: the text area is A4's 210 mm less the side margins; blocks.typ sets the two columns above.
TEXT_WIDTH_PT = 493.2
NARROW_EM = 22.0  # a value in the left column, or a line in the issuer's block, at its size
LABEL_EM = 9.0  # the label of a fact
HEADLINE_PT = 180.0  # what the label beside it leaves to the amount
RUNNING_EM = 29.0  # each half of the running head
BY_RATE_PT = 235.0  # the sums per rate, without their padding
GROSS_PT = 112.0
WIDE_EM = 52.0  # a line of the note
TABLE_SIZES_PT = (8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
DESCRIPTION_EM_MIN = 16.0
CELL_PADDING_EM = 1.0  # both sides together
CODE_EM_MAX = 9.0
UNIT_EM_MAX = 4.0
MISSING_SHOWN_MAX = 12

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WESTERN_RUN = re.compile(r"[!-⺀]+")


def sheet_data(sheet: Sheet) -> dict[str, object]:
    """What a template receives as `data`: strings, lists and lengths in pt, all of it text that can be printed."""
    words = sheet.words
    seen = Seen()
    data: dict[str, object] = {
        "lang": sheet.language,
        "title": sheet.title,
        "number": sheet.number,
        "heads": [
            [words.number, _breakable(sheet.number, NARROW_EM * 0.8)],
            [words.issue_date, date_text(sheet.issued_on, sheet.language)],
        ],
        "running": [_elided(_parties_of(sheet)[0].name), _elided(f"{sheet.title}  {sheet.number}")],
        "to": words.to,
        **_parties(sheet),
        "opening": _breakable(sheet.opening, NARROW_EM),
        "subject": [words.subject, _breakable(sheet.subject, NARROW_EM * 0.8)] if sheet.subject else None,
        "headline": _headline(sheet),
        "facts": [[_breakable(fact.label, LABEL_EM), _fact(fact.value, sheet.language)] for fact in sheet.facts],
        "table": _table(sheet),
        "totals": _totals(sheet),
        "note": [words.note, _breakable(sheet.note, WIDE_EM)] if sheet.note else None,
        "seal": words.seal if sheet.seal else None,
        "mark": {"": None, "draft": words.draft, "cancelled": words.cancelled}[sheet.mark],
        "page": words.page,
        "extra": sheet.extra,
    }
    printed = _printed(data, seen)
    assert isinstance(printed, dict)
    return printed | {"footnotes": _footnotes(sheet, seen), "faces": _faces(seen)}


def date_text(value: date, language: Language) -> str:
    if language == "ja":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def number_text(value: Decimal, *, digits_min: int = 0, minus: str = "-") -> str:
    """Thousands in threes, no trailing zeros beyond `digits_min` decimals; never in powers of ten."""
    whole, _, fraction = f"{abs(value):,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(digits_min, "0")
    sign = minus if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def money_text(value: Decimal, sheet: Sheet, *, symbol: bool = False) -> str:
    """An amount or a price in the sheet's currency. Japanese ledgers mark what is negative with ▲."""
    minus = "▲" if sheet.language == "ja" else "-"
    number = number_text(abs(value), digits_min=MINOR_DIGITS.get(sheet.currency, 2))
    # "¥" alone would be ambiguous for the yuan, so that only the yen has a symbol.
    prefix = ("¥" if sheet.currency == "JPY" else f"{sheet.currency} ") if symbol else ""
    return f"{minus if value < 0 else ''}{prefix}{number}"


def _headline(sheet: Sheet) -> dict[str, object] | None:
    if sheet.headline is None:
        return None
    amount = money_text(sheet.headline.amount, sheet, symbol=True)
    # The closing dash keeps digits from being appended; it is customary after yen only.
    dash = "-" if sheet.language == "ja" and sheet.currency == "JPY" and sheet.headline.amount >= 0 else ""
    amount += dash
    return {"label": sheet.headline.label, "amount": amount, "size": min(17.0, HEADLINE_PT / width(amount))}


def _fact(value: str | date, language: Language) -> str:
    return date_text(value, language) if isinstance(value, date) else _breakable(value, NARROW_EM)


def _parties(sheet: Sheet) -> dict[str, object]:
    issuer, addressee = _parties_of(sheet)
    words, by_seller = sheet.words, sheet.issued_by == "seller"
    registration = ""
    if sheet.registration == "unregistered":
        registration = words.unregistered
    elif sheet.registration == "show" and sheet.seller.registration_number:
        registration = f"{words.registration_number} {sheet.seller.registration_number}"
    contact = addressee.contact
    person = " ".join(filter(None, (words.person, contact.name, words.person_honorific))) if contact else ""
    return {
        "author": issuer.name,
        "addressee": {
            "name": _breakable(addressee.name, NARROW_EM * 0.7),
            "honorific": words.honorific,
            "address": [_breakable(line, NARROW_EM) for line in _address(addressee, sheet.language)],
            "person": _breakable(person, NARROW_EM) if contact and contact.name else "",
            "registration": "" if by_seller else registration,
        },
        "issuer": {
            "name": _breakable(issuer.name, NARROW_EM * 0.7),
            "trading_name": "" if issuer.trading_name == issuer.name else _breakable(issuer.trading_name, NARROW_EM),
            "address": [_breakable(line, NARROW_EM) for line in _address(issuer, sheet.language)],
            "contact": [_breakable(line, NARROW_EM) for line in _contact(issuer, sheet)],
            "email": _breakable(issuer.contact.email, NARROW_EM) if issuer.contact else "",
            "registration": registration if by_seller else "",
        },
    }


def _parties_of(sheet: Sheet) -> tuple[PartyDetails, PartyDetails]:
    """(who issues, whom it is addressed to)"""
    return (sheet.seller, sheet.buyer) if sheet.issued_by == "seller" else (sheet.buyer, sheet.seller)


def _address(party: PartyDetails, language: Language) -> list[str]:
    address = party.address
    if language == "ja":
        lines = [
            f"〒{address.postal_code}" if address.postal_code and address.country == "JP" else address.postal_code,
            address.prefecture + address.city + address.street,
            " ".join(filter(None, (address.building, address.extra))),
            _country(address.country, language) if address.country != "JP" else "",
        ]
    else:
        lines = [
            ", ".join(filter(None, (address.extra, address.building))),
            address.street,
            " ".join(filter(None, (", ".join(filter(None, (address.city, address.prefecture))), address.postal_code))),
            _country(address.country, language),
        ]
        lines = lines if any(lines[:-1]) else []
    return [line for line in lines if line]


def _country(code: str, language: Language) -> str:
    return str(Locale(language).territories.get(code, code))


def _contact(party: PartyDetails, sheet: Sheet) -> list[str]:
    contact = party.contact
    if contact is None:
        return []
    # Of one's own people one speaks without an honorific.
    own = sheet.words.own_person
    lines = (
        f"{own} {contact.name}" if contact.name else "",
        f"{sheet.words.phone} {contact.phone}" if contact.phone else "",
    )
    return [line for line in lines if line]


@dataclass(frozen=True)
class _Column:
    title: str
    text: Callable[[int, SheetLine], str]
    align: str
    em_max: float = 99.0


def _table(sheet: Sheet) -> dict[str, object] | None:
    """Columns that have something to say, as wide as their widest cell; the description takes the rest.

    Widths are decided here, not by typst's auto columns, which would measure each of thousands of cells twice.
    """
    if not sheet.lines:
        return None
    columns = {key: column for key, column in _columns(sheet).items() if _wanted(key, column, sheet)}
    cells = {key: [column.text(i, line) for i, line in enumerate(sheet.lines)] for key, column in columns.items()}
    ems = {
        key: min(max(width(column.title), *map(width, cells[key]), 1.2), column.em_max) + CELL_PADDING_EM
        for key, column in columns.items()
        if key != "description"
    }
    used = sum(ems.values())
    size = next(
        (size for size in TABLE_SIZES_PT if TEXT_WIDTH_PT / size - used >= DESCRIPTION_EM_MIN), TABLE_SIZES_PT[-1]
    )
    ems["description"] = TEXT_WIDTH_PT / size - used
    for key in columns:
        cells[key] = [_breakable(cell, ems[key] - CELL_PADDING_EM) for cell in cells[key]]
    room = ems["description"] - CELL_PADDING_EM
    return {
        "size": size,
        "columns": [
            {"key": key, "title": column.title, "width": ems[key] * size, "align": column.align}
            for key, column in columns.items()
        ],
        "rows": list(zip(*cells.values(), strict=True)),
        # Beside the description: its mark and its small print.
        "marks": [sheet.words.reduced_mark if line.reduced else "" for line in sheet.lines],
        "details": [_breakable(line.detail, room) for line in sheet.lines],
    }


def _columns(sheet: Sheet) -> dict[str, _Column]:
    words = sheet.words

    def money(value: Decimal | None) -> str:
        return "" if value is None else money_text(value, sheet)

    return {
        "position": _Column(words.position, lambda i, line: str(line.position or i + 1), "right"),
        "day": _Column(words.day, lambda i, line: _day(line.day, sheet.language), "left"),
        "item_code": _Column(words.item_code, lambda i, line: line.item_code, "left", CODE_EM_MAX),
        "description": _Column(words.description, lambda i, line: line.description, "left"),
        "quantity": _Column(
            words.quantity, lambda i, line: "" if line.quantity is None else number_text(line.quantity), "right"
        ),
        "unit": _Column(words.unit, lambda i, line: line.unit, "left", UNIT_EM_MAX),
        "unit_price": _Column(words.unit_price, lambda i, line: money(line.unit_price), "right"),
        "amount": _Column(words.amount, lambda i, line: money(line.amount), "right"),
        "tax_rate": _Column(words.tax_rate, lambda i, line: _rate(line), "right"),
    }


def _wanted(key: str, column: _Column, sheet: Sheet) -> bool:
    return key in ("position", "description") or any(column.text(i, line) for i, line in enumerate(sheet.lines))


def _day(day: date | None, language: Language) -> str:
    return "" if day is None else f"{day:%Y/%m/%d}" if language == "ja" else day.isoformat()


def _rate(line: SheetLine) -> str:
    return line.tax_label or ("" if line.tax_rate is None else f"{number_text(line.tax_rate)}%")


def _totals(sheet: Sheet) -> dict[str, object] | None:
    totals, words = sheet.totals, sheet.words
    if totals is None:
        return None
    rows = [
        [row.label, money_text(row.taxable, sheet), "" if row.tax is None else money_text(row.tax, sheet)]
        for row in totals.by_rate
    ]
    by_rate = [[words.by_rate, words.taxable, words.tax], *rows]
    gross = money_text(totals.gross, sheet, symbol=True)
    # Only sums beyond ten trillion make either of them smaller than usual.
    by_rate_em = sum(max(map(width, column)) for column in zip(*by_rate, strict=True))
    return {
        "by_rate": by_rate if rows else None,
        "by_rate_size": min(8.5, BY_RATE_PT / by_rate_em),
        "sums": [
            [words.net, money_text(totals.net, sheet)],
            [words.tax_total, money_text(totals.tax, sheet)],
            [words.gross, gross],
        ],
        "gross_size": min(12.0, GROSS_PT / width(gross)),
    }


def _faces(seen: Seen) -> list[dict[str, str]]:
    # Without `covers` the shaper would put a letter that the first face lacks together from its parts, badly: ễ as ê˜.
    borrowed = "".join(f"\\x{{{ord(char):x}}}" for char in sorted(seen.borrowed))
    first = {"name": FACE, "covers": f"[^{borrowed}]"} if borrowed else {"name": FACE}
    return [first, *({"name": face} for face in FALLBACK_FACES)]


def _footnotes(sheet: Sheet, seen: Seen) -> list[str]:
    notes = [sheet.words.reduced_note] if any(line.reduced for line in sheet.lines) else []
    if seen.missing:
        points = [f"U+{ord(char):04X}" for char in list(seen.missing)[:MISSING_SHOWN_MAX]]
        points += ["…"] if len(seen.missing) > MISSING_SHOWN_MAX else []
        notes.append(sheet.words.missing.replace("{characters}", ", ".join(points)))
    return notes


def _breakable(text: str, room_em: float) -> str:
    """`text` with places to break in each Western run that is wider than its room: a code, an address of the web."""

    def broken(run: re.Match[str]) -> str:
        return run[0] if width(run[0]) <= room_em else "\u200b".join(run[0])

    return _WESTERN_RUN.sub(broken, text)


def _elided(text: str) -> str:
    """`text` on one line of the running head."""
    line = text.replace("\n", " ")
    if width(line) <= RUNNING_EM:
        return line
    while width(line) > RUNNING_EM - 1:
        line = line[:-1]
    return line + "…"


def _printed(value: object, seen: Seen) -> object:
    """`value` with every text in it made printable, dictionary keys excepted: those are ours."""
    match value:
        case str():
            return printable(value, seen)
        case dict():
            return {key: _printed(item, seen) for key, item in value.items()}
        case list() | tuple():
            return [_printed(item, seen) for item in value]
        case _:
            return value
