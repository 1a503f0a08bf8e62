"""Signing in and out, the page's language, and going on to another company."""

import time
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from torihiki.identity.access import access_member
from torihiki.identity.actions import change_language, sign_out, switch_company
from torihiki.identity.actions.signing import whither
from torihiki.identity.choosing import chooser_of
from torihiki.identity.devices import SIGNED_IN_HERE
from torihiki.identity.forms import CodeForm, ForgottenForm, NewPasswordForm, SignInForm
from torihiki.identity.hashing import place_to_hash
from torihiki.identity.models import LANGUAGES
from torihiki.identity.network import client_address
from torihiki.identity.pages.device import put_marks, set_cookie, shown_alone
from torihiki.identity.passkeys import has_passkey
from torihiki.identity.refusals import AttemptOver, LinkOver, NeedsSecondStep, TooBusy
from torihiki.identity.resetting import ask_for_reset, reset_password, whose_reset
from torihiki.identity.second_step import check_code, has_app, mail_code
from torihiki.identity.sessions import COOKIE_LENGTH_MAX, close_session
from torihiki.identity.sign_in import password_age
from torihiki.identity.sign_in.attempts import COOKIE_NAME, TWICE, VALID, Attempt, Proof, resume_attempt
from torihiki.identity.sign_in.stages import Waiting, advance
from torihiki.identity.sso.flows import browser_of, lead_away, session_at_provider
from torihiki.identity.sso.leaving import Onward, onward
from torihiki.ledger.desk import DeskRequest, desk, public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor, scope

FIRST_PAGE = "/"
NEXT_LENGTH_MAX = 2_000
BROWSER_LENGTH_MAX = 300
BACK_AFTER_SECONDS = 5
ANSWER_SECONDS = 0.3  # longer than finding an account and writing a mail take


@public("whoever is not signed in must be able to", methods=("GET", "POST"))
@shown_alone
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
        except TooBusy:
            return come_back()
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
            return render(request, "identity/sign_in.html", {"form": form}, status=refusal.status)
    return render(request, "identity/sign_in.html", {"form": form}, status=422)


@public("whoever has just typed a password that has expired", methods=("GET", "POST"))
@shown_alone
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


@public("whoever has typed the right password and is asked for a code", methods=("GET", "POST"))
@shown_alone
def second_step_page(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    try:
        attempt = resumed(request, at=at)
    except AttemptOver as refusal:
        return over_page(request, refusal)
    by_mail = not has_app(attempt.proven) and not has_passkey(attempt.proven)
    form = CodeForm(request.POST if "code" in request.POST else None)
    try:
        if request.method == "POST" and "again" in request.POST and by_mail:
            mail_code(attempt.proven, attempt.token, at=at)
            messages.success(request, _("A new code is on its way. The former one no longer works."))
            return redirect("second-step")
        if form.is_bound and form.is_valid():
            check_code(attempt.proven, attempt.token, form.cleaned_data["code"], at=at)
            passed = (*attempt.passed, "second-step", TWICE)
            return proceed(request, replace(attempt, passed=passed), at=at)
    except AttemptOver as refusal:
        return over_page(request, refusal)
    except Refused as refusal:
        form = form if form.is_bound else CodeForm({})
        form.add_error("code", str(refusal.message))
    return second_step_answer(request, attempt, form, status=422 if request.method == "POST" else 200)


def second_step_answer(request: HttpRequest, attempt: Attempt, form: CodeForm, *, status: int) -> HttpResponse:
    """The page that asks for what this person has: a passkey, an app's code, else one by mail."""
    actor = attempt.proven
    context = {
        "form": form,
        "by_app": has_app(actor),
        "by_passkey": has_passkey(actor),
        "email": hidden_address(actor),
    }
    return render(request, "identity/second_step.html", context, status=status)


def hidden_address(actor: Actor) -> str:
    """Enough of the member's address to know which mailbox to open: `h…@aoba.example`."""
    assert actor.member_id is not None
    with scope(actor):
        name, _at, domain = access_member(actor, actor.member_id).email.rpartition("@")
    return f"{name[:1]}…@{domain}"


@public("whoever has forgotten the password cannot sign in", methods=("GET", "POST"))
def forgotten_page(request: HttpRequest) -> HttpResponse:
    """The same answer after the same time, whether somebody has that login id or not."""
    form = ForgottenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "identity/forgotten.html", {"form": form}, status=status)
    until = time.monotonic() + ANSWER_SECONDS
    try:
        with place_to_hash():
            ask_for_reset(form.cleaned_data["login_id"], at=timezone.now(), address=client_address(request))
            time.sleep(max(0.0, until - time.monotonic()))
    except TooBusy:
        return come_back()
    except Refused as refusal:
        form.add_error(None, str(refusal.message))
        return render(request, "identity/forgotten.html", {"form": form}, status=refusal.status)
    return render(request, "identity/forgotten.html", {"sent": True})


@public("whoever holds the mailed link", methods=("GET", "POST"))
@shown_alone
def reset_page(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    try:
        form = NewPasswordForm(request.POST or None, chooser=chooser_of(whose_reset(token, at=at)))
        if request.method == "POST" and form.is_valid():
            with place_to_hash():
                reset_password(token, form.cleaned_data["password"], at=at)
            messages.success(request, _("Your password is changed. Sign in with the new one."))
            return redirect("sign-in")
    except LinkOver as refusal:
        return render(request, "identity/link_over.html", {"refusal": refusal}, status=404)
    except Refused as refusal:
        form.add_error("password", str(refusal.message))
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/reset.html", {"form": form}, status=status)


def come_back() -> HttpResponse:
    """Too many are at the door: no form is drawn for a crowd. The plain page of this status says what to do; loading it
    again sends again what was typed."""
    return HttpResponse(status=TooBusy.status, headers={"Retry-After": str(BACK_AFTER_SECONDS)})


def over_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A half-finished sign-in is over: back to the beginning, with the reason."""
    messages.warning(request, str(refusal.message))
    return redirect("sign-in")


@desk(None, methods=("POST",))
def sign_out_page(request: DeskRequest) -> HttpResponse:
    """Our session ends first and always; then, for whoever came in through a provider, the way on to it."""
    at = timezone.now()
    behind = session_at_provider(request.session_token)
    sign_out(request.actor, request.session_token, at=at)
    on = onward(request.actor, behind, browser=browser_of(request), at=at) if behind else None
    response = goodbye(request, on) if on else redirect("sign-in")
    response.delete_cookie(settings.SESSION_COOKIE_NAME, path="/", samesite="Lax")
    if on is None:
        messages.success(request, _("You are signed out."))
    return response


def goodbye(request: HttpRequest, on: Onward) -> HttpResponse:
    """A page and no redirect: the content security policy lets no form, such as the button of signing out, lead away
    from this site."""
    response = render(request, "sso/signed_out.html", {"onward": on})
    if on.at_once:
        response.headers["Refresh"] = f"0; url={on.address}"
    return lead_away(response, on.begun) if on.begun else response


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
    at = timezone.now()
    try:
        token = switch_company(request.actor, member_id, session_token=request.session_token, how=request.how, at=at)
    except NeedsSecondStep:
        goes = whither(request.actor, member_id)
        attempt = replace(begin(request, FIRST_PAGE), account_id=goes.account, actor=goes, proof=Proof.PASSWORD)
        return proceed(request, replace(attempt, passed=("network", "lockout", "password")), at=at)
    return enter(request, FIRST_PAGE, token, "")


def begin(request: HttpRequest, address: str) -> Attempt:
    """Somebody comes in by this request and wants to go to `address`, which is only followed on this site."""
    return Attempt(
        address=client_address(request),
        browser=request.headers.get("User-Agent", "")[:BROWSER_LENGTH_MAX],
        next=own_address(address),
        known_here=known_here(request),
    )


def welcome(
    request: HttpRequest,
    actor: Actor,
    proof: Proof,
    address: str,
    *,
    language: str = "",
    proved_at: datetime | None = None,
) -> HttpResponse:
    """For whoever has just proved by `proof` to be `actor`: through all other stages to a session, or to the first
    stage that asks. `proved_at` is earlier than now where a provider vouches by what it remembers. Raises Refused as
    the stages do."""
    attempt = replace(
        begin(request, address),
        account_id=actor.account,
        actor=actor,
        proof=proof,
        language=language,
        proved_at=proved_at,
    )
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
    return replace(attempt, known_here=known_here(request))


def known_here(request: HttpRequest) -> frozenset[str]:
    """The marks of all who have signed in by this browser before."""
    return frozenset(mark.cookie for mark in SIGNED_IN_HERE.read(request.COOKIES, at=timezone.now()))


def proceed(request: HttpRequest, attempt: Attempt, *, at: datetime) -> HttpResponse:
    """To the page of the stage that asks, with the attempt's cookie, or into a session. Raises Refused."""
    outcome = advance(attempt, at=at)
    if isinstance(outcome, Waiting):
        rotate_token(request)
        response = redirect(outcome.page)
        set_cookie(response, COOKIE_NAME, outcome.token, max_age=VALID)
        return response
    entered = enter(request, attempt.next, outcome.token, outcome.language)
    put_marks(request, entered, outcome.actor.account, at=at)
    if attempt.token:
        entered.delete_cookie(COOKIE_NAME, path="/", samesite="Lax")
    return entered


def enter(request: HttpRequest, address: str, token: str, language: str) -> HttpResponse:
    """To `address`, with a session's cookie. A language that this browser chose goes before the account's."""
    rotate_token(request)
    if former := getattr(request, "session_token", ""):
        close_session(former)
    response = redirect(address)
    assert len(token) <= COOKIE_LENGTH_MAX
    set_cookie(response, settings.SESSION_COOKIE_NAME, token)
    if language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        set_language(response, language)
    return response


def set_language(response: HttpResponse, language: str) -> None:
    set_cookie(response, settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE)


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
