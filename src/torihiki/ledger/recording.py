"""`record()`: the one way into the ledger, a plain insert in the caller's transaction (clause 3-3)."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from torihiki.crypto.digest import sha256
from torihiki.ledger.events import Event
from torihiki.ledger.models import Entry
from torihiki.lib.canonical import canonical_json
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

FORMAT = 1
SALT_BYTES = 16
LABEL_LENGTH_MAX = 200


def record(
    event: Event,
    actor: Actor,
    *,
    subject_type: str = "",
    subject_id: UUID | None = None,
    subject_label: str = "",
    at: datetime | None = None,
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Write one entry for `actor`'s company, or, for the operator's staff, for no company, and return it. `data` must
    have a canonical JSON form and no secrets.

    Raises TypeError where it has none, and the database's error outside the company's own scope.
    """
    entry = entry_of(
        event,
        actor,
        subject_type=subject_type,
        subject_id=subject_id,
        subject_label=subject_label,
        at=at or timezone.now(),
        data=data,
    )
    entry.save(force_insert=True)
    return entry


def entry_of(
    event: Event,
    actor: Actor,
    *,
    at: datetime,
    subject_type: str = "",
    subject_id: UUID | None = None,
    subject_label: str = "",
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """The entry that `record` would write, for actions that write many at once."""
    entry_id = new_id()
    payload = canonical_json(
        {
            "format": FORMAT,
            "id": str(entry_id),
            "at": at.isoformat(),
            "event": event.code,
            "company": _text(actor.company_id),
            "account": _text(actor.account_id),
            **({"staff": str(actor.staff_id)} if actor.staff_id else {}),
            "actor": actor.name,
            **_in_whose_stead(actor),
            "subject": {"type": subject_type, "id": _text(subject_id), "label": subject_label[:LABEL_LENGTH_MAX]},
            "data": dict(data or {}),
        }
    )
    salt = secrets.token_bytes(SALT_BYTES)
    return Entry(
        id=entry_id,
        at=at,
        event=event.code,
        company_id=actor.company_id,
        account_id=actor.account_id or actor.staff_id,
        actor_name=actor.name[:LABEL_LENGTH_MAX],
        subject_type=subject_type,
        subject_id=subject_id,
        subject_label=subject_label[:LABEL_LENGTH_MAX],
        format=FORMAT,
        payload=payload,
        salt=salt,
        leaf=sha256(salt + payload),
    )


def _in_whose_stead(actor: Actor) -> dict[str, Any]:
    loan = actor.acts_for
    return {} if loan is None else {"acts_for": {"member": str(loan.member_id), "name": loan.name}}


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
