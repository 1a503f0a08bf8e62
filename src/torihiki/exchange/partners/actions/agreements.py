"""Terms: proposed by one side, agreed or declined by the other, one version after the other."""

from datetime import datetime
from uuid import UUID

from django.db.models import Max

from torihiki.exchange.models import Partner, Relationship, Terms
from torihiki.exchange.partners.access import access_partner, access_terms, lock_relationship
from torihiki.exchange.partners.events import PartnerEvent
from torihiki.exchange.partners.refusals import StateMoved
from torihiki.exchange.partners.terms import TermsBody
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor


def propose_terms(actor: Actor, partner_id: UUID, body: TermsBody, *, at: datetime) -> Terms:
    """The next version, which holds once the other side agrees. Raises PartnerNotVisible, or StateMoved while a
    proposal waits for an answer or the companies do not trade."""
    with attempt(PartnerEvent.TERMS_PROPOSED, actor, subject_type="partner", subject_id=partner_id):
        partner = access_partner(actor, partner_id)
        relationship = lock_relationship(partner)
        if relationship is None or relationship.state != Relationship.State.ACTIVE:
            raise StateMoved
        versions = Terms.objects.filter(relationship=relationship)
        if versions.filter(agreed_at=None, declined_at=None).exists():
            raise StateMoved
        last = versions.aggregate(last=Max("version"))["last"] or 0
        terms = Terms.objects.create(
            id=new_id(),
            relationship=relationship,
            version=last + 1,
            body=body.model_dump(mode="json"),
            proposed_by=actor.company,
            proposed_by_name=actor.name,
            proposed_at=at,
        )
        _record(PartnerEvent.TERMS_PROPOSED, actor, partner, terms, at)
    return terms


def agree_terms(actor: Actor, partner_id: UUID, terms_id: UUID, *, at: datetime) -> Terms:
    """They hold from this day on. Raises PartnerNotVisible, or StateMoved for the own or an answered proposal."""
    with attempt(PartnerEvent.TERMS_AGREED, actor, subject_type="partner", subject_id=partner_id):
        partner, terms = _waiting(actor, partner_id, terms_id)
        terms.agreed_at, terms.agreed_by_name = at, actor.name
        terms.save(update_fields=["agreed_at", "agreed_by_name"])
        _record(PartnerEvent.TERMS_AGREED, actor, partner, terms, at)
    return terms


def decline_terms(actor: Actor, partner_id: UUID, terms_id: UUID, *, at: datetime) -> Terms:
    """By the other side, or taken back by the side that proposed them. Raises PartnerNotVisible or StateMoved."""
    with attempt(PartnerEvent.TERMS_DECLINED, actor, subject_type="partner", subject_id=partner_id):
        partner, terms = _waiting(actor, partner_id, terms_id, own=True)
        terms.declined_at = at
        terms.save(update_fields=["declined_at"])
        _record(PartnerEvent.TERMS_DECLINED, actor, partner, terms, at)
    return terms


def set_external_terms(actor: Actor, partner_id: UUID, body: TermsBody, *, at: datetime) -> Partner:
    """The own notes of what was agreed with an external partner elsewhere. Raises PartnerNotVisible or StateMoved."""
    with attempt(PartnerEvent.TERMS_SET, actor, subject_type="partner", subject_id=partner_id):
        partner = access_partner(actor, partner_id, lock=True)
        if partner.relationship_id is not None:
            raise StateMoved
        before, partner.external_terms = partner.external_terms, body.model_dump(mode="json")
        partner.save(update_fields=["external_terms"])
        data = {"before": before, "after": partner.external_terms}
        record(
            PartnerEvent.TERMS_SET,
            actor,
            subject_type="partner",
            subject_id=partner.id,
            subject_label=str(partner),
            at=at,
            data=data,
        )
    return partner


def _waiting(actor: Actor, partner_id: UUID, terms_id: UUID, *, own: bool = False) -> tuple[Partner, Terms]:
    partner = access_partner(actor, partner_id)
    terms = access_terms(actor, partner, terms_id, lock=True)
    if terms.agreed_at or terms.declined_at or (terms.proposed_by == actor.company and not own):
        raise StateMoved
    return partner, terms


def _record(event: Event, actor: Actor, partner: Partner, terms: Terms, at: datetime) -> None:
    record(
        event,
        actor,
        subject_type="partner",
        subject_id=partner.id,
        subject_label=str(partner),
        at=at,
        data={"version": terms.version, "terms": terms.body},
    )
