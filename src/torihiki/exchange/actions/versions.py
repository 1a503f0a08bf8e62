"""Versions: the canonical bytes of what was sent, stored once and never changed (promise P5)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.bodies import Body, PartyDetails, Totals
from torihiki.exchange.models import Document, Line, Version
from torihiki.exchange.papers import FORMAT
from torihiki.exchange.specs import Kind
from torihiki.lib.canonical import canonical_json
from torihiki.lib.ids import new_id, new_ids
from torihiki.lib.money import minor_units
from torihiki.tenancy.copying import Rows
from torihiki.tenancy.inserting import insert

SEARCH_LENGTH_MAX = 2_000


def payload_of(
    kind: Kind,
    *,
    number: str,
    version: int,
    issued_on: date,
    issuer: PartyDetails,
    recipient: PartyDetails | None,
    body: Body,
    previous: str,
    files: Sequence[dict[str, Any]] = (),
) -> tuple[bytes, Totals | None]:
    """The canonical bytes of a version (RFC 8785), and its sums."""
    totals = kind.totals(body, issued_on) if kind.totals else None
    payload = {
        "format": FORMAT,
        "kind": kind.code,
        "number": number,
        "version": version,
        "issued_on": issued_on.isoformat(),
        "issuer": issuer.model_dump(mode="json"),
        "recipient": recipient.model_dump(mode="json") if recipient else None,
        "body": body.model_dump(mode="json"),
        "totals": totals.model_dump(mode="json") if totals else None,
        "files": list(files),
        "previous_sha256": previous,
    }
    return canonical_json(payload), totals


def store_version(
    document: Document,
    kind: Kind,
    payload: bytes,
    body: Body,
    totals: Totals | None,
    *,
    number: int,
    previous: str,
    reason: str,
    at: datetime,
) -> tuple[Version, list[dict[str, Any]]]:
    """Write a version with its lines, and bring the document's shared columns up to it. Returns both as stored."""
    version, lines = version_of(
        document, kind, payload, body, totals, number=number, previous=previous, reason=reason, at=at
    )
    insert([version], Rows(Line, lines))
    return version, lines


def version_of(
    document: Document,
    kind: Kind,
    payload: bytes,
    body: Body,
    totals: Totals | None,
    *,
    number: int,
    previous: str,
    reason: str,
    at: datetime,
) -> tuple[Version, list[dict[str, Any]]]:
    """The version, and the columns of its lines, not stored yet; the document's shared columns are brought up to it."""
    version = Version(
        id=new_id(),
        document_id=document.pk,
        number=number,
        payload=payload,
        sha256=sha256_hex(payload),
        previous_sha256=previous,
        reason=reason,
        sent_at=at,
    )
    lines = list(getattr(body, "lines", ()))
    amounts = totals.lines if totals else [None] * len(lines)
    stored = [
        {
            "id": line_key,
            "version_id": version.pk,
            "document_id": document.pk,
            "version_number": number,
            "position": position,
            "line_id": line.line_id,
            "item_code": line.item_code,
            "description": line.description[:200],
            "quantity": _fitting(getattr(line, "quantity", None)),
            "unit": line.unit,
            "unit_price": _fitting(getattr(line, "unit_price", None)),
            "amount": amount,
        }
        for position, (line_key, line, amount) in enumerate(
            zip(new_ids(len(lines)), lines, amounts, strict=False), start=1
        )
    ]
    document.version = number
    document.subject = getattr(body, "subject", "")[:200]
    document.currency = getattr(body, "currency", "JPY")
    document.amount_minor = minor_units(totals.gross, document.currency) if totals else None
    document.due_on = kind.due(body) if kind.due else None
    words = [document.subject, *(f"{line.item_code} {line.description}" for line in lines)]
    document.search = " ".join(words)[:SEARCH_LENGTH_MAX]
    return version, stored


def _fitting(value: Any) -> Any:
    """Line columns are an index with four decimals; the exact value stays in the version's payload."""
    return None if value is None else round(value, 4)
