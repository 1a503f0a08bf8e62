"""Signatures by the Standard Webhooks convention: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`."""

import base64
from collections.abc import Iterable
from uuid import UUID

from torihiki.crypto.digest import mac, random_bytes
from torihiki.crypto.envelope import decrypt, encrypt
from torihiki.identity.keys import company_key

PREFIX = "whsec_"
SECRET_BYTES = 32  # the convention allows 24 to 64


def new_secret() -> bytes:
    return random_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """As the convention writes it, for the receiver's library."""
    return PREFIX + base64.b64encode(secret).decode()


def seal(company_id: UUID, endpoint_id: UUID, secret: bytes) -> bytes:
    """Encrypted under the company's key, bound to the endpoint. In the company's scope."""
    return encrypt(company_key(company_id), secret, bound_to=endpoint_id.bytes)


def unseal(company_id: UUID, endpoint_id: UUID, sealed: bytes | memoryview) -> bytes:
    """Raises DecryptionFailed for another endpoint's."""
    return decrypt(company_key(company_id), bytes(sealed), bound_to=endpoint_id.bytes)


def signature(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """One signature for each secret, separated by spaces; a receiver is content with any one. `timestamp` is in Unix
    seconds."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(mac(secret, signed)).decode() for secret in secrets)
