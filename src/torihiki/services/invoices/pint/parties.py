"""The table's rows of parties, delivery and payment (ibg-04 to ibg-19)."""

from torihiki.exchange.render.ubl.nodes import Group, Node, address, date, identifier, text
from torihiki.exchange.render.ubl.parties import (
    CONTACT,
    ENDPOINT,
    IDENTIFIERS,
    TAX_SCHEMES,
    TRADING_NAME,
    legal_entity,
    postal_address,
)

PARTY: tuple[Node, ...] = (
    ENDPOINT,
    IDENTIFIERS,
    TRADING_NAME,
    postal_address(),
    TAX_SCHEMES,
    legal_entity(text("cbc:CompanyLegalForm", "legal_form")),  # ibt-033
    CONTACT,
)

PAYEE = Group(
    "cac:PayeeParty",  # ibg-10
    (
        IDENTIFIERS,
        Group("cac:PartyName", (text("cbc:Name", "name"),)),
        Group("cac:PartyLegalEntity", (identifier("cbc:CompanyID", "legal_identifier"),)),
    ),
    "payee",
)

TAX_REPRESENTATIVE = Group(
    "cac:TaxRepresentativeParty",  # ibg-11
    (
        Group("cac:PartyName", (text("cbc:Name", "name", required=True),), required=True),
        address("cac:PostalAddress", "address", required=True),
        Group(
            "cac:PartyTaxScheme",
            (
                text("cbc:CompanyID", "tax_identifier.value", required=True),
                Group("cac:TaxScheme", (text("cbc:ID", "tax_identifier.scheme", required=True),), required=True),
            ),
            required=True,
        ),
    ),
    "tax_representative",
)

DELIVERY = Group(
    "cac:Delivery",  # ibg-13
    (
        date("cbc:ActualDeliveryDate", "delivered_on"),
        Group(
            "cac:DeliveryLocation",
            (identifier("cbc:ID", "deliver_to_location"), address("cac:Address", "deliver_to")),
        ),
        Group("cac:DeliveryParty", (Group("cac:PartyName", (text("cbc:Name", "deliver_to_name"),)),)),
    ),
)

PAYMENT_MEANS = Group(
    "cac:PaymentMeans",  # ibg-16
    (
        text("cbc:ID", "instruction_id"),  # ibt-178
        text("cbc:PaymentMeansCode", "code", required=True, name="code_name"),  # ibt-081, ibt-082
        text("cbc:PaymentID", "remittance"),  # ibt-083
        Group(
            "cac:CardAccount",  # ibg-18
            (
                text("cbc:PrimaryAccountNumberID", "card_number"),
                text("cbc:NetworkID", "card_network"),
                text("cbc:HolderName", "card_holder"),
            ),
        ),
        Group(
            "cac:PayeeFinancialAccount",  # ibg-17
            (
                text("cbc:ID", "account", schemeID="account_scheme"),
                text("cbc:Name", "account_name"),
                Group(
                    "cac:FinancialInstitutionBranch",
                    (
                        text("cbc:ID", "branch", schemeID="branch_scheme"),  # ibt-086
                        address("cac:Address", "branch_address", country=False),  # ibg-34
                    ),
                ),
            ),
        ),
        Group(
            "cac:PaymentMandate",  # ibg-19
            (
                text("cbc:ID", "mandate"),
                Group("cac:PayerFinancialAccount", (text("cbc:ID", "debited_account"),)),
            ),
        ),
    ),
    "payment_means",
    many=True,
)
