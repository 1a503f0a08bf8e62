"""What every printed document has in common, whatever its kind: a sheet of parties, facts, lines and totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from .words import Language, Words

if TYPE_CHECKING:
    # A sheet can be set without Django; the module of the bodies asks for its settings when it is imported.
    from torihiki.exchange.bodies import PartyDetails

LINES_MAX = 5_000  # as bodies.py; a test compares the two
FACTS_MAX = 40
TAXES_MAX = 20
TEXT_CHARS_MAX = 4_000  # LongText of a body
TITLE_CHARS_MAX = 40
ATTACHMENTS_MAX = 20
ATTACHMENT_BYTES_MAX = 20 * 1024 * 1024  # all attachments of one sheet together


class SheetTooLarge(ValueError):
    """The sheet exceeds a bound; the message names which and how to get under it."""


@dataclass(frozen=True)
class Fact:
    """A label and its value: due date, validity, delivery place, bank account, the invoice that a credit note is of.

    A date is written in the sheet's language; a text may have several lines.
    """

    label: str
    value: str | date


@dataclass(frozen=True)
class Headline:
    """The one amount that the reader looks for, as 「ご請求金額(税込)」; printed large."""

    label: str
    amount: Decimal


@dataclass(frozen=True)
class SheetLine:
    """One row. A column is printed when any line has something for it, so that an RFQ has no empty prices."""

    description: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    tax_rate: Decimal | None = None  # per cent
    tax_label: str = ""  # in place of the rate where there is none: 非課税, 不課税, 免税
    reduced: bool = False  # puts ※ after the description
    item_code: str = ""
    day: date | None = None  # transaction or delivery date
    detail: str = ""  # printed small below the description
    position: int | None = None  # counted from 1 when not given


@dataclass(frozen=True)
class TaxRow:
    """The sums of one rate or category (Consumption Tax Act art. 57-4 (1) iv, v: per rate the total and its tax)."""

    label: str  # 「10%対象」「8%対象(軽減税率)」「非課税」
    taxable: Decimal
    tax: Decimal | None  # None where no tax arises


@dataclass(frozen=True)
class SheetTotals:
    net: Decimal
    tax: Decimal
    gross: Decimal
    by_rate: tuple[TaxRow, ...] = ()


@dataclass(frozen=True)
class PdfAttachment:
    """A file inside the PDF. `relationship` is ISO 19005-3 AFRelationship: an invoice's own XML is "alternative"."""

    name: str
    content: bytes
    media_type: str = "application/xml"
    relationship: Literal["source", "data", "alternative", "supplement"] = "alternative"
    description: str = ""


@dataclass(frozen=True)
class Sheet:
    """A document ready to be set. Every amount is as decided elsewhere: nothing is computed or rounded here.

    Bounds: `LINES_MAX` lines, `FACTS_MAX` facts, texts as in the bodies. `extra` is for a service's own template.
    """

    title: str  # in the document's language: 御見積書, 請求書, 適格返還請求書
    number: str
    issued_on: date
    seller: PartyDetails
    buyer: PartyDetails
    words: Words
    language: Language = "ja"
    issued_by: Literal["seller", "buyer"] = "seller"
    currency: str = "JPY"
    # The seller's T number: printed where it is given; hidden, as on an RFQ; or the remark that there is none.
    registration: Literal["show", "hide", "unregistered"] = "show"
    subject: str = ""
    opening: str = ""  # a sentence before the amount: 「下記の通りご請求申し上げます。」
    headline: Headline | None = None
    facts: tuple[Fact, ...] = ()
    lines: tuple[SheetLine, ...] = ()
    totals: SheetTotals | None = None
    note: str = ""
    seal: bool = False  # an empty square for the company's seal
    mark: Literal["", "draft", "cancelled"] = ""
    extra: dict[str, object] = field(default_factory=dict)  # JSON values


def check_bounds(sheet: Sheet, attachments: Sequence[PdfAttachment]) -> None:
    """Raises SheetTooLarge before any work is done."""
    size = sum(len(attachment.content) for attachment in attachments)
    for what, count, bound in (
        ("lines", len(sheet.lines), LINES_MAX),
        ("facts", len(sheet.facts), FACTS_MAX),
        ("tax rows", len(sheet.totals.by_rate) if sheet.totals else 0, TAXES_MAX),
        ("characters of title", len(sheet.title), TITLE_CHARS_MAX),
        ("characters of note", len(sheet.note), TEXT_CHARS_MAX),
        ("attachments", len(attachments), ATTACHMENTS_MAX),
        ("bytes of attachments", size, ATTACHMENT_BYTES_MAX),
    ):
        if count > bound:
            raise SheetTooLarge(f"The sheet has {count:,} {what}; {bound:,} can be printed. Split the document.")
    for line in sheet.lines:
        if len(line.detail) > TEXT_CHARS_MAX:
            raise SheetTooLarge(f"The detail of a line is longer than {TEXT_CHARS_MAX:,} characters. Shorten it.")
    for fact in sheet.facts:
        if len(str(fact.value)) > TEXT_CHARS_MAX:
            raise SheetTooLarge(f"“{fact.label}” is longer than {TEXT_CHARS_MAX:,} characters. Shorten it.")
    if len({attachment.name for attachment in attachments}) != len(attachments):
        raise ValueError("Two attachments of one PDF have the same name. Rename one.")
