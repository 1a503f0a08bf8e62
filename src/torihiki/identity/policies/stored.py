"""Policies as companies stored them: versioned rows, of which the last one of each topic holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from torihiki.identity.access import access_memberships
from torihiki.identity.models import PolicyVersion
from torihiki.identity.policies.declared import Policy
from torihiki.tenancy.actor import Actor, scope

NOBODYS = UUID(int=0)
P = TypeVar("P", bound=Policy)


@dataclass(frozen=True)
class Rules:
    """What some companies have decided, by company and topic; whatever one never decided has its default."""

    companies: tuple[UUID, ...]
    stored: dict[tuple[UUID, str], dict[str, Any]]
    numbers: dict[tuple[UUID, str], int]

    def of(self, company_id: UUID, policy: type[P]) -> P:
        return policy.from_values(self.stored.get((company_id, policy.topic), {}))

    def number(self, company_id: UUID, policy: type[Policy]) -> int:
        """Of the version that holds; 0 for the default."""
        return self.numbers.get((company_id, policy.topic), 0)

    def strictest(self, policy: type[P]) -> P:
        """For a person of all these companies."""
        return policy.strictest(self.of(company_id, policy) for company_id in self.companies)


def rules_of(companies: Iterable[UUID]) -> Rules:
    """The rules of companies that the surrounding scope belongs to, in one query."""
    wanted = tuple(dict.fromkeys(companies))
    latest = (
        PolicyVersion.objects.filter(company_id__in=wanted or (NOBODYS,))  # an unknown id costs the query, too
        .order_by("company_id", "topic", "-number")
        .distinct("company_id", "topic")
    )
    rows = list(latest)
    return Rules(
        wanted,
        {(row.company_id, row.topic): row.values for row in rows},
        {(row.company_id, row.topic): row.number for row in rows},
    )


def rules_of_account(account_id: UUID) -> Rules:
    """What holds for a person's credential: the rules of every company that lets this person in. In any scope."""
    with scope(Actor(account_id=account_id)) as person:
        return rules_of(access_memberships(person).values_list("company_id", flat=True))
