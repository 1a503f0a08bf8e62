"""Transfers (総合振込): open documents become one transfer to each payee, made by one person and released by another.

Always the whole amount: a fee that is deducted from what a supplier is owed is a reduction, which 取適法 forbids even
where it was agreed. What a bank refuses is open again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.access import access_owed, access_partners
from torihiki.exchange.actions.settling import mark_settled
from torihiki.exchange.models import Partner, PartyView, Side
from torihiki.exchange.numbering import TOKYO
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.zengin import YEN_MAX, Account, AccountType, NotZengin, Order, Transfer, write_order
from torihiki.services.payments.access import access_accounts, access_own_accounts, access_run, access_run_lines
from torihiki.services.payments.business_days import is_business_day
from torihiki.services.payments.events import PaymentEvent
from torihiki.services.payments.models import BankAccount, RunLine, TransferRun
from torihiki.services.payments.refusals import AnotherPerson, MovedOn, ReasonNeeded, TransferUnfit
from torihiki.services.payments.spec import PREPARE, RELEASE, entitled
from torihiki.tenancy.actor import Actor

RUN = "transfer_run"
DOCUMENTS_MAX = 2_000
NAMES_SHOWN_MAX = 5


@dataclass(frozen=True)
class Payee:
    """What one partner gets in a run."""

    partner: Partner
    account: BankAccount
    lines: tuple[RunLine, ...]

    @property
    def yen(self) -> int:
        return sum(line.yen for line in self.lines)

    @property
    def failed_at(self) -> datetime | None:
        return self.lines[0].failed_at


def yen_of(view: PartyView) -> int:
    """What the document says; a credit note below nought."""
    assert view.amount_minor is not None, "access_owed gives none without an amount"
    return view.amount_minor


def payables(actor: Actor) -> QuerySet[PartyView]:
    """What the company owes, has agreed to and has not put into a run yet."""
    held = access_run_lines(actor).filter(is_live=True, document_id=OuterRef("document_id"))
    return access_owed(actor, Side.BUYER).filter(~Exists(held))


def make_run(actor: Actor, account_id: UUID, document_ids: Collection[UUID], *, on: date, at: datetime) -> TransferRun:
    """Several documents of one partner become one transfer. Raises TransferUnfit with what is missing, RoleMayNot."""
    with attempt(PaymentEvent.RUN_MADE, actor, subject_type=RUN):
        actor = entitled(actor, PREPARE)
        account = access_own_accounts(actor).filter(pk=account_id).first()
        if account is None or not account.consignor:
            raise TransferUnfit(_("Choose an own account that has a consignor code."))
        if not is_business_day(on):
            raise TransferUnfit(_("Banks do not work on that day. Choose another."))
        if not 1 <= len(set(document_ids)) <= DOCUMENTS_MAX:
            raise TransferUnfit(_("Choose between 1 and %(most)d documents.") % {"most": DOCUMENTS_MAX})
        owed = access_owed(actor, Side.BUYER).filter(document_id__in=list(document_ids))
        views = list(owed.select_for_update(of=("self",)).order_by("document_id"))
        held = access_run_lines(actor).filter(document_id__in=list(document_ids), is_live=True)
        if len(views) != len(set(document_ids)) or held.exists():
            raise TransferUnfit(_("Some of it is paid, being paid or no longer owed. Reload the page."))
        payees = _payees(actor, views)
        run = TransferRun(
            company_id=actor.company,
            account=account,
            on=on,
            payees=len(payees),
            yen=sum(map(yen_of, views)),
            made_by=actor.member,
            made_name=actor.name,
            made_at=at,
        )
        run.save(force_insert=True)
        RunLine.objects.bulk_create(
            [
                RunLine(
                    company_id=actor.company,
                    run=run,
                    document_id=view.document_id,
                    partner=partner,
                    account=payee,
                    yen=yen_of(view),
                )
                for partner, payee, its in payees
                for view in its
            ]
        )
        _note(PaymentEvent.RUN_MADE, actor, run, at=at)
    return run


def release_run(actor: Actor, run_id: UUID, *, at: datetime) -> TransferRun:
    """A second person lets it go: the file is written once and never changes. Raises NothingHere, RoleMayNot,
    AnotherPerson, MovedOn, TransferUnfit where something changed since it was made."""
    with attempt(PaymentEvent.RUN_RELEASED, actor, subject_type=RUN, subject_id=run_id):
        actor = entitled(actor, RELEASE)
        run = access_run(actor, run_id, lock=True)
        if run.made_by == actor.member:
            raise AnotherPerson
        if run.state != "made":
            raise MovedOn
        payees = payees_of(actor, run)
        documents = [line.document_id for payee in payees for line in payee.lines]
        if access_owed(actor, Side.BUYER).filter(document_id__in=documents).count() != len(documents):
            raise TransferUnfit(_("Some of it is no longer owed. Cancel these transfers and make them anew."))
        if not run.account.is_ready or not all(payee.account.is_ready for payee in payees):
            raise TransferUnfit(_("An account was changed meanwhile. Cancel these transfers and make them anew."))
        if run.on < at.astimezone(TOKYO).date():
            raise TransferUnfit(_("The day of payment is over. Cancel these transfers and make them anew."))
        try:
            run.file = write_order(
                Order(
                    consignor=run.account.consignor,
                    payer=_account(run.account),
                    on=run.on,
                    transfers=tuple(Transfer(_account(payee.account), payee.yen) for payee in payees),
                )
            )
        except NotZengin as problem:
            raise TransferUnfit(
                _("The bank's file cannot be written. Check the names and numbers of the accounts.")
            ) from problem
        run.sha256 = sha256_hex(run.file)
        run.released_by, run.released_name, run.released_at = actor.member, actor.name, at
        run.save(update_fields=["file", "sha256", "released_by", "released_name", "released_at"])
        _note(PaymentEvent.RUN_RELEASED, actor, run, at=at, sha256=run.sha256)
    return run


def file_of(actor: Actor, run_id: UUID, *, at: datetime) -> tuple[TransferRun, bytes]:
    """For the bank; each download stands in the ledger. Raises NothingHere, RoleMayNot, MovedOn before the release."""
    with attempt(PaymentEvent.RUN_FETCHED, actor, subject_type=RUN, subject_id=run_id):
        actor = entitled(actor, PREPARE)
        run = access_run(actor, run_id)
        if run.state not in ("released", "executed") or run.file is None:
            raise MovedOn
        _note(PaymentEvent.RUN_FETCHED, actor, run, at=at, sha256=run.sha256)
        return run, bytes(run.file)


def execute_run(actor: Actor, run_id: UUID, *, at: datetime) -> None:
    """The bank has carried it out: what it paid is settled. Raises NothingHere, RoleMayNot, MovedOn."""
    with attempt(PaymentEvent.RUN_EXECUTED, actor, subject_type=RUN, subject_id=run_id):
        actor = entitled(actor, PREPARE)
        run = access_run(actor, run_id, lock=True)
        if run.state != "released":
            raise MovedOn
        run.executed_at, run.executed_name = at, actor.name
        run.save(update_fields=["executed_at", "executed_name"])
        paid = access_run_lines(actor).filter(run=run, is_live=True).values_list("document_id", flat=True)
        mark_settled(actor, list(paid), at)
        _note(PaymentEvent.RUN_EXECUTED, actor, run, at=at)


def cancel_run(actor: Actor, run_id: UUID, *, reason: str, at: datetime) -> None:
    """Before it is executed; once it is released with a reason, because the bank may have the file. What it was to pay
    is open again. Raises NothingHere, RoleMayNot, MovedOn, ReasonNeeded."""
    with attempt(PaymentEvent.RUN_CANCELLED, actor, subject_type=RUN, subject_id=run_id):
        actor = entitled(actor, PREPARE)
        run = access_run(actor, run_id, lock=True)
        if run.state not in ("made", "released"):
            raise MovedOn
        if run.state == "released" and not reason.strip():
            raise ReasonNeeded
        run.cancelled_at, run.cancelled_name, run.reason = at, actor.name, reason.strip()[:500]
        run.save(update_fields=["cancelled_at", "cancelled_name", "reason"])
        RunLine.objects.filter(company_id=actor.company, run=run).update(is_live=False)
        _note(PaymentEvent.RUN_CANCELLED, actor, run, at=at, reason=run.reason)


def fail_transfer(actor: Actor, run_id: UUID, partner_id: UUID, *, at: datetime) -> None:
    """The bank did not pay one payee of an executed run: what it was for is open again. Raises NothingHere, RoleMayNot,
    MovedOn."""
    with attempt(PaymentEvent.TRANSFER_FAILED, actor, subject_type=RUN, subject_id=run_id):
        actor = entitled(actor, PREPARE)
        run = access_run(actor, run_id, lock=True)
        lines = access_run_lines(actor).filter(run=run, partner_id=partner_id, is_live=True)
        documents = list(lines.values_list("document_id", flat=True))
        if run.state != "executed" or not documents:
            raise MovedOn
        RunLine.objects.filter(company_id=actor.company, run=run, partner_id=partner_id).update(
            is_live=False, failed_at=at
        )
        mark_settled(actor, documents, None)
        _note(PaymentEvent.TRANSFER_FAILED, actor, run, at=at, partner=partner_id, documents=len(documents))


def payees_of(actor: Actor, run: TransferRun) -> list[Payee]:
    """By partner, in the order of the file; one query."""
    lines = access_run_lines(actor).filter(run=run).order_by("partner_id", "id")
    return [
        Payee(its[0].partner, its[0].account, its)
        for its in (tuple(group) for _partner, group in groupby(lines, key=lambda line: line.partner_id))
    ]


def _payees(actor: Actor, views: Sequence[PartyView]) -> list[tuple[Partner, BankAccount, list[PartyView]]]:
    """By partner. Raises TransferUnfit where one has no confirmed account or would get nothing."""
    by_party: dict[UUID | None, list[PartyView]] = {}
    for view in views:
        by_party.setdefault(view.counterparty_id, []).append(view)
    partners = {
        partner.party_id: partner
        for partner in access_partners(actor).filter(party_id__in=[party for party in by_party if party])
    }
    ready = access_accounts(actor).filter(partner__in=partners.values(), confirmed_at__isnull=False, stopped_at=None)
    accounts = {account.partner_id: account for account in ready}
    missing = [
        its[0].counterparty_name
        for party, its in by_party.items()
        if party not in partners or partners[party].pk not in accounts
    ]
    if missing:
        names = ", ".join(missing[:NAMES_SHOWN_MAX])
        raise TransferUnfit(_("There is no confirmed bank account of: %(names)s") % {"names": names})
    found = []
    for party, its in by_party.items():
        partner = partners[party]  # type: ignore[index]  # every party is among them
        if not 0 < sum(map(yen_of, its)) <= YEN_MAX:
            raise TransferUnfit(
                _("What is to be paid to %(name)s is not a sum that can be transferred.") % {"name": partner}
            )
        found.append((partner, accounts[partner.pk], its))
    return found


def _account(account: BankAccount) -> Account:
    return Account(
        bank=account.bank,
        branch=account.branch,
        type=AccountType(account.type),
        number=account.number,
        holder=account.holder,
        bank_name=account.bank_name,
        branch_name=account.branch_name,
    )


def _note(event: PaymentEvent, actor: Actor, run: TransferRun, *, at: datetime, **data: object) -> None:
    facts = {"on": run.on, "payees": run.payees, "yen": run.yen, **data}
    record(event, actor, at=at, subject_type=RUN, subject_id=run.pk, subject_label=str(run), data=facts)
