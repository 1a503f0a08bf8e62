"""An OpenID provider of Authlib's: code flow with PKCE required, discovery, rotation of keys, RFC 9207.

    python -m tests.providers.oidc PORT CERTIFICATE KEY

It signs in whoever `/be` was told, without asking; `/rotate` takes a new key, `/said` tells what it was asked.
"""

import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, redirect, request
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "torihiki", "a.secret~of_the-client"
app = Flask("provider")
state: dict[str, Any] = {
    "person": {},
    "codes": {},
    "redirect_uris": [],
    "keys": [],
    "said": [],
    "algorithm": "RS256",
    "remembered": 0,
}


class Client(ClientMixin):
    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in state["redirect_uris"]

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code:
    code: str
    person: dict[str, Any]
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    auth_time: int

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return None

    def is_expired(self):
        return False


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code, request):
        data = request.payload.data
        state["codes"][code] = Code(
            code=code,
            person=dict(state["person"]),
            redirect_uri=data.get("redirect_uri"),
            scope=data.get("scope"),
            nonce=data.get("nonce"),
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
            auth_time=int(time.time()) - state["remembered"],
        )

    def query_authorization_code(self, code, client):
        return state["codes"].get(code)

    def delete_authorization_code(self, authorization_code):
        state["codes"].pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code):
        return authorization_code.person


class IdToken(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return False

    def resolve_client_private_key(self, client):
        return state["keys"][-1]

    def get_client_algorithm(self, client):
        return state["algorithm"]

    def get_encode_header(self, client):
        return {"alg": state["algorithm"], "kid": state["keys"][-1].kid}

    def get_client_claims(self, client):
        return {"iss": issuer(), "exp": int(time.time()) + 300}

    def generate_user_info(self, user, scope):
        return UserInfo(**user)


server = AuthorizationServer(app, query_client=lambda name: Client() if name == CLIENT_ID else None)
server.save_token = lambda token, request: None
server.register_grant(CodeGrant, [IdToken(require_nonce=True), CodeChallenge(required=True)])


def issuer():
    return f"https://localhost:{app.config['PORT']}"


@app.get("/.well-known/openid-configuration")
def discovery():
    return jsonify(
        issuer=issuer(),
        authorization_endpoint=f"{issuer()}/authorize",
        token_endpoint=f"{issuer()}/token",
        jwks_uri=f"{issuer()}/keys",
        end_session_endpoint=f"{issuer()}/leave",
        response_types_supported=["code"],
        id_token_signing_alg_values_supported=[state["algorithm"]],
        code_challenge_methods_supported=["S256"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
        authorization_response_iss_parameter_supported=True,
    )


@app.get("/keys")
def keys():
    state["said"].append("keys")
    return jsonify(keys=[key.as_dict(private=False) for key in state["keys"]])


@app.get("/authorize")
def authorize():
    grant = server.get_consent_grant(end_user=state["person"])
    answer = server.create_authorization_response(grant_user=state["person"], grant=grant)
    if answer.status_code == 302:
        return redirect(f"{answer.headers['Location']}&iss={issuer()}")
    return answer


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/be")
def be():
    """Who signs in from now on, and where they may be sent back to."""
    state.update(json.loads(request.data))
    return Response()


@app.post("/rotate")
def rotate():
    state["keys"] = [RSAKey.generate_key(2048, {"kid": f"key-{time.time_ns()}", "use": "sig"})]
    return Response()


@app.get("/said")
def said():
    return jsonify(state["said"])


if __name__ == "__main__":
    port, certificate, key = sys.argv[1:]
    app.config.update(PORT=port)
    rotate()
    app.run("127.0.0.1", int(port), ssl_context=(certificate, key), threaded=True, use_reloader=False)
