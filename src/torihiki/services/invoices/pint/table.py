"""The table: which UBL element holds which field, in UBL 2.1 order. Reading and writing both follow it.

A field path with dots names a nested record. The business terms (ibt, ibg) are those of JP PINT 1.1.3."""

from torihiki.exchange.render.ubl.nodes import (
    Document,
    Group,
    Kind,
    Leaf,
    Node,
    amount,
    date,
    number,
    reference,
    tax_category,
    text,
)
from torihiki.services.invoices.pint.parties import DELIVERY, PARTY, PAYEE, PAYMENT_MEANS, TAX_REPRESENTATIVE

_ADJUSTMENT: tuple[Node, ...] = (
    Leaf("cbc:ChargeIndicator", "is_charge", Kind.FLAG, required=True),
    text("cbc:AllowanceChargeReasonCode", "reason_code"),
    text("cbc:AllowanceChargeReason", "reason"),
    number("cbc:MultiplierFactorNumeric", "percent"),
    amount("cbc:Amount", "amount", required=True),
    amount("cbc:BaseAmount", "base_amount"),
)

TAX_TOTAL = Group(
    "cac:TaxTotal",  # ibt-110, ibt-111
    (
        amount("cbc:TaxAmount", "tax", required=True),
        Leaf("cbc:TaxIncludedIndicator", "tax_included", Kind.FLAG),
        Group(
            "cac:TaxSubtotal",  # ibg-23, ibg-38
            (
                amount("cbc:TaxableAmount", "taxable"),
                amount("cbc:TaxAmount", "tax", required=True),
                tax_category("cac:TaxCategory", "category", "rate", "exemption_reason"),
            ),
            "subtotals",
            many=True,
        ),
    ),
    "stated.taxes",
    many=True,
    required=True,
    currency_of="cbc:TaxAmount",
)

MONETARY_TOTAL = Group(
    "cac:LegalMonetaryTotal",  # ibg-22
    (
        amount("cbc:LineExtensionAmount", "stated.line_total", required=True),
        amount("cbc:TaxExclusiveAmount", "stated.net", required=True),
        amount("cbc:TaxInclusiveAmount", "stated.gross", required=True),
        amount("cbc:AllowanceTotalAmount", "stated.allowances"),
        amount("cbc:ChargeTotalAmount", "stated.charges"),
        amount("cbc:PrepaidAmount", "stated.prepaid"),
        amount("cbc:PayableRoundingAmount", "stated.rounding"),
        amount("cbc:PayableAmount", "stated.payable", required=True),
    ),
    required=True,
)

_PERIOD: tuple[Node, ...] = (date("cbc:StartDate", "period_start"), date("cbc:EndDate", "period_end"))

ITEM = Group(
    "cac:Item",  # ibg-31
    (
        text("cbc:Description", "detail"),
        text("cbc:Name", "description", required=True),
        Group("cac:BuyersItemIdentification", (text("cbc:ID", "buyer_item_code"),)),
        Group("cac:SellersItemIdentification", (text("cbc:ID", "item_code"),)),
        Group(
            "cac:StandardItemIdentification",
            (text("cbc:ID", "standard_item_code", schemeID="standard_item_scheme"),),
        ),
        Group("cac:OriginCountry", (text("cbc:IdentificationCode", "origin_country"),)),
        Group(
            "cac:CommodityClassification",
            (
                text(
                    "cbc:ItemClassificationCode", "code", required=True, listID="list_id", listVersionID="list_version"
                ),
            ),
            "classifications",
            many=True,
        ),
        tax_category(
            "cac:ClassifiedTaxCategory",  # ibg-30
            "tax_category",
            "tax_rate",
            "tax_exemption_reason",
            amount("cbc:PerUnitAmount", "unit_tax"),
        ),
        Group(
            "cac:AdditionalItemProperty",  # ibg-32
            (text("cbc:Name", "name", required=True), text("cbc:Value", "value", required=True)),
            "attributes",
            many=True,
        ),
    ),
    required=True,
)

LINE = Group(
    "cac:InvoiceLine",  # ibg-25
    (
        text("cbc:ID", "line_id", required=True),
        text("cbc:Note", "note"),
        number("cbc:InvoicedQuantity", "quantity", required=True, unitCode="unit_code"),
        amount("cbc:LineExtensionAmount", "amount", required=True),
        text("cbc:AccountingCost", "accounting_cost"),
        Group("cac:InvoicePeriod", _PERIOD),  # ibg-26
        Group(
            "cac:OrderLineReference",
            (
                text("cbc:LineID", "order_line"),
                Group("cac:OrderReference", (text("cbc:ID", "order_reference"),)),
            ),
        ),
        Group(
            "cac:DespatchLineReference",
            (
                text("cbc:LineID", "despatch_line"),
                Group("cac:DocumentReference", (text("cbc:ID", "despatch_reference"),)),
            ),
        ),
        Group(
            "cac:DocumentReference",  # ibg-36, ibt-128
            (
                text("cbc:ID", "reference", required=True, schemeID="scheme"),
                text("cbc:DocumentTypeCode", "type_code"),
            ),
            "documents",
            many=True,
        ),
        Group("cac:AllowanceCharge", _ADJUSTMENT, "adjustments", many=True),  # ibg-27, ibg-28
        ITEM,
        Group(
            "cac:Price",  # ibg-29
            (
                amount("cbc:PriceAmount", "unit_price", required=True),
                number("cbc:BaseQuantity", "price_base_quantity", unitCode="price_base_unit"),
                Group(
                    "cac:AllowanceCharge",
                    (
                        Leaf("cbc:ChargeIndicator", fixed="false", required=True),
                        amount("cbc:Amount", "price_discount"),
                        amount("cbc:BaseAmount", "gross_price"),
                    ),
                ),
            ),
            required=True,
        ),
    ),
    "lines",
    many=True,
    required=True,
    owner=True,
)

SUPPORTING_DOCUMENT = Group(
    "cac:AdditionalDocumentReference",  # ibg-24, ibt-018
    (
        text("cbc:ID", "reference", required=True, schemeID="scheme"),
        text("cbc:DocumentTypeCode", "type_code"),
        text("cbc:DocumentDescription", "description"),
        Group(
            "cac:Attachment",
            (
                text("cbc:EmbeddedDocumentBinaryObject", "content", mimeCode="mime_type", filename="file_name"),
                Group("cac:ExternalReference", (text("cbc:URI", "url"),)),
            ),
        ),
    ),
    "documents",
    many=True,
)

INVOICE = Document(
    "Invoice",
    (
        text("cbc:CustomizationID", "specification", required=True),  # ibt-024
        text("cbc:ProfileID", "process", required=True),  # ibt-023
        text("cbc:ID", "number", required=True),  # ibt-001
        date("cbc:IssueDate", "issued_on", required=True),  # ibt-002
        text("cbc:IssueTime", "issue_time"),  # ibt-168
        date("cbc:DueDate", "due_on"),  # ibt-009
        text("cbc:InvoiceTypeCode", "type_code", required=True),  # ibt-003
        text("cbc:Note", "note"),  # ibt-022
        date("cbc:TaxPointDate", "tax_point_on"),  # ibt-007
        text("cbc:DocumentCurrencyCode", "currency", required=True),  # ibt-005
        text("cbc:TaxCurrencyCode", "tax_currency"),  # ibt-006
        text("cbc:AccountingCost", "accounting_cost"),  # ibt-019
        text("cbc:BuyerReference", "buyer_reference"),  # ibt-010
        Group("cac:InvoicePeriod", (*_PERIOD, text("cbc:DescriptionCode", "tax_point_code"))),  # ibg-14
        Group(
            "cac:OrderReference",
            (text("cbc:ID", "order_reference"), text("cbc:SalesOrderID", "sales_order_reference")),
        ),
        Group(
            "cac:BillingReference",  # ibg-03
            (
                Group(
                    "cac:InvoiceDocumentReference",
                    (text("cbc:ID", "number", required=True), date("cbc:IssueDate", "issued_on")),
                    required=True,
                ),
            ),
            "preceding",
            many=True,
        ),
        reference("cac:DespatchDocumentReference", "despatch_reference"),  # ibt-016
        reference("cac:ReceiptDocumentReference", "receipt_reference"),  # ibt-015
        reference("cac:OriginatorDocumentReference", "originator_reference"),  # ibt-017
        reference("cac:ContractDocumentReference", "contract_reference"),  # ibt-012
        SUPPORTING_DOCUMENT,
        reference("cac:ProjectReference", "project_reference"),  # ibt-011
        Group("cac:AccountingSupplierParty", (Group("cac:Party", PARTY, required=True),), "seller", required=True),
        Group("cac:AccountingCustomerParty", (Group("cac:Party", PARTY, required=True),), "buyer", required=True),
        PAYEE,
        TAX_REPRESENTATIVE,
        DELIVERY,
        PAYMENT_MEANS,
        Group(
            "cac:PaymentTerms",  # ibg-33
            (
                text("cbc:PaymentMeansID", "instruction_id"),
                text("cbc:Note", "note"),
                amount("cbc:Amount", "amount"),
                date("cbc:InstallmentDueDate", "due_on"),
            ),
            "payment_terms",
            many=True,
        ),
        Group(
            "cac:PrepaidPayment",  # ibg-35
            (
                text("cbc:ID", "reference"),
                amount("cbc:PaidAmount", "amount"),
                date("cbc:ReceivedDate", "received_on"),
                text("cbc:InstructionID", "kind"),
            ),
            "prepayments",
            many=True,
        ),
        Group(
            "cac:AllowanceCharge",  # ibg-20, ibg-21
            (
                *_ADJUSTMENT,
                tax_category("cac:TaxCategory", "tax_category", "tax_rate", "tax_exemption_reason"),
            ),
            "adjustments",
            many=True,
        ),
        TAX_TOTAL,
        MONETARY_TOTAL,
        LINE,
    ),
    format="JP PINT",
)
