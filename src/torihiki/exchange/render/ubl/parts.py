"""The parts that the bodies of UBL documents are made of, one model each, whatever kind of document they stand in."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import Field

from torihiki.exchange.bodies import Amount, Body, Code, Label, LongText, ShortText, TaxCategory
from torihiki.exchange.tax import rate_for

PARTS_MAX = 500
"""Most entries in any one list beside the lines: references, allowances, payments, attributes."""
EXTRA_XML_CHARS_MAX = 100_000
EXTRAS_MAX = 200
"""Most elements and attributes that one record (the document, a line) keeps outside the table."""
TIME = r"^(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][01][0-9]:[0-5][0-9])?)?$"
"""xs:time within a day, or nothing."""

Percentage = Annotated[Decimal, Field(max_digits=12, decimal_places=6, allow_inf_nan=False)]
ExactNumber = Annotated[Decimal, Field(max_digits=24, decimal_places=10, allow_inf_nan=False)]
"""Quantities and prices of imported documents: finer than people type, so that nothing is rounded on its way in."""


class Extra(Body):
    """An element or attribute that the format does not define, kept word for word so that export can repeat it.

    `at` addresses the parent from the document (or its line) down, as in `cac:Item[1]/cac:OriginCountry[1]`;
    an element has `xml` and its `position` among all children there, an attribute has `attribute` and `value`."""

    at: Annotated[str, Field(max_length=1_000)] = ""
    position: Annotated[int, Field(ge=0)] = 0
    xml: Annotated[str, Field(max_length=EXTRA_XML_CHARS_MAX)] = ""
    attribute: Annotated[str, Field(max_length=300)] = ""
    value: Annotated[str, Field(max_length=4_000)] = ""


class Extras(Body):
    items: Annotated[tuple[Extra, ...], Field(max_length=EXTRAS_MAX)] = ()


class SupportingDocument(Body):
    """A document that supports another (ibg-24), or with type 130 is the thing that is invoiced (ibt-018).

    The bytes of an embedded file are not part of the body: `sha256` names them."""

    reference: Annotated[str, Field(min_length=1, max_length=200), Label(_("Reference"))]
    description: Annotated[LongText, Label(pgettext_lazy("supporting document", "Description"))] = ""
    url: Annotated[str, Field(max_length=2_000), Label(_("Web address"))] = ""
    scheme: Annotated[Code, Label(_("Scheme"), more=True)] = ""
    type_code: Annotated[Code, Label(_("Type code"), more=True)] = ""
    file_name: Annotated[ShortText, Label(_("File name"), widget="hidden")] = ""
    mime_type: Annotated[Code, Label("", widget="hidden")] = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$"), Label("", widget="hidden")] = ""


class Adjustment(Body):
    """An allowance or charge of a line (ibg-27, ibg-28). The sign is in `is_charge`."""

    is_charge: Annotated[bool, Label(_("Is a charge"))] = False
    reason: Annotated[ShortText, Label(_("Reason"))] = ""
    amount: Annotated[Amount, Label(_("Amount"))]
    reason_code: Annotated[Code, Label(_("Reason code"), more=True)] = ""
    percent: Annotated[Percentage | None, Label(_("Per cent"), more=True)] = None
    base_amount: Annotated[Amount | None, Label(_("Base amount"), more=True)] = None


class DocumentAdjustment(Adjustment):
    """An allowance or charge of the whole document (ibg-20, ibg-21): it belongs to a tax category."""

    tax_category: Annotated[TaxCategory, Label(_("Tax"))] = TaxCategory.STANDARD
    tax_rate: Annotated[Percentage | None, Label(_("Tax rate, %"), more=True)] = None
    tax_exemption_reason: Annotated[LongText, Label(_("Reason for exemption"), more=True)] = ""

    def rate(self, on: date) -> Decimal:
        """Per cent: the stated rate, else the one in force on that day."""
        return self.tax_rate if self.tax_rate is not None else rate_for(self.tax_category, on)


class Classification(Body):
    """A commodity code with the UNTDID 7143 list that it belongs to (ibt-158)."""

    code: Annotated[str, Field(min_length=1, max_length=100), Label(_("Code"))]
    list_id: Annotated[Code, Label(_("List"))] = ""
    list_version: Annotated[Code, Label(_("Version"), more=True)] = ""


class ItemAttribute(Body):
    """A name and value that describe the item (ibg-32)."""

    name: Annotated[str, Field(min_length=1, max_length=200), Label(_("Name"))]
    value: Annotated[str, Field(min_length=1, max_length=1_000), Label(_("Value"))]
