"""A refusal undoes everything that its action wrote and leaves one ledger entry: who tried what, and why not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise

from torihiki.ledger.events import Event, LedgerEvent
from torihiki.ledger.recording import record
from torihiki.tenancy.actor import Actor, scope


class Refused(Exception):
    """Base of every named refusal; worded for the person who reads it, with what to do next.

    `status` is the HTTP status of the answer; `code` names the reason in the ledger and the API.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    recorded = False  # in the ledger already

    def __init__(self, message: str | Promise, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


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
    the surrounding transaction, which the caller must let commit; the refusal then goes on to the caller."""
    try:
        with transaction.atomic():
            yield
    except Refused as refusal:
        record_refusal(refusal, actor, event.code, subject_type=subject_type, subject_id=subject_id, data=data)
        raise


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
