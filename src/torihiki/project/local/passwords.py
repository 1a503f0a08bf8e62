"""The random passwords of the private cluster: made once, kept in one file that only its owner can read."""

import json
import os
import secrets
from pathlib import Path

from torihiki.tenancy.roles import ROLES

SUPERUSER = "postgres"
PASSWORD_BYTES = 24


def passwords(file: Path) -> dict[str, str]:
    """One password for each of ROLES and for the superuser, from `file`, which is made on first use (mode 0600)."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in (SUPERUSER, *ROLES)}
        write_privately(file, json.dumps(made, indent=1))
    read: dict[str, str] = json.loads(file.read_text())
    return read


def write_privately(file: Path, text: str) -> None:
    """Write the whole file or nothing, mode 0600 from its first byte."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.replace(file)
