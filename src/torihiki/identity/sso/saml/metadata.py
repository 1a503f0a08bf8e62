"""The provider's metadata (SAML metadata 2.0): fetched within bounds, read, and whether a key that we trust vouches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from lxml import etree

from torihiki.crypto.xml_signature import DS, SignatureRefused, read_certificate, verified_bytes
from torihiki.identity.sso.refusals import ProviderUnfit, SsoRefused
from torihiki.identity.sso.saml.gate import MESSAGE_BYTES_MAX, read_message
from torihiki.identity.sso.saml.messages import METADATA, REDIRECT
from torihiki.identity.sso.saml.responses import moment_of
from torihiki.outbound.asking import ask
from torihiki.outbound.failures import OutboundFailed
from torihiki.outbound.targets import read_target

NAMESPACES = {"md": METADATA, "ds": DS}
ACCEPTS = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8"


@dataclass(frozen=True)
class Told:
    """Fields of SamlSettings. `is_vouched`: a key that was trusted already signed all of it."""

    fields: dict[str, Any]
    is_vouched: bool = False


def fetch_metadata(address: str) -> bytes:
    """What is at the address now. Raises ProviderUnfit, worded for who typed it. Call it outside any transaction."""
    try:
        answer = ask(read_target(address), headers={"Accept": ACCEPTS}, answer_bytes_max=MESSAGE_BYTES_MAX + 1)
    except OutboundFailed as failed:
        raise ProviderUnfit(failed.message) from failed
    if answer.status != 200:
        raise ProviderUnfit(_now("At this address the server answers %(status)s.") % {"status": answer.status})
    return answer.body


def read_metadata(raw: bytes, *, trusted: Sequence[str] = ()) -> Told:
    """What the metadata says; `trusted` are the certificates that may vouch for it. Raises ProviderUnfit, worded for
    who brought the file."""
    try:
        root = read_message(raw)
        vouched = _vouched(root, trusted)
    except SsoRefused as error:
        raise ProviderUnfit(_("This is no SAML metadata, or larger than 256 KiB.")) from error
    return Told(_fields(root if vouched is None else vouched), is_vouched=vouched is not None)


def _vouched(root: etree._Element, trusted: Sequence[str]) -> etree._Element | None:
    """The root as it was signed, parsed from the signed bytes alone."""
    signature = root.find("ds:Signature", NAMESPACES)
    if signature is None or not trusted:
        return None
    try:
        return read_message(verified_bytes(signature, trusted))
    except SignatureRefused:
        return None  # signed by somebody else is as good as unsigned


def _fields(root: etree._Element) -> dict[str, Any]:
    entities = (
        [root] if root.tag == f"{{{METADATA}}}EntityDescriptor" else root.findall("md:EntityDescriptor", NAMESPACES)
    )
    found = [entity for entity in entities if entity.find("md:IDPSSODescriptor", NAMESPACES) is not None]
    if len(found) != 1:
        raise ProviderUnfit(_("The metadata must describe exactly one identity provider."))
    role = found[0].find("md:IDPSSODescriptor", NAMESPACES)
    assert role is not None
    _check_still_valid([root, found[0], role])
    places = _by_redirect(role, "SingleSignOnService")
    leaving = _by_redirect(role, "SingleLogoutService")
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
    return {
        "entity_id": found[0].get("entityID"),
        "sso_url": places[0].get("Location"),
        "slo_url": leaving[0].get("Location") if leaving else None,
        "slo_response_url": leaving[0].get("ResponseLocation") if leaving else None,
        "certificates": certificates,
    }


def _by_redirect(role: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in role.findall(f"md:{name}", NAMESPACES) if each.get("Binding") == REDIRECT]


def _check_still_valid(elements: Sequence[etree._Element]) -> None:
    for element in elements:
        until = element.get("validUntil")
        ends = moment_of(until)
        if until is not None and (ends is None or ends <= timezone.now()):
            raise ProviderUnfit(_("The metadata is over by its own date. Ask the provider for its present one."))
