"""A delivery note (納品書) as a Peppol BIS Despatch Advice (T16), and one that comes as such."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.render.ubl.engine import Reading, Record
from torihiki.exchange.render.ubl.files import EmbeddedFile, put_files_in, take_files_out
from torihiki.exchange.render.ubl.units import show_unit, take_unit, unit_code_for, unit_for
from torihiki.exchange.tax import ZERO
from torihiki.lib.identifiers import GTIN_SCHEME
from torihiki.services.ordering.body import DeliveryBody, DeliveryLine
from torihiki.services.ordering.peppol.companies import express_company
from torihiki.services.ordering.peppol.mapping import Demand, Format, Paper, clipped, only, unique_ids
from torihiki.services.ordering.peppol.orders import COMPANIES, FILES, LINE_IDS_CHARS_MAX
from torihiki.services.ordering.peppol.tables import DESPATCH

CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:despatch_advice:3"
PROFILE = "urn:fdc:peppol.eu:poacc:bis:despatch_advice:3"
NO_ORDER = "NA"
"""What a line refers to that was delivered without an order: the element is mandatory."""
LINE = (
    "quantity",
    "unit_code",
    "description",
    "item_code",
    "buyer_item_code",
    "standard_item_code",
    "standard_item_scheme",
    "attributes",
)


def understand(record: Record, reading: Reading, _on: date) -> tuple[Record, list[EmbeddedFile]]:
    documents, files = take_files_out(record.get("documents") or (), reading)
    receiver, attention = record.get("receiver") or {}, record.get("attention") or record["buyer"].get("attention")
    orders = record.get("orders") or []
    fields = {
        **only(record, ("note", "shipped_on")),
        "expected_on": record.get("expected_on") or record.get("expected_from"),
        "carrier": (record.get("carrier") or {}).get("name", ""),
        "tracking": record.get("tracking") or "",
        "order_reference": orders[0]["number"] if orders else _first_order(record),
        "documents": documents,
        "deliver_to_name": receiver.get("name", ""),
        "deliver_to": receiver.get("address"),
        "deliver_to_contact": receiver.get("contact") or attention,
        "lines": [_line(line) for line in record["lines"]],
    }
    clipped(fields, note=4_000, carrier=200, tracking=100, order_reference=200, deliver_to_name=200)
    return fields, files


def express(paper: Paper[DeliveryBody]) -> Record:
    body = paper.body
    line_ids = unique_ids([line.line_id for line in body.lines])
    contact = body.deliver_to_contact.model_dump() if body.deliver_to_contact else None
    name = body.deliver_to_name or body.delivery_place
    receiver: Record = {}
    if name or body.deliver_to:
        receiver = {
            "name": name or paper.buyer.name,
            "address": body.deliver_to.model_dump() if body.deliver_to else None,
        }
    buyer = express_company(paper.buyer, "address")
    if contact:
        buyer["attention"] = contact
    record: Record = {
        "specification": CUSTOMIZATION,
        "process": PROFILE,
        "number": paper.number,
        "issued_on": paper.issued_on,
        "note": "\n".join(text for text in (body.subject, body.note) if text),
        "orders": [{"number": body.order_reference}] if body.order_reference else [],
        "documents": put_files_in(body.documents, paper.files),
        "seller": express_company(paper.seller, "address", "contact"),
        "buyer": buyer,
        "receiver": receiver or None,
        "tracking": body.tracking,
        "expected_from": body.expected_on,
        "expected_on": body.expected_on,
        "shipped_on": body.shipped_on,
        "lines": [_spoken(line, line_id) for line, line_id in zip(body.lines, line_ids, strict=True)],
    }
    if body.carrier:
        record["carrier"] = {"name": body.carrier}
        record["shipment"] = {"id": body.tracking or paper.number, "consignment": body.tracking or paper.number}
    elif receiver or body.tracking or body.expected_on or body.shipped_on:
        record["shipment"] = {"id": body.tracking or paper.number}
    return record


def _first_order(record: Record) -> str:
    return next((line["order_reference"] for line in record["lines"] if line.get("order_reference")), "")


def _line(record: Record) -> Record:
    fields = only(record, LINE)
    instances = record.get("instances") or []
    only_one = instances[0] if len(instances) == 1 else {}
    order_line = record["order_line"]
    fields |= {
        "line_id": record["line_id"],
        "order_line": "" if order_line == NO_ORDER else order_line,
        "quantity": record.get("quantity", ZERO),
        "remark": record.get("remark") or record.get("note") or "",
        "lot": only_one.get("lot", ""),
        "best_before": only_one.get("best_before"),
        "use_by": only_one.get("expires_on"),
        "serial": ", ".join(item["serial"] for item in instances if item.get("serial")),
    }
    take_unit(fields)
    if not fields.get("unit") and fields.get("unit_code"):
        fields["unit"] = unit_for(fields["unit_code"])
        if unit_code_for(fields["unit"]) == fields["unit_code"]:
            fields["unit_code"] = ""
    fields.pop("attributes", None)
    if fields.get("standard_item_scheme") == GTIN_SCHEME:
        fields["standard_item_scheme"] = ""
    clipped(fields, line_id=LINE_IDS_CHARS_MAX, order_line=100, remark=200, description=200, lot=100, serial=200)
    clipped(fields, item_code=100, buyer_item_code=100, standard_item_code=100)
    return fields


def _spoken(line: DeliveryLine, line_id: str) -> Record:
    record: dict[str, Any] = line.model_dump(include={*LINE, "unit"}) | {"attributes": []}
    show_unit(record)
    instance = {"lot": line.lot, "best_before": line.best_before, "expires_on": line.use_by, "serial": line.serial}
    record |= {
        "line_id": line_id,
        "order_line": line.order_line or NO_ORDER,
        "remark": line.remark,
        "instances": [instance] if any(instance.values()) else [],
    }
    if line.standard_item_code and not line.standard_item_scheme:
        record["standard_item_scheme"] = GTIN_SCHEME
    return record


FORMAT = Format[DeliveryBody](
    document=DESPATCH,
    customization=CUSTOMIZATION,
    profiles=(PROFILE,),
    line="DespatchLine",
    body=DeliveryBody,
    understand=understand,
    express=express,
    demands=(
        *COMPANIES,
        FILES,
        Demand(
            "PEPPOL-T16-R003",
            "cac:DespatchLine/cac:Item/cac:SellersItemIdentification/cbc:ID",
            _("A line has neither an item code nor a JAN code: a Peppol despatch advice needs one. Enter it."),
            lambda record: all(line.get("item_code") or line.get("standard_item_code") for line in record["lines"]),
        ),
    ),
)
