"""Founding a company, and what its administrator sets for all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from torihiki.identity.access import lock_company
from torihiki.identity.choosing import chooser_for
from torihiki.identity.events import IdentityEvent
from torihiki.identity.founding import complete_founding
from torihiki.identity.hashing import hash_anew
from torihiki.identity.keys import make_company_key
from torihiki.identity.models import Account, Company, Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.identity.refusals import LoginIdTaken, PasswordWeak
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import Refused, attempt, record_refusal
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import NOBODY, Actor, scope


@dataclass(frozen=True)
class NewPerson:
    """Who gets an account: the password in clear, on its way to the hasher."""

    login_id: str
    password: str
    name: str
    email: str
    language: str = "ja"


def create_company(
    actor: Actor, *, name: str, at: datetime, card: Mapping[str, Any] | None = None, company_id: UUID | None = None
) -> Company:
    """A company with its key and its card, yet without members (invite its first administrator). `card` may have the
    fields of a party's details. Runs in the new company's scope, whatever company the actor comes from; `company_id` is
    for whoever must know it beforehand."""
    founder = replace(actor, company_id=company_id or new_id(), company_name=name)
    with scope(founder):
        company = _found(founder, name, card, at)
        _record_founding(founder, company, at)
    return company


def register_company(
    person: NewPerson, *, name: str, at: datetime, card: Mapping[str, Any] | None = None
) -> tuple[Actor, Member]:
    """A company with its first administrator, who registers it; returned as the actor that this person is from now on.

    Raises LoginIdTaken or PasswordWeak.
    """
    founder = Actor(
        company_id=new_id(),
        account_id=new_id(),
        member_id=new_id(),
        name=person.name,
        company_name=name,
        role=Role.ADMINISTRATOR,
        permissions=PERMISSIONS[Role.ADMINISTRATOR],
    )
    try:
        with scope(founder):
            company = _found(founder, name, card, at)
            make_account(founder, person, at)
            member = Member.objects.create(
                id=founder.member_id,
                company=company,
                account_id=founder.account,
                name=person.name,
                email=person.email,
                role=Role.ADMINISTRATOR,
                created_at=at,
            )
            _record_founding(founder, company, at, administrator=person.name)
    except Refused as refusal:  # there is no company whose ledger could have it: it goes to the operator's
        with scope(NOBODY):
            record_refusal(refusal, NOBODY, IdentityEvent.COMPANY_CREATED.code)
        raise
    return founder, member


def set_approval_kinds(actor: Actor, kinds: Sequence[str], *, at: datetime) -> None:
    """Which kinds of documents need an approval before they are sent, from the next sending on."""
    with attempt(IdentityEvent.APPROVALS_CHANGED, actor):
        company = lock_company(actor)
        before, company.approval_kinds = company.approval_kinds, sorted(kinds)
        company.save(update_fields=["approval_kinds"])
        record(
            IdentityEvent.APPROVALS_CHANGED,
            actor,
            subject_type="company",
            subject_id=company.id,
            subject_label=company.name,
            at=at,
            data={"before": before, "after": company.approval_kinds},
        )


def make_account(actor: Actor, person: NewPerson, at: datetime) -> UUID:
    """The account with the actor's `account_id`, in whose scope this must run. Raises LoginIdTaken or PasswordWeak."""
    chooser = chooser_for(actor.company)
    if problems := chooser.problems(person.password, person.login_id, person.name, person.email):
        raise PasswordWeak(" ".join(problems))
    try:
        with transaction.atomic():
            Account.objects.create(
                id=actor.account,
                login_id=person.login_id,
                password=hash_anew(person.password),
                language=person.language,
                created_at=at,
            )
    except IntegrityError as error:
        raise LoginIdTaken from error
    return actor.account


def _found(founder: Actor, name: str, card: Mapping[str, Any] | None, at: datetime) -> Company:
    company = Company.objects.create(id=founder.company, name=name, created_at=at)
    make_company_key(company.id)
    complete_founding(founder, company, card or {}, at)
    return company


def _record_founding(founder: Actor, company: Company, at: datetime, **data: str) -> None:
    record(
        IdentityEvent.COMPANY_CREATED,
        founder,
        subject_type="company",
        subject_id=company.id,
        subject_label=company.name,
        at=at,
        data=data,
    )
