"""Files on their way: attached by one side and the same bytes on the other, the PDF with its data, XML from outside."""

import io
import subprocess
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import HIDAMARI, from_the_list, send, start_new, type_line
from tests.journeys.person import PICTURES

pytestmark = pytest.mark.heavy

CHAIR = {"description": "業務用チェア", "quantity": "4", "unit": "脚", "unit_price": "12500"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0f01f00050001ff5ddbd9d20000000049454e44ae426082"
)


def test_an_attached_file_arrives_byte_for_byte(person: MakePerson, tmp_path: Path) -> None:
    photo = tmp_path / "椅子の写真.png"
    photo.write_bytes(PNG)
    seller, buyer = person("minato-clerk"), person("hidamari-clerk")
    start_new(seller, "Quotation", HIDAMARI)
    type_line(seller, 0, CHAIR)
    seller.press("Save draft")
    seller.page.locator('input[type="file"]').set_input_files(photo)
    seller.press("Attach").sees(photo.name)
    offer = send(seller)
    from_the_list(buyer, "/inbox", offer)
    link = buyer.page.get_by_role("link", name=photo.name).get_attribute("href")
    assert link
    status, content, headers = buyer.fetch(link)
    assert (status, content) == (200, PNG)
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"
    assert person("aoba-clerk").fetch(link)[0] == 404


def test_the_pdf_is_the_paper_with_its_data_inside(person: MakePerson) -> None:
    seller, buyer = person("minato-clerk"), person("hidamari-clerk")
    start_new(seller, "Invoice", HIDAMARI)
    type_line(seller, 0, CHAIR)
    invoice = send(seller)
    from_the_list(buyer, "/inbox", invoice)
    link = buyer.control("Print or PDF").get_attribute("href")
    assert link
    status, content, headers = buyer.fetch(link)
    assert (status, headers["content-type"]) == (200, "application/pdf")
    assert content.startswith(b"%PDF-")
    pdf = PdfReader(io.BytesIO(content))
    assert invoice.number in "".join(page.extract_text() for page in pdf.pages)
    inside = {name: files[0] for name, files in pdf.attachments.items()}
    exported = buyer.fetch(f"{invoice.path}/as/jp-pint")[1]
    assert exported in inside.values(), f"the JP PINT file is not among {list(inside)}"
    _picture_of(content, "invoice")


def test_an_invoice_comes_in_as_a_file(person: MakePerson, tmp_path: Path) -> None:
    from torihiki.project.demo.papers import printers_invoice
    from torihiki.project.demo.people import HIDAMARI as BUYER
    from torihiki.project.demo.people import PRINTER

    good = tmp_path / "請求書.xml"
    good.write_bytes(printers_invoice(PRINTER, BUYER.details, on=date.today()).replace(b"Y-20261101", b"Y-20270001"))
    clerk = person("hidamari-clerk")
    clerk.visit("/documents/kinds/invoice").press("Take in an invoice")
    clerk.named("file").set_input_files(good)
    clerk.press("Take in")
    clerk.sees("Y-20270001", PRINTER.name, "¥")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.xml", b"<Invoice><not closed"),
        ("with-dtd.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Invoice>&b;</Invoice>'),
        ("something-else.xml", b"<letter>Dear Sirs</letter>"),
        ("too-large.xml", b"<Invoice>" + b" " * (11 * 2**20) + b"</Invoice>"),
    ],
    ids=["broken", "dtd", "something-else", "too-large"],
)
def test_a_file_that_is_no_invoice_is_refused_on_the_page(
    person: MakePerson, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    clerk = person("hidamari-clerk")
    clerk.visit("/documents/take-in/invoice")
    clerk.named("file").set_input_files(file)
    clerk.press("Take in", status=422).sees(clerk.say("Nothing was stored"))
    assert clerk.control("Take in").is_visible(), "one may try another file at once"


def _picture_of(pdf: bytes, name: str) -> None:
    """For the eye: the first page as a picture in var/journeys."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-png", "-r", "80", "-singlefile", PICTURES / f"{name}.pdf", PICTURES / f"pdf-{name}"],
        check=True,
        timeout=60,
    )
