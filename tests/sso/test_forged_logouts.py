"""Messages about signing out that a SAML provider did not mean: each ends nothing, and leaves one entry."""

import base64
import zlib
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from django.test import Client

from tests.sso.test_saml import (
    IDP,
    OTHER_PRIVATE,
    PRIVATE,
    assertion_of,
    begin,
    connect,
    place,
    post,
    reason,
    response,
    sign,
    signed_in,
    stamp,
    switch_on,
)
from torihiki.crypto.xml_signature import signed_query
from torihiki.identity.sso.saml.gate import MESSAGE_BYTES_MAX, NAMESPACES

REQUEST = """<samlp:LogoutRequest xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="{id}" Version="2.0" IssueInstant="{now}"
 Destination="{slo}" {more}><saml:Issuer>{issuer}</saml:Issuer>{name}{sessions}</samlp:LogoutRequest>"""
NAME = "<saml:NameID>u-1</saml:NameID>"
SESSION = "<samlp:SessionIndex>s-1</samlp:SessionIndex>"


@pytest.fixture
def connection(issuer):
    found = connect(issuer)
    switch_on(issuer, found)
    return found


def entered(connection):
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    sign(assertion_of(root))
    assert post(connection, browser, root, relay).status_code == 302
    return browser


def request(connection, **given):
    values = {
        "samlp": NAMESPACES["samlp"],
        "saml": NAMESPACES["saml"],
        "id": "_l1",
        "now": stamp(),
        "slo": f"{place(connection)}/slo",
        "more": "",
        "issuer": IDP,
        "name": NAME,
        "sessions": SESSION,
        **given,
    }
    return REQUEST.format(**values).encode()


def packed(raw):
    packer = zlib.compressobj(9, wbits=-15)
    return base64.b64encode(packer.compress(raw) + packer.flush()).decode()


def query(raw, private=PRIVATE, name="SAMLRequest"):
    return signed_query([(name, packed(raw)), ("RelayState", "r")], private)


def send(connection, text, browser=None):
    return (browser or Client()).get(f"/sso/saml/{connection}/slo?{text}", secure=True)


def by_sha1(connection):
    told = f"SAMLRequest={quote(packed(request(connection)), safe='')}&SigAlg=" + quote(
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1", safe=""
    )
    key = serialization.load_pem_private_key(PRIVATE.encode(), password=None)
    code = key.sign(told.encode(), padding.PKCS1v15(), hashes.SHA1())  # type: ignore[union-attr, call-arg, arg-type]
    return f"{told}&Signature={quote(base64.b64encode(code).decode(), safe='')}"


def changed(**given):
    return lambda connection: query(request(connection, **given))


def swapped(before, after):
    return lambda connection: query(request(connection)).replace(before, after)


FORGED = {
    "nothing": lambda connection: "",
    "unsigned": lambda connection: query(request(connection)).partition("&Signature=")[0],
    "no algorithm": lambda connection: query(request(connection)).partition("&SigAlg=")[0],
    "another key": lambda connection: query(request(connection), OTHER_PRIVATE),
    "SHA-1": by_sha1,
    "another relay state": swapped("RelayState=r", "RelayState=x"),
    "no relay state": swapped("&RelayState=r", ""),
    "a message more": lambda connection: (
        f"{query(request(connection))}&SAMLRequest={quote(packed(request(connection)), safe='')}"
    ),
    "a message under another spelling": swapped("SAMLRequest=", "SAML%52equest="),
    "many parameters": lambda connection: "&".join(f"x{n}=1" for n in range(50)) + "&" + query(request(connection)),
    "a response in its place": lambda connection: query(request(connection), name="SAMLResponse"),
    "another destination": changed(slo="https://evil.example/slo"),
    "a longer destination": lambda connection: query(request(connection, slo=f"{place(connection)}/slo/")),
    "another issuer": changed(issuer="https://evil.example"),
    "an empty issuer": changed(issuer=""),
    "issued long ago": changed(now=stamp(-3_600)),
    "issued in the future": changed(now=stamp(3_600)),
    "over": changed(more=f'NotOnOrAfter="{stamp(-3_600)}"'),
    "over at no time": changed(more='NotOnOrAfter="soon"'),
    "no name": changed(name=""),
    "an empty name": changed(name="<saml:NameID/>"),
    "two names": changed(name=NAME * 2),
    "a name in pieces": changed(name="<saml:NameID>u<!-- x -->-1</saml:NameID>"),
    "an element in the name": changed(name="<saml:NameID>u-1<saml:x/></saml:NameID>"),
    "an encrypted name": changed(name="<saml:EncryptedID/>"),
    "an empty session": changed(sessions="<samlp:SessionIndex/>"),
    "too many sessions": changed(sessions=SESSION * 101),
    "no id": changed(id=""),
    "a document type": lambda connection: query(b"<!DOCTYPE x>" + request(connection)),
    "a bomb": lambda connection: query(request(connection) + b" " * 20 * MESSAGE_BYTES_MAX),
    "no XML": lambda connection: query(b"hello"),
    "no deflate": lambda connection: signed_query([("SAMLRequest", "aGVsbG8=")], PRIVATE),
    "no base64": lambda connection: signed_query([("SAMLRequest", "%%%")], PRIVATE),
    "too long": lambda connection: f"{query(request(connection))}&x={'x' * 20_000}",
}


def test_what_the_provider_meant_ends_the_session(issuer, connection):
    browser = entered(connection)
    assert send(connection, query(request(connection))).status_code == 200, reason(issuer)
    assert not signed_in(browser)


def test_a_forged_message_ends_nothing(issuer, connection):
    browser = entered(connection)
    for what, make in FORGED.items():
        before = issuer.count_entries()
        answer = send(connection, make(connection), browser)
        assert answer.status_code == 403, what
        assert issuer.count_entries() == before + 1, what
        assert signed_in(browser), what
    assert send(connection, query(request(connection))).status_code == 200, "and none of them used the id up"


def test_only_the_named_subject_s_named_session_ends(issuer, connection):
    browser = entered(connection)
    for number, given in enumerate(
        ({"name": "<saml:NameID>u-2</saml:NameID>"}, {"sessions": "<samlp:SessionIndex>s-2</samlp:SessionIndex>"})
    ):
        assert send(connection, query(request(connection, id=f"_o{number}", **given))).status_code == 200
        assert signed_in(browser)
    assert send(connection, query(request(connection, id="_all", sessions=""))).status_code == 200
    assert not signed_in(browser), "without a session all of the subject's"


def test_another_company_s_sessions_of_the_same_subject_stay(issuer, stranger, connection):
    """Both trust one provider with one key: who is signed out at one company is not at the other."""
    other = connect(stranger)
    switch_on(stranger, other)
    ours, theirs = entered(connection), entered(other)
    assert send(other, query(request(connection))).status_code == 403
    assert send(other, query(request(other))).status_code == 200
    assert (signed_in(ours), signed_in(theirs)) == (True, False)


def test_an_answer_to_nobody_says_nothing(issuer, connection):
    """Nor does a sign-out that was begun lead anybody in."""
    raw = request(connection).replace(b"LogoutRequest", b"LogoutResponse")
    for browser in (Client(), entered(connection)):
        answer = send(connection, query(raw, name="SAMLResponse"), browser)
        assert answer.status_code == 403
    assert signed_in(browser)
