"""Invoices that come from outside as JP PINT: read, kept as they were, never twice; what is unfit leaves nothing."""

import io
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from lxml import etree

from tests.dealings import TRACE
from tests.portal import does, led_to, page_of, state_of, view_of, write
from tests.world import Desk, make_company, trade
from torihiki.exchange.models import Attachment, Document
from torihiki.services.invoices.tests.official import EXAMPLES, leaves, needs_official

PLACE = "/documents/take-in/invoice"
SIZE_ALLOWED = 10 * 2**20


def offer(desk: Desk, content: bytes, name: str = "invoice.xml", **more: str) -> Any:
    return desk.post(PLACE, {"file": SimpleUploadedFile(name, content, "application/xml"), **more})


def exported(issuer: Desk, receiver: Desk) -> bytes:
    """An invoice of another company's, as the portal writes it."""
    invoice = write(issuer, "invoice", to=[receiver])
    answer = issuer.get(reverse("document-export", args=[invoice, "jp-pint"]))
    assert answer.status_code == 200
    content: bytes = answer.content
    return content


def everything(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.acting(), connection.cursor() as cursor:
        cursor.execute(TRACE)
        return list(cursor.fetchall())


def canonical(xml: bytes) -> str:
    text: str = etree.canonicalize(xml.decode(), strip_text=True)
    return text


@pytest.fixture
def taker(stranger: Desk) -> Desk:
    """A company that gets its invoices from elsewhere."""
    return stranger


def test_an_invoice_from_outside_is_in_the_inbox_and_goes_out_as_it_came(
    issuer: Desk, receiver: Desk, taker: Desk
) -> None:
    xml = exported(issuer, receiver)
    answer = offer(taker, xml)
    document_id = led_to(answer)
    view = view_of(taker, document_id)
    assert (view.role, view.state, view.number) == ("receiver", "issued", "INV-2026-000001")
    assert view.amount_minor == 20 * 4200 * 108 // 100 + 15 * 1980 * 108 // 100 + 4 * 1250 * 110 // 100
    assert view.counterparty_name == "青葉食品株式会社"
    assert "INV-2026-000001" in taker.get(reverse("inbox")).content.decode()
    assert "コシヒカリ" in page_of(taker, document_id)
    back = taker.get(reverse("document-export", args=[document_id, "jp-pint"])).content
    assert canonical(back) == canonical(xml)
    with taker.acting():
        original = Attachment.objects.get(document_id=document_id, purpose="original")
    assert taker.get(reverse("document-file", args=[document_id, original.pk])).content == xml
    assert taker.get(reverse("document-pdf", args=[document_id])).content.startswith(b"%PDF")

    for other in (issuer, receiver):  # it is nobody else's, not even its sender's
        assert other.get(reverse("document", args=[document_id])).status_code == 404
    does(taker, document_id, "query", "電話で確認中")
    does(taker, document_id, "accept")
    assert state_of(taker, document_id) == "accepted"


def test_a_partner_here_that_sends_by_another_way_stays_unaware(issuer: Desk, receiver: Desk) -> None:
    """The receiver takes in the XML of a member that it trades with: its number is known, the sender sees nothing."""
    other = make_company("kaede", "かえで商事株式会社", number="1010001000006")
    trade(issuer, other)
    xml = exported(issuer, other)
    before = everything(issuer)
    document_id = led_to(offer(receiver, xml))
    assert view_of(receiver, document_id).counterparty_name == "青葉食品株式会社"
    does(receiver, document_id, "reject", "別便で受領済み")
    assert everything(issuer) == before


def test_it_is_taken_in_once(issuer: Desk, receiver: Desk, taker: Desk) -> None:
    xml = exported(issuer, receiver)
    first = led_to(offer(taker, xml, key="one"))
    before, entries = everything(taker), taker.events()
    again = offer(taker, xml, name="copy.xml", key="two")
    assert again.status_code == 422
    assert "INV-2026-000001" in again.content.decode()
    assert everything(taker) == before
    assert taker.events() == [*entries, "ledger.refused"]
    assert led_to(offer(taker, xml, key="one")) == first  # the browser's retry
    assert everything(taker) == before

    native = write(issuer, "invoice", to=[receiver])
    sent = issuer.get(reverse("document-export", args=[native, "jp-pint"])).content
    assert offer(receiver, sent).status_code == 422  # it came here already, by the portal itself


XXE = b"""<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]><Invoice>&x;</Invoice>"""
REFUSED = {
    "not XML": b"%PDF-1.7 hello",
    "nothing": b"",
    "broken": b'<?xml version="1.0"?><Invoice><a></Invoice>',
    "a document type": XXE,
    "another document": b'<?xml version="1.0"?><Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><Invoice/>'.encode("utf-16"),
    "Shift_JIS": '<?xml version="1.0" encoding="Shift_JIS"?><Invoice>請求</Invoice>'.encode("cp932"),
    "Shift_JIS that claims UTF-8": '<?xml version="1.0" encoding="UTF-8"?><Invoice>請求</Invoice>'.encode("cp932"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_unfit_is_refused_in_words_and_leaves_nothing(wrong: str, taker: Desk) -> None:
    before, entries = everything(taker), taker.events()
    for language in ("ja", "en"):
        taker.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        answer = offer(taker, REFUSED[wrong])
        assert answer.status_code == 422
        assert len(str(answer.context["refusal"].message)) > 10
        assert b"root:" not in answer.content
    assert everything(taker) == before
    assert [code for code in taker.events()[len(entries) :] if code != "ledger.refused"] == []


def test_an_invoice_cut_off_anywhere_is_refused(issuer: Desk, receiver: Desk, taker: Desk) -> None:
    xml = exported(issuer, receiver)
    before = everything(taker)
    for part in range(1, 8):
        assert offer(taker, xml[: len(xml) * part // 8]).status_code == 422
    assert everything(taker) == before


class Endless(io.RawIOBase):
    """A body of `size` bytes that nobody holds in memory; `taken` tells how much of it was asked for."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size, self.taken = head, size, 0

    def readable(self) -> bool:
        return True

    def read(self, wanted: int = -1) -> bytes:
        start = self.taken
        end = self.size if wanted is None or wanted < 0 else min(start + wanted, self.size)
        self.taken = end
        return self.head[start:end] + b"a" * (end - max(start, len(self.head)) if end > len(self.head) else 0)


def test_200_megabytes_are_refused_before_they_are_read(taker: Desk) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.xml"\r\nContent-Type: text/xml\r\n\r\n'
    body = Endless(head, 200 * 2**20)
    before = everything(taker)
    environ: dict[str, Any] = {"CONTENT_LENGTH": str(body.size), "wsgi.input": body}
    kind = "multipart/form-data; boundary=x"
    answer = taker.client.generic("POST", PLACE, content_type=kind, secure=True, **environ)
    assert answer.status_code == 413
    assert "MiB" in answer.content.decode()
    assert body.taken < 2 * SIZE_ALLOWED
    assert everything(taker) == before


def test_a_buyer_without_a_number_gets_its_paper_and_hears_why_there_is_no_xml(issuer: Desk, stranger: Desk) -> None:
    trade(issuer, stranger)
    invoice = write(issuer, "invoice", to=[stranger])
    answer = stranger.get(reverse("document-export", args=[invoice, "jp-pint"]))
    assert answer.status_code == 422
    assert "Peppol" in answer.content.decode()
    assert stranger.get(reverse("document-pdf", args=[invoice])).content.startswith(b"%PDF")


@needs_official
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem if isinstance(path, Path) else "")
def test_the_official_examples_come_in_with_their_amounts(path: Path, taker: Desk) -> None:
    xml = path.read_bytes()
    document_id: UUID = led_to(offer(taker, xml))
    root = etree.fromstring(xml)
    view = view_of(taker, document_id)
    assert view.number == root.findtext("{*}ID")
    gross = root.find("{*}LegalMonetaryTotal/{*}TaxInclusiveAmount")
    assert gross is not None
    digits = 0 if gross.get("currencyID") == "JPY" else 2
    assert view.amount_minor == int(Decimal(str(gross.text)).scaleb(digits))
    assert view.number in page_of(taker, document_id)
    assert taker.get(reverse("document-pdf", args=[document_id])).status_code == 200
    back = taker.get(reverse("document-export", args=[document_id, "jp-pint"])).content
    assert leaves(etree.fromstring(back)) == leaves(root)
    assert offer(taker, xml).status_code == 422
    with taker.acting():
        assert Document.objects.count() == 1


def test_only_who_may_draft_takes_anything_in(issuer: Desk, receiver: Desk, taker: Desk) -> None:
    xml = exported(issuer, receiver)
    assert offer(taker.viewer, xml).status_code in (403, 404)
    assert taker.viewer.get(PLACE).status_code in (403, 404)
