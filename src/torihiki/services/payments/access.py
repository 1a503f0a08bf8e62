"""The only way to fetch what belongs to payments: each function filters by the actor's company itself, and row-level
security does so again underneath."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.db.models import Sum as SumOf

from torihiki.services.payments.models import (
    Allocation,
    BankAccount,
    BankLine,
    PayerName,
    RunLine,
    Statement,
    TransferRun,
)
from torihiki.services.payments.refusals import NothingHere
from torihiki.tenancy.actor import Actor


def access_accounts(actor: Actor) -> QuerySet[BankAccount]:
    """Also those that are no longer used."""
    return BankAccount.objects.filter(company_id=actor.company).select_related("partner__party")


def access_own_accounts(actor: Actor) -> QuerySet[BankAccount]:
    """Those from which the company pays and into which it is paid."""
    return access_accounts(actor).filter(partner=None, stopped_at=None).order_by("bank", "branch", "number")


def access_account(actor: Actor, account_id: UUID) -> BankAccount:
    """Kept from others until the transaction ends. Raises NothingHere."""
    found = access_accounts(actor).select_for_update(of=("self",)).filter(pk=account_id).first()
    if found is None:
        raise NothingHere
    return found


def access_runs(actor: Actor) -> QuerySet[TransferRun]:
    return TransferRun.objects.filter(company_id=actor.company).select_related("account").defer("file")


def access_run(actor: Actor, run_id: UUID, *, lock: bool = False) -> TransferRun:
    """Raises NothingHere."""
    runs = access_runs(actor).select_for_update(of=("self",)) if lock else access_runs(actor)
    found = runs.filter(pk=run_id).first()
    if found is None:
        raise NothingHere
    return found


def access_run_lines(actor: Actor) -> QuerySet[RunLine]:
    return RunLine.objects.filter(company_id=actor.company).select_related("partner__party", "account")


def access_statements(actor: Actor) -> QuerySet[Statement]:
    return Statement.objects.filter(company_id=actor.company).select_related("account")


def access_statement(actor: Actor, statement_id: UUID) -> Statement:
    """Kept from others until the transaction ends. Raises NothingHere."""
    found = access_statements(actor).select_for_update(of=("self",)).filter(pk=statement_id).first()
    if found is None:
        raise NothingHere
    return found


def access_receipts(actor: Actor) -> QuerySet[BankLine]:
    """What came in, without what was taken back."""
    return BankLine.objects.filter(company_id=actor.company, is_live=True).select_related("account")


def access_receipt(actor: Actor, line_id: UUID, *, lock: bool = False) -> BankLine:
    """Raises NothingHere."""
    lines = access_receipts(actor).select_for_update(of=("self",)) if lock else access_receipts(actor)
    found = lines.filter(pk=line_id).first()
    if found is None:
        raise NothingHere
    return found


def access_allocations(actor: Actor) -> QuerySet[Allocation]:
    return Allocation.objects.filter(company_id=actor.company)


def access_payers(actor: Actor) -> QuerySet[PayerName]:
    return PayerName.objects.filter(company_id=actor.company).select_related("partner")


def access_settled_sums(actor: Actor, document_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How much of each document is settled, in yen with its sign; one query."""
    rows = access_allocations(actor).filter(document_id__in=list(document_ids)).values("document_id")
    return dict(rows.annotate(sum=SumOf("yen")).values_list("document_id", "sum"))
