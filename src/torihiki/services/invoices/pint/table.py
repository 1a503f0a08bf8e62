"""The table: which UBL element holds which field, in UBL 2.1 order. Reading and writing both follow it.

A field path with dots names a nested record. The business terms (ibt, ibg) are those of JP PINT 1.1.3."""

from dataclasses import dataclass
from enum import Enum, auto

INVOICE_NS = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
PREFIXES = {CAC: "cac", CBC: "cbc"}


class Kind(Enum):
    TEXT = auto()
    DATE = auto()
    NUMBER = auto()
    AMOUNT = auto()  # a number with @currencyID
    FLAG = auto()  # true or false


@dataclass(frozen=True)
class Leaf:
    """An element with text. `fixed` stands for a constant that is written along and must be found when read."""

    tag: str
    field: str = ""
    kind: Kind = Kind.TEXT
    attributes: tuple[tuple[str, str], ...] = ()
    required: bool = False
    fixed: str = ""


@dataclass(frozen=True)
class Group:
    """An element with children: of this record, or with `field` of a record (or with `many` a list of records) below.

    `currency_of` names the child whose @currencyID becomes the record's own `currency`. `owner`: unknown content
    below is kept by this record."""

    tag: str
    children: tuple["Leaf | Group", ...]
    field: str = ""
    many: bool = False
    required: bool = False
    currency_of: str = ""
    owner: bool = False

    @property
    def constant(self) -> bool:
        """Whether it holds nothing but constants, and so is written wherever its parent is."""
        return all(isinstance(child, Leaf) and child.fixed for child in self.children)


Node = Leaf | Group


def _text(tag: str, field: str, *, required: bool = False, **attributes: str) -> Leaf:
    return Leaf(tag, field, attributes=tuple(attributes.items()), required=required)


def _date(tag: str, field: str, *, required: bool = False) -> Leaf:
    return Leaf(tag, field, Kind.DATE, required=required)


def _amount(tag: str, field: str, *, required: bool = False) -> Leaf:
    return Leaf(tag, field, Kind.AMOUNT, required=required)


def _number(tag: str, field: str, *, required: bool = False, **attributes: str) -> Leaf:
    return Leaf(tag, field, Kind.NUMBER, tuple(attributes.items()), required)


def _reference(tag: str, field: str) -> Group:
    return Group(tag, (_text("cbc:ID", field),))


TAX_SCHEME = Group("cac:TaxScheme", (Leaf("cbc:ID", fixed="VAT", required=True),), required=True)


def _tax_category(tag: str, category: str, rate: str, reason: str, *more: Node, required: bool = True) -> Group:
    return Group(
        tag,
        (
            _text("cbc:ID", category, required=True),
            _number("cbc:Percent", rate),
            *more,
            _text("cbc:TaxExemptionReason", reason),
            TAX_SCHEME,
        ),
        required=required,
    )


def _identifier(tag: str, field: str) -> Leaf:
    return _text(tag, f"{field}.value", schemeID=f"{field}.scheme")


def _address(tag: str, field: str, *, required: bool = False, country: bool = True) -> Group:
    return Group(
        tag,
        (
            _text("cbc:StreetName", "street"),
            _text("cbc:AdditionalStreetName", "building"),
            _text("cbc:CityName", "city"),
            _text("cbc:PostalZone", "postal_code"),
            _text("cbc:CountrySubentity", "prefecture"),
            Group("cac:AddressLine", (_text("cbc:Line", "extra"),)),
            Group("cac:Country", (_text("cbc:IdentificationCode", "country", required=country),), required=country),
        ),
        field=field,
        required=required,
    )


IDENTIFIERS = Group(
    "cac:PartyIdentification", (_text("cbc:ID", "value", required=True, schemeID="scheme"),), "identifiers", many=True
)

PARTY: tuple[Node, ...] = (
    _identifier("cbc:EndpointID", "endpoint"),  # ibt-034, ibt-049
    IDENTIFIERS,  # ibt-029, ibt-046
    Group("cac:PartyName", (_text("cbc:Name", "trading_name"),)),  # ibt-028, ibt-045
    _address("cac:PostalAddress", "address", required=True),  # ibg-05, ibg-08
    Group(
        "cac:PartyTaxScheme",  # ibt-031, ibt-032, ibt-048
        (
            _text("cbc:CompanyID", "value", required=True),
            Group("cac:TaxScheme", (_text("cbc:ID", "scheme", required=True),), required=True),
        ),
        "tax_schemes",
        many=True,
    ),
    Group(
        "cac:PartyLegalEntity",
        (
            _text("cbc:RegistrationName", "name", required=True),  # ibt-027, ibt-044
            _identifier("cbc:CompanyID", "legal_identifier"),  # ibt-030, ibt-047
            _text("cbc:CompanyLegalForm", "legal_form"),  # ibt-033
        ),
        required=True,
    ),
    Group(
        "cac:Contact",  # ibg-06, ibg-09
        (
            _text("cbc:Name", "name"),
            _text("cbc:Telephone", "phone"),
            _text("cbc:ElectronicMail", "email"),
        ),
        "contact",
    ),
)

PAYEE = Group(
    "cac:PayeeParty",  # ibg-10
    (
        IDENTIFIERS,
        Group("cac:PartyName", (_text("cbc:Name", "name"),)),
        Group("cac:PartyLegalEntity", (_identifier("cbc:CompanyID", "legal_identifier"),)),
    ),
    "payee",
)

TAX_REPRESENTATIVE = Group(
    "cac:TaxRepresentativeParty",  # ibg-11
    (
        Group("cac:PartyName", (_text("cbc:Name", "name", required=True),), required=True),
        _address("cac:PostalAddress", "address", required=True),
        Group(
            "cac:PartyTaxScheme",
            (
                _text("cbc:CompanyID", "tax_identifier.value", required=True),
                Group("cac:TaxScheme", (_text("cbc:ID", "tax_identifier.scheme", required=True),), required=True),
            ),
            required=True,
        ),
    ),
    "tax_representative",
)

DELIVERY = Group(
    "cac:Delivery",  # ibg-13
    (
        _date("cbc:ActualDeliveryDate", "delivered_on"),
        Group(
            "cac:DeliveryLocation",
            (_identifier("cbc:ID", "deliver_to_location"), _address("cac:Address", "deliver_to")),
        ),
        Group("cac:DeliveryParty", (Group("cac:PartyName", (_text("cbc:Name", "deliver_to_name"),)),)),
    ),
)

PAYMENT_MEANS = Group(
    "cac:PaymentMeans",  # ibg-16
    (
        _text("cbc:ID", "instruction_id"),  # ibt-178
        _text("cbc:PaymentMeansCode", "code", required=True, name="code_name"),  # ibt-081, ibt-082
        _text("cbc:PaymentID", "remittance"),  # ibt-083
        Group(
            "cac:CardAccount",  # ibg-18
            (
                _text("cbc:PrimaryAccountNumberID", "card_number"),
                _text("cbc:NetworkID", "card_network"),
                _text("cbc:HolderName", "card_holder"),
            ),
        ),
        Group(
            "cac:PayeeFinancialAccount",  # ibg-17
            (
                _text("cbc:ID", "account", schemeID="account_scheme"),
                _text("cbc:Name", "account_name"),
                Group(
                    "cac:FinancialInstitutionBranch",
                    (
                        _text("cbc:ID", "branch", schemeID="branch_scheme"),  # ibt-086
                        _address("cac:Address", "branch_address", country=False),  # ibg-34
                    ),
                ),
            ),
        ),
        Group(
            "cac:PaymentMandate",  # ibg-19
            (
                _text("cbc:ID", "mandate"),
                Group("cac:PayerFinancialAccount", (_text("cbc:ID", "debited_account"),)),
            ),
        ),
    ),
    "payment_means",
    many=True,
)

_ADJUSTMENT: tuple[Node, ...] = (
    Leaf("cbc:ChargeIndicator", "is_charge", Kind.FLAG, required=True),
    _text("cbc:AllowanceChargeReasonCode", "reason_code"),
    _text("cbc:AllowanceChargeReason", "reason"),
    _number("cbc:MultiplierFactorNumeric", "percent"),
    _amount("cbc:Amount", "amount", required=True),
    _amount("cbc:BaseAmount", "base_amount"),
)

TAX_TOTAL = Group(
    "cac:TaxTotal",  # ibt-110, ibt-111
    (
        _amount("cbc:TaxAmount", "tax", required=True),
        Leaf("cbc:TaxIncludedIndicator", "tax_included", Kind.FLAG),
        Group(
            "cac:TaxSubtotal",  # ibg-23, ibg-38
            (
                _amount("cbc:TaxableAmount", "taxable"),
                _amount("cbc:TaxAmount", "tax", required=True),
                _tax_category("cac:TaxCategory", "category", "rate", "exemption_reason"),
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
        _amount("cbc:LineExtensionAmount", "stated.line_total", required=True),
        _amount("cbc:TaxExclusiveAmount", "stated.net", required=True),
        _amount("cbc:TaxInclusiveAmount", "stated.gross", required=True),
        _amount("cbc:AllowanceTotalAmount", "stated.allowances"),
        _amount("cbc:ChargeTotalAmount", "stated.charges"),
        _amount("cbc:PrepaidAmount", "stated.prepaid"),
        _amount("cbc:PayableRoundingAmount", "stated.rounding"),
        _amount("cbc:PayableAmount", "stated.payable", required=True),
    ),
    required=True,
)

_PERIOD: tuple[Node, ...] = (_date("cbc:StartDate", "period_start"), _date("cbc:EndDate", "period_end"))

ITEM = Group(
    "cac:Item",  # ibg-31
    (
        _text("cbc:Description", "detail"),
        _text("cbc:Name", "description", required=True),
        Group("cac:BuyersItemIdentification", (_text("cbc:ID", "buyer_item_code"),)),
        Group("cac:SellersItemIdentification", (_text("cbc:ID", "item_code"),)),
        Group(
            "cac:StandardItemIdentification",
            (_text("cbc:ID", "standard_item_code", schemeID="standard_item_scheme"),),
        ),
        Group("cac:OriginCountry", (_text("cbc:IdentificationCode", "origin_country"),)),
        Group(
            "cac:CommodityClassification",
            (
                _text(
                    "cbc:ItemClassificationCode", "code", required=True, listID="list_id", listVersionID="list_version"
                ),
            ),
            "classifications",
            many=True,
        ),
        _tax_category(
            "cac:ClassifiedTaxCategory",  # ibg-30
            "tax_category",
            "tax_rate",
            "tax_exemption_reason",
            _amount("cbc:PerUnitAmount", "unit_tax"),
        ),
        Group(
            "cac:AdditionalItemProperty",  # ibg-32
            (_text("cbc:Name", "name", required=True), _text("cbc:Value", "value", required=True)),
            "attributes",
            many=True,
        ),
    ),
    required=True,
)

LINE = Group(
    "cac:InvoiceLine",  # ibg-25
    (
        _text("cbc:ID", "line_id", required=True),
        _text("cbc:Note", "note"),
        _number("cbc:InvoicedQuantity", "quantity", required=True, unitCode="unit_code"),
        _amount("cbc:LineExtensionAmount", "amount", required=True),
        _text("cbc:AccountingCost", "accounting_cost"),
        Group("cac:InvoicePeriod", _PERIOD),  # ibg-26
        Group(
            "cac:OrderLineReference",
            (
                _text("cbc:LineID", "order_line"),
                Group("cac:OrderReference", (_text("cbc:ID", "order_reference"),)),
            ),
        ),
        Group(
            "cac:DespatchLineReference",
            (
                _text("cbc:LineID", "despatch_line"),
                Group("cac:DocumentReference", (_text("cbc:ID", "despatch_reference"),)),
            ),
        ),
        Group(
            "cac:DocumentReference",  # ibg-36, ibt-128
            (
                _text("cbc:ID", "reference", required=True, schemeID="scheme"),
                _text("cbc:DocumentTypeCode", "type_code"),
            ),
            "documents",
            many=True,
        ),
        Group("cac:AllowanceCharge", _ADJUSTMENT, "adjustments", many=True),  # ibg-27, ibg-28
        ITEM,
        Group(
            "cac:Price",  # ibg-29
            (
                _amount("cbc:PriceAmount", "unit_price", required=True),
                _number("cbc:BaseQuantity", "price_base_quantity", unitCode="price_base_unit"),
                Group(
                    "cac:AllowanceCharge",
                    (
                        Leaf("cbc:ChargeIndicator", fixed="false", required=True),
                        _amount("cbc:Amount", "price_discount"),
                        _amount("cbc:BaseAmount", "gross_price"),
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
        _text("cbc:ID", "reference", required=True, schemeID="scheme"),
        _text("cbc:DocumentTypeCode", "type_code"),
        _text("cbc:DocumentDescription", "description"),
        Group(
            "cac:Attachment",
            (
                _text("cbc:EmbeddedDocumentBinaryObject", "content", mimeCode="mime_type", filename="file_name"),
                Group("cac:ExternalReference", (_text("cbc:URI", "url"),)),
            ),
        ),
    ),
    "documents",
    many=True,
)

INVOICE = Group(
    "Invoice",
    (
        _text("cbc:CustomizationID", "specification", required=True),  # ibt-024
        _text("cbc:ProfileID", "process", required=True),  # ibt-023
        _text("cbc:ID", "number", required=True),  # ibt-001
        _date("cbc:IssueDate", "issued_on", required=True),  # ibt-002
        _text("cbc:IssueTime", "issue_time"),  # ibt-168
        _date("cbc:DueDate", "due_on"),  # ibt-009
        _text("cbc:InvoiceTypeCode", "type_code", required=True),  # ibt-003
        _text("cbc:Note", "note"),  # ibt-022
        _date("cbc:TaxPointDate", "tax_point_on"),  # ibt-007
        _text("cbc:DocumentCurrencyCode", "currency", required=True),  # ibt-005
        _text("cbc:TaxCurrencyCode", "tax_currency"),  # ibt-006
        _text("cbc:AccountingCost", "accounting_cost"),  # ibt-019
        _text("cbc:BuyerReference", "buyer_reference"),  # ibt-010
        Group("cac:InvoicePeriod", (*_PERIOD, _text("cbc:DescriptionCode", "tax_point_code"))),  # ibg-14
        Group(
            "cac:OrderReference",
            (_text("cbc:ID", "order_reference"), _text("cbc:SalesOrderID", "sales_order_reference")),
        ),
        Group(
            "cac:BillingReference",  # ibg-03
            (
                Group(
                    "cac:InvoiceDocumentReference",
                    (_text("cbc:ID", "number", required=True), _date("cbc:IssueDate", "issued_on")),
                    required=True,
                ),
            ),
            "preceding",
            many=True,
        ),
        _reference("cac:DespatchDocumentReference", "despatch_reference"),  # ibt-016
        _reference("cac:ReceiptDocumentReference", "receipt_reference"),  # ibt-015
        _reference("cac:OriginatorDocumentReference", "originator_reference"),  # ibt-017
        _reference("cac:ContractDocumentReference", "contract_reference"),  # ibt-012
        SUPPORTING_DOCUMENT,
        _reference("cac:ProjectReference", "project_reference"),  # ibt-011
        Group("cac:AccountingSupplierParty", (Group("cac:Party", PARTY, required=True),), "seller", required=True),
        Group("cac:AccountingCustomerParty", (Group("cac:Party", PARTY, required=True),), "buyer", required=True),
        PAYEE,
        TAX_REPRESENTATIVE,
        DELIVERY,
        PAYMENT_MEANS,
        Group(
            "cac:PaymentTerms",  # ibg-33
            (
                _text("cbc:PaymentMeansID", "instruction_id"),
                _text("cbc:Note", "note"),
                _amount("cbc:Amount", "amount"),
                _date("cbc:InstallmentDueDate", "due_on"),
            ),
            "payment_terms",
            many=True,
        ),
        Group(
            "cac:PrepaidPayment",  # ibg-35
            (
                _text("cbc:ID", "reference"),
                _amount("cbc:PaidAmount", "amount"),
                _date("cbc:ReceivedDate", "received_on"),
                _text("cbc:InstructionID", "kind"),
            ),
            "prepayments",
            many=True,
        ),
        Group(
            "cac:AllowanceCharge",  # ibg-20, ibg-21
            (
                *_ADJUSTMENT,
                _tax_category("cac:TaxCategory", "tax_category", "tax_rate", "tax_exemption_reason"),
            ),
            "adjustments",
            many=True,
        ),
        TAX_TOTAL,
        MONETARY_TOTAL,
        LINE,
    ),
    owner=True,
)
