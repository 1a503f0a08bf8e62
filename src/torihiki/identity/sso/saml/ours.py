"""Who we are to a SAML provider."""

from dataclasses import dataclass

from django.conf import settings

from torihiki.identity.sso.connections import Connection


@dataclass(frozen=True)
class Ours:
    """Our entity id, where responses are posted, where sign-outs are sent, and the key for what we sign and open."""

    entity_id: str
    acs_url: str
    slo_url: str
    private_key: str


def ours_at(connection: Connection) -> Ours:
    """Who we are to one provider: an entity of our own for each connection, so that what is said to one company is said
    to no other."""
    place = f"{settings.PUBLIC_URL}/sso/saml/{connection.provider_id}"
    return Ours(place, f"{place}/acs", f"{place}/slo", connection.secrets["private_key"])
