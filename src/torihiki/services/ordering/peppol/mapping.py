"""Orders, order responses and despatch advices from Peppol BIS 3 and to it: nothing is lost on the way.

A `Format` says how one of the three is understood and expressed; reading, writing, what is kept beside the body and
the check that nothing was lost are the same for all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree
from pydantic import Field, ValidationError

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.bodies import LINES_MAX, Body, PartyDetails
from torihiki.exchange.render.ubl.engine import Reading, Record, UblRefused, build, prefixed
from torihiki.exchange.render.ubl.exact import as_stated, elements_not_understood, projected, stated_otherwise
from torihiki.exchange.render.ubl.files import EmbeddedFile
from torihiki.exchange.render.ubl.hints import HintUnusable, apply_hint, attach_hint, find_hint
from torihiki.exchange.render.ubl.nodes import Document
from torihiki.exchange.render.ubl.remarks import Remark, remarks_on_numbers, remarks_on_unknown
from torihiki.exchange.render.ubl.same import canonical_form, lost
from torihiki.exchange.render.xml import XmlRefused, line_of, parse_xml, write_xml
from torihiki.exchange.tax import CurrencyUnknown, RateUnknown
from torihiki.lib.canonical import canonical_json
from torihiki.services.ordering.body import Exchanged
from torihiki.services.ordering.peppol.companies import understand_company

NUMBER_CHARS_MAX = 100
NAMED_ELEMENTS_MAX = 8
UNREMARKABLE = ("cbc:IssueTime",)

OrderingBody = TypeVar("OrderingBody", bound=Exchanged)


@dataclass(frozen=True)
class Paper(Generic[OrderingBody]):
    """A document with its envelope: what is written, and what was read."""

    number: str
    issued_on: date
    seller: PartyDetails
    buyer: PartyDetails
    body: OrderingBody
    files: tuple[EmbeddedFile, ...] = ()


@dataclass(frozen=True)
class Demand:
    """One rule of the format: its official id, the element to look at, what to say, and when a record meets it."""

    rule: str
    element: str
    message: str | Promise
    met: Callable[[Record], bool]


@dataclass(frozen=True)
class Format(Generic[OrderingBody]):
    """One kind of Peppol document. `understand` gives the fields of the body and the files, `express` the record."""

    document: Document
    customization: str
    profiles: tuple[str, ...]
    line: str
    body: type[OrderingBody]
    understand: Callable[[Record, Reading, date], tuple[Record, list[EmbeddedFile]]]
    express: Callable[[Paper[OrderingBody]], Record]
    demands: tuple[Demand, ...]
    remarks: Callable[[Paper[OrderingBody]], Iterable[Remark]] = lambda _paper: ()
    complete: Callable[[OrderingBody, date], OrderingBody] = lambda body, _on: body


Warnings = list[Remark]


def read(form: Format[OrderingBody], xml: bytes) -> tuple[Paper[OrderingBody], Warnings]:
    """Reads a document of this format, up to 10 MiB and 5 000 lines, and says what is worth knowing about it.

    What is read writes the same elements again: what no field of the body says is kept beside it (`as_stated`), and
    the elements that are only kept are named in a warning. Raises XmlRefused for XML that is unsafe or not
    well-formed, and UblRefused (an XmlRefused) for what is no such document or could not be kept without loss."""
    root = parse_xml(xml)
    hint = find_hint(root)
    paper, warnings = _read(form, root)
    if canonical_form(_root(form, paper)) != canonical_form(root):
        raise UblRefused(
            _("%(element)s could not be kept as it stands. Ask the sender for a document that follows %(format)s."),
            element=lost(root, _root(form, paper)) or form.document.name,
            format=form.document.format,
        )
    if hint is not None:
        try:
            return _as_typed(form, paper, hint, root), remarks_on_numbers(paper.seller, paper.buyer)
        except (HintUnusable, XmlRefused, RateUnknown, CurrencyUnknown):
            text = _("The sender's notes on how things were entered do not fit the document and are ignored.")
            warnings = [*warnings, Remark(text)]
    return paper, warnings


def write(form: Format[OrderingBody], paper: Paper[OrderingBody]) -> bytes:
    """The document as UTF-8. One that came from outside is written as it came.

    Raises UblRefused for what the format demands and the document lacks, XmlRefused for text that XML cannot carry,
    RateUnknown and CurrencyUnknown for sums that cannot be told."""
    said = projected(form.document, form.express(paper))
    record = as_stated(said, paper.body.as_stated, basis=_basis(paper))
    if record is said:
        for demand in form.demands:
            if not demand.met(record):
                raise UblRefused(demand.message, element=demand.element)
    root = build(form.document, record)
    again, _warnings = _read(form, etree.fromstring(etree.tostring(root)))
    attach_hint(root, _typed(again.body), _typed(paper.body))
    return write_xml(root)


def clipped(fields: Record, **chars_max: int) -> None:
    """Shortens texts that are longer than their field: the whole text is kept in `as_stated`."""
    for name, most in chars_max.items():
        if isinstance(fields.get(name), str) and len(fields[name]) > most:
            fields[name] = fields[name][: most - 1].rstrip() + "…"


def unique_ids(given: Sequence[str]) -> list[str]:
    """An id for every line, in order: its own where it has one that no line before it has (PEPPOL-T01-R001)."""
    found: dict[str, None] = {}
    own = set(given)
    for position, name in enumerate(given, start=1):
        wanted = name or str(position)
        suffix, tried = 0, wanted
        while tried in found or (tried != name and tried in own):
            suffix += 1
            tried = f"{wanted}-{suffix}"
        found[tried] = None
    return list(found)


def only(record: Record, names: Sequence[str]) -> Record:
    return {name: record[name] for name in names if record.get(name) not in (None, "")}


class _Envelope(Body):
    number: Annotated[str, Field(min_length=1, max_length=NUMBER_CHARS_MAX)]
    issued_on: date


def _read(form: Format[OrderingBody], root: etree._Element) -> tuple[Paper[OrderingBody], Warnings]:
    _check_head(form, root)
    lines = len(root.findall(f"{{*}}{form.line}"))
    if lines > LINES_MAX:
        raise UblRefused(
            _("The document has %(lines)d lines; at most %(most)d are read. Ask the sender to split it."),
            element=f"cac:{form.line}",
            lines=lines,
            most=LINES_MAX,
        )
    reading = Reading(form.document)
    record = reading.read(root)
    for document in record.get("documents") or ():
        if document.get("content"):
            document["content"] = "".join(document["content"].split())
    head = reading.validated(_Envelope, {name: record[name] for name in ("number", "issued_on")})
    seller = understand_company(record["seller"], reading, "seller")
    buyer = understand_company(record["buyer"], reading, "buyer")
    fields, files = form.understand(record, reading, head.issued_on)
    try:
        body = form.complete(reading.validated(form.body, fields), head.issued_on)
        paper = Paper(head.number, head.issued_on, seller, buyer, body, tuple(files))
        said = projected(form.document, form.express(paper))
    except (RateUnknown, CurrencyUnknown) as error:
        raise UblRefused(
            _("The sums of the document cannot be told: %(reason)s"), element="cbc:Percent", reason=str(error)
        ) from None
    stated = projected(form.document, record, exact=True)
    kept = stated_otherwise(said, stated, basis=_basis(paper))
    if kept is not None:
        paper = replace(paper, body=body.model_copy(update={"as_stated": kept}))
    warnings = [
        *form.remarks(paper),
        *remarks_on_numbers(seller, buyer),
        *remarks_on_unknown(reading),
        *_remark_on_kept(elements_not_understood(said, stated, reading)),
    ]
    return paper, warnings


def _check_head(form: Format[OrderingBody], root: etree._Element) -> None:
    """Refuses another specification or process by name, before anything in it looks like a mistake."""
    if root.tag != form.document.tag:
        return  # the reading says so
    specification, process = root.find("{*}CustomizationID"), root.find("{*}ProfileID")
    found = _text(specification)
    if found != form.customization and not found.startswith((f"{form.customization}:", f"{form.customization}#")):
        raise UblRefused(
            _("The document follows “%(found)s”, not %(format)s (%(wanted)s). Ask the sender for that."),
            element="cbc:CustomizationID",
            line=line_of(root if specification is None else specification),
            found=found[:120],
            format=form.document.format,
            wanted=form.customization,
        )
    if _text(process) not in form.profiles:
        raise UblRefused(
            _("The document belongs to the process “%(found)s”; %(format)s has %(known)s only."),
            element="cbc:ProfileID",
            line=line_of(root if process is None else process),
            found=_text(process)[:120],
            format=form.document.format,
            known=", ".join(form.profiles),
        )


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def _remark_on_kept(elements: Sequence[etree._Element]) -> Iterable[Remark]:
    names = list(dict.fromkeys(_called(element) for element in elements if prefixed(element) not in UNREMARKABLE))
    if names:
        shown = ", ".join(names[:NAMED_ELEMENTS_MAX]) + (" …" if len(names) > NAMED_ELEMENTS_MAX else "")
        yield Remark(_("Kept for the export, but not shown here: %(elements)s."), {"elements": shown})


def _called(element: etree._Element) -> str:
    """An element by its own name and that of what it stands in: most are called cbc:ID or cbc:Name."""
    parent = element.getparent()
    name = prefixed(element)
    return name if parent is None or parent.getparent() is None else f"{prefixed(parent)}/{name}"


def _as_typed(
    form: Format[OrderingBody], paper: Paper[OrderingBody], hint: str, root: etree._Element
) -> Paper[OrderingBody]:
    """The document as its sender typed it. Raises HintUnusable unless that writes the very elements of `root`."""
    try:
        body = form.body.model_validate(apply_hint(_typed(paper.body), hint) | {"as_stated": None})
    except (ValidationError, TypeError) as error:
        raise HintUnusable(str(error)) from error
    typed = replace(paper, body=body)
    if canonical_form(_root(form, typed)) != canonical_form(root):
        raise HintUnusable("the elements say something else")
    return typed


def _root(form: Format[OrderingBody], paper: Paper[OrderingBody]) -> etree._Element:
    said = projected(form.document, form.express(paper))
    return build(form.document, as_stated(said, paper.body.as_stated, basis=_basis(paper)))


def _typed(body: Body) -> Any:
    return body.model_dump(mode="json", exclude={"as_stated"})


def _basis(paper: Paper[OrderingBody]) -> str:
    """SHA-256 over everything that a document consists of, but what is kept beside it."""
    return sha256_hex(
        canonical_json(
            {
                "number": paper.number,
                "issued_on": paper.issued_on,
                "seller": paper.seller.model_dump(mode="json"),
                "buyer": paper.buyer.model_dump(mode="json"),
                "body": _typed(paper.body),
            }
        )
    )
