"""What an endpoint is told: small, and only what its own company sees. Details are fetched from the document."""

from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from torihiki.exchange.models import PartyView
from torihiki.lib.canonical import canonical_json


def body_about(event: str, view: PartyView, *, own: bool, at: datetime) -> bytes:
    """The message about one company's view of a document, as it stands now; `own` where that company did it."""
    data = {
        "id": view.document_id,
        "kind": view.kind,
        "number": view.number,
        "version": view.version_shown,
        "state": view.state,
        "role": view.role,
        "by": "us" if own else "them",
        "url": settings.PUBLIC_URL + reverse("document", args=[view.document_id]),
    }
    return _body(event, data, at)


def body_of_test(event: str, endpoint_id: UUID, *, by: str, at: datetime) -> bytes:
    return _body(event, {"endpoint": endpoint_id, "by": by}, at)


def _body(event: str, data: dict[str, object], at: datetime) -> bytes:
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return canonical_json({"type": event, "timestamp": moment, "data": data})
