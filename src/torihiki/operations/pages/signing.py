"""Signing in and out of the console, its language, and the own password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.forms import SignInForm
from torihiki.identity.models import LANGUAGES
from torihiki.identity.pages.signing import FIRST_PAGE, enter, own_address, set_language
from torihiki.ledger.desk import DeskRequest, desk, public
from torihiki.ledger.refusals import Refused
from torihiki.operations.actions.staff import change_language, change_password, sign_in, sign_out
from torihiki.operations.forms import OwnPasswordForm
from torihiki.tenancy.actor import scope


@public("whoever of the staff is not signed in must be able to", methods=("GET", "POST"))
def sign_in_page(request: HttpRequest) -> HttpResponse:
    if _actor(request) is not None:
        return redirect(FIRST_PAGE)
    if request.method != "POST":
        form = SignInForm(initial={"next": own_address(request.GET.get("next", ""))})
        return render(request, "operations/sign_in.html", {"form": form})
    form = SignInForm(request.POST)
    if form.is_valid():
        try:
            opened = sign_in(form.cleaned_data["login_id"], form.cleaned_data["password"], at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            return enter(request, own_address(form.cleaned_data["next"]), opened.token, opened.staff.language)
    return render(request, "operations/sign_in.html", {"form": form}, status=422)


@desk(None, methods=("POST",))
def sign_out_page(request: DeskRequest) -> HttpResponse:
    sign_out(request.actor, request.session_token, at=timezone.now())
    response = redirect("sign-in")
    response.delete_cookie(settings.SESSION_COOKIE_NAME, path="/", samesite="Lax")
    messages.success(request, _("You are signed out."))
    return response


@public("the sign-in page is read in both languages", methods=("POST",))
def language_page(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    response = redirect(own_address(request.POST.get("next", "")))
    if language in dict(LANGUAGES):
        actor = _actor(request)
        if actor is not None:
            with scope(actor):
                change_language(actor, language, at=timezone.now())
        set_language(response, language)
    return response


@desk(None, methods=("GET", "POST"))
def password_page(request: DeskRequest) -> HttpResponse:
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_password(
                request.actor,
                present=form.cleaned_data["present"],
                wanted=form.cleaned_data["password"],
                session_token=request.session_token,
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("present", str(refusal.message))
        else:
            messages.success(request, _("Your password is changed; all other sessions have ended."))
            return redirect("home")
    status = 422 if request.method == "POST" else 200
    return render(request, "operations/password.html", {"form": form}, status=status)


def _actor(request: HttpRequest) -> Any:
    return getattr(request, "actor", None)
