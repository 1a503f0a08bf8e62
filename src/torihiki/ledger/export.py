"""The ledger for a spreadsheet (CSV) and for other systems (JSON lines); complete for its filter, or refused."""

import csv
import io
import json
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from torihiki.ledger.access import Wanted, access_entries, event_label, in_batches, payload_of, subject_words
from torihiki.ledger.events import LedgerEvent
from torihiki.ledger.models import Entry
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import Refused, attempt
from torihiki.lib.csv import inert
from torihiki.tenancy.actor import Actor

ROWS_MAX = 100_000
BOM = "\ufeff"


class TooManyEntries(Refused):
    status = 422
    code = "too_many_entries"

    def __init__(self) -> None:
        super().__init__(
            _("More than %(max)s entries match. Choose a shorter period and export in parts.")
            % {"max": f"{ROWS_MAX:,}"}
        )


def export_csv(actor: Actor, wanted: Wanted, *, at: datetime) -> bytes:
    """UTF-8 with BOM and CRLF, as spreadsheets expect it. Raises TooManyEntries."""
    out = io.StringIO()
    out.write(BOM)
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(
        [
            _("At"),
            _("Event"),
            _("Event code"),
            _("Person"),
            pgettext("audit", "Subject"),
            _("Subject type"),
            _("Subject id"),
            pgettext("audit", "Facts"),
            _("Entry id"),
        ]
    )
    for entry in _exported(actor, wanted, "csv", at):
        payload = payload_of(entry) or {}
        facts = json.dumps(payload.get("data", {}), ensure_ascii=False)
        cells = (
            timezone.localtime(entry.at).isoformat(timespec="milliseconds"),
            event_label(entry.event),
            entry.event,
            entry.actor_name,
            subject_words(entry),
            entry.subject_type,
            entry.subject_id or "",
            facts,
            entry.id,
        )
        rows.writerow([inert(cell) for cell in cells])
    return out.getvalue().encode()


def export_lines(actor: Actor, wanted: Wanted, *, at: datetime) -> bytes:
    """One JSON object a line: the recorded facts, and what proves them later (salt, leaf, position).

    Raises TooManyEntries.
    """
    out = io.StringIO()
    for entry in _exported(actor, wanted, "jsonl", at):
        line = {
            "id": str(entry.id),
            "at": entry.at.isoformat(),
            "event": entry.event,
            "payload": payload_of(entry),
            "salt": bytes(entry.salt).hex(),
            "leaf": bytes(entry.leaf).hex(),
            "position": entry.position,
        }
        out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return out.getvalue().encode()


def _exported(actor: Actor, wanted: Wanted, form: str, at: datetime) -> list[Entry]:
    """The entries as they stand before the export's own."""
    with attempt(LedgerEvent.EXPORTED, actor):
        entries = access_entries(actor, wanted)
        _check_bound(entries)
        found = list(in_batches(entries))
        record(LedgerEvent.EXPORTED, actor, at=at, data={"format": form, "rows": len(found), **wanted.facts()})
    return found


def _check_bound(entries: QuerySet[Entry]) -> None:
    if entries.order_by()[: ROWS_MAX + 1].count() > ROWS_MAX:
        raise TooManyEntries
