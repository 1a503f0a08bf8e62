"""What we send: the signed request, and our metadata."""

import base64
import zlib
from datetime import UTC, datetime

from lxml import etree

from torihiki.crypto.xml_signature import DS, signed_query
from torihiki.identity.sso.connections import Connection
from torihiki.identity.sso.flows import Begun
from torihiki.identity.sso.saml.gate import SAML, SAMLP
from torihiki.identity.sso.saml.ours import Ours

METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def request_url(connection: Connection, ours: Ours, begun: Begun, *, at: datetime, again: bool = False) -> str:
    """Where the browser goes: an AuthnRequest by redirect, signed; `again` makes the provider ask the person anew."""
    settings = connection.saml
    root = etree.Element(f"{{{SAMLP}}}AuthnRequest", nsmap={"samlp": SAMLP, "saml": SAML})
    root.set("ID", begun.request_id)
    root.set("Version", "2.0")
    root.set("IssueInstant", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    root.set("Destination", settings.sso_url)
    root.set("AssertionConsumerServiceURL", ours.acs_url)
    root.set("ProtocolBinding", POST)
    if again:
        root.set("ForceAuthn", "true")
    etree.SubElement(root, f"{{{SAML}}}Issuer").text = ours.entity_id
    return by_redirect(settings.sso_url, "SAMLRequest", root, begun.state, ours)


def by_redirect(address: str, name: str, root: etree._Element, relay_state: str, ours: Ours) -> str:
    """`address` with a message of ours, deflated and signed (bindings 3.4.4)."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(etree.tostring(root)) + packer.flush()
    query = [(name, base64.b64encode(packed).decode())] + ([("RelayState", relay_state)] if relay_state else [])
    return f"{address}{'&' if '?' in address else '?'}{signed_query(query, ours.private_key)}"


def our_metadata(ours: Ours, certificate: str) -> bytes:
    """For the provider's administrator: who we are, where responses go, and our certificate for both uses."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", nsmap={"md": METADATA, "ds": DS})
    root.set("entityID", ours.entity_id)
    role = etree.SubElement(root, f"{{{METADATA}}}SPSSODescriptor")
    role.set("AuthnRequestsSigned", "true")
    role.set("WantAssertionsSigned", "true")
    role.set("protocolSupportEnumeration", SAMLP)
    body = "".join(line for line in certificate.splitlines() if "-----" not in line)
    for use in ("signing", "encryption"):
        key = etree.SubElement(role, f"{{{METADATA}}}KeyDescriptor", use=use)
        data = etree.SubElement(etree.SubElement(key, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
        etree.SubElement(data, f"{{{DS}}}X509Certificate").text = body
    etree.SubElement(role, f"{{{METADATA}}}SingleLogoutService", Binding=REDIRECT, Location=ours.slo_url)
    etree.SubElement(
        role,
        f"{{{METADATA}}}AssertionConsumerService",
        Binding=POST,
        Location=ours.acs_url,
        index="0",
        isDefault="true",
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
