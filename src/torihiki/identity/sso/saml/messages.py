"""What we send: the signed request, and our metadata; and the provider's metadata read."""

import base64
import zlib
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from lxml import etree

from torihiki.crypto.xml_signature import DS, read_certificate, signed_query
from torihiki.identity.sso.connections import Connection
from torihiki.identity.sso.flows import Begun
from torihiki.identity.sso.refusals import ProviderUnfit, SsoRefused
from torihiki.identity.sso.saml.gate import SAML, SAMLP, read_message
from torihiki.identity.sso.saml.responses import Ours

METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
NAMESPACES = {"md": METADATA, "ds": DS}


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
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(etree.tostring(root)) + packer.flush()
    query = signed_query(
        [("SAMLRequest", base64.b64encode(packed).decode()), ("RelayState", begun.state)], ours.private_key
    )
    return f"{settings.sso_url}{'&' if '?' in settings.sso_url else '?'}{query}"


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
    etree.SubElement(
        role,
        f"{{{METADATA}}}AssertionConsumerService",
        Binding=POST,
        Location=ours.acs_url,
        index="0",
        isDefault="true",
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read_metadata(raw: bytes) -> dict[str, Any]:
    """Fields of SamlSettings from a provider's metadata. Raises ProviderUnfit, worded for who brought the file."""
    try:
        root = read_message(raw)
    except SsoRefused as error:
        raise ProviderUnfit(_("This is no SAML metadata, or larger than 256 KiB.")) from error
    entities = (
        [root] if root.tag == f"{{{METADATA}}}EntityDescriptor" else root.findall("md:EntityDescriptor", NAMESPACES)
    )
    found = [entity for entity in entities if entity.find("md:IDPSSODescriptor", NAMESPACES) is not None]
    if len(found) != 1:
        raise ProviderUnfit(_("The metadata must describe exactly one identity provider."))
    role = found[0].find("md:IDPSSODescriptor", NAMESPACES)
    assert role is not None
    places = [
        each.get("Location")
        for each in role.findall("md:SingleSignOnService", NAMESPACES)
        if each.get("Binding") == REDIRECT
    ]
    keys = [
        certificate.text or ""
        for key in role.findall("md:KeyDescriptor", NAMESPACES)
        if key.get("use") in (None, "signing")
        for certificate in key.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMESPACES)
    ]
    if not places or not keys:
        raise ProviderUnfit(_("The metadata lacks a sign-in address by redirect, or a certificate for signing."))
    try:
        certificates = list(dict.fromkeys(read_certificate(key) for key in keys))
    except ValueError as error:
        raise ProviderUnfit(
            _("A certificate in the metadata cannot be used: RSA of 2048 bits or more, or EC.")
        ) from error
    return {"entity_id": found[0].get("entityID"), "sso_url": places[0], "certificates": certificates}
