"""The parts that an invoice body is made of: what JP PINT 1.1.3 can say beside plain lines, one model each."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from torihiki.exchange.bodies import Address, Amount, Body, Code, Identifier, Label, LongText, ShortText, TaxCategory
from torihiki.exchange.render.ubl.parts import PARTS_MAX, Percentage


class Flavour(StrEnum):
    """Which of the three JP PINT specifications an invoice follows, with its UNTDID 1001 code."""

    STANDARD = "standard"  # 380: 適格請求書, the seller is registered
    NON_REGISTERED = "non_registered"  # 480: the seller has no registration number and states no tax
    SELF_BILLING = "self_billing"  # 389: 仕入明細書, written by the buyer


class PrecedingInvoice(Body):
    """An earlier invoice that this one corrects or gives back (ibg-03): mandatory content of a 適格返還請求書."""

    number: Annotated[str, Field(min_length=1, max_length=100), Label(_("Invoice number"))]
    issued_on: Annotated[date | None, Label(_("Date of issue"))] = None


class LineDocument(Body):
    """A document behind one line (ibg-36), or with type 130 the object that the line invoices (ibt-128)."""

    reference: Annotated[str, Field(min_length=1, max_length=200), Label(_("Reference"))]
    scheme: Annotated[Code, Label(_("Scheme"), more=True)] = ""
    type_code: Annotated[Code, Label(_("Type code"), more=True)] = ""


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
