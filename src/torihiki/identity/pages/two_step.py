"""One's own second step: an authenticator app, recovery codes, or codes by mail."""

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.crypto.one_time import set_up_uri
from torihiki.identity.access import access_own_account
from torihiki.identity.forms import CodeForm
from torihiki.identity.pages.proving import recently_proved
from torihiki.identity.passkeys import has_passkey, own_passkeys
from torihiki.identity.policies import TwoStepPolicy, rules_of
from torihiki.identity.second_step import (
    begin_app,
    choose_two_step,
    confirm_app,
    has_app,
    recovery_codes_left,
    remove_app,
    renew_recovery_codes,
)
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

ISSUER = "torihiki"
QR_SCALE = 5


@desk(None, methods=("GET", "POST"))
@recently_proved
def two_step_page(request: DeskRequest) -> HttpResponse:
    actor = request.actor
    if request.method == "POST":
        choose_two_step(actor, request.POST.get("wanted") == "yes", at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("two-step")
    policy = rules_of([actor.company]).of(actor.company, TwoStepPolicy)
    context = {
        "policy": policy,
        "is_required": policy.demands(actor.role),
        "has_app": has_app(actor),
        "has_passkey": has_passkey(actor),
        "wants": access_own_account(actor).two_step,
        "left": recovery_codes_left(actor),
    }
    return render(request, "identity/two_step.html", context)


@desk(None, methods=("GET", "POST"))
@recently_proved
def app_page(request: DeskRequest) -> HttpResponse:
    actor, at = request.actor, timezone.now()
    if request.method == "POST" and request.POST.get("do") == "remove":
        remove_app(actor, session_token=request.session_token, at=at)
        messages.success(request, _("The app is removed."))
        return redirect("two-step")
    secret = begin_app(actor, at=at)
    if not secret:
        return redirect("two-step")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = confirm_app(actor, form.cleaned_data["code"], at=at)
        except Refused as refusal:
            form.add_error("code", str(refusal.message))
        else:
            return render(request, "identity/recovery_codes.html", {"codes": codes})
    uri = set_up_uri(secret, name=access_own_account(actor).login_id, issuer=ISSUER)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    context = {"form": form, "qr": segno.make(uri).svg_data_uri(scale=QR_SCALE), "secret": " ".join(groups)}
    return render(request, "identity/two_step_app.html", context, status=422 if request.method == "POST" else 200)


@desk(None, methods=("POST",))
@recently_proved
def recovery_page(request: DeskRequest) -> HttpResponse:
    if not has_app(request.actor) and not own_passkeys(request.actor).exists():
        return redirect("two-step")
    codes = renew_recovery_codes(request.actor, at=timezone.now())
    return render(request, "identity/recovery_codes.html", {"codes": codes})
