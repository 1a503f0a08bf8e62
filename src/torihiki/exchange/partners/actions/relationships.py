"""Suspending, resuming and ending trade with a partner: either side may, and only who suspended resumes."""

from datetime import datetime
from uuid import UUID

from torihiki.exchange.models import Partner, Relationship
from torihiki.exchange.partners.access import access_partner, lock_relationship
from torihiki.exchange.partners.events import PartnerEvent
from torihiki.exchange.partners.refusals import StateMoved
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor

State = Relationship.State


def suspend_relationship(actor: Actor, partner_id: UUID, *, at: datetime) -> Partner:
    """Nothing new is sent either way until it is resumed. Raises PartnerNotVisible or StateMoved."""
    return _move(actor, partner_id, PartnerEvent.SUSPENDED, State.SUSPENDED, at)


def resume_relationship(actor: Actor, partner_id: UUID, *, at: datetime) -> Partner:
    """Raises PartnerNotVisible, or StateMoved unless this company suspended it."""
    return _move(actor, partner_id, PartnerEvent.RESUMED, State.ACTIVE, at)


def end_relationship(actor: Actor, partner_id: UUID, *, at: datetime) -> Partner:
    """For good: to trade again, one invites the other anew. Raises PartnerNotVisible or StateMoved."""
    return _move(actor, partner_id, PartnerEvent.ENDED, State.ENDED, at)


def steps_open(actor: Actor, relationship: Relationship | None) -> set[str]:
    """The states into which the actor's company may bring the relationship now."""
    if relationship is None:
        return set()
    if relationship.state == State.ACTIVE:
        return {State.SUSPENDED, State.ENDED}
    if relationship.state == State.SUSPENDED:
        return {State.ENDED, State.ACTIVE} if relationship.changed_by == actor.company else {State.ENDED}
    return set()


def _move(actor: Actor, partner_id: UUID, event: Event, to: str, at: datetime) -> Partner:
    with attempt(event, actor, subject_type="partner", subject_id=partner_id):
        partner = access_partner(actor, partner_id)
        relationship = lock_relationship(partner)
        if relationship is None or to not in steps_open(actor, relationship):
            raise StateMoved
        relationship.state, relationship.changed_by = to, actor.company
        relationship.save(update_fields=["state", "changed_by"])
        record(event, actor, subject_type="partner", subject_id=partner.id, subject_label=str(partner), at=at)
    return partner
