"""Hashes and one-time tokens: SHA-256 (FIPS 180-4) and the operating system's random source."""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 32


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def sha256_hex(data: bytes) -> str:
    """64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def random_bytes(count: int) -> bytes:
    return secrets.token_bytes(count)


def new_token() -> str:
    """A URL-safe secret of 256 random bits, for a link or a cookie; only its `token_hash` is ever stored."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored instead of a token. A plain hash suffices: 256 random bits leave nothing to guess."""
    return sha256(token.encode())


def mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 (FIPS 198-1), 32 bytes."""
    return hmac.digest(key, data, "sha256")


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def derived_token(key: bytes, purpose: str) -> str:
    """A URL-safe secret that `key`'s holder can make again: HMAC-SHA-256 (FIPS 198-1) over `purpose`, which must name
    what the token is for and never serve two things."""
    code = mac(mac(key, b"torihiki derived tokens"), purpose.encode())
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()
