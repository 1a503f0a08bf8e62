"""A browser's way to a provider and back: begun with a cookie, taken up once, in the same browser, within minutes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from torihiki.crypto.digest import derived_token, new_token, token_hash
from torihiki.crypto.envelope import root_key
from torihiki.identity.sso.refusals import NoProvider, SsoRefused
from torihiki.lib.ids import new_id

VALID = timedelta(minutes=10)
OPEN_MAX = 2_000  # per provider; beyond that the oldest ones go
STATE_LENGTH_MAX = 100
COOKIE_NAME = "__Host-sso"
COOKIE_LENGTH_MAX = 100


class Purpose(StrEnum):
    SIGN_IN = "sign_in"
    TEST = "test"
    LINK = "link"
    JOIN = "join"
    LEAVE = "leave"


@dataclass(frozen=True)
class Begun:
    """`browser` is the cookie's value; `state` goes to the provider and comes back."""

    state: str
    browser: str

    @property
    def nonce(self) -> str:
        return _derived("nonce", self.state)

    @property
    def verifier(self) -> str:
        """43 characters: what RFC 7636 wants at least."""
        return _derived("verifier", self.state)

    @property
    def request_id(self) -> str:
        """An xs:ID that nobody can guess from outside."""
        return f"_{_derived('request', self.state)}"


@dataclass(frozen=True)
class Taken(Begun):
    """A flow that has come back: it is gone from the table."""

    purpose: Purpose = Purpose.SIGN_IN
    member_id: UUID | None = None
    next: str = "/"


def begin_flow(
    provider_id: UUID, purpose: Purpose, *, browser: str, next: str, at: datetime, member_id: UUID | None = None
) -> Begun:
    """In the provider's company's scope; with `member_id` in that member's own. `browser` is the cookie that this
    browser has already, so that two tabs do not end each other. Raises NoProvider."""
    begun = Begun(new_token(), browser if 0 < len(browser) <= COOKIE_LENGTH_MAX else new_token())
    values: list[Any] = [
        token_hash(begun.state),
        token_hash(begun.browser),
        provider_id,
        purpose.value,
        member_id,
        next,
        at,
        at + VALID,
        OPEN_MAX,
    ]
    if not _call("SELECT sso_flow_begin(%s, %s, %s, %s, %s, %s, %s, %s, %s)", values):
        raise NoProvider
    return begun


def take_flow(provider_id: UUID, state: str, browser: str, *, at: datetime, leaving: bool = False) -> Taken:
    """The flow that this browser began at this provider; of several at once only one gets it. One of signing out, with
    `leaving`, leads nobody in. Raises SsoRefused."""
    if not (0 < len(state) <= STATE_LENGTH_MAX and 0 < len(browser) <= COOKIE_LENGTH_MAX):
        raise SsoRefused(why="no_flow")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM sso_flow_take(%s, %s, %s, %s)", [token_hash(state), token_hash(browser), provider_id, at]
        )
        row = cursor.fetchone()
    if row is None:
        raise SsoRefused(why="no_flow")
    purpose, member_id, after = row
    if (purpose == Purpose.LEAVE) != leaving:
        raise SsoRefused(why="no_flow")
    return Taken(state, browser, Purpose(purpose), member_id, after)


def browser_of(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE_NAME, "")


def lead_away(response: HttpResponse, begun: Begun) -> HttpResponse:
    """With the cookie that ties the way back to this browser. `SameSite=None`, because a SAML provider answers by a
    form of its own site; the cookie proves nothing but that the browser is the same."""
    response.set_cookie(
        COOKIE_NAME,
        begun.browser,
        max_age=VALID,
        path="/",
        secure=True,
        httponly=True,
        samesite="None",
    )
    return response


def use_once(provider_id: UUID, token_id: str, *, until: datetime) -> bool:
    """Whether this assertion or token comes for the first time; in the company's scope. Also of several at once only
    one gets True."""
    return bool(_call("SELECT sso_use_once(%s, %s, %s)", [provider_id, token_hash(token_id), until]))


def remember_arrival(
    provider_id: UUID, member_id: UUID, subject: str, sid: str, logout: Mapping[str, str], *, at: datetime
) -> None:
    """The provider's session, to be bound to ours once that is open; in the company's scope."""
    values = [new_id(), provider_id, member_id, subject, sid, json.dumps(dict(logout)), at]
    _call("SELECT sso_session_arrive(%s, %s, %s, %s, %s, %s, %s)", values)


def bind_session(token: str, *, earliest: datetime) -> None:
    """The session just opened is the one behind which the provider's stands; in the account's scope."""
    _call("SELECT sso_session_bind(%s, %s)", [token_hash(token), earliest])


@dataclass(frozen=True)
class ProvidersSession:
    provider_id: UUID
    subject: str
    sid: str
    logout: Mapping[str, str]
    arrived_at: datetime


def session_at_provider(token: str) -> ProvidersSession | None:
    """What stands behind the session with this cookie; in the account's scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT provider_id, subject, sid, logout::text, arrived_at FROM sso_session_of(%s)", [token_hash(token)]
        )
        row = cursor.fetchone()
    return ProvidersSession(row[0], row[1], row[2], json.loads(row[3]), row[4]) if row else None


def end_sessions(provider_id: UUID, *, subject: str = "", sid: str = "") -> list[UUID]:
    """End what the provider's session opened here; in the company's scope. Returns the members, once per session."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT member_id FROM sso_sessions_end(%s, %s, %s)", [provider_id, subject, sid])
        return [row[0] for row in cursor.fetchall()]


def _derived(purpose: str, state: str) -> str:
    return derived_token(root_key(settings.ROOT_KEY_FILE), f"sso {purpose}\n{state}")


def _call(query: str, values: list[Any]) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return row[0] if row else None
