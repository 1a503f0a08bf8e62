"""The job that reminds when nobody has approved in time."""

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from torihiki.exchange.approvals.requests import ESCALATE, escalate_step
from torihiki.tenancy.actor import Actor, scope


@app.task(name=ESCALATE, queue="calendar")
def escalate_approval(*, company_id: str, request_id: str, step: int, times: int) -> None:
    actor = Actor.system(UUID(company_id))
    with scope(actor):
        escalate_step(actor, UUID(request_id), step, times=times, at=timezone.now())
