"""Sessions of the operator's staff: like those of members, but shorter, in a table and a cookie of their own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from torihiki.crypto.digest import new_token, token_hash
from torihiki.operations.models import Staff, StaffSession

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
NOTED_EVERY = timedelta(minutes=1)
COOKIE_LENGTH_MAX = 100


class StaffSessionMiddleware:
    """Sets `request.actor` (None where nobody is signed in) and `request.session_token`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        staff = resume(token, at=timezone.now()) if 0 < len(token) <= COOKIE_LENGTH_MAX else None
        request.actor = staff.actor if staff else None  # type: ignore[attr-defined]
        request.session_token = token if staff else ""  # type: ignore[attr-defined]
        return self.get_response(request)


def open_session(staff: Staff, *, at: datetime) -> str:
    """The cookie's value for a new session."""
    token = new_token()
    StaffSession.objects.create(key_hash=token_hash(token), staff=staff, created_at=at, last_seen_at=at)
    return token


def resume(token: str, *, at: datetime) -> Staff | None:
    """Who a cookie stands for; None when it is unknown, idle, too old or ended, or the account is disabled."""
    session = (
        StaffSession.objects.select_related("staff")
        .filter(
            key_hash=token_hash(token),
            ended_at=None,
            last_seen_at__gt=at - IDLE,
            created_at__gt=at - ABSOLUTE,
            staff__disabled_at=None,
        )
        .first()
    )
    if session is None:
        return None
    if session.last_seen_at < at - NOTED_EVERY:
        StaffSession.objects.filter(pk=session.pk, ended_at=None).update(last_seen_at=at)
    return session.staff


def close_session(token: str, *, at: datetime) -> None:
    StaffSession.objects.filter(key_hash=token_hash(token), ended_at=None).update(ended_at=at)


def end_sessions_of(staff_id: UUID, *, at: datetime, kept: str = "") -> None:
    """All of one member of staff but the one with the cookie `kept`."""
    live = StaffSession.objects.filter(staff_id=staff_id, ended_at=None)
    (live.exclude(key_hash=token_hash(kept)) if kept else live).update(ended_at=at)
