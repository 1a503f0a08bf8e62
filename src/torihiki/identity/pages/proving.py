"""The page that asks for the password again, and the mark on views that need it asked for lately."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from torihiki.identity.forms import PASSWORD_LENGTH_MAX, ProveForm
from torihiki.identity.pages.device import shown_alone
from torihiki.identity.pages.signing import own_address
from torihiki.identity.passkeys import has_passkey
from torihiki.identity.proving import is_fresh, prove_password, renew_proof
from torihiki.identity.sign_in.attempts import Proof
from torihiki.identity.sso.access import is_closed, open_doors
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

View = Callable[..., HttpResponseBase]


def recently_proved(view: View) -> View:
    """Below `@desk`: who has not proved for some minutes who they are is asked for the password first."""

    @wraps(view)
    def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_fresh(request.proved_at, at=timezone.now()):
            return to_prove(request)
        return view(request, *args, **kwargs)

    return guarded


def to_prove(request: DeskRequest) -> HttpResponse:
    """To the page that asks for the password, and back to this one."""
    return redirect(f"{reverse('prove')}?{urlencode({'next': request.get_full_path()})}")


def password_first(request: DeskRequest) -> None:
    """Hook of a desk: verify the field `present` before the desk's transaction, so that the try is counted whatever
    happens in it. Sets `request.proven`, a Proven or the refusal."""
    typed = request.POST.get("present", "")[:PASSWORD_LENGTH_MAX]
    try:
        request.proven = prove_password(request.actor, typed, at=timezone.now(), address=request.address)
    except Refused as refusal:
        request.proven = refusal


@desk(None, methods=("GET", "POST"), first=password_first)
@shown_alone
def prove_page(request: DeskRequest) -> HttpResponse:
    form = ProveForm(request.POST or None, initial={"next": own_address(request.GET.get("next", ""))})
    if request.method == "POST" and isinstance(request.proven, PasswordsClosed):
        raise request.proven
    if request.method == "POST" and form.is_valid():
        if not isinstance(request.proven, Refused):
            renew_proof(request.session_token, at=timezone.now())
            return redirect(own_address(form.cleaned_data["next"]))
        form.add_error("present", str(request.proven.message))
    return prove_answer(request, form, status=422 if request.method == "POST" else 200)


def prove_answer(request: DeskRequest, form: ProveForm, *, status: int) -> HttpResponse:
    by_provider = request.how.proof == Proof.SSO  # such a person may have no password
    closed = is_closed(request.actor.company, at=timezone.now())
    context = {
        "form": form,
        "doors": open_doors(request.actor.company) if by_provider else [],
        "closed": closed,
        "by_passkey": not closed and has_passkey(request.actor),
    }
    return render(request, "identity/prove.html", context, status=status)
