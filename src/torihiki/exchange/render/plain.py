"""The sheet of any document without prices: what requests, delivery notes and acceptances print alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from torihiki.exchange.render.priced import parties
from torihiki.exchange.render.sheet import Fact, Sheet, SheetLine
from torihiki.exchange.render.words import Language, words
from torihiki.exchange.specs import KINDS, Sent


@dataclass(frozen=True)
class PlainLine:
    """One row without a price. `detail` is printed small below the description."""

    description: str
    quantity: Decimal | None
    unit: str = ""
    item_code: str = ""
    day: date | None = None
    detail: str = ""


def plain_sheet(
    sent: Sent,
    language: Language,
    *,
    title: str,
    opening: str,
    lines: Iterable[PlainLine],
    facts: Sequence[tuple[str, str | date | None]] = (),
    several: bool = False,
    quantity: str = "",
    seal: bool = False,
) -> Sheet:
    """Facts without a value are left out. `several`: where no copy was asked for, it is addressed to all companies
    asked. `quantity`: the head of its column, where that is not simply the quantity."""
    seller, buyer = parties(sent)
    fixed = words(language)
    if quantity:
        fixed = replace(fixed, quantity=quantity)
    if several and sent.recipient is None:
        seller = seller.model_copy(update={"name": _("All companies asked")})
        fixed = replace(fixed, honorific="")
    return Sheet(
        title=title,
        number=sent.number,
        issued_on=sent.issued_on,
        seller=seller,
        buyer=buyer,
        words=fixed,
        language=language,
        issued_by=KINDS[sent.kind].issuer_side.value,  # type: ignore[arg-type]
        registration="hide",
        subject=getattr(sent.body, "subject", ""),
        opening=opening,
        facts=tuple(Fact(label, value) for label, value in facts if value),
        lines=tuple(
            SheetLine(
                description=line.description,
                quantity=line.quantity,
                unit=line.unit,
                item_code=line.item_code,
                day=line.day,
                detail=line.detail,
            )
            for line in lines
        ),
        note=getattr(sent.body, "note", ""),
        seal=seal and language == "ja",
    )
