"""Bank accounts: entered by one person, and a payee's confirmed by another before money goes there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from torihiki.exchange.models import Partner
from torihiki.exchange.partners.access import access_partner
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.services.payments.access import access_account, access_accounts
from torihiki.services.payments.events import PaymentEvent
from torihiki.services.payments.models import BankAccount
from torihiki.services.payments.refusals import AnotherPerson, MovedOn
from torihiki.services.payments.spec import PREPARE, RELEASE, entitled
from torihiki.tenancy.actor import Actor

ACCOUNT = "bank_account"


def add_account(actor: Actor, *, partner_id: UUID | None, at: datetime, **details: str) -> BankAccount:
    """An own account without `partner_id`; else the payee's, which is not used until another person confirms it.
    `details` are checked by the form. Raises RoleMayNot, PartnerNotVisible."""
    with attempt(PaymentEvent.ACCOUNT_ADDED, actor, subject_type=ACCOUNT):
        actor = entitled(actor, PREPARE)
        partner: Partner | None = access_partner(actor, partner_id) if partner_id else None
        account = BankAccount(
            company_id=actor.company,
            partner=partner,
            made_by=actor.member,
            made_name=actor.name,
            made_at=at,
            **details,
        )
        account.save(force_insert=True)
        _note(PaymentEvent.ACCOUNT_ADDED, actor, account, at=at)
    return account


def confirm_account(actor: Actor, account_id: UUID, *, at: datetime) -> None:
    """It takes the place of the payee's former one. Raises NothingHere, RoleMayNot, AnotherPerson, MovedOn."""
    with attempt(PaymentEvent.ACCOUNT_CONFIRMED, actor, subject_type=ACCOUNT, subject_id=account_id):
        actor = entitled(actor, RELEASE)
        account = access_account(actor, account_id)
        if account.made_by == actor.member:
            raise AnotherPerson
        if account.confirmed_at or account.stopped_at or account.partner_id is None:
            raise MovedOn
        access_partner(actor, account.partner_id, lock=True)  # one at a time for each payee
        access_accounts(actor).filter(
            partner_id=account.partner_id, stopped_at=None, confirmed_at__isnull=False
        ).update(stopped_at=at)
        account.confirmed_by, account.confirmed_name, account.confirmed_at = actor.member, actor.name, at
        account.save(update_fields=["confirmed_by", "confirmed_name", "confirmed_at"])
        _note(PaymentEvent.ACCOUNT_CONFIRMED, actor, account, at=at)


def stop_account(actor: Actor, account_id: UUID, *, at: datetime) -> None:
    """Nothing goes to or from it any more; what was paid stays. Raises NothingHere, RoleMayNot."""
    with attempt(PaymentEvent.ACCOUNT_STOPPED, actor, subject_type=ACCOUNT, subject_id=account_id):
        actor = entitled(actor, PREPARE)
        account = access_account(actor, account_id)
        if account.stopped_at is None:
            account.stopped_at = at
            account.save(update_fields=["stopped_at"])
            _note(PaymentEvent.ACCOUNT_STOPPED, actor, account, at=at)


def _note(event: PaymentEvent, actor: Actor, account: BankAccount, *, at: datetime) -> None:
    data: dict[str, Any] = {name: getattr(account, name) for name in ("bank", "branch", "type", "number", "holder")}
    record(
        event,
        actor,
        at=at,
        subject_type=ACCOUNT,
        subject_id=account.pk,
        subject_label=str(account.partner or account.holder),
        data=data | {"partner": account.partner_id},
    )
