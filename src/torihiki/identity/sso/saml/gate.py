"""Before anything verifies or reads a message: is it of a bearable size and of the one shape that is let in?

A response has one assertion, as a direct child; a signature stands directly in the response or in the assertion, once
in each. There are no comments, no processing instructions, no document type, no id twice. Signature wrapping needs a
second assertion, a second signature or an id that is found twice: none gets past here.
"""

import base64
import zlib

from lxml import etree

from torihiki.crypto.xml_signature import CIPHERS, DS, KEY_TRANSPORTS, OAEP_DIGESTS, XENC
from torihiki.identity.sso.refusals import SsoRefused

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MESSAGE_BYTES_MAX = 256 * 1024
ELEMENTS_MAX = 5_000
DEPTH_MAX = 24
IDS = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")
NAMESPACES = {"saml": SAML, "samlp": SAMLP, "ds": DS, "xenc": XENC}


def read_posted(text: str) -> etree._Element:
    """The response in a `SAMLResponse` field. Raises SsoRefused."""
    if not 0 < len(text) <= MESSAGE_BYTES_MAX * 4 // 3 + 4:
        raise SsoRefused(why="size")
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise SsoRefused(why="no_base64") from error
    root = read_message(raw)
    if root.tag != f"{{{SAMLP}}}Response":
        raise SsoRefused(why="no_response")
    assertions = root.findall(".//saml:Assertion", NAMESPACES)
    sealed = root.findall(".//saml:EncryptedAssertion", NAMESPACES)
    if len(assertions) + len(sealed) != 1 or (assertions + sealed)[0].getparent() is not root:
        raise SsoRefused(why="not_one_assertion")
    _check_signatures(root, [root, *assertions])
    if sealed:
        _check_sealed(sealed[0])
    elif root.findall(".//xenc:EncryptedData", NAMESPACES):
        raise SsoRefused(why="encrypted_elsewhere")
    return root


def read_opened(assertion: etree._Element) -> etree._Element:
    """A decrypted assertion, gated as the message around it was. Raises SsoRefused."""
    root = read_message(etree.tostring(assertion, with_tail=False))
    inside = root.findall(".//saml:Assertion", NAMESPACES) + root.findall(".//xenc:EncryptedData", NAMESPACES)
    if root.tag != f"{{{SAML}}}Assertion" or inside:
        raise SsoRefused(why="not_one_assertion")
    _check_signatures(root, [root])
    return root


def read_deflated(text: str) -> etree._Element:
    """A message of the redirect binding: base64 over raw deflate, never more than MESSAGE_BYTES_MAX of it. Raises
    SsoRefused."""
    if not 0 < len(text) <= MESSAGE_BYTES_MAX:
        raise SsoRefused(why="size")
    try:
        packed = base64.b64decode(text, validate=True)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        raw = inflater.decompress(packed, MESSAGE_BYTES_MAX + 1)
    except (ValueError, zlib.error) as error:
        raise SsoRefused(why="no_deflate") from error
    if inflater.unconsumed_tail or not inflater.eof or inflater.unused_data:
        raise SsoRefused(why="size")
    return read_message(raw)


def read_message(raw: bytes) -> etree._Element:
    """Raises SsoRefused."""
    if len(raw) > MESSAGE_BYTES_MAX:
        raise SsoRefused(why="size")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SsoRefused(why="encoding") from error
    upper = raw.upper()
    if b"<!DOCTYPE" in upper or b"<!ENTITY" in upper or b"<![CDATA[" in upper:
        raise SsoRefused(why="document_type")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=False,
        remove_pis=False,
        recover=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SsoRefused(why="no_xml") from error
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII", "ASCII"):
        raise SsoRefused(why="encoding")
    _check_tree(root)
    return root


def _check_tree(root: etree._Element) -> None:
    if root.xpath(f"boolean({'/*' * (DEPTH_MAX + 1)})"):
        raise SsoRefused(why="depth")
    # Beside the root too: a comment before it is harmless, but nobody writes one.
    if root.getprevious() is not None or root.getnext() is not None:
        raise SsoRefused(why="comment")
    seen: set[str] = set()
    for count, element in enumerate(root.iter(), start=1):
        if count > ELEMENTS_MAX:
            raise SsoRefused(why="elements")
        if not isinstance(element.tag, str):
            raise SsoRefused(why="comment")
        for name in IDS:
            value = element.get(name)
            if value is None:
                continue
            if value in seen:
                raise SsoRefused(why="id_twice")
            seen.add(value)


def _check_signatures(root: etree._Element, places: list[etree._Element]) -> None:
    signatures = root.findall(".//ds:Signature", NAMESPACES)
    parents = [signature.getparent() for signature in signatures]
    if any(parent not in places for parent in parents) or len(set(parents)) != len(parents):
        raise SsoRefused(why="signature_elsewhere")


def _check_sealed(sealed: etree._Element) -> None:
    """One piece of data under one key, which stands inside it or beside it; listed algorithms."""
    data = sealed.findall(".//xenc:EncryptedData", NAMESPACES)
    keys = sealed.findall(".//xenc:EncryptedKey", NAMESPACES)
    if len(data) != 1 or len(keys) != 1 or data[0].getparent() is not sealed:
        raise SsoRefused(why="encrypted_shape")
    if sealed.findall(".//xenc:CipherReference", NAMESPACES) or sealed.findall(".//ds:RetrievalMethod", NAMESPACES):
        raise SsoRefused(why="encrypted_reference")
    for element, allowed in ((data[0], CIPHERS), (keys[0], KEY_TRANSPORTS)):
        method = element.find("xenc:EncryptionMethod", NAMESPACES)
        if method is None or method.get("Algorithm") not in allowed:
            raise SsoRefused(why="encrypted_algorithm")
        for digest in method.findall("ds:DigestMethod", NAMESPACES):
            if digest.get("Algorithm") not in OAEP_DIGESTS:
                raise SsoRefused(why="encrypted_algorithm")
