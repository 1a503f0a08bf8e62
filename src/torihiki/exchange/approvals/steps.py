"""The steps of a route: who is asked, how many must agree, and what happens when nobody answers."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from torihiki.exchange.specs import Words

STEPS_MAX = 5
MEMBERS_MAX = 20
HOURS_MAX = 24 * 14
EVERYBODY = 0
"""As `needed`: all who were asked when the step began."""


class Approvers(StrEnum):
    ANYONE = "anyone"
    UNIT = "unit"
    ROLE = "role"
    MEMBERS = "members"


APPROVERS: dict[str, Words] = {
    Approvers.ANYONE: _("Whoever may approve such documents"),
    Approvers.UNIT: _("Approvers of the document's unit, or of the next one above it"),
    Approvers.ROLE: _("Holders of an own role"),
    Approvers.MEMBERS: _("The members chosen here"),
}


class RouteStep(BaseModel):
    """Who may approve here always needs the right to approve documents of the kind, too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=40)]
    approvers: Approvers = Approvers.ANYONE
    role: UUID | None = None
    members: Annotated[tuple[UUID, ...], Field(max_length=MEMBERS_MAX)] = ()
    needed: Annotated[int, Field(ge=EVERYBODY, le=MEMBERS_MAX)] = 1
    together: bool = False  # at the same time as the step before it
    hours: Annotated[int, Field(ge=1, le=HOURS_MAX)] | None = None  # then who has not answered is reminded …
    deputy: UUID | None = None  # … and this member is asked, too
    called: Annotated[str, Field(max_length=500)] = ""  # names of the role or the members, as they were on the day

    @model_validator(mode="after")
    def _complete(self) -> "RouteStep":
        if self.approvers == Approvers.ROLE and self.role is None:
            raise ValueError(gettext("Choose the role."))
        if self.approvers == Approvers.MEMBERS and len(self.members) < max(self.needed, 1):
            raise ValueError(gettext("Choose at least as many members as must approve."))
        if self.deputy is not None and self.hours is None:
            raise ValueError(gettext("Say after how many hours the deputy is asked."))
        return self

    @property
    def who(self) -> str:
        return self.called or str(APPROVERS[self.approvers])

    @property
    def rule(self) -> str:
        """How many must agree, in words."""
        if self.needed == EVERYBODY:
            return gettext("all of them")
        return ngettext("%(n)d of them", "%(n)d of them", self.needed) % {"n": self.needed}


STEPS = TypeAdapter(Annotated[tuple[RouteStep, ...], Field(min_length=1, max_length=STEPS_MAX)])
PLAIN = (RouteStep(name="-"),)
"""Where no route fits: one approval by whoever may give it."""


def steps_of(stored: Sequence[Any]) -> tuple[RouteStep, ...]:
    return STEPS.validate_python(stored)


def stored(steps: Sequence[RouteStep]) -> list[Any]:
    """As JSON keeps them."""
    return [step.model_dump(mode="json") for step in steps]


def stages(steps: Sequence[RouteStep]) -> list[list[int]]:
    """Indexes of the steps that run at the same time, in order."""
    return [[index for index, _stage in group] for _stage, group in groupby(_numbered(steps), key=lambda pair: pair[1])]


def _numbered(steps: Sequence[RouteStep]) -> Iterator[tuple[int, int]]:
    stage = 0
    for index, step in enumerate(steps):
        stage += int(index > 0 and not step.together)
        yield index, stage
