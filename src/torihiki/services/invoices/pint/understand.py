"""A record that was read from JP PINT, understood as an invoice of this product: as plain as it can be without loss."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ValidationError

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.render.xml import line_of
from torihiki.lib.identifiers import CORPORATE_NUMBER_SCHEME, check_registration_number
from torihiki.lib.money import MINOR_DIGITS
from torihiki.services.invoices.body import InvoiceBody
from torihiki.services.invoices.parts import Flavour
from torihiki.services.invoices.pint.engine import PintRefused, Reading, Record, prefixed
from torihiki.services.invoices.pint.express import SPECIFICATIONS, UNIT_NAME, EmbeddedFile
from torihiki.services.invoices.pint.units import unit_code_for

UNIT_CHARS_MAX = 20

_ENVELOPE = ("number", "issued_on", "type_code", "seller", "buyer")
_CORPORATE_NUMBER = re.compile(r"[0-9]{1,13}", re.ASCII)
_Model = TypeVar("_Model", bound=BaseModel)


def understand_party(record: Record, reading: Reading, role: str) -> PartyDetails:
    """ibg-04, ibg-07: a T number and a 法人番号 take the fields of their own, everything else its identifier."""
    fields = {name: value for name, value in record.items() if name != "tax_schemes"}
    for scheme in record.get("tax_schemes") or ():
        registered = check_registration_number(scheme["value"])
        plain = scheme["scheme"] == "VAT" and registered.well_formed and scheme["value"] == registered.value
        fields.setdefault("registration_number" if plain else "tax_identifier", scheme["value"] if plain else scheme)
    legal = fields.get("legal_identifier") or {}
    number = legal.get("value", "")
    if legal.get("scheme") == CORPORATE_NUMBER_SCHEME and _CORPORATE_NUMBER.fullmatch(number):
        fields["corporate_number"] = number
        del fields["legal_identifier"]
    return validated(PartyDetails, fields, reading, (role,))


def understand_body(record: Record, reading: Reading) -> tuple[InvoiceBody, list[EmbeddedFile]]:
    """The body, with the sums that the document states. Raises PintRefused."""
    fields = {name: value for name, value in record.items() if name not in _ENVELOPE}
    flavour = _flavour(record)
    specification = SPECIFICATIONS[flavour]
    if not record["specification"].startswith(specification.accepted):
        raise PintRefused(
            _("The specification “%(found)s” does not go with an invoice of type %(code)s in JP PINT."),
            element="cbc:CustomizationID",
            found=record["specification"][:80],
            code=specification.type_code,
        )
    if record["currency"] not in MINOR_DIGITS:
        raise PintRefused(
            _("The currency “%(found)s” is not among those that invoices are kept in: %(known)s."),
            element="cbc:DocumentCurrencyCode",
            found=record["currency"][:10],
            known=", ".join(sorted(MINOR_DIGITS)),
        )
    periods = ("period_start", "period_end", "tax_point_code")
    if not any(part.get(name) for part in (record, *record["lines"]) for name in periods):
        raise PintRefused(
            _("Neither the invoice nor a line has a period or transaction date. Ask the sender to add one."),
            element="cac:InvoicePeriod",
        )
    fields["flavour"] = flavour
    fields["specification"] = "" if record["specification"] == specification.customization else record["specification"]
    fields["process"] = "" if record["process"] == specification.profile else record["process"]
    fields["rounding"] = record["stated"].get("rounding") or 0
    fields["stated"] = {**record["stated"], "lines": [line["amount"] for line in record["lines"]]}
    fields["lines"] = [_line(line, reading, ("lines", index)) for index, line in enumerate(record["lines"])]
    documents, files = _documents(record.get("documents") or (), reading)
    fields["documents"] = documents
    return validated(InvoiceBody, fields, reading, ()), files


def validated(model: type[_Model], fields: Mapping[str, Any], reading: Reading, where: tuple[str | int, ...]) -> _Model:
    """`fields` as a model. Raises PintRefused that names the element behind the first field that does not fit."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = (*where, *first["loc"])
        found = next(
            (reading.origin[path[:end]] for end in range(len(path), 0, -1) if path[:end] in reading.origin), None
        )
        raise PintRefused(
            _("%(element)s cannot be taken over: %(reason)s. Ask the sender to correct the invoice."),
            element=prefixed(found) if found is not None else ".".join(map(str, path)) or "Invoice",
            line=line_of(found) if found is not None else 0,
            reason=first["msg"],
        ) from None


def _flavour(record: Record) -> Flavour:
    for flavour, specification in SPECIFICATIONS.items():
        if record["type_code"] == specification.type_code:
            return flavour
    raise PintRefused(
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
        raise PintRefused(
            _("The quantity of line %(line_id)s has no unit code. Ask the sender to complete the invoice."),
            element="cbc:InvoicedQuantity",
            line_id=record["line_id"][:40],
            line=line_of(reading.origin[(*where, "quantity")]),
        )
    attributes = fields.get("attributes") or []
    if attributes and attributes[0]["name"] == UNIT_NAME and len(attributes[0]["value"]) <= UNIT_CHARS_MAX:
        fields["unit"] = attributes[0]["value"]
        fields["attributes"] = attributes[1:]
    if fields["unit_code"] == unit_code_for(fields.get("unit", "")):
        fields["unit_code"] = ""
    return fields


def _documents(records: Sequence[Record], reading: Reading) -> tuple[list[Record], list[EmbeddedFile]]:
    """The supporting documents without their bytes, and the files."""
    documents, files = [], []
    for index, record in enumerate(records):
        fields = {name: value for name, value in record.items() if name != "content"}
        if record.get("content"):
            try:
                content = base64.b64decode("".join(record["content"].split()), validate=True)
            except (binascii.Error, ValueError):
                element = reading.origin[("documents", index, "content")]
                raise PintRefused(
                    _("The attachment in %(element)s is not valid Base64. Ask the sender to attach it again."),
                    element=prefixed(element),
                    line=line_of(element),
                ) from None
            file = EmbeddedFile(record.get("file_name", ""), record.get("mime_type", ""), content)
            fields["sha256"] = file.sha256
            files.append(file)
        documents.append(fields)
    return documents, files
