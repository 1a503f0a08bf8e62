"""What a sender of this product typed and JP PINT cannot say (tax-inclusive prices, roundings), beside the document.

A processing instruction before the root holds the difference between the invoice as its elements read and as it was
typed. It adds no statement of its own: it counts only if the invoice that it leads to writes the very same elements."""

import json
from typing import Any

from lxml import etree

HINT_TARGET = "torihiki-hint"
HINT_CHARS_MAX = 4_000_000


class HintUnusable(ValueError):
    """A hint that does not fit the document that it stands in."""


def attach_hint(root: etree._Element, read: Any, typed: Any) -> None:
    difference = _difference(read, typed)
    if difference is None:
        return
    text = json.dumps(difference, ensure_ascii=False, separators=(",", ":")).replace("?>", "?\\u003e")
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
        return _applied(read, json.loads(hint))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise HintUnusable(str(error)) from error


def _difference(read: Any, typed: Any) -> dict[str, Any] | None:
    """None where equal; else {"f": fields} of objects, {"i": items} of equally long lists, or {"v": the value}."""
    if read == typed:
        return None
    if isinstance(read, dict) and isinstance(typed, dict) and read.keys() == typed.keys():
        found = {key: _difference(read[key], typed[key]) for key in typed}
        return {"f": {key: value for key, value in found.items() if value is not None}}
    if isinstance(read, list) and isinstance(typed, list) and len(read) == len(typed):
        items = {str(index): _difference(a, b) for index, (a, b) in enumerate(zip(read, typed, strict=True))}
        return {"i": {index: value for index, value in items.items() if value is not None}}
    return {"v": typed}


def _applied(read: Any, difference: dict[str, Any]) -> Any:
    if "v" in difference:
        return difference["v"]
    if "f" in difference:
        return {**read, **{key: _applied(read[key], value) for key, value in difference["f"].items()}}
    items = list(read)
    for index, value in difference["i"].items():
        items[int(index)] = _applied(items[int(index)], value)
    return items
