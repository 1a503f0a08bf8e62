"""The administrator's pages about the company's API tokens."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from torihiki.identity.access import access_tokens
from torihiki.identity.actions import create_token, revoke_token
from torihiki.identity.forms import TokenForm
from torihiki.identity.models import ApiToken
from torihiki.identity.pages.proving import recently_proved
from torihiki.identity.permissions import MANAGE_COMPANY, MANAGE_PARTNERS, SERVICES, TOKEN_ACTIONS, Action
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

TOKENS_SHOWN_MAX = 200


@dataclass(frozen=True)
class Shown:
    """A line of the list."""

    token: ApiToken
    scopes: list[str | Promise]
    is_over: bool


@desk(MANAGE_COMPANY)
def tokens_page(request: DeskRequest) -> HttpResponse:
    now = timezone.now()
    tokens = access_tokens(request.actor).order_by("revoked_at", "-created_at", "-id")[:TOKENS_SHOWN_MAX]
    rows = [
        Shown(token, scope_words(token.scopes), token.expires_at is not None and token.expires_at <= now)
        for token in tokens
    ]
    return render(request, "identity/tokens.html", {"rows": rows})


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
@recently_proved
def new_token_page(request: DeskRequest) -> HttpResponse:
    """The answer to the form shows the secret, this once; nothing keeps the page."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = create_token(
                request.actor,
                name=form.cleaned_data["name"],
                scopes=form.scopes(),
                at=timezone.now(),
                expires_at=form.expires_at(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            context = {"token": token, "secret": secret, "scopes": scope_words(token.scopes)}
            response = render(request, "identity/token_made.html", context)
            response["Cache-Control"] = "no-store"
            return response
    return render(request, "identity/new_token.html", {"form": form}, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("POST",))
def revoke_token_page(request: DeskRequest, token_id: UUID) -> HttpResponse:
    token = revoke_token(request.actor, token_id, at=timezone.now())
    messages.success(request, _("The token “%(name)s” opens nothing any more.") % {"name": token.name})
    return redirect("tokens")


def scope_words(scopes: list[str]) -> list[str | Promise]:
    """`invoices.read`, `invoices.send` as “Invoices: Read, Send”; one line for each service."""
    by_service: dict[str, list[str]] = {}
    lines: list[str | Promise] = []
    for scope in scopes:
        service, _dot, action = scope.rpartition(".")
        if service == "scim":
            lines.append(_("Provision members by single sign-on (SCIM)"))
        elif scope == MANAGE_PARTNERS:
            lines.append(_("Keep the list of partners"))
        else:
            by_service.setdefault(service, []).append(action)
    named = {"*": _("All services"), **SERVICES}
    for service, actions in by_service.items():
        words = [str(label) for action, label in TOKEN_ACTIONS.items() if Action(action).value in actions]
        lines.insert(0, f"{named.get(service, service)}: {', '.join(words)}")
    return lines
