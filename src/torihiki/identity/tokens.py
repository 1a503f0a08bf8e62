"""API tokens: a bearer secret (RFC 6750), its hash in the database, and the actor that each request acts as.

A token acts in its own name with exactly its scopes. Behind it stands the member who made it, so that nobody approves
by a program what they submitted in person. The company's network policy holds for its programs too.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from torihiki.crypto.digest import new_token, token_hash
from torihiki.identity.policies import NetworkPolicy
from torihiki.tenancy.actor import Actor

PREFIX = "tk_"  # recognisable to people and to scanners of leaked secrets
HINT_LENGTH = 8
HEADER_LENGTH_MAX = 200
ROLE = "token"


def new_secret() -> str:
    """`tk_` and 43 URL-safe characters (256 random bits)."""
    return PREFIX + new_token()


def bearer(header: str) -> str:
    """The secret of an Authorization header; empty where it has none that could be ours."""
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    fits = scheme.lower() == "bearer" and secret.startswith(PREFIX) and secret.isascii()
    return secret if fits and len(header) <= HEADER_LENGTH_MAX else ""


@dataclass(frozen=True)
class Held:
    """What a live token says, read by one function call before there is an actor."""

    id: UUID
    actor: Actor
    network: NetworkPolicy


def resume_token(secret: str, *, at: datetime) -> Held | None:
    """Who a secret stands for; None when it is unknown, revoked or over, or its company is shut."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_token_resume(%s, %s)", [token_hash(secret), at])
        row = cursor.fetchone()
    if row is None:
        return None
    token_id, member_id, company_id, name, company_name, scopes, decided = row
    actor = Actor(
        company_id=company_id,
        member_id=member_id,
        name=name,
        company_name=company_name,
        role=ROLE,
        permissions=frozenset(scopes),
    )
    rules = NetworkPolicy.from_values(json.loads(decided or "{}"))
    return Held(token_id, actor, rules)
