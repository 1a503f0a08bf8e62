"""Records from XML and XML from records, by the table. What the table does not know is kept word for word."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree

from torihiki.exchange.render.xml import XmlRefused, line_of, parse_xml, xml_text
from torihiki.services.invoices.parts import EXTRA_XML_CHARS_MAX, EXTRAS_MAX
from torihiki.services.invoices.pint.nodes import CAC, CBC, INVOICE_NS, PREFIXES, Group, Kind, Leaf, Node
from torihiki.services.invoices.pint.table import INVOICE

Record = dict[str, Any]

_NAMESPACES = {prefix: namespace for namespace, prefix in PREFIXES.items()}
_NSMAP = {None: INVOICE_NS, "cac": CAC, "cbc": CBC}
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_NUMBER_CHARS_MAX = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ATTRIBUTE = re.compile(r"(\{[^{}\s]+\})?[A-Za-z_][\w.\-]*", re.ASCII)
_STEP = re.compile(r"(cac|cbc):([A-Za-z]+)\[([0-9]+)\]")


class PintRefused(XmlRefused):
    """An invoice that cannot be read or written as JP PINT without loss; names the element and its line."""

    def __init__(self, message: str | Promise, *, element: str = "", line: int = 0, **values: object) -> None:
        super().__init__(message, line=line, element=element, **values)
        self.element = element


class Reading:
    """One pass over a document: the record, where each field came from, and what nobody knew."""

    def __init__(self) -> None:
        self.origin: dict[tuple[str | int, ...], etree._Element] = {}
        self.unknown: list[etree._Element] = []
        self._kept = 0

    def read(self, root: etree._Element) -> Record:
        """The record of an Invoice element, whose processing instructions are dropped. Raises PintRefused."""
        etree.strip_tags(root, etree.PI)
        currency = (root.findtext(f"{{{CBC}}}DocumentCurrencyCode") or "").strip()
        record: Record = {}
        extras: list[Record] = []
        self._children(root, INVOICE.children, record, (), currency, extras, "")
        record["extras"] = {"items": extras} if extras else None
        return record

    def _children(
        self,
        element: etree._Element,
        nodes: Sequence[Node],
        record: Record,
        where: tuple[str | int, ...],
        currency: str,
        extras: list[Record],
        at: str,
    ) -> bool:
        """Reads the children of `element` into `record`; says whether anything in it was understood."""
        known = False
        by_tag = {node.tag: node for node in nodes}
        done: set[str] = set()
        count: Counter[str] = Counter()
        _refuse_loose_text(element)
        for position, child in enumerate(element):
            tag = prefixed(child)
            count[tag] += 1
            node = by_tag.get(tag)
            path = f"{at}/{tag}[{count[tag]}]" if at else f"{tag}[{count[tag]}]"
            understood = False
            if node is not None and not (tag in done and not (isinstance(node, Group) and node.many)):
                if isinstance(node, Leaf):
                    understood = self._leaf(child, node, record, where, currency, extras, path)
                else:
                    understood = self._group(child, node, record, where, currency, extras, path)
            if understood:
                done.add(tag)
                known = True
            else:
                self._keep_element(child, extras, at, position)
        for node in nodes:
            if node.required and node.tag not in done:
                raise PintRefused(
                    _("%(element)s is missing or empty in %(parent)s. Ask the sender to complete the invoice."),
                    element=node.tag,
                    parent=prefixed(element),
                    line=line_of(element),
                )
        return known

    def _group(
        self,
        element: etree._Element,
        group: Group,
        record: Record,
        where: tuple[str | int, ...],
        currency: str,
        extras: list[Record],
        path: str,
    ) -> bool:
        inner: Record = record
        inside = where
        if group.field:
            inner = {}
            inside = (*where, *group.field.split("."))
            if group.many:
                inside = (*inside, len(get(record, group.field) or ()))
        if group.currency_of:
            namesake = element.find(group.currency_of, _NAMESPACES)
            currency = "" if namesake is None else namesake.get("currencyID", "").strip()
            inner["currency"] = currency
        own: list[Record] = [] if group.owner else extras
        before, kept = len(own), self._kept
        unknown = len(self.unknown)
        understood = self._children(element, group.children, inner, inside, currency, own, "" if group.owner else path)
        if not understood:
            del own[before:], self.unknown[unknown:]
            self._kept = kept
            return False
        self._keep_attributes(element, (), own, "" if group.owner else path)
        if group.owner:
            inner["extras"] = {"items": own} if own else None
        if group.field:
            self.origin[inside] = element
            if group.many:
                append(record, group.field, inner)
            else:
                put(record, group.field, inner)
        return True

    def _leaf(
        self,
        element: etree._Element,
        leaf: Leaf,
        record: Record,
        where: tuple[str | int, ...],
        currency: str,
        extras: list[Record],
        path: str,
    ) -> bool:
        text = (element.text or "").strip()
        if not text or len(element):
            return False
        if leaf.fixed:
            if text != leaf.fixed:
                raise PintRefused(
                    _("%(element)s is “%(found)s”; JP PINT allows only “%(fixed)s” there."),
                    element=leaf.tag,
                    found=text[:50],
                    fixed=leaf.fixed,
                    line=line_of(element),
                )
        else:
            put(record, leaf.field, _value(element, leaf, text, currency))
            self.origin[(*where, *leaf.field.split("."))] = element
        handled = {"currencyID"} if leaf.kind is Kind.AMOUNT else set()
        for attribute, field in leaf.attributes:
            if attribute in element.attrib:
                put(record, field, element.get(attribute, "").strip())
                handled.add(attribute)
                self.origin[(*where, *field.split("."))] = element
        self._keep_attributes(element, handled, extras, path)
        return True

    def _keep_element(self, element: etree._Element, extras: list[Record], at: str, position: int) -> None:
        # Parsed again and serialised alone, so that the fragment carries its own namespaces and nothing around it.
        xml = etree.tostring(element, encoding="unicode", with_tail=False)
        self._bound(element, len(xml))
        extras.append({"at": at, "position": position, "xml": xml})
        self.unknown.append(element)

    def _keep_attributes(
        self, element: etree._Element, handled: set[str] | tuple[()], extras: list[Record], path: str
    ) -> None:
        for name, value in element.attrib.items():
            if name in handled or str(name).startswith(_SCHEMA_INSTANCE):
                continue
            self._bound(element, len(value) * 25)
            extras.append({"at": path, "attribute": str(name), "value": str(value)})
            self.unknown.append(element)

    def _bound(self, element: etree._Element, chars: int) -> None:
        self._kept += 1
        if self._kept > EXTRAS_MAX or chars > EXTRA_XML_CHARS_MAX:
            raise PintRefused(
                _("%(element)s is not part of JP PINT, and there is too much of it to keep. Ask for a plain invoice."),
                element=prefixed(element),
                line=line_of(element),
            )


def build(record: Mapping[str, Any]) -> etree._Element:
    """The Invoice element of a record. Raises XmlRefused for text that XML cannot carry."""
    root = etree.Element(f"{{{INVOICE_NS}}}Invoice", nsmap=_NSMAP)  # type: ignore[arg-type]  # None: default namespace
    _emit(root, INVOICE.children, record, str(record["currency"]))
    _restore(root, record.get("extras"))
    return root


def _emit(parent: etree._Element, nodes: Sequence[Node], record: Mapping[str, Any], currency: str) -> bool:
    """Appends what `record` holds; says whether anything but constants was written."""
    written = False
    for node in nodes:
        if isinstance(node, Leaf):
            written = _emit_leaf(parent, node, record, currency) or written
            continue
        inner: Any = get(record, node.field) if node.field else record
        for item in (inner or ()) if node.many else (inner,):
            if item is None:
                continue
            element = etree.Element(_qualified(node.tag))
            if _emit(element, node.children, item, item["currency"] if node.currency_of else currency):
                parent.append(element)
                written = True
                if node.owner:
                    _restore(element, item.get("extras"))
            elif node.constant:
                parent.append(element)
    return written


def _emit_leaf(parent: etree._Element, leaf: Leaf, record: Mapping[str, Any], currency: str) -> bool:
    value = leaf.fixed or get(record, leaf.field)
    if value is None or value == "":
        return False
    element = etree.SubElement(parent, _qualified(leaf.tag))
    element.text = _written(value)
    if leaf.kind is Kind.AMOUNT:
        element.set("currencyID", currency)
    for attribute, field in leaf.attributes:
        text = get(record, field)
        if text:
            element.set(attribute, xml_text(str(text)))
    return not leaf.fixed


def _restore(owner: etree._Element, extras: Mapping[str, Any] | None) -> None:
    """Puts kept elements and attributes back where they stood; what has lost its place to an edit stays away."""
    for extra in (extras or {}).get("items", ()):
        place: etree._Element | None = owner
        for prefix, name, index in _STEP.findall(extra["at"]):
            found = place.findall(f"{prefix}:{name}", _NAMESPACES) if place is not None else []
            place = found[int(index) - 1] if 0 < int(index) <= len(found) else None
        if place is None:
            continue
        if extra.get("xml"):
            place.insert(extra.get("position", 0), parse_xml(extra["xml"].encode()))
        elif _ATTRIBUTE.fullmatch(extra.get("attribute", "")):
            place.set(extra["attribute"], xml_text(extra["value"]))


def _value(element: etree._Element, leaf: Leaf, text: str, currency: str) -> object:
    line = line_of(element)
    if leaf.kind is Kind.TEXT:
        return text
    if leaf.kind is Kind.DATE:
        if not _DATE.fullmatch(text):
            raise PintRefused(
                _("%(element)s is “%(found)s”, not a date in the form 2026-04-01."),
                element=leaf.tag,
                found=text[:50],
                line=line,
            )
        return text
    if leaf.kind is Kind.FLAG:
        if text not in ("true", "false"):
            raise PintRefused(
                _("%(element)s is “%(found)s”; it must be true or false."), element=leaf.tag, found=text[:50], line=line
            )
        return text == "true"
    if not is_plain_number(text):
        raise PintRefused(
            _("%(element)s is “%(found)s”, not a plain decimal number."), element=leaf.tag, found=text[:50], line=line
        )
    if leaf.kind is Kind.AMOUNT and element.get("currencyID", "").strip() != currency:
        raise PintRefused(
            _("%(element)s is in “%(found)s”, but the invoice is in %(currency)s: amounts must not mix currencies."),
            element=leaf.tag,
            found=element.get("currencyID", "")[:10],
            currency=currency[:10],
            line=line,
        )
    return Decimal(text)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain_number(value)
    return xml_text(str(value))


def is_plain_number(text: str) -> bool:
    """xs:decimal of a sane length: no exponent, no infinity, no NaN."""
    return len(text) <= _NUMBER_CHARS_MAX and _NUMBER.fullmatch(text) is not None


def plain_number(value: Decimal) -> str:
    """`value` without exponent and trailing zeros: JPY tax must show no decimal point (aligned-ibr-jp-06)."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def get(record: Mapping[str, Any], path: str) -> Any:
    found: Any = record
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def put(record: Record, path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        record = record.setdefault(parent, {})
    record[name] = value


def append(record: Record, path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        record = record.setdefault(parent, {})
    record.setdefault(name, []).append(value)


def prefixed(element: etree._Element) -> str:
    name = etree.QName(element)
    prefix = PREFIXES.get(name.namespace or "")
    return f"{prefix}:{name.localname}" if prefix else name.localname if name.namespace == INVOICE_NS else name.text


def _qualified(tag: str) -> str:
    prefix, _colon, name = tag.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{name}"


def _refuse_loose_text(element: etree._Element) -> None:
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise PintRefused(
            _("%(element)s contains text between its elements, which UBL does not allow."),
            element=prefixed(element),
            line=line_of(element),
        )
