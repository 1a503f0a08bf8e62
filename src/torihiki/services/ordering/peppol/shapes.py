"""The shapes that the three tables share: companies, addresses, periods, items, allowances."""

from torihiki.exchange.render.ubl.nodes import Group, Kind, Leaf, Node, amount, date, identifier, number, text
from torihiki.exchange.render.ubl.nodes import address as postal
from torihiki.exchange.render.ubl.parties import CONTACT, ENDPOINT, IDENTIFIERS, TAX_SCHEMES, TRADING_NAME

QUIET = frozenset(
    {
        "format",
        "languageID",
        "listAgencyID",
        "listAgencyName",
        "listID",
        "listName",
        "listURI",
        "listVersionID",
        "name",
        "schemeAgencyID",
        "schemeAgencyName",
        "schemeID",
        "schemeName",
        "schemeURI",
        "schemeVersionID",
        "unitCodeListAgencyID",
        "unitCodeListID",
    }
)
"""Attributes that say which list a code is from: kept, and nothing to tell anybody."""

ADDRESS = postal("cac:PostalAddress", "address", country=False)


def time(tag: str, field: str) -> Leaf:
    return text(tag, field)


def period(tag: str, start: str, end: str) -> Group:
    return Group(
        tag,
        (
            date("cbc:StartDate", start),
            time("cbc:StartTime", f"{start}_time"),
            date("cbc:EndDate", end),
            time("cbc:EndTime", f"{end}_time"),
        ),
    )


def legal_entity(*, required: bool = False) -> Group:
    return Group(
        "cac:PartyLegalEntity",
        (
            text("cbc:RegistrationName", "name"),
            identifier("cbc:CompanyID", "legal_identifier"),
            Group(
                "cac:RegistrationAddress",
                (
                    text("cbc:CityName", "registered_in.city"),
                    Group("cac:Country", (text("cbc:IdentificationCode", "registered_in.country"),)),
                ),
            ),
        ),
        required=required,
    )


PARTY: tuple[Node, ...] = (
    ENDPOINT,
    IDENTIFIERS,
    TRADING_NAME,
    ADDRESS,
    TAX_SCHEMES,
    legal_entity(),
    CONTACT,
)
"""A company of any role: the format's own rules say which parts a role must have."""


def role(tag: str, field: str, *more: Node, required: bool = False) -> Group:
    return Group(tag, (Group("cac:Party", PARTY, required=required), *more), field, required=required)


DELIVERY_PARTY = Group(
    "cac:DeliveryParty",
    (
        IDENTIFIERS,
        Group("cac:PartyName", (text("cbc:Name", "name"),)),
        ADDRESS,
        CONTACT,
    ),
    "receiver",
)

DOCUMENTS = Group(
    "cac:AdditionalDocumentReference",
    (
        text("cbc:ID", "reference", required=True),
        text("cbc:DocumentType", "description"),
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


def tax_category(tag: str) -> Group:
    return Group(
        tag,
        (
            text("cbc:ID", "tax_category"),
            number("cbc:Percent", "tax_rate"),
            Group("cac:TaxScheme", (text("cbc:ID", "tax_scheme"),)),
        ),
    )


ADJUSTMENT: tuple[Node, ...] = (
    Leaf("cbc:ChargeIndicator", "is_charge", Kind.FLAG, required=True),
    text("cbc:AllowanceChargeReasonCode", "reason_code"),
    text("cbc:AllowanceChargeReason", "reason"),
    number("cbc:MultiplierFactorNumeric", "percent"),
    amount("cbc:Amount", "amount", required=True),
    amount("cbc:BaseAmount", "base_amount"),
)

STANDARD_ITEM = Group(
    "cac:StandardItemIdentification",
    (
        text("cbc:ID", "standard_item_code", schemeID="standard_item_scheme"),
        text("cbc:ExtendedID", "standard_item_extension"),
    ),
)
SELLERS_ITEM = Group(
    "cac:SellersItemIdentification",
    (text("cbc:ID", "item_code"), text("cbc:ExtendedID", "item_code_extension")),
)
BUYERS_ITEM = Group("cac:BuyersItemIdentification", (text("cbc:ID", "buyer_item_code"),))
CLASSIFICATIONS = Group(
    "cac:CommodityClassification",
    (text("cbc:ItemClassificationCode", "code", listID="list_id", listVersionID="list_version", name="name"),),
    "classifications",
    many=True,
)
PROPERTIES: tuple[Node, ...] = (
    text("cbc:ID", "id", schemeID="scheme", schemeDataURI="scheme_uri", schemeVersionID="scheme_version"),
    text("cbc:Name", "name", required=True),
    text("cbc:NameCode", "name_code", listID="list_id"),
    text("cbc:Value", "value", required=True),
    number("cbc:ValueQuantity", "quantity", unitCode="unit_code"),
    text("cbc:ValueQualifier", "qualifier"),
)
ATTRIBUTES = Group("cac:AdditionalItemProperty", PROPERTIES, "attributes", many=True)
INSTANCES = Group(
    "cac:ItemInstance",
    (
        text("cbc:ProductTraceID", "trace", schemeID="trace_scheme"),
        date("cbc:ManufactureDate", "made_on"),
        date("cbc:BestBeforeDate", "best_before"),
        text("cbc:SerialID", "serial"),
        Group("cac:AdditionalItemProperty", PROPERTIES, "attributes", many=True),
        Group(
            "cac:LotIdentification",
            (text("cbc:LotNumberID", "lot"), date("cbc:ExpiryDate", "expires_on")),
        ),
    ),
    "instances",
    many=True,
)
