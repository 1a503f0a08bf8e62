"""Who is in charge of a document (担当者): given to one member, and one member's documents handed over to another when
they leave (clause 2-4-1). What was done before keeps the names of those who did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.access import Seen, access_document, access_handover, access_in_charge
from torihiki.exchange.actions.drafts import DOCUMENT, draft_label
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Handover, PartyView
from torihiki.exchange.refusals import ChargeUnfit, RoleMayNot
from torihiki.exchange.specs import ISSUER, KINDS, Kind
from torihiki.exchange.writing import write_transition
from torihiki.identity.access import access_member, access_unit
from torihiki.identity.jobs import send_later
from torihiki.identity.models import Member
from torihiki.identity.permissions import Action
from torihiki.identity.rights import rights_of, units_of
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

IN_CHARGE = "exchange.in_charge"
HANDED_OVER = "exchange.handed_over"
"""Names of letters."""


@dataclass(frozen=True)
class Work:
    """What somebody is in charge of, of one kind."""

    kind: Kind
    documents: int
    waiting: int  # of these, what waits for the own company or is not sent yet


def may_put_in_charge(seen: Seen) -> bool:
    """Whoever works with it: who drafts what the company sends, who answers what it receives."""
    return seen.actor.may(_permission(seen))


def put_in_charge(actor: Actor, document_id: UUID, member_id: UUID | None, *, at: datetime) -> None:
    """Give the document to a member, or to nobody; the other side does not see it. Who is already in charge stays
    without a trace. Raises DocumentNotVisible, RoleMayNot, NotHere or ChargeUnfit."""
    with attempt(ExchangeEvent.CHARGED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, lock=True)
        if not may_put_in_charge(seen):
            raise RoleMayNot
        if seen.view.assignee_id == member_id:
            return
        actor = actor.using(_permission(seen))
        member = access_member(actor, member_id) if member_id else None
        if member is not None:
            _fit(member)
            reader = reading(actor, member)
            if not reader.may(seen.kind.permission(Action.READ)) or not reader.reaches(seen.view.unit_id):
                raise ChargeUnfit(
                    _("%(name)s may not read this document. Choose somebody else, or give them the right first.")
                    % {"name": member.name}
                )
        before = seen.view.assignee_id
        PartyView.objects.filter(company_id=actor.company, document_id=document_id).update(assignee_id=member_id)
        name = "charge" if member else "discharge"
        write_transition(actor, seen.document, name, at=at, shared=False, reason=member.name if member else "")
        entry = record(
            ExchangeEvent.CHARGED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=draft_label(seen),
            data={"before": before, "member": member_id, "name": member.name if member else ""},
        )
        if member is not None and member.pk != actor.member_id:
            send_later(IN_CHARGE, actor, entry.pk)


def may_put_in_unit(seen: Seen) -> bool:
    """Whoever works for the whole company; the others would lose sight of it, or take what is not theirs."""
    return seen.actor.units is None and may_put_in_charge(seen)


def put_in_unit(actor: Actor, document_id: UUID, unit_id: UUID | None, *, at: datetime) -> None:
    """Whose document it is inside the company: a unit's, or the company's as a whole. Raises DocumentNotVisible,
    RoleMayNot or NotHere."""
    with attempt(ExchangeEvent.PUT_IN_UNIT, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, lock=True)
        if not may_put_in_unit(seen):
            raise RoleMayNot
        if seen.view.unit_id == unit_id:
            return
        actor = actor.using(_permission(seen))
        unit = access_unit(actor, unit_id) if unit_id else None
        before = seen.view.unit_id
        PartyView.objects.filter(company_id=actor.company, document_id=document_id).update(unit_id=unit_id)
        write_transition(actor, seen.document, "put_in_unit", at=at, shared=False, reason=unit.name if unit else "")
        record(
            ExchangeEvent.PUT_IN_UNIT,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=draft_label(seen),
            data={"before": before, "unit": unit_id, "name": unit.name if unit else ""},
        )


def work_of(actor: Actor, member_id: UUID) -> list[Work]:
    """What the member is in charge of, by kind in the order of the menu; one query."""
    waiting = Q(waiting="us") | ~Q(internal_state="")
    counted: Mapping[str, tuple[int, int]] = {
        kind: (documents, open_ones)
        for kind, documents, open_ones in access_in_charge(actor, member_id)
        .values_list("kind")
        .annotate(documents=Count("document_id"), waiting_here=Count("document_id", filter=waiting))
    }
    return [Work(kind, *counted[code]) for code, kind in KINDS.items() if code in counted]


def hand_over(actor: Actor, giver_id: UUID, taker_id: UUID, *, at: datetime) -> Handover:
    """Put the taker in charge of everything that the giver is in charge of, in a fixed number of statements. What the
    taker may not read stays with the giver. Raises NotHere, or ChargeUnfit where there is nothing to hand over."""
    with attempt(ExchangeEvent.HANDED_OVER, actor, subject_type="member", subject_id=giver_id):
        giver, taker = access_member(actor, giver_id), access_member(actor, taker_id)
        _fit(taker)
        if giver.pk == taker.pk:
            raise ChargeUnfit(_("Choose another member than the one whose work is handed over."))
        reads = reading(actor, taker)
        work = [each for each in work_of(actor, giver_id) if reads.may(each.kind.permission(Action.READ))]
        theirs = access_in_charge(actor, giver_id).filter(kind__in=[each.kind.code for each in work])
        if reads.units is not None:
            theirs = theirs.filter(unit_id__in=reads.units)
        documents = list(theirs.select_for_update().order_by("document_id").values_list("document_id", flat=True))
        if not documents:
            raise ChargeUnfit(_("There is nothing that this member could take over."))
        _give(actor, documents, giver_id, taker_id)
        handover = Handover.objects.create(
            id=new_id(),
            company_id=actor.company,
            giver=giver,
            taker=taker,
            documents=documents,
            done_by=actor.name,
            done_at=at,
        )
        record(
            ExchangeEvent.HANDED_OVER,
            actor,
            at=at,
            subject_type="member",
            subject_id=giver_id,
            subject_label=giver.name,
            data={
                "handover": handover.pk,
                "taker": taker_id,
                "taker_name": taker.name,
                "documents": len(documents),
            },
        )
        if taker_id != actor.member_id:
            send_later(HANDED_OVER, actor, handover.pk)
    return handover


def hand_back(actor: Actor, handover_id: UUID, *, at: datetime) -> Handover:
    """Undo: what the taker is still in charge of goes back to the giver; what was given on meanwhile stays where it is.
    Twice changes nothing. Raises NotHere."""
    with attempt(ExchangeEvent.HANDED_BACK, actor, subject_type="handover", subject_id=handover_id):
        handover = access_handover(actor, handover_id)
        if handover.undone_at is None:
            back = _give(actor, handover.documents, handover.taker_id, handover.giver_id)
            handover.undone_at = at
            handover.save(update_fields=["undone_at"])
            record(
                ExchangeEvent.HANDED_BACK,
                actor,
                at=at,
                subject_type="member",
                subject_id=handover.giver_id,
                subject_label=handover.giver.name,
                data={"handover": handover.pk, "documents": back},
            )
    return handover


def reading(actor: Actor, member: Member) -> Actor:
    """Somebody with the member's rights, to ask what they may do."""
    return Actor(permissions=rights_of(actor, member), units=units_of(actor, member))


def _give(actor: Actor, documents: list[UUID], before: UUID, after: UUID) -> int:
    mine = PartyView.objects.filter(company_id=actor.company, document_id__in=documents, assignee_id=before)
    return mine.update(assignee_id=after)


def _permission(seen: Seen) -> str:
    return seen.kind.permission(Action.DRAFT if seen.view.role == ISSUER else Action.RESPOND)


def _fit(taker: Member) -> None:
    if taker.suspended_at is not None:
        raise ChargeUnfit(_("%(name)s is suspended. Choose a member who is active.") % {"name": taker.name})
