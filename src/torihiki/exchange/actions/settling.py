"""What is owed by a document is settled, or again not: a fact of one side's own books, which the other never sees."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from torihiki.exchange.models import PartyView
from torihiki.tenancy.actor import Actor


def mark_settled(actor: Actor, document_ids: Collection[UUID], settled_at: datetime | None) -> None:
    """Set-based; the acts of the service that calls it stand in the ledger."""
    views = PartyView.objects.filter(company_id=actor.company, document_id__in=list(document_ids))
    views.update(settled_at=settled_at)
