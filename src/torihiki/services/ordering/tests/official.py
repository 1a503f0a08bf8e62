"""The official Peppol BIS examples and rules, which stand beside the checkout and are no part of it."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

PEPPOL = Path(__file__).parents[6] / "shared" / "standards" / "peppol-bis-2026.5"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
TRANSACTIONS = {"Order": "T01", "OrderResponse": "T76", "DespatchAdvice": "T16"}

needs_official = pytest.mark.skipif(not PEPPOL.is_dir(), reason="the official rules are not at ../shared/standards")


def name_of(xml: bytes) -> str:
    return etree.QName(etree.fromstring(xml)).localname


EXAMPLES = [path for path in sorted(PEPPOL.glob("examples/*.xml")) if name_of(path.read_bytes()) in TRANSACTIONS]

Leaf = tuple[str, str, tuple[tuple[str, str], ...]]


@cache
def _processor() -> PySaxonProcessor:
    processor = PySaxonProcessor(license=False)
    processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "")
    return processor


@cache
def _rules(name: str) -> PyXsltExecutable:
    path = PEPPOL / "rules" / f"PEPPOLBIS-{TRANSACTIONS[name]}.xslt"
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_text=path.read_text("utf-8"))


def failed_assertions(xml: bytes, *, flags: tuple[str, ...] = ("fatal", "warning")) -> list[str]:
    """The official assertions that a document fails, in their own words; `fatal` ones forbid it to be exchanged."""
    node = _processor().parse_xml(xml_text=xml.decode("utf-8"))
    report = etree.fromstring(_rules(name_of(xml)).transform_to_string(xdm_node=node).encode())
    assert report.findall(f"{SVRL}fired-rule"), "no rule looked at the document"
    return [
        f"{found.get('flag')} {found.get('id')}: {found.findtext(f'{SVRL}text')}"
        for found in report.iter(f"{SVRL}failed-assert")
        if found.get("flag", "fatal") in flags
    ]


def leaves(xml: bytes) -> Counter[Leaf]:
    """Every leaf as (path, text, attributes), exactly as it is spelt; every sibling of a name knows its number."""
    return Counter(_leaves(etree.fromstring(xml), ""))


def _leaves(element: etree._Element, above: str) -> Iterator[Leaf]:
    seen: Counter[str] = Counter()
    children = [child for child in element if isinstance(child.tag, str)]
    for child in children:
        name = etree.QName(child).localname
        seen[name] += 1
        yield from _leaves(child, f"{above}/{name}[{seen[name]}]")
    if not children:
        yield above, (element.text or "").strip(), tuple(sorted((str(k), str(v)) for k, v in element.attrib.items()))
