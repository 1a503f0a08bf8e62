"""What a sender of this product typed and the format cannot say (tax-inclusive prices, roundings), beside the document.

A processing instruction before the root holds the difference between the document as its elements read and as it was
typed. It adds no statement of its own: it counts only if the document that it leads to writes the same elements."""

import json
from typing import Any

from lxml import etree

from torihiki.exchange.render.ubl.difference import applied, difference

HINT_TARGET = "torihiki-hint"
HINT_CHARS_MAX = 4_000_000


class HintUnusable(ValueError):
    """A hint that does not fit the document that it stands in."""


def attach_hint(root: etree._Element, read: Any, typed: Any) -> None:
    found = difference(read, typed)
    if found is None:
        return
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("?>", "?\\u003e")
    if len(text) <= HINT_CHARS_MAX:
        root.addprevious(etree.ProcessingInstruction(HINT_TARGET, text))


def find_hint(root: etree._Element) -> str | None:
    node: Any = root.getprevious()
    while node is not None:
        if node.tag is etree.PI and getattr(node, "target", "") == HINT_TARGET:
            return node.text or ""
        node = node.getprevious()
    return None


def apply_hint(read: Any, hint: str) -> Any:
    """`read` with the differences of the hint. Raises HintUnusable."""
    if len(hint) > HINT_CHARS_MAX:
        raise HintUnusable("too long")
    try:
        return applied(read, json.loads(hint))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise HintUnusable(str(error)) from error
