"""The printed request for quotation and quotation."""

from dataclasses import replace
from typing import cast

from django.utils.translation import gettext as _

from torihiki.exchange.render.priced import parties, priced_sheet
from torihiki.exchange.render.sheet import Fact, Sheet, SheetLine
from torihiki.exchange.render.words import Language, words
from torihiki.exchange.specs import Sent
from torihiki.services.quotes.body import QuoteBody, RequestBody


def request_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("RequestBody", sent.body)
    seller, buyer = parties(sent)
    fixed = words(language)
    if sent.recipient is None:  # the issuer's own copy of what went to several
        seller = seller.model_copy(update={"name": _("All companies asked")})
        fixed = replace(fixed, honorific="")
    facts = (
        (_("Reply wanted by"), body.reply_by),
        (_("Delivery wanted on"), body.delivery_on),
        (_("Place of delivery"), body.delivery_place),
        (_("Payment terms"), body.payment),
    )
    return Sheet(
        title=_("REQUEST FOR QUOTATION"),
        number=sent.number,
        issued_on=sent.issued_on,
        seller=seller,
        buyer=buyer,
        words=fixed,
        language=language,
        issued_by="buyer",
        registration="hide",
        subject=body.subject,
        opening=_("Please let us have your quotation for the following."),
        facts=tuple(Fact(label, value) for label, value in facts if value),
        lines=tuple(
            SheetLine(description=line.description, quantity=line.quantity, unit=line.unit, item_code=line.item_code)
            for line in body.lines
        ),
        note=body.note,
    )


def quote_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("QuoteBody", sent.body)
    return priced_sheet(
        sent,
        language,
        title=_("QUOTATION"),
        opening=_("We are pleased to offer as follows."),
        headline=_("Quoted amount (incl. tax)"),
        facts=(
            (_("Valid until"), body.valid_until),
            (_("Delivery date"), body.delivery_on),
            (_("Place of delivery"), body.delivery_place),
            (_("Payment terms"), body.payment),
        ),
        registered=False,
    )
