"""What becomes of a provider's metadata that was read anew from its address.

A new key is trusted when a key that was trusted already signed the metadata that names it; TLS alone says only whose
server answered. Everything else waits until an administrator has compared it and taken it.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from torihiki.crypto.digest import sha256_hex
from torihiki.identity.access import lock_company
from torihiki.identity.jobs import send_later
from torihiki.identity.models import Member
from torihiki.identity.permissions import Role
from torihiki.identity.sso.access import access_provider, access_providers
from torihiki.identity.sso.actions.connections import change_provider
from torihiki.identity.sso.connections import SamlSettings
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.models import IdentityProvider, Protocol
from torihiki.identity.sso.refusals import MetadataMoved
from torihiki.identity.sso.saml.metadata import Told
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor

LETTER = "sso.keys_changed"
ADMINISTRATORS_TOLD_MAX = 20


def settings_to_read(platform: Actor, provider_id: UUID) -> SamlSettings | None:
    """Of a connection whose metadata has an address; None where it is gone or has none any more."""
    provider = access_providers(platform).filter(pk=provider_id, protocol=Protocol.SAML).first()
    found = SamlSettings.model_validate(provider.settings) if provider else None
    return found if found and found.metadata_url else None


def note_metadata(
    platform: Actor, provider_id: UUID, told: Told | None, *, read_with: SamlSettings, at: datetime
) -> None:
    """`told` is None where nothing usable was there. Does nothing where the connection was changed since `read_with`;
    administrators are told once of each change."""
    providers = access_providers(platform).select_for_update(of=("self",))
    provider = providers.filter(pk=provider_id).first()
    if provider is None or SamlSettings.model_validate(provider.settings) != read_with:
        return
    provider.metadata_tried_at = at
    new = _usable(told, read_with) if told else None
    if told is None or new is None:
        provider.metadata_failed_since = provider.metadata_failed_since or at
    else:
        provider.metadata_failed_since = None
        _take_or_keep(platform, provider, told, read_with, new, at)
    provider.save(
        update_fields=["metadata_tried_at", "metadata_failed_since", "metadata_waiting", "keys_changed_at", "settings"]
    )


def accept_metadata(actor: Actor, provider_id: UUID, *, seen: str, at: datetime) -> IdentityProvider:
    """An administrator has compared what waits; `seen` is its mark. Raises NoProvider, MetadataMoved or
    ProviderInUse."""
    with attempt(SsoEvent.PROVIDER_CHANGED, actor, subject_type="provider", subject_id=provider_id):
        lock_company(actor)  # as change_provider does first
        provider = access_provider(actor, provider_id)
        waiting = provider.metadata_waiting
        if waiting is None or mark_of(waiting) != seen:
            raise MetadataMoved
    return change_provider(
        actor,
        provider_id,
        name=provider.name,
        settings=SamlSettings.model_validate({**provider.settings, **waiting}),
        secrets={},
        domains=provider.domains,
        at=at,
    )


def mark_of(waiting: dict[str, Any]) -> str:
    """What a page shows of it, so that nothing else is taken than what was looked at."""
    return sha256_hex(json.dumps(waiting, sort_keys=True).encode())


def _usable(told: Told, settings: SamlSettings) -> SamlSettings | None:
    try:
        return SamlSettings.model_validate({**settings.model_dump(), **told.fields})
    except ValidationError:
        return None


def _take_or_keep(
    platform: Actor, provider: IdentityProvider, told: Told, present: SamlSettings, new: SamlSettings, at: datetime
) -> None:
    if _same(present, new):
        provider.metadata_waiting = None
        return
    if told.is_vouched and new.entity_id == present.entity_id:
        before, provider.settings = provider.settings, new.model_dump(mode="json")
        provider.metadata_waiting, provider.keys_changed_at = None, at
        _record(SsoEvent.METADATA_TAKEN, platform, provider, at, before=before, after=provider.settings)
    elif provider.metadata_waiting == told.fields:
        return
    else:
        provider.metadata_waiting = told.fields
        _record(SsoEvent.METADATA_WAITS, platform, provider, at, waiting=told.fields)
    _tell_administrators(platform)


def _same(present: SamlSettings, new: SamlSettings) -> bool:
    sets = {"certificates"}
    return present.model_dump(exclude=sets) == new.model_dump(exclude=sets) and set(present.certificates) == set(
        new.certificates
    )


def _tell_administrators(platform: Actor) -> None:
    administrators = Member.objects.filter(company_id=platform.company, suspended_at=None, role=Role.ADMINISTRATOR)
    for member_id in administrators.order_by("id").values_list("pk", flat=True)[:ADMINISTRATORS_TOLD_MAX]:
        send_later(LETTER, platform, member_id)


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
