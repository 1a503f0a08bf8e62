"""The official JP PINT examples and rules, which stand beside the checkout and are no part of it."""

import base64
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

JP_PINT = Path(__file__).parents[6] / "shared" / "standards" / "jp-pint-1.1.3"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

needs_official = pytest.mark.skipif(not JP_PINT.is_dir(), reason="the official rules are not at ../shared/standards")

EXAMPLES = sorted(JP_PINT.glob("*/examples/*.xml"))
FOLDER_OF_TYPE = {"380": "standard", "480": "ntr", "389": "sb"}


@cache
def _processor() -> PySaxonProcessor:
    processor = PySaxonProcessor(license=False)
    processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "")
    return processor


@cache
def _rules(folder: str) -> tuple[PyXsltExecutable, ...]:
    compiler = _processor().new_xslt30_processor()
    return tuple(
        compiler.compile_stylesheet(stylesheet_text=path.read_text("utf-8"))
        for path in sorted((JP_PINT / folder / "rules").glob("*.xslt"))
    )


def failed_assertions(xml: bytes) -> list[str]:
    """Ids of the official assertions that the invoice fails, by both stylesheets of its own folder."""
    text = xml.decode("utf-8")
    code = etree.fromstring(xml).findtext("{*}InvoiceTypeCode")
    rules = _rules(FOLDER_OF_TYPE[str(code)])
    assert len(rules) == 2
    node = _processor().parse_xml(xml_text=text)
    failed = []
    for rule in rules:
        report = etree.fromstring(rule.transform_to_string(xdm_node=node).encode())
        assert report.findall(f"{SVRL}fired-rule"), "no rule looked at the document"
        failed += [f"{found.get('id')}: {found.get('test', '')[:80]}" for found in report.iter(f"{SVRL}failed-assert")]
    return failed


def leaves(root: etree._Element) -> Counter[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Every leaf as (path, text, attributes); the lines in order, each knowing its number."""
    return Counter(_leaves(root, ""))


def _leaves(element: etree._Element, above: str) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    lines = 0
    children = [child for child in element if isinstance(child.tag, str)]
    for child in children:
        name = etree.QName(child).localname
        if name == "InvoiceLine":
            lines += 1
            name = f"{name}[{lines}]"
        yield from _leaves(child, f"{above}/{name}")
    if not children:
        yield above, _said(element, above), tuple(sorted((str(k), str(v).strip()) for k, v in element.attrib.items()))


def _said(element: etree._Element, path: str) -> str:
    text = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if path.endswith("EmbeddedDocumentBinaryObject"):
        return base64.b64decode(text).hex()
    if path.endswith(("Amount", "Quantity", "Percent", "Numeric")):
        try:
            return f"{Decimal(text).normalize():f}"
        except InvalidOperation:
            return text
    return text
