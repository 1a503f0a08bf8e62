"""Every official example goes in and comes out whole, and what comes out passes the official rules."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from torihiki.services.invoices.body import InvoiceBody
from torihiki.services.invoices.mapping import ReadInvoice, read_pint, write_pint
from torihiki.services.invoices.parts import Flavour
from torihiki.services.invoices.tests.official import EXAMPLES, JP_PINT, failed_assertions, leaves, needs_official

pytestmark = needs_official


def written_again(read: ReadInvoice) -> bytes:
    return write_pint(
        number=read.number,
        issued_on=read.issued_on,
        seller=read.seller,
        buyer=read.buyer,
        body=read.body,
        files=read.files,
    )


def named(part: str) -> bytes:
    return next(path for path in EXAMPLES if part in path.name).read_bytes()


def order_of(xml: bytes) -> list[str]:
    return [str(element.tag) for element in etree.fromstring(xml).iter(etree.Element)]


def test_examples_are_there() -> None:
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_comes_out_whole_and_valid(path: Path) -> None:
    original = path.read_bytes()
    read = read_pint(original)
    xml = written_again(read)

    assert leaves(etree.fromstring(xml)) == leaves(etree.fromstring(original))
    assert order_of(xml) == order_of(original), "UBL fixes the order of elements"
    assert failed_assertions(xml) == []
    assert not read.body.extras
    assert all(not line.extras for line in read.body.lines)
    again = read_pint(xml)
    assert (again.seller, again.buyer, again.body, again.files) == (read.seller, read.buyer, read.body, read.files)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_survives_as_json(path: Path) -> None:
    body = read_pint(path.read_bytes()).body

    assert InvoiceBody.model_validate(json.loads(json.dumps(body.model_dump(mode="json")))) == body


def test_rules_see_a_fault() -> None:
    faulty = named("Invoice-UBL-Example.xml").replace(b">26000<", b">26009<")

    assert any("ibr-co-14" in failed or "aligned-ibrp-051" in failed for failed in failed_assertions(faulty))


def test_full_example_is_understood() -> None:
    read = read_pint((JP_PINT / "standard/examples/Japan-PINT-Invoice-UBL-Example.xml").read_bytes())
    body = read.body

    assert read.flavour is Flavour.STANDARD
    assert (read.number, read.issued_on, body.due_on) == ("156", date(2023, 10, 24), date(2023, 11, 20))
    assert read.seller.registration_number == "T1234567890123"
    assert read.seller.corporate_number == "1234567890123"
    assert read.buyer.tax_identifier is not None
    assert read.buyer.tax_identifier.value == ">T3210987654321"
    assert [line.unit for line in body.lines] == ["脚", "冊", "冊"]
    assert body.lines[0].item_code == "97iugug876"
    assert body.payment_means[0].account == "1234:567:1:3242394"
    assert [file.name for file in read.files] == ["report.csv"]
    assert body.documents[1].sha256 == read.files[0].sha256
    assert body.stated is None, "its sums follow from its lines"
    assert body.totals(read.issued_on).gross == body.amount_due(read.issued_on) == Decimal(289490)


def test_tax_currency_example_keeps_both_taxes() -> None:
    read = read_pint(named("TaxAcctCur"))

    assert (read.body.currency, read.body.tax_currency) == ("EUR", "JPY")
    assert read.body.stated is not None
    assert [(total.currency, total.tax) for total in read.body.stated.taxes] == [
        ("EUR", Decimal(250)),
        ("JPY", Decimal(32500)),
    ]
    assert read.body.totals(read.issued_on).gross == Decimal(2750)


def test_returned_goods_have_negative_quantities() -> None:
    read = read_pint(named("Return.Quan"))

    assert read.flavour is Flavour.NON_REGISTERED
    assert any(line.quantity < 0 for line in read.body.lines)
    assert read.body.totals(read.issued_on).tax == 0


def test_correction_names_the_earlier_invoice() -> None:
    read = read_pint(named("Example6-CorrInv"))

    assert [(earlier.number, earlier.issued_on) for earlier in read.body.preceding] == [("123", date(2023, 10, 20))]


def test_self_billing_has_its_flavour() -> None:
    assert read_pint(named("Self-Billing")).flavour is Flavour.SELF_BILLING


def test_stated_sums_that_differ_are_kept_with_a_warning() -> None:
    odd = named("Invoice-UBL-Example.xml").replace(b">289490<", b">289491<")
    read = read_pint(odd)

    assert read.body.stated is not None
    assert read.body.amount_due(read.issued_on) == Decimal(289491)
    assert any("289490" in str(warning) for warning in read.warnings)
    assert leaves(etree.fromstring(written_again(read))) == leaves(etree.fromstring(odd))


def test_an_edit_lets_the_stated_sums_go() -> None:
    read = read_pint(named("Invoice-UBL-Example.xml").replace(b">289490<", b">289491<"))
    lines = (read.body.lines[0].model_copy(update={"quantity": Decimal(6)}), *read.body.lines[1:])
    edited = read.body.model_copy(update={"lines": lines})

    assert edited.totals(read.issued_on).gross == Decimal(289490 + 55000)


def test_what_pint_does_not_define_is_kept_and_told() -> None:
    strange = (
        named("Invoice-UBL-Example.xml")
        .replace(b"<cbc:ID>156</cbc:ID>", b'<cbc:ID schemeName="ours">156</cbc:ID><cbc:UUID>u-1</cbc:UUID>')
        .replace(b"<cac:OriginCountry>", b"<cac:OriginCountry><cbc:Name>Japan</cbc:Name>", 1)
    )
    read = read_pint(strange)

    assert [warning.values.get("element") for warning in read.warnings if "element" in warning.values] == [
        "cbc:ID",
        "cbc:UUID",
        "cbc:Name",
    ]
    assert leaves(etree.fromstring(written_again(read))) == leaves(etree.fromstring(strange))
    assert read_pint(written_again(read)).body == read.body


def test_files_must_be_at_hand_to_be_written() -> None:
    read = read_pint(named("Invoice-UBL-Example.xml"))

    with pytest.raises(ValueError, match=r"report\.csv"):
        write_pint(number=read.number, issued_on=read.issued_on, seller=read.seller, buyer=read.buyer, body=read.body)
