"""What one version of a body changes of another, field by field, in the reader's words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from torihiki.exchange.access import Seen
from torihiki.exchange.approvals.access import access_requests
from torihiki.exchange.bodies import Body
from torihiki.exchange.forms import CHOICE_WORDS, labels_of, part_names
from torihiki.exchange.models import Draft, Version
from torihiki.exchange.papers import read_sent
from torihiki.exchange.specs import Kind, Words
from torihiki.web.formats import format_day, format_number


@dataclass(frozen=True)
class Change:
    """One field that differs; `line` says in which row of which table, empty for the header. What was not there is
    an empty text."""

    line: str
    field: Words
    before: str
    after: str


def changes_of_version(shown: Version | None, versions: Sequence[Version]) -> list[Change]:
    """Of the version that is shown, to the one before it; empty where that was never shown to the reader."""
    former = next((row for row in versions if shown is not None and row.number == shown.number - 1), None)
    if shown is None or former is None:
        return []
    return changes(read_sent(former).body, read_sent(shown).body)


def changes_of_draft(kind: Kind, draft: Draft | None, versions: Sequence[Version]) -> list[Change]:
    """Of the next version, as long as it is unsent, to the newest; empty while it is incomplete."""
    if draft is None or not versions:
        return []
    try:
        body = kind.body.model_validate(draft.body)
    except ValidationError:
        return []
    return changes(read_sent(versions[0]).body, body)


def changes_since(seen: Seen, draft: Draft | None, sha256: str) -> list[Change]:
    """What differs between the body that somebody was shown under this hash and the one that is there now."""
    shown = access_requests(seen.actor).filter(document_id=seen.document.pk, sha256=sha256).first()
    if shown is None or draft is None:
        return []
    try:
        return changes(seen.kind.body.model_validate(shown.body), seen.kind.body.model_validate(draft.body))
    except ValidationError:  # it is in the making
        return []


def changes(before: Body, after: Body) -> list[Change]:
    """Everything that differs in fields that have a label; lines are the same by their `line_id`, else by place."""
    return [*_fields(before, after, ""), *_rows(before, after)]


def _fields(before: Body, after: Body, line: str) -> Iterator[Change]:
    tables = part_names(type(after))
    for name, label in labels_of(type(after)).items():
        if name in tables or label.widget == "hidden":
            continue
        was, is_now = getattr(before, name, None), getattr(after, name)
        if was != is_now:
            yield Change(line, label.text, words_of(was), words_of(is_now))


def _rows(before: Body, after: Body) -> Iterator[Change]:
    labels = labels_of(type(after))
    for table in part_names(type(after)):
        was, is_now = _by_line(getattr(before, table, ())), _by_line(getattr(after, table))
        for key, row in is_now.items():
            line = _called(row, labels[table].text)
            if key in was:
                yield from _fields(was[key], row, line)
            else:
                yield Change(line, _("Added"), "", _summary(row))
        for key, row in was.items():
            if key not in is_now:
                yield Change(_called(row, labels[table].text), _("Removed"), _summary(row), "")


def _by_line(rows: Sequence[Body]) -> Mapping[str, Body]:
    return {getattr(row, "line_id", "") or f"#{place}": row for place, row in enumerate(rows)}


def _called(row: Body, table: Words) -> str:
    names = (getattr(row, key, "") for key in ("description", "item_code", "name", "reason"))
    return str(next((text for text in names if text), table))


def _summary(row: Body) -> str:
    shown = [(name, label) for name, label in labels_of(type(row)).items() if label.widget != "hidden"]
    return " · ".join(text for text in (words_of(getattr(row, name)) for name, _label in shown) if text)


def words_of(value: Any) -> str:
    """A field's value as people read it; empty for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, StrEnum):
        words = CHOICE_WORDS.get(type(value)) or getattr(type(value), "words", dict)()
        return str(words.get(value, value.value))
    if isinstance(value, Decimal):
        return format_number(value)
    if isinstance(value, date):
        return format_day(value)
    if isinstance(value, Body):
        return " ".join(text for text in (words_of(each) for _name, each in value) if text)
    return " · ".join(words_of(each) for each in value) if isinstance(value, tuple) else str(value)
