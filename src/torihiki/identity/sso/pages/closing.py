"""The administrator's pages about letting nobody in by password: the preview, the switch, and the rehearsal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.pages.proving import recently_proved
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.identity.sso.access import (
    access_emergencies,
    access_entrance,
    emergency_people,
    open_doors,
    present_emergency,
)
from torihiki.identity.sso.actions.closing import arrived_by, close_to_passwords, open_to_passwords, preview_closing
from torihiki.identity.sso.actions.emergency import ANSWER_WITHIN, HOURS_MAX, end_emergency
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

EMERGENCIES_SHOWN_MAX = 50


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
@recently_proved
def sso_only_page(request: DeskRequest) -> HttpResponse:
    actor, at, refused = request.actor, timezone.now(), None
    if request.method == "POST":
        try:
            if request.POST.get("do") == "open":
                open_to_passwords(actor, at=at)
                messages.success(request, _("Passwords open your company again."))
            else:
                close_to_passwords(
                    actor,
                    session_token=request.session_token,
                    seen=request.POST.get("seen", "")[:64],
                    at=at,
                )
                messages.success(request, _("From now on only your identity providers open your company."))
            return redirect("sso-only")
        except Refused as refusal:
            refused = refusal
    context = {
        "refusal": refused,
        "entrance": access_entrance(actor),
        "preview": preview_closing(actor),
        "people": emergency_people(actor),
        "arrived": arrived_by(actor, request.session_token, at=at),
        "doors": open_doors(actor.company),
    }
    return render(request, "sso/only.html", context, status=refused.status if refused else 200)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def rehearsal_page(request: DeskRequest) -> HttpResponse:
    """What would happen, were the provider down now; and what has happened. A POST ends what is open or waits."""
    actor, at = request.actor, timezone.now()
    if request.method == "POST":
        end_emergency(actor, at=at)
        messages.success(request, _("It has ended: no password opens your company."))
        return redirect("sso-rehearsal")
    context = {
        "entrance": access_entrance(actor),
        "people": emergency_people(actor),
        "present": present_emergency(actor, at=at),
        "emergencies": access_emergencies(actor)[:EMERGENCIES_SHOWN_MAX],
        "hours": HOURS_MAX,
        "minutes": int(ANSWER_WITHIN.total_seconds() // 60),
    }
    return render(request, "sso/rehearsal.html", context)
