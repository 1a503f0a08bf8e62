"""Somebody on the way in: what has been proved so far. Until the last stage opens a session there is no actor, so that
a deep link, a second tab and the API give nothing."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import connection

from torihiki.crypto.digest import new_token, token_hash
from torihiki.crypto.passkeys import Answer
from torihiki.identity.actions.signing import Known
from torihiki.identity.models import Member
from torihiki.identity.policies import Rules
from torihiki.identity.sessions import COOKIE_LENGTH_MAX, actor_from
from torihiki.tenancy.actor import Actor, scope

VALID = timedelta(minutes=15)
COOKIE_NAME = "__Host-sign-in"
KEYED = "keyed"
"""Among the stages passed: the second step was a passkey, which the session's proof tells."""
TWICE = "twice"
"""Among the stages passed: the person has really shown a second factor, which also a session remembers."""


class Proof(StrEnum):
    """By what a person has shown who they are."""

    PASSWORD = "password"  # noqa: S105 - a word
    PASSKEY = "passkey"
    SSO = "sso"  # the company's identity provider
    INVITATION = "invitation"  # a link that was mailed, and an account made by it
    EMERGENCY = "emergency"  # a password while the company's provider is down: opens no session


@dataclass(frozen=True)
class Candidate:
    """Who a login id would be, before the password is verified: the memberships that are open from this address, what
    their companies decided, and why nothing will be verified (empty where it will)."""

    known: Known
    inside: tuple[Member, ...]
    rules: Rules
    shut: str = ""


@dataclass(frozen=True)
class Attempt:
    """`actor` is whom the session will be for; None until there is a proof. `passed` are the stages left behind.

    `token` is the value of the attempt's own cookie, empty until a stage has had to ask for something.
    """

    address: str = ""
    browser: str = ""
    next: str = "/"
    login_id: str = ""
    password: str = field(default="", repr=False)
    answer: Answer | None = field(default=None, repr=False)  # of a passkey, in place of id and password
    candidate: Candidate | None = field(default=None, repr=False)
    account_id: UUID | None = None
    actor: Actor | None = None
    proof: Proof | None = None
    proved_at: datetime | None = None  # where that was before this attempt
    language: str = ""
    known_here: frozenset[str] = frozenset()  # marks of who has signed in by this browser before
    passed: tuple[str, ...] = ()
    token: str = field(default="", repr=False)

    @property
    def proven(self) -> Actor:
        """Raises ValueError before there is a proof: such a stage stands too early in the table."""
        if self.actor is None or self.proof is None:
            raise ValueError("nothing is proved yet")
        return self.actor

    @property
    def way(self) -> str:
        """The proof as sessions and the ledger have it: `password+passkey` where a passkey was the second step."""
        return f"{self.proof}+{Proof.PASSKEY}" if KEYED in self.passed else str(self.proof)


def keep(attempt: Attempt, *, at: datetime) -> str:
    """Write down how far a proven attempt came. Returns the value of its cookie, of which the row has only the hash.

    Raises ValueError when the member was suspended meanwhile.
    """
    actor, passed = attempt.proven, json.dumps(attempt.passed)
    assert attempt.proof is not None
    with scope(Actor(account_id=actor.account)), connection.cursor() as cursor:
        if attempt.token:
            cursor.execute("SELECT identity_attempt_pass(%s, %s)", [token_hash(attempt.token), passed])
            return attempt.token
        token = new_token()
        cursor.execute(
            "SELECT identity_attempt_open(%s, %s, %s, %s, %s, %s, %s)",
            [token_hash(token), actor.member_id, attempt.proof.value, passed, attempt.next, at, at + VALID],
        )
        if not cursor.fetchone()[0]:
            raise ValueError("this member cannot be signed in")
    return token


def resume_attempt(token: str, *, address: str, browser: str, at: datetime) -> Attempt | None:
    """The attempt that a cookie stands for; None when it is unknown, over or too old, or the member is shut out."""
    if not 0 < len(token) <= COOKIE_LENGTH_MAX:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_attempt_resume(%s, %s)", [token_hash(token), at])
        row = cursor.fetchone()
    if row is None:
        return None
    *identity, language, proof, passed, address_after = row
    actor = actor_from(identity)
    return Attempt(
        address=address,
        browser=browser,
        next=address_after,
        account_id=actor.account,
        actor=actor,
        proof=Proof(proof),
        language=language,
        passed=tuple(json.loads(passed)),
        token=token,
    )


def close_attempt(token: str) -> bool:
    """Whether it was still there: of several at once only one gets True."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_attempt_close(%s)", [token_hash(token)])
        return bool(cursor.fetchone()[0])
