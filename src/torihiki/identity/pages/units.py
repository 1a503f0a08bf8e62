"""The tree of head office, stores and departments."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.access import access_unit
from torihiki.identity.actions import add_unit, change_unit, close_unit, reopen_unit
from torihiki.identity.forms import UnitForm, unit_tree
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused


@desk(MANAGE_COMPANY)
def units_page(request: DeskRequest) -> HttpResponse:
    return render(request, "identity/units.html", {"tree": unit_tree(request.actor)})


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def new_unit_page(request: DeskRequest) -> HttpResponse:
    form = UnitForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            typed = form.cleaned_data
            add_unit(
                request.actor, name=typed["name"], code=typed["code"], parent_id=typed["parent"], at=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("The unit is added."))
            return redirect("units")
    return render(request, "identity/unit.html", {"form": form}, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def unit_page(request: DeskRequest, unit_id: UUID) -> HttpResponse:
    unit = access_unit(request.actor, unit_id)
    initial = {"name": unit.name, "code": unit.code, "parent": unit.parent_id or ""}
    form = UnitForm(request.POST or None, actor=request.actor, unit=unit, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            typed = form.cleaned_data
            change_unit(
                request.actor,
                unit_id,
                name=typed["name"],
                code=typed["code"],
                parent_id=typed["parent"],
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("units")
    context = {"form": form, "unit": unit}
    return render(request, "identity/unit.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("POST",))
def close_unit_page(request: DeskRequest, unit_id: UUID) -> HttpResponse:
    close_unit(request.actor, unit_id, at=timezone.now())
    messages.success(request, _("The unit is closed."))
    return redirect("units")


@desk(MANAGE_COMPANY, methods=("POST",))
def reopen_unit_page(request: DeskRequest, unit_id: UUID) -> HttpResponse:
    reopen_unit(request.actor, unit_id, at=timezone.now())
    messages.success(request, _("The unit is open again."))
    return redirect("units")
