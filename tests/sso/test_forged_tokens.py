"""Tokens that a provider did not mean: everything that is wrong with one, one thing at a time."""

import base64
import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from torihiki.crypto.jose import half_hash
from torihiki.identity.sessions import resume
from torihiki.identity.sso.actions.connections import add_provider
from torihiki.identity.sso.connections import OidcSettings
from torihiki.identity.sso.models import IdentityProvider
from torihiki.identity.sso.oidc import asking
from torihiki.identity.sso.oidc.answers import LOGOUT_EVENT
from torihiki.ledger.models import Entry
from torihiki.outbound.asking import Answer

PLACE = "https://provider.example"
KEY, OTHER = (RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}) for _ in range(2))
EVERYTHING = jws.JWSRegistry(algorithms=["RS256", "RS512", "HS256", "ES256", "none"])


@pytest.fixture
def connection(issuer, monkeypatch):
    """A connection that is on, to a provider whose answers each test says."""
    with issuer.acting() as actor:
        settings = OidcSettings(
            issuer=PLACE,
            client_id="torihiki",
            authorization_endpoint=f"{PLACE}/authorize",
            token_endpoint=f"{PLACE}/token",
            jwks_uri=f"{PLACE}/keys",
            creates_members=True,
        )
        secrets = {"client_secret": "s"}
        provider = add_provider(
            actor, protocol="oidc", name="偽", settings=settings, secrets=secrets, domains=[], at=timezone.now()
        )
        IdentityProvider.objects.update(state="on")
    asking._kept.clear()
    return provider


def answer_with(monkeypatch, token):
    """The provider's key set, and `token(nonce)` for any code."""
    keys = {"keys": [KEY.as_dict(private=False)]}

    def ask(target, **_options):
        body = keys if target.path == "/keys" else {"id_token": token, "access_token": "a", "token_type": "Bearer"}
        return Answer(200, {}, json.dumps(body).encode(), 0.0)

    monkeypatch.setattr(asking, "ask", ask)


def claims_for(nonce, **changed):
    now = int(time.time())
    claims = {
        "iss": PLACE,
        "aud": "torihiki",
        "sub": "u-1",
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
        "email": "new@aoba.example",
        "name": "新人",
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims, key=KEY, **header):
    return jws.serialize_compact({"alg": "RS256", "kid": "1", **header}, json.dumps(claims), key, registry=EVERYTHING)


def come_back(monkeypatch, connection, make):
    """A whole way, on which the provider gives the token `make(nonce)`."""
    browser = Client()
    query = parse_qs(urlsplit(browser.get(f"/sso/start/{connection.pk}", secure=True)["Location"]).query)
    answer_with(monkeypatch, make(query["nonce"][0]))
    answer = browser.get(f"/sso/oidc/{connection.pk}/callback", {"code": "c", "state": query["state"][0]}, secure=True)
    return browser, answer


def hs256_with_the_public_key(nonce):
    public = KEY.raw_value.public_key() if hasattr(KEY.raw_value, "public_key") else KEY.raw_value
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    part = [json.dumps({"alg": "HS256", "kid": "1"}), json.dumps(claims_for(nonce))]
    head, body = (base64.urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in part)
    import hashlib
    import hmac

    code = hmac.new(pem, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(code).rstrip(b'=').decode()}"


def unsigned(nonce):
    part = [json.dumps({"alg": "none"}), json.dumps(claims_for(nonce))]
    return ".".join([*(base64.urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in part), ""])


def own_key_inside(nonce):
    return signed(claims_for(nonce), OTHER, jwk=OTHER.as_dict(private=False))


def doubled_claim(nonce):
    text = json.dumps(claims_for(nonce))[:-1] + ', "sub": "admin"}'
    return jws.serialize_compact({"alg": "RS256", "kid": "1"}, text, KEY, registry=EVERYTHING)


FORGED = {
    "alg none": unsigned,
    "HS256 with the public key": hs256_with_the_public_key,
    "another key": lambda nonce: signed(claims_for(nonce), OTHER),
    "its own key in the header": own_key_inside,
    "another algorithm": lambda nonce: signed(claims_for(nonce), KEY, alg="RS512"),
    "another key type": lambda nonce: signed(claims_for(nonce), ECKey.generate_key("P-256"), alg="ES256"),
    "an unknown key id": lambda nonce: signed(claims_for(nonce), KEY, kid="9"),
    "a critical extension": lambda nonce: signed(claims_for(nonce), KEY, crit=["b64"], b64=True),
    "a changed claim": lambda nonce: _changed(signed(claims_for(nonce))),
    "a doubled claim": doubled_claim,
    "another nonce": lambda nonce: signed(claims_for("other")),
    "no nonce": lambda nonce: signed(claims_for(None)),
    "another issuer": lambda nonce: signed(claims_for(nonce, iss="https://evil.example")),
    "a longer issuer": lambda nonce: signed(claims_for(nonce, iss=f"{PLACE}/")),
    "another audience": lambda nonce: signed(claims_for(nonce, aud="other")),
    "no audience": lambda nonce: signed(claims_for(nonce, aud=None)),
    "several audiences without azp": lambda nonce: signed(claims_for(nonce, aud=["torihiki", "other"])),
    "another azp": lambda nonce: signed(claims_for(nonce, azp="other")),
    "expired": lambda nonce: signed(claims_for(nonce, exp=int(time.time()) - 61)),
    "no end": lambda nonce: signed(claims_for(nonce, exp=None)),
    "an end that is no number": lambda nonce: signed(claims_for(nonce, exp="tomorrow")),
    "an end beyond all time": lambda nonce: signed(claims_for(nonce, exp=1e300)),
    "issued long ago": lambda nonce: signed(claims_for(nonce, iat=int(time.time()) - 3_600)),
    "issued in the future": lambda nonce: signed(claims_for(nonce, iat=int(time.time()) + 600)),
    "not yet": lambda nonce: signed(claims_for(nonce, nbf=int(time.time()) + 600)),
    "no subject": lambda nonce: signed(claims_for(nonce, sub=None)),
    "an empty subject": lambda nonce: signed(claims_for(nonce, sub="")),
    "a subject that is a list": lambda nonce: signed(claims_for(nonce, sub=["u-1"])),
    "a subject with a control character": lambda nonce: signed(claims_for(nonce, sub="u-1\x00")),
    "a subject without end": lambda nonce: signed(claims_for(nonce, sub="x" * 256)),
    "of another access token": lambda nonce: signed(claims_for(nonce, at_hash=half_hash("b"))),
    "no token": lambda nonce: None,
    "no JWS": lambda nonce: "a.b",
    "four parts": lambda nonce: signed(claims_for(nonce)) + ".x",
    "a long one": lambda nonce: signed(claims_for(nonce, name="x" * 20_000)),
    "nested without end": lambda nonce: signed({"a": json.loads("[" * 900 + "]" * 900)}),
    "claims that are a list": lambda nonce: jws.serialize_compact(
        {"alg": "RS256", "kid": "1"}, "[]", KEY, registry=EVERYTHING
    ),
}


def _changed(token):
    head, body, code = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    text = json.dumps({**claims, "sub": "u-2"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(text).rstrip(b'=').decode()}.{code}"


def test_what_the_provider_meant_comes_in(issuer, connection, monkeypatch):
    browser, answer = come_back(monkeypatch, connection, lambda nonce: signed(claims_for(nonce)))
    assert answer.status_code == 302
    assert "新人" in browser.get("/profile", secure=True).content.decode()


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_is_refused_with_one_entry_and_one_answer(issuer, connection, monkeypatch, what):
    before = issuer.count_entries()
    browser, answer = come_back(monkeypatch, connection, FORGED[what])
    assert answer.status_code == 403
    assert browser.get("/profile", secure=True).status_code == 302
    assert issuer.count_entries() == before + 1
    with issuer.acting():
        assert b"sso_refused" in bytes(Entry.objects.order_by("at", "id").last().payload)  # type: ignore[union-attr,arg-type]


def test_a_symmetric_key_in_the_set_verifies_nothing(issuer, connection, monkeypatch):
    key = OctKey.generate_key(256, {"kid": "1"})
    monkeypatch.setattr("tests.sso.test_forged_tokens.KEY", key)
    _browser, answer = come_back(monkeypatch, connection, lambda nonce: signed(claims_for(nonce), key, alg="HS256"))
    assert answer.status_code == 403


def test_what_one_provider_answers_is_nothing_to_another(issuer, connection, monkeypatch):
    """Mix-up (RFC 9700, 4.4): the person begins at one provider, and the answer is brought to the other's address; or
    the other's code comes to the one where it was begun, which then would be given it."""
    with issuer.acting() as actor:
        settings = OidcSettings.model_validate({**connection.settings, "issuer": "https://other.example"})
        other = add_provider(
            actor, protocol="oidc", name="他", settings=settings, secrets={"client_secret": "s"}, domains=[],
            at=timezone.now(),
        )  # fmt: skip
        IdentityProvider.objects.update(state="on")
    asked = []
    monkeypatch.setattr(asking, "ask", lambda target, **_options: asked.append(target))
    browser = Client()
    for begun, brought, issuer_named in (
        (connection, other, PLACE),
        (connection, other, "https://other.example"),
        (connection, connection, "https://other.example"),
    ):
        query = parse_qs(urlsplit(browser.get(f"/sso/start/{begun.pk}", secure=True)["Location"]).query)
        told = {"code": "c", "state": query["state"][0], "iss": issuer_named}
        assert browser.get(f"/sso/oidc/{brought.pk}/callback", told, secure=True).status_code == 403
    assert asked == [], "no code was given to anybody"


# ---- sign-out told by the provider


def logout(nonce_less=True, **changed):
    claims = claims_for(None, events={LOGOUT_EVENT: {}}, jti=f"j-{time.time_ns()}", **changed)
    return signed(claims)


def tell(connection, token):
    return Client().post(f"/sso/oidc/{connection.pk}/backchannel-logout", {"logout_token": token}, secure=True)


def test_the_provider_ends_its_own_session_and_no_other(issuer, connection, monkeypatch):
    one, _answer = come_back(monkeypatch, connection, lambda nonce: signed(claims_for(nonce, sid="s-1")))
    other, _answer = come_back(monkeypatch, connection, lambda nonce: signed(claims_for(nonce, sid="s-2")))
    token = logout(sid="s-1")
    assert tell(connection, token).status_code == 200
    assert [each.get("/profile", secure=True).status_code for each in (one, other)] == [302, 200]
    assert issuer.events()[-1] == "sso.logged_out_by_provider"
    assert tell(connection, token).status_code == 400, "once"
    assert tell(connection, logout()).status_code == 200, "all of the subject's"
    assert other.get("/profile", secure=True).status_code == 302
    assert issuer.get("/profile").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [{"events": {}}, {"nonce": "n"}, {"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}, {"jti": None}],
    ids=str,
)
def test_a_forged_logout_ends_nothing(issuer, connection, monkeypatch, changed):
    browser, _answer = come_back(monkeypatch, connection, lambda nonce: signed(claims_for(nonce, sid="s-1")))
    claims = claims_for(None, events={LOGOUT_EVENT: {}}, jti="j", sid="s-1")
    merged = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    assert tell(connection, signed(merged)).status_code == 400
    assert tell(connection, "").status_code == 400
    assert browser.get("/profile", secure=True).status_code == 200


def test_nobody_elses_provider_ends_our_sessions(issuer, stranger, connection, monkeypatch):
    browser, _answer = come_back(monkeypatch, connection, lambda nonce: signed(claims_for(nonce, sid="s-1")))
    with stranger.acting():
        from torihiki.identity.sso.flows import end_sessions

        assert end_sessions(connection.pk, subject="u-1") == []
    assert browser.get("/profile", secure=True).status_code == 200
    assert resume(browser.cookies["__Host-session"].value, at=timezone.now()) is not None
