"""Peppol BIS in and out: official examples come out whole, and whatever people enter is valid and reads back equal."""

import json
import random
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from torihiki.exchange.bodies import LINES_MAX, Identifier, PartyDetails, TaxCategory
from torihiki.exchange.render.ubl.engine import UblRefused
from torihiki.exchange.render.ubl.exact import AsStated
from torihiki.exchange.render.ubl.files import EmbeddedFile
from torihiki.exchange.render.ubl.parts import SupportingDocument
from torihiki.exchange.render.ubl.same import canonical_form
from torihiki.exchange.render.xml import XmlRefused
from torihiki.services.ordering.body import (
    Answer,
    DeliveryBody,
    DeliveryLine,
    OrderBody,
    OrderLine,
    OrderResponseBody,
    OrderResponseLine,
    Response,
)
from torihiki.services.ordering.peppol import despatches, orders, responses
from torihiki.services.ordering.peppol.mapping import Format, Paper, read, write
from torihiki.services.ordering.rules import order_totals
from torihiki.services.ordering.tests import strategies
from torihiki.services.ordering.tests.official import (
    EXAMPLES,
    PEPPOL,
    failed_assertions,
    leaves,
    name_of,
    needs_official,
)
from torihiki.services.ordering.tests.strategies import BUYER, SELLER

ON = date(2026, 11, 2)
SECONDS_MAX = 2.0  # of processor time
MUTANTS = 1_200
FORMATS: dict[str, Format[Any]] = {
    "Order": orders.FORMAT,
    "OrderResponse": responses.FORMAT,
    "DespatchAdvice": despatches.FORMAT,
}
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def paper(body: Any, **changes: Any) -> Paper[Any]:
    return replace(Paper("PO-1", ON, SELLER, BUYER, body), **changes)


def form_of(xml: bytes) -> Format[Any]:
    return FORMATS[name_of(xml)]


def order_of(xml: bytes) -> list[str]:
    return [str(element.tag) for element in etree.fromstring(xml).iter(etree.Element)]


def stored(found: Paper[Any]) -> Paper[Any]:
    """As it is read back from a version's payload."""
    body = type(found.body).model_validate(json.loads(json.dumps(found.body.model_dump(mode="json"))))
    seller, buyer = (
        PartyDetails.model_validate(party.model_dump(mode="json")) for party in (found.seller, found.buyer)
    )
    return replace(found, body=body, seller=seller, buyer=buyer)


# ---- official examples


@needs_official
def test_examples_are_there() -> None:
    assert len(EXAMPLES) >= 9


@needs_official
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_comes_out_whole_and_valid(path: Path) -> None:
    original = path.read_bytes()
    form = form_of(original)
    found, _warnings = read(form, original)
    xml = write(form, stored(found))

    assert leaves(xml) == leaves(original)
    assert order_of(xml) == order_of(original), "UBL fixes the order of elements"
    assert failed_assertions(xml) == []
    assert read(form, xml)[0] == found


@needs_official
def test_an_order_is_understood() -> None:
    found, warnings = read(orders.FORMAT, (PEPPOL / "examples" / "UC5_Order.xml").read_bytes())
    body = found.body

    assert (found.number, found.issued_on) == ("5", date(2019, 9, 30))
    assert (found.buyer.name, found.seller.name) == ("Region West", "Supplier AB")
    assert body.deliver_to_name == "Southern Hospital"
    assert body.deliver_to_location == Identifier(scheme="0088", value="73512333000108")
    assert (body.requested_from, body.requested_on) == (date(2019, 10, 15), date(2019, 10, 16))
    assert body.valid_until == date(2019, 10, 2)
    assert body.contract_reference == "C1"
    assert body.invoicee is not None
    assert body.invoicee.name == "Southern Hospital"
    assert [(line.line_id, line.quantity, line.unit, line.unit_price) for line in body.lines] == [
        ("1", Decimal(10), "EA", Decimal(4)),
        ("2", Decimal(5), "EA", Decimal(6)),
        ("3", Decimal(15), "EA", Decimal(3)),
    ]
    assert body.stated is None, "its sums follow from its lines, taxed at the rate that they state"
    assert order_totals(body, found.issued_on).gross == Decimal("143.75")
    assert len(warnings) == 1
    assert "cac:DeliveryParty" in str(warnings[0]) or "cac:PostalAddress" in str(warnings[0])


@needs_official
def test_an_answer_is_understood() -> None:
    found, _warnings = read(responses.FORMAT, (PEPPOL / "examples" / "UC1_Order_response.xml").read_bytes())

    assert found.body.response is Response.CHANGED
    assert {line.answer for line in found.body.lines} & {Answer.SUBSTITUTE, Answer.CHANGE}
    assert all(line.line_id for line in found.body.lines)
    refusal, _warnings = read(responses.FORMAT, (PEPPOL / "examples" / "UC3_Order_response.xml").read_bytes())
    assert refusal.body.response is Response.REJECTED
    assert refusal.seller.name == "987654325", "a company without a name is called by its number"


@needs_official
def test_a_despatch_is_understood() -> None:
    found, _warnings = read(despatches.FORMAT, (PEPPOL / "examples" / "DespatchAdvice-BIS3_UseCase5.xml").read_bytes())
    body = found.body

    assert (body.order_reference, body.carrier, body.tracking) == ("4321", "Danske post", "1178298510DK")
    assert [line.order_line for line in body.lines] == ["1", "2", "3", "3", "5"]
    assert (body.lines[0].lot, body.lines[0].use_by) == ("898A123", date(2021, 7, 1))
    assert body.lines[1].best_before == date(2019, 5, 1)
    assert [(item.reference, bool(item.sha256)) for item in body.documents] == [("doc-34", True)]
    assert [file.name for file in found.files] == ["timesheet.xlsx"]


@needs_official
def test_stated_sums_that_differ_are_kept_with_a_warning() -> None:
    original = (PEPPOL / "examples" / "UC5_Order.xml").read_bytes()
    odd = original.replace(b">143.75<", b">150.00<")
    found, warnings = read(orders.FORMAT, odd)

    assert order_totals(found.body, found.issued_on).gross == Decimal("150.00")
    assert any("143.75" in str(warning) for warning in warnings)
    assert leaves(write(orders.FORMAT, stored(found))) == leaves(odd)


@needs_official
def test_what_the_format_does_not_define_is_kept_and_told() -> None:
    original = (PEPPOL / "examples" / "UC5_Order.xml").read_bytes()
    strange = original.replace(b"<cbc:ID>5</cbc:ID>", b'<cbc:ID a="1">5</cbc:ID><cbc:UUID>u-1</cbc:UUID>', 1)
    found, warnings = read(orders.FORMAT, strange)

    told = [warning.values["element"] for warning in warnings if "element" in warning.values]
    assert told == ["cbc:ID", "cbc:UUID"]
    assert leaves(write(orders.FORMAT, stored(found))) == leaves(strange)


@needs_official
def test_what_was_kept_counts_only_for_the_document_it_came_with() -> None:
    found, _warnings = read(orders.FORMAT, (PEPPOL / "examples" / "UC5_Order.xml").read_bytes())
    line = found.body.lines[0].model_copy(update={"quantity": Decimal(11)})
    edited = found.body.model_copy(update={"lines": (line, *found.body.lines[1:])})
    xml = write(orders.FORMAT, replace(found, body=edited))

    assert b">150<" not in xml
    assert etree.fromstring(xml).findtext(".//{*}LineExtensionAmount") == "119"
    assert b"unitCodeListID" not in xml


# ---- what people of this product write


@needs_official
@slow
@given(strategies.orders)
def test_every_order_is_valid_and_reads_back_equal(body: OrderBody) -> None:
    try:
        xml = write(orders.FORMAT, paper(body))
    except UblRefused as refused:
        if refused.element == "cac:AnticipatedMonetaryTotal/cbc:PayableAmount":
            return  # more is off than is ordered
        raise
    found, _warnings = read(orders.FORMAT, xml)

    assert failed_assertions(xml, flags=("fatal",)) == []
    assert found.body == body
    assert (found.seller.name, found.seller.corporate_number) == (SELLER.name, SELLER.corporate_number)
    assert (found.buyer.name, found.buyer.trading_name) == (BUYER.name, BUYER.trading_name)
    assert found.buyer.registration_number == BUYER.registration_number
    assert Decimal(etree.fromstring(xml).findtext(".//{*}PayableAmount") or "") == order_totals(body, ON).gross


@needs_official
@slow
@given(strategies.responses())
def test_every_answer_is_valid_and_reads_back_equal(body: OrderResponseBody) -> None:
    xml = write(responses.FORMAT, paper(body))
    found, _warnings = read(responses.FORMAT, xml)

    assert failed_assertions(xml) == []
    assert found.body == body
    assert (found.seller.name, found.buyer.name) == (SELLER.name, BUYER.name)


@needs_official
@slow
@given(strategies.deliveries())
def test_every_delivery_is_valid_and_reads_back_equal(body: DeliveryBody) -> None:
    xml = write(despatches.FORMAT, paper(body))
    found, _warnings = read(despatches.FORMAT, xml)

    assert failed_assertions(xml) == []
    assert found.body == body


def test_another_product_reads_the_essentials() -> None:
    """Without the note on how it was typed: the elements alone."""
    body = OrderBody(
        subject="11月分",
        lines=(
            OrderLine(line_id="a", description="米", quantity=Decimal(2), unit="袋", unit_price=Decimal(4200),
                      tax_category=TaxCategory.REDUCED),
            OrderLine(line_id="b", description="値引", quantity=Decimal(1), unit_price=Decimal(-400)),
        ),
        receipt_on=date(2026, 11, 20),
        requested_on=date(2026, 11, 20),
    )  # fmt: skip
    plain = etree.tostring(etree.fromstring(write(orders.FORMAT, paper(body))), encoding="utf-8")
    found, _warnings = read(orders.FORMAT, plain)

    assert found.body.note == "11月分\n給付受領日: 2026-11-20"
    assert [(line.line_id, line.unit, line.unit_price) for line in found.body.lines] == [("a", "袋", Decimal(4200))]
    assert [(item.reason, item.amount) for item in found.body.adjustments] == [("値引", Decimal(400))]
    assert order_totals(found.body, ON).gross == order_totals(body, ON).gross


def test_prices_with_tax_keep_their_sum() -> None:
    lines = (OrderLine(description="りんご", quantity=Decimal(3), unit_price=Decimal(100)),)
    body = OrderBody(lines=lines, prices_include_tax=True)
    root = etree.fromstring(write(orders.FORMAT, paper(body)))

    assert root.findtext(".//{*}PayableAmount") == "300"
    assert root.findtext("{*}TaxTotal/{*}TaxAmount") == "27"


def test_an_answer_says_as_a_whole_what_its_lines_say() -> None:
    line = OrderResponseLine(line_id="1", description="米", ordered=Decimal(2), quantity=Decimal(2), reason="在庫なし")

    def code(answer: Answer, **more: Any) -> tuple[str | None, int, str | None]:
        body = OrderResponseBody(order_reference="PO-1", lines=(line.model_copy(update={"answer": answer, **more}),))
        root = etree.fromstring(write(responses.FORMAT, paper(body)))
        status = root.findtext(".//{*}LineStatusCode")
        return root.findtext("{*}OrderResponseCode"), len(root.findall("{*}OrderLine")), status

    assert code(Answer.ACCEPT) == ("AP", 0, None)
    assert code(Answer.REJECT) == ("RE", 0, None)
    assert code(Answer.CHANGE, quantity=Decimal(1)) == ("CA", 1, "3")
    mixed = OrderResponseBody(
        order_reference="PO-1",
        lines=(line, line.model_copy(update={"line_id": "2", "answer": Answer.REJECT})),
    )
    root = etree.fromstring(write(responses.FORMAT, paper(mixed)))
    assert [found.text for found in root.iter("{*}LineStatusCode")] == ["5", "7"]
    refused = OrderResponseBody(order_reference="PO-1", lines=(line.model_copy(update={"answer": Answer.REJECT}),))
    assert etree.fromstring(write(responses.FORMAT, paper(refused))).findtext("{*}Note") == "在庫なし"


def test_attached_file_travels_inside() -> None:
    file = EmbeddedFile("仕様書.pdf", "application/pdf", b"%PDF-1.7 ...")
    document = SupportingDocument(reference="1", file_name=file.name, mime_type=file.mime_type, sha256=file.sha256)
    body = OrderBody(lines=(OrderLine(description="米", unit_price=Decimal(1)),), documents=(document,))
    found, _warnings = read(orders.FORMAT, write(orders.FORMAT, paper(body, files=(file,))))

    assert found.files == (file,)
    assert found.body == body
    with pytest.raises(UblRefused, match=r"仕様書\.pdf"):
        write(orders.FORMAT, paper(body))


@pytest.mark.parametrize("nobody", ["seller", "buyer"])
def test_a_company_without_numbers_is_told_what_to_enter(nobody: str) -> None:
    body = OrderBody(lines=(OrderLine(description="米", unit_price=Decimal(1)),))

    with pytest.raises(UblRefused) as refused:
        write(orders.FORMAT, paper(body, **{nobody: PartyDetails(name="どこか商店")}))
    assert "EndpointID" in refused.value.element


def test_a_gln_that_is_none_and_a_line_without_any_code_are_told() -> None:
    odd = BUYER.model_copy(update={"endpoint": Identifier(scheme="0088", value="4901234000008")})
    order = OrderBody(lines=(OrderLine(description="米", unit_price=Decimal(1)),))
    delivery = DeliveryBody(lines=(DeliveryLine(description="米", quantity=Decimal(1)),))

    with pytest.raises(UblRefused, match="GLN"):
        write(orders.FORMAT, paper(order, buyer=odd))
    with pytest.raises(UblRefused, match="JAN"):
        write(despatches.FORMAT, paper(delivery))


# ---- harm


def plain_order(lines: int = 1) -> bytes:
    line = OrderLine(line_id="", description="りんご", unit_price=Decimal(108))
    return write(orders.FORMAT, paper(OrderBody(lines=(line,) * lines)))


PLAIN = plain_order()
ROOT = PLAIN.index(b"<Order")
LINE = PLAIN[PLAIN.index(b"<cac:OrderLine>") : PLAIN.index(b"</cac:OrderLine>") + len(b"</cac:OrderLine>")]


def put_in(old: bytes, new: bytes) -> Callable[[], bytes]:
    assert old in PLAIN
    return lambda: PLAIN.replace(old, new, 1)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (bytes, "XML"),
    "not XML": (lambda: b"%PDF-1.7", "XML"),
    "DTD": (lambda: PLAIN[:ROOT] + b"<!DOCTYPE Order>" + PLAIN[ROOT:], "DTD"),
    "external entity": (
        lambda: PLAIN[:ROOT]
        + b'<!DOCTYPE Order [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + PLAIN[ROOT:].replace(b">108<", b">&x;<"),
        "DTD",
    ),
    "200 MB": (lambda: PLAIN + b" " * (200 * 1024 * 1024), "MiB"),
    "truncated": (lambda: PLAIN[: PLAIN.index(b"<cac:Item>")], "XML"),
    "an invoice": (
        lambda: b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><a/></Invoice>',
        "Invoice",
    ),
    "an order of no namespace": (lambda: b"<Order/>", "Order"),
    "another specification": (put_in(b"trns:order:3", b"trns:order_change:3"), "order_change"),
    "a later specification": (put_in(b"trns:order:3", b"trns:order:30"), "order:30"),
    "another process": (put_in(b"bis:ordering:3", b"bis:punch_out:3"), "punch_out"),
    "more lines than are read": (lambda: PLAIN.replace(LINE, LINE * (LINES_MAX + 1)), str(LINES_MAX)),
    "no lines": (put_in(LINE, b""), "cac:OrderLine"),
    "many strange elements": (put_in(b"<cac:Item>", b"<cac:Item>" + b"<cbc:Odd>1</cbc:Odd>" * 10_000), "cbc:Odd"),
    "NaN": (put_in(b">108</cbc:PriceAmount>", b">NaN</cbc:PriceAmount>"), "cbc:PriceAmount"),
    "an endless number": (put_in(b">108</cbc:Price", b">" + b"9" * 10_000 + b"</cbc:Price"), "cbc:PriceAmount"),
    "less than nothing": (put_in(b">1</cbc:Quantity>", b">-1</cbc:Quantity>"), "cbc:Quantity"),
    "a date that is none": (put_in(b"2026-11-02<", b"2026-02-30<"), "cbc:IssueDate"),
    "mixed currencies": (put_in(b'currencyID="JPY"', b'currencyID="USD"'), "USD"),
    "an unknown currency": (lambda: PLAIN.replace(b"JPY", b"XQQ"), "XQQ"),
    "text between elements": (put_in(b"<cac:Item>", b"<cac:Item>loose"), "cac:Item"),
    "NUL": (put_in(b">108<", b">1\x0008<"), "XML"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_by_name_and_at_once(name: str) -> None:
    make, said = HOSTILE[name]
    data = make()
    began = time.process_time()

    with pytest.raises(XmlRefused) as refused:
        read(orders.FORMAT, data)

    assert time.process_time() - began < SECONDS_MAX
    assert said in str(refused.value)
    assert "%(" not in str(refused.value)


def test_the_longest_order_is_read() -> None:
    assert len(read(orders.FORMAT, plain_order(LINES_MAX))[0].body.lines) == LINES_MAX


def test_a_kept_difference_that_is_none_of_ours_does_no_harm() -> None:
    body = OrderBody(
        lines=(OrderLine(description="米", unit_price=Decimal(1)),), as_stated=AsStated(basis="0" * 64, change="]")
    )

    assert b"PriceAmount" in write(orders.FORMAT, paper(body))


TEXTS = ("", "0", "-1", "1.005", "1e5", "999999999999999999", "SEK", "true", "2026-13-01", "2025-01-01", "あ" * 300)
NAMES = ("ID", "Note", "Item", "TaxCategory", "Percent", "Amount", "UBLExtensions", "Line", "Party", "LineItem")
NAMESPACES = (
    "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}",
    "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}",
    "{urn:x}",
    "",
)


def mutant(original: etree._Element, chance: random.Random) -> bytes:
    """One to four nodes deleted, doubled, moved, renamed or given another text or attribute."""
    root = deepcopy(original)
    for _time in range(chance.randint(1, 4)):
        element = chance.choice(list(root.iter(etree.Element))[1:] or [root])
        parent = element.getparent()
        if parent is None:
            continue
        match chance.randrange(7):
            case 0:
                parent.remove(element)
            case 1:
                parent.insert(parent.index(element), deepcopy(element))
            case 2:
                element.text = chance.choice(TEXTS)
            case 3:
                element.set(chance.choice(("schemeID", "currencyID", "name", "{urn:x}y")), chance.choice(TEXTS))
            case 4:
                element.tag = f"{chance.choice(NAMESPACES)}{chance.choice(NAMES)}"
            case 5:
                parent.insert(chance.randrange(len(parent)), element)
            case 6:
                etree.SubElement(element, f"{chance.choice(NAMESPACES)}{chance.choice(NAMES)}").text = "x"
    return etree.tostring(root, encoding="utf-8")


@needs_official
def test_mutated_examples_are_read_whole_or_refused() -> None:
    chance = random.Random(7)
    parser = etree.XMLParser(remove_comments=True)
    originals = [etree.parse(path, parser).getroot() for path in EXAMPLES]
    read_whole = 0
    for _number in range(MUTANTS):
        data = mutant(chance.choice(originals), chance)
        form = FORMATS[etree.QName(etree.fromstring(data)).localname]
        try:
            found, _warnings = read(form, data)
        except XmlRefused:
            continue
        again = write(form, stored(found))
        assert _said(again) == _said(data)
        read_whole += 1
    assert read_whole > MUTANTS // 10


def _said(xml: bytes) -> Any:
    return canonical_form(etree.fromstring(xml))
