"""The own card, external partners, and what one notes about each partner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Partner, Party, Relationship
from torihiki.exchange.partners.access import access_own_card, access_partner
from torihiki.exchange.partners.cards import card_columns, search_words
from torihiki.exchange.partners.events import PartnerEvent
from torihiki.exchange.partners.refusals import CodeTaken, NotExternal, StillTrading
from torihiki.identity.models import Company
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

TRADING = (Relationship.State.ACTIVE, Relationship.State.SUSPENDED)


def change_own_card(actor: Actor, details: PartyDetails, *, at: datetime) -> Party:
    """What partners see and documents print from now on; what was sent keeps the card of its day."""
    with attempt(PartnerEvent.CARD_CHANGED, actor):
        card = access_own_card(actor)
        before = card.details
        _save_card(card, details, at)
        Company.objects.filter(pk=actor.company).update(name=details.name)
        record(
            PartnerEvent.CARD_CHANGED,
            actor,
            subject_type="company",
            subject_id=actor.company,
            subject_label=card.name,
            at=at,
            data=_difference(before, card.details),
        )
    return card


def add_external_partner(
    actor: Actor, details: PartyDetails, *, own_code: str = "", own_name: str = "", note: str = "", at: datetime
) -> Partner:
    """A company that is not on torihiki, kept by this one. Raises CodeTaken."""
    with attempt(PartnerEvent.ADDED, actor):
        party = Party.objects.create(owner_id=actor.company, updated_at=at, **card_columns(details))
        partner = Partner(
            id=new_id(), company_id=actor.company, party=party, own_code=own_code, own_name=own_name, note=note
        )
        partner.search = search_words(details, own_name=own_name, own_code=own_code)
        _save_partner(partner, new=True)
        _record(PartnerEvent.ADDED, actor, partner, details.name, at, details=details.model_dump(mode="json"))
    return partner


def change_partner(
    actor: Actor,
    partner_id: UUID,
    *,
    own_code: str,
    own_name: str,
    note: str,
    details: PartyDetails | None = None,
    at: datetime,
) -> Partner:
    """What one notes about a partner; `details` only for an external one. Raises CodeTaken or NotExternal."""
    with attempt(PartnerEvent.CHANGED, actor, subject_type="partner", subject_id=partner_id):
        partner = access_partner(actor, partner_id, lock=True)
        before = {"own_code": partner.own_code, "own_name": partner.own_name, "note": partner.note}
        changes = _difference(before, {"own_code": own_code, "own_name": own_name, "note": note})
        if details is not None:
            if partner.party.owner_id != actor.company:
                raise NotExternal
            changes |= _difference(partner.party.details, details.model_dump(mode="json"))
            _save_card(partner.party, details, at)
        shown = details or PartyDetails.model_validate(partner.party.details)
        partner.own_code, partner.own_name, partner.note = own_code, own_name, note
        partner.search = search_words(shown, own_name=own_name, own_code=own_code)
        _save_partner(partner)
        _record(PartnerEvent.CHANGED, actor, partner, own_name or shown.name, at, **changes)
    return partner


def archive_partner(actor: Actor, partner_id: UUID, *, at: datetime) -> Partner:
    """Out of the lists; documents stay. Raises StillTrading."""
    with attempt(PartnerEvent.ARCHIVED, actor, subject_type="partner", subject_id=partner_id):
        partner = access_partner(actor, partner_id, lock=True)
        if partner.relationship and partner.relationship.state in TRADING:
            raise StillTrading
        partner.archived_at = partner.archived_at or at
        partner.save(update_fields=["archived_at"])
        _record(PartnerEvent.ARCHIVED, actor, partner, str(partner), at)
    return partner


def restore_partner(actor: Actor, partner_id: UUID, *, at: datetime) -> Partner:
    with attempt(PartnerEvent.RESTORED, actor, subject_type="partner", subject_id=partner_id):
        partner = access_partner(actor, partner_id, lock=True)
        partner.archived_at = None
        partner.save(update_fields=["archived_at"])
        _record(PartnerEvent.RESTORED, actor, partner, str(partner), at)
    return partner


def _save_card(card: Party, details: PartyDetails, at: datetime) -> None:
    columns = card_columns(details)
    for name, value in columns.items():
        setattr(card, name, value)
    card.updated_at = at
    card.save(update_fields=[*columns, "updated_at"])


def _save_partner(partner: Partner, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            written = None if new else ["own_code", "own_name", "note", "search"]
            partner.save(force_insert=new, update_fields=written)
    except IntegrityError as error:
        raise CodeTaken from error


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The values that changed, as {"field": [before, after]}."""
    return {key: [before.get(key), after[key]] for key in after if before.get(key) != after[key]}


def _record(event: Event, actor: Actor, partner: Partner, label: str, at: datetime, **data: Any) -> None:
    record(event, actor, subject_type="partner", subject_id=partner.id, subject_label=label, at=at, data=data)
