"""Orders, answers and delivery notes as Peppol XML: what goes out of a sent document, and what comes in."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.refusals import FileRefused
from torihiki.exchange.render.priced import parties
from torihiki.exchange.render.ubl.files import EmbeddedFile
from torihiki.exchange.render.xml import XmlRefused
from torihiki.exchange.specs import Export, File, Reader, Sent, TakenIn
from torihiki.exchange.tax import CurrencyUnknown, RateUnknown
from torihiki.services.ordering.peppol import despatches, orders, responses
from torihiki.services.ordering.peppol.mapping import Format, Paper, read, write

XML_BYTES_MAX = 10 * 2**20


class PeppolRefused(FileRefused):
    """The XML is unsafe, broken, no such document, or could not be read or written without loss."""

    code = "peppol_refused"


def writer(form: Format[Any]) -> Callable[[Sent], bytes]:
    """Peppol BIS 3. Raises PeppolRefused where it demands what the document lacks."""

    def written(sent: Sent) -> bytes:
        seller, buyer = parties(sent)
        files = tuple(EmbeddedFile(file.name, file.media_type, file.content) for file in sent.files)
        try:
            return write(form, Paper(sent.number, sent.issued_on, seller, buyer, sent.body, files))
        except (XmlRefused, RateUnknown, CurrencyUnknown) as refusal:
            raise PeppolRefused(str(refusal)) from refusal

    return written


def reader(form: Format[Any], *, by_buyer: bool) -> Callable[[bytes], TakenIn]:
    """Raises PeppolRefused with the reader's own words."""

    def taken(content: bytes) -> TakenIn:
        try:
            paper, warnings = read(form, content)
        except XmlRefused as refusal:
            raise PeppolRefused(str(refusal)) from refusal
        return TakenIn(
            number=paper.number,
            issued_on=paper.issued_on,
            issuer=paper.buyer if by_buyer else paper.seller,
            recipient=paper.seller if by_buyer else paper.buyer,
            body=paper.body,
            files=[File(file.name, file.mime_type, file.content) for file in paper.files],
            warnings=[str(remark) for remark in warnings],
        )

    return taken


def _export(code: str, label: str | Promise, form: Format[Any]) -> Export:
    return Export(code, label, "application/xml", ".xml", writer(form), inside_pdf=True)


def _reader(label: str | Promise, help: str | Promise, form: Format[Any], *, by_buyer: bool) -> Reader:
    return Reader(label, help, (".xml",), XML_BYTES_MAX, reader(form, by_buyer=by_buyer))


ORDER_XML = _export("peppol-order", _("Peppol Order XML"), orders.FORMAT)
RESPONSE_XML = _export("peppol-order-response", _("Peppol Order Response XML"), responses.FORMAT)
DESPATCH_XML = _export("peppol-despatch-advice", _("Peppol Despatch Advice XML"), despatches.FORMAT)
ORDER_READER = _reader(
    _("Take in an order"), _("A Peppol BIS Order (UBL 2.1) as XML, up to 10 MiB."), orders.FORMAT, by_buyer=True
)
RESPONSE_READER = _reader(
    _("Take in an order confirmation"),
    _("A Peppol BIS Order Response (UBL 2.1) as XML, up to 10 MiB."),
    responses.FORMAT,
    by_buyer=False,
)
DESPATCH_READER = _reader(
    _("Take in a delivery note"),
    _("A Peppol BIS Despatch Advice (UBL 2.1) as XML, up to 10 MiB."),
    despatches.FORMAT,
    by_buyer=False,
)
