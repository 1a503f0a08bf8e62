"""The printed request for quotation and quotation."""

from typing import cast

from django.utils.translation import gettext as _

from torihiki.exchange.render.plain import PlainLine, plain_sheet
from torihiki.exchange.render.priced import priced_sheet
from torihiki.exchange.render.sheet import Sheet
from torihiki.exchange.render.words import Language
from torihiki.exchange.specs import Sent
from torihiki.services.quotes.body import QuoteBody, RequestBody


def request_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("RequestBody", sent.body)
    return plain_sheet(
        sent,
        language,
        title=_("REQUEST FOR QUOTATION"),
        opening=_("Please let us have your quotation for the following."),
        facts=(
            (_("Reply wanted by"), body.reply_by),
            (_("Delivery wanted on"), body.delivery_on),
            (_("Place of delivery"), body.delivery_place),
            (_("Payment terms"), body.payment),
        ),
        lines=(PlainLine(line.description, line.quantity, line.unit, line.item_code) for line in body.lines),
        several=True,
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
