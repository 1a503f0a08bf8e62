"""Where a SAML provider posts its responses."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from torihiki.identity.sso.access import connection_at
from torihiki.identity.sso.actions.entering import answering
from torihiki.identity.sso.flows import Taken, take_flow, use_once
from torihiki.identity.sso.models import Protocol, State
from torihiki.identity.sso.pages.entering import answers_refusals, arrived, browser_of, ours_at
from torihiki.identity.sso.refusals import NoProvider, SsoRefused
from torihiki.identity.sso.saml.responses import read_response
from torihiki.ledger.desk import public
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
