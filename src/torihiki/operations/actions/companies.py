"""Opening, suspending and resuming companies. What is inside them stays out of the console's reach: it asks for an
opening, which a job carries out, and suspends by a function that can do nothing else."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from torihiki.identity.models import Company
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.operations.access import access_company, access_numbers
from torihiki.operations.actions.staff import prove
from torihiki.operations.events import OperationsEvent
from torihiki.operations.models import CompanyOpening
from torihiki.operations.refusals import CompanyHasMembers, CompanyStateChanged
from torihiki.tenancy.actor import Actor


def open_company(actor: Actor, *, name: str, person: str, email: str, at: datetime) -> CompanyOpening:
    """Ask for a new company, whose first administrator is invited by mail; it is there when the job is done."""
    with attempt(OperationsEvent.COMPANY_OPENING, actor):
        opening = _ask(actor, new_id(), name, person, email, at)
        _record(OperationsEvent.COMPANY_OPENING, actor, opening, at)
    return opening


def invite_again(actor: Actor, company_id: UUID, *, person: str, email: str, at: datetime) -> CompanyOpening:
    """A new invitation in place of the former one, as long as nobody has joined. Raises NoSuchCompany or
    CompanyHasMembers."""
    with attempt(OperationsEvent.ADMINISTRATOR_INVITED, actor, subject_type="company", subject_id=company_id):
        company = access_company(actor, company_id)
        if access_numbers(actor, [company_id])[company_id].members:
            raise CompanyHasMembers
        opening = _ask(actor, company_id, company.name, person, email, at)
        _record(OperationsEvent.ADMINISTRATOR_INVITED, actor, opening, at)
    return opening


def suspend_company(actor: Actor, company_id: UUID, *, reason: str, password: str, at: datetime) -> Company:
    """From the next request on nobody gets in: sessions end for good, sign-in and tokens are refused. Its partners keep
    what they have. Raises NotProven, NoSuchCompany or CompanyStateChanged."""
    return _switch(OperationsEvent.COMPANY_SUSPENDED, actor, company_id, reason, password, at)


def resume_company(actor: Actor, company_id: UUID, *, reason: str, password: str, at: datetime) -> Company:
    """Members may sign in again. Raises NotProven, NoSuchCompany or CompanyStateChanged."""
    return _switch(OperationsEvent.COMPANY_RESUMED, actor, company_id, reason, password, at)


SWITCHES = {
    OperationsEvent.COMPANY_SUSPENDED: "SELECT operations_company_suspend(%s, %s)",
    OperationsEvent.COMPANY_RESUMED: "SELECT operations_company_resume(%s, %s)",
}


def _switch(
    event: OperationsEvent, actor: Actor, company_id: UUID, reason: str, password: str, at: datetime
) -> Company:
    prove(actor, password, at=at)
    with attempt(event, actor, subject_type="company", subject_id=company_id):
        company = access_company(actor, company_id)
        with connection.cursor() as cursor:
            cursor.execute(SWITCHES[event], [company_id, at])
            if not cursor.fetchone()[0]:
                raise CompanyStateChanged
        record(
            event,
            actor,
            subject_type="company",
            subject_id=company_id,
            subject_label=company.name,
            at=at,
            data={"reason": reason},
        )
    return company


def _ask(actor: Actor, company_id: UUID, name: str, person: str, email: str, at: datetime) -> CompanyOpening:
    opening = CompanyOpening.objects.create(
        company_id=company_id, name=name, person=person, email=email, requested_at=at, requested_by_id=actor.staff
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations_defer_opening(%s)", [opening.id])
    return opening


def _record(event: OperationsEvent, actor: Actor, opening: CompanyOpening, at: datetime) -> None:
    record(
        event,
        actor,
        subject_type="company",
        subject_id=opening.company_id,
        subject_label=opening.name,
        at=at,
        data={"email": opening.email, "person": opening.person},
    )
