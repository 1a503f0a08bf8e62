"""Setting up, testing and switching connections; a company's own address for signing in."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import lock_company
from torihiki.identity.sso.access import access_entrance, access_links, access_provider, access_providers
from torihiki.identity.sso.connections import OidcSettings, SamlSettings, open_connection, seal
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.models import Entrance, IdentityProvider, LinkedIdentity, Protocol, State
from torihiki.identity.sso.refusals import (
    EntranceUnfit,
    NoProvider,
    ProviderInUse,
    ProviderNotTested,
    ProviderUnfit,
)
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

PROVIDERS_MAX = 10  # per company
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]\Z")
SIGN_OUT = {"signs_out_there", "slo_url", "slo_response_url"}  # they vouch for nobody
RESERVED = {"find", "oidc", "saml", "start", "link"}


def add_provider(
    actor: Actor,
    *,
    protocol: str,
    name: str,
    settings: OidcSettings | SamlSettings,
    secrets: Mapping[str, str],
    domains: list[str],
    at: datetime,
) -> IdentityProvider:
    """A connection that is to be tested first. Raises ProviderUnfit where there are too many."""
    with attempt(SsoEvent.PROVIDER_ADDED, actor):
        lock_company(actor)
        if access_providers(actor).count() >= PROVIDERS_MAX:
            raise ProviderUnfit(_("There are too many connections. Remove one that is not used first."))
        provider_id = new_id()
        provider = IdentityProvider.objects.create(
            id=provider_id,
            company_id=actor.company,
            protocol=Protocol(protocol),
            name=name,
            settings=settings.model_dump(mode="json"),
            secrets=seal(actor.company, provider_id, secrets),
            domains=domains,
            created_at=at,
            changed_at=at,
        )
        _record(SsoEvent.PROVIDER_ADDED, actor, provider, at, after=_told(provider))
    return provider


def change_provider(
    actor: Actor,
    provider_id: UUID,
    *,
    name: str,
    settings: OidcSettings | SamlSettings,
    secrets: Mapping[str, str],
    domains: list[str],
    at: datetime,
) -> IdentityProvider:
    """`secrets` replace those of the same name. A connection whose issuer, addresses or keys all change is off until it
    is tested anew. Raises NoProvider or ProviderInUse."""
    with attempt(SsoEvent.PROVIDER_CHANGED, actor, subject_type="provider", subject_id=provider_id):
        lock_company(actor)
        provider = _lock(actor, provider_id)
        before, former = _told(provider), open_connection(provider)
        if _trusts_others(former.settings, settings):
            _keep_a_way_in(actor, provider)
            provider.state, provider.tested_at = State.DRAFT, None
            if _issuer(former.settings) != _issuer(settings):
                # Another provider's subjects are other people.
                access_links(actor).filter(provider=provider).delete()
        provider.name, provider.domains, provider.changed_at = name, domains, at
        provider.settings = settings.model_dump(mode="json")
        provider.secrets = seal(actor.company, provider.id, {**former.secrets, **secrets})
        provider.metadata_waiting = None  # what it still says will be found again
        provider.save(
            update_fields=[
                "name", "domains", "settings", "secrets", "state", "tested_at", "changed_at", "metadata_waiting",
            ],
        )  # fmt: skip
        _record(SsoEvent.PROVIDER_CHANGED, actor, provider, at, before=before, after=_told(provider))
    return provider


def switch_provider(actor: Actor, provider_id: UUID, *, on: bool, at: datetime) -> IdentityProvider:
    """Raises NoProvider, ProviderNotTested, or ProviderInUse where nobody could come in any more."""
    event = SsoEvent.PROVIDER_SWITCHED_ON if on else SsoEvent.PROVIDER_SWITCHED_OFF
    with attempt(event, actor, subject_type="provider", subject_id=provider_id):
        lock_company(actor)
        provider = _lock(actor, provider_id)
        if on and provider.tested_at is None:
            raise ProviderNotTested
        if not on:
            _keep_a_way_in(actor, provider)
        provider.state = State.ON if on else State.OFF
        provider.save(update_fields=["state"])
        _record(event, actor, provider, at)
    return provider


def remove_provider(actor: Actor, provider_id: UUID, *, at: datetime) -> None:
    """With all links; the members stay. Raises NoProvider or ProviderInUse."""
    with attempt(SsoEvent.PROVIDER_REMOVED, actor, subject_type="provider", subject_id=provider_id):
        lock_company(actor)
        provider = _lock(actor, provider_id)
        _keep_a_way_in(actor, provider)
        _record(SsoEvent.PROVIDER_REMOVED, actor, provider, at, before=_told(provider))
        LinkedIdentity.objects.filter(company_id=actor.company, provider=provider).delete()
        IdentityProvider.objects.filter(company_id=actor.company, pk=provider.pk).delete()


def unlink(actor: Actor, link_id: UUID, *, own: bool, at: datetime) -> None:
    """Remove a link: one's `own`, or as an administrator anybody's of the company. Raises NoProvider."""
    with attempt(SsoEvent.IDENTITY_UNLINKED, actor, subject_type="link", subject_id=link_id):
        links = access_links(actor).filter(pk=link_id)
        link = (links.filter(member__account_id=actor.account) if own else links).first()
        if link is None:
            raise NoProvider
        link.delete()
        record(
            SsoEvent.IDENTITY_UNLINKED,
            actor,
            subject_type="member",
            subject_id=link.member_id,
            subject_label=link.member.name,
            at=at,
            data={"provider": link.provider.name, "subject": link.subject},
        )


def set_entrance(actor: Actor, *, slug: str, at: datetime) -> Entrance:
    """The company's own address for signing in, `/sso/<slug>`. Raises EntranceUnfit for one that is taken or no word of
    small letters, digits and hyphens."""
    with attempt(SsoEvent.ENTRANCE_CHANGED, actor):
        if not SLUG.match(slug) or slug in RESERVED:
            raise EntranceUnfit(_("Use 3 to 40 small letters, digits and hyphens, such as aoba-foods."))
        lock_company(actor)
        entrance = access_entrance(actor)
        before = entrance.slug if entrance else ""
        try:
            with transaction.atomic():
                if entrance is None:
                    entrance = Entrance.objects.create(company_id=actor.company, slug=slug)
                entrance.slug = slug
                entrance.save(update_fields=["slug"])
        except IntegrityError as error:
            raise EntranceUnfit(_("This address is taken. Choose another one.")) from error
        _record_entrance(SsoEvent.ENTRANCE_CHANGED, actor, entrance, at, before=before, after=slug)
    return entrance


def _keep_a_way_in(actor: Actor, leaving: IdentityProvider) -> None:
    """Must run under `lock_company`."""
    entrance = access_entrance(actor)
    others = access_providers(actor).filter(state=State.ON).exclude(pk=leaving.pk)
    if leaving.state == State.ON and entrance and entrance.sso_only_since and not others.exists():
        raise ProviderInUse


def _lock(actor: Actor, provider_id: UUID) -> IdentityProvider:
    provider = access_provider(actor, provider_id)
    return IdentityProvider.objects.select_for_update().get(company_id=actor.company, pk=provider.pk)


def _issuer(settings: OidcSettings | SamlSettings) -> str:
    return settings.issuer if isinstance(settings, OidcSettings) else settings.entity_id


def _trusts_others(former: OidcSettings | SamlSettings, settings: OidcSettings | SamlSettings) -> bool:
    """Whether more changes than what becomes of a person who was vouched for, or a certificate that comes or goes
    beside one that stays (roll-over)."""
    if isinstance(former, SamlSettings) and isinstance(settings, SamlSettings):
        kept = set(former.certificates) & set(settings.certificates)
        if not kept:
            return True
    left = {"creates_members", "default_role", "roles_by_group", "certificates", "metadata_url", *SIGN_OUT}
    return former.model_dump(exclude=left) != settings.model_dump(exclude=left)


def _told(provider: IdentityProvider) -> dict[str, Any]:
    """For the ledger: everything but the secrets."""
    return {"name": provider.name, "domains": provider.domains, "settings": provider.settings}


def _record(event: Event, actor: Actor, provider: IdentityProvider, at: datetime, **data: Any) -> None:
    record(
        event,
        actor,
        subject_type="provider",
        subject_id=provider.id,
        subject_label=provider.name,
        at=at,
        data=data,
    )


def _record_entrance(event: Event, actor: Actor, entrance: Entrance, at: datetime, **data: Any) -> None:
    record(
        event,
        actor,
        subject_type="company",
        subject_id=entrance.company_id,
        subject_label=actor.company_name,
        at=at,
        data=data,
    )
