"""A sent version read back from its bytes, and the papers that are made of it: PDF and machine-readable forms."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date

from django.utils import translation

from torihiki.exchange.bodies import PartyDetails, Totals
from torihiki.exchange.models import Party, Version
from torihiki.exchange.render.pdf import Language, PdfAttachment, render_pdf
from torihiki.exchange.specs import KINDS, Export, File, Kind, Sent
from torihiki.ledger.refusals import Refused

FORMAT = "torihiki.document/1"


def read_sent(version: Version, *, files: tuple[File, ...] = ()) -> Sent:
    """A version as it was sent. Raises ValueError for another format, KeyError where the kind is not installed."""
    data = json.loads(bytes(version.payload))
    if data["format"] != FORMAT:
        raise ValueError(f"this version has format {data['format']}, not {FORMAT}")
    kind = KINDS[data["kind"]]
    return Sent(
        kind=kind.code,
        number=data["number"],
        version=data["version"],
        issued_on=date.fromisoformat(data["issued_on"]),
        issuer=PartyDetails.model_validate(data["issuer"]),
        recipient=PartyDetails.model_validate(data["recipient"]) if data["recipient"] else None,
        body=kind.body.model_validate(data["body"]),
        totals=Totals.model_validate(data["totals"]) if data["totals"] else None,
        files=files,
    )


def paper(sent: Sent, *, recipient: Party | None = None, language: str | None = None) -> bytes:
    """The PDF of a sent version, with its machine-readable form inside if it has one. Where the version names no
    recipient (it went to several), `recipient` is the one for whom this copy is."""
    kind = KINDS[sent.kind]
    if sent.recipient is None and recipient is not None:
        sent = _addressed(sent, PartyDetails.model_validate(recipient.details))
    printed: Language = "en" if (language or translation.get_language() or "ja").startswith("en") else "ja"
    with translation.override(printed):
        return render_pdf(kind.sheet(sent, printed), attachments=_inside(kind, sent))


def _inside(kind: Kind, sent: Sent) -> list[PdfAttachment]:
    """The forms that the document can take: a buyer without any number has no JP PINT, but still gets its paper."""
    found = []
    for export in kind.exports:
        if export.inside_pdf:
            with suppress(Refused):
                found.append(PdfAttachment(file_name(sent, export), export.write(sent), export.media_type))
    return found


def export_of(kind: Kind, code: str) -> Export | None:
    return next((export for export in kind.exports if export.code == code), None)


def file_name(sent: Sent, export: Export | None = None) -> str:
    return f"{sent.number}{export.suffix if export else '.pdf'}"


def _addressed(sent: Sent, recipient: PartyDetails) -> Sent:
    return replace(sent, recipient=recipient)
