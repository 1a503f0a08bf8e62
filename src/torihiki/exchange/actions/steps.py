"""Steps: what one side may do now, and doing it."""

from datetime import datetime
from uuid import UUID

from torihiki.exchange.access import Seen, access_document, access_recipients
from torihiki.exchange.actions.counting import refuse_excess
from torihiki.exchange.actions.drafts import DOCUMENT
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Document, Recipient, Transition
from torihiki.exchange.refusals import (
    ChangedMeanwhile,
    DocumentNotVisible,
    ReasonMissing,
    RoleMayNot,
    StepNotOpen,
)
from torihiki.exchange.specs import ISSUER, KINDS, RECEIVER, SYSTEM, Deed, Kind, Step
from torihiki.exchange.writing import done_before, sync_views, tell, transition_of
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor

BY_STEPS = ("state", "state_since", "waits_for", "changed_at")
BY_SENDING = ("number", "version", "subject", "issued_on", "due_on", "currency", "amount_minor", "search")


def take_step(
    actor: Actor,
    document_id: UUID,
    name: str,
    *,
    at: datetime,
    version: int,
    reason: str = "",
    recipient_id: UUID | None = None,
    key: str = "",
) -> None:
    """Take the step `name` on the version that was shown. `recipient_id` names whom the issuer deals with, where a
    document went to several. Raises StepNotOpen, ChangedMeanwhile, ReasonMissing, RoleMayNot."""
    with attempt(ExchangeEvent.STEP, actor, subject_type=DOCUMENT, subject_id=document_id, data={"step": name[:40]}):
        if done_before(actor, key, f"{name[:20]} {document_id}", document_id, at=at):
            return
        seen = access_document(actor, document_id, lock=True)
        step = _step_named(seen, name)
        if seen.document.version != version:
            raise ChangedMeanwhile
        if step.needs_reason and not reason.strip():
            raise ReasonMissing
        recipient = _concerned(seen, step, recipient_id)
        if step not in open_steps(seen, recipient):
            raise StepNotOpen
        _carry_out(seen, step, recipient, reason=reason.strip(), at=at)


def open_steps(seen: Seen, recipient: Recipient | None = None) -> list[Step]:
    """What this actor may do now; for a step per recipient, towards `recipient`."""
    if seen.document.version == 0:
        return []
    seats = seats_of(seen)
    steps = []
    for step in seen.kind.steps:
        if step.by not in seats or not _allowed(seen, step):
            continue
        if step.for_outsiders and step.by == seen.view.role:
            continue
        if step.per_recipient:
            state = (recipient.state or seen.document.state) if recipient else ""
        else:
            state = seen.document.state
        if state in step.source:
            steps.append(step)
    return steps


def seats_of(seen: Seen) -> set[str]:
    """On which sides this actor sits: its own, and an external party's, for whom nobody else can act."""
    if seen.actor.role == SYSTEM:
        return {SYSTEM}
    seats = {seen.view.role}
    if seen.view.role == ISSUER and all(row.company_id is None for row in access_recipients(seen)):
        seats.add(RECEIVER)
    if seen.view.role == RECEIVER and seen.document.from_outside:
        seats.add(ISSUER)
    return seats


def move_document(document: Document, kind: Kind, state: str, *, at: datetime, sent: bool = False) -> None:
    """Give the document a state, and write it; with `sent` also every shared column that sending may have changed."""
    document.state, document.state_since, document.changed_at = state, at, at
    document.waits_for = kind.state(state).waits_for
    document.save(update_fields=[*BY_STEPS, *BY_SENDING] if sent else BY_STEPS)


def follow(deed: Deed, document: Document, name: str) -> bool:
    """Take the platform's step `name` on another document, as a consequence of what the actor does; the timeline says
    by whom. False where that document stands elsewhere: then nothing follows. The one ledger entry is the deed's, and
    its act writes what is in `followed`: the timeline, and the views of these documents."""
    kind = KINDS[document.kind]
    step = kind.step(name)
    assert step is not None, f"{kind.code} has no step {name}"
    assert step.by == SYSTEM, f"{name} is for people to take"
    if document.state not in step.source:
        return False
    move_document(document, kind, step.target, at=deed.at)
    deed.followed.append(transition_of(deed.actor, document, name, at=deed.at, to_state=step.target))
    return True


def move_recipient(recipient: Recipient, kind: Kind, state: str, *, at: datetime) -> None:
    """Give one recipient a state of its own; the document's row stays as it is, so that no other recipient notices."""
    recipient.state, recipient.state_since = state, at
    recipient.waits_for = kind.state(state).waits_for or "nobody"
    recipient.save(update_fields=["state", "state_since", "waits_for"])


def others_than(seen: Seen, audience: UUID | None) -> list[UUID | None]:
    """The companies to be told: the one addressed, or all others that have the document."""
    if audience is not None:
        return [audience]
    companies = {row.company_id for row in access_recipients(seen) if row.company_id}
    if not seen.document.from_outside:
        companies.add(seen.document.owner_id)
    return sorted(companies - {seen.actor.company})  # type: ignore[return-value]


def _step_named(seen: Seen, name: str) -> Step:
    step = seen.kind.step(name)
    if step is None:
        raise StepNotOpen
    if not any(seen.actor.may(seen.kind.permission(needed)) for needed in (step.action, Action.SYSTEM)):
        raise RoleMayNot
    return step


def _concerned(seen: Seen, step: Step, recipient_id: UUID | None) -> Recipient | None:
    if not step.per_recipient:
        return None
    rows = access_recipients(seen)
    row = (
        rows.filter(company_id=seen.actor.company).first()
        if seen.view.role == RECEIVER
        else rows.filter(pk=recipient_id).first()
        if recipient_id
        else None
    )
    if row is None:
        raise DocumentNotVisible
    return row


def _carry_out(seen: Seen, step: Step, recipient: Recipient | None, *, reason: str, at: datetime) -> None:
    actor, document = seen.actor.using(seen.kind.permission(step.action)), seen.document
    if recipient is not None:
        move_recipient(recipient, seen.kind, step.target, at=at)
        audience = document.owner_id if seen.view.role == RECEIVER else recipient.company_id
    else:
        move_document(document, seen.kind, step.target, at=at)
        audience = None
    behalf = _on_behalf(seen, step)
    taken = transition_of(
        actor, document, step.name, at=at, reason=reason, audience=audience, on_behalf_of=behalf, to_state=step.target
    )
    deed = Deed(actor, document, seen.kind, step.name, at, recipient)
    if step.effect is not None:
        step.effect(deed)
    if seen.kind.state(step.target).void and any(source.counts for source in seen.kind.sources):
        refuse_excess(seen)
    Transition.objects.bulk_create([taken, *deed.followed])
    sync_views(document.pk, *(step.document_id for step in deed.followed))
    tell(actor, f"document.{step.name}", document, others_than(seen, audience), at=at)
    record(
        ExchangeEvent.STEP,
        actor,
        at=at,
        subject_type=DOCUMENT,
        subject_id=document.pk,
        subject_label=f"{document.number} ({step.name})",
        data={
            "kind": seen.kind.code,
            "step": step.name,
            "to": step.target,
            "version": document.version,
            "reason": reason,
            "recipient": recipient.pk if recipient else None,
            "on_behalf_of": behalf,
        },
    )


def _allowed(seen: Seen, step: Step) -> bool:
    needed = Action.SYSTEM if step.by == SYSTEM else step.action
    return seen.actor.may(seen.kind.permission(needed))


def _on_behalf(seen: Seen, step: Step) -> str:
    if step.by in (seen.view.role, SYSTEM):
        return ""
    if seen.view.role == ISSUER:
        return ", ".join(row.party.name for row in access_recipients(seen))[:200]
    return seen.document.issuer.name
