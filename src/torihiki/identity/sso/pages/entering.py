"""The way in: by e-mail domain or the company's own address to its provider, and back with what the provider says."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from torihiki.crypto.digest import token_hash
from torihiki.identity.access import access_invitation_by_token
from torihiki.identity.pages.device import shown_alone
from torihiki.identity.pages.signing import FIRST_PAGE, own_address, welcome
from torihiki.identity.sign_in.attempts import Proof
from torihiki.identity.sso.access import (
    access_entrance,
    access_provider,
    doors_by_domain,
    doors_of,
    is_closed,
    platform_at,
)
from torihiki.identity.sso.actions.entering import enter_as, link_member, mark_tested
from torihiki.identity.sso.connections import Connection, VerifiedIdentity, open_connection
from torihiki.identity.sso.flows import Begun, Purpose, Taken, begin_flow, browser_of, lead_away
from torihiki.identity.sso.models import Protocol, State
from torihiki.identity.sso.oidc.answers import authorization_url
from torihiki.identity.sso.refusals import NoProvider
from torihiki.identity.sso.saml.messages import request_url
from torihiki.identity.sso.saml.ours import ours_at
from torihiki.ledger.desk import public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor, scope


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address at work"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


def answers_refusals(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal becomes a page for a person who is not signed in; a strange connection is the page of nothing there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            if refusal.status == 404:
                return render(request, "404.html", status=404)
            return render(request, "sso/refused.html", {"refusal": refusal}, status=refusal.status)

    return guarded


@public("whoever is not signed in asks for the way in", methods=("GET", "POST"))
@shown_alone
def find_page(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST or None)
    doors = None
    if request.method == "POST" and form.is_valid():
        doors = doors_by_domain(form.cleaned_data["email"].rpartition("@")[2].lower())
    context = {"form": form, "doors": doors, "next": own_address(request.GET.get("next", ""))}
    return render(request, "sso/find.html", context, status=422 if request.method == "POST" and doors is None else 200)


@public("a company's own address for signing in")
@shown_alone
@answers_refusals
def entrance_page(request: HttpRequest, slug: str) -> HttpResponse:
    platform, company_name, doors = doors_of(slug)
    with scope(platform):
        entrance = access_entrance(platform)
        closed = is_closed(platform.company, at=timezone.now())
    context = {
        "company_name": company_name,
        "doors": doors,
        "slug": slug,
        "next": own_address(""),
        "sso_only": entrance is not None and entrance.sso_only_since is not None,
        "closed": closed,
    }
    return render(request, "sso/entrance.html", context)


@public("leads whoever wants to sign in to their company's identity provider")
@answers_refusals
def start_page(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """A link, not a form: the content security policy lets no form lead away from this site."""
    at, after, purpose = timezone.now(), own_address(request.GET.get("next", "")), Purpose.SIGN_IN
    platform = platform_at(provider_id)
    if token := request.GET.get("invitation", ""):
        invitation = access_invitation_by_token(token, at=at)
        if invitation.company_id != platform.company:
            raise NoProvider
        # Tied to this very link: one that is sent anew is another one.
        after, purpose = token_hash(token).hex(), Purpose.JOIN
    with scope(platform):
        connection = open_connection(access_provider(platform, provider_id))
        if connection.state != State.ON:
            raise NoProvider
        begun = begin_flow(provider_id, purpose, browser=browser_of(request), next=after, at=at)
    again = "again" in request.GET  # before a sensitive change: not by what the provider remembers
    return lead_away(redirect(provider_address(connection, begun, again=again)), begun)


def provider_address(connection: Connection, begun: Begun, *, again: bool = False) -> str:
    """Where the browser goes; `again` makes the provider ask the person anew."""
    if connection.protocol == Protocol.OIDC:
        address = callback_address(connection.provider_id)
        return authorization_url(connection, begun, redirect_uri=address, again=again)
    return request_url(connection, ours_at(connection), begun, at=timezone.now(), again=again)


def callback_address(provider_id: UUID) -> str:
    """The exact redirect URI: of the platform's public name, whatever the request says its host is."""
    return f"{settings.PUBLIC_URL}/sso/oidc/{provider_id}/callback"


def arrived(
    request: HttpRequest, platform: Actor, connection: Connection, identity: VerifiedIdentity, taken: Taken
) -> HttpResponse:
    """What the flow was begun for: a session, a link or a test. Raises Refused."""
    at = timezone.now()
    if taken.purpose == Purpose.TEST:
        mark_tested(platform, connection, identity, taken, at=at)
        return render(request, "sso/tested.html", {"connection": connection, "identity": identity})
    if taken.purpose == Purpose.LINK:
        link_member(platform, connection, identity, taken, at=at)
        messages.success(
            request, _("Linked: you can sign in through %(name)s from now on.") % {"name": connection.name}
        )
        return redirect("own-links")
    actor = enter_as(platform, connection, identity, taken, at=at)
    address = FIRST_PAGE if taken.purpose == Purpose.JOIN else taken.next
    return welcome(request, actor, Proof.SSO, address, proved_at=identity.proved_at)
