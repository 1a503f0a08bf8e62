"""Companies in UBL: the rows of the table, and a company of this product read from them and said in them."""

import re
from typing import Any

from torihiki.exchange.bodies import Identifier, PartyDetails
from torihiki.exchange.render.ubl.engine import Reading, Record
from torihiki.exchange.render.ubl.nodes import Group, Node, address, identifier, text
from torihiki.lib.identifiers import (
    CORPORATE_NUMBER_SCHEME,
    REGISTRATION_NUMBER_SCHEME,
    check_registration_number,
)

_CORPORATE_NUMBER = re.compile(r"[0-9]{1,13}", re.ASCII)

ENDPOINT = identifier("cbc:EndpointID", "endpoint")  # ibt-034, ibt-049
IDENTIFIERS = Group(
    "cac:PartyIdentification", (text("cbc:ID", "value", required=True, schemeID="scheme"),), "identifiers", many=True
)  # ibt-029, ibt-046
TRADING_NAME = Group("cac:PartyName", (text("cbc:Name", "trading_name"),))  # ibt-028, ibt-045
TAX_SCHEMES = Group(
    "cac:PartyTaxScheme",  # ibt-031, ibt-032, ibt-048
    (
        text("cbc:CompanyID", "value", required=True),
        Group("cac:TaxScheme", (text("cbc:ID", "scheme", required=True),), required=True),
    ),
    "tax_schemes",
    many=True,
)
CONTACT = Group(
    "cac:Contact",  # ibg-06, ibg-09
    (
        text("cbc:Name", "name"),
        text("cbc:Telephone", "phone"),
        text("cbc:ElectronicMail", "email"),
    ),
    "contact",
)


def legal_entity(*more: Node, required: bool = True) -> Group:
    return Group(
        "cac:PartyLegalEntity",
        (
            text("cbc:RegistrationName", "name", required=required),  # ibt-027, ibt-044
            identifier("cbc:CompanyID", "legal_identifier"),  # ibt-030, ibt-047
            *more,
        ),
        required=required,
    )


def postal_address(*, required: bool = True) -> Group:
    return address("cac:PostalAddress", "address", required=required)  # ibg-05, ibg-08


def understand_party(record: Record, reading: Reading, role: str) -> PartyDetails:
    """ibg-04, ibg-07: a T number and a 法人番号 take the fields of their own, everything else its identifier."""
    fields = {name: value for name, value in record.items() if name != "tax_schemes"}
    for scheme in record.get("tax_schemes") or ():
        registered = check_registration_number(scheme["value"])
        plain = scheme["scheme"] == "VAT" and registered.well_formed and scheme["value"] == registered.value
        fields.setdefault("registration_number" if plain else "tax_identifier", scheme["value"] if plain else scheme)
    legal = fields.get("legal_identifier") or {}
    if legal.get("scheme") == CORPORATE_NUMBER_SCHEME and _CORPORATE_NUMBER.fullmatch(legal.get("value", "")):
        fields["corporate_number"] = legal["value"]
        del fields["legal_identifier"]
    return reading.validated(PartyDetails, fields, (role,))


def express_party(party: PartyDetails) -> Record:
    """The record of a company, with the electronic address that its numbers give it where it names none."""
    record: dict[str, Any] = party.model_dump()
    if party.endpoint is None:
        record["endpoint"] = _default_endpoint(party)
    if party.corporate_number:
        record["legal_identifier"] = {"scheme": CORPORATE_NUMBER_SCHEME, "value": party.corporate_number}
    schemes = []
    if party.registration_number:
        schemes.append({"value": party.registration_number, "scheme": "VAT"})
    if party.tax_identifier is not None:
        schemes.append({"value": party.tax_identifier.value, "scheme": party.tax_identifier.scheme or "VAT"})
    record["tax_schemes"] = schemes
    return record


def _default_endpoint(party: PartyDetails) -> dict[str, str] | None:
    """The Peppol address that a Japanese company has by its numbers."""
    if party.corporate_number:
        return Identifier(scheme=CORPORATE_NUMBER_SCHEME, value=party.corporate_number).model_dump()
    if party.registration_number:
        return Identifier(scheme=REGISTRATION_NUMBER_SCHEME, value=party.registration_number).model_dump()
    return None
