"""A company with a connection, and members who came in through it, without a provider's process."""

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from torihiki.identity.sessions import How, open_session
from torihiki.identity.sso.actions.connections import add_provider, set_entrance
from torihiki.identity.sso.connections import OidcSettings
from torihiki.identity.sso.flows import bind_session, remember_arrival
from torihiki.identity.sso.models import IdentityProvider, LinkedIdentity, Protocol, State

PLACE = "https://login.aoba.example"
SLUG = "aoba-foods"


def connect(desk, *, slug=SLUG):
    """The desk's connection, switched on, and its company's address."""
    with desk.acting() as actor:
        settings = OidcSettings(
            issuer=PLACE,
            client_id="torihiki",
            authorization_endpoint=f"{PLACE}/authorize",
            token_endpoint=f"{PLACE}/token",
            jwks_uri=f"{PLACE}/keys",
            roles_by_group={"sales": "clerk", "bosses": "administrator"},
        )
        now = timezone.now()
        provider = add_provider(
            actor,
            protocol=Protocol.OIDC,
            name="青葉アカウント",
            settings=settings,
            secrets={"client_secret": "secret"},
            domains=["aoba.example"],
            at=now,
        )
        IdentityProvider.objects.filter(pk=provider.pk).update(state=State.ON, tested_at=now)
        set_entrance(actor, slug=slug, at=now)
    return provider.pk


def link(desk, provider_id):
    with desk.acting() as actor:
        LinkedIdentity.objects.create(
            company_id=actor.company,
            provider_id=provider_id,
            member_id=actor.member_id,
            subject=f"subject-{actor.role}",
            how="linked",
            linked_at=timezone.now(),
        )


def arrive(desk, provider_id):
    """A browser of the desk's member, who has just come in through the provider."""
    client, now = Client(), timezone.now()
    with desk.acting() as actor:
        remember_arrival(provider_id, actor.member, f"subject-{actor.role}", "sid", {}, at=now)
        token = open_session(actor.member, at=now, how=How(proof="sso"))
        bind_session(token, earliest=now)
    client.cookies[settings.SESSION_COOKIE_NAME] = token
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    return client


def make_administrator(desk):
    """Another administrator, who was something else before."""
    with desk.acting() as actor, connection.cursor() as cursor:
        cursor.execute("UPDATE identity_member SET role = 'administrator' WHERE id = %s", [actor.member_id])
    return desk
