"""The parts that an invoice body is made of: what JP PINT 1.1.3 can say beside plain lines, one model each."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import Field

from torihiki.exchange.bodies import Address, Amount, Body, Code, Identifier, Label, LongText, ShortText, TaxCategory
from torihiki.exchange.tax import rate_for

PARTS_MAX = 500
"""Most entries in any one list beside the lines: references, allowances, payments, attributes."""
EXTRA_XML_CHARS_MAX = 100_000
EXTRAS_MAX = 200

Percentage = Annotated[Decimal, Field(max_digits=12, decimal_places=6, allow_inf_nan=False)]
ExactNumber = Annotated[Decimal, Field(max_digits=24, decimal_places=10, allow_inf_nan=False)]
"""Quantities and prices of imported documents: finer than people type, so that nothing is rounded on its way in."""


class Flavour(StrEnum):
    """Which of the three JP PINT specifications an invoice follows, with its UNTDID 1001 code."""

    STANDARD = "standard"  # 380: 適格請求書, the seller is registered
    NON_REGISTERED = "non_registered"  # 480: the seller has no registration number and states no tax
    SELF_BILLING = "self_billing"  # 389: 仕入明細書, written by the buyer


class Extra(Body):
    """An element or attribute that JP PINT does not define, kept word for word so that export can repeat it.

    `at` addresses the parent from the document (or its line) down, as in `cac:Item[1]/cac:OriginCountry[1]`;
    an element has `xml` and its `position` among all children there, an attribute has `attribute` and `value`."""

    at: Annotated[str, Field(max_length=1_000)] = ""
    position: Annotated[int, Field(ge=0)] = 0
    xml: Annotated[str, Field(max_length=EXTRA_XML_CHARS_MAX)] = ""
    attribute: Annotated[str, Field(max_length=300)] = ""
    value: Annotated[str, Field(max_length=4_000)] = ""


class Extras(Body):
    items: Annotated[tuple[Extra, ...], Field(max_length=EXTRAS_MAX)] = ()


class PrecedingInvoice(Body):
    """An earlier invoice that this one corrects or gives back (ibg-03): mandatory content of a 適格返還請求書."""

    number: Annotated[str, Field(min_length=1, max_length=100), Label(_("Invoice number"))]
    issued_on: Annotated[date | None, Label(_("Date of issue"))] = None


class SupportingDocument(Body):
    """A document that supports the invoice (ibg-24), or with type 130 the thing that is invoiced (ibt-018).

    The bytes of an embedded file are not part of the body: `sha256` names them."""

    reference: Annotated[str, Field(min_length=1, max_length=200), Label(_("Reference"))]
    description: Annotated[LongText, Label(pgettext_lazy("supporting document", "Description"))] = ""
    url: Annotated[str, Field(max_length=2_000), Label(_("Web address"))] = ""
    scheme: Annotated[Code, Label(_("Scheme"), more=True)] = ""
    type_code: Annotated[Code, Label(_("Type code"), more=True)] = ""
    file_name: Annotated[ShortText, Label(_("File name"), widget="hidden")] = ""
    mime_type: Annotated[Code, Label("", widget="hidden")] = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$"), Label("", widget="hidden")] = ""


class LineDocument(Body):
    """A document behind one line (ibg-36), or with type 130 the object that the line invoices (ibt-128)."""

    reference: Annotated[str, Field(min_length=1, max_length=200), Label(_("Reference"))]
    scheme: Annotated[Code, Label(_("Scheme"), more=True)] = ""
    type_code: Annotated[Code, Label(_("Type code"), more=True)] = ""


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


class BranchAddress(Address):
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""


class PaymentMeans(Body):
    """One way to pay (ibg-16): a transfer, a card, a direct debit. Japanese accounts are `bank:branch:kind:number`."""

    account: Annotated[Code, Label(_("Bank account"), help=_("Bank code:branch code:kind:number"))] = ""
    account_name: Annotated[ShortText, Label(_("Account name"))] = ""
    code: Annotated[str, Field(min_length=1, max_length=3), Label(_("Means of payment"), more=True)] = "30"
    code_name: Annotated[ShortText, Label(_("Name of the means of payment"), more=True)] = ""
    instruction_id: Annotated[Code, Label(_("Payment instruction"), more=True)] = ""
    remittance: Annotated[ShortText, Label(_("Remittance information"), more=True)] = ""
    account_scheme: Annotated[Code, Label(_("Account scheme"), more=True)] = ""
    branch: Annotated[Code, Label(_("Branch identifier"), more=True)] = ""
    branch_scheme: Annotated[Code, Label(_("Branch scheme"), more=True)] = ""
    branch_address: BranchAddress | None = None
    card_number: Annotated[Code, Label(_("Last digits of the card"), more=True)] = ""
    card_network: Annotated[Code, Label(_("Card network"), more=True)] = ""
    card_holder: Annotated[ShortText, Label(_("Card holder"), more=True)] = ""
    mandate: Annotated[Code, Label(_("Direct debit mandate"), more=True)] = ""
    debited_account: Annotated[Code, Label(_("Debited account"), more=True)] = ""


class PaymentTerms(Body):
    """What was agreed about paying (ibg-33), one entry for each instalment."""

    note: Annotated[LongText, Label(_("Payment terms"))] = ""
    amount: Annotated[Amount | None, Label(_("Amount"))] = None
    due_on: Annotated[date | None, Label(_("Due date"))] = None
    instruction_id: Annotated[Code, Label(_("Payment instruction"), more=True)] = ""


class Prepayment(Body):
    """An amount that was paid before the invoice (ibg-35)."""

    reference: Annotated[Code, Label(_("Reference"))] = ""
    amount: Annotated[Amount | None, Label(_("Amount"))] = None
    received_on: Annotated[date | None, Label(_("Received on"))] = None
    kind: Annotated[ShortText, Label(_("Kind of payment"), more=True)] = ""


class Payee(Body):
    """Who is paid, where that is not the seller (ibg-10)."""

    name: ShortText = ""
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=PARTS_MAX)] = ()
    legal_identifier: Identifier | None = None


class TaxRepresentative(Body):
    """Who answers for the seller's tax (ibg-11)."""

    name: ShortText
    address: Address = Address()
    tax_identifier: Identifier


class Classification(Body):
    """A commodity code with the UNTDID 7143 list that it belongs to (ibt-158)."""

    code: Annotated[str, Field(min_length=1, max_length=100), Label(_("Code"))]
    list_id: Annotated[Code, Label(_("List"))] = ""
    list_version: Annotated[Code, Label(_("Version"), more=True)] = ""


class ItemAttribute(Body):
    """A name and value that describe the item (ibg-32)."""

    name: Annotated[str, Field(min_length=1, max_length=200), Label(_("Name"))]
    value: Annotated[str, Field(min_length=1, max_length=1_000), Label(_("Value"))]


class StatedTax(Body):
    """One row of a tax breakdown as a document states it (ibg-23, ibg-38)."""

    category: TaxCategory
    rate: Percentage | None = None
    taxable: Amount | None = None
    tax: Amount
    exemption_reason: LongText = ""


class StatedTaxTotal(Body):
    """The tax total in one currency (ibt-110, ibt-111)."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    tax: Amount
    tax_included: bool | None = None
    subtotals: Annotated[tuple[StatedTax, ...], Field(max_length=PARTS_MAX)] = ()


class Stated(Body):
    """The sums that an imported invoice states, kept where they differ from what its lines come to.

    `basis` is the SHA-256 of everything that has a price: once that is edited, the stated sums no longer count."""

    basis: Annotated[str, Field(max_length=64)] = ""
    lines: tuple[Amount, ...] = ()
    line_total: Amount
    net: Amount
    gross: Amount
    allowances: Amount | None = None
    charges: Amount | None = None
    prepaid: Amount | None = None
    rounding: Amount | None = None
    payable: Amount
    taxes: Annotated[tuple[StatedTaxTotal, ...], Field(max_length=10)] = ()
