"""The tables: which UBL element holds which field, in UBL 2.1 order. They are all of the BIS data models."""

from torihiki.exchange.render.ubl.nodes import (
    Document,
    Group,
    Kind,
    Leaf,
    Node,
    address,
    amount,
    date,
    identifier,
    number,
    reference,
    text,
)
from torihiki.exchange.render.ubl.parties import CONTACT, IDENTIFIERS
from torihiki.services.ordering.peppol.shapes import (
    ADJUSTMENT,
    ATTRIBUTES,
    BUYERS_ITEM,
    CLASSIFICATIONS,
    DELIVERY_PARTY,
    DOCUMENTS,
    INSTANCES,
    QUIET,
    SELLERS_ITEM,
    STANDARD_ITEM,
    period,
    role,
    tax_category,
    time,
)

HEAD: tuple[Node, ...] = (
    text("cbc:CustomizationID", "specification", required=True),
    text("cbc:ProfileID", "process", required=True),
    text("cbc:ID", "number", required=True),
)
ISSUED: tuple[Node, ...] = (date("cbc:IssueDate", "issued_on", required=True), time("cbc:IssueTime", "issue_time"))

ORDER_LINE = Group(
    "cac:OrderLine",
    (
        text("cbc:Note", "note"),
        Group(
            "cac:LineItem",
            (
                text("cbc:ID", "line_id", required=True),
                number("cbc:Quantity", "quantity", unitCode="unit_code"),
                amount("cbc:LineExtensionAmount", "amount"),
                Leaf("cbc:PartialDeliveryIndicator", "partial_delivery", Kind.FLAG),
                text("cbc:AccountingCost", "accounting_cost"),
                Group(
                    "cac:Delivery",
                    (
                        text("cbc:ID", "delivery.id", schemeID="delivery.scheme"),
                        Group(
                            "cac:DeliveryLocation",
                            (
                                identifier("cbc:ID", "deliver_to_location"),
                                text("cbc:Name", "delivery_place"),
                                address("cac:Address", "deliver_to", country=False),
                            ),
                        ),
                        period("cac:RequestedDeliveryPeriod", "delivery_from", "delivery_on"),
                    ),
                ),
                Group(
                    "cac:OriginatorParty",
                    (IDENTIFIERS, Group("cac:PartyName", (text("cbc:Name", "name"),))),
                    "originator",
                ),
                Group("cac:AllowanceCharge", ADJUSTMENT, "adjustments", many=True),
                Group(
                    "cac:Price",
                    (
                        amount("cbc:PriceAmount", "unit_price", required=True),
                        number("cbc:BaseQuantity", "price_base_quantity", unitCode="price_base_unit"),
                        Group(
                            "cac:AllowanceCharge",
                            (
                                Leaf("cbc:ChargeIndicator", "discount_is_charge", Kind.FLAG),
                                amount("cbc:Amount", "price_discount"),
                                amount("cbc:BaseAmount", "gross_price"),
                            ),
                        ),
                    ),
                ),
                Group(
                    "cac:Item",
                    (
                        text("cbc:Description", "detail"),
                        text("cbc:Name", "description", required=True),
                        BUYERS_ITEM,
                        SELLERS_ITEM,
                        Group("cac:ManufacturersItemIdentification", (text("cbc:ID", "manufacturer_item_code"),)),
                        STANDARD_ITEM,
                        Group(
                            "cac:ItemSpecificationDocumentReference",
                            (text("cbc:ID", "reference", required=True),),
                            "item_documents",
                            many=True,
                        ),
                        CLASSIFICATIONS,
                        tax_category("cac:ClassifiedTaxCategory"),
                        ATTRIBUTES,
                        INSTANCES,
                    ),
                    required=True,
                ),
            ),
            required=True,
        ),
        Group("cac:QuotationLineReference", (text("cbc:LineID", "quote_line"),)),
    ),
    "lines",
    many=True,
    required=True,
    owner=True,
)

ORDER = Document(
    "Order",
    (
        *HEAD,
        text("cbc:SalesOrderID", "sales_order_reference"),
        *ISSUED,
        text("cbc:OrderTypeCode", "type_code"),
        text("cbc:Note", "note"),
        text("cbc:DocumentCurrencyCode", "currency", required=True),
        text("cbc:CustomerReference", "buyer_reference"),
        text("cbc:AccountingCost", "accounting_cost"),
        Group("cac:ValidityPeriod", (date("cbc:EndDate", "valid_until"),)),
        reference("cac:QuotationDocumentReference", "quote_reference"),
        reference("cac:OrderDocumentReference", "earlier_order_reference"),
        reference("cac:OriginatorDocumentReference", "originator_reference"),
        reference("cac:CatalogueReference", "catalogue_reference"),
        DOCUMENTS,
        reference("cac:Contract", "contract_reference"),
        reference("cac:ProjectReference", "project_reference"),
        role("cac:BuyerCustomerParty", "buyer", required=True),
        role("cac:SellerSupplierParty", "seller", required=True),
        role("cac:OriginatorCustomerParty", "originator"),
        role("cac:AccountingCustomerParty", "invoicee"),
        Group(
            "cac:Delivery",
            (
                Group(
                    "cac:DeliveryLocation",
                    (
                        identifier("cbc:ID", "deliver_to_location"),
                        text("cbc:Name", "delivery_place"),
                        address("cac:Address", "deliver_to", country=False),
                    ),
                ),
                period("cac:RequestedDeliveryPeriod", "requested_from", "requested_on"),
                DELIVERY_PARTY,
                Group(
                    "cac:Despatch",
                    (date("cbc:RequestedDespatchDate", "ship_on"), time("cbc:RequestedDespatchTime", "ship_on_time")),
                ),
                Group(
                    "cac:Shipment",
                    (
                        text("cbc:ID", "shipment.id"),
                        text("cbc:ShippingPriorityLevelCode", "shipment.priority"),
                        Group("cac:TransportHandlingUnit", (text("cbc:ShippingMarks", "shipment.marks"),)),
                    ),
                ),
            ),
        ),
        Group(
            "cac:DeliveryTerms",
            (
                text("cbc:ID", "delivery_terms"),
                text("cbc:SpecialTerms", "delivery_special_terms"),
                Group("cac:DeliveryLocation", (text("cbc:ID", "delivery_terms_place"),)),
            ),
        ),
        Group("cac:PaymentTerms", (text("cbc:Note", "payment"),)),
        Group("cac:AllowanceCharge", (*ADJUSTMENT, tax_category("cac:TaxCategory")), "adjustments", many=True),
        Group("cac:TaxTotal", (amount("cbc:TaxAmount", "stated.tax"),)),
        Group(
            "cac:AnticipatedMonetaryTotal",
            (
                amount("cbc:LineExtensionAmount", "stated.line_total"),
                amount("cbc:TaxExclusiveAmount", "stated.net"),
                amount("cbc:TaxInclusiveAmount", "stated.gross"),
                amount("cbc:AllowanceTotalAmount", "stated.allowances"),
                amount("cbc:ChargeTotalAmount", "stated.charges"),
                amount("cbc:PrepaidAmount", "stated.prepaid"),
                amount("cbc:PayableRoundingAmount", "stated.rounding"),
                amount("cbc:PayableAmount", "stated.payable"),
            ),
        ),
        ORDER_LINE,
    ),
    format="Peppol BIS Order",
    quiet=QUIET,
)

RESPONSE_LINE = Group(
    "cac:OrderLine",
    (
        Group(
            "cac:LineItem",
            (
                text("cbc:ID", "number", required=True),
                text("cbc:Note", "reason"),
                text("cbc:LineStatusCode", "status", required=True),
                number("cbc:Quantity", "quantity", unitCode="unit_code"),
                number("cbc:MaximumBackorderQuantity", "later_quantity", unitCode="later_unit_code"),
                Group("cac:Delivery", (period("cac:PromisedDeliveryPeriod", "delivery_from", "delivery_on"),)),
                Group(
                    "cac:Price",
                    (
                        amount("cbc:PriceAmount", "unit_price", required=True),
                        number("cbc:BaseQuantity", "price_base_quantity", unitCode="price_base_unit"),
                    ),
                ),
                Group(
                    "cac:Item",
                    (text("cbc:Name", "description"), BUYERS_ITEM, SELLERS_ITEM, STANDARD_ITEM),
                ),
            ),
            required=True,
        ),
        Group(
            "cac:SellerSubstitutedLineItem",
            (
                text("cbc:ID", "line_id"),
                Group(
                    "cac:Item",
                    (
                        text("cbc:Name", "description"),
                        SELLERS_ITEM,
                        STANDARD_ITEM,
                        CLASSIFICATIONS,
                        tax_category("cac:ClassifiedTaxCategory"),
                        ATTRIBUTES,
                    ),
                ),
            ),
            "substituted",
        ),
        Group("cac:OrderLineReference", (text("cbc:LineID", "line_id", required=True),), required=True),
    ),
    "lines",
    many=True,
    owner=True,
)

RESPONSE = Document(
    "OrderResponse",
    (
        *HEAD,
        text("cbc:SalesOrderID", "sales_order_reference"),
        *ISSUED,
        text("cbc:OrderResponseCode", "response", required=True),
        text("cbc:Note", "note"),
        text("cbc:DocumentCurrencyCode", "currency", required=True),
        text("cbc:CustomerReference", "buyer_reference"),
        Group("cac:OrderReference", (text("cbc:ID", "order_reference", required=True),), required=True),
        role("cac:SellerSupplierParty", "seller", required=True),
        role("cac:BuyerCustomerParty", "buyer", required=True),
        Group("cac:Delivery", (period("cac:PromisedDeliveryPeriod", "promised_from", "promised_on"),)),
        RESPONSE_LINE,
    ),
    format="Peppol BIS Order Response",
    quiet=QUIET,
)

DESPATCH_LINE = Group(
    "cac:DespatchLine",
    (
        text("cbc:ID", "line_id", required=True),
        text("cbc:Note", "note"),
        number("cbc:DeliveredQuantity", "quantity", unitCode="unit_code"),
        number("cbc:OutstandingQuantity", "outstanding", unitCode="outstanding_unit_code"),
        text("cbc:OutstandingReason", "remark"),
        Group(
            "cac:OrderLineReference",
            (
                text("cbc:LineID", "order_line", required=True),
                text("cbc:SalesOrderLineID", "sales_order_line"),
                Group("cac:OrderReference", (text("cbc:ID", "order_reference"),)),
            ),
            required=True,
        ),
        Group(
            "cac:DocumentReference",
            (text("cbc:ID", "reference", required=True), text("cbc:DocumentType", "description")),
            "documents",
            many=True,
        ),
        Group(
            "cac:Item",
            (
                text("cbc:Name", "description", required=True),
                BUYERS_ITEM,
                SELLERS_ITEM,
                STANDARD_ITEM,
                CLASSIFICATIONS,
                Group(
                    "cac:HazardousItem",
                    (text("cbc:UNDGCode", "regulation"), text("cbc:HazardClassID", "hazard_class")),
                    "hazards",
                    many=True,
                ),
                ATTRIBUTES,
                INSTANCES,
            ),
            required=True,
        ),
        Group(
            "cac:Shipment",
            (
                text("cbc:ID", "shipment"),
                Group(
                    "cac:TransportHandlingUnit",
                    (
                        text("cbc:ID", "id", schemeID="scheme"),
                        text("cbc:TransportHandlingUnitTypeCode", "type_code"),
                        text("cbc:HazardousRiskIndicator", "hazardous"),
                        text("cbc:ShippingMarks", "marks"),
                        Group(
                            "cac:MeasurementDimension",
                            (
                                text("cbc:AttributeID", "attribute", required=True),
                                number("cbc:Measure", "measure", unitCode="unit_code"),
                            ),
                            "dimensions",
                            many=True,
                        ),
                        Group(
                            "cac:Package",
                            (text("cbc:ID", "id", required=True), text("cbc:PackagingTypeCode", "type_code")),
                            "packages",
                            many=True,
                        ),
                    ),
                    "handling_units",
                    many=True,
                ),
            ),
        ),
    ),
    "lines",
    many=True,
    required=True,
    owner=True,
)

DESPATCH = Document(
    "DespatchAdvice",
    (
        *HEAD,
        *ISSUED,
        text("cbc:Note", "note"),
        Group("cac:OrderReference", (text("cbc:ID", "number", required=True),), "orders", many=True),
        DOCUMENTS,
        role("cac:DespatchSupplierParty", "seller", required=True),
        role(
            "cac:DeliveryCustomerParty",
            "buyer",
            Group("cac:DeliveryContact", CONTACT.children, "attention"),
            required=True,
        ),
        role("cac:BuyerCustomerParty", "ordered_by"),
        role("cac:SellerSupplierParty", "sold_by"),
        role("cac:OriginatorCustomerParty", "originator"),
        Group(
            "cac:Shipment",
            (
                text("cbc:ID", "shipment.id"),
                text("cbc:Information", "shipment.information"),
                number("cbc:GrossWeightMeasure", "shipment.weight", unitCode="shipment.weight_unit"),
                number("cbc:GrossVolumeMeasure", "shipment.volume", unitCode="shipment.volume_unit"),
                number("cbc:TotalTransportHandlingUnitQuantity", "shipment.units"),
                Group(
                    "cac:Consignment",
                    (
                        text("cbc:ID", "shipment.consignment"),
                        text("cbc:Information", "shipment.consignment_information"),
                        Group(
                            "cac:CarrierParty",
                            (
                                IDENTIFIERS,
                                Group("cac:PartyName", (text("cbc:Name", "name"),)),
                                Group(
                                    "cac:Person",
                                    (
                                        Group(
                                            "cac:IdentityDocumentReference",
                                            (
                                                text("cbc:ID", "reference", required=True),
                                                text("cbc:DocumentType", "description"),
                                            ),
                                            "documents",
                                            many=True,
                                        ),
                                    ),
                                ),
                            ),
                            "carrier",
                        ),
                    ),
                ),
                Group("cac:ShipmentStage", (text("cbc:TransportModeCode", "shipment.mode"),)),
                Group(
                    "cac:Delivery",
                    (
                        text("cbc:TrackingID", "tracking"),
                        period("cac:EstimatedDeliveryPeriod", "expected_from", "expected_on"),
                        DELIVERY_PARTY,
                        Group(
                            "cac:Despatch",
                            (
                                date("cbc:ActualDespatchDate", "shipped_on"),
                                time("cbc:ActualDespatchTime", "shipped_on_time"),
                                Group(
                                    "cac:DespatchAddress",
                                    (
                                        text("cbc:ID", "ship_from_id"),
                                        *address("cac:DespatchAddress", "", country=False).children,
                                    ),
                                    "ship_from",
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        DESPATCH_LINE,
    ),
    format="Peppol BIS Despatch Advice",
    quiet=QUIET,
)
