"""Entries about members; what changes how somebody signs in is told to that member by mail too (ASVS 5.0, 6.3.7)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from torihiki.identity.events import IdentityEvent
from torihiki.identity.jobs import send_later
from torihiki.identity.letters import CREDENTIALS_CHANGED, PASSKEY_ADDED
from torihiki.ledger.events import Event
from torihiki.ledger.models import Entry
from torihiki.ledger.recording import record
from torihiki.tenancy.actor import Actor

TOLD: dict[Event, str] = {
    IdentityEvent.PASSKEY_ADDED: PASSKEY_ADDED,
    **dict.fromkeys(
        (
            IdentityEvent.PASSWORD_CHANGED,
            IdentityEvent.PASSWORD_RESET,
            IdentityEvent.AUTHENTICATOR_ADDED,
            IdentityEvent.AUTHENTICATOR_REMOVED,
            IdentityEvent.RECOVERY_CODES_MADE,
            IdentityEvent.RECOVERY_CODE_USED,
            IdentityEvent.PASSKEY_REMOVED,
            IdentityEvent.TWO_STEP_ON,
            IdentityEvent.TWO_STEP_OFF,
        ),
        CREDENTIALS_CHANGED,
    ),
}
"""The letter that goes to the member whom the entry is about."""


def record_oneself(event: Event, actor: Actor, at: datetime, /, **data: Any) -> Entry:
    """What the actor has done about themselves."""
    return record_member(event, actor, actor.member_id, actor.name, at, **data)


def record_member(event: Event, actor: Actor, member_id: UUID | None, name: str, at: datetime, /, **data: Any) -> Entry:
    entry = record(event, actor, subject_type="member", subject_id=member_id, subject_label=name, at=at, data=data)
    if event in TOLD:
        send_later(TOLD[event], actor, entry.id)
    return entry
