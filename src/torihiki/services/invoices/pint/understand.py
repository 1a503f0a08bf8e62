"""A record that was read from JP PINT, understood as an invoice of this product: as plain as it can be without loss."""

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.render.ubl.engine import Reading, Record, UblRefused
from torihiki.exchange.render.ubl.files import EmbeddedFile, take_files_out
from torihiki.exchange.render.ubl.units import take_unit
from torihiki.exchange.render.xml import line_of
from torihiki.lib.money import MINOR_DIGITS
from torihiki.services.invoices.body import InvoiceBody
from torihiki.services.invoices.parts import Flavour
from torihiki.services.invoices.pint.express import SPECIFICATIONS

_ENVELOPE = ("number", "issued_on", "type_code", "seller", "buyer")


def understand_body(record: Record, reading: Reading) -> tuple[InvoiceBody, list[EmbeddedFile]]:
    """The body, with the sums that the document states. Raises UblRefused."""
    fields = {name: value for name, value in record.items() if name not in _ENVELOPE}
    flavour = _flavour(record)
    specification = SPECIFICATIONS[flavour]
    if not record["specification"].startswith(specification.accepted):
        raise UblRefused(
            _("The specification “%(found)s” does not go with an invoice of type %(code)s in JP PINT."),
            element="cbc:CustomizationID",
            found=record["specification"][:80],
            code=specification.type_code,
        )
    if record["currency"] not in MINOR_DIGITS:
        raise UblRefused(
            _("The currency “%(found)s” is not one of ISO 4217 with two decimals at most. Ask for another."),
            element="cbc:DocumentCurrencyCode",
            found=record["currency"][:10],
        )
    periods = ("period_start", "period_end", "tax_point_code")
    if not any(part.get(name) for part in (record, *record["lines"]) for name in periods):
        raise UblRefused(
            _("Neither the invoice nor a line has a period or transaction date. Ask the sender to add one."),
            element="cac:InvoicePeriod",
        )
    fields["flavour"] = flavour
    fields["specification"] = "" if record["specification"] == specification.customization else record["specification"]
    fields["process"] = "" if record["process"] == specification.profile else record["process"]
    fields["rounding"] = record["stated"].get("rounding") or 0
    fields["stated"] = {**record["stated"], "lines": [line["amount"] for line in record["lines"]]}
    fields["lines"] = [_line(line, reading, ("lines", index)) for index, line in enumerate(record["lines"])]
    documents, files = take_files_out(record.get("documents") or (), reading)
    fields["documents"] = documents
    return reading.validated(InvoiceBody, fields), files


def _flavour(record: Record) -> Flavour:
    for flavour, specification in SPECIFICATIONS.items():
        if record["type_code"] == specification.type_code:
            return flavour
    raise UblRefused(
        _(
            "The document type “%(found)s” is not one of JP PINT: %(known)s. A credit note is sent as an invoice with "
            "negative quantities that names the earlier invoice."
        ),
        element="cbc:InvoiceTypeCode",
        found=record["type_code"][:20],
        known=", ".join(specification.type_code for specification in SPECIFICATIONS.values()),
    )


def _line(record: Record, reading: Reading, where: tuple[str | int, ...]) -> Record:
    fields = {name: value for name, value in record.items() if name != "amount"}
    if not fields.get("unit_code"):
        raise UblRefused(
            _("The quantity of line %(line_id)s has no unit code. Ask the sender to complete the invoice."),
            element="cbc:InvoicedQuantity",
            line_id=record["line_id"][:40],
            line=line_of(reading.origin[(*where, "quantity")]),
        )
    take_unit(fields)
    return fields
