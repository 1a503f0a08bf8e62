"""Passkeys, on the way in and in one's profile.

Each address where a passkey answers has two methods: GET gives the browser what to ask the authenticator for, as JSON,
and POST takes what it answered, from a form that `web/passkeys.js` fills and sends.
"""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.crypto.digest import new_token
from torihiki.crypto.passkeys import ANSWER_LENGTH_MAX
from torihiki.identity.forms import CodeForm, PasskeyNameForm, ProveForm, SignInForm
from torihiki.identity.pages.device import set_cookie
from torihiki.identity.pages.proving import prove_answer, recently_proved
from torihiki.identity.pages.signing import begin, over_page, own_address, proceed, resumed, second_step_answer
from torihiki.identity.passkeys import (
    CHALLENGE_VALID,
    COOKIE_NAME,
    Purpose,
    add_passkey,
    options_for_new,
    options_for_use,
    own_passkey,
    own_passkeys,
    policy_of,
    read,
    remove_passkey,
    rename_passkey,
)
from torihiki.identity.proving import prove_passkey, renew_proof
from torihiki.identity.refusals import AttemptOver, Locked, PasskeyRefused
from torihiki.identity.second_step import check_passkey, first_recovery_codes
from torihiki.identity.sessions import COOKIE_LENGTH_MAX
from torihiki.identity.sign_in.attempts import KEYED, TWICE, Attempt
from torihiki.ledger.desk import DeskRequest, desk, public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import scope

FIELD = "credential"


# ---- on the way in


@public("whoever is not signed in must be able to", methods=("GET", "POST"))
def sign_in_passkey_page(request: HttpRequest) -> HttpResponse:
    at, bound_to = timezone.now(), request.COOKIES.get(COOKIE_NAME, "")[:COOKIE_LENGTH_MAX]
    if request.method != "POST":
        bound_to = bound_to or new_token()
        response = _options(options_for_use(Purpose.SIGN_IN, bound_to, at=at))
        set_cookie(response, COOKIE_NAME, bound_to, max_age=CHALLENGE_VALID)
        return response
    form = SignInForm(initial={"next": own_address(request.POST.get("next", ""))})
    try:
        answer = read(_typed(request), Purpose.SIGN_IN, bound_to, at=at)
        attempt = replace(begin(request, request.POST.get("next", "")), answer=answer)
        response = proceed(request, attempt, at=at)
    except Refused as refusal:
        context = {"form": form, "passkey_refusal": refusal.message}
        return render(request, "identity/sign_in.html", context, status=refusal.status)
    response.delete_cookie(COOKIE_NAME, path="/", samesite="Lax")
    return response


@public("whoever has typed the right password and is asked for a passkey", methods=("GET", "POST"))
def second_step_passkey_page(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    try:
        attempt = resumed(request, at=at)
        if request.method != "POST":
            return _options(options_for_use(Purpose.SECOND_STEP, attempt.token, at=at, actor=attempt.proven))
        check_passkey(attempt.proven, attempt.token, _typed(request), at=at)
        return proceed(request, _passed(attempt, "second-step"), at=at)
    except AttemptOver as refusal:
        return over_page(request, refusal)
    except (PasskeyRefused, Locked) as refusal:
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, str(refusal.message))
        return second_step_answer(request, attempt, form, status=refusal.status)


@public("whoever has typed the right password where the company demands a passkey")
def passkey_due_page(request: HttpRequest) -> HttpResponse:
    try:
        attempt = resumed(request, at=timezone.now())
    except AttemptOver as refusal:
        return over_page(request, refusal)
    return _due(request, attempt)


@public("whoever has typed the right password where the company demands a passkey", methods=("GET", "POST"))
def passkey_due_new_page(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    try:
        attempt = resumed(request, at=at)
    except AttemptOver as refusal:
        return over_page(request, refusal)
    actor, refused = attempt.proven, None
    with scope(actor):
        if own_passkeys(actor).exists():  # another way in asks for it, and a password alone adds none
            return redirect("passkey-due")
        if request.method != "POST":
            return _options(options_for_new(actor, attempt.token, at=at))
        try:
            add_passkey(actor, _typed(request), bound_to=attempt.token, name=_("First passkey"), at=at)
        except Refused as refusal:
            refused = refusal
    if refused is not None:
        return _due(request, attempt, refused)
    try:
        return proceed(request, _passed(attempt, "passkey-due"), at=at)
    except AttemptOver as refusal:
        return over_page(request, refusal)


def _passed(attempt: Attempt, stage: str) -> Attempt:
    return replace(attempt, passed=(*attempt.passed, stage, TWICE, KEYED))


def _due(request: HttpRequest, attempt: Attempt, refusal: Refused | None = None) -> HttpResponse:
    with scope(attempt.proven) as actor:
        has_one = own_passkeys(actor).exists()
    context = {"has_one": has_one, "refusal": refusal}
    return render(request, "identity/passkey_due.html", context, status=refusal.status if refusal else 200)


# ---- while signed in


def passkey_first(request: DeskRequest) -> None:
    """Hook of a desk, as `password_first`: the try is counted whatever happens next."""
    try:
        request.proven = prove_passkey(
            request.actor,
            _typed(request),
            bound_to=request.session_token,
            at=timezone.now(),
            address=request.address,
        )
    except Refused as refusal:
        request.proven = refusal


@desk(None, methods=("GET", "POST"), first=passkey_first)
def prove_passkey_page(request: DeskRequest) -> HttpResponse:
    if request.method != "POST":
        options = options_for_use(Purpose.PROVE, request.session_token, at=timezone.now(), actor=request.actor)
        return _options(options)
    after = own_address(request.POST.get("next", ""))
    if not isinstance(request.proven, Refused):
        renew_proof(request.session_token, at=timezone.now())
        return redirect(after)
    form = ProveForm({"next": after})
    form.errors.clear()
    form.add_error(None, str(request.proven.message))
    return prove_answer(request, form, status=request.proven.status)


@desk(None)
@recently_proved
def passkeys_page(request: DeskRequest) -> HttpResponse:
    return _list(request, PasskeyNameForm(), status=200)


@desk(None, methods=("GET", "POST"))
@recently_proved
def new_passkey_page(request: DeskRequest) -> HttpResponse:
    actor, at = request.actor, timezone.now()
    if request.method != "POST":
        return _options(options_for_new(actor, request.session_token, at=at))
    form = PasskeyNameForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            add_passkey(actor, _typed(request), bound_to=request.session_token, name=name, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("The passkey is set up. From now on you can sign in with it."))
            codes = first_recovery_codes(actor, at=at)
            return render(request, "identity/recovery_codes.html", {"codes": codes}) if codes else redirect("passkeys")
    return _list(request, form, status=422)


@desk(None, methods=("GET", "POST"))
@recently_proved
def passkey_page(request: DeskRequest, passkey_id: UUID) -> HttpResponse:
    actor, at = request.actor, timezone.now()
    passkey = own_passkey(actor, passkey_id)
    form = PasskeyNameForm(request.POST if request.POST.get("do") == "rename" else None, initial={"name": passkey.name})
    if request.method == "POST" and request.POST.get("do") == "remove":
        remove_passkey(actor, passkey_id, session_token=request.session_token, at=at)
        messages.success(request, _("The passkey is removed. Everywhere else you are signed out."))
        return redirect("passkeys")
    if form.is_bound and form.is_valid():
        rename_passkey(actor, passkey_id, form.cleaned_data["name"], at=at)
        messages.success(request, _("Saved."))
        return redirect("passkeys")
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/passkey.html", {"form": form, "passkey": passkey}, status=status)


def _list(request: DeskRequest, form: PasskeyNameForm, *, status: int) -> HttpResponse:
    policy = policy_of(request.actor)
    context = {
        "form": form,
        "passkeys": own_passkeys(request.actor),
        "mode": policy.mode,
        "is_required": policy.demands(request.actor.role),
    }
    return render(request, "identity/passkeys.html", context, status=status)


def _typed(request: HttpRequest) -> str:
    """What the script sent, cut just beyond what any authenticator answers."""
    return request.POST.get(FIELD, "")[: ANSWER_LENGTH_MAX + 1]


def _options(options: dict[str, object]) -> HttpResponse:
    return JsonResponse(options, headers={"Cache-Control": "no-store"})
