"""XML signatures and encryption as SAML uses them, by xmlsec: an allow-list of algorithms, pinned certificates only.

Nothing of an element is read before `gate` has let its bytes pass: transforms inside a signature are programs.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"

SIGNATURES = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
}
DIGESTS = {
    f"{XENC}sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    f"{XENC}sha512": "sha512",
}
CIPHERS = {
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    f"{XENC}aes128-cbc",
    f"{XENC}aes256-cbc",
}
"""CBC only as what is inside is signed and every failure looks the same."""
KEY_TRANSPORTS = {f"{XENC}rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
PARAMETERS_MAX = 20  # of a query
RSA_BITS = 3072
RSA_BITS_MIN = 2048
VALID = timedelta(days=3_650)
OAEP_DIGESTS = {f"{DS}sha1", *DIGESTS}  # inside OAEP the digest need not resist collisions


class SignatureRefused(Exception):
    """Not signed by one of the pinned keys, or in a way that is not allowed."""


def read_certificate(text: str) -> str:
    """PEM of one certificate, given as PEM or as bare base64 (as metadata has it). Raises ValueError for what is none,
    and for RSA keys of less than 2048 bits; its dates do not matter, metadata pins keys."""
    body = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    certificate = x509.load_der_x509_certificate(base64.b64decode(body, validate=True))
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("neither an RSA nor an EC key")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        raise ValueError("the RSA key is too short")
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def make_key_pair(name: str, *, now: datetime) -> tuple[str, str]:
    """PEM of a new private key and of its self-signed certificate. RSA: most providers take no other for SAML."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def certificate_ends(pem: str) -> datetime:
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.astimezone(UTC)


def certificate_fingerprint(pem: str) -> str:
    """SHA-256 as people compare it: 32 pairs of upper-case hexadecimal digits, with colons."""
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex(":").upper()


def check_signature(signature: etree._Element, *, id_attribute: str = "ID") -> None:
    """Whether a `ds:Signature` has the one shape that is let in: one reference to its own parent by id, at most the
    enveloped and the exclusive transform, listed algorithms, no object. Raises SignatureRefused."""
    parent = signature.getparent()
    if parent is None:
        raise SignatureRefused("a signature of nothing")
    parts = [_local(part) for part in signature]
    if parts not in (["SignedInfo", "SignatureValue"], ["SignedInfo", "SignatureValue", "KeyInfo"]):
        raise SignatureRefused("a signature of another shape")
    info = signature[0]
    if [_local(part) for part in info] != ["CanonicalizationMethod", "SignatureMethod", "Reference"]:
        raise SignatureRefused("a signature of several references")
    canonical, method, reference = info
    if canonical.get("Algorithm") != EXCLUSIVE or method.get("Algorithm") not in SIGNATURES or len(method):
        raise SignatureRefused("an algorithm that is not allowed")
    if reference.get("URI") != f"#{parent.get(id_attribute)}" or not parent.get(id_attribute):
        raise SignatureRefused("a reference to something else")
    if [_local(part) for part in reference] != ["Transforms", "DigestMethod", "DigestValue"]:
        raise SignatureRefused("a reference of another shape")
    transforms, digest, _value = reference
    names = [part.get("Algorithm") for part in transforms]
    if names != [ENVELOPED, EXCLUSIVE] or any(_local(part) != "Transform" for part in transforms):
        raise SignatureRefused("a transform that is not allowed")
    inside = [part for transform in [canonical, *transforms] for part in transform]
    if any(part.tag != f"{{{EXCLUSIVE}}}InclusiveNamespaces" for part in inside):
        raise SignatureRefused("a transform with something inside")
    if digest.get("Algorithm") not in DIGESTS:
        raise SignatureRefused("a digest that is not allowed")


def verified_bytes(signature: etree._Element, certificates: Sequence[str], *, id_attribute: str = "ID") -> bytes:
    """What one of the pinned certificates signed: the exclusive canonical form of the signature's parent without the
    signature. Only this is to be read. KeyInfo is ignored. Raises SignatureRefused."""
    check_signature(signature, id_attribute=id_attribute)
    parent = signature.getparent()
    assert parent is not None
    for pem in certificates:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
        context.register_id(parent, id_attribute)
        try:
            context.verify(signature)
        except xmlsec.Error:
            continue
        prefixes = _inclusive(signature[0][2][0])
        copy = etree.fromstring(etree.tostring(parent, with_tail=False))
        for one in copy.findall(f"{{{DS}}}Signature"):
            tail, before = one.tail, one.getprevious()
            if tail:  # lxml takes what follows an element away with it
                if before is not None:
                    before.tail = (before.tail or "") + tail
                else:
                    copy.text = (copy.text or "") + tail
            copy.remove(one)
        found = etree.tostring(
            copy, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
        )
        _, digest, value = signature[0][2]
        told = hashlib.new(DIGESTS[digest.get("Algorithm", "")], found).digest()
        if base64.b64encode(told).decode() != "".join((value.text or "").split()):
            raise SignatureRefused("what would be read is not what was signed")
        return found
    raise SignatureRefused("no pinned certificate verifies it")


def decrypt_element(encrypted: etree._Element, private_pem: str) -> etree._Element:
    """What an `xenc:EncryptedData` (with its key inside) holds. Raises SignatureRefused for any reason alike."""
    try:
        manager = xmlsec.KeysManager()
        manager.add_key(xmlsec.Key.from_memory(private_pem, xmlsec.constants.KeyDataFormatPem))
        found = xmlsec.EncryptionContext(manager).decrypt(encrypted)
    except (xmlsec.Error, ValueError, TypeError) as error:
        raise SignatureRefused("not decrypted") from error
    if not isinstance(found, etree._Element):
        raise SignatureRefused("not decrypted")
    return found


def signed_query(query: Sequence[tuple[str, str]], private_pem: str) -> str:
    """A query of the redirect binding with its signature (SAML bindings 3.4.4.1), RSA with SHA-256."""
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in [*query, ("SigAlg", RSA_SHA256)])
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    code = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}&Signature={quote(base64.b64encode(code).decode(), safe='')}"


def signed_parts(raw: str, name: str, certificates: Sequence[str]) -> dict[str, str]:
    """What of the raw query string, whose message is called `name`, a pinned certificate signed, as it came: nothing is
    decoded twice or read under another name than it was signed under. Raises SignatureRefused."""
    parts: dict[str, str] = {}
    for piece in raw.split("&", PARAMETERS_MAX):
        key, _sign, value = piece.partition("=")
        if key in parts:
            raise SignatureRefused("a parameter twice")
        parts[key] = value
    if name not in parts:
        raise SignatureRefused("no message")
    told = {key: parts[key] for key in (name, "RelayState", "SigAlg") if key in parts}
    signed = "&".join(f"{key}={value}" for key, value in told.items())
    if unquote(parts.get("SigAlg", "")) != RSA_SHA256:
        raise SignatureRefused("an algorithm that is not allowed")
    try:
        code = base64.b64decode(unquote(parts.get("Signature", "")), validate=True)
    except ValueError as error:
        raise SignatureRefused("no signature") from error
    for pem in certificates:
        public = x509.load_pem_x509_certificate(pem.encode()).public_key()
        if isinstance(public, rsa.RSAPublicKey):
            try:
                public.verify(code, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
            except InvalidSignature:
                continue
            return told
    raise SignatureRefused("no pinned certificate verifies it")


def _inclusive(transforms: etree._Element) -> list[str]:
    listed = transforms[1].find(f"{{{EXCLUSIVE}}}InclusiveNamespaces")
    return listed.get("PrefixList", "").split() if listed is not None else []


def _local(element: etree._Element) -> str:
    """The name within the signature namespace; anything else stands out."""
    name = etree.QName(element) if isinstance(element.tag, str) else None
    return name.localname if name is not None and name.namespace == DS else "?"
