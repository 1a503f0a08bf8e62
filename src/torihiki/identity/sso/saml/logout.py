"""Single logout (profiles 4.4) by the redirect binding: our requests and answers, and the provider's, each signed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, unquote_plus

from lxml import etree

from torihiki.crypto.xml_signature import SignatureRefused, signed_parts
from torihiki.identity.sso.connections import Connection
from torihiki.identity.sso.flows import Begun, ProvidersSession
from torihiki.identity.sso.refusals import SsoRefused
from torihiki.identity.sso.saml.gate import NAMESPACES, SAML, SAMLP, read_deflated
from torihiki.identity.sso.saml.messages import by_redirect
from torihiki.identity.sso.saml.ours import Ours
from torihiki.identity.sso.saml.responses import (
    AGE_MAX,
    LEEWAY,
    SUBJECT_LENGTH_MAX,
    SUCCESS,
    check_age,
    moment_of,
    only_one,
    text_of,
)

SESSIONS_MAX = 100
SESSION_LENGTH_MAX = 512
RELAY_STATE_LENGTH_MAX = 1_000
QUERY_LENGTH_MAX = 16_000


@dataclass(frozen=True)
class Asked:
    """The provider's checked request to sign somebody out: of these sessions, or, where it names none, of all. `id` may
    be used once until `until`."""

    id: str
    subject: str
    sessions: tuple[str, ...]
    relay_state: str
    until: datetime


@dataclass(frozen=True)
class Answered:
    """The provider's checked answer to a request of ours. `is_done` is false where it signed the person out of less
    than all."""

    state: str
    request_id: str
    is_done: bool


def read_request(connection: Connection, ours: Ours, raw: str, *, at: datetime) -> Asked:
    """The provider's request in the raw query string. Raises SsoRefused."""
    root, relay_state = _read(connection, ours, raw, "SAMLRequest", "LogoutRequest", at)
    ends = root.get("NotOnOrAfter")
    ends_at = moment_of(ends)
    if ends is not None and (ends_at is None or ends_at + LEEWAY <= at):
        raise SsoRefused(why="expired")
    subject = text_of(only_one(root, "saml:NameID", "subject"))
    sessions = tuple(text_of(each) for each in root.findall("samlp:SessionIndex", NAMESPACES))
    if not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
        raise SsoRefused(why="subject")
    if len(sessions) > SESSIONS_MAX or not all(0 < len(each) <= SESSION_LENGTH_MAX for each in sessions):
        raise SsoRefused(why="sessions")
    return Asked(root.get("ID", ""), subject, sessions, relay_state, at + AGE_MAX + 2 * LEEWAY)


def read_answer(connection: Connection, ours: Ours, raw: str, *, at: datetime) -> Answered:
    """The provider's answer in the raw query string; whether it is one to our request is the caller's to see. Raises
    SsoRefused."""
    root, state = _read(connection, ours, raw, "SAMLResponse", "LogoutResponse", at)
    code = only_one(only_one(root, "samlp:Status", "status"), "samlp:StatusCode", "status")
    return Answered(state, root.get("InResponseTo", ""), code.get("Value") == SUCCESS and not len(code))


def request_address(connection: Connection, ours: Ours, begun: Begun, behind: ProvidersSession, *, at: datetime) -> str:
    """Where the browser goes to be signed out at the provider too; empty where it has no such place."""
    settings = connection.saml
    if not settings.slo_url:
        return ""
    root = _message("LogoutRequest", begun.request_id, settings.slo_url, ours, at)
    name_id = etree.SubElement(root, f"{{{SAML}}}NameID")
    name_id.text = behind.subject
    for key, value in behind.logout.items():
        name_id.set(key, value)
    if behind.sid:
        etree.SubElement(root, f"{{{SAMLP}}}SessionIndex").text = behind.sid
    return by_redirect(settings.slo_url, "SAMLRequest", root, begun.state, ours)


def answer_address(connection: Connection, ours: Ours, asked: Asked, answer_id: str, *, at: datetime) -> str:
    """Where the browser carries our answer, which is always that it is done; empty where the provider has no such
    place."""
    address = connection.saml.slo_response_url or connection.saml.slo_url
    if not address:
        return ""
    root = _message("LogoutResponse", answer_id, address, ours, at)
    root.set("InResponseTo", asked.id)
    status = etree.SubElement(root, f"{{{SAMLP}}}Status")
    etree.SubElement(status, f"{{{SAMLP}}}StatusCode", Value=SUCCESS)
    return by_redirect(address, "SAMLResponse", root, asked.relay_state, ours)


def _read(
    connection: Connection, ours: Ours, raw: str, name: str, tag: str, at: datetime
) -> tuple[etree._Element, str]:
    """What both messages have in common; and the relay state."""
    settings = connection.saml
    if len(raw) > QUERY_LENGTH_MAX:
        raise SsoRefused(why="size")
    try:
        parts = signed_parts(raw, name, settings.certificates)
    except SignatureRefused as error:
        raise SsoRefused(why="signature") from error
    root, relay_state = read_deflated(unquote(parts[name])), unquote_plus(parts.get("RelayState", ""))
    if root.tag != f"{{{SAMLP}}}{tag}" or root.get("Version") != "2.0" or not root.get("ID"):
        raise SsoRefused(why="no_logout_message")
    if len(relay_state) > RELAY_STATE_LENGTH_MAX:
        raise SsoRefused(why="size")
    if root.get("Destination") != ours.slo_url:
        raise SsoRefused(why="destination")
    check_age(root, at)
    if text_of(only_one(root, "saml:Issuer", "issuer")) != settings.entity_id:
        raise SsoRefused(why="issuer")
    return root, relay_state


def _message(tag: str, message_id: str, destination: str, ours: Ours, at: datetime) -> etree._Element:
    root = etree.Element(f"{{{SAMLP}}}{tag}", nsmap={"samlp": SAMLP, "saml": SAML})
    root.set("ID", message_id)
    root.set("Version", "2.0")
    root.set("IssueInstant", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    root.set("Destination", destination)
    etree.SubElement(root, f"{{{SAML}}}Issuer").text = ours.entity_id
    return root
