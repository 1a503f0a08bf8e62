"""The official rules about payment and references that what people enter could break."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum.ean import calc_check_digit

from torihiki.exchange.render.ubl.codes import MIME_TYPES, reason_known
from torihiki.lib.identifiers import GLN_SCHEME
from torihiki.services.invoices.parts import Flavour

OBJECT_TYPE = "130"  # UNTDID 1001: the document is the thing that is invoiced
PROJECT_TYPE = "50"
TRANSFERS = ("30", "58")
DIRECT_DEBITS = ("49", "59")

_MEANS = re.compile(r"[1-9]|[1-5][0-9]|6[0-8]|70|7[4-8]|9[1-8]|ZZZ|Z0[1-8]", re.ASCII)
_CARD_DIGITS = (4, 6)

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Demand:
    """One rule: its official id, the element to look at, what to say, and when it is met."""

    rule: str
    element: str
    message: str | Promise
    met: Callable[[Record, Flavour], bool]


def _means_known(record: Record, _flavour: Flavour) -> bool:
    return all(_MEANS.fullmatch(means["code"]) for means in record["payment_means"])


def _cards(record: Record, _flavour: Flavour) -> bool:
    cards = [
        means["card_number"]
        for means in record["payment_means"]
        if means["card_number"] or means["card_network"] or means["card_holder"]
    ]
    least, most = _CARD_DIGITS
    return len(cards) <= 1 and all(least <= len(card) <= most for card in cards)


def _mandates(record: Record, _flavour: Flavour) -> bool:
    payment_means = record["payment_means"]
    return sum(bool(means["mandate"] or means["debited_account"]) for means in payment_means) <= 1 and all(
        means["mandate"] for means in payment_means if means["code"] in DIRECT_DEBITS
    )


def _accounts(record: Record, _flavour: Flavour) -> bool:
    return all(
        means["account"] or not (means["account_name"] or means["branch"] or means["branch_address"])
        for means in record["payment_means"]
        if means["code"] in TRANSFERS
    )


def _one_remittance(record: Record, _flavour: Flavour) -> bool:
    return len({means["remittance"] for means in record["payment_means"] if means["remittance"]}) <= 1


def _reasons(record: Record, _flavour: Flavour) -> bool:
    adjustments = [*record["adjustments"], *(item for line in record["lines"] for item in line["adjustments"])]
    return all(reason_known(item) for item in adjustments)


def _payee(record: Record, _flavour: Flavour) -> bool:
    payee, seller = record["payee"], record["seller"]
    if payee is None:
        return True
    own = {found["value"] for found in seller["identifiers"]}
    others = [found for found in payee["identifiers"] if found["scheme"].upper() != "SEPA"]
    return (
        bool(payee["name"])
        and payee["name"] != seller["trading_name"]
        and not own & {found["value"] for found in payee["identifiers"]}
        and (len(others) <= 1 or payee["name"] == seller["name"])
    )


def _objects(record: Record, _flavour: Flavour) -> bool:
    found = [document for document in record["documents"] if document["type_code"] == OBJECT_TYPE]
    bare = all(not (item["description"] or item["url"] or item.get("content")) for item in found)
    per_line = [sum(item["type_code"] == OBJECT_TYPE for item in line["documents"]) for line in record["lines"]]
    projects = sum(document["type_code"] == PROJECT_TYPE for document in record["documents"])
    return len(found) <= 1 and bare and max(per_line) <= 1 and projects <= 1


def _despatches(record: Record, _flavour: Flavour) -> bool:
    return not (record["despatch_reference"] and any(line["despatch_reference"] for line in record["lines"]))


def _mime_types(record: Record, _flavour: Flavour) -> bool:
    return all(
        item["mime_type"] in MIME_TYPES and item["file_name"] for item in record["documents"] if item.get("content")
    )


def _classified(record: Record, _flavour: Flavour) -> bool:
    return all(item["list_id"] for line in record["lines"] for item in line["classifications"])


def _standard_codes(record: Record, _flavour: Flavour) -> bool:
    return all(line["standard_item_scheme"] or not line["standard_item_code"] for line in record["lines"])


def _one_buyer_identifier(record: Record, _flavour: Flavour) -> bool:
    return len(record["buyer"]["identifiers"]) <= 1


def _glns(record: Record, _flavour: Flavour) -> bool:
    return all(_is_gln(found["value"]) for found in _identifiers(record) if found and found["scheme"] == GLN_SCHEME)


def _identifiers(record: Record) -> Iterator[Mapping[str, str] | None]:
    for party in (record["seller"], record["buyer"], record["payee"] or {}):
        yield party.get("endpoint")
        yield party.get("legal_identifier")
        yield from party.get("identifiers") or ()


def _is_gln(value: str) -> bool:
    return value.isascii() and value.isdigit() and calc_check_digit(value[:-1]) == value[-1]


PAYMENT_DEMANDS = (
    Demand(
        "ibr-cl-16",
        "cac:PaymentMeans/cbc:PaymentMeansCode",
        _("A means of payment is not one of UNTDID 4461. Choose another; 30 is a transfer."),
        _means_known,
    ),
    Demand(
        "ibr-066, aligned-ibrp-017",
        "cac:PaymentMeans/cac:CardAccount",
        _("A card is named by its last 4 to 6 digits, and only one card may be. Correct the card."),
        _cards,
    ),
    Demand(
        "ibr-067, aligned-ibrp-019",
        "cac:PaymentMeans/cac:PaymentMandate",
        _("A direct debit needs its mandate, and only one may be named. Correct the mandate."),
        _mandates,
    ),
    Demand(
        "aligned-ibrp-016",
        "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID",
        _("A transfer names an account without its number. Enter the bank account."),
        _accounts,
    ),
    Demand(
        "aligned-ibrp-014",
        "cac:PaymentMeans/cbc:PaymentID",
        _("The remittance information differs between means of payment. Enter the same everywhere."),
        _one_remittance,
    ),
    Demand(
        "ibr-cl-19, ibr-cl-20",
        "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",
        _("A reason code of a discount or charge is not in UNTDID 5189 or 7161. Clear it and write the reason."),
        _reasons,
    ),
    Demand(
        "ibr-017, ibr-105",
        "cac:PayeeParty",
        _("A payee needs a name and an identifier that differ from the seller's. Remove it if it is the seller."),
        _payee,
    ),
)

REFERENCE_DEMANDS = (
    Demand(
        "ibr-071, ibr-072, ibr-078, ibr-089, ibr-090",
        "cac:AdditionalDocumentReference",
        _("Only one invoiced object (130) and one project (50) may be named, an object without text or file."),
        _objects,
    ),
    Demand(
        "ibr-092",
        "cac:DespatchDocumentReference",
        _("Delivery notes are named for the invoice and for lines too. Name them in one place."),
        _despatches,
    ),
    Demand(
        "ibr-074, ibr-075, ibr-cl-24",
        "cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
        _("A file inside the invoice must be PDF, PNG, JPEG, CSV, XML, XLSX or ODS, with a name. Send others apart."),
        _mime_types,
    ),
    Demand(
        "ibr-065",
        "cac:CommodityClassification/cbc:ItemClassificationCode",
        _("A classification lacks the list that it belongs to. Enter the list."),
        _classified,
    ),
    Demand(
        "ibr-064",
        "cac:StandardItemIdentification/cbc:ID",
        _("A standard item code lacks its scheme. Enter 0160 for a JAN code."),
        _standard_codes,
    ),
    Demand(
        "ibr-sr-16",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyIdentification",
        _("The buyer may have one identifier only. Remove the others."),
        _one_buyer_identifier,
    ),
    Demand(
        "ibr-068",
        "cac:Party",
        _("The check digit of a GLN (0088) does not fit. Correct the number."),
        _glns,
    ),
)
