"""Passkeys: what an authenticator made or signed, verified by WebAuthn Level 3 (W3C), 7.1 and 7.2.

Attestation is neither asked for nor believed: whatever statement comes along is left unread. Signatures are those of
CRYPTREC's list: ECDSA P-256 and Ed25519, and RSASSA-PKCS1-v1_5 with SHA-256 for Windows Hello on older TPMs, which
make nothing else.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cbor2 import CBORDecodeError
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    encode_cbor,
    parse_cbor,
)
from webauthn.helpers.cose import COSECRV, COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey
from webauthn.helpers.exceptions import WebAuthnException

ALGORITHMS = {"ES256": -7, "EdDSA": -8, "RS256": -257}
"""COSE algorithm identifiers (RFC 9053, RFC 8812), in the order in which they are preferred."""
RSA_BITS_MIN = 2048
RSA_BITS_MAX = 8192
ID_BYTES_MAX = 1023  # WebAuthn 7.1
KEY_BYTES_MAX = 1100  # an RSA key of RSA_BITS_MAX
ANSWER_LENGTH_MAX = 16_384

_MALFORMED = (
    WebAuthnException,
    CBORDecodeError,
    UnsupportedAlgorithm,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading hostile bytes ends in, here and in the libraries."""
_ACCEPTED = [COSEAlgorithmIdentifier(each) for each in ALGORITHMS.values()]


class PasskeyInvalid(Exception):
    """The answer is malformed, signed by another key, for another site or challenge; the text is for the log."""


@dataclass(frozen=True)
class Site:
    """Whom passkeys are for: `host` is the relying party's id, `origin` the only place where they are used."""

    host: str
    origin: str


@dataclass(frozen=True)
class NewPasskey:
    credential_id: bytes
    public_key: bytes  # a COSE key (RFC 9052, 7)
    uses: int  # the authenticator's signature counter; 0 where it has none
    synced: bool  # kept by its provider on several devices


@dataclass(frozen=True)
class Answer:
    """What the browser sent, as far as it can be read before a key is known."""

    credential_id: bytes
    challenge: bytes
    user: bytes | None  # the user handle, where the authenticator gave one
    sent: Mapping[str, Any]


def read_answer(text: str) -> Answer:
    """A credential as JSON (WebAuthn 5.1: `PublicKeyCredential.toJSON()`). Raises PasskeyInvalid."""
    if len(text) > ANSWER_LENGTH_MAX:
        raise PasskeyInvalid("longer than any answer")
    try:
        sent = json.loads(text)
        response = sent["response"]
        data = json.loads(_bytes(response["clientDataJSON"]))
        credential_id, challenge = _bytes(sent["rawId"]), _bytes(data["challenge"])
        user = response.get("userHandle")
        handle = _bytes(user) if user else None
        embedded = data.get("crossOrigin", False) is not False or "topOrigin" in data
    except _MALFORMED as error:
        raise PasskeyInvalid("malformed") from error
    if embedded:
        raise PasskeyInvalid("embedded in another site")
    if not 0 < len(credential_id) <= ID_BYTES_MAX:
        raise PasskeyInvalid("no credential id of bearable length")
    return Answer(credential_id, challenge, handle, sent)


def verified_registration(answer: Answer, site: Site) -> NewPasskey:
    """The new key, made with the person verified (PIN or biometrics). That the challenge was ours is the caller's to
    check. Raises PasskeyInvalid."""
    try:
        made = verify_registration_response(
            credential=_without_attestation(answer.sent),
            expected_challenge=answer.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ACCEPTED,
        )
        _check_key(made.credential_public_key)
    except _MALFORMED as error:
        raise PasskeyInvalid(str(error)[:200]) from error
    if made.credential_id != answer.credential_id:
        raise PasskeyInvalid("made under another id")
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count, made.credential_backed_up)


def verified_use(answer: Answer, site: Site, public_key: bytes) -> int:
    """The signature counter, which the caller holds against the last one: a lower one means a copy of the key. The
    person was verified; that the challenge was ours is the caller's to check. Raises PasskeyInvalid."""
    try:
        used = verify_authentication_response(
            credential=dict(answer.sent),
            expected_challenge=answer.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise PasskeyInvalid(str(error)[:200]) from error
    return used.new_sign_count


def to_text(data: bytes) -> str:
    """base64url without padding, as WebAuthn's JSON has bytes."""
    return bytes_to_base64url(data)


def _check_key(public_key: bytes) -> None:
    """The library takes any curve and any length of RSA key. Raises ValueError."""
    if len(public_key) > KEY_BYTES_MAX:
        raise ValueError("the key is longer than any")
    key = decode_credential_public_key(public_key)
    if isinstance(key, DecodedEC2PublicKey) and key.crv != COSECRV.P256:
        raise ValueError("another curve than P-256")
    size = getattr(decoded_public_key_to_cryptography(key), "key_size", RSA_BITS_MIN)
    if key.alg == COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256 and not RSA_BITS_MIN <= size <= RSA_BITS_MAX:
        raise ValueError("an RSA key of another length")


def _without_attestation(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The same answer with its statement left out, so that no parser of statements ever sees one."""
    response = dict(sent["response"])
    held = parse_cbor(_bytes(response["attestationObject"]))
    bare = encode_cbor({"fmt": "none", "attStmt": {}, "authData": held["authData"]})
    return {**sent, "response": {**response, "attestationObject": to_text(bare)}}


def _bytes(text: object) -> bytes:
    """Of base64url, without padding and with no other character. Raises ValueError."""
    if not isinstance(text, str) or "=" in text:
        raise ValueError("no base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
