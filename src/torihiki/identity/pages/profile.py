"""What everybody may see and change about themselves."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.access import access_member, access_memberships, access_own_account
from torihiki.identity.actions import change_password, change_profile
from torihiki.identity.actions.profile import end_session, end_sessions_elsewhere
from torihiki.identity.choosing import chooser_of
from torihiki.identity.forms import PasswordChangeForm, ProfileForm
from torihiki.identity.pages.proving import password_first
from torihiki.identity.permissions import Role
from torihiki.identity.sessions import own_sessions
from torihiki.identity.sso.access import opens_nothing
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

COMPANIES_SHOWN_MAX = 100


@desk(None, methods=("GET", "POST"))
def profile_page(request: DeskRequest) -> HttpResponse:
    actor = request.actor
    form = ProfileForm(request.POST or None, initial={"name": actor.name})
    if request.method == "POST" and form.is_valid():
        change_profile(actor, name=form.cleaned_data["name"], at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("profile")
    assert actor.member_id is not None
    context = {
        "form": form,
        "account": access_own_account(actor),
        "member": access_member(actor, actor.member_id),
        "role": Role(actor.role).label,
    }
    return render(request, "identity/profile.html", context, status=422 if request.method == "POST" else 200)


@desk(None, methods=("GET", "POST"), first=password_first)
def password_page(request: DeskRequest) -> HttpResponse:
    if opens_nothing(request.actor.account, at=timezone.now()):
        if request.method == "POST":
            raise PasswordsClosed
        return render(request, "identity/password.html", {"closed": True})
    form = PasswordChangeForm(request.POST or None, chooser=chooser_of(request.actor))
    if request.method == "POST" and form.is_valid():
        if isinstance(request.proven, Refused):
            form.add_error("present", str(request.proven.message))
        else:
            try:
                change_password(
                    request.actor,
                    request.proven,
                    wanted=form.cleaned_data["password"],
                    session_token=request.session_token,
                    at=timezone.now(),
                )
            except Refused as refusal:
                form.add_error("password", str(refusal.message))
            else:
                messages.success(request, _("Your password is changed. Everywhere else you are signed out."))
                return redirect("profile")
    return render(request, "identity/password.html", {"form": form}, status=422 if request.method == "POST" else 200)


@desk(None)
def companies_page(request: DeskRequest) -> HttpResponse:
    memberships = access_memberships(request.actor)[:COMPANIES_SHOWN_MAX]
    return render(request, "identity/companies.html", {"memberships": memberships, "actor": request.actor})


@desk(None, methods=("GET", "POST"))
def sessions_page(request: DeskRequest) -> HttpResponse:
    if request.method == "POST":
        end_sessions_elsewhere(request.actor, session_token=request.session_token, at=timezone.now())
        messages.success(request, _("Everywhere else you are signed out."))
        return redirect("sessions")
    return render(request, "identity/sessions.html", {"sessions": own_sessions(request.session_token)})


@desk(None, methods=("POST",))
def end_session_page(request: DeskRequest, session_id: UUID) -> HttpResponse:
    end_session(request.actor, session_id, at=timezone.now())
    messages.success(request, _("That browser is signed out."))
    return redirect("sessions")
