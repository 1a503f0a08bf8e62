"""The person in charge of a document, and a leaver's work handed over to a colleague."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from torihiki.exchange.access import access_document, access_handovers
from torihiki.exchange.actions.charging import (
    hand_back,
    hand_over,
    may_put_in_charge,
    may_put_in_unit,
    put_in_charge,
    put_in_unit,
    work_of,
)
from torihiki.exchange.pages.detail import detail
from torihiki.exchange.refusals import RoleMayNot
from torihiki.identity.access import access_member, access_members
from torihiki.identity.forms import unit_tree
from torihiki.identity.permissions import MANAGE_MEMBERS
from torihiki.identity.refusals import NotHere
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor

HANDOVERS_SHOWN_MAX = 20


class TakerForm(forms.Form):
    """Whom the work goes to: everybody active but its giver."""

    taker = forms.TypedChoiceField(label=gettext_lazy("Who takes over"), coerce=UUID)

    def __init__(self, *args: Any, actor: Actor, giver_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = access_members(actor).filter(suspended_at=None).exclude(pk=giver_id).order_by("name", "id")
        choices = [("", _("Choose"))] + [(str(pk), name) for pk, name in colleagues.values_list("pk", "name")]
        self.fields["taker"].choices = choices  # type: ignore[attr-defined]


@desk("read", methods=("GET", "POST"))
def charge_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """Put a member, or nobody, in charge."""
    seen = access_document(request.actor, document_id)
    if not may_put_in_charge(seen):
        raise RoleMayNot
    if request.method == "GET":
        colleagues = access_members(request.actor).filter(suspended_at=None).order_by("name", "id")
        context = {
            "seen": seen,
            "colleagues": colleagues.values_list("pk", "name"),
            "units": unit_tree(request.actor) if may_put_in_unit(seen) else [],
        }
        return render(request, "exchange/charge.html", context)
    wanted = request.POST.get("member", "")
    try:
        put_in_charge(request.actor, document_id, UUID(wanted) if wanted else None, at=timezone.now())
    except (Refused, ValueError) as refusal:
        if not isinstance(refusal, Refused):
            return HttpResponseRedirect(reverse("document", args=[document_id]))
        if refusal.status in (403, 404):
            raise
        return detail(request, access_document(request.actor, document_id), refusal=refusal)
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("document", args=[document_id]))


@desk("read", methods=("POST",))
def unit_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """Whose document it is inside the company."""
    wanted = request.POST.get("unit", "")
    try:
        unit_id = UUID(wanted) if wanted else None
    except ValueError:
        raise NotHere from None
    put_in_unit(request.actor, document_id, unit_id, at=timezone.now())
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("document", args=[document_id]))


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
def hand_over_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    """What the member is in charge of, and who shall be instead."""
    giver = access_member(request.actor, member_id)
    form = TakerForm(request.POST or None, actor=request.actor, giver_id=member_id)
    if request.method == "POST" and form.is_valid():
        try:
            done = hand_over(request.actor, member_id, form.cleaned_data["taker"], at=timezone.now())
        except Refused as refusal:
            if refusal.status == 404:
                raise
            form.add_error("taker", str(refusal.message))
        else:
            handed = len(done.documents)
            words = ngettext(
                "%(name)s is in charge of %(documents)d document now.",
                "%(name)s is in charge of %(documents)d documents now.",
                handed,
            )
            messages.success(request, words % {"name": done.taker.name, "documents": handed})
            return redirect("hand-over", member_id)
    work = work_of(request.actor, member_id)
    context = {
        "form": form,
        "giver": giver,
        "work": work,
        "documents": sum(each.documents for each in work),
        "handovers": access_handovers(request.actor).filter(giver=giver).order_by("-id")[:HANDOVERS_SHOWN_MAX],
    }
    return render(request, "exchange/hand_over.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_MEMBERS, methods=("POST",))
def hand_back_page(request: DeskRequest, handover_id: UUID) -> HttpResponse:
    handover = hand_back(request.actor, handover_id, at=timezone.now())
    messages.success(
        request, _("What %(taker)s had taken over is %(giver)s's again.")
        % {"taker": handover.taker.name, "giver": handover.giver.name},
    )  # fmt: skip
    return redirect("hand-over", handover.giver_id)


def member_shown(request: HttpRequest) -> UUID | None:
    """Whose page this is."""
    return request.resolver_match.kwargs.get("member_id") if request.resolver_match else None
