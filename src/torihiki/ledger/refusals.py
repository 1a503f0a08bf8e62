"""A refusal undoes everything that its action wrote and leaves one ledger entry: who tried what, and why not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise

from torihiki.ledger.events import Event, LedgerEvent
from torihiki.ledger.recording import record
from torihiki.tenancy.actor import Actor, scope


@dataclass(frozen=True)
class Attempt:
    """What was tried, as the entry of its refusal says it."""

    name: str
    subject_type: str = ""
    subject_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """Base of every named refusal; worded for the person who reads it, with what to do next.

    `status` is the HTTP status of the answer; `code` names the reason in the ledger and the API.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    recorded = False  # in the ledger already
    attempt: Attempt | None = None  # where the entry is left to who undoes the whole

    def __init__(self, message: str | Promise, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


_as_a_whole: ContextVar[bool] = ContextVar("torihiki_as_a_whole", default=False)


class NotPermitted(Refused):
    """The member's role does not hold the permission (clause 2-4-1)."""

    status = 403
    code = "not_permitted"


class NotVisible(Refused):
    """There is nothing here for this actor: a stranger's answer is the answer to nothing there."""

    status = 404
    code = "not_visible"


@contextmanager
def attempt(
    event: Event,
    actor: Actor,
    *,
    subject_type: str = "",
    subject_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Run an action in a savepoint. When it raises Refused, all that it wrote is undone and the refusal is recorded in
    the surrounding transaction, which the caller must let commit; the refusal then goes on to the caller.

    Inside `undone_as_a_whole` there is no savepoint, and the entry is the caller's to write."""
    if _as_a_whole.get():
        try:
            yield
        except Refused as refusal:
            refusal.attempt = refusal.attempt or Attempt(event.code, subject_type, subject_id, data or {})
            raise
        return
    try:
        with transaction.atomic():
            yield
    except Refused as refusal:
        record_refusal(refusal, actor, event.code, subject_type=subject_type, subject_id=subject_id, data=data)
        raise


@contextmanager
def undone_as_a_whole() -> Iterator[None]:
    """Inside, no action keeps a savepoint of its own: the caller undoes the whole transaction when one is refused,
    never goes on after a refusal, and then calls `record_attempt` in a new transaction."""
    token = _as_a_whole.set(True)
    try:
        yield
    finally:
        _as_a_whole.reset(token)


@contextmanager
def attempt_as(
    event: Event,
    actor: Actor,
    *,
    subject_type: str = "",
    subject_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """As `attempt`, for actions that begin before there is a desk: enter the actor's scope, and leave it with the
    refusal's entry kept."""
    refused: Refused | None = None
    with scope(actor):
        try:
            with attempt(event, actor, subject_type=subject_type, subject_id=subject_id, data=data):
                yield
        except Refused as refusal:
            refused = refusal
    if refused is not None:
        raise refused


def record_attempt(refusal: Refused, actor: Actor, otherwise: Attempt) -> None:
    """The entry of a refusal that undid a whole transaction; `otherwise` says what was tried outside any action."""
    tried = refusal.attempt or otherwise
    record_refusal(
        refusal, actor, tried.name, subject_type=tried.subject_type, subject_id=tried.subject_id, data=tried.data
    )


def record_refusal(
    refusal: Refused,
    actor: Actor,
    attempted: str,
    *,
    subject_type: str = "",
    subject_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    record(
        LedgerEvent.REFUSED,
        actor,
        subject_type=subject_type,
        subject_id=subject_id,
        subject_label=attempted,
        data={"attempted": attempted, "why": refusal.code, **(data or {})},
    )
    refusal.recorded = True
