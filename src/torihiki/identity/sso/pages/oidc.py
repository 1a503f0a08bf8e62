"""Where an OpenID provider sends the browser back to, and where it tells us of sign-outs."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from torihiki.identity.sso.access import connection_at
from torihiki.identity.sso.actions.entering import answering
from torihiki.identity.sso.actions.leaving import logged_out_by_provider
from torihiki.identity.sso.flows import browser_of, take_flow
from torihiki.identity.sso.models import Protocol, State
from torihiki.identity.sso.oidc.answers import LogoutToken, identity_for, read_authorization
from torihiki.identity.sso.pages.entering import answers_refusals, arrived, callback_address
from torihiki.identity.sso.refusals import NoProvider, SsoRefused
from torihiki.ledger.desk import public
from torihiki.ledger.refusals import Refused

PARAMETERS = ("code", "state", "iss", "error")


@public("the provider sends whoever signs in back to here")
@answers_refusals
def callback_page(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    at = timezone.now()
    platform, connection = connection_at(provider_id, protocol=Protocol.OIDC)
    with answering(platform, connection):
        query = {name: request.GET[name] for name in PARAMETERS if name in request.GET}
        if any(len(request.GET.getlist(name)) > 1 for name in query):
            raise SsoRefused(why="parameter_twice")
        try:
            taken = take_flow(provider_id, query.get("state", ""), browser_of(request), at=at)
        except SsoRefused as refusal:
            # A connection that is not on exists for its administrators alone.
            raise refusal if connection.state == State.ON else NoProvider from refusal
        code = read_authorization(connection, query)
        identity = identity_for(connection, code, taken, redirect_uri=callback_address(provider_id), at=at)
        return arrived(request, platform, connection, identity, taken)


@csrf_exempt
@public("the provider itself tells of sign-outs, by a token that it signed", methods=("POST",))
def backchannel_page(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Back-Channel Logout 1.0, section 2.8: 200, or 400 with a JSON body; never cached."""
    at = timezone.now()
    try:
        platform, connection = connection_at(provider_id, protocol=Protocol.OIDC)
        if connection.state != State.ON:
            raise NoProvider
        with answering(platform, connection):
            token = LogoutToken(connection, request.POST.get("logout_token", ""), at=at)
            logged_out_by_provider(
                platform,
                connection,
                token_id=token.id,
                until=token.expires_at,
                subject=token.subject,
                sids=[token.sid] if token.sid else [],
                at=at,
            )
    except Refused as refusal:
        status = 404 if refusal.status == 404 else 400
        return JsonResponse({"error": "invalid_request"}, status=status, headers={"Cache-Control": "no-store"})
    return HttpResponse(headers={"Cache-Control": "no-store"})
