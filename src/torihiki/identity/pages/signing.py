"""Signing in and out, the page's language, and going on to another company."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from torihiki.identity.actions import change_language, sign_out, switch_company
from torihiki.identity.choosing import chooser_of
from torihiki.identity.forms import NewPasswordForm, SignInForm
from torihiki.identity.models import LANGUAGES
from torihiki.identity.network import client_address
from torihiki.identity.refusals import AttemptOver
from torihiki.identity.sessions import COOKIE_LENGTH_MAX
from torihiki.identity.sign_in import password_age
from torihiki.identity.sign_in.attempts import COOKIE_NAME, VALID, Attempt, Proof, resume_attempt
from torihiki.identity.sign_in.stages import Waiting, advance
from torihiki.ledger.desk import DeskRequest, desk, public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor, scope

FIRST_PAGE = "/"
NEXT_LENGTH_MAX = 2_000
BROWSER_LENGTH_MAX = 300


@public("whoever is not signed in must be able to", methods=("GET", "POST"))
def sign_in_page(request: HttpRequest) -> HttpResponse:
    if _actor(request) is not None:
        return redirect(FIRST_PAGE)
    if request.method != "POST":
        form = SignInForm(initial={"next": own_address(request.GET.get("next", ""))})
        return render(request, "identity/sign_in.html", {"form": form})
    form = SignInForm(request.POST)
    if form.is_valid():
        attempt = replace(
            begin(request, form.cleaned_data["next"]),
            login_id=form.cleaned_data["login_id"],
            password=form.cleaned_data["password"],
        )
        try:
            return proceed(request, attempt, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
            return render(request, "identity/sign_in.html", {"form": form}, status=refusal.status)
    return render(request, "identity/sign_in.html", {"form": form}, status=422)


@public("whoever has just typed a password that has expired", methods=("GET", "POST"))
def expired_password_page(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    try:
        attempt = resumed(request, at=at)
    except AttemptOver as refusal:
        return over_page(request, refusal)
    form = NewPasswordForm(request.POST or None, chooser=chooser_of(attempt.proven))
    if request.method == "POST" and form.is_valid():
        try:
            if password_age.is_expired(attempt.proven, at=at):  # another tab may have been here before
                password_age.renew(attempt, form.cleaned_data["password"], at=at)
            return proceed(request, attempt, at=at)
        except Refused as refusal:
            form.add_error("password", str(refusal.message))
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/expired_password.html", {"form": form}, status=status)


def over_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A half-finished sign-in is over: back to the beginning, with the reason."""
    messages.warning(request, str(refusal.message))
    return redirect("sign-in")


@desk(None, methods=("POST",))
def sign_out_page(request: DeskRequest) -> HttpResponse:
    sign_out(request.actor, request.session_token, at=timezone.now())
    response = redirect("sign-in")
    response.delete_cookie(settings.SESSION_COOKIE_NAME, path="/", samesite="Lax")
    messages.success(request, _("You are signed out."))
    return response


@public("people who are not signed in read too", methods=("POST",))
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


@desk(None, methods=("POST",))
def switch_company_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    token = switch_company(request.actor, member_id, session_token=request.session_token, at=timezone.now())
    return enter(request, FIRST_PAGE, token, "")


def begin(request: HttpRequest, address: str) -> Attempt:
    """Somebody comes in by this request and wants to go to `address`, which is only followed on this site."""
    return Attempt(
        address=client_address(request),
        browser=request.headers.get("User-Agent", "")[:BROWSER_LENGTH_MAX],
        next=own_address(address),
    )


def welcome(request: HttpRequest, actor: Actor, proof: Proof, address: str, *, language: str = "") -> HttpResponse:
    """For whoever has just proved by `proof` to be `actor`: through all other stages to a session, or to the first
    stage that asks. Raises Refused as the stages do."""
    attempt = replace(begin(request, address), account_id=actor.account, actor=actor, proof=proof, language=language)
    return proceed(request, attempt, at=timezone.now())


def resumed(request: HttpRequest, *, at: datetime) -> Attempt:
    """The attempt on which this browser is; for the pages of stages. Raises AttemptOver."""
    attempt = resume_attempt(
        request.COOKIES.get(COOKIE_NAME, ""),
        address=client_address(request),
        browser=request.headers.get("User-Agent", "")[:BROWSER_LENGTH_MAX],
        at=at,
    )
    if attempt is None:
        raise AttemptOver
    return attempt


def proceed(request: HttpRequest, attempt: Attempt, *, at: datetime) -> HttpResponse:
    """To the page of the stage that asks, with the attempt's cookie, or into a session. Raises Refused."""
    outcome = advance(attempt, at=at)
    if isinstance(outcome, Waiting):
        rotate_token(request)
        response = redirect(outcome.page)
        set_cookie(response, COOKIE_NAME, outcome.token, max_age=VALID)
        return response
    entered = enter(request, attempt.next, outcome.token, outcome.language)
    if attempt.token:
        entered.delete_cookie(COOKIE_NAME, path="/", samesite="Lax")
    return entered


def enter(request: HttpRequest, address: str, token: str, language: str) -> HttpResponse:
    """To `address`, with a session's cookie. A language that this browser chose goes before the account's."""
    rotate_token(request)
    response = redirect(address)
    assert len(token) <= COOKIE_LENGTH_MAX
    set_cookie(response, settings.SESSION_COOKIE_NAME, token)
    if language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        set_language(response, language)
    return response


def set_language(response: HttpResponse, language: str) -> None:
    set_cookie(response, settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE)


def set_cookie(response: HttpResponse, name: str, value: str, **options: Any) -> None:
    """By the rules of the `__Host-` prefix: this host only, TLS only, no script."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax", **options)


def own_address(address: str) -> str:
    """`address` when it is a path on this very site, else the first page."""
    usable = len(address) <= NEXT_LENGTH_MAX and address.startswith("/") and "\\" not in address
    if usable and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return FIRST_PAGE


def present_language() -> str:
    language = (translation.get_language() or "")[:2]
    return language if language in dict(LANGUAGES) else settings.LANGUAGE_CODE


def _actor(request: HttpRequest) -> Actor | None:
    return getattr(request, "actor", None)
