"""Who acts: the company, person and permissions that every transaction announces to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import connection, transaction

SHORT_NAME_LENGTH = 48  # so that two names fit where one does: 100 characters


@dataclass(frozen=True)
class Loan:
    """What another member of the company has delegated to the actor, for now."""

    member_id: UUID
    name: str
    permissions: frozenset[str]

    def lends(self, permission: str) -> bool:
        return _covers(self.permissions, permission)


@dataclass(frozen=True)
class Actor:
    """One person (or the system) at work for one company.

    `permissions` are `service.action`; `*.action` holds for every service. The database sees only the three ids.
    """

    company_id: UUID | None = None
    account_id: UUID | None = None
    staff_id: UUID | None = None
    member_id: UUID | None = None
    unit_id: UUID | None = None
    name: str = ""
    company_name: str = ""
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    lent: tuple[Loan, ...] = ()
    own_name: str = ""  # where `name` is both names
    acts_for: Loan | None = None  # in whose stead, where only what was lent allows the act
    units: frozenset[UUID] | None = None  # only documents of these; None: of the whole company
    seen_by: UUID | None = None  # the administrator who looks with this member's rights, and changes nothing

    def may(self, permission: str) -> bool:
        """Whether this actor has `permission`, own or lent; `read` alone asks for the action in any service."""
        return self.holds(permission) or any(loan.lends(permission) for loan in self.lent)

    def holds(self, permission: str) -> bool:
        """Whether the right is the actor's own: only that can be given on."""
        return _covers(self.permissions, permission)

    def reaches(self, unit_id: UUID | None) -> bool:
        """Whether this actor's rights hold for what belongs to a unit, or, where it is None, to the company as a
        whole."""
        return self.units is None or unit_id in self.units

    def using(self, permission: str) -> "Actor":
        """Who acts by `permission`: with both names where the right is lent, `代理` as on Japanese documents. What an
        earlier right of the same act was lent by counts no more where this one is lent by another."""
        if self.holds(permission) or (self.acts_for and _covers(self.acts_for.permissions, permission)):
            return self
        loan = next((loan for loan in self.lent if loan.lends(permission)), None)
        return self if loan is None else self.in_stead_of(loan)

    def in_stead_of(self, loan: Loan) -> "Actor":
        """Who acts for the one who lent."""
        own = self.own_name or self.name
        both = f"{own[:SHORT_NAME_LENGTH]} 代理 {loan.name[:SHORT_NAME_LENGTH]}"
        return replace(self, name=both, own_name=own, acts_for=loan)

    @property
    def company(self) -> UUID:
        """The company acted for. Raises ValueError where there is none: such code must not run without one."""
        if self.company_id is None:
            raise ValueError("this needs an actor with a company")
        return self.company_id

    @property
    def account(self) -> UUID:
        """The person who acts. Raises ValueError where there is none."""
        if self.account_id is None:
            raise ValueError("this needs an actor with an account")
        return self.account_id

    @property
    def member(self) -> UUID:
        """The membership acted by. Raises ValueError where there is none."""
        if self.member_id is None:
            raise ValueError("this needs an actor with a membership")
        return self.member_id

    @property
    def staff(self) -> UUID:
        """The member of the operator's staff who acts. Raises ValueError where there is none."""
        if self.staff_id is None:
            raise ValueError("this needs an actor of the operator's staff")
        return self.staff_id

    @classmethod
    def system(cls, company_id: UUID) -> "Actor":
        """The platform itself at work inside one company's scope (jobs, expiry, deemed acceptance)."""
        return cls(company_id=company_id, name="torihiki", role="system", permissions=frozenset({"*.system"}))


def _covers(permissions: frozenset[str], permission: str) -> bool:
    service, _, action = permission.rpartition(".")
    if not service:
        return any(held.rpartition(".")[2] == action for held in permissions)
    return permission in permissions or f"*.{action}" in permissions


NOBODY = Actor()
_current: ContextVar[Actor] = ContextVar("torihiki_actor", default=NOBODY)


def current_actor() -> Actor:
    return _current.get()


ANNOUNCE = (
    "SELECT set_config('torihiki.company', %s, true), set_config('torihiki.account', %s, true),"
    " set_config('torihiki.staff', %s, true)"
)


def announcement(actor: Actor) -> list[str]:
    """Parameters of ANNOUNCE: ids as text, empty where there is none."""
    return [str(value or "") for value in (actor.company_id, actor.account_id, actor.staff_id)]


@contextmanager
def scope(actor: Actor) -> Iterator[Actor]:
    """Run a transaction (or a savepoint of the open one) as `actor`; afterwards the former actor holds again.

    On an error the savepoint's end takes the announcement back with it, so the database never keeps a stale actor.
    """
    former = _current.get()
    token = _current.set(actor)
    try:
        nested = connection.in_atomic_block
        with transaction.atomic():
            if nested:
                _announce(actor)
            yield actor
            if nested:
                _announce(former)
    finally:
        _current.reset(token)


def _announce(actor: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCE, announcement(actor))
