"""What is asked in a request for quotation, and what is offered in a quotation."""

from datetime import date
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from torihiki.exchange.bodies import LINES_MAX, Body, Code, Label, LongText, PricedBody, PricedLine, Quantity, ShortText


class RequestLine(Body):
    """One thing that is asked for; no price yet."""

    line_id: Annotated[str, Field(max_length=40), Label("", widget="hidden")] = ""
    item_code: Annotated[Code, Label(_("Item code"))] = ""
    description: Annotated[str, Field(min_length=1, max_length=200), Label(_("Description"))]
    quantity: Annotated[Quantity, Field(gt=0), Label(_("Quantity"))]
    unit: Annotated[str, Field(max_length=20), Label(_("Unit"))] = ""


class RequestBody(Body):
    """見積依頼: the same for every seller asked."""

    subject: Annotated[str, Field(min_length=1, max_length=200), Label(_("Subject"))]
    reply_by: Annotated[date | None, Label(_("Reply wanted by"))] = None
    delivery_on: Annotated[date | None, Label(_("Delivery wanted on"))] = None
    delivery_place: Annotated[ShortText, Label(_("Place of delivery"))] = ""
    payment: Annotated[ShortText, Label(_("Payment terms"))] = ""
    lines: Annotated[tuple[RequestLine, ...], Field(min_length=1, max_length=LINES_MAX), Label(_("Lines"))]
    note: Annotated[LongText, Label(_("Note"), widget="textarea")] = ""


class QuoteBody(PricedBody):
    """見積: an offer that binds until `valid_until`."""

    valid_until: Annotated[date | None, Label(_("Valid until"))] = None
    delivery_on: Annotated[date | None, Label(_("Delivery date"))] = None
    delivery_place: Annotated[ShortText, Label(_("Place of delivery"))] = ""
    payment: Annotated[ShortText, Label(_("Payment terms"))] = ""
    lines: Annotated[tuple[PricedLine, ...], Field(min_length=1, max_length=LINES_MAX), Label(_("Lines"))]
