"""Files that mean harm or are merely broken: each is refused by name and at once, or read without losing anything."""

import random
import time
from collections.abc import Callable
from copy import deepcopy

import pytest
from lxml import etree

from torihiki.exchange.bodies import LINES_MAX
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.mapping import XmlRefused, read_pint, write_pint
from torihiki.services.invoices.tests.official import EXAMPLES, leaves, needs_official
from torihiki.services.invoices.tests.strategies import BUYER, seller
from torihiki.services.invoices.tests.test_mapping import ON

SECONDS_MAX = 2.0  # of processor time, which does not depend on what else the machine does
MUTANTS = 3_000
ORDER = b"urn:oasis:names:specification:ubl:schema:xsd:Order-2"
XINCLUDE = "http://www.w3.org/2001/XInclude"


def plain_invoice(lines: int = 1) -> bytes:
    body = InvoiceBody(lines=tuple(InvoiceLine(description="りんご", unit_price=108) for _line in range(lines)))
    return write_pint(number="1", issued_on=ON, seller=seller(body.flavour), buyer=BUYER, body=body)


PLAIN = plain_invoice()
ROOT = PLAIN.index(b"<Invoice")
LINE = PLAIN[PLAIN.index(b"<cac:InvoiceLine>") : PLAIN.index(b"</cac:InvoiceLine>") + len(b"</cac:InvoiceLine>")]
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10 if level else b"ha") for level in range(10)
)


def with_doctype(doctype: bytes, text: bytes = b"108") -> bytes:
    return PLAIN[:ROOT] + doctype + PLAIN[ROOT:].replace(b">108<", b">" + text + b"<")


def put_in(old: bytes, new: bytes) -> Callable[[], bytes]:
    assert old in PLAIN
    return lambda: PLAIN.replace(old, new, 1)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": bytes,
    "not XML": lambda: b"%PDF-1.7",
    "DTD": lambda: with_doctype(b"<!DOCTYPE Invoice>"),
    "DTD behind a comment": lambda: with_doctype(
        b"<!-- x --><?y z?><!DOCTYPE Invoice SYSTEM 'http://127.0.0.1/x.dtd'>"
    ),
    "billion laughs": lambda: with_doctype(b"<!DOCTYPE Invoice [" + LAUGHS + b"]>", b"&l9;"),
    "quadratic blowup": lambda: with_doctype(
        b'<!DOCTYPE Invoice [<!ENTITY a "' + b"a" * 50_000 + b'">]>', b"&a;" * 50_000
    ),
    "external entity": lambda: with_doctype(b'<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>', b"&x;"),
    "parameter entity": lambda: with_doctype(b'<!DOCTYPE Invoice [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]>'),
    "undeclared entity": put_in(b">108<", b">&x;<"),
    "XInclude": put_in(b">108<", b'><xi:include xmlns:xi="' + XINCLUDE.encode() + b'" href="/etc/passwd"/><'),
    "200 MB": lambda: PLAIN + b" " * (200 * 1024 * 1024),
    "UTF-16": lambda: PLAIN.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 in name only": put_in(b"UTF-8", b"UTF-16"),
    "Shift_JIS": lambda: PLAIN.decode().replace("UTF-8", "Shift_JIS").encode("cp932"),
    "Shift_JIS in name only": put_in(b"UTF-8", b"Shift_JIS"),
    "Shift_JIS under the name of UTF-8": lambda: PLAIN.decode().encode("cp932"),
    "truncated": lambda: PLAIN[: len(PLAIN) // 2],
    "two documents": lambda: PLAIN + PLAIN[ROOT:],
    "an order": lambda: b'<Order xmlns="' + ORDER + b'"><ID>1</ID></Order>',
    "an invoice of no namespace": lambda: b"<Invoice/>",
    "an empty invoice": lambda: b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>',
    "deep nesting": put_in(LINE, b"<a>" * 200 + b"</a>" * 200),
    "very deep nesting": lambda: b"<a>" * 400_000,
    "many elements": lambda: b"<a>" + b"<b/>" * 2_000_000 + b"</a>",
    "many processing instructions": lambda: b"<?a?>" * 1_500_000 + b"<a/>",
    "a million lines": lambda: PLAIN.replace(LINE, b"<cac:InvoiceLine/>" * 1_000_000),
    "more lines than are read": lambda: PLAIN.replace(LINE, LINE * (LINES_MAX + 1)),
    "many attributes": put_in(b"<cbc:Name>", b"<cbc:Name %s>" % b" ".join(b'a%d="1"' % n for n in range(20_000))),
    "many strange elements": put_in(b"<cbc:Name>", b"<cbc:Strange>1</cbc:Strange>" * 10_000 + b"<cbc:Name>"),
    "many references": put_in(
        b"<cac:AccountingSupplierParty>",
        b"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>1</cbc:ID></cac:InvoiceDocumentReference>"
        b"</cac:BillingReference>" * 60_000 + b"<cac:AccountingSupplierParty>",
    ),
    "NaN": put_in(b">108<", b">NaN<"),
    "infinity": put_in(b">108<", b">INF<"),
    "1e999": put_in(b">108<", b">1e999<"),
    "an endless number": put_in(b">108<", b">" + b"9" * 1_000_000 + b"<"),
    "full-width digits": put_in(b">108<", ">１０８<".encode()),
    "an amount out of bounds": put_in(b">108<", b">9999999999999999999999999.5<"),
    "a date that is none": put_in(b"2026-04-30<", b"2026-02-30<"),
    "a date in another form": put_in(b"2026-04-30<", b"30.4.2026<"),
    "an unknown currency": lambda: PLAIN.replace(b"JPY", b"XQQ"),
    "mixed currencies": put_in(b'currencyID="JPY"', b'currencyID="USD"'),
    "an unknown tax category": lambda: PLAIN.replace(b"<cbc:ID>S<", b"<cbc:ID>Z<"),
    "another tax": lambda: PLAIN.replace(b">VAT<", b">GST<"),
    "an unknown type": put_in(b">380<", b">381<"),
    "another specification": put_in(b"pint:billing-1@jp-1", b"pint:billing-1@sg-1"),
    "a negative price": put_in(b'"JPY">108</cbc:PriceAmount>', b'"JPY">-108</cbc:PriceAmount>'),
    "no lines": put_in(LINE, b""),
    "text between elements": put_in(b"<cac:Item>", b"<cac:Item>loose"),
    "no unit code": put_in(b' unitCode="C62"', b""),
    "no period": lambda: (
        PLAIN[: PLAIN.index(b"<cac:InvoicePeriod>")]
        + PLAIN[PLAIN.index(b"</cac:InvoicePeriod>") + len(b"</cac:InvoicePeriod>") :]
    ),
    "NUL": put_in(b">108<", b">1\x0008<"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_by_name_and_at_once(name: str) -> None:
    data = HOSTILE[name]()
    began = time.process_time()

    with pytest.raises(XmlRefused) as refused:
        read_pint(data)

    assert time.process_time() - began < SECONDS_MAX
    assert len(str(refused.value)) > 20
    assert "%(" not in str(refused.value)
    assert "root:" not in str(refused.value)


def test_refusal_names_element_and_line() -> None:
    with pytest.raises(XmlRefused) as refused:
        read_pint(PLAIN.replace(b">108</cbc:PriceAmount>", b">NaN</cbc:PriceAmount>"))

    assert "cbc:PriceAmount" in str(refused.value)
    assert refused.value.line == 1 + PLAIN[: PLAIN.index(b">108</cbc:PriceAmount>")].count(b"\n")


def test_the_longest_invoice_is_read() -> None:
    xml = plain_invoice(LINES_MAX)

    assert len(read_pint(xml).body.lines) == LINES_MAX


def test_bom_comments_cdata_and_instructions_are_harmless() -> None:
    decorated = b"\xef\xbb\xbf" + PLAIN.replace(b">108<", b"><!-- x --><![CDATA[108]]><?pi x?><")

    assert read_pint(decorated).body == read_pint(PLAIN).body


def mutant(original: etree._Element, chance: random.Random) -> bytes:
    """One to four nodes deleted, doubled, moved, renamed or given another text or attribute."""
    root = deepcopy(original)
    for _time in range(chance.randint(1, 4)):
        element = chance.choice(list(root.iter(etree.Element))[1:] or [root])
        parent = element.getparent()
        if parent is None:
            continue
        match chance.randrange(8):
            case 0:
                parent.remove(element)
            case 1:
                parent.insert(parent.index(element), deepcopy(element))
            case 2:
                element.text = chance.choice(TEXTS)
            case 3:
                element.set(chance.choice(("schemeID", "currencyID", "name", "{urn:x}y")), chance.choice(TEXTS))
            case 4:
                if element.attrib:
                    del element.attrib[chance.choice(list(element.attrib))]
            case 5:
                element.tag = f"{chance.choice(NAMESPACES)}{chance.choice(NAMES)}"
            case 6:
                parent.insert(chance.randrange(len(parent)), element)
            case 7:
                child = etree.SubElement(element, f"{chance.choice(NAMESPACES)}{chance.choice(NAMES)}")
                child.text = chance.choice(TEXTS)
    return etree.tostring(root, encoding="utf-8")


TEXTS = (
    "",
    " ",
    "0",
    "-1",
    "1.005",
    "1e5",
    "999999999999999999",
    "JPY",
    "true",
    "2026-13-01",
    "2025-01-01",
    "あ" * 600,
)
NAMESPACES = (
    "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}",
    "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}",
    "{urn:x}",
    "",
)
NAMES = ("ID", "Note", "Item", "TaxCategory", "Percent", "Amount", "UBLExtensions", "Line", "InvoicePeriod", "Party")


@needs_official
@pytest.mark.parametrize("seed", range(4))
def test_mutated_examples_are_read_whole_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    parser = etree.XMLParser(remove_comments=True)
    originals = [etree.parse(path, parser).getroot() for path in EXAMPLES]
    read_whole = 0
    for _number in range(MUTANTS // 4):
        data = mutant(chance.choice(originals), chance)
        try:
            read = read_pint(data)
        except XmlRefused:
            continue
        again = write_pint(
            number=read.number,
            issued_on=read.issued_on,
            seller=read.seller,
            buyer=read.buyer,
            body=InvoiceBody.model_validate(read.body.model_dump(mode="json")),
            files=read.files,
        )
        assert leaves(etree.fromstring(again)) == leaves(etree.fromstring(data))
        read_whole += 1
    assert read_whole > MUTANTS // 4 // 10
