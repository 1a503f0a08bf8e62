"""Records from XML and XML from records, by the table. What the table does not know is kept word for word."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree
from pydantic import BaseModel, ValidationError

from torihiki.exchange.render.ubl.nodes import CAC, CBC, PREFIXES, UBL, Document, Group, Kind, Leaf, Node
from torihiki.exchange.render.ubl.parts import EXTRA_XML_CHARS_MAX, EXTRAS_MAX
from torihiki.exchange.render.xml import XmlRefused, line_of, parse_xml, xml_text
from torihiki.lib.complaints import complaint

Record = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

_NAMESPACES = {prefix: namespace for namespace, prefix in PREFIXES.items()}
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_NUMBER_CHARS_MAX = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ATTRIBUTE = re.compile(r"(\{[^{}\s]+\})?[A-Za-z_][\w.\-]*", re.ASCII)
_STEP = re.compile(r"(cac|cbc):([A-Za-z]+)\[([0-9]+)\]")


class UblRefused(XmlRefused):
    """A document that cannot be read or written without loss; names the element and its line."""

    def __init__(self, message: str | Promise, *, element: str = "", line: int = 0, **values: object) -> None:
        super().__init__(message, line=line, element=element, **values)
        self.element = element


class Reading:
    """One pass over a document: the record, where each field came from, and what nobody knew."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.origin: dict[tuple[str | int, ...], etree._Element] = {}
        self.unknown: list[etree._Element] = []

    def read(self, root: etree._Element) -> Record:
        """The record of the document's root element, whose processing instructions are dropped. Raises UblRefused."""
        if root.tag != self.document.tag:
            raise UblRefused(
                _(
                    "This is a document of another kind (%(element)s), not a %(name)s of UBL. Choose another file, or "
                    "take it in where documents of its kind are."
                ),
                element=prefixed(root)[:80],
                name=self.document.name,
                line=line_of(root),
            )
        etree.strip_tags(root, etree.PI)
        currency = (root.findtext(self.document.currency, namespaces=_NAMESPACES) or "").strip()
        record: Record = {}
        extras: list[Record] = []
        self._children(root, self.document.children, record, (), currency, extras, "")
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
                raise UblRefused(
                    _("%(element)s is missing or empty in %(parent)s. Ask the sender to complete the document."),
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
        before = len(own)
        unknown = len(self.unknown)
        understood = self._children(element, group.children, inner, inside, currency, own, "" if group.owner else path)
        if not understood:
            del own[before:], self.unknown[unknown:]
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
                raise UblRefused(
                    _("%(element)s is “%(found)s”; %(format)s allows only “%(fixed)s” there."),
                    element=leaf.tag,
                    format=self.document.format,
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
        self._bound(element, extras, len(xml))
        extras.append({"at": at, "position": position, "xml": xml})
        self.unknown.append(element)

    def _keep_attributes(
        self, element: etree._Element, handled: set[str] | tuple[()], extras: list[Record], path: str
    ) -> None:
        for name, value in element.attrib.items():
            if name in handled or str(name).startswith(_SCHEMA_INSTANCE):
                continue
            self._bound(element, extras, len(value) * 25)
            extras.append({"at": path, "attribute": str(name), "value": str(value)})
            if name not in self.document.quiet:
                self.unknown.append(element)

    def _bound(self, element: etree._Element, extras: list[Record], chars: int) -> None:
        if len(extras) >= EXTRAS_MAX or chars > EXTRA_XML_CHARS_MAX:
            raise UblRefused(
                _(
                    "%(element)s is not part of %(format)s, and there is too much of it to keep. Ask for a plain "
                    "document."
                ),
                element=prefixed(element),
                format=self.document.format,
                line=line_of(element),
            )

    def validated(self, model: type[Model], fields: Mapping[str, Any], where: tuple[str | int, ...] = ()) -> Model:
        """`fields`, which stood at `where` in the record, as a model. Raises UblRefused that names the element behind
        the first field that does not fit."""
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path = (*where, *first["loc"])
            found = next(
                (self.origin[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.origin), None
            )
            raise UblRefused(
                _("%(element)s cannot be taken over: %(reason)s. Ask the sender to correct the document."),
                element=prefixed(found) if found is not None else ".".join(map(str, path)) or self.document.name,
                line=line_of(found) if found is not None else 0,
                reason=complaint(first).rstrip(".。"),
            ) from None


def build(document: Document, record: Mapping[str, Any]) -> etree._Element:
    """The root element of a record. Raises XmlRefused for text that XML cannot carry."""
    namespaces = {None: document.namespace, "cac": CAC, "cbc": CBC}
    root = etree.Element(document.tag, nsmap=namespaces)  # type: ignore[arg-type]  # None: default namespace
    _emit(root, document.children, record, str(record.get("currency") or ""))
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
            raise UblRefused(
                _("%(element)s is “%(found)s”, not a date in the form 2026-04-01."),
                element=leaf.tag,
                found=text[:50],
                line=line,
            )
        return text
    if leaf.kind is Kind.FLAG:
        if text not in ("true", "false"):
            raise UblRefused(
                _("%(element)s is “%(found)s”; it must be true or false."), element=leaf.tag, found=text[:50], line=line
            )
        return text == "true"
    if not is_plain_number(text):
        raise UblRefused(
            _("%(element)s is “%(found)s”, not a plain decimal number."), element=leaf.tag, found=text[:50], line=line
        )
    if leaf.kind is Kind.AMOUNT and element.get("currencyID", "").strip() != currency:
        raise UblRefused(
            _("%(element)s is in “%(found)s”, but the document is in %(currency)s: amounts must not mix currencies."),
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
    namespace = name.namespace or ""
    if prefix := PREFIXES.get(namespace):
        return f"{prefix}:{name.localname}"
    return name.localname if namespace.startswith(UBL) else name.text


def _qualified(tag: str) -> str:
    prefix, _colon, name = tag.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{name}"


def _refuse_loose_text(element: etree._Element) -> None:
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise UblRefused(
            _("%(element)s contains text between its elements, which UBL does not allow."),
            element=prefixed(element),
            line=line_of(element),
        )
