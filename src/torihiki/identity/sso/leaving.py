"""Where somebody who has signed out here goes on to, so that the provider ends its session too."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from torihiki.crypto.envelope import DecryptionFailed
from torihiki.identity.sso.access import access_provider
from torihiki.identity.sso.connections import open_connection
from torihiki.identity.sso.flows import Begun, ProvidersSession, Purpose, begin_flow
from torihiki.identity.sso.models import Protocol, State
from torihiki.identity.sso.oidc.answers import logout_url
from torihiki.identity.sso.saml.logout import request_address
from torihiki.identity.sso.saml.ours import ours_at
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor


@dataclass(frozen=True)
class Onward:
    """The provider's name and the address there; `at_once` where the company wants it so. `begun` ties the way back to
    the browser where the provider answers by a message."""

    name: str
    address: str
    at_once: bool
    begun: Begun | None


def onward(actor: Actor, behind: ProvidersSession, *, browser: str, at: datetime) -> Onward | None:
    """In the actor's scope. None where the provider has no place for it, is switched off or cannot be asked: our own
    session is over whatever comes of this."""
    try:
        with transaction.atomic():
            connection = open_connection(access_provider(actor, behind.provider_id))
            if connection.state != State.ON:
                return None
            begun = None
            if connection.protocol == Protocol.OIDC:
                address = logout_url(connection, return_to=settings.PUBLIC_URL + reverse("sign-in"))
            else:
                begun = begin_flow(connection.provider_id, Purpose.LEAVE, browser=browser, next="", at=at)
                address = request_address(connection, ours_at(connection), begun, behind, at=at)
    except (Refused, DecryptionFailed):
        return None
    return Onward(connection.name, address, connection.settings.signs_out_there, begun) if address else None
