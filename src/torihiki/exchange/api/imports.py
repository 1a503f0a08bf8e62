"""Many documents of one kind in one request: all are issued, or none and every wrong row is named."""

import json
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from torihiki.api.operations import Answer, ApiRequest, operation
from torihiki.api.problems import Problem
from torihiki.exchange.actions.bulk import issue_documents
from torihiki.exchange.api import shapes
from torihiki.exchange.api.documents import TAG, kind_named
from torihiki.exchange.api.keys import once
from torihiki.lib.ids import new_id

IMPORT_BYTES_MAX = 25 * 2**20
LINES = "application/jsonl"


@operation(
    "POST",
    permission="send",
    tag=TAG,
    summary=_("Issue many documents at once"),
    description=_(
        "An array of objects, or one object a line (application/jsonl). Each has “recipients” (ids of parties) and a"
        " “body” by the schema of its kind. All are issued, numbered in order, or none: faults point to rows, from 0."
    ),
    query=shapes.ImportQuery,
    content=("application/json", LINES),
    content_bytes_max=IMPORT_BYTES_MAX,
    answer=shapes.ImportReceipt,
    status=201,
    keyed=True,
    problems=(409,),
)
def import_documents(request: ApiRequest, *, query: shapes.ImportQuery, content: bytes) -> Answer:
    now, kind, import_id = timezone.now(), kind_named(query.kind, parameter="kind"), new_id()
    rows = _rows(content, lines=request.content_type == LINES)

    def issue() -> shapes.ImportReceipt:
        done = issue_documents(request.actor, kind, rows, at=now, import_id=import_id)
        return shapes.ImportReceipt(
            id=import_id, kind=done.kind, documents=done.documents, first=done.first, last=done.last
        )

    return once(request, import_id, issue, at=now)


def _rows(content: bytes, *, lines: bool) -> list[Any]:
    """The rows as they came; fractions as the text that was written. Raises Problem 400 for what is no JSON."""
    try:
        text = content.decode()
        rows = [_parsed(line) for line in text.splitlines() if line.strip()] if lines else _parsed(text)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "json_invalid", _("The body is no JSON in UTF-8.")) from error
    if not isinstance(rows, list):
        raise Problem(400, "json_invalid", _("Send an array of objects, or one object a line as application/jsonl."))
    return rows


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
