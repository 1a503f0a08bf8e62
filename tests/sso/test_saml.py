"""Responses that a SAML provider meant, and everything else: mutations of a valid response, one thing at a time.

The provider here signs with xmlsec, so that each test says exactly what is wrong. What another implementation writes
is read in `test_saml_provider.py`.
"""

import base64
import copy
import os
import re
import zlib
from datetime import UTC, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import xmlsec
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from torihiki.crypto.xml_signature import make_key_pair, verified_bytes
from torihiki.identity.models import Member
from torihiki.identity.sso.models import IdentityProvider
from torihiki.identity.sso.refusals import SsoRefused
from torihiki.identity.sso.saml.gate import MESSAGE_BYTES_MAX, NAMESPACES, read_deflated
from torihiki.ledger.models import Entry

IDP = "https://idp.example/entity"
PRIVATE, CERTIFICATE = make_key_pair("idp", now=timezone.now())
OTHER_PRIVATE, OTHER_CERTIFICATE = make_key_pair("other", now=timezone.now())
DS = NAMESPACES["ds"]
XSLT = (
    '<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">'
    '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/">'
    "<x/></xsl:template></xsl:stylesheet></ds:Transform>"
)


RESPONSE = """<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="_r1" Version="2.0" IssueInstant="{now}"
 Destination="{acs}" {irt}><saml:Issuer>{issuer}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{assertion}" Version="2.0"
 IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="{format}">{subject}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{ends}" Recipient="{acs}" {irt}/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begins}"
 NotOnOrAfter="{ends}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>
</saml:Conditions><saml:AuthnStatement AuthnInstant="{proved}" SessionIndex="s-1"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>saml@aoba.example</saml:AttributeValue>
</saml:Attribute><saml:Attribute Name="name"><saml:AttributeValue>田中 四郎</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="groups"><saml:AttributeValue>sales</saml:AttributeValue></saml:Attribute>
</saml:AttributeStatement>
</saml:Assertion></samlp:Response>"""


def metadata(*certificates, entity=IDP):
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{_body(pem)}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for pem in certificates
    )
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="{DS}" entityID="{entity}">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f'{keys}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
        ' Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    ).encode()


def _body(pem):
    return re.sub(r"-----[A-Z ]+-----|\s", "", pem)


def connect(desk, *certificates, **changed):
    typed = {
        "name": "青葉SAML",
        "metadata": SimpleUploadedFile("idp.xml", metadata(*(certificates or (CERTIFICATE,)))),
        "email_from": "email",
        "name_from": "name",
        "groups_from": "groups",
        "creates_members": "on",
        "default_role": "viewer",
        "roles_by_group": "sales = clerk",
        **changed,
    }
    answer = desk.post("/company/sign-in/new/saml", typed)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"].rpartition("/")[2]


@pytest.fixture
def connection(issuer):
    found = connect(issuer)
    switch_on(issuer, found)
    return found


def switch_on(desk, connection):
    with desk.acting():
        IdentityProvider.objects.filter(pk=connection).update(state="on", tested_at=timezone.now())


def place(connection):
    return f"{settings.PUBLIC_URL}/sso/saml/{connection}"


def begin(connection, browser):
    """The request that the browser carries: its id, and the relay state."""
    answer = browser.get(f"/sso/start/{connection}", secure=True)
    query = parse_qs(urlsplit(answer["Location"]).query)
    raw = zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15)
    assert "Signature" in query
    return etree.fromstring(raw).get("ID"), query["RelayState"][0]


def stamp(seconds=0):
    return (timezone.now() + timedelta(seconds=seconds)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def response(connection, request_id, subject="u-1", **given):
    """A valid response, not yet signed."""
    v = {
        "irt": f'InResponseTo="{request_id}"' if request_id else "",
        "acs": f"{place(connection)}/acs",
        "audience": place(connection),
        "issuer": IDP,
        "now": stamp(),
        "proved": stamp(),
        "ends": stamp(300),
        "begins": stamp(-60),
        "subject": subject,
        "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "assertion": "_a" + base64.b16encode(os.urandom(12)).decode(),
        **given,
    }
    return etree.fromstring(RESPONSE.format(samlp=NAMESPACES["samlp"], saml=NAMESPACES["saml"], **v))


def sign(element, private=PRIVATE, certificate=CERTIFICATE, method=None, digest=None):
    method = method or xmlsec.constants.TransformRsaSha256
    signature = xmlsec.template.create(element, xmlsec.constants.TransformExclC14N, method, ns="ds")
    reference = xmlsec.template.add_reference(
        signature, digest or xmlsec.constants.TransformSha256, uri=f"#{element.get('ID')}"
    )
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    element.insert(1, signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(certificate, xmlsec.constants.KeyDataFormatCertPem)
    context.register_id(element, "ID")
    context.sign(signature)
    return signature


def assertion_of(root):
    return root.find("saml:Assertion", NAMESPACES)


def post(connection, browser, root, relay, raw=None):
    text = base64.b64encode(raw if raw is not None else etree.tostring(root)).decode()
    return browser.post(f"/sso/saml/{connection}/acs", {"SAMLResponse": text, "RelayState": relay}, secure=True)


def signed_in(browser):
    return browser.get("/profile", secure=True).status_code == 200


def reason(desk):
    with desk.acting():
        entry = Entry.objects.filter(event="ledger.refused").order_by("at", "id").last()
        found = re.search(r'"reason":"([^"]+)"', bytes(entry.payload or b"").decode()) if entry else None
    return found[1] if found else ""


@pytest.mark.parametrize("what", ["assertion", "response", "both"])
def test_what_the_provider_meant_comes_in(issuer, connection, what):
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    if what in ("assertion", "both"):
        sign(assertion_of(root))
    if what in ("response", "both"):
        sign(root)
    answer = post(connection, browser, root, relay)
    assert answer.status_code == 302, reason(issuer)
    page = browser.get("/profile", secure=True).content.decode()
    assert "田中 四郎" in page
    assert issuer.events()[-2:] == ["sso.member_created", "identity.signed_in"]


def encrypt(root, certificate):
    assertion = assertion_of(root)
    data = xmlsec.template.encrypted_data_create(
        root, xmlsec.constants.TransformAes256Gcm, type=xmlsec.constants.TypeEncElement, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    key = xmlsec.template.add_encrypted_key(info, xmlsec.constants.TransformRsaOaep)
    xmlsec.template.encrypted_data_ensure_cipher_value(key)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate, xmlsec.constants.KeyDataFormatCertPem))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.constants.KeyDataAes, 256, xmlsec.constants.KeyDataTypeSession)
    holder = etree.SubElement(root, f"{{{NAMESPACES['saml']}}}EncryptedAssertion")
    sealed = context.encrypt_xml(data, assertion)
    holder.append(sealed)
    return holder


def our_certificate(desk, connection):
    text = desk.get(f"/company/sign-in/{connection}/metadata").content
    body = etree.fromstring(text).findtext(".//{*}X509Certificate")
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("forged", [False, True])
def test_an_encrypted_assertion_is_opened_and_gated_inside(issuer, connection, forged):
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    signature = sign(assertion_of(root))
    if forged:
        signature.xpath(".//ds:Transforms", namespaces=NAMESPACES)[0].append(etree.fromstring(XSLT))
    encrypt(root, our_certificate(issuer, connection))
    answer = post(connection, browser, root, relay)
    assert answer.status_code == (403 if forged else 302), reason(issuer)
    assert signed_in(browser) != forged


def test_a_response_counts_once_and_in_its_own_browser(issuer, connection):
    browser, other = Client(), Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    sign(assertion_of(root))
    assert post(connection, other, root, relay).status_code == 403
    assert post(connection, browser, root, relay).status_code == 302
    del browser.cookies[settings.SESSION_COOKIE_NAME]
    assert post(connection, browser, root, relay).status_code == 403
    assert reason(issuer) == "no_flow"
    _second, relay = begin(connection, browser)
    assert post(connection, browser, root, relay).status_code == 403
    assert reason(issuer) == "in_response_to"


@pytest.mark.parametrize(("ago", "leads_to"), [(60, "/"), (3_600, "/prove")])
def test_a_session_is_as_freshly_proved_as_the_provider_says(issuer, connection, ago, leads_to):
    """A sensitive change asks for a proof of the last minutes: AuthnInstant counts, not the arrival."""
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id, proved=stamp(-ago))
    sign(assertion_of(root))
    assert post(connection, browser, root, relay).status_code == 302, reason(issuer)
    with issuer.acting():
        Member.objects.filter(email="saml@aoba.example").update(role="administrator")
    path = reverse("see-as-member", args=[issuer.clerk.actor.member])
    assert browser.post(path, secure=True)["Location"].partition("?")[0] == leads_to


def test_what_nobody_asked_for_comes_in_only_where_the_company_chose_it_and_once(issuer, connection):
    root = response(connection, "")
    sign(assertion_of(root))
    assert post(connection, Client(), root, "").status_code == 403
    chosen = connect(issuer, idp_initiated="on")
    switch_on(issuer, chosen)
    root = response(chosen, "")
    sign(assertion_of(root))
    assert post(chosen, Client(), root, "").status_code == 302
    assert post(chosen, Client(), root, "").status_code == 403
    assert reason(issuer) == "replayed"


def test_certificates_roll_over_and_one_that_is_gone_is_gone(issuer, connection):
    form = {"name": "青葉SAML", "email_from": "email", "name_from": "name", "groups_from": "groups",
            "creates_members": "on", "default_role": "viewer"}  # fmt: skip

    def bring(*certificates):
        file = SimpleUploadedFile("idp.xml", metadata(*certificates))
        assert issuer.post(f"/company/sign-in/{connection}", {**form, "metadata": file}).status_code == 302
        with issuer.acting():
            return IdentityProvider.objects.get().state

    def comes_in(private, certificate):
        browser = Client()
        request_id, relay = begin(connection, browser)
        root = response(connection, request_id)
        sign(assertion_of(root), private, certificate)
        return post(connection, browser, root, relay).status_code == 302

    assert not comes_in(OTHER_PRIVATE, OTHER_CERTIFICATE), "its own certificate in KeyInfo proves nothing"
    assert bring(CERTIFICATE, OTHER_CERTIFICATE) == "on"
    assert comes_in(PRIVATE, CERTIFICATE)
    assert comes_in(OTHER_PRIVATE, OTHER_CERTIFICATE)
    assert bring(OTHER_CERTIFICATE) == "on"
    assert not comes_in(PRIVATE, CERTIFICATE)
    assert bring(CERTIFICATE) == "draft", "all keys at once: to be tested anew"


def test_one_company_s_assertion_is_worth_nothing_at_another(issuer, stranger, connection):
    other = connect(stranger)
    switch_on(stranger, other)
    browser = Client()
    request_id, relay = begin(other, browser)
    root = response(connection, request_id)
    sign(assertion_of(root))
    root.set("Destination", f"{place(other)}/acs")
    assert post(other, browser, root, relay).status_code == 403
    assert reason(stranger) in ("confirmation", "audience")


# ---- the corpus


def edit(path, **attributes):
    """Before signing: another attribute (None: none) at the first element of the path."""

    def change(root):
        for name, value in attributes.items():
            element = root if path == "." else root.find(path, NAMESPACES)
            if value is None:
                element.attrib.pop(name, None)
            else:
                element.set(name, value)

    return change


def drop(path):
    def change(root):
        element = root.xpath(path, namespaces=NAMESPACES)[0]  # find() overlooks what xmlsec itself made
        element.getparent().remove(element)

    return change


def double(path):
    def change(root):
        element = root.find(path, NAMESPACES)
        element.addnext(copy.deepcopy(element))

    return change


def said(path, text):
    def change(root):
        root.find(path, NAMESPACES).text = text

    return change


DATA = ".//saml:SubjectConfirmationData"
UNSIGNED_MISTAKES = {
    "another issuer": said("saml:Assertion/saml:Issuer", "https://evil.example"),
    "another issuer of the response": said("saml:Issuer", "https://evil.example"),
    "another audience": said(".//saml:Audience", "https://other.example"),
    "no audience": drop(".//saml:AudienceRestriction"),
    "a second audience restriction": lambda root: (
        double(".//saml:AudienceRestriction")(root),
        said(".//saml:Audience", "https://other.example")(root),
    ),
    "an unknown condition": lambda root: etree.SubElement(
        root.find(".//saml:Conditions", NAMESPACES), "{urn:x}Condition"
    ),
    "no conditions": drop(".//saml:Conditions"),
    "conditions twice": double(".//saml:Conditions"),
    "another recipient": edit(DATA, Recipient="https://evil.example/acs"),
    "a longer recipient": lambda root: edit(DATA, Recipient=root.find(DATA, NAMESPACES).get("Recipient") + "/x")(root),
    "no recipient": edit(DATA, Recipient=None),
    "another destination": edit(".", Destination="https://evil.example/acs"),
    "a longer destination": lambda root: root.set("Destination", root.get("Destination") + "x"),
    "no destination": edit(".", Destination=None),
    "an empty destination": edit(".", Destination=""),
    "another request": edit(".", InResponseTo="_other"),
    "no request": edit(".", InResponseTo=None),
    "another request in the confirmation": edit(DATA, InResponseTo="_other"),
    "no request in the confirmation": edit(DATA, InResponseTo=None),
    "confirmation over": edit(DATA, NotOnOrAfter=stamp(-3_600)),
    "confirmation without end": edit(DATA, NotOnOrAfter=None),
    "confirmation not yet": edit(DATA, NotBefore=stamp(-60)),
    "conditions over": edit(".//saml:Conditions", NotOnOrAfter=stamp(-3_600)),
    "conditions not yet": edit(".//saml:Conditions", NotBefore=stamp(3_600)),
    "a time that is none": edit(".//saml:Conditions", NotOnOrAfter="tomorrow"),
    "a time of another zone": edit(DATA, NotOnOrAfter="2099-01-01T00:00:00+09:00"),
    "a thirteenth month": edit(DATA, NotOnOrAfter="2099-13-01T00:00:00Z"),
    "issued long ago": edit("saml:Assertion", IssueInstant=stamp(-3_600)),
    "issued in the future": edit("saml:Assertion", IssueInstant=stamp(3_600)),
    "the response issued long ago": edit(".", IssueInstant=stamp(-3_600)),
    "no time of issue": edit("saml:Assertion", IssueInstant=None),
    "session over": edit(".//saml:AuthnStatement", SessionNotOnOrAfter=stamp(-3_600)),
    "no statement of a sign-in": drop(".//saml:AuthnStatement"),
    "a confirmation by key": edit(".//saml:SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
    "no confirmation": drop(".//saml:SubjectConfirmation"),
    "no data of the confirmation": drop(DATA),
    "no subject": drop(".//saml:Subject"),
    "no name": drop(".//saml:NameID"),
    "an empty name": said(".//saml:NameID", " "),
    "two names": double(".//saml:NameID"),
    "a transient name": edit(".//saml:NameID", Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
    "an endless name": said(".//saml:NameID", "x" * 1_025),
    "a comment in the name": lambda root: root.find(".//saml:NameID", NAMESPACES).append(etree.Comment("x")),
    "an element in the name": lambda root: etree.SubElement(root.find(".//saml:NameID", NAMESPACES), "{urn:x}x"),
    "a processing instruction": lambda root: root.append(etree.ProcessingInstruction("x", "y")),
    "a comment": lambda root: root.append(etree.Comment("x")),
    "not a success": edit(".//samlp:StatusCode", Value="urn:oasis:names:tc:SAML:2.0:status:Requester"),
    "no status": drop(".//samlp:Status"),
    "version 1.1": edit(".", Version="1.1"),
    "an assertion of version 1.1": edit("saml:Assertion", Version="1.1"),
    "no id of the response": edit(".", ID=None),
    "two assertions": double("saml:Assertion"),
    "no assertion": drop("saml:Assertion"),
    "an id twice": lambda root: root.set("ID", assertion_of(root).get("ID")),
    "an encrypted name": lambda root: etree.SubElement(
        root.find(".//saml:Subject", NAMESPACES), f"{{{NAMESPACES['xenc']}}}EncryptedData"
    ),
    "another element": lambda root: setattr(root, "tag", f"{{{NAMESPACES['samlp']}}}LogoutResponse"),
}
"""What a provider could sign and yet is not to be let in, or what is refused whoever signed it."""


@pytest.mark.parametrize("what", UNSIGNED_MISTAKES)
def test_a_signed_mistake_is_refused(issuer, connection, what):
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    UNSIGNED_MISTAKES[what](root)
    before = issuer.count_entries()
    if assertion_of(root) is not None:
        sign(assertion_of(root))
    refused(issuer, connection, browser, root, relay, before)


def refused(issuer, connection, browser, root, relay, before, raw=None):
    answer = post(connection, browser, root, relay, raw)
    assert answer.status_code == 403, reason(issuer)
    assert not signed_in(browser)
    assert issuer.count_entries() == before + 1
    assert reason(issuer) not in ("", "sso_nobody_known")


def evil(root):
    """The same assertion for somebody else, unsigned."""
    other = copy.deepcopy(assertion_of(root))
    for one in other.findall("ds:Signature", NAMESPACES):
        other.remove(one)
    other.set("ID", "_evil")
    other.find(".//saml:NameID", NAMESPACES).text = "admin"
    return other


def xsw_1(root):
    """The evil response around the signed one, in its signature."""
    good = copy.deepcopy(root)
    root.set("ID", "_evil")
    root.find("ds:Signature", NAMESPACES).append(good)


def xsw_2(root):
    good = copy.deepcopy(root)
    root.set("ID", "_evil")
    root.find("ds:Signature", NAMESPACES).addprevious(good)


def xsw_3(root):
    root.insert(0, evil(root))


def xsw_4(root):
    good = assertion_of(root)
    bad = evil(root)
    root.replace(good, bad)
    bad.append(good)


def xsw_5(root):
    good = assertion_of(root)
    bad = evil(root)
    bad.insert(1, good.find("ds:Signature", NAMESPACES))
    root.replace(good, bad)
    root.append(good)


def xsw_6(root):
    good = assertion_of(root)
    bad = evil(root)
    signature = good.find("ds:Signature", NAMESPACES)
    bad.insert(1, signature)
    root.replace(good, bad)
    signature.append(good)


def xsw_7(root):
    extensions = etree.Element(f"{{{NAMESPACES['samlp']}}}Extensions")
    extensions.append(evil(root))
    root.insert(1, extensions)


def xsw_8(root):
    good = assertion_of(root)
    bad = evil(root)
    signature = good.find("ds:Signature", NAMESPACES)
    bad.insert(1, signature)
    root.replace(good, bad)
    etree.SubElement(signature, f"{{{DS}}}Object").append(good)


def moved_signature(root):
    root.append(assertion_of(root).find("ds:Signature", NAMESPACES))


def of_the_signature(path, **attributes):
    return lambda root: root.find(f".//ds:Signature{path}", NAMESPACES).attrib.update(attributes)


def transform(root):
    root.xpath(".//ds:Transforms", namespaces=NAMESPACES)[0].append(etree.fromstring(XSLT))


def xpath(root):
    root.xpath(".//ds:Transforms", namespaces=NAMESPACES)[0].append(
        etree.fromstring(
            f'<ds:Transform xmlns:ds="{DS}" Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
            "<ds:XPath>true()</ds:XPath></ds:Transform>"
        )
    )


def after(change):
    return lambda root: (sign(assertion_of(root)), change(root))


def after_response(change):
    return lambda root: (sign(root), change(root))


FORGERIES = {
    "unsigned": lambda root: None,
    "another key with its own certificate": lambda root: sign(assertion_of(root), OTHER_PRIVATE, OTHER_CERTIFICATE),
    "RSA with SHA-1": lambda root: sign(assertion_of(root), method=xmlsec.constants.TransformRsaSha1),
    "a SHA-1 digest": lambda root: sign(assertion_of(root), digest=xmlsec.constants.TransformSha1),
    "a changed name": after(said(".//saml:NameID", "admin")),
    "a changed group": after(said(".//saml:AttributeValue", "bosses")),
    "a changed response": after_response(said(".//saml:NameID", "admin")),
    "no signature value": after(said(".//ds:SignatureValue", "")),
    "no digest value": after(said(".//ds:DigestValue", "")),
    "a signature that is no base64": after(said(".//ds:SignatureValue", "???")),
    "XSW 1": after_response(xsw_1),
    "XSW 2": after_response(xsw_2),
    "XSW 3": after(xsw_3),
    "XSW 4": after(xsw_4),
    "XSW 5": after(xsw_5),
    "XSW 6": after(xsw_6),
    "XSW 7": after(xsw_7),
    "XSW 8": after(xsw_8),
    "the signature elsewhere": after(moved_signature),
    "two signatures": after(double(".//ds:Signature")),
    "XSLT": after(transform),
    "XPath": after(xpath),
    "a reference to all": after(of_the_signature("//ds:Reference", URI="")),
    "a reference to a file": after(of_the_signature("//ds:Reference", URI="file:///etc/passwd")),
    "a reference to the response": after(of_the_signature("//ds:Reference", URI="#_r1")),
    "two references": after(double(".//ds:Reference")),
    "HMAC": after(
        of_the_signature("//ds:SignatureMethod", Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    ),
    "a length of the HMAC": after(
        lambda root: setattr(
            etree.SubElement(root.find(".//ds:SignatureMethod", NAMESPACES), f"{{{DS}}}HMACOutputLength"), "text", "0"
        )
    ),
    "inclusive canonical form": after(
        of_the_signature("//ds:CanonicalizationMethod", Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
    ),
    "an object in the signature": after(
        lambda root: etree.SubElement(root.find(".//ds:Signature", NAMESPACES), f"{{{DS}}}Object")
    ),
    "no transforms": after(drop(".//ds:Transforms")),
    "no method": after(drop(".//ds:SignatureMethod")),
    "an empty signature": after(
        lambda root: [part.getparent().remove(part) for part in list(root.find(".//ds:Signature", NAMESPACES))]
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_refused(issuer, connection, what):
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    FORGERIES[what](root)
    refused(issuer, connection, browser, root, relay, issuer.count_entries())


def bytes_of(root):
    sign(assertion_of(root))
    return etree.tostring(root)


MALFORMED = {
    "nothing": lambda root: b"",
    "no XML": lambda root: b"hello",
    "half of it": lambda root: bytes_of(root)[:900],
    "a document type": lambda root: b"<!DOCTYPE x>" + bytes_of(root),
    "an entity": lambda root: (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + bytes_of(root).replace(b"u-1", b"&e;")
    ),
    "a billion laughs": lambda root: b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + bytes_of(root),
    "an unknown entity": lambda root: bytes_of(root).replace(b"u-1", b"&e;"),
    "CDATA": lambda root: bytes_of(root).replace(b"u-1", b"<![CDATA[u-1]]>"),
    "a comment before": lambda root: b"<!-- x -->" + bytes_of(root),
    "a comment after": lambda root: bytes_of(root) + b"<!-- x -->",
    "UTF-16": lambda root: bytes_of(root).decode().encode("utf-16"),
    "a declared other encoding": lambda root: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + bytes_of(root),
    "bytes that are no UTF-8": lambda root: bytes_of(root).replace(b"u-1", b"\xff"),
    "a zero byte": lambda root: bytes_of(root).replace(b"u-1", b"u\x00"),
    "two roots": lambda root: bytes_of(root) * 2,
    "too large": lambda root: bytes_of(root).replace(b"u-1", b"x" * MESSAGE_BYTES_MAX),
    "too deep": lambda root: bytes_of(root).replace(b"u-1", b"<x>" * 30 + b"</x>" * 30),
    "too many": lambda root: bytes_of(root).replace(b"u-1", b"<x/>" * 6_000),
    "an unbound prefix": lambda root: bytes_of(root).replace(b"u-1", b"<q:x/>"),
    "an attribute twice": lambda root: bytes_of(root).replace(b'Version="2.0"', b'Version="2.0" Version="2.0"', 1),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_malformed_ends_in_a_refusal(issuer, connection, what):
    browser = Client()
    request_id, relay = begin(connection, browser)
    root = response(connection, request_id)
    refused(issuer, connection, browser, root, relay, issuer.count_entries(), MALFORMED[what](root))


def test_bytes_cut_and_changed_anywhere_end_in_a_refusal(issuer, connection):
    """A response with one byte changed, at places spread over all of it: never a fault, and never somebody else."""
    browser = Client()
    request_id, relay = begin(connection, browser)
    raw = bytes_of(response(connection, request_id))
    for at in range(0, len(raw), 61):
        changed = raw[:at] + bytes([raw[at] ^ 0x15]) + raw[at + 1 :]
        answer = post(connection, browser, None, relay, changed)
        assert answer.status_code == 403, at
        _id, relay = begin(connection, browser)


def test_no_base64_and_nothing_at_all_are_refused(issuer, connection):
    for data in ({"SAMLResponse": "%%%"}, {}, {"SAMLResponse": "A" * 400_000}):
        browser = Client()
        _request, relay = begin(connection, browser)
        answer = browser.post(f"/sso/saml/{connection}/acs", {**data, "RelayState": relay}, secure=True)
        assert answer.status_code == 403


def test_a_bomb_is_not_inflated():
    packer = zlib.compressobj(9, wbits=-15)
    bomb = base64.b64encode(packer.compress(b"<x>" + b" " * 50_000_000) + packer.flush()).decode()
    with pytest.raises(SsoRefused):
        read_deflated(bomb)


def test_only_what_was_signed_is_read():
    root = response("x", "_q")
    signature = sign(assertion_of(root))
    read = etree.fromstring(verified_bytes(signature, [CERTIFICATE]))
    assert read.find("ds:Signature", NAMESPACES) is None
    assert read.findtext(".//saml:NameID", namespaces=NAMESPACES) == "u-1"


def test_our_metadata_and_request_say_the_same(issuer, stranger, connection):
    root = etree.fromstring(issuer.get(f"/company/sign-in/{connection}/metadata").content)
    assert root.get("entityID") == place(connection)
    assert root.xpath("string(//*[local-name()='AssertionConsumerService']/@Location)") == f"{place(connection)}/acs"
    assert stranger.get(f"/company/sign-in/{connection}/metadata").status_code == 404
    with issuer.acting():
        assert b"PRIVATE KEY" not in bytes(IdentityProvider.objects.get().secrets)
