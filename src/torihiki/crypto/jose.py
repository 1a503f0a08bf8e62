"""Signed tokens of identity providers (JWS, RFC 7515; JWK sets, RFC 7517): public-key signatures by an allow-list only.

Symmetric algorithms and `none` are not on the list, so a token that was "signed" with the public key cannot pass. What
a token says about its own key (`jwk`, `jku`, `x5c`, `x5u`) is never read.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from torihiki.crypto.digest import sha256

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""RSASSA-PKCS1-v1_5 and RSA-PSS with SHA-256, ECDSA P-256, and Ed25519 under its old and its new name (RFC 9864)."""
KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
CURVES = {"EC": {"P-256"}, "OKP": {"Ed25519"}}
RSA_BITS_MIN = 2048
RSA_BITS_MAX = 8192
TOKEN_BYTES_MAX = 16_384
KEYS_MAX = 50

_REGISTRY = jws.JWSRegistry(algorithms=list(ALGORITHMS))
_REGISTRY.max_payload_length = TOKEN_BYTES_MAX


class TokenRefused(Exception):
    """The token is not what the keys signed; the text is for the log, never for who sent it."""


class KeyUnknown(TokenRefused):
    """No key of the set has the token's key id: the provider may have rotated."""


def token_algorithm(token: str) -> str:
    """What the token says it is signed with, once that is allowed. Raises TokenRefused."""
    return str(_header(token)["alg"])


def verified_claims(token: str, keys: Mapping[str, Any], *, algorithm: str | None = None) -> dict[str, Any]:
    """The claims of a compact JWS that one key of the JWK set signed; `algorithm` narrows the list to one.

    Only keys that are public, long enough, of the algorithm's type and not meant for encryption are tried; with a key
    id exactly the one that has it. Raises KeyUnknown, or TokenRefused for everything else."""
    header = _header(token)
    if algorithm is not None and header["alg"] != algorithm:
        raise TokenRefused(f"signed with {header['alg']}, {algorithm} was agreed")
    candidates = _candidates(header, keys)
    if not candidates:
        raise KeyUnknown("no key of the set fits the token")
    for key in candidates:
        try:
            found = jws.deserialize_compact(token, key, algorithms=[header["alg"]], registry=_REGISTRY)
        except (JoseError, ValueError, TypeError) as error:
            refused: Exception = error
            continue
        try:
            claims = json.loads(found.payload or b"", object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise TokenRefused("the claims are no JSON object") from error
        if not isinstance(claims, dict):
            raise TokenRefused("the claims are no JSON object")
        return claims
    raise TokenRefused("no key verifies the signature") from refused


def pkce_challenge(verifier: str) -> str:
    """The S256 code challenge of RFC 7636."""
    return base64.urlsafe_b64encode(sha256(verifier.encode("ascii"))).rstrip(b"=").decode()


def half_hash(value: str) -> str:
    """`at_hash` and `c_hash` of OpenID Connect Core 3.1.3.6, for algorithms with SHA-256."""
    return base64.urlsafe_b64encode(sha256(value.encode("ascii"))[:16]).rstrip(b"=").decode()


def _header(token: str) -> dict[str, Any]:
    if len(token) > TOKEN_BYTES_MAX or token.count(".") != 2 or not token.isascii():
        raise TokenRefused("no compact JWS of bearable length")
    part = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise TokenRefused("the header is no JSON") from error
    if not isinstance(header, dict) or header.get("alg") not in ALGORITHMS:
        raise TokenRefused("the algorithm is not allowed")
    if "crit" in header or "b64" in header:
        raise TokenRefused("the header asks for an extension that is not known here")
    return header


def _candidates(header: Mapping[str, Any], keys: Mapping[str, Any]) -> list[RSAKey | ECKey | OKPKey]:
    listed = keys.get("keys")
    found: list[RSAKey | ECKey | OKPKey] = []
    for entry in (listed if isinstance(listed, Sequence) and not isinstance(listed, str) else [])[:KEYS_MAX]:
        if not isinstance(entry, Mapping) or entry.get("kty") != KEY_TYPES[header["alg"]]:
            continue
        if "kid" in header and entry.get("kid") != header["kid"]:
            continue
        if entry.get("use", "sig") != "sig" or entry.get("alg", header["alg"]) != header["alg"]:
            continue
        key = _public_key(entry)
        if key is not None:
            found.append(key)
    return found


def _public_key(entry: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey | None:
    """None for what cannot verify anything: malformed, too short, of another curve."""
    public = {name: entry[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in entry}
    if public["kty"] in CURVES and public.get("crv") not in CURVES[public["kty"]]:
        return None
    try:
        key = import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey):
        return key if RSA_BITS_MIN <= key.raw_value.key_size <= RSA_BITS_MAX else None
    return key if isinstance(key, ECKey | OKPKey) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of a doubled name could read different things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found
