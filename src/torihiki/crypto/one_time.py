"""Time-based one-time passwords of authenticator apps: RFC 6238 with HMAC-SHA-256, and short codes that are mailed.

SHA-1, the standard's first choice, stands on no list of CRYPTREC: an app that knows nothing else fails at its set-up,
where a first code is asked for.
"""

import hashlib
import hmac
from datetime import datetime

import pyotp

from torihiki.crypto.digest import derived_token, sha256

DIGITS = 6
STEP_SECONDS = 30
DRIFT_STEPS = 1
SECRET_LENGTH = 52  # base32: 260 bits, no fewer than the hash has (RFC 4226, 4)


def new_secret() -> str:
    return pyotp.random_base32(SECRET_LENGTH)


def set_up_uri(secret: str, *, name: str, issuer: str) -> str:
    """What the QR code says (otpauth://)."""
    return _totp(secret).provisioning_uri(name=name, issuer_name=issuer)


def matching_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """The time step whose code this is: the present one or a neighbour, and later than `after`, so that no code serves
    twice. None where there is none; every candidate is compared in constant time."""
    totp, now = _totp(secret), int(at.timestamp()) // STEP_SECONDS
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > after:
            found = step
    return found


def present_code(secret: str, *, at: datetime) -> str:
    """What the app would show."""
    return _totp(secret).generate_otp(int(at.timestamp()) // STEP_SECONDS)


def derived_code(key: bytes, purpose: str) -> str:
    """DIGITS digits that `key`'s holder can make again; `purpose` as for `derived_token`."""
    number = int.from_bytes(sha256(derived_token(key, purpose).encode())[:16], "big")
    return str(number % 10**DIGITS).zfill(DIGITS)


def keyed_hash(key: bytes, purpose: str, secret: str) -> bytes:
    """What is stored instead of a short secret: without the key nobody tries out all of them."""
    return sha256(derived_token(key, f"{purpose}\n{secret}").encode())


def _totp(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret, digits=DIGITS, digest=hashlib.sha256, interval=STEP_SECONDS)
