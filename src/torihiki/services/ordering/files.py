"""Orders, answers and delivery notes as files: Peppol XML out of sent documents, and what is taken in."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.refusals import FileRefused
from torihiki.exchange.render.priced import parties
from torihiki.exchange.render.ubl.files import EmbeddedFile
from torihiki.exchange.render.xml import XmlRefused
from torihiki.exchange.specs import Export, File, Reader, Sent, TakenIn
from torihiki.exchange.tax import CurrencyUnknown, RateUnknown
from torihiki.services.ordering.infomart.orders import read_infomart
from torihiki.services.ordering.peppol import despatches, orders, responses
from torihiki.services.ordering.peppol.mapping import Format, Paper, read, write

FILE_BYTES_MAX = 10 * 2**20
WHITE = b"\xef\xbb\xbf \t\r\n"


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


def reader(form: Format[Any], *, by_buyer: bool) -> Callable[[bytes, PartyDetails], list[TakenIn]]:
    """Raises PeppolRefused with the reader's own words."""

    def taken(content: bytes, _own: PartyDetails) -> list[TakenIn]:
        try:
            paper, warnings = read(form, content)
        except XmlRefused as refusal:
            raise PeppolRefused(str(refusal)) from refusal
        document = TakenIn(
            number=paper.number,
            issued_on=paper.issued_on,
            issuer=paper.buyer if by_buyer else paper.seller,
            recipient=paper.seller if by_buyer else paper.buyer,
            body=paper.body,
            files=[File(file.name, file.mime_type, file.content) for file in paper.files],
            warnings=[str(remark) for remark in warnings],
        )
        return [document]

    return taken


def _export(code: str, label: str | Promise, form: Format[Any]) -> Export:
    return Export(code, label, "application/xml", ".xml", writer(form), inside_pdf=True)


def read_order(content: bytes, own: PartyDetails) -> list[TakenIn]:
    """An order as XML, or the orders of an Infomart export: what begins like XML is XML."""
    return _read_order_xml(content, own) if content.lstrip(WHITE)[:1] == b"<" else read_infomart(content, own)


ORDER_XML = _export("peppol-order", _("Peppol Order XML"), orders.FORMAT)
RESPONSE_XML = _export("peppol-order-response", _("Peppol Order Response XML"), responses.FORMAT)
DESPATCH_XML = _export("peppol-despatch-advice", _("Peppol Despatch Advice XML"), despatches.FORMAT)
_read_order_xml = reader(orders.FORMAT, by_buyer=True)
ORDER_READER = Reader(
    _("Take in orders"),
    _(
        "A Peppol BIS Order (UBL 2.1) as XML, or an order export of Infomart as CSV with up to 300 orders; up to "
        "10 MiB."
    ),
    (".xml", ".csv"),
    FILE_BYTES_MAX,
    read_order,
)
RESPONSE_READER = Reader(
    _("Take in an order confirmation"),
    _("A Peppol BIS Order Response (UBL 2.1) as XML, up to 10 MiB."),
    (".xml",),
    FILE_BYTES_MAX,
    reader(responses.FORMAT, by_buyer=False),
)
DESPATCH_READER = Reader(
    _("Take in a delivery note"),
    _("A Peppol BIS Despatch Advice (UBL 2.1) as XML, up to 10 MiB."),
    (".xml",),
    FILE_BYTES_MAX,
    reader(despatches.FORMAT, by_buyer=False),
)
