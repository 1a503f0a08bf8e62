"""Envelope encryption: AES-256-GCM (NIST SP 800-38D) with a key id in each ciphertext.

root key (file or environment) → company key → one data key per attachment → chunks. Every layer is bound to what it
belongs to by associated data, so a ciphertext moved to another row or company no longer opens (clause 2-2-3-1).
"""

import base64
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from torihiki.crypto.digest import random_bytes, sha256

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 4
CHUNK_BYTES_MAX = 2**20
HEADER = b"\x01"  # version 1: AES-256-GCM, 4-byte key id, 12-byte nonce


class DecryptionFailed(Exception):
    """The bytes were changed, belong elsewhere, or need a key that is not here."""


def new_key() -> bytes:
    return random_bytes(KEY_BYTES)


def encrypt(key: bytes, plain: bytes, *, bound_to: bytes) -> bytes:
    """HEADER ‖ key id ‖ nonce ‖ ciphertext and tag; 33 bytes longer than `plain`."""
    nonce = random_bytes(NONCE_BYTES)
    return HEADER + key_id(key) + nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """The plain bytes. Raises DecryptionFailed for another key, another binding or a changed byte."""
    start = len(HEADER) + KEY_ID_BYTES
    if sealed[:start] != HEADER + key_id(key):
        raise DecryptionFailed("encrypted under another key")
    nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, bound_to)
    except InvalidTag as error:
        raise DecryptionFailed("changed, or moved from where it belongs") from error


def key_id(key: bytes) -> bytes:
    """Names a key without telling anything of it."""
    return sha256(b"torihiki key id" + key)[:KEY_ID_BYTES]


@cache
def root_key(file: Path) -> bytes:
    """The key under all company keys: `TORIHIKI_ROOT_KEY` (base64), else `file`, made on first use with mode 0600."""
    if encoded := os.environ.get("TORIHIKI_ROOT_KEY"):
        return _checked(base64.b64decode(encoded))
    if not file.exists():
        _make_root_key(file)
    return _checked(base64.b64decode(file.read_bytes()))


def _make_root_key(file: Path) -> None:
    """Written aside and then given its name, which only one process wins: the others find a whole key there."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, written = tempfile.mkstemp(dir=file.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(base64.b64encode(new_key()))
            handle.flush()
            os.fsync(handle.fileno())
        with suppress(FileExistsError):
            os.link(written, file)
    finally:
        os.unlink(written)


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"the root key must have {KEY_BYTES} bytes, this one has {len(key)}")
    return key
