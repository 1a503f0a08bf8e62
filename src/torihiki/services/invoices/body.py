"""The invoice: pleasant for a plain 適格請求書, and able to carry all of JP PINT 1.1.3 without loss."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator, model_validator

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.bodies import (
    LINES_MAX,
    Address,
    Amount,
    Code,
    Identifier,
    Label,
    LongText,
    PricedBody,
    PricedLine,
    ShortText,
    TaxCategory,
    TaxSubtotal,
    Totals,
)
from torihiki.exchange.render.ubl.parts import (
    PARTS_MAX,
    TIME,
    Adjustment,
    Classification,
    DocumentAdjustment,
    ExactNumber,
    Extras,
    ItemAttribute,
    Percentage,
    SupportingDocument,
)
from torihiki.exchange.tax import ZERO, TaxedAmount, check_currency, rate_for, tax_per_rate, totals_of
from torihiki.lib.canonical import canonical_json
from torihiki.lib.money import Rounding, round_amount
from torihiki.services.invoices.parts import (
    Flavour,
    LineDocument,
    Payee,
    PaymentMeans,
    PaymentTerms,
    PrecedingInvoice,
    Prepayment,
    Stated,
    TaxRepresentative,
)

PRICED_FIELDS = {
    "flavour",
    "currency",
    "prices_include_tax",
    "line_rounding",
    "tax_rounding",
    "lines",
    "adjustments",
    "prepayments",
    "prepaid",
    "rounding",
    "tax_currency",
    "exchange_rate",
    "tax_point_on",
    "period_start",
    "period_end",
}
"""What the sums depend on: when one of these is edited, the sums that an imported invoice stated no longer count."""


class InvoiceLine(PricedLine):
    """One line (ibg-25). A return or a correction has a negative quantity; a price is per `price_base_quantity`."""

    description: Annotated[str, Field(min_length=1, max_length=500), Label(_("Description"))]
    quantity: Annotated[ExactNumber, Label(_("Quantity"))] = Decimal(1)
    unit_price: Annotated[ExactNumber, Label(_("Unit price"))]
    period_start: Annotated[date | None, Label(_("Transaction date"), more=True)] = None
    period_end: Annotated[date | None, Label(_("Last transaction date"), more=True)] = None
    note: Annotated[LongText, Label(_("Note on the line"), more=True)] = ""
    detail: Annotated[LongText, Label(_("Item details"), more=True)] = ""
    tax_rate: Annotated[Percentage | None, Label(_("Tax rate, %"), more=True)] = None
    tax_exemption_reason: Annotated[LongText, Label(_("Reason for exemption"), more=True)] = ""
    unit_tax: Annotated[ExactNumber | None, Label(_("Tax per unit"), more=True)] = None
    unit_code: Annotated[Code, Label(_("Unit code"), more=True)] = ""
    buyer_item_code: Annotated[Code, Label(_("Buyer's item code"), more=True)] = ""
    standard_item_code: Annotated[Code, Label(_("JAN code"), more=True)] = ""
    standard_item_scheme: Annotated[Code, Label(_("Scheme of the item code"), more=True)] = ""
    order_reference: Annotated[ShortText, Label(_("Order number"), more=True)] = ""
    order_line: Annotated[Code, Label(_("Order line"), more=True)] = ""
    despatch_reference: Annotated[ShortText, Label(_("Delivery note"), more=True)] = ""
    despatch_line: Annotated[Code, Label(_("Delivery note line"), more=True)] = ""
    accounting_cost: Annotated[ShortText, Label(_("Buyer's account"), more=True)] = ""
    origin_country: Annotated[str, Field(max_length=2), Label(_("Country of origin"), more=True)] = ""
    gross_price: Annotated[ExactNumber | None, Label(_("Price before discount"), more=True)] = None
    price_discount: Annotated[ExactNumber | None, Label(_("Discount on the price"), more=True)] = None
    price_base_quantity: Annotated[ExactNumber | None, Label(_("Quantity that the price is for"), more=True)] = None
    price_base_unit: Annotated[Code, Label(_("Unit code that the price is for"), more=True)] = ""
    adjustments: Annotated[
        tuple[Adjustment, ...], Field(max_length=PARTS_MAX), Label(_("Discounts and charges"), more=True)
    ] = ()
    documents: Annotated[
        tuple[LineDocument, ...], Field(max_length=PARTS_MAX), Label(_("Documents behind the line"), more=True)
    ] = ()
    classifications: Annotated[
        tuple[Classification, ...], Field(max_length=PARTS_MAX), Label(_("Classifications"), more=True)
    ] = ()
    attributes: Annotated[
        tuple[ItemAttribute, ...], Field(max_length=PARTS_MAX), Label(_("Item attributes"), more=True)
    ] = ()
    extras: Extras | None = None

    @model_validator(mode="after")
    def _check_line(self) -> Self:
        if self.price_base_quantity is not None and self.price_base_quantity <= 0:
            raise ValueError(_("The quantity that a price is for must be above zero."))
        _check_period(self.period_start, self.period_end)
        return self

    def rate(self, on: date) -> Decimal:
        """Per cent: the stated rate, else the one in force on the line's own date, else on `on`."""
        if self.tax_rate is not None:
            return self.tax_rate
        return rate_for(self.tax_category, self.period_end or self.period_start or on)


class InvoiceBody(PricedBody):
    """An invoice. Only `lines` is required; the number, the day of issue, seller and buyer stand in the envelope."""

    due_on: Annotated[date | None, Label(_("Due date"))] = None
    period_start: Annotated[date | None, Label(_("Transaction date or first day"))] = None
    period_end: Annotated[date | None, Label(_("Last day of the period"))] = None
    lines: Annotated[tuple[InvoiceLine, ...], Field(min_length=1, max_length=LINES_MAX), Label(_("Lines"))]
    adjustments: Annotated[
        tuple[DocumentAdjustment, ...], Field(max_length=PARTS_MAX), Label(_("Discounts and charges"), more=True)
    ] = ()
    payment_means: Annotated[tuple[PaymentMeans, ...], Field(max_length=PARTS_MAX), Label(_("Where to pay"))] = ()
    payment_terms: Annotated[
        tuple[PaymentTerms, ...], Field(max_length=PARTS_MAX), Label(_("Payment terms"), more=True)
    ] = ()
    order_reference: Annotated[ShortText, Label(_("Order number"), more=True)] = ""
    buyer_reference: Annotated[ShortText, Label(_("Buyer's reference"), more=True)] = ""
    preceding: Annotated[
        tuple[PrecedingInvoice, ...], Field(max_length=PARTS_MAX), Label(_("Earlier invoices"), more=True)
    ] = ()
    flavour: Flavour = Flavour.STANDARD  # follows from who writes it (rules.py)
    sales_order_reference: Annotated[ShortText, Label(_("Sales order number"), more=True)] = ""
    contract_reference: Annotated[ShortText, Label(_("Contract"), more=True)] = ""
    project_reference: Annotated[ShortText, Label(_("Project"), more=True)] = ""
    despatch_reference: Annotated[ShortText, Label(_("Delivery note"), more=True)] = ""
    receipt_reference: Annotated[ShortText, Label(_("Receipt"), more=True)] = ""
    originator_reference: Annotated[ShortText, Label(_("Tender or lot"), more=True)] = ""
    accounting_cost: Annotated[ShortText, Label(_("Buyer's account"), more=True)] = ""
    documents: Annotated[
        tuple[SupportingDocument, ...], Field(max_length=PARTS_MAX), Label(_("Supporting documents"), more=True)
    ] = ()
    delivered_on: Annotated[date | None, Label(_("Delivered on"), more=True)] = None
    deliver_to_name: Annotated[ShortText, Label(_("Delivered to"), more=True)] = ""
    deliver_to_location: Identifier | None = None
    deliver_to: Address | None = None
    payee: Payee | None = None
    tax_representative: TaxRepresentative | None = None
    prepayments: Annotated[
        tuple[Prepayment, ...], Field(max_length=PARTS_MAX), Label(_("Paid in advance"), more=True)
    ] = ()
    prepaid: Annotated[Amount | None, Label(_("Total paid in advance"), more=True)] = None
    rounding: Annotated[Amount, Label(_("Rounding of the amount due"), more=True)] = ZERO
    tax_point_on: Annotated[date | None, Label(_("Tax point date"), more=True)] = None
    tax_point_code: Annotated[Code, Label(_("Tax point code"), more=True)] = ""
    tax_currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$"), Label(_("Tax currency"), more=True)] = ""
    exchange_rate: Annotated[ExactNumber | None, Label(_("Exchange rate to the tax currency"), more=True)] = None
    issue_time: Annotated[str, Field(pattern=TIME), Label(_("Time of issue"), more=True)] = ""
    specification: Annotated[ShortText, Label("", widget="hidden")] = ""
    process: Annotated[ShortText, Label("", widget="hidden")] = ""
    stated: Stated | None = None
    extras: Extras | None = None

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, currency: str) -> str:
        check_currency(currency)
        return currency

    @model_validator(mode="after")
    def _check_body(self) -> Self:
        _check_period(self.period_start, self.period_end)
        if self.tax_currency == self.currency:
            raise ValueError(_("The tax currency must differ from the currency of the invoice."))
        return self

    def totals(self, on: date) -> Totals:
        """Sums without what was paid in advance. `on` is the day of issue: it dates the tax of lines without a date
        or period of their own. An imported invoice that states other sums keeps them, as long as it is not edited.
        Raises RateUnknown for a day on which a category had no rate."""
        if self.stated is not None and self.stated.basis == self.priced_basis():
            return _stated_totals(self.stated, self.currency)
        return self.computed_totals(on)

    def computed_totals(self, on: date) -> Totals:
        """Sums of the lines, allowances and charges: tax once per category and rate, none for 480."""
        amounts = self.line_amounts()
        day = self.supplied_on(on)
        taxed = [
            TaxedAmount(line.tax_category, line.rate(day), amount)
            for line, amount in zip(self.lines, amounts, strict=True)
        ]
        taxed += [TaxedAmount(item.tax_category, item.rate(day), signed(item)) for item in self.adjustments]
        if self.flavour is Flavour.NON_REGISTERED:
            return totals_of(amounts, _untaxed(taxed))
        return totals_of(
            amounts,
            tax_per_rate(
                taxed,
                currency=self.currency,
                prices_include_tax=self.prices_include_tax,
                tax_rounding=self.tax_rounding,
            ),
        )

    def amount_due(self, on: date) -> Decimal:
        """ibt-115: the total with tax, less what was paid in advance, plus the agreed rounding."""
        if self.stated is not None and self.stated.basis == self.priced_basis():
            return self.stated.payable
        return self.computed_totals(on).gross - self.paid_in_advance() + self.rounding

    def line_amounts(self) -> list[Decimal]:
        """ibt-131 of every line, in the currency's decimals; with tax where the prices are."""
        return [
            round_amount(
                line.quantity * line.unit_price / (line.price_base_quantity or 1), self.currency, self.line_rounding
            )
            + sum((signed(adjustment) for adjustment in line.adjustments), ZERO)
            for line in self.lines
        ]

    def paid_in_advance(self) -> Decimal:
        """ibt-113: the stated sum, else the sum of the single payments."""
        if self.prepaid is not None:
            return self.prepaid
        return sum((payment.amount or ZERO for payment in self.prepayments), ZERO)

    def supplied_on(self, issued_on: date) -> date:
        """The day that decides the rate of everything without a date of its own."""
        return self.tax_point_on or self.period_end or self.period_start or issued_on

    def priced_basis(self) -> str:
        """SHA-256 of every field that the sums depend on."""
        return sha256_hex(canonical_json(self.model_dump(mode="json", include=PRICED_FIELDS)))


def signed(adjustment: Adjustment) -> Decimal:
    return adjustment.amount if adjustment.is_charge else -adjustment.amount


def _untaxed(taxed: list[TaxedAmount]) -> tuple[TaxSubtotal, ...]:
    """A seller without a registration number states rates but no tax (aligned-ibr-jp-07-ntr)."""
    plain = tax_per_rate(taxed, currency="JPY", prices_include_tax=False, tax_rounding=Rounding.FLOOR)
    return tuple(subtotal.model_copy(update={"tax": ZERO}) for subtotal in plain)


def _stated_totals(stated: Stated, currency: str) -> Totals:
    main = next((total for total in stated.taxes if total.currency == currency), None)
    return Totals(
        lines=stated.lines,
        net=stated.net,
        tax=main.tax if main else stated.gross - stated.net,
        gross=stated.gross,
        subtotals=tuple(
            TaxSubtotal(
                category=TaxCategory(row.category), rate=row.rate or ZERO, taxable=row.taxable or ZERO, tax=row.tax
            )
            for row in (main.subtotals if main else ())
        ),
    )


def _check_period(start: date | None, end: date | None) -> None:
    if start and end and end < start:
        raise ValueError(_("The last day of a period must not be before its first day."))
