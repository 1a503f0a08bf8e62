"""Invoices of this product as JP PINT: whatever people enter is valid on the way out and the same on the way back."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.render.ubl.hints import HINT_TARGET
from torihiki.exchange.render.ubl.parts import SupportingDocument
from torihiki.lib.money import Rounding
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.mapping import EmbeddedFile, UblRefused, XmlRefused, read_pint, write_pint
from torihiki.services.invoices.parts import Flavour
from torihiki.services.invoices.tests.official import failed_assertions, needs_official
from torihiki.services.invoices.tests.strategies import BUYER, bodies, days, seller

ON = date(2026, 4, 30)
UBL = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"

slow = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written(body: InvoiceBody, on: date = ON, **changes: object) -> bytes:
    values = {"number": "INV-1", "issued_on": on, "seller": seller(body.flavour), "buyer": BUYER, **changes}
    return write_pint(body=body, **values)  # type: ignore[arg-type]


def without_hint(xml: bytes) -> bytes:
    return etree.tostring(etree.fromstring(xml), encoding="utf-8")


@needs_official
@slow
@given(bodies(), days)
def test_every_invoice_is_valid_and_reads_back_equal(body: InvoiceBody, on: date) -> None:
    xml = written(body, on)
    read = read_pint(xml)

    assert failed_assertions(xml) == []
    assert read.body == body
    stated = seller(body.flavour).model_copy(update={"name_kana": ""})
    assert read.seller == stated.model_copy(update={"endpoint": read.seller.endpoint})
    assert read.buyer == BUYER
    assert InvoiceBody.model_validate(body.model_dump(mode="json")) == body


@slow
@given(bodies(), days)
def test_the_elements_alone_say_the_same_amounts(body: InvoiceBody, on: date) -> None:
    """What another product reads, which knows nothing of our hint."""
    plain = read_pint(without_hint(written(body, on)))
    ours, theirs = body.totals(on), plain.body.totals(on)

    assert plain.body.amount_due(on) == body.amount_due(on)
    assert theirs.tax == ours.tax
    assert [row.tax for row in theirs.subtotals] == [row.tax for row in ours.subtotals]
    assert abs(theirs.net - ours.net) <= len(ours.subtotals)
    assert sum(theirs.lines, Decimal(0)) == plain.body.totals(on).net - sum(
        (item.amount if item.is_charge else -item.amount for item in plain.body.adjustments), Decimal(0)
    )


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("gross", [1, 9, 10, 11, 12, 110, 1_000_010, 1_000_001, -10, -12])
@needs_official
def test_tax_inclusive_invoice_keeps_tax_and_amount_due(gross: int, rounding: Rounding) -> None:
    body = InvoiceBody(
        lines=(InvoiceLine(description="りんご", unit_price=Decimal(gross)),),
        prices_include_tax=True,
        tax_rounding=rounding,
    )
    xml = written(body)
    root = etree.fromstring(xml)

    assert failed_assertions(xml) == []
    assert Decimal(root.findtext(f".//{UBL}PayableAmount") or "") == gross
    assert Decimal(root.findtext(f".//{UBL}TaxAmount") or "") == body.totals(ON).tax
    assert read_pint(xml).body == body


def test_tax_inclusive_price_is_shown_to_the_receiver() -> None:
    body = InvoiceBody(
        lines=(InvoiceLine(description="りんご", quantity=Decimal(3), unit="個", unit_price=Decimal(108)),),
        prices_include_tax=True,
    )
    plain = read_pint(without_hint(written(body))).body

    assert [(item.name, item.value) for item in plain.lines[0].attributes] == [("税込単価", "108")]
    assert plain.lines[0].unit == "個"


def test_negative_price_becomes_negative_quantity() -> None:
    body = InvoiceBody(
        lines=(
            InvoiceLine(description="りんご", unit_price=Decimal(1000)),
            InvoiceLine(description="値引", unit_price=Decimal(-100)),
        )
    )
    plain = read_pint(without_hint(written(body))).body

    assert [(line.quantity, line.unit_price) for line in plain.lines] == [
        (Decimal(1), Decimal(1000)),
        (Decimal(-1), Decimal(100)),
    ]
    assert plain.totals(ON).gross == 990


def test_foreign_currency_states_its_tax_in_yen() -> None:
    body = InvoiceBody(
        currency="USD",
        tax_currency="JPY",
        exchange_rate=Decimal("151.25"),
        lines=(InvoiceLine(description="Consulting", quantity=Decimal("1.5"), unit_price=Decimal("99.99")),),
    )
    xml = written(body)
    read = read_pint(xml)

    assert read.body == body
    assert [element.text for element in etree.fromstring(xml).iter(f"{UBL}TaxAmount")] == [
        "14.99",
        "14.99",
        "2268",
        "2268",
    ]


@needs_official
@slow
@given(st.data(), st.sampled_from(("USD", "EUR", "KRW", "JPY")))
def test_other_currencies_are_valid(data: st.DataObject, currency: str) -> None:
    body = data.draw(bodies(flavour=Flavour.STANDARD))
    changes: dict[str, object] = {"currency": currency}
    if currency != "JPY":
        changes |= {"tax_currency": "JPY", "exchange_rate": Decimal("151.2345")}
    body = body.model_copy(update=changes)
    xml = written(body)

    assert failed_assertions(xml) == []
    assert read_pint(xml).body == body


def test_tax_currency_needs_a_rate() -> None:
    body = InvoiceBody(currency="USD", tax_currency="JPY", lines=(InvoiceLine(description="x", unit_price=Decimal(1)),))

    with pytest.raises(UblRefused) as refused:
        written(body)
    assert refused.value.element == "cbc:TaxCurrencyCode"


def test_attached_file_travels_inside() -> None:
    file = EmbeddedFile("明細.csv", "text/csv", "品名,数量\r\nりんご,3\r\n".encode("cp932"))
    document = SupportingDocument(reference="1", file_name=file.name, mime_type=file.mime_type, sha256=file.sha256)
    body = InvoiceBody(lines=(InvoiceLine(description="りんご", unit_price=Decimal(1)),), documents=(document,))
    read = read_pint(written(body, files=(file,)))

    assert read.files == (file,)
    assert read.body == body


def test_seller_without_number_is_told_what_to_enter() -> None:
    with pytest.raises(UblRefused) as refused:
        written(
            InvoiceBody(lines=(InvoiceLine(description="りんご", unit_price=Decimal(1)),)),
            seller=PartyDetails(name="みなと食品"),
        )
    assert "EndpointID" in refused.value.element


def test_registered_seller_does_not_send_the_invoice_of_an_unregistered_one() -> None:
    body = InvoiceBody(
        flavour=Flavour.NON_REGISTERED, lines=(InvoiceLine(description="りんご", unit_price=Decimal(1)),)
    )

    with pytest.raises(UblRefused) as refused:
        written(body, seller=seller(Flavour.STANDARD))
    assert "PartyTaxScheme" in refused.value.element


def test_control_characters_are_refused_by_name() -> None:
    with pytest.raises(XmlRefused):
        written(InvoiceBody(lines=(InvoiceLine(description="りんご", unit_price=Decimal(1)),)), number="1\x0b2")


def test_plain_invoice_needs_no_hint() -> None:
    body = InvoiceBody(
        period_start=ON, period_end=ON, lines=(InvoiceLine(line_id="1", description="りんご", unit_price=Decimal(108)),)
    )

    assert HINT_TARGET.encode() not in written(body)


def test_a_hint_that_does_not_fit_is_ignored_with_a_warning() -> None:
    body = InvoiceBody(subject="四月分", lines=(InvoiceLine(description="りんご", unit_price=Decimal(108)),))
    xml = written(body)
    assert "四月分".encode() in xml
    forged = xml.replace(b'"subject":{"v":"', b'"subject":{"v":"other ')
    read = read_pint(forged)

    assert forged != xml
    assert read.body.note == "四月分"
    assert not read.body.subject
    assert read.warnings


@given(st.text(max_size=200))
def test_no_hint_does_harm(text: str) -> None:
    body = InvoiceBody(lines=(InvoiceLine(description="りんご", unit_price=Decimal(108)),))
    root = etree.fromstring(without_hint(written(body)))
    try:
        root.addprevious(etree.ProcessingInstruction(HINT_TARGET, text))
    except ValueError:
        return
    read = read_pint(etree.tostring(root.getroottree(), encoding="utf-8"))

    assert read.body.totals(ON) == body.totals(ON)
