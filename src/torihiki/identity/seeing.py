"""Seeing the portal as a member sees it (clause 2-4-1): an administrator looks with that member's rights for some
minutes, and changes nothing.

The cookie is worth something in the session that began it alone. Who looks, and whether they may, is asked anew at each
request. The account stays the administrator's own: what is personal of the member is never in reach.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from torihiki.crypto.digest import derived_token, same, token_hash
from torihiki.crypto.envelope import root_key
from torihiki.identity.access import access_member, access_members
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Member
from torihiki.identity.permissions import MANAGE_MEMBERS
from torihiki.identity.recording import record_member
from torihiki.identity.refusals import BeyondOwnRights, OwnSight, SeeingOnly
from torihiki.identity.rights import keep_within, rights_of, units_of
from torihiki.ledger.desk import refusal_page
from torihiki.ledger.refusals import attempt, record_refusal
from torihiki.tenancy.actor import Actor, scope

COOKIE_NAME = "__Host-seeing"
LASTS = timedelta(minutes=15)
VALUE_LENGTH_MAX = 120
SAFE = ("GET", "HEAD")
OWN_WAYS = ("end-seeing", "sign-out")
"""Names of the addresses that are always one's own."""
PRIVATE = ("/profile", "/prove")
"""Pages about the person who is signed in: they are not shown with another's name on them."""


class SeeingMiddleware:
    """Below the one of sessions. What would change something is refused before any view, and whatever a page that was
    shown in these eyes sends after they closed is refused too: it was never meant in one's own name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        token: str = getattr(request, "session_token", "")
        if actor is None or not token or COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        member_id, is_over = seen_in(request, token, at=timezone.now())
        if member_id is None or request.path_info in map(reverse, OWN_WAYS):
            return self.get_response(request)
        seen = None if is_over else as_member(actor, member_id)
        request.actor = seen or actor  # type: ignore[attr-defined]
        if request.method not in SAFE or (seen and request.path_info.startswith(PRIVATE)):
            response: HttpResponseBase = _refuse(request, actor, member_id)
        else:
            response = self.get_response(request)
        if seen is None:
            response.delete_cookie(COOKIE_NAME, path="/", samesite="Lax")
        return response


def _refuse(request: HttpRequest, actor: Actor, member_id: UUID) -> HttpResponse:
    refusal = SeeingOnly()
    with scope(actor):
        record_refusal(
            refusal, actor, "seeing", subject_type="member", subject_id=member_id, data={"path": request.path[:200]}
        )
        return refusal_page(request, refusal)


def begin_seeing(actor: Actor, member_id: UUID, *, session_token: str, at: datetime) -> str:
    """The cookie's value. Raises NotHere, OwnSight or BeyondOwnRights."""
    with attempt(IdentityEvent.SEEING_BEGUN, actor, subject_type="member", subject_id=member_id):
        member = access_member(actor, member_id)
        if member.pk == actor.member_id or member.suspended_at:
            raise OwnSight
        keep_within(actor, rights_of(actor, member))
        record_member(IdentityEvent.SEEING_BEGUN, actor, member.pk, member.name, at)
    said = f"{member_id.hex}.{int(at.timestamp())}"
    return f"{said}.{_signature(session_token, said)}"


def end_seeing(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """Raises NotHere."""
    with attempt(IdentityEvent.SEEING_ENDED, actor, subject_type="member", subject_id=member_id):
        member = access_member(actor, member_id)
        record_member(IdentityEvent.SEEING_ENDED, actor, member.pk, member.name, at)
    return member


def seen_in(request: HttpRequest, session_token: str, *, at: datetime) -> tuple[UUID | None, bool]:
    """The member whom this session's cookie names, and whether its time is over; None for a forged one and another
    session's."""
    value = request.COOKIES.get(COOKIE_NAME, "")
    said, _dot, signature = value.rpartition(".")
    if not said or len(value) > VALUE_LENGTH_MAX or not same(signature, _signature(session_token, said)):
        return None, False
    member, _dot, since = said.partition(".")
    return UUID(member), int(at.timestamp()) - int(since) >= LASTS.total_seconds()


def as_member(actor: Actor, member_id: UUID) -> Actor | None:
    """The administrator with the member's rights; None where that may not be, or is no longer."""
    if not actor.holds(MANAGE_MEMBERS):
        return None
    with scope(actor):
        member = access_members(actor).filter(pk=member_id, suspended_at=None).first()
        if member is None:
            return None
        rights, units = rights_of(actor, member), units_of(actor, member)
        try:
            keep_within(actor, rights)
        except BeyondOwnRights:
            return None
    return replace(
        actor,
        member_id=member.pk,
        unit_id=member.unit_id,
        role=member.role,
        permissions=rights,
        units=units,
        lent=(),
        seen_by=actor.member_id,
    )


def name_of_the_seen(request: HttpRequest) -> str:
    """For the bar above every page; empty where everybody sees with their own eyes."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.seen_by is None or actor.member_id is None:
        return ""
    return access_member(actor, actor.member_id).name


def _signature(session_token: str, said: str) -> str:
    key = root_key(settings.ROOT_KEY_FILE)
    return derived_token(key, f"seeing as a member\n{token_hash(session_token).hex()}\n{said}")
