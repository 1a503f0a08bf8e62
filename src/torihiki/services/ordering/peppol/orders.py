"""An order (発注書) as a Peppol BIS Order (T01), and one that comes as such."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import TaxCategory
from torihiki.exchange.render.ubl.codes import MIME_TYPES, reason_known
from torihiki.exchange.render.ubl.engine import Reading, Record
from torihiki.exchange.render.ubl.files import EmbeddedFile, put_files_in, take_files_out
from torihiki.exchange.render.ubl.remarks import Remark
from torihiki.exchange.render.ubl.units import show_unit, take_unit, unit_code_for, unit_for
from torihiki.exchange.tax import ZERO, RateUnknown, rate_for
from torihiki.lib.identifiers import GTIN_SCHEME
from torihiki.services.ordering.body import OrderBody, OrderLine, Stated
from torihiki.services.ordering.peppol.amounts import shown_rate, summed
from torihiki.services.ordering.peppol.companies import express_company, glns_fit, reachable, understand_company
from torihiki.services.ordering.peppol.mapping import Demand, Format, Paper, clipped, only, unique_ids
from torihiki.services.ordering.peppol.tables import ORDER
from torihiki.services.ordering.rules import order_totals

CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order:3"
ORDERING = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
PROFILES = (
    ORDERING,
    "urn:fdc:peppol.eu:poacc:bis:order_only:3",
    "urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3",
)
PRICE_STEP = Decimal("0.0001")
LINE_IDS_CHARS_MAX = 40

REFERENCES = (
    "sales_order_reference",
    "quote_reference",
    "earlier_order_reference",
    "originator_reference",
    "catalogue_reference",
    "contract_reference",
    "project_reference",
    "buyer_reference",
    "accounting_cost",
    "delivery_terms",
)
PLACE = ("delivery_place", "deliver_to_location", "deliver_to")
LINE = (
    "note",
    "quantity",
    "unit_code",
    "accounting_cost",
    "detail",
    "description",
    "buyer_item_code",
    "item_code",
    "standard_item_code",
    "standard_item_scheme",
    "attributes",
)
SUBCONTRACT = (
    ("receipt_on", "給付受領日"),
    ("receipt_place", "給付受領場所"),
    ("inspected_by", "検査完了期日"),
    ("payment_due_on", "支払期日"),
    ("payment_means", "支払方法"),
    ("supplied_materials", "支給原材料等"),
    ("undecided", "未定事項"),
)
"""What 取適法 第4条 asks an order to state and Peppol has no element for: it stands in the note, in Japanese."""


def understand(record: Record, reading: Reading, on: date) -> tuple[Record, list[EmbeddedFile]]:
    """The fields of the body, with the sums that the order states."""
    documents, files = take_files_out(record.get("documents") or (), reading)
    receiver = record.get("receiver") or {}
    fields = {
        **only(record, ("note", "currency", "valid_until", "payment", *REFERENCES, *PLACE)),
        **only(record, ("requested_from", "requested_on")),
        "documents": documents,
        "deliver_to_name": receiver.get("name", ""),
        "deliver_to_contact": receiver.get("contact"),
        "adjustments": [_adjustment(item, on) for item in record.get("adjustments") or ()],
        "lines": [_line(line, on) for line in record["lines"]],
    }
    if fields.get("requested_from") == fields.get("requested_on"):
        fields.pop("requested_from", None)
    location = fields.get("deliver_to_location") or {}
    fields["delivery_place_code"] = location.get("value", "")
    if not fields.get("delivery_place"):
        fields["delivery_place"] = _address_text(fields.get("deliver_to") or receiver.get("address") or {})
    if originator := record.get("originator"):
        fields["ordered_for"] = understand_company(originator, reading, "originator").name
    if invoicee := record.get("invoicee"):
        fields["invoicee"] = understand_company(invoicee, reading, "invoicee")
    fields["partial_delivery"] = any(line.get("partial_delivery", True) for line in record["lines"])
    clipped(fields, note=4_000, payment=200, delivery_place=200, deliver_to_name=200, delivery_place_code=100)
    clipped(fields, **dict.fromkeys(REFERENCES, 200))
    fields["stated"] = _stated(record)
    return fields, files


def express(paper: Paper[OrderBody]) -> Record:
    body = paper.body
    day = body.requested_on or paper.issued_on
    written, off = _split(body)
    sums = summed(body, written, off, paper.issued_on)
    buyer = express_company(paper.buyer, "trading_name", "legal_identifier", "address", "contact")
    return {
        **body.model_dump(include={"currency", *REFERENCES, "deliver_to"}),
        "specification": CUSTOMIZATION,
        "process": ORDERING,
        "number": paper.number,
        "issued_on": paper.issued_on,
        "note": _note(body),
        "valid_until": body.valid_until or _last_day(body),
        "documents": put_files_in(body.documents, paper.files),
        "buyer": buyer,
        "seller": express_company(paper.seller, "trading_name", "legal_identifier", "address", "contact"),
        "originator": {"trading_name": body.ordered_for} if body.ordered_for else None,
        "invoicee": _invoicee(body),
        "requested_from": body.requested_from or body.requested_on,
        "requested_on": body.requested_on,
        "payment": body.payment,
        **_place(body, paper.buyer.name),
        "adjustments": list(sums.adjustments),
        "stated": sums.stated,
        "lines": [
            _spoken(body, line, line_id, price, amount, day)
            for line, line_id, price, amount in zip(written, _line_ids(written), sums.prices, sums.amounts, strict=True)
        ],
    }


def complete(body: OrderBody, on: date) -> OrderBody:
    """With the sums that its lines come to: those that the order states are kept where they are others."""
    if body.stated is None:
        return body
    totals = order_totals(body.model_copy(update={"stated": None}), on)
    told = Stated(net=totals.net, tax=totals.tax, gross=totals.gross)
    return body.model_copy(update={"stated": None if told == body.stated else body.stated})


def remarks(paper: Paper[OrderBody]) -> Iterable[Remark]:
    body = paper.body
    if body.stated is not None:
        own = order_totals(body.model_copy(update={"stated": None}), paper.issued_on)
        message = _("The order states a total of %(stated)s; its lines come to %(own)s. What it states is kept.")
        yield Remark(message, {"stated": body.stated.gross, "own": own.gross})
    if unpriced := [line.line_id for line in body.lines if not line.unit_price]:
        yield Remark(_("No price is stated for line %(lines)s."), {"lines": ", ".join(unpriced[:10])})


def _stated(record: Record) -> Record | None:
    stated = record.get("stated") or {}
    if "payable" not in stated and "gross" not in stated:
        return None
    gross = stated.get("gross", stated.get("payable"))
    net = stated.get("net")
    if net is None:
        net = stated.get("line_total", ZERO) - stated.get("allowances", ZERO) + stated.get("charges", ZERO)
    # Without tax of its own the order leaves the tax to the invoice, or states what is to be paid with it.
    tax = stated["tax"] if "tax" in stated else gross - net
    return {"net": gross - tax, "tax": tax, "gross": gross}


def _line(record: Record, on: date) -> Record:
    fields = only(record, LINE)
    fields["line_id"] = record["line_id"]
    fields["delivery_on"] = record.get("delivery_on") or record.get("delivery_from")
    fields["unit_price"] = _price(record)
    if "quantity" not in record:
        fields["quantity"] = Decimal(1)
    take_unit(fields)
    if not fields.get("unit") and fields.get("unit_code"):
        fields["unit"] = unit_for(fields["unit_code"])
        if unit_code_for(fields["unit"]) == fields["unit_code"]:
            fields["unit_code"] = ""
    fields.pop("attributes", None)
    if fields.get("standard_item_scheme") == GTIN_SCHEME:
        fields["standard_item_scheme"] = ""
    fields |= _tax(record, on)
    clipped(fields, note=200, detail=4_000, description=200, accounting_cost=200, line_id=LINE_IDS_CHARS_MAX)
    clipped(fields, item_code=100, buyer_item_code=100, standard_item_code=100)
    return fields


def _price(record: Record) -> Decimal:
    """For one unit, to four decimals: the exact price, and the quantity that it is for, are kept beside."""
    price, base = record.get("unit_price", ZERO), record.get("price_base_quantity") or Decimal(1)
    if base == 1 and price.as_tuple().exponent >= PRICE_STEP.as_tuple().exponent:
        return Decimal(price)
    rounded: Decimal = (price / base).quantize(PRICE_STEP)
    return rounded.normalize() + ZERO


def _adjustment(record: Record, on: date) -> Record:
    names = ("is_charge", "reason", "amount", "reason_code", "percent", "base_amount")
    fields = only(record, names) | _tax(record, on)
    clipped(fields, reason=200)
    return fields


def _tax(record: Record, on: date) -> Record:
    """The nearest category that this product reckons with; the rate where it is not the usual one of the day."""
    code, rate = record.get("tax_category", ""), record.get("tax_rate")
    if code in list(TaxCategory):
        category = TaxCategory(code)
    elif not code:
        category = TaxCategory.OUTSIDE
    else:
        category = TaxCategory.STANDARD if rate else TaxCategory.EXEMPT
    if rate is None or category is TaxCategory.OUTSIDE:
        return {"tax_category": category}
    try:
        usual = rate_for(category, on)
    except RateUnknown:
        usual = None
    return {"tax_category": category, "tax_rate": None if rate == usual else rate}


def _address_text(address: Record) -> str:
    names = ("postal_code", "prefecture", "city", "street", "building", "extra")
    return " ".join(address[name] for name in names if address.get(name))


def _split(body: OrderBody) -> tuple[list[OrderLine], list[OrderLine]]:
    """The lines that Peppol can say, and those below zero: a price is never negative (PEPPOL-T01-R005)."""
    written = [line for line in body.lines if line.unit_price >= 0]
    return written, [line for line in body.lines if line.unit_price < 0]


def _line_ids(lines: list[OrderLine]) -> list[str]:
    return unique_ids([line.line_id for line in lines])


def _spoken(body: OrderBody, line: OrderLine, line_id: str, price: Decimal, amount: Decimal, day: date) -> Record:
    record: dict[str, Any] = line.model_dump(include={*LINE, "unit", "tax_category"}) | {"attributes": []}
    show_unit(record)
    record |= {
        "line_id": line_id,
        "unit_price": price,
        "amount": amount,
        "tax_rate": shown_rate(line, day),
        "tax_scheme": "VAT",
        "delivery_from": line.delivery_on,
        "delivery_on": line.delivery_on,
    }
    if line.standard_item_code and not line.standard_item_scheme:
        record["standard_item_scheme"] = GTIN_SCHEME
    if not body.partial_delivery:
        record["partial_delivery"] = False
    return record


def _note(body: OrderBody) -> str:
    values = ((label, getattr(body, name)) for name, label in SUBCONTRACT)
    told = (f"{label}: {value}" for label, value in values if value)
    return "\n".join(text for text in (body.subject, body.note, *told) if text)


def _last_day(body: OrderBody) -> date | None:
    """The last day on which the order can be met as it stands."""
    days = [line.delivery_on for line in body.lines if line.delivery_on]
    return max([*days, *([body.requested_on] if body.requested_on else [])], default=None)


def _place(body: OrderBody, buyer: str) -> Record:
    location = body.deliver_to_location.model_dump() if body.deliver_to_location else None
    if location is None and body.delivery_place_code:
        location = {"value": body.delivery_place_code}
    record: Record = {"deliver_to_location": location, "delivery_place": body.delivery_place}
    if (location or body.delivery_place) and body.deliver_to is None:
        record["deliver_to"] = {"country": "JP"}
    contact = body.deliver_to_contact.model_dump() if body.deliver_to_contact else None
    if body.deliver_to_name or contact:
        record["receiver"] = {"name": body.deliver_to_name or buyer, "contact": contact}
    return record


def _invoicee(body: OrderBody) -> Record | None:
    if body.invoicee is None:
        return None
    return express_company(body.invoicee, "trading_name", "legal_identifier", "address", "contact")


def _embedded_fit(record: Record) -> bool:
    return all(
        item.get("mime_type") in MIME_TYPES and item.get("file_name")
        for item in record.get("documents") or ()
        if item.get("content")
    )


FILES = Demand(
    "PEPPOL-T01-B: mime code",
    "cbc:EmbeddedDocumentBinaryObject",
    _("A file inside the document must be PDF, PNG, JPEG, CSV, XML, XLSX or ODS, with a name. Send others apart."),
    _embedded_fit,
)
COMPANIES = (
    Demand(
        "EndpointID of the seller",
        "cac:SellerSupplierParty/cac:Party/cbc:EndpointID",
        _("The seller has no electronic address. Enter a corporate number or a Peppol address for the seller."),
        lambda record: reachable(record["seller"]),
    ),
    Demand(
        "EndpointID of the buyer",
        "cac:BuyerCustomerParty/cac:Party/cbc:EndpointID",
        _("The buyer has no electronic address. Enter a corporate number or a Peppol address for the buyer."),
        lambda record: reachable(record["buyer"]),
    ),
    Demand(
        "PEPPOL-COMMON-R040",
        "cac:Party",
        _("The check digit of a GLN (0088) does not fit. Correct the number."),
        lambda record: glns_fit(record["seller"]) and glns_fit(record["buyer"]),
    ),
)
FORMAT = Format[OrderBody](
    document=ORDER,
    customization=CUSTOMIZATION,
    profiles=PROFILES,
    line="OrderLine",
    body=OrderBody,
    understand=understand,
    express=express,
    complete=complete,
    remarks=remarks,
    demands=(
        *COMPANIES,
        FILES,
        Demand(
            "PEPPOL-T01-R006, R007",
            "cac:AnticipatedMonetaryTotal/cbc:PayableAmount",
            _("What is off comes to more than what is ordered. Correct the prices or the discounts."),
            lambda record: (
                bool(record.get("lines"))
                and Decimal(record["stated"]["payable"]) >= 0
                and Decimal(record["stated"]["line_total"]) >= 0
            ),
        ),
        Demand(
            "PEPPOL-T01-CL001, CL002",
            "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",
            _("A reason code of a discount or charge is not in UNTDID 5189 or 7161. Clear it and write the reason."),
            lambda record: all(reason_known(item) for item in record.get("adjustments") or ()),
        ),
    ),
)
