"""The administrator's pages about the company's own roles, beside the built-in ones (clause 2-4-1)."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.access import access_grants, access_own_role, access_own_roles
from torihiki.identity.actions import add_role, change_role, remove_role
from torihiki.identity.actions.roles import ROLES_MAX
from torihiki.identity.forms import RoleForm
from torihiki.identity.permissions import MANAGE_MEMBERS, ROLE_HELP, Role
from torihiki.identity.rights import built_in, matrix
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

HOLDERS_SHOWN_MAX = 100


@desk(MANAGE_MEMBERS)
def roles_page(request: DeskRequest) -> HttpResponse:
    own = access_own_roles(request.actor).annotate(members=Count("grants")).order_by("name")[:ROLES_MAX]
    fixed = [role for role in Role if role != Role.LIMITED]
    context = {
        "own": own,
        "built_in": [(role.label, ROLE_HELP[role]) for role in fixed],
        "matrix": matrix([built_in(role) for role in fixed]),
    }
    return render(request, "identity/own_roles.html", context)


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
def new_role_page(request: DeskRequest) -> HttpResponse:
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_role(request.actor, name=form.cleaned_data["name"], permissions=form.scopes(), at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("The role is added. Give it to members on their pages."))
            return redirect("roles")
    return render(request, "identity/own_role.html", {"form": form}, status=422 if request.method == "POST" else 200)


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
def role_page(request: DeskRequest, role_id: UUID) -> HttpResponse:
    role = access_own_role(request.actor, role_id)
    initial = {"name": role.name, **RoleForm.initial_of(role.permissions)}
    form = RoleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_role(
                request.actor,
                role_id,
                name=form.cleaned_data["name"],
                permissions=form.scopes(),
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("roles")
    holders = access_grants(request.actor).filter(role=role).order_by("member__name")[:HOLDERS_SHOWN_MAX]
    context = {"form": form, "role": role, "holders": holders}
    return render(request, "identity/own_role.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_MEMBERS, methods=("POST",))
def remove_role_page(request: DeskRequest, role_id: UUID) -> HttpResponse:
    role = remove_role(request.actor, role_id, at=timezone.now())
    messages.success(request, _("The role “%(name)s” is removed.") % {"name": role.name})
    return redirect("roles")
