"""Where a SAML provider posts its responses, and where it sends browsers to sign out."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from torihiki.identity.sso.access import connection_at
from torihiki.identity.sso.actions.entering import answering
from torihiki.identity.sso.actions.leaving import logged_out_by_provider
from torihiki.identity.sso.connections import Connection
from torihiki.identity.sso.flows import Taken, browser_of, take_flow, use_once
from torihiki.identity.sso.models import Protocol, State
from torihiki.identity.sso.pages.entering import answers_refusals, arrived
from torihiki.identity.sso.refusals import NoProvider, SignOutRefused, SsoRefused
from torihiki.identity.sso.saml.logout import answer_address, read_answer, read_request
from torihiki.identity.sso.saml.ours import ours_at
from torihiki.identity.sso.saml.responses import read_response
from torihiki.ledger.desk import public
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import scope


@csrf_exempt
@public("the provider's page posts the browser's response to here", methods=("POST",))
@answers_refusals
def acs_page(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """The response itself, tied to the browser by the flow's cookie, stands in for a form's token."""
    at = timezone.now()
    platform, connection = connection_at(provider_id, protocol=Protocol.SAML)
    with answering(platform, connection):
        state, taken = request.POST.get("RelayState", ""), None
        try:
            taken = take_flow(provider_id, state, browser_of(request), at=at)
        except SsoRefused as refusal:
            if connection.state != State.ON:
                # A connection that is not on exists for its administrators alone.
                raise NoProvider from refusal
            if not connection.saml.idp_initiated:
                raise
        read = read_response(
            connection,
            ours_at(connection),
            request.POST.get("SAMLResponse", ""),
            request_id=taken.request_id if taken else None,
            at=at,
        )
        with scope(platform):
            if not use_once(provider_id, read.assertion_id, until=read.until):
                raise SsoRefused(why="replayed")
        return arrived(request, platform, connection, read.identity, taken or Taken("", ""))


@public("the provider's page sends the browser here to sign out, by a message that it signed")
@answers_refusals
def slo_page(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """What the message names ends; the browser's own session is not looked at, so that nobody else's link ends it."""
    at = timezone.now()
    platform, connection = connection_at(provider_id, protocol=Protocol.SAML)
    if connection.state != State.ON:
        raise NoProvider
    raw, ours = request.META.get("QUERY_STRING", ""), ours_at(connection)
    try:
        with answering(platform, connection):
            if "SAMLResponse" in request.GET:
                return _signed_out_there(request, connection, raw, at)
            asked = read_request(connection, ours, raw, at=at)
            logged_out_by_provider(
                platform,
                connection,
                token_id=asked.id,
                until=asked.until,
                subject=asked.subject,
                sids=asked.sessions,
                at=at,
            )
    except SsoRefused as refusal:
        raise SignOutRefused from refusal
    address = answer_address(connection, ours, asked, f"_{new_id().hex}", at=at)
    if address:
        return redirect(address)
    return render(request, "sso/signed_out.html", {"name": connection.name, "done": True})


def _signed_out_there(request: HttpRequest, connection: Connection, raw: str, at: datetime) -> HttpResponse:
    """The provider's answer to a request of ours: it tells the person something, and changes nothing."""
    answered = read_answer(connection, ours_at(connection), raw, at=at)
    taken = take_flow(connection.provider_id, answered.state, browser_of(request), at=at, leaving=True)
    if answered.request_id != taken.request_id:
        raise SsoRefused(why="in_response_to")
    return render(request, "sso/signed_out.html", {"name": connection.name, "done": answered.is_done})
