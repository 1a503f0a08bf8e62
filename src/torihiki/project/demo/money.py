"""What was paid in the demo: the restaurants pay their suppliers by transfer, a wholesaler matches what came in."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from uuid import UUID

from torihiki.exchange.models import Partner
from torihiki.exchange.numbering import TOKYO
from torihiki.identity.permissions import Role
from torihiki.lib.zengin import Entry, Movements, write_statement
from torihiki.project.demo.acts import party_of
from torihiki.project.demo.founding import Staff
from torihiki.project.demo.people import DemoCompany
from torihiki.services.payments.access import access_receipts
from torihiki.services.payments.accounts import add_account, confirm_account
from torihiki.services.payments.business_days import first_business_day
from torihiki.services.payments.matching import match_receipt
from torihiki.services.payments.models import BankAccount
from torihiki.services.payments.statements import take_statement
from torihiki.services.payments.suggesting import guesses
from torihiki.services.payments.transfers import (
    execute_run,
    make_run,
    payables,
    payees_of,
    release_run,
)
from torihiki.tenancy.actor import Actor, scope

PAID_UNTIL = timedelta(days=3)
"""What fell due later is still to be paid."""
FEE = 440


def pay(buyer: Staff, suppliers: dict[str, tuple[DemoCompany, Staff]], *, now: datetime) -> list[tuple[date, str, int]]:
    """Transfers on each day that something was due; what is due next waits for its release. Returns what each supplier
    got on which day."""
    clerk, approver = buyer.clerk, buyer.by_role[Role.APPROVER]
    with scope(buyer.head):
        own = _account(buyer.head, None, number=1, at=now - timedelta(days=170), holder="カ）ヒダマリダイニング")
    for number, (company, staff) in enumerate(suppliers.values(), start=2):
        with scope(clerk):
            partner = Partner.objects.get(company_id=clerk.company, party_id=party_of(staff.head))
            theirs = _account(clerk, partner, number=number, at=now - timedelta(days=169), holder=_kana(company))
        with scope(approver):
            confirm_account(approver, theirs.pk, at=now - timedelta(days=168))
    known = {party_of(staff.head): key for key, (_company, staff) in suppliers.items()}
    paid: list[tuple[date, str, int]] = []
    with scope(clerk):
        by_day = defaultdict[date, list[UUID]](list)
        for view in payables(clerk):
            if view.due_on is not None and view.counterparty_id in known:
                by_day[view.due_on].append(view.document_id)
    for due in sorted(by_day):
        on = first_business_day(due)
        at = datetime.combine(on - timedelta(days=4), time(10), tzinfo=TOKYO)
        with scope(clerk):
            run = make_run(clerk, own.pk, by_day[due], on=on, at=min(at, now))
        if on > now.date() - PAID_UNTIL:
            return paid  # the rest is still to be paid
        with scope(approver):
            release_run(approver, run.pk, at=at + timedelta(hours=5))
        with scope(clerk):
            execute_run(clerk, run.pk, at=at + timedelta(days=4, hours=5))
            paid += [(on, known[payee.partner.party_id], payee.yen) for payee in payees_of(clerk, run)]
    return paid


def receive(
    seller: Staff, company: DemoCompany, payments: list[tuple[date, int]], *, number: int, now: datetime
) -> None:
    """The seller takes in what the bank says; what is older than a month is matched already. The newest payer's bank
    has kept a fee, and somebody unknown has paid something."""
    clerk = seller.clerk
    entries = [
        Entry(on, yen, is_credit=True, reference=f"{nth:08}", payer="カ)ヒダマリダイニング")
        for nth, (on, yen) in enumerate(payments, start=1)
    ]
    if entries:
        newest = entries[-1]
        entries[-1] = Entry(newest.on, newest.yen - FEE, True, newest.reference, newest.payer)
    entries.append(Entry(now.date() - timedelta(days=2), 33_000, True, "00009999", "ヤマダ タロウ"))
    with scope(seller.head):
        own = _account(seller.head, None, number=number, at=now - timedelta(days=170), holder=_kana(company))
    movements = Movements(own.bank, own.branch, own.type, own.number, tuple(entries))
    with scope(clerk):
        take_statement(clerk, name="meisai.txt", content=write_statement([movements]), at=now - timedelta(hours=5))
        for line in access_receipts(clerk).filter(on__lt=now.date() - timedelta(days=31)).order_by("on", "id"):
            found = guesses(clerk, [line])[line.pk].suggestion
            if found is not None:
                settled = {each.view.document_id: each.yen for each in found.documents}
                match_receipt(clerk, line.pk, settled, fee=found.fee, at=now - timedelta(hours=4))


def _account(actor: Actor, partner: Partner | None, *, number: int, at: datetime, holder: str) -> BankAccount:
    return add_account(
        actor,
        partner_id=partner.pk if partner else None,
        at=at,
        bank="9999",
        bank_name="アオゾラデモ",
        branch=f"{100 + number}",
        branch_name="ホンテン",
        type="1",
        number=f"{1_000_000 + number}",
        holder=holder,
        consignor="" if partner else f"{number:010}",
    )


def _kana(company: DemoCompany) -> str:
    return company.details.name_kana[:60]
