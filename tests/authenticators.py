"""A software authenticator: makes passkeys and answers with them, as WebAuthn says or with one thing wrong.

phone = Authenticator()
browser.post("/profile/passkeys/new", {"name": "電話", "credential": phone.make(options)})
browser.post("/sign-in/passkey", {"credential": phone.answer(options)})
"""

import base64
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cbor2 import dumps
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from django.conf import settings

from torihiki.crypto.digest import random_bytes, sha256

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40


@dataclass
class Held:
    id: bytes
    user: bytes
    key: Any
    uses: int = 0


@dataclass
class Authenticator:
    """`algorithm` is the COSE number of the keys that it makes; `counts` is false for those that never count."""

    algorithm: int = -7
    counts: bool = True
    origin: str = field(default_factory=lambda: settings.PUBLIC_URL)
    flags: int = PRESENT | VERIFIED
    held: list[Held] = field(default_factory=list)

    def make(self, options: dict[str, Any], *, attestation: dict[str, Any] | None = None, **wrong: Any) -> str:
        held = Held(random_bytes(16), read(options["user"]["id"]), new_key(self.algorithm))
        self.held.append(held)
        made = bytes(16) + struct.pack(">H", len(held.id)) + held.id + wrong.get("cose", _cose(held.key))
        statement = attestation or {"fmt": "none", "attStmt": {}}
        data = self._data(options["rp"]["id"], self.flags | MADE, 0) + made
        client = self._client("webauthn.create", options, **wrong)
        response = {
            "clientDataJSON": text(client),
            "attestationObject": text(dumps({**statement, "authData": wrong.get("data", data)})),
        }
        return _credential(held.id, response)

    def answer(self, options: dict[str, Any], *, held: Held | None = None, **wrong: Any) -> str:
        held = held or self.held[-1]
        held.uses = wrong.get("uses", held.uses + 1 if self.counts else 0)
        data = self._data(wrong.get("host", options["rpId"]), wrong.get("flags", self.flags), held.uses)
        client = self._client("webauthn.get", options, **wrong)
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(_sign(wrong.get("key", held.key), data + sha256(client))),
            "userHandle": text(wrong.get("user", held.user)),
        }
        return _credential(wrong.get("id", held.id), response)

    def _data(self, host: str, flags: int, uses: int) -> bytes:
        return sha256(host.encode()) + struct.pack(">BI", flags, uses)

    def _client(self, kind: str, options: dict[str, Any], **wrong: Any) -> bytes:
        challenge = wrong.get("challenge", options["challenge"])
        said = {"type": wrong.get("type", kind), "challenge": challenge, "origin": wrong.get("origin", self.origin)}
        return json.dumps({**said, "crossOrigin": wrong.get("embedded", False)}).encode()


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read(said: str) -> bytes:
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))


def _credential(credential_id: bytes, response: dict[str, str]) -> str:
    known = text(credential_id)
    return json.dumps({"id": known, "rawId": known, "type": "public-key", "response": response})


def new_key(algorithm: int) -> Any:
    if algorithm == -8:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == -257:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def _cose(key: Any) -> bytes:
    public = key.public_key()
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
    numbers = public.public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return dumps({1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"})
    return dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})


def _sign(key: Any, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    signed: bytes = key.sign(data, ec.ECDSA(hashes.SHA256()))
    return signed
