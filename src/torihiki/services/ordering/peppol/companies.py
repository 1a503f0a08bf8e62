"""Companies in Peppol BIS: known by electronic address and identifiers, often without a name."""

from typing import Any

from stdnum.ean import calc_check_digit

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.render.ubl.engine import Reading, Record
from torihiki.exchange.render.ubl.parties import express_party, understand_party
from torihiki.lib.identifiers import (
    CORPORATE_NUMBER_SCHEME,
    GLN_SCHEME,
    REGISTRATION_NUMBER_SCHEME,
    check_registration_number,
)

GLN_DIGITS = 13


def understand_company(record: Record, reading: Reading, role: str) -> PartyDetails:
    """A company; without a registered name it is called by its trading name, else by its number."""
    fields = {name: value for name, value in record.items() if name in _FIELDS}
    fields.setdefault("name", fields.get("trading_name") or _number_of(record) or "—")
    identifiers = fields.get("identifiers") or []
    if len(identifiers) == 1 and identifiers[0].get("scheme") == REGISTRATION_NUMBER_SCHEME:
        number = check_registration_number(identifiers[0]["value"])
        if number.well_formed and number.value == identifiers[0]["value"] and not fields.get("tax_schemes"):
            fields["registration_number"] = number.value
            del fields["identifiers"]
    fields["tax_schemes"] = (fields.get("tax_schemes") or [])[:1]
    endpoint = fields.get("endpoint") or {}
    if endpoint.get("scheme") == CORPORATE_NUMBER_SCHEME and not fields.get("legal_identifier"):
        fields["legal_identifier"] = endpoint
    return understand_party(fields, reading, role)


def express_company(party: PartyDetails, *parts: str) -> Record:
    """The record of a company: its address in the network, an identifier, its name, and of the rest these `parts`. A T
    number is an identifier of scheme 0221, as a tax number of scheme VAT begins with the code of a country
    (PEPPOL-T01-R026)."""
    record: dict[str, Any] = express_party(party.model_copy(update={"registration_number": ""}))
    if record["endpoint"] is None and party.registration_number:
        record["endpoint"] = {"scheme": REGISTRATION_NUMBER_SCHEME, "value": party.registration_number}
    if not party.identifiers and party.registration_number:
        record["identifiers"] = [{"scheme": REGISTRATION_NUMBER_SCHEME, "value": party.registration_number}]
    if party.name in (party.trading_name, _number_of(record)):
        del record["trading_name"]
    return {name: record[name] for name in ("endpoint", "identifiers", "name", *parts) if name in record}


def reachable(record: Record) -> bool:
    return bool((record.get("endpoint") or {}).get("scheme"))


def glns_fit(record: Record) -> bool:
    """PEPPOL-COMMON-R040: a GLN has 13 digits, the last of which checks the others."""
    found = [record.get("endpoint"), record.get("legal_identifier"), *(record.get("identifiers") or ())]
    return all(is_gln(item["value"]) for item in found if item and item.get("scheme") == GLN_SCHEME)


def is_gln(value: str) -> bool:
    return (
        value.isascii() and value.isdigit() and len(value) == GLN_DIGITS and calc_check_digit(value[:-1]) == value[-1]
    )


_FIELDS = (
    "name",
    "trading_name",
    "legal_identifier",
    "endpoint",
    "identifiers",
    "tax_schemes",
    "address",
    "contact",
)


def _number_of(record: Record) -> str:
    for found in (*(record.get("identifiers") or ()), record.get("endpoint") or {}):
        if found.get("value"):
            return str(found["value"])
    return ""
