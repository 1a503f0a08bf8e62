"""The administrator's pages about the company's identity providers, and everybody's about their own links."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.crypto.xml_signature import certificate_ends, certificate_fingerprint, make_key_pair
from torihiki.identity.pages.proving import password_first
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.identity.sso.access import access_entrance, access_links, access_provider, access_providers
from torihiki.identity.sso.actions.connections import (
    add_provider,
    change_provider,
    remove_provider,
    set_entrance,
    switch_provider,
    unlink,
)
from torihiki.identity.sso.actions.metadata import accept_metadata, mark_of
from torihiki.identity.sso.connections import Connection, open_connection
from torihiki.identity.sso.flows import Purpose, begin_flow, browser_of, lead_away
from torihiki.identity.sso.forms import EntranceForm, LinkForm, OidcForm, SamlForm
from torihiki.identity.sso.models import IdentityProvider, Protocol, State
from torihiki.identity.sso.pages.entering import callback_address, provider_address
from torihiki.identity.sso.refusals import NoProvider
from torihiki.identity.sso.saml.messages import our_metadata
from torihiki.identity.sso.saml.ours import ours_at
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import scope

LINKS_SHOWN_MAX = 200


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def providers_page(request: DeskRequest) -> HttpResponse:
    entrance = access_entrance(request.actor)
    form = EntranceForm(request.POST or None, initial={"slug": entrance.slug if entrance else ""})
    if request.method == "POST" and form.is_valid():
        try:
            set_entrance(request.actor, slug=form.cleaned_data["slug"], at=timezone.now())
        except Refused as refusal:
            form.add_error("slug", str(refusal.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("identity-providers")
    context = {
        "providers": access_providers(request.actor),
        "entrance": entrance,
        "form": form,
        "address": settings.PUBLIC_URL + reverse("sso-entrance", args=[entrance.slug]) if entrance else "",
    }
    return render(request, "sso/providers.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def new_provider_page(request: DeskRequest, protocol: str) -> HttpResponse:
    if protocol not in Protocol.values:
        raise NoProvider
    form = _form(protocol, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            secrets = {**form.secrets(), **(_key_pair() if protocol == Protocol.SAML else {})}
            provider = add_provider(
                request.actor,
                protocol=protocol,
                name=form.cleaned_data["name"],
                settings=form.settings,
                secrets=secrets,
                domains=form.cleaned_data["domains"],
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved. Give the provider our addresses, then test the connection."))
            return redirect("identity-provider", provider.id)
    context = {"form": form, "protocol": Protocol(protocol)}
    return render(request, "sso/provider.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def provider_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    provider = access_provider(request.actor, provider_id)
    connection = open_connection(provider)
    form = _form(
        provider.protocol,
        request.POST or None,
        request.FILES or None,
        initial=_initial(provider, connection),
        present=connection.settings,
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_provider(
                request.actor,
                provider_id,
                name=form.cleaned_data["name"],
                settings=form.settings,
                secrets=form.secrets(),
                domains=form.cleaned_data["domains"],
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("identity-provider", provider_id)
    context = {
        "form": form,
        "provider": provider,
        "protocol": Protocol(provider.protocol),
        "addresses": _addresses(provider),
        "keys": _keys(connection, provider.metadata_waiting),
        "seen": mark_of(provider.metadata_waiting) if provider.metadata_waiting else "",
        "links": access_links(request.actor).filter(provider=provider).order_by("-linked_at")[:LINKS_SHOWN_MAX],
    }
    return render(request, "sso/provider.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY, methods=("POST",))
def accept_metadata_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    """What was shown when the administrator compared it, and nothing else."""
    provider = accept_metadata(request.actor, provider_id, seen=request.POST.get("seen", ""), at=timezone.now())
    if provider.state == State.DRAFT:
        messages.warning(request, _("Taken over. No former key is left: test the connection and switch it on again."))
    else:
        messages.success(request, _("Taken over."))
    return redirect("identity-provider", provider_id)


@desk(MANAGE_COMPANY)
def metadata_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    """Our SAML metadata for one connection, as a file."""
    connection = open_connection(access_provider(request.actor, provider_id))
    if connection.protocol != Protocol.SAML:
        raise NoProvider
    content = our_metadata(ours_at(connection), connection.secrets["certificate"])
    head = {"Content-Disposition": 'attachment; filename="torihiki-metadata.xml"'}
    return HttpResponse(content, content_type="application/samlmetadata+xml", headers=head)


@desk(MANAGE_COMPANY)
def test_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    """To the provider and back, as one's members will go; it opens no session and links nobody."""
    connection = open_connection(access_provider(request.actor, provider_id))
    begun = begin_flow(
        provider_id,
        Purpose.TEST,
        browser=browser_of(request),
        next="",
        at=timezone.now(),
        member_id=request.actor.member_id,
    )
    return lead_away(redirect(provider_address(connection, begun, again=True)), begun)


@desk(MANAGE_COMPANY, methods=("POST",))
def switch_on_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    provider = switch_provider(request.actor, provider_id, on=True, at=timezone.now())
    messages.success(request, _("%(name)s is on: members can sign in through it.") % {"name": provider.name})
    return redirect("identity-provider", provider_id)


@desk(MANAGE_COMPANY, methods=("POST",))
def switch_off_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    provider = switch_provider(request.actor, provider_id, on=False, at=timezone.now())
    messages.success(request, _("%(name)s is off.") % {"name": provider.name})
    return redirect("identity-provider", provider_id)


@desk(MANAGE_COMPANY, methods=("POST",))
def remove_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    remove_provider(request.actor, provider_id, at=timezone.now())
    messages.success(request, _("The connection is removed."))
    return redirect("identity-providers")


@desk(MANAGE_COMPANY, methods=("POST",))
def unlink_member_page(request: DeskRequest, link_id: UUID) -> HttpResponse:
    unlink(request.actor, link_id, own=False, at=timezone.now())
    messages.success(request, _("The link is removed."))
    return redirect("identity-providers")


@desk(None)
def own_links_page(request: DeskRequest) -> HttpResponse:
    links = list(access_links(request.actor).filter(member__account_id=request.actor.account))
    linked = {link.provider_id for link in links}
    offered = access_providers(request.actor).filter(state=State.ON).exclude(pk__in=linked)
    return render(request, "sso/own_links.html", {"links": links, "offered": offered})


def password_for_a_link(request: DeskRequest) -> None:
    """Counted as at the door (clause 2-5-3), where there is something to link: a wrong address costs nobody a try."""
    assert request.resolver_match is not None
    with scope(request.actor):
        offered = access_providers(request.actor).filter(
            pk=request.resolver_match.kwargs["provider_id"], state=State.ON
        )
        is_there = offered.exists()
    request.proven = NoProvider()
    if is_there:
        password_first(request)


@desk(None, methods=("GET", "POST"), first=password_for_a_link)
def link_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    """The password is typed again, so that no unattended browser gives somebody else a way in for good; it counts as a
    try at signing in does."""
    provider = access_provider(request.actor, provider_id)
    if provider.state != State.ON:
        raise NoProvider
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if isinstance(request.proven, Refused):
            form.add_error("present", str(request.proven.message))
        else:
            begun = begin_flow(
                provider_id,
                Purpose.LINK,
                browser=browser_of(request),
                next="",
                at=timezone.now(),
                member_id=request.actor.member_id,
            )
            address = provider_address(open_connection(provider), begun, again=True)
            context = {"provider": provider, "address": address}
            return lead_away(render(request, "sso/link_continue.html", context), begun)
    context = {"provider": provider, "form": form}
    return render(request, "sso/link.html", context, status=422 if request.method == "POST" else 200)


@desk(None, methods=("POST",))
def unlink_page(request: DeskRequest, link_id: UUID) -> HttpResponse:
    unlink(request.actor, link_id, own=True, at=timezone.now())
    messages.success(request, _("The link is removed."))
    return redirect("own-links")


def _form(protocol: str, *args: Any, **options: Any) -> OidcForm | SamlForm:
    return OidcForm(*args, **options) if protocol == Protocol.OIDC else SamlForm(*args, **options)


def _key_pair() -> dict[str, str]:
    private, certificate = make_key_pair("torihiki", now=timezone.now())
    return {"private_key": private, "certificate": certificate}


def _initial(provider: IdentityProvider, connection: Connection) -> dict[str, object]:
    told = connection.settings.model_dump(mode="json")
    groups = "\n".join(f"{group} = {role}" for group, role in told["roles_by_group"].items())
    return {**told, "name": provider.name, "domains": ", ".join(provider.domains), "roles_by_group": groups}


def _keys(connection: Connection, waiting: dict[str, Any] | None) -> list[dict[str, object]]:
    """The provider's certificates as an administrator compares them: trusted, waiting to be, or about to go."""
    if connection.protocol != Protocol.SAML:
        return []
    trusted = list(connection.saml.certificates)
    new = [pem for pem in waiting["certificates"] if pem not in trusted] if waiting else []
    return [
        {
            "fingerprint": certificate_fingerprint(pem),
            "ends": certificate_ends(pem),
            "is_new": pem in new,
            "is_going": bool(waiting) and pem not in waiting["certificates"] if waiting else False,
        }
        for pem in [*trusted, *new]
    ]


def _addresses(provider: IdentityProvider) -> list[tuple[str, str]]:
    """What the provider's administrator is to type there."""
    if provider.protocol == Protocol.SAML:
        place = f"{settings.PUBLIC_URL}/sso/saml/{provider.id}"
        return [
            (_("Entity ID"), place),
            (_("Assertion consumer service (POST)"), f"{place}/acs"),
            (_("Single logout service (redirect)"), f"{place}/slo"),
        ]
    return [
        (_("Redirect URI"), callback_address(provider.id)),
        (_("Back-channel logout URI"), settings.PUBLIC_URL + reverse("sso-backchannel", args=[provider.id])),
        (_("Post-logout redirect URI"), settings.PUBLIC_URL + reverse("sign-in")),
    ]
