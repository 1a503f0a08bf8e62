"""A SAML identity provider of pysaml2's: signed requests required, encryption, roll-over, signed metadata, logout.

    python -m tests.providers.saml PORT CERTIFICATE KEY

It signs in whoever `/be` was told; with `asks` it shows a login page first, else it answers at once. `/be` also takes
the service providers' metadata (`services`), which keys it announces and signs with, and whether it encrypts.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import saml2.entity
from flask import Flask, Response, jsonify, redirect, request
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORD
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import SecurityContext, pre_encryption_part, verify_redirect_signature
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from torihiki.crypto.xml_signature import make_key_pair

# Triple DES is what pysaml2 encrypts with unless told otherwise; nobody accepts that any more.
saml2.entity.pre_encryption_part = partial(pre_encryption_part, msg_enc="http://www.w3.org/2009/xmlenc11#aes256-gcm")
SecurityContext.encrypt_assertion.__defaults__ = ("aes-256", None)

app = Flask("provider")
folder = Path(tempfile.mkdtemp(prefix="saml-"))
state: dict[str, Any] = {
    "person": {},
    "services": [],
    "announced": [0],
    "signs_with": 0,
    "signs_metadata": False,
    "encrypts": False,
    "asks": False,
    "sessions": [],
    "said": [],
    "server": None,
}


def issuer() -> str:
    return f"https://localhost:{app.config['PORT']}"


def key_files(number: int) -> tuple[str, str]:
    key, certificate = folder / f"{number}.key", folder / f"{number}.pem"
    if not key.exists():
        private, public = make_key_pair(f"provider {number}", now=datetime.now(UTC))
        key.write_text(private)
        certificate.write_text(public)
    return str(key), str(certificate)


def config() -> IdPConfig:
    key, certificate = key_files(state["signs_with"])
    others = [key_files(number)[1] for number in state["announced"] if number != state["signs_with"]]
    return IdPConfig().load(
        {
            "entityid": f"{issuer()}/metadata",
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "key_file": key,
            "cert_file": certificate,
            "additional_cert_files": others,
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
            "metadata": {"inline": state["services"]},
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [(f"{issuer()}/sso", BINDING_HTTP_REDIRECT)],
                        "single_logout_service": [(f"{issuer()}/slo", BINDING_HTTP_REDIRECT)],
                    },
                    "want_authn_requests_signed": True,
                    "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                    "policy": {"default": {"lifetime": {"minutes": 10}, "attribute_restrictions": None}},
                }
            },
        }
    )


@app.get("/metadata")
def metadata():
    xml = create_metadata_string(
        None, config=config(), sign=state["signs_metadata"], sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256
    )
    return Response(xml, mimetype="application/samlmetadata+xml")


@app.get("/sso")
def sign_on():
    """The request, whose signature pysaml2 checks; then the login page or the answer."""
    asked = server().parse_authn_request(
        request.args["SAMLRequest"],
        BINDING_HTTP_REDIRECT,
        relay_state=request.args.get("RelayState"),
        sigalg=request.args.get("SigAlg"),
        signature=request.args.get("Signature"),
    )
    message = asked.message
    state["said"].append({"asked": message.id, "again": message.force_authn})
    if state["asks"]:
        return login_page(message.issuer.text, message.id, request.args.get("RelayState", ""))
    return answer(message.issuer.text, message.id, request.args.get("RelayState", ""))


@app.post("/in")
def signed_in():
    return answer(request.form["to"], request.form["request"] or None, request.form["relay"])


@app.get("/start")
def start():
    """As from the provider's own portal: nobody asked."""
    return answer(request.args["to"], None, "")


def login_page(to: str, request_id: str, relay: str) -> str:
    hidden = {"to": to, "request": request_id, "relay": relay}
    fields = "".join(f'<input type=hidden name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    return (
        f"<!doctype html><meta charset=utf-8><title>Provider</title><h1>Aoba account</h1><form method=post action=/in>"
        f"{fields}<label>Password <input type=password name=password></label><button>Sign in</button></form>"
    )


def answer(to: str, request_id: str | None, relay: str) -> str:
    """A page that posts the response by itself, as providers do."""
    person, place = state["person"], acs_of(to)
    name_id = NameID(format=NAMEID_FORMAT_PERSISTENT, text=person["subject"])
    response = str(
        server().create_authn_response(
            {"mail": [person["email"]], "displayName": [person["name"]], "groups": person["groups"]},
            in_response_to=request_id,
            destination=place,
            sp_entity_id=to,
            name_id=name_id,
            authn={"class_ref": PASSWORD, "authn_auth": issuer()},
            sign_assertion=True,
            sign_response=state["encrypts"],
            encrypt_assertion=state["encrypts"],
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
        )
    )
    index = response.partition('SessionIndex="')[2].partition('"')[0]
    state["sessions"].append({"to": to, "subject": person["subject"], "index": index})
    made = server().apply_binding(BINDING_HTTP_POST, response, place, relay, response=True)
    return str(made["data"])


def acs_of(to: str) -> str:
    return str(server().metadata.assertion_consumer_service(to, BINDING_HTTP_POST)[0]["location"])


@app.get("/favicon.ico")
def icon():
    """Browsers ask for it by themselves, and tell where it is missing."""
    return Response(status=204)


@app.get("/slo")
def single_logout():
    """The other side's request, answered; or its answer to ours. Signatures are checked here: pysaml2 leaves them."""
    name = "SAMLRequest" if "SAMLRequest" in request.args else "SAMLResponse"
    sender = state["sessions"][-1]["to"]
    certificate = server().metadata.certs(sender, "any", "signing")[0][1]
    told = {key: values[0] for key, values in parse_qs(urlsplit(request.url).query).items()}
    verified = verify_redirect_signature(told, server().sec.sec_backend, certificate)
    state["said"].append({"name": name, "verified": bool(verified), "relay": told.get("RelayState", "")})
    if name == "SAMLResponse":
        found = server().parse_logout_request_response(told[name], BINDING_HTTP_REDIRECT)
        state["said"].append({"status_ok": found.status_ok(), "to": found.response.in_response_to})
        return "signed out"
    asked = (
        server()
        .parse_logout_request(
            told[name],
            BINDING_HTTP_REDIRECT,
            relay_state=told.get("RelayState"),
            sigalg=told["SigAlg"],
            signature=told["Signature"],
        )
        .message
    )
    state["said"].append({"subject": asked.name_id.text, "sessions": [each.text for each in asked.session_index]})
    response = server().create_logout_response(asked, [BINDING_HTTP_REDIRECT])
    return by_redirect(response, response.destination, told.get("RelayState", ""), response=True)


@app.get("/leave")
def leave():
    """The person signs out at the provider: of the last session that it opened at a service."""
    session = state["sessions"][int(request.args.get("session", "-1"))]
    place = server().metadata.single_logout_service(session["to"], BINDING_HTTP_REDIRECT, "spsso")
    asked = server().create_logout_request(
        place[0]["location"],
        session["to"],
        name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=session["subject"]),
        session_indexes=[session["index"]],
    )
    _id, message = asked if isinstance(asked, tuple) else (None, asked)
    return by_redirect(message, place[0]["location"], "from the provider", response=False)


def by_redirect(message: Any, place: str, relay: str, *, response: bool) -> Any:
    made = server().apply_binding(
        BINDING_HTTP_REDIRECT, str(message), place, relay, response=response, sign=True, sigalg=SIG_RSA_SHA256
    )
    return redirect(dict(made["headers"])["Location"])


@app.post("/be")
def be():
    before = wanted()
    state.update(json.loads(request.data))
    if wanted() != before:
        state["server"] = None
    return Response()


def wanted() -> list[Any]:
    """What a server is made of; to make one takes longer than anything else here."""
    return [state[name] for name in ("services", "announced", "signs_with")]


def server() -> Server:
    state["server"] = state["server"] or Server(config=config())
    return state["server"]


@app.get("/said")
def said():
    return jsonify(state["said"])


if __name__ == "__main__":
    port, tls_certificate, tls_key = sys.argv[1:]
    app.config.update(PORT=port)
    app.run("127.0.0.1", int(port), ssl_context=(tls_certificate, tls_key), threaded=True, use_reloader=False)
