"""Reading a response: only what a pinned certificate signed, and every condition that it names (profiles 4.1.4.3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from torihiki.crypto.xml_signature import SignatureRefused, decrypt_element, verified_bytes
from torihiki.identity.sso.connections import Connection, VerifiedIdentity
from torihiki.identity.sso.refusals import SsoRefused
from torihiki.identity.sso.saml.gate import NAMESPACES, SAML, SAMLP, read_message, read_opened, read_posted
from torihiki.identity.sso.saml.ours import Ours

LEEWAY = timedelta(seconds=120)
AGE_MAX = timedelta(minutes=10)
SUBJECT_LENGTH_MAX = 1_024
WORD_LENGTH_MAX = 200
GROUPS_MAX = 500
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\Z")


@dataclass(frozen=True)
class Read:
    """`assertion_id` may be used once until `until`."""

    identity: VerifiedIdentity
    assertion_id: str
    until: datetime


def read_response(connection: Connection, ours: Ours, text: str, *, request_id: str | None, at: datetime) -> Read:
    """Whom the response vouches for. `request_id` is that of our own request, None for a response that nobody asked
    for. Raises SsoRefused."""
    settings = connection.saml
    root = read_posted(text)
    signed_root = _signed(root, settings.certificates)
    if signed_root is not None:
        root = signed_root
    _check_envelope(root, settings.entity_id, ours, request_id, at)
    assertion = _assertion(root, connection, ours, is_signed=signed_root is not None)
    return _read_assertion(assertion, connection, ours, request_id, at)


def _signed(element: etree._Element, certificates: Sequence[str]) -> etree._Element | None:
    """What of the element is signed, parsed from the signed bytes alone; None where it has no signature."""
    signature = element.find("ds:Signature", NAMESPACES)
    if signature is None:
        return None
    try:
        return read_message(verified_bytes(signature, certificates))
    except SignatureRefused as error:
        raise SsoRefused(why="signature") from error


def _check_envelope(root: etree._Element, entity_id: str, ours: Ours, request_id: str | None, at: datetime) -> None:
    if root.tag != f"{{{SAMLP}}}Response" or root.get("Version") != "2.0" or not root.get("ID"):
        raise SsoRefused(why="no_response")
    codes = root.findall("samlp:Status/samlp:StatusCode", NAMESPACES)
    if len(codes) != 1 or codes[0].get("Value") != SUCCESS:
        raise SsoRefused(why="status")
    if root.get("Destination") != ours.acs_url:
        raise SsoRefused(why="destination")
    if root.get("InResponseTo") != request_id:
        raise SsoRefused(why="in_response_to")
    check_age(root, at)
    issuers = root.findall("saml:Issuer", NAMESPACES)
    if len(issuers) > 1 or any(text_of(issuer) != entity_id for issuer in issuers):
        raise SsoRefused(why="issuer")


def _assertion(root: etree._Element, connection: Connection, ours: Ours, *, is_signed: bool) -> etree._Element:
    settings = connection.saml
    sealed = root.find("saml:EncryptedAssertion", NAMESPACES)
    if sealed is not None:
        data = sealed.find("xenc:EncryptedData", NAMESPACES)
        assert data is not None, "the gate saw it"
        _bring_key_inside(sealed, data)
        try:
            assertion = read_opened(decrypt_element(data, ours.private_key))
        except SignatureRefused as error:
            raise SsoRefused(why="not_decrypted") from error
    elif settings.wants_encrypted:
        raise SsoRefused(why="not_encrypted")
    else:
        found = root.find("saml:Assertion", NAMESPACES)
        if found is None:
            raise SsoRefused(why="not_one_assertion")
        assertion = found
    signed = _signed(assertion, settings.certificates)
    if signed is None and not is_signed:
        raise SsoRefused(why="unsigned")
    return assertion if signed is None else signed


def _bring_key_inside(sealed: etree._Element, data: etree._Element) -> None:
    """xmlsec looks for the key within the data; some providers put it beside."""
    key = sealed.find("xenc:EncryptedKey", NAMESPACES)
    if key is None:
        return
    ds = NAMESPACES["ds"]
    info = data.find("ds:KeyInfo", NAMESPACES)
    if info is None:
        info = etree.Element(f"{{{ds}}}KeyInfo")
        data.insert(1, info)
    for part in list(info):
        info.remove(part)
    info.append(key)


def _read_assertion(
    assertion: etree._Element, connection: Connection, ours: Ours, request_id: str | None, at: datetime
) -> Read:
    settings = connection.saml
    if assertion.tag != f"{{{SAML}}}Assertion" or assertion.get("Version") != "2.0":
        raise SsoRefused(why="not_one_assertion")
    check_age(assertion, at)
    if text_of(only_one(assertion, "saml:Issuer", "issuer")) != settings.entity_id:
        raise SsoRefused(why="issuer")
    subject = only_one(assertion, "saml:Subject", "subject")
    name_id = only_one(subject, "saml:NameID", "subject")
    name = text_of(name_id)
    if not 0 < len(name) <= SUBJECT_LENGTH_MAX or not name.isprintable():
        raise SsoRefused(why="subject")
    if name_id.get("Format") == TRANSIENT:
        raise SsoRefused(why="subject_is_transient")
    until = _confirmed(subject, ours, request_id, at)
    _check_conditions(only_one(assertion, "saml:Conditions", "conditions"), ours, at)
    sid, proved_at = _check_statement(assertion, at)
    assertion_id = assertion.get("ID") or ""
    if not assertion_id:
        raise SsoRefused(why="assertion_id")
    attributes = _attributes(assertion)
    qualifiers = ("Format", "NameQualifier", "SPNameQualifier")
    identity = VerifiedIdentity(
        provider_id=connection.provider_id,
        subject=name,
        email=_word(attributes.get(settings.email_from)) or (name if "@" in name else ""),
        name=_word(attributes.get(settings.name_from)),
        groups=tuple(attributes.get(settings.groups_from, ()))[:GROUPS_MAX],
        sid=sid,
        provisioned=_word(attributes.get(settings.provisioned_from)) if settings.provisioned_from else name,
        proved_at=proved_at,
        logout={key: value for key in qualifiers if (value := name_id.get(key))},
    )
    return Read(identity, assertion_id, until + LEEWAY)


def _confirmed(subject: etree._Element, ours: Ours, request_id: str | None, at: datetime) -> datetime:
    """The end of a bearer confirmation that is for us, now, and for our request."""
    for confirmation in subject.findall("saml:SubjectConfirmation", NAMESPACES):
        data = confirmation.find("saml:SubjectConfirmationData", NAMESPACES)
        if confirmation.get("Method") != BEARER or data is None:
            continue
        ends = moment_of(data.get("NotOnOrAfter"))
        if ends is None or ends + LEEWAY <= at or data.get("NotBefore") is not None:
            continue
        if data.get("Recipient") == ours.acs_url and data.get("InResponseTo") == request_id:
            return ends
    raise SsoRefused(why="confirmation")


def _check_conditions(conditions: etree._Element, ours: Ours, at: datetime) -> None:
    begins, ends = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    starts_at, ends_at = moment_of(begins), moment_of(ends)
    if begins is not None and (starts_at is None or starts_at - LEEWAY > at):
        raise SsoRefused(why="not_yet")
    if ends is not None and (ends_at is None or ends_at + LEEWAY <= at):
        raise SsoRefused(why="expired")
    restrictions = conditions.findall("saml:AudienceRestriction", NAMESPACES)
    if not restrictions:
        raise SsoRefused(why="audience")
    for restriction in restrictions:
        if ours.entity_id not in [text_of(each) for each in restriction.findall("saml:Audience", NAMESPACES)]:
            raise SsoRefused(why="audience")
    known = {f"{{{SAML}}}{name}" for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}
    if any(each.tag not in known for each in conditions):
        raise SsoRefused(why="condition_unknown")


def _check_statement(assertion: etree._Element, at: datetime) -> tuple[str, datetime | None]:
    """The provider's session index, and when the person showed the provider who they are: the earliest of several."""
    statements = assertion.findall("saml:AuthnStatement", NAMESPACES)
    if not statements:
        raise SsoRefused(why="no_sign_in")
    for statement in statements:
        ends = statement.get("SessionNotOnOrAfter")
        ends_at = moment_of(ends)
        if ends is not None and (ends_at is None or ends_at + LEEWAY <= at):
            raise SsoRefused(why="session_over")
    moments = [moment_of(statement.get("AuthnInstant")) for statement in statements]
    proved_at = min((moment for moment in moments if moment is not None), default=None)
    return (statements[0].get("SessionIndex") or "")[:512], proved_at


def _attributes(assertion: etree._Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.findall("saml:AttributeStatement/saml:Attribute", NAMESPACES):
        values = [text_of(each) for each in attribute.findall("saml:AttributeValue", NAMESPACES)]
        usable = [word for word in values if 0 < len(word) <= WORD_LENGTH_MAX and word.isprintable()]
        for name in {attribute.get("Name"), attribute.get("FriendlyName")} - {None}:
            found.setdefault(str(name), []).extend(usable)
    return found


def _word(values: Sequence[str] | None) -> str:
    return values[0] if values else ""


def only_one(parent: etree._Element, path: str, why: str) -> etree._Element:
    found = parent.findall(path, NAMESPACES)
    if len(found) != 1:
        raise SsoRefused(why=why)
    return found[0]


def text_of(element: etree._Element) -> str:
    """Of an element that has nothing but text: the gate let no comment in that could cut it."""
    if len(element):
        raise SsoRefused(why="element_in_text")
    return (element.text or "").strip()


def check_age(element: etree._Element, at: datetime) -> None:
    issued = moment_of(element.get("IssueInstant"))
    if issued is None or not at - AGE_MAX - LEEWAY <= issued <= at + LEEWAY:
        raise SsoRefused(why="issue_instant")


def moment_of(text: str | None) -> datetime | None:
    if text is None or not MOMENT.match(text):
        return None
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
