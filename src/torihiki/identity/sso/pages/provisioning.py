"""The administrator's page about provisioning by one connection."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from torihiki.identity.pages.proving import recently_proved
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.identity.sso.access import access_groups, access_provider, access_provisioning, access_users
from torihiki.identity.sso.actions.provisioning import LIVE_TOKENS_MAX, make_scim_token, scim_tokens
from torihiki.identity.sso.models import ProvisionedUser
from torihiki.identity.sso.scim.door import place
from torihiki.ledger.desk import DeskRequest, desk

USERS_SHOWN_MAX = 200


@desk(MANAGE_COMPANY)
def provisioning_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    provider = access_provider(request.actor, provider_id)
    users, groups = access_users(request.actor, provider_id), access_groups(request.actor, provider_id)
    tokens = list(scim_tokens(request.actor, provider_id).select_related("created_by"))
    context = {
        "provider": provider,
        "base": place(),
        "tokens": tokens,
        "may_make": len(tokens) < LIVE_TOKENS_MAX,
        "users": users[:USERS_SHOWN_MAX],
        "users_count": users.count(),
        "groups_count": groups.count(),
    }
    return render(request, "sso/provisioning.html", context)


@desk(MANAGE_COMPANY, methods=("POST",))
@recently_proved
def new_scim_token_page(request: DeskRequest, provider_id: UUID) -> HttpResponse:
    """The answer shows the secret, this once; nothing keeps the page."""
    token, secret = make_scim_token(request.actor, provider_id, at=timezone.now())
    context = {"token": token, "secret": secret, "provider_id": provider_id, "base": place()}
    response = render(request, "sso/scim_token_made.html", context)
    response["Cache-Control"] = "no-store"
    return response


def provisioned_member(request: HttpRequest) -> ProvisionedUser | None:
    """By whom the member of this page is kept."""
    member_id = request.resolver_match.kwargs.get("member_id") if request.resolver_match else None
    return access_provisioning(request.actor, member_id) if member_id else None  # type: ignore[attr-defined]
