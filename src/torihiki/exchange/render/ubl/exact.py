"""A document from outside said again exactly as it was said: where it speaks otherwise than this product would.

What a body knows of a document is what people work with. How the document said it (a sum that was left out, a code of
its own, an element that nobody here uses) is kept beside it as the difference of two records, and counts only for the
very document that it was taken from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from lxml import etree
from pydantic import Field

from torihiki.exchange.bodies import Body
from torihiki.exchange.render.ubl.difference import applied, difference
from torihiki.exchange.render.ubl.engine import Reading, Record, UblRefused, get, plain_number, put
from torihiki.exchange.render.ubl.nodes import Document, Leaf, Node

CHANGE_CHARS_MAX = 4_000_000


class AsStated(Body):
    """What differs between the record that this product would write and the one that was read (JSON). `basis` is the
    SHA-256 of all else that the document consists of: with any other document the difference is void."""

    basis: Annotated[str, Field(max_length=64)]
    change: Annotated[str, Field(max_length=CHANGE_CHARS_MAX)]


def projected(document: Document, record: Mapping[str, Any], *, exact: bool = False) -> Record:
    """What of a record the document's table says, as JSON, without what is empty. Numbers lose their trailing zeros
    unless `exact`."""
    return _projected(document.children, record, exact) | _extras(record)


def stated_otherwise(said: Record, stated: Record, *, basis: str) -> AsStated | None:
    """What is to be kept so that `said` becomes `stated`, both projected. Raises UblRefused where that is too much."""
    change = difference(said, stated)
    if change is None:
        return None
    text = json.dumps(change, ensure_ascii=False, separators=(",", ":"))
    if len(text) > CHANGE_CHARS_MAX:
        raise UblRefused(_("The document says too much that cannot be kept. Ask the sender for a plainer one."))
    return AsStated(basis=basis, change=text)


def as_stated(said: Record, kept: AsStated | None, *, basis: str) -> Record:
    """`said` in the words of the document that it was taken from; `said` itself for another document."""
    if kept is None or kept.basis != basis:
        return said
    result: Record = applied(said, json.loads(kept.change))
    return result


def elements_not_understood(said: Record, stated: Record, reading: Reading) -> list[etree._Element]:
    """The elements of `stated` that `said` has nothing for: they are kept, but no field shows them."""
    missing = (reading.origin.get(path) for path in _missing(said, stated, ()))
    return [element for element in missing if element is not None]


def _projected(nodes: Sequence[Node], record: Mapping[str, Any], exact: bool) -> Record:
    found: Record = {}
    for node in nodes:
        if isinstance(node, Leaf):
            _leaf(node, record, found, exact)
        elif not node.field:
            _merge(found, _projected(node.children, record, exact))
        elif (inner := get(record, node.field)) is not None:
            if node.many:
                items = [_item(node.children, item, exact) for item in inner]
                if items:
                    put(found, node.field, items)
            elif item := _item(node.children, inner, exact):
                put(found, node.field, item)
    return found


def _item(nodes: Sequence[Node], record: Mapping[str, Any], exact: bool) -> Record:
    return _projected(nodes, record, exact) | _extras(record)


def _leaf(leaf: Leaf, record: Mapping[str, Any], found: Record, exact: bool) -> None:
    value = get(record, leaf.field) if leaf.field else None
    if value is None or value == "":
        return
    put(found, leaf.field, _plain(value, exact))
    for _attribute, field in leaf.attributes:
        if text := get(record, field):
            put(found, field, str(text))


def _plain(value: object, exact: bool) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}" if exact else plain_number(value)
    return value if isinstance(value, bool) else str(value)


def _extras(record: Mapping[str, Any]) -> Record:
    extras = record.get("extras")
    return {"extras": extras} if extras else {}


def _merge(found: Record, more: Record) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(found.get(name), dict):
            _merge(found[name], value)
        else:
            found[name] = value


def _missing(said: Any, stated: Any, where: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(stated, dict):
        for name, value in stated.items():
            if name != "extras":
                yield from _missing(said.get(name) if isinstance(said, dict) else None, value, (*where, name))
    elif isinstance(stated, list):
        for index, value in enumerate(stated):
            inner = said[index] if isinstance(said, list) and index < len(said) else None
            yield from _missing(inner, value, (*where, index))
    elif said is None:
        yield where
