"""Invoices from JP PINT 1.1.3 and to it: nothing is lost on the way, and what cannot be kept is refused by name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from lxml import etree
from pydantic import Field, ValidationError

from torihiki.exchange.bodies import LINES_MAX, Body, PartyDetails
from torihiki.exchange.render.ubl.engine import Reading, UblRefused, build
from torihiki.exchange.render.ubl.files import EmbeddedFile
from torihiki.exchange.render.ubl.hints import HintUnusable, apply_hint, attach_hint, find_hint
from torihiki.exchange.render.ubl.nodes import CAC
from torihiki.exchange.render.ubl.parties import understand_party
from torihiki.exchange.render.ubl.remarks import UNKNOWN_ELEMENT, Remark, remarks_on_numbers, remarks_on_unknown
from torihiki.exchange.render.ubl.same import canonical_form, lost
from torihiki.exchange.render.xml import XmlRefused, parse_xml, write_xml
from torihiki.exchange.tax import RateUnknown
from torihiki.services.invoices.body import InvoiceBody
from torihiki.services.invoices.parts import Flavour
from torihiki.services.invoices.pint.express import express
from torihiki.services.invoices.pint.plain import plainest
from torihiki.services.invoices.pint.table import INVOICE
from torihiki.services.invoices.pint.understand import understand_body

__all__ = ["EmbeddedFile", "ReadInvoice", "Remark", "UblRefused", "XmlRefused", "read_pint", "write_pint"]

NUMBER_CHARS_MAX = 100


@dataclass(frozen=True)
class ReadInvoice:
    """An invoice as its XML states it; `warnings` are for the person who imports it."""

    flavour: Flavour
    number: str
    issued_on: date
    seller: PartyDetails
    buyer: PartyDetails
    body: InvoiceBody
    files: tuple[EmbeddedFile, ...]
    warnings: tuple[Remark, ...]


def read_pint(xml: bytes) -> ReadInvoice:
    """Reads a JP PINT 1.1.3 invoice (UBL 2.1; types 380, 480, 389), up to 10 MiB and 5 000 lines.

    What is read writes the same elements again: elements outside JP PINT are kept word for word with a warning, sums
    that differ from the lines stay as stated with a warning, and a check digit that fails is a warning.
    Raises XmlRefused for XML that is unsafe or not well-formed, and UblRefused (an XmlRefused) for anything that
    is not such an invoice or could not be kept without loss; both say what to do next."""
    root = parse_xml(xml)
    hint = find_hint(root)
    read = _read(root)
    if hint is not None:
        try:
            return _as_typed(read, hint, root)
        except (HintUnusable, XmlRefused, RateUnknown):
            remark = Remark(_("The sender's notes on how prices were entered do not fit the invoice and are ignored."))
            read = replace(read, warnings=(*read.warnings, remark))
    again = _root(read)
    if canonical_form(again) != canonical_form(root):
        raise UblRefused(
            _("%(element)s could not be kept as it stands. Ask the sender for an invoice that follows JP PINT."),
            element=lost(root, again) or "Invoice",
        )
    return read


def write_pint(
    *,
    number: str,
    issued_on: date,
    seller: PartyDetails,
    buyer: PartyDetails,
    body: InvoiceBody,
    files: Iterable[EmbeddedFile] = (),
) -> bytes:
    """The invoice as JP PINT 1.1.3, UTF-8. Prices with tax are taken apart so that the agreed tax and the amount due
    stay to the yen; a negative price becomes a negative quantity. Stated sums of an import that is unedited are
    written as stated. `files` are found by their SHA-256. Of the parties, `name_kana` has no place in JP PINT.

    Raises UblRefused for what JP PINT demands and the invoice lacks, XmlRefused for text that XML cannot carry,
    RateUnknown for a supply on a day without a rate."""
    files = tuple(files)
    record = express(number=number, issued_on=issued_on, seller=seller, buyer=buyer, body=body, files=files)
    root = build(INVOICE, record)
    read = _read(etree.fromstring(etree.tostring(root)))
    attach_hint(root, read.body.model_dump(mode="json"), body.model_dump(mode="json"))
    return write_xml(root)


def _read(root: etree._Element) -> ReadInvoice:
    """The invoice by its elements alone."""
    lines = len(root.findall(f"{{{CAC}}}InvoiceLine"))
    if lines > LINES_MAX:
        raise UblRefused(
            _("The invoice has %(lines)d lines; at most %(most)d are read. Ask the sender to split it."),
            element="cac:InvoiceLine",
            lines=lines,
            most=LINES_MAX,
        )
    reading = Reading(INVOICE)
    record = reading.read(root)
    head = reading.validated(_Envelope, {name: record[name] for name in ("number", "issued_on")})
    seller = understand_party(record["seller"], reading, "seller")
    buyer = understand_party(record["buyer"], reading, "buyer")
    stated, files = understand_body(record, reading)
    try:
        body, warnings = plainest(stated, head.issued_on)
    except RateUnknown as error:
        raise UblRefused(
            _("A tax rate is missing: %(reason)s. Ask the sender to complete the invoice."),
            element="cbc:Percent",
            reason=str(error),
        ) from None
    warnings += [*remarks_on_numbers(seller, buyer), *remarks_on_unknown(reading)]
    return ReadInvoice(body.flavour, head.number, head.issued_on, seller, buyer, body, tuple(files), tuple(warnings))


class _Envelope(Body):
    number: Annotated[str, Field(min_length=1, max_length=NUMBER_CHARS_MAX)]
    issued_on: date


def _as_typed(read: ReadInvoice, hint: str, root: etree._Element) -> ReadInvoice:
    """The invoice as its sender typed it. Raises HintUnusable unless that writes the very elements of `root`."""
    fields = apply_hint(read.body.model_dump(mode="json"), hint)
    try:
        body = InvoiceBody.model_validate(fields)
    except ValidationError as error:
        raise HintUnusable(str(error)) from error
    # What was said about sums is void: they follow from the lines as they were typed.
    warnings = (*remarks_on_numbers(read.seller, read.buyer), *_unknown(read))
    typed = replace(read, body=body, warnings=warnings)
    if canonical_form(_root(typed)) != canonical_form(root):
        raise HintUnusable("the elements say something else")
    return typed


def _unknown(read: ReadInvoice) -> list[Remark]:
    return [remark for remark in read.warnings if remark.message is UNKNOWN_ELEMENT]


def _root(read: ReadInvoice) -> etree._Element:
    return build(
        INVOICE,
        express(
            number=read.number,
            issued_on=read.issued_on,
            seller=read.seller,
            buyer=read.buyer,
            body=read.body,
            files=read.files,
        ),
    )
