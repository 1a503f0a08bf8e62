"""What a process reads from its environment: database URLs by role, and secrets from files that only it can read."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROLE_VARIABLES = {
    "application": "DATABASE_URL",
    "migration": "DATABASE_MIGRATION_URL",
    "console": "DATABASE_CONSOLE_URL",
    "system": "DATABASE_SYSTEM_URL",
}
POOL_CONNECTIONS_MAX = 8  # per process
POOL_WAIT_SECONDS = 10
# A statement's plan is kept by its connection: under policies, planning costs more than doing.
PREPARED = {"server_side_binding": True, "prepare_threshold": 2}


def database(role: str) -> dict[str, Any]:
    """Django's settings for the database role `role`. Raises ImproperlyConfigured for an unknown role or a URL
    that is not PostgreSQL's; an absent URL fails at the first connection, so that `--help` needs no database."""
    if role not in ROLE_VARIABLES:
        known = ", ".join(ROLE_VARIABLES)
        raise ImproperlyConfigured(f"TORIHIKI_DATABASE_ROLE is {role!r}; it must be one of {known}.")
    url = urlsplit(os.environ.get(ROLE_VARIABLES[role], "postgresql://127.0.0.1:8432/torihiki"))
    if url.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{ROLE_VARIABLES[role]} must begin with postgresql://.")
    pool = {"min_size": 1, "max_size": POOL_CONNECTIONS_MAX, "timeout": POOL_WAIT_SECONDS}
    return {
        "ENGINE": "torihiki.tenancy.backend",
        "NAME": unquote(url.path.removeprefix("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": {**dict(parse_qsl(url.query)), **({"pool": pool, **PREPARED} if role != "migration" else {})},
        "TEST": {"NAME": os.environ.get("TORIHIKI_TEST_DATABASE", "test_torihiki")},
    }


def secret(variable: str, file: Path) -> str:
    """A secret from the environment, else from `file`, which is made on first use (mode 0600, 256 random bits)."""
    if value := os.environ.get(variable):
        return value
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(32))
    return file.read_text().strip()
