"""What is asked of a provider itself: its discovery document, its keys and the token for a code."""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from torihiki.crypto.jose import ALGORITHMS
from torihiki.identity.sso.connections import Connection
from torihiki.identity.sso.refusals import ProviderUnfit, SsoRefused
from torihiki.outbound.asking import Answer, ask
from torihiki.outbound.failures import OutboundFailed
from torihiki.outbound.targets import read_target

ANSWER_BYTES_MAX = 256 * 1024
WELL_KNOWN = "/.well-known/openid-configuration"
KEYS_KEPT_SECONDS = 3_600
KEYS_ASKED_AGAIN_SECONDS = 30  # a key id that nobody knows makes us ask at most this often
PROVIDERS_KEPT_MAX = 1_000


def discover(issuer: str) -> dict[str, Any]:
    """What the issuer says of itself, as fields of OidcSettings (Discovery 1.0, section 4). Raises ProviderUnfit, with
    the reason for the administrator who typed the address."""
    try:
        found = _json(ask(read_target(issuer.rstrip("/") + WELL_KNOWN), answer_bytes_max=ANSWER_BYTES_MAX))
    except OutboundFailed as failed:
        raise ProviderUnfit(failed.message) from failed
    except ValueError as error:
        raise ProviderUnfit(
            _("No discovery document is there. The issuer is what stands before /.well-known/openid-configuration.")
        ) from error
    if found.get("issuer") != issuer:
        raise ProviderUnfit(_("The discovery document names another issuer. Type it exactly as the provider shows it."))
    if "code" not in _words(found.get("response_types_supported")):
        raise ProviderUnfit(_("The provider does not offer the code flow, which is the only one used here."))
    challenges = _words(found.get("code_challenge_methods_supported"))
    if challenges and "S256" not in challenges:
        raise ProviderUnfit(_("The provider does not offer PKCE with S256, without which no sign-in is begun."))
    offered = _words(found.get("id_token_signing_alg_values_supported")) or ["RS256"]
    signing = [algorithm for algorithm in ALGORITHMS if algorithm in offered]
    if not signing:
        raise ProviderUnfit(_("The provider signs with none of RS256, PS256, ES256 and Ed25519."))
    methods = _words(found.get("token_endpoint_auth_methods_supported")) or ["client_secret_basic"]
    return {
        "issuer": issuer,
        "authorization_endpoint": found.get("authorization_endpoint"),
        "token_endpoint": found.get("token_endpoint"),
        "jwks_uri": found.get("jwks_uri"),
        "end_session_endpoint": found.get("end_session_endpoint"),
        "token_auth": "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post",
        "algorithm": signing[0],
        "states_issuer": found.get("authorization_response_iss_parameter_supported") is True,
    }


def token_for(connection: Connection, code: str, *, redirect_uri: str, verifier: str) -> dict[str, Any]:
    """The token endpoint's answer (RFC 6749, 4.1.3; RFC 7636, 4.5). Raises SsoRefused."""
    settings, secret = connection.oidc, connection.secrets["client_secret"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if settings.token_auth == "client_secret_basic":  # noqa: S105 - a method's name
        pair = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": settings.client_id, "client_secret": secret}
    try:
        answer = ask(
            read_target(settings.token_endpoint),
            method="POST",
            headers=headers,
            body=urlencode(form).encode(),
            answer_bytes_max=ANSWER_BYTES_MAX,
        )
        return _json(answer)
    except OutboundFailed as failed:
        raise SsoRefused(why=f"token_endpoint_{failed.failure}") from failed
    except ValueError as error:
        raise SsoRefused(why="token_refused") from error


@dataclass
class _Keys:
    found: dict[str, Any]
    asked_at: float


_kept: dict[tuple[UUID, str], _Keys] = {}


def keys_of(connection: Connection, *, anew: bool = False) -> dict[str, Any]:
    """The provider's JWK set, kept for an hour in this process; `anew` asks again where it is older than half a minute,
    for a key id that is not known yet. Raises SsoRefused."""
    place = (connection.provider_id, connection.oidc.jwks_uri)
    kept, now = _kept.get(place), time.monotonic()
    if kept and now - kept.asked_at < (KEYS_ASKED_AGAIN_SECONDS if anew else KEYS_KEPT_SECONDS):
        return kept.found
    try:
        found = _json(ask(read_target(connection.oidc.jwks_uri), answer_bytes_max=ANSWER_BYTES_MAX))
    except OutboundFailed as failed:
        raise SsoRefused(why=f"keys_{failed.failure}") from failed
    except ValueError as error:
        raise SsoRefused(why="keys_malformed") from error
    if len(_kept) >= PROVIDERS_KEPT_MAX:
        _kept.clear()
    _kept[place] = _Keys(found, now)
    return found


def _json(answer: Answer) -> dict[str, Any]:
    if answer.status != 200 or len(answer.body) >= ANSWER_BYTES_MAX:
        raise ValueError(f"answered {answer.status}")
    try:
        found = json.loads(answer.body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
