"""XML from strangers, read without network, entities, document types or surprises in size; and written as UTF-8."""

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree

XML_BYTES_MAX = 10 * 1024 * 1024
ELEMENTS_MAX = 400_000
DEPTH_MAX = 32

_XINCLUDE = "http://www.w3.org/2001/XInclude"
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"'][^>]*?\?>")
_DECLARATION_BYTES_MAX = 200
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = re.compile(rb"[ \t\r\n]*")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00")
_TOO_DEEP = f"boolean({'/*' * (DEPTH_MAX + 1)})"


class XmlRefused(ValueError):
    """An XML file that is not read. `message` says why and what to do next; `line` is 0 where no line is to blame."""

    def __init__(self, message: str | Promise, *, line: int = 0, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.values = values

    def __str__(self) -> str:
        text = str(self.message) % self.values if self.values else str(self.message)
        return str(_("%(text)s (line %(line)d)") % {"text": text, "line": self.line}) if self.line else text


def parse_xml(data: bytes) -> etree._Element:
    """The root element of a UTF-8 document: at most 10 MiB, 400 000 elements, 32 levels; comments are dropped.

    Raises XmlRefused for anything larger, in another encoding, with a document type or XInclude, or not well-formed."""
    if len(data) > XML_BYTES_MAX:
        raise XmlRefused(
            _("The file is larger than %(mib)d MiB. Split it, or send large attachments on their own."),
            mib=XML_BYTES_MAX // (1024 * 1024),
        )
    body = _check_encoding(data)
    _check_prolog(body)
    if body.count(b"<") - body.count(b"</") > ELEMENTS_MAX:
        raise XmlRefused(
            _("The file has more than %(count)d elements. Split it into smaller documents."), count=ELEMENTS_MAX
        )
    root = _parse(body)
    if root.xpath(_TOO_DEEP):
        raise XmlRefused(
            _("The file is nested more than %(depth)d levels deep. Ask its sender to export it again."),
            depth=DEPTH_MAX,
        )
    for element in root.iter(f"{{{_XINCLUDE}}}*"):
        raise XmlRefused(
            _("The file includes other files (XInclude). Ask its sender for one complete file."),
            line=line_of(element),
        )
    return root


def line_of(element: etree._Element) -> int:
    """The line on which an element starts; 0 for one that was not read from a file."""
    line: Any = element.sourceline
    return int(line or 0)


def write_xml(root: etree._Element) -> bytes:
    """UTF-8 with a declaration, indented so that people and line-based tools can read it."""
    etree.indent(root, space="  ")
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")


def xml_text(value: str) -> str:
    """`value` as it may stand in XML. Raises XmlRefused for control characters, which XML 1.0 cannot carry."""
    found = _ILLEGAL.search(value)
    if found:
        raise XmlRefused(
            _("“%(text)s” contains a control character (code %(code)d). Remove it and try again."),
            text=value[max(0, found.start() - 10) : found.start()],
            code=ord(found.group()),
        )
    return value


def _check_encoding(data: bytes) -> bytes:
    """The document without a byte order mark. Only UTF-8 is read: what is declared and what is there must agree."""
    if data[:4].startswith(_UTF16_MARKS):
        raise XmlRefused(_("The file is written in UTF-16 or UTF-32. Save it as UTF-8 and send it again."))
    body = data.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARATION.match(body[:_DECLARATION_BYTES_MAX])
    if declared and declared.group(1).upper() not in (b"UTF-8", b"UTF8", b"US-ASCII", b"ASCII"):
        raise XmlRefused(
            _("The file says that it is written in %(encoding)s. Save it as UTF-8 and send it again."),
            encoding=declared.group(1).decode("ascii"),
        )
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlRefused(
            _("The file is not valid UTF-8; it may be Shift_JIS. Save it as UTF-8 and send it again."),
            line=body.count(b"\n", 0, error.start) + 1,
        ) from None
    return body


def _check_prolog(body: bytes) -> None:
    """Refuses a document type before any parser sees it: entities can be declared nowhere else."""
    at = _SPACE.match(body).end()  # type: ignore[union-attr]  # matches the empty string too
    while body.startswith((b"<?", b"<!--"), at):
        opening, closing = (b"<?", b"?>") if body.startswith(b"<?", at) else (b"<!--", b"-->")
        end = body.find(closing, at + len(opening))
        if end < 0:
            break
        at = _SPACE.match(body, end + len(closing)).end()  # type: ignore[union-attr]
    if body.startswith(b"<!", at):
        raise XmlRefused(_("The file declares a document type (DTD), which is never read. Send it without one."))
    if not body.startswith(b"<", at):
        raise XmlRefused(_("The file is not XML. Choose the XML file that your system exported."))


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        recover=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise XmlRefused(
            _("The file is not complete, well-formed XML: %(reason)s. Export it again and send the whole file."),
            line=error.lineno or 0,
            reason=(error.msg or "").split(", line ")[0][:200],
        ) from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.internalDTD is not None or docinfo.externalDTD is not None:
        raise XmlRefused(_("The file declares a document type (DTD), which is never read. Send it without one."))
    return root
