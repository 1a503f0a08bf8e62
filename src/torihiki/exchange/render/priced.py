"""The sheet of any document with priced lines: what quotations, orders and invoices print alike."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from django.utils.translation import gettext as _

from torihiki.exchange.bodies import PartyDetails, TaxCategory, TaxSubtotal
from torihiki.exchange.models import Side
from torihiki.exchange.render.sheet import Fact, Headline, Sheet, SheetLine, SheetTotals, TaxRow
from torihiki.exchange.render.words import Language, words
from torihiki.exchange.specs import KINDS, Sent


def priced_sheet(
    sent: Sent,
    language: Language,
    *,
    title: str,
    opening: str,
    headline: str,
    facts: Sequence[tuple[str, str | date | None]] = (),
    registered: bool = True,
    seal: bool = True,
) -> Sheet:
    """Facts without a value are left out. `registered`: whether the seller's T number, or its absence, is stated."""
    body, totals = sent.body, sent.totals
    assert totals is not None, "priced documents have sums"
    seller, buyer = parties(sent)
    currency = str(getattr(body, "currency", "JPY"))
    reduced = {(row.category, row.rate) for row in totals.subtotals if row.category == TaxCategory.REDUCED}
    rates = {row.category: row.rate for row in totals.subtotals}
    return Sheet(
        title=title,
        number=sent.number,
        issued_on=sent.issued_on,
        seller=seller,
        buyer=buyer,
        words=words(language),
        language=language,
        issued_by=KINDS[sent.kind].issuer_side.value,  # type: ignore[arg-type]
        currency=currency,
        registration=_registration(seller, registered),
        subject=getattr(body, "subject", ""),
        opening=opening,
        headline=Headline(headline, totals.gross),
        facts=tuple(Fact(label, value) for label, value in facts if value),
        lines=tuple(
            SheetLine(
                description=line.description,
                quantity=line.quantity,
                unit=line.unit,
                unit_price=line.unit_price,
                amount=amount,
                tax_rate=rates.get(line.tax_category) if line.tax_category in _TAXED else None,
                tax_label="" if line.tax_category in _TAXED else tax_label(line.tax_category),
                reduced=bool(reduced) and line.tax_category == TaxCategory.REDUCED,
                item_code=line.item_code,
                day=getattr(line, "period_start", None),
                detail=getattr(line, "note", ""),
            )
            for line, amount in zip(body.lines, totals.lines, strict=True)  # type: ignore[attr-defined]
        ),
        totals=SheetTotals(
            net=totals.net, tax=totals.tax, gross=totals.gross, by_rate=tuple(_tax_row(row) for row in totals.subtotals)
        ),
        note=getattr(body, "note", ""),
        seal=seal and language == "ja",
    )


def parties(sent: Sent) -> tuple[PartyDetails, PartyDetails]:
    """Seller and buyer of a sent version; a blank addressee where it went to several and no copy was asked for."""
    other = sent.recipient or PartyDetails(name="—")
    return (sent.issuer, other) if KINDS[sent.kind].issuer_side == Side.SELLER else (other, sent.issuer)


def tax_label(category: TaxCategory) -> str:
    return {
        TaxCategory.STANDARD: _("Standard rate"),
        TaxCategory.REDUCED: _("Reduced rate"),
        TaxCategory.EXEMPT: _("Exempt"),
        TaxCategory.EXPORT: _("Export, tax free"),
        TaxCategory.OUTSIDE: _("Outside the tax"),
    }[category]


_TAXED = (TaxCategory.STANDARD, TaxCategory.REDUCED)


def _tax_row(row: TaxSubtotal) -> TaxRow:
    if row.category not in _TAXED:
        return TaxRow(label=tax_label(row.category), taxable=row.taxable, tax=None)
    rate = f"{row.rate.normalize():f}%"
    words = _("%(rate)s (reduced rate)") if row.category == TaxCategory.REDUCED else _("%(rate)s taxable")
    return TaxRow(label=words % {"rate": rate}, taxable=row.taxable, tax=row.tax)


def _registration(seller: PartyDetails, registered: bool) -> Literal["show", "hide", "unregistered"]:
    if not registered:
        return "hide"
    return "show" if seller.registration_number else "unregistered"
