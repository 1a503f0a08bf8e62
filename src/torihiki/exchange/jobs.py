"""What the platform does by itself: documents expire on their day, old sessions go, stalled jobs are taken up again."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from torihiki.exchange import delivery
from torihiki.exchange.access import access_document
from torihiki.exchange.actions.steps import take_step
from torihiki.exchange.approvals import escalating
from torihiki.exchange.numbering import TOKYO
from torihiki.exchange.specs import KINDS
from torihiki.exchange.webhooks import delivering
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor, scope
from torihiki.tenancy.system import system_rows

EXPIRED_AT_ONCE_MAX = 5_000

__all__ = ["delivering", "delivery", "escalating", "expire_document", "expire_documents"]


@app.periodic(cron="5 * * * *")
@app.task(queue="calendar", pass_context=False)
def expire_documents(timestamp: int) -> None:
    """Once an hour: enqueue every document whose day has passed (in Tokyo), each in its own job."""
    today = datetime.fromtimestamp(timestamp, tz=TOKYO).date()
    for kind in KINDS.values():
        if not kind.expiry:
            continue
        step = kind.step(kind.expiry)
        assert step is not None, "a kind's expiry is one of its steps"
        for document_id, owner_id in system_rows(
            "SELECT * FROM exchange_due(%s, %s, %s, %s)", [kind.code, list(step.source), today, EXPIRED_AT_ONCE_MAX]
        ):
            expire_document.defer(document_id=str(document_id), company_id=str(owner_id))


@app.task(queue="calendar")
def expire_document(document_id: str, company_id: str) -> None:
    """Take the kind's expiry step in its owner's scope. A document that moved on meanwhile is left alone."""
    actor = Actor.system(UUID(company_id))
    with scope(actor):
        seen = access_document(actor, UUID(document_id))
        try:
            take_step(actor, seen.document.pk, seen.kind.expiry, at=timezone.now(), version=seen.document.version)
        except Refused:
            return  # answered, withdrawn or expired in between; the refusal stands in the ledger
