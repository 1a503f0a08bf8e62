"""A corpus made by rule: each element and attribute of a response removed, doubled, emptied, moved, renamed or forged,
before it is signed and after. Nothing but a refusal or the very person whom the provider signed comes out of it."""

import base64
import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from lxml import etree

from tests.sso.test_saml import CERTIFICATE, IDP, assertion_of, response, sign
from torihiki.identity.sso.connections import Connection, SamlSettings
from torihiki.identity.sso.refusals import SsoRefused
from torihiki.identity.sso.saml.ours import ours_at
from torihiki.identity.sso.saml.responses import read_response
from torihiki.lib.ids import new_id

Change = Callable[[Any], None]
FILES_MIN = 132  # as many as the corpus of python3-saml has


def removed(element: Any) -> None:
    element.getparent().remove(element)


def doubled(element: Any) -> None:
    element.addnext(copy.deepcopy(element))


def emptied(element: Any) -> None:
    for child in list(element):
        element.remove(child)
    element.text = None


def retold(element: Any) -> None:
    element.text = "admin"


def renamed(element: Any) -> None:
    element.tag = etree.QName(element).localname


def commented(element: Any) -> None:
    comment = etree.Comment("x")
    comment.tail, element.text = element.text, None
    element.insert(0, comment)


def wrapped(element: Any) -> None:
    around = etree.Element("{urn:x}x")
    element.getparent().replace(element, around)
    around.append(element)


def moved_up(element: Any) -> None:
    element.getroottree().getroot().insert(0, element)


def moved_down(element: Any) -> None:
    element.getroottree().getroot()[-1].append(element)


def preceded_by_another(element: Any) -> None:
    other = copy.deepcopy(element)
    for each in other.iter():
        each.text = "admin" if (each.text or "").strip() else each.text
    element.addprevious(other)


CHANGES: tuple[Change, ...] = (
    removed, doubled, emptied, retold, renamed, commented, wrapped, moved_up, moved_down, preceded_by_another,
)  # fmt: skip
VALUES = ("", "x", "_a", "2.0", "https://evil.example", "urn:oasis:names:tc:SAML:2.0:cm:bearer")


def corpus(make: Callable[[], Any]) -> Iterator[tuple[str, Any]]:
    """Each with its name; a change that cannot be made is left out."""
    count = len(list(make().iter()))
    for number in range(1, count):
        for change in CHANGES:
            root = make()
            element = list(root.iter())[number]
            name = f"{number} {etree.QName(element).localname} {change.__name__}"
            try:
                change(element)
            except (ValueError, AttributeError):  # such as an element that would go into itself
                continue
            yield name, root
    for number in range(count):
        for attribute in list(make().iter())[number].attrib:
            for value in (None, *VALUES):
                root = make()
                element = list(root.iter())[number]
                if value is None:
                    del element.attrib[attribute]
                else:
                    element.set(attribute, value)
                yield f"{number} {etree.QName(element).localname} {attribute}={value}", root


@pytest.fixture(scope="module")
def trusting(pair):
    private, certificate = pair
    return Connection(
        provider_id=new_id(),
        company_id=new_id(),
        name="x",
        state="on",
        protocol="saml",
        settings=SamlSettings(entity_id=IDP, sso_url="https://idp.example/sso", certificates=(CERTIFICATE,)),
        secrets={"private_key": private, "certificate": certificate},
    )


def read(connection, root):
    text = base64.b64encode(etree.tostring(root)).decode()
    return read_response(connection, ours_at(connection), text, request_id="_q", at=timezone.now())


def test_what_is_changed_after_signing_is_refused_or_the_same_person(trusting):
    meant = response(trusting.provider_id, "_q")
    sign(assertion_of(meant))
    whole = read(trusting, meant).identity
    assert (whole.subject, whole.sid) == ("u-1", "s-1")
    files = refused = 0
    for name, root in corpus(lambda: copy.deepcopy(meant)):
        files += 1
        try:
            assert read(trusting, root).identity == whole, name
        except SsoRefused:
            refused += 1
    assert files > FILES_MIN
    assert refused > files * 0.9, "but for what surrounds the assertion"


def test_what_a_provider_signs_amiss_is_refused_or_read_and_never_a_fault(trusting):
    files = 0
    for _name, root in corpus(lambda: response(trusting.provider_id, "_q")):
        assertion = assertion_of(root)
        if assertion is None or not assertion.get("ID"):
            continue
        files += 1
        sign(assertion)
        try:
            read(trusting, root)
        except SsoRefused:
            continue
    assert files > FILES_MIN
