"""The pages on which administrators open passwords while the provider is down; nobody is signed in by them."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.forms import CodeForm
from torihiki.identity.pages.device import set_cookie, shown_alone
from torihiki.identity.pages.signing import begin, hidden_address
from torihiki.identity.refusals import AttemptOver
from torihiki.identity.second_step import has_app
from torihiki.identity.sign_in.attempts import TWICE, VALID, Attempt
from torihiki.identity.sso.access import doors_of, present_emergency
from torihiki.identity.sso.actions.emergency import approve_emergency, ask_emergency, end_emergency_proved
from torihiki.identity.sso.emergency import COOKIE_NAME, prove_by_code, prove_by_password, resumed_emergency
from torihiki.identity.sso.forms import AskForm, EmergencyForm
from torihiki.identity.sso.pages.entering import answers_refusals
from torihiki.ledger.desk import public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import scope


def goes_on(page: Callable[[HttpRequest, str, Attempt], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page for whoever has begun; everybody else begins."""

    @wraps(page)
    def guarded(request: HttpRequest, slug: str) -> HttpResponse:
        came = begin(request, "")
        try:
            attempt = resumed_emergency(
                slug,
                request.COOKIES.get(COOKIE_NAME, ""),
                address=came.address,
                browser=came.browser,
                at=timezone.now(),
            )
            return page(request, slug, attempt)
        except AttemptOver as refusal:
            if request.method == "POST":
                messages.warning(request, str(refusal.message))
            return redirect("sso-emergency", slug)

    return guarded


@public("an administrator whose company's provider is down, and who is not signed in", methods=("GET", "POST"))
@shown_alone
@answers_refusals
def password_page(request: HttpRequest, slug: str) -> HttpResponse:
    _platform, company_name, _doors = doors_of(slug)
    form = EmergencyForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        typed = replace(
            begin(request, ""), login_id=form.cleaned_data["login_id"], password=form.cleaned_data["password"]
        )
        try:
            attempt = prove_by_password(slug, typed, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
            status = refusal.status
        else:
            response = redirect("sso-emergency-code", slug)
            set_cookie(response, COOKIE_NAME, attempt.token, max_age=VALID)
            return response
    return render(
        request, "sso/emergency.html", {"form": form, "company_name": company_name, "slug": slug}, status=status
    )


@public("whoever has typed the right password there and is asked for a code", methods=("GET", "POST"))
@shown_alone
@answers_refusals
@goes_on
def code_page(request: HttpRequest, slug: str, attempt: Attempt) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prove_by_code(attempt, form.cleaned_data["code"], at=timezone.now())
            return redirect("sso-emergency-decide", slug)
        except AttemptOver:
            raise
        except Refused as refusal:
            form.add_error("code", str(refusal.message))
    context = {"form": form, "by_app": has_app(attempt.proven), "email": hidden_address(attempt.proven), "slug": slug}
    return render(request, "sso/emergency_code.html", context, status=422 if request.method == "POST" else 200)


@public("whoever has proved there by password and code to be an administrator", methods=("GET", "POST"))
@answers_refusals
@goes_on
def decide_page(request: HttpRequest, slug: str, attempt: Attempt) -> HttpResponse:
    if TWICE not in attempt.passed:
        return redirect("sso-emergency-code", slug)
    at, actor = timezone.now(), attempt.proven
    with scope(actor):
        present = present_emergency(actor, at=at)
    form = AskForm(request.POST if request.POST.get("do") == "ask" else None)
    try:
        if request.method == "POST" and (done := _act(request, attempt, form)):
            response = render(request, "sso/emergency_done.html", {"done": done, "slug": slug})
            response.delete_cookie(COOKIE_NAME, path="/", samesite="Lax")
            return response
    except AttemptOver:
        raise
    except Refused as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("sso-emergency", slug)
    own = present is not None and present.asked_by_id == actor.member_id
    context = {"actor": actor, "present": present, "own": own, "form": form, "slug": slug}
    return render(request, "sso/emergency_decide.html", context, status=422 if request.method == "POST" else 200)


def _act(request: HttpRequest, attempt: Attempt, form: AskForm) -> str:
    """What was done; empty where the form is to be corrected."""
    at, do = timezone.now(), request.POST.get("do")
    if do == "ask" and form.is_valid():
        ask_emergency(attempt, hours=form.cleaned_data["hours"], reason=form.cleaned_data["reason"], at=at)
        return _("Asked for. The others were told by mail: one of them approves it within an hour.")
    if do == "approve":
        emergency = _wanted(request)
        if emergency is not None:
            approve_emergency(attempt, emergency, at=at)
            return _("Passwords open your company now. Everybody was told by mail.")
    if do == "end":
        end_emergency_proved(attempt, at=at)
        return _("It has ended: no password opens your company.")
    return ""


def _wanted(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("emergency", ""))
    except ValueError:
        return None
