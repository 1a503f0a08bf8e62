"""Every hour the platform looks for documents whose day has passed, in every company, and closes them one by one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from tests.portal import does, state_of, write
from tests.world import Desk
from torihiki.exchange.jobs import expire_document, expire_documents
from torihiki.exchange.numbering import TOKYO
from torihiki.exchange.specs import KINDS
from torihiki.tenancy import roles

JOBS = "SELECT args ->> 'document_id', args ->> 'company_id' FROM procrastinate_jobs WHERE task_name = %s"


@pytest.mark.django_db(transaction=True)
def test_the_day_ends_in_tokyo_and_only_what_still_waits_expires(
    issuer: Desk, receiver: Desk, connect_as: Callable[[str], psycopg.Connection[Any]]
) -> None:
    jobs = connect_as(roles.MIGRATION)
    jobs.autocommit = True

    def enqueued() -> set[tuple[str, str]]:
        return set(jobs.execute(JOBS, [expire_document.name]).fetchall())

    today = timezone.localdate()
    body = {**KINDS["quote"].samples.valid, "valid_until": today.isoformat()}
    waiting, answered = write(issuer, "quote", body, to=[receiver]), write(issuer, "quote", body, to=[receiver])
    back = write(receiver, "quote", body, to=[issuer])
    later = write(issuer, "quote", {**body, "valid_until": (today + timedelta(1)).isoformat()}, to=[receiver])
    draft = write(issuer, "quote", body, to=[receiver], do="save")
    does(receiver, answered, "accept")
    midnight = datetime.combine(today + timedelta(1), datetime.min.time(), TOKYO)

    expire_documents(int((midnight - timedelta(seconds=1)).timestamp()))
    assert enqueued() == set()
    expire_documents(int((midnight + timedelta(minutes=5)).timestamp()))
    assert enqueued() == {(str(waiting), str(issuer.company)), (str(back), str(receiver.company))}
    for document_id, company_id in sorted(enqueued()):
        expire_document(document_id=document_id, company_id=company_id)
    states = [state_of(issuer, each) for each in (waiting, back, answered, later, draft)]
    assert states == ["expired", "expired", "accepted", "sent", "draft"]
    assert "document.step" in receiver.events()
