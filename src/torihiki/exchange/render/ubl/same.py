"""Whether two documents say the same: element for element, whatever the order, spacing and zeros of a number."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.render.ubl.engine import is_plain_number, plain_number, prefixed

_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_NUMBERS = ("Amount", "Quantity", "Measure", "Percent", "Numeric")
_BINARY = "EmbeddedDocumentBinaryObject"


def canonical_form(element: etree._Element) -> tuple[Any, ...]:
    """A nested value that is equal for two elements exactly if they say the same."""
    children = sorted(canonical_form(child) for child in element if isinstance(child.tag, str))
    return (element.tag, _attributes(element), "" if children else _text(element), tuple(children))


def lost(before: etree._Element, after: etree._Element) -> str:
    """The path of a leaf that `before` has and `after` has not, or the other way round; empty if there is none."""
    difference = Counter(_leaves(before))
    difference.subtract(Counter(_leaves(after)))
    return next((leaf[0] for leaf, count in difference.items() if count), "")


def _leaves(root: etree._Element) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    stack = [(root, prefixed(root))]
    while stack:
        element, path = stack.pop()
        children = [child for child in element if isinstance(child.tag, str)]
        stack += [(child, f"{path}/{prefixed(child)}") for child in children]
        if not children:
            yield path, _text(element), _attributes(element)


def _attributes(element: etree._Element) -> tuple[tuple[str, str], ...]:
    found = ((str(name), str(value).strip()) for name, value in element.attrib.items())
    return tuple(sorted(pair for pair in found if not pair[0].startswith(_SCHEMA_INSTANCE)))


def _text(element: etree._Element) -> str:
    text = (element.text or "").strip()
    name = etree.QName(element).localname
    if name.endswith(_NUMBERS) and is_plain_number(text):
        return plain_number(Decimal(text))
    if name == _BINARY:
        try:
            return sha256_hex(base64.b64decode("".join(text.split()), validate=True))
        except (binascii.Error, ValueError):
            return text
    return text
