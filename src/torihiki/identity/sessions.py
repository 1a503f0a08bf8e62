"""Sessions: a random cookie, its hash in the database, and the actor that each request acts as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from torihiki.crypto.digest import new_token, token_hash
from torihiki.identity.permissions import PERMISSIONS
from torihiki.tenancy.actor import Actor

IDLE = timedelta(minutes=60)
ABSOLUTE = timedelta(hours=12)
COOKIE_LENGTH_MAX = 100


@dataclass(frozen=True)
class SignedIn:
    """What a live session says, read by one function call before there is an actor."""

    actor: Actor
    language: str


class SessionMiddleware:
    """Sets `request.actor` (None where nobody is signed in) and `request.session_token`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        signed_in = resume(token, at=timezone.now()) if 0 < len(token) <= COOKIE_LENGTH_MAX else None
        request.actor = signed_in.actor if signed_in else None  # type: ignore[attr-defined]
        request.session_token = token if signed_in else ""  # type: ignore[attr-defined]
        return self.get_response(request)


def open_session(member_id: UUID, *, at: datetime) -> str:
    """The cookie's value for a new session. The surrounding scope must be the account's own.

    Raises ValueError when the member is suspended or another person's.
    """
    token = new_token()
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_session_open(%s, %s, %s)", [token_hash(token), member_id, at])
        if not cursor.fetchone()[0]:
            raise ValueError("this member cannot be signed in")
    return token


def resume(token: str, *, at: datetime) -> SignedIn | None:
    """Who a cookie stands for; None when it is unknown, idle or too old, or its member, account or company is shut."""
    limits: list[Any] = [token_hash(token), at, IDLE, ABSOLUTE]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_session_resume(%s, %s, %s, %s)", limits)
        row = cursor.fetchone()
    if row is None:
        return None
    *identity, language = row
    return SignedIn(actor_from(identity), language)


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


def end_sessions_of_member(member_id: UUID) -> None:
    """End all sessions of one member of the acting company (suspension)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_sessions_end_of_member(%s)", [member_id])
