"""The only way to fetch announcements for a member: those that are shown, each with that member's own marks."""

from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from torihiki.announcements.models import Announcement, Reading
from torihiki.ledger.refusals import NotVisible
from torihiki.tenancy.actor import Actor

CURRENT_MAX = 20


def access_announcements(actor: Actor, *, at: datetime) -> QuerySet[Announcement]:
    """Also those that have ended; with `read_at` and `acknowledged_at` of the acting member, or None."""
    assert actor.member_id is not None, "announcements are read by members"
    own = Reading.objects.filter(announcement=OuterRef("pk")).filter(
        company_id=actor.company, member_id=actor.member_id
    )
    return Announcement.objects.filter(released_at__isnull=False, withdrawn_at=None, starts_at__lte=at).annotate(
        read_at=Subquery(own.values("read_at")), acknowledged_at=Subquery(own.values("acknowledged_at"))
    )


def access_announcement(actor: Actor, announcement_id: UUID, *, at: datetime) -> Announcement:
    """Raises NotVisible."""
    found = access_announcements(actor, at=at).filter(pk=announcement_id).first()
    if found is None:
        raise NotVisible(_("There is no such announcement."))
    return found


def current_announcements(request: HttpRequest) -> list[Announcement]:
    """The newest that have not ended, as the page's reader has them; one query a page."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.member_id is None:
        return []
    if not hasattr(request, "announcements"):
        at = timezone.now()
        shown = access_announcements(actor, at=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
        request.announcements = list(shown.order_by("-starts_at", "-id")[:CURRENT_MAX])  # type: ignore[attr-defined]
    found: list[Announcement] = request.announcements  # type: ignore[attr-defined]
    return found


def open_announcements(request: HttpRequest) -> list[Announcement]:
    """What the first page lists: everything that the reader has not acknowledged."""
    return [each for each in current_announcements(request) if not _mark(each, "acknowledged_at")]


def urgent_announcements(request: HttpRequest) -> list[Announcement]:
    """What stands on every page: maintenance and incidents that the reader has not acknowledged."""
    return [each for each in open_announcements(request) if each.is_urgent]


def unread_announcements(request: HttpRequest) -> dict[str, int]:
    """A number for the menu."""
    return {"announcements": sum(not _mark(each, "read_at") for each in current_announcements(request))}


def _mark(announcement: Announcement, name: str) -> datetime | None:
    """What the query annotated."""
    mark: datetime | None = getattr(announcement, name)
    return mark
