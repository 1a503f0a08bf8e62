"""Peppol documents at the desk: taken in as files, read on the page, and downloaded as they came."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.portal import led_to, page_of, write
from tests.world import Desk
from torihiki.services.ordering.tests.official import EXAMPLES, failed_assertions, leaves, name_of, needs_official

KINDS = {
    "Order": ("order", "peppol-order"),
    "OrderResponse": ("order_response", "peppol-order-response"),
    "DespatchAdvice": ("delivery", "peppol-despatch-advice"),
}


def offer(desk: Desk, kind: str, content: bytes) -> Any:
    place = reverse("document-take-in", args=[kind])
    return desk.post(place, {"file": SimpleUploadedFile("it.xml", content, "application/xml")})


def download(desk: Desk, document: UUID, code: str) -> bytes:
    answer = desk.get(reverse("document-export", args=[document, code]))
    assert answer.status_code == 200
    content: bytes = answer.content
    return content


@needs_official
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_goes_in_and_comes_out(issuer: Desk, stranger: Desk, path: Path) -> None:
    original = path.read_bytes()
    kind, code = KINDS[name_of(original)]
    taken = led_to(offer(issuer, kind, original))

    again = download(issuer, taken, code)
    assert leaves(again) == leaves(original)
    assert failed_assertions(again) == []
    assert reverse("document-export", args=[taken, code]) in page_of(issuer, taken)
    assert issuer.get(reverse("document-pdf", args=[taken])).content.startswith(b"%PDF")
    assert stranger.viewer.get(reverse("document-export", args=[taken, code])).status_code == 404
    assert offer(issuer, kind, original).status_code == 422, "never twice"


@needs_official
def test_an_order_that_is_written_here_is_valid_and_is_taken_in_elsewhere(
    issuer: Desk, receiver: Desk, stranger: Desk
) -> None:
    order = write(issuer, "order", to=[receiver])
    xml = download(issuer, order, "peppol-order")

    assert failed_assertions(xml, flags=("fatal",)) == []
    assert download(receiver, order, "peppol-order") == xml
    taken = led_to(offer(stranger, "order", xml))
    assert "コシヒカリ" in page_of(stranger, taken)


@pytest.mark.parametrize("kind", ["order", "order_response", "delivery"])
def test_a_file_of_another_kind_is_refused_by_name(issuer: Desk, kind: str) -> None:
    answer = offer(
        issuer, kind, b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><a/></Invoice>'
    )

    assert answer.status_code == 422
    assert "Invoice" in answer.content.decode()
