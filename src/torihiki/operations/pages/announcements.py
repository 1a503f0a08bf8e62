"""Announcements to every company: written, looked at in both languages, released, withdrawn."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.announcements.models import State
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.keyset import moment
from torihiki.operations.access import access_announcement, access_announcements, access_readings
from torihiki.operations.actions.announcements import (
    change_announcement,
    release_announcement,
    withdraw_announcement,
    write_announcement,
)
from torihiki.operations.forms import AnnouncementForm, ReleaseForm
from torihiki.operations.permissions import ANNOUNCE
from torihiki.operations.refusals import AnnouncementMoved
from torihiki.web.paging import keyset_page

PAGE_ROWS = 50


@desk(ANNOUNCE)
def announcements_page(request: DeskRequest) -> HttpResponse:
    page = keyset_page(
        access_announcements(request.actor),
        request,
        {"starts_at": moment, "id": UUID},
        size=PAGE_ROWS,
        newest_first=True,
    )
    return render(request, "operations/announcements.html", {"page": page})


@desk(ANNOUNCE, methods=("GET", "POST"))
def write_page(request: DeskRequest) -> HttpResponse:
    at = timezone.now()
    form = AnnouncementForm(request.POST or None, at=at)
    if request.method == "POST" and form.is_valid():
        announcement = write_announcement(request.actor, form.cleaned_data, at=at)
        return redirect("console-announcement", announcement.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "operations/write.html", {"form": form, "title": _("New announcement")}, status=status)


@desk(ANNOUNCE)
def announcement_page(request: DeskRequest, announcement_id: UUID) -> HttpResponse:
    """As companies will see it, or see it."""
    announcement = access_announcement(request.actor, announcement_id)
    context = {
        "announcement": announcement,
        "numbers": access_readings(request.actor, announcement_id),
        "is_draft": announcement.state == State.DRAFT,
        "can_be_withdrawn": announcement.state in (State.SCHEDULED, State.PUBLISHED, State.EXPIRED),
    }
    return render(request, "operations/announcement.html", context)


@desk(ANNOUNCE, methods=("GET", "POST"))
def edit_page(request: DeskRequest, announcement_id: UUID) -> HttpResponse:
    at, announcement = timezone.now(), access_announcement(request.actor, announcement_id)
    if announcement.state != State.DRAFT:
        raise AnnouncementMoved
    form = AnnouncementForm(request.POST or None, at=at, announcement=announcement)
    if request.method == "POST" and form.is_valid():
        change_announcement(request.actor, announcement_id, form.cleaned_data, at=at)
        return redirect("console-announcement", announcement_id)
    context: dict[str, Any] = {"form": form, "title": _("Edit the announcement"), "announcement": announcement}
    return render(request, "operations/write.html", context, status=422 if request.method == "POST" else 200)


@desk(ANNOUNCE, methods=("GET", "POST"))
def release_page(request: DeskRequest, announcement_id: UUID) -> HttpResponse:
    announcement = access_announcement(request.actor, announcement_id)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release_announcement(request.actor, announcement_id, **form.cleaned_data, at=timezone.now())
        except Refused as refusal:
            form.add_error("password" if refusal.code == "not_proven" else None, str(refusal.message))
        else:
            messages.success(request, _("Released. Every company sees it from its start on."))
            return redirect("console-announcement", announcement_id)
    context = {
        "title": _("Release: %(title)s") % {"title": announcement.title},
        "question": _("Every member of every company will see it. Its words can no longer be changed, only withdrawn."),
        "verb": _("Release"),
        "form": form,
        "cancel_url": reverse("console-announcement", args=[announcement_id]),
    }
    return render(request, "web/confirm.html", context, status=422 if request.method == "POST" else 200)


@desk(ANNOUNCE, methods=("POST",))
def withdraw_page(request: DeskRequest, announcement_id: UUID) -> HttpResponse:
    withdraw_announcement(request.actor, announcement_id, at=timezone.now())
    messages.success(request, _("Withdrawn. Nobody sees it any more."))
    return redirect("console-announcement", announcement_id)
