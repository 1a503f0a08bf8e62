"""Sessions: a random cookie, its hash in the database, and the actor that each request acts as."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.crypto.digest import new_token, token_hash
from torihiki.identity.browsers import browser_named
from torihiki.identity.events import IdentityEvent
from torihiki.identity.network import client_address
from torihiki.identity.permissions import PERMISSIONS, permissions_in
from torihiki.identity.policies import POLICIES, NetworkPolicy
from torihiki.identity.refusals import OutsideNetwork
from torihiki.identity.tokens import bearer, resume_token
from torihiki.ledger.recording import record
from torihiki.tenancy.actor import Actor, Loan, scope

COOKIE_LENGTH_MAX = 100
BACKGROUND = "Torihiki-Background"
"""Header of requests that a page makes by itself (polling): they do not count as doing something."""
API_PATHS = ("/api/", "/scim/")


@dataclass(frozen=True)
class How:
    """How somebody came in: shown on the page of one's sessions."""

    address: str = ""
    browser: str = ""
    proof: str = "password"
    second_step: bool = False
    new_device: bool = False  # nobody has signed in to this account by this browser before


@dataclass(frozen=True)
class SignedIn:
    """What a live session says, read by one function call before there is an actor."""

    actor: Actor
    language: str
    proved_at: datetime
    how: How
    network: NetworkPolicy


class SessionMiddleware:
    """Sets `request.actor` (None where nobody is signed in), `request.session_token`, `request.proved_at`,
    `request.how` and `request.address`. A session that turns up outside its company's networks ends there (2-5-4).

    Under `/api/` and `/scim/` a token signs in and a cookie does not, so that no other site can make a browser call
    what is there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = client_address(request)
        if request.path_info.startswith(API_PATHS):
            request.address = address  # type: ignore[attr-defined]
            request.actor = _program(request, address)  # type: ignore[attr-defined]
            request.session_token, request.proved_at = "", None  # type: ignore[attr-defined]
            return self.get_response(request)
        token = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        by_itself = BACKGROUND in request.headers
        at = timezone.now()
        signed_in = resume(token, at=at, prolong=not by_itself) if 0 < len(token) <= COOKIE_LENGTH_MAX else None
        if signed_in and not signed_in.network.lets_in(address):
            _end_outside(signed_in.actor, token, address, at)
            refusal = OutsideNetwork()
            refusal.recorded = True
            signed_in, request.shut_out = None, refusal  # type: ignore[attr-defined]
        request.address = address  # type: ignore[attr-defined]
        request.actor = signed_in.actor if signed_in else None  # type: ignore[attr-defined]
        request.session_token = token if signed_in else ""  # type: ignore[attr-defined]
        request.proved_at = signed_in.proved_at if signed_in else None  # type: ignore[attr-defined]
        request.how = replace(signed_in.how, address=address) if signed_in else None  # type: ignore[attr-defined]
        return self.get_response(request)


def open_session(member_id: UUID, *, at: datetime, how: How | None = None) -> str:
    """The cookie's value for a new session. The surrounding scope must be the account's own.

    Raises ValueError when the member is suspended or another person's.
    """
    token, how = new_token(), how or How()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_session_open(%s, %s, %s, %s, %s, %s, %s)",
            [token_hash(token), member_id, at, how.address or None, how.browser, how.proof, how.second_step],
        )
        if not cursor.fetchone()[0]:
            raise ValueError("this member cannot be signed in")
    return token


def resume(token: str, *, at: datetime, prolong: bool = True) -> SignedIn | None:
    """Who a cookie stands for; None when it is unknown, idle or too old by its company's policy (clause 2-5-2), its
    member, account or company is shut, or the company's providers alone open it (2-4-2) and none of them opened this.
    The time without operation begins anew unless `prolong` is false."""
    key = token_hash(token)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_session_rights(%s), identity_session_units(%s), identity_session_loans(%s, %s)::text, r.*"
            " FROM identity_session_resume(%s, %s, %s, %s) r WHERE NOT sso_session_shut(%s, %s)",
            [key, key, key, at, key, at, prolong, DEFAULTS, key, at],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    rights, units, loans, *identity, language, proved_at, proof, second_step, network = row
    how = How(proof=proof, second_step=second_step)
    actor = actor_from(identity)
    actor = replace(
        actor,
        permissions=permissions_in(actor.permissions | frozenset(rights), unit_only=units is not None),
        units=None if units is None else frozenset(units),
        lent=tuple(_loan(facts) for facts in json.loads(loans)),
    )
    return SignedIn(actor, language, proved_at, how, NetworkPolicy.from_values(json.loads(network)))


def _loan(facts: Mapping[str, Any]) -> Loan:
    """Only what the giver still holds: taken from them, it is taken from who acts in their stead."""
    giver = Actor(permissions=PERMISSIONS[facts["role"]] | frozenset(facts["own"]))
    lent = frozenset(permission for permission in facts["lent"] if giver.holds(permission))
    return Loan(UUID(facts["member"]), facts["name"], lent)


DEFAULTS = json.dumps({topic: policy().values() for topic, policy in POLICIES.items()})
"""What holds where a company never decided: the function that resumes a session puts the decisions over it."""


def actor_from(row: Sequence[Any]) -> Actor:
    """The actor that the functions before there is one answer with: ids of account, member, company and unit, role,
    names of member and company."""
    account_id, member_id, company_id, unit_id, role, member_name, company_name = row
    return Actor(
        company_id=company_id,
        account_id=account_id,
        member_id=member_id,
        unit_id=unit_id,
        name=member_name,
        company_name=company_name,
        role=role,
        permissions=PERMISSIONS[role],
    )


def close_session(token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_session_close(%s)", [token_hash(token)])


def end_other_sessions(account_id: UUID, *, kept: str) -> None:
    """End all sessions of the acting account but the one with the cookie `kept` (after a password change)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_sessions_end(%s, %s)", [account_id, token_hash(kept)])


WAYS = {
    "passkey": _("Passkey"),
    "password+passkey": _("Password and passkey"),
    "sso": _("Provider of the company"),
    "invitation": _("Link of an invitation"),
}
"""How a session was opened, where it was not by a password and what followed."""


@dataclass(frozen=True)
class OwnSession:
    """A session of the acting account, in whichever company; the list may hold some that are over by their policy."""

    id: UUID
    company_name: str
    address: str
    browser: str
    proof: str
    second_step: bool
    created_at: datetime
    last_seen_at: datetime
    is_present: bool

    @property
    def browser_named(self) -> str:
        return browser_named(self.browser)

    @property
    def way_in(self) -> Promise:
        """By what it was opened."""
        if self.proof in WAYS:
            return WAYS[self.proof]
        return _("Password and second step") if self.second_step else _("Password")


def own_sessions(present: str) -> list[OwnSession]:
    """The last hundred, that of the cookie `present` marked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_own_sessions(%s)", [token_hash(present)])
        return [OwnSession(*row) for row in cursor.fetchall()]


def end_own_session(session_id: UUID) -> bool:
    """Whether it was one of the acting account's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_own_session_end(%s)", [session_id])
        return bool(cursor.fetchone()[0])


def end_sessions_of_member(member_id: UUID) -> None:
    """End all sessions of one member of the acting company (suspension)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_sessions_end_of_member(%s)", [member_id])


def _program(request: HttpRequest, address: str) -> Actor | None:
    """Whose program calls. From outside its company's networks a token opens nothing (clause 2-5-4), and the answer is
    the one to a wrong token; the company's ledger tells."""
    secret, at = bearer(request.headers.get("Authorization", "")), timezone.now()
    held = resume_token(secret, at=at) if secret else None
    if held is None:
        return None
    if held.network.lets_in(address):
        return held.actor
    with scope(held.actor):
        record(
            IdentityEvent.OUTSIDE_NETWORK,
            held.actor,
            subject_type="token",
            subject_id=held.id,
            subject_label=held.actor.name,
            at=at,
            data={"address": address},
        )
    return None


def _end_outside(actor: Actor, token: str, address: str, at: datetime) -> None:
    with scope(actor):
        close_session(token)
        record(
            IdentityEvent.OUTSIDE_NETWORK,
            actor,
            subject_type="member",
            subject_id=actor.member_id,
            subject_label=actor.name,
            at=at,
            data={"address": address},
        )
