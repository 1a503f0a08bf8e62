"""What the operator announced: the list, one of them, and the button that says it was understood."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from torihiki.announcements.access import access_announcements
from torihiki.announcements.actions import acknowledge_announcement, read_announcement
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.lib.keyset import moment
from torihiki.web.paging import keyset_page

PAGE_ROWS = 50


@desk(None)
def announcements_page(request: DeskRequest) -> HttpResponse:
    page = keyset_page(
        access_announcements(request.actor, at=timezone.now()),
        request,
        {"starts_at": moment, "id": UUID},
        size=PAGE_ROWS,
        newest_first=True,
    )
    return render(request, "announcements/list.html", {"page": page})


@desk(None)
def announcement_page(request: DeskRequest, announcement_id: UUID) -> HttpResponse:
    announcement = read_announcement(request.actor, announcement_id, at=timezone.now())
    return render(request, "announcements/announcement.html", {"announcement": announcement})


@desk(None, methods=("POST",))
def acknowledge_page(request: DeskRequest, announcement_id: UUID) -> HttpResponse:
    acknowledge_announcement(request.actor, announcement_id, at=timezone.now())
    return redirect("announcement", announcement_id)
