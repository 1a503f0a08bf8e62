"""The only way to fetch entries: the actor's company's own, filtered here and by row-level security underneath. Those
of no company are the operator's: its staff reads them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import EVENTS
from torihiki.ledger.models import Entry
from torihiki.ledger.refusals import NotVisible
from torihiki.lib.keyset import beyond
from torihiki.tenancy.actor import Actor

BATCH_ROWS = 2_000


@dataclass(frozen=True)
class Wanted:
    """What is looked for; days are whole days in Asia/Tokyo, both included."""

    since: date | None = None
    until: date | None = None
    event: str = ""
    person: str = ""  # part of the name
    subject: str = ""  # part of the label, or an id
    account_id: UUID | None = None

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}


def access_entries(actor: Actor, wanted: Wanted) -> QuerySet[Entry]:
    entries = Entry.objects.filter(company_id=_ledger_of(actor))
    if wanted.since:
        entries = entries.filter(at__gte=_start(wanted.since))
    if wanted.until:
        entries = entries.filter(at__lt=_start(wanted.until + timedelta(days=1)))
    if wanted.event:
        entries = entries.filter(event=wanted.event)
    if wanted.account_id:
        entries = entries.filter(account_id=wanted.account_id)
    if wanted.person:
        entries = entries.filter(actor_name__icontains=wanted.person)
    if wanted.subject:
        entries = entries.filter(_about(wanted.subject))
    return entries


def access_entry(actor: Actor, entry_id: UUID) -> Entry:
    """Raises NotVisible."""
    entry = Entry.objects.filter(company_id=_ledger_of(actor), pk=entry_id).first()
    if entry is None:
        raise NotVisible(_("There is no such entry."))
    return entry


def in_batches(entries: QuerySet[Entry]) -> Iterator[Entry]:
    """All of them, newest first, never more than BATCH_ROWS at once in memory."""
    rest = entries.order_by("-at", "-id")
    while batch := list(rest[:BATCH_ROWS]):
        yield from batch
        last = batch[-1]
        rest = entries.filter(beyond({"at": last.at, "id": last.id}, descending=True)).order_by("-at", "-id")


def event_label(code: str) -> str | Promise:
    """The code itself for an event that no installed package declares any more."""
    return EVENTS[code].label if code in EVENTS else code


def subject_words(entry: Entry) -> str | Promise:
    """What the entry is about; for a refusal, what was tried."""
    return event_label(entry.subject_label)


def payload_of(entry: Entry) -> dict[str, Any] | None:
    """The recorded facts, or None once the payload was removed on schedule."""
    if entry.payload is None:
        return None
    payload: dict[str, Any] = json.loads(bytes(entry.payload))
    return payload


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as rows: (`before · name`, `Tanaka`)."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{path} · {_readable(key)}" if path else _readable(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, start=1):
            yield from flat(item, f"{path} · {number}")
    elif isinstance(value, list):
        yield path, ", ".join("–" if item is None else str(item) for item in value)
    elif isinstance(value, bool):
        yield path, gettext("yes") if value else gettext("no")
    else:
        yield path, "–" if value is None else str(value)


def _ledger_of(actor: Actor) -> UUID | None:
    return None if actor.staff_id else actor.company


def _readable(key: str) -> str:
    return key.replace("_", " ")


def _about(subject: str) -> Q:
    try:
        return Q(subject_id=UUID(subject))
    except ValueError:
        return Q(subject_label__icontains=subject)


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
