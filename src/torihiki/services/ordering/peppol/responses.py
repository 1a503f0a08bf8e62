"""An answer to an order (注文請書) as a Peppol BIS Order Response (T76), and one that comes as such."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.render.ubl.engine import Reading, Record, UblRefused
from torihiki.exchange.render.ubl.files import EmbeddedFile
from torihiki.exchange.render.ubl.units import unit_code_for, unit_for
from torihiki.exchange.render.xml import line_of
from torihiki.exchange.tax import ZERO
from torihiki.services.ordering.body import Answer, OrderResponseBody, OrderResponseLine, Response
from torihiki.services.ordering.peppol.companies import express_company
from torihiki.services.ordering.peppol.mapping import Demand, Format, Paper, clipped, only, unique_ids
from torihiki.services.ordering.peppol.orders import COMPANIES, LINE_IDS_CHARS_MAX, ORDERING
from torihiki.services.ordering.peppol.tables import RESPONSE

CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order_response:3"
ANSWERS = {
    "1": Answer.CHANGE,  # added by the seller
    "3": Answer.CHANGE,
    "5": Answer.ACCEPT,
    "7": Answer.REJECT,
    "42": Answer.ACCEPT,  # already delivered
}
"""UNTDID 1229, as T76 knows it."""
STATUS = {
    Answer.ACCEPT: "5",
    Answer.CHANGE: "3",
    Answer.SUBSTITUTE: "3",
    Answer.BACK_ORDER: "3",
    Answer.REJECT: "7",
}
HEAD = ("note", "currency", "order_reference", "sales_order_reference", "buyer_reference", "promised_on")


def understand(record: Record, reading: Reading, _on: date) -> tuple[Record, list[EmbeddedFile]]:
    fields = only(record, HEAD)
    if not fields.get("promised_on"):
        fields["promised_on"] = record.get("promised_from")
    known = {item.value for item in Response}
    if record["response"] not in known:
        raise UblRefused(
            _("The answer “%(found)s” is not one of %(known)s."),
            element="cbc:OrderResponseCode",
            line=line_of(reading.origin[("response",)]),
            found=record["response"][:20],
            known=", ".join(sorted(known)),
        )
    fields["response"] = record["response"]
    fields["lines"] = [_line(line, reading, index) for index, line in enumerate(record.get("lines") or ())]
    clipped(fields, note=4_000, **dict.fromkeys(("order_reference", "sales_order_reference", "buyer_reference"), 200))
    return fields, []


def express(paper: Paper[OrderResponseBody]) -> Record:
    body = paper.body
    response = response_of(body)
    return {
        **body.model_dump(include={"currency", "order_reference", "sales_order_reference", "buyer_reference"}),
        "specification": CUSTOMIZATION,
        "process": ORDERING,
        "number": paper.number,
        "issued_on": paper.issued_on,
        "response": response.value,
        "note": _note(body, response),
        "seller": express_company(paper.seller),
        "buyer": express_company(paper.buyer),
        "promised_from": body.promised_on,
        "promised_on": body.promised_on,
        # PEPPOL-T76-R007 to R010: lines belong to an answer with changes, and to no other
        "lines": _spoken(body) if response is Response.CHANGED else [],
    }


def response_of(body: OrderResponseBody) -> Response:
    """What the answer says as a whole: stated, or as its lines come to."""
    if body.response is not None:
        return body.response
    answers = {line.answer for line in body.lines}
    if answers == {Answer.ACCEPT}:
        return Response.ACCEPTED
    return Response.REJECTED if answers == {Answer.REJECT} else Response.CHANGED


def _line(record: Record, reading: Reading, index: int) -> Record:
    status = record["status"]
    if status not in ANSWERS:
        raise UblRefused(
            _("The line status “%(found)s” is not one of %(known)s."),
            element="cbc:LineStatusCode",
            line=line_of(reading.origin[("lines", index, "status")]),
            found=status[:20],
            known=", ".join(ANSWERS),
        )
    answer = ANSWERS[status]
    substitute = record.get("substituted") or {}
    if substitute and answer is not Answer.REJECT:
        answer = Answer.SUBSTITUTE
    elif record.get("later_quantity") and answer is Answer.CHANGE:
        answer = Answer.BACK_ORDER
    quantity = ZERO if answer is Answer.REJECT else record.get("quantity", ZERO)
    later = record.get("later_quantity") if answer is Answer.BACK_ORDER else None
    fields = {
        **only(record, ("line_id", "item_code", "reason", "unit_price")),
        "description": record.get("description") or record["line_id"],
        "answer": answer,
        "quantity": quantity,
        "later_quantity": later,
        "ordered": quantity + (later or ZERO),
        "unit": unit_for(record.get("unit_code", "")),
        "delivery_on": record.get("delivery_on") or record.get("delivery_from"),
        "substitute": substitute.get("description", ""),
        "substitute_code": substitute.get("item_code", ""),
    }
    clipped(fields, line_id=LINE_IDS_CHARS_MAX, item_code=100, reason=200, description=200)
    clipped(fields, substitute=200, substitute_code=100)
    return fields


def _spoken(body: OrderResponseBody) -> list[Record]:
    numbers = unique_ids([line.line_id for line in body.lines])
    return [_spoken_line(body, line, number) for line, number in zip(body.lines, numbers, strict=True)]


def _spoken_line(body: OrderResponseBody, line: OrderResponseLine, number: str) -> Record:
    unit = unit_code_for(line.unit)
    record: dict[str, Any] = {
        "number": number,
        "line_id": line.line_id or number,
        "reason": line.reason,
        "status": STATUS[line.answer],
        "quantity": line.quantity,
        "unit_code": unit,
        "delivery_from": line.delivery_on,
        "delivery_on": line.delivery_on,
        "description": line.description,
        "item_code": line.item_code,
    }
    if line.later_quantity:
        record |= {"later_quantity": line.later_quantity, "later_unit_code": unit}
    if line.unit_price > 0 and not body.prices_include_tax:
        record["unit_price"] = line.unit_price
    if line.answer is Answer.SUBSTITUTE and (line.substitute or line.substitute_code):
        record["substituted"] = {
            "line_id": number,
            "description": line.substitute,
            "item_code": line.substitute_code,
        }
    return record


def _note(body: OrderResponseBody, response: Response) -> str:
    """With the reasons of the lines, where these are not written: the buyer shall know why nothing comes."""
    reasons = dict.fromkeys(line.reason for line in body.lines if line.reason)
    told = list(reasons) if response is Response.REJECTED else []
    return "\n".join(text for text in (body.subject, body.note, *told) if text)


FORMAT = Format[OrderResponseBody](
    document=RESPONSE,
    customization=CUSTOMIZATION,
    profiles=(ORDERING,),
    line="OrderLine",
    body=OrderResponseBody,
    understand=understand,
    express=express,
    demands=(
        *COMPANIES,
        Demand(
            "T76: OrderReference",
            "cac:OrderReference/cbc:ID",
            _("The answer does not say to which order it belongs. Enter the number of the order."),
            lambda record: bool(record.get("order_reference")),
        ),
    ),
)
