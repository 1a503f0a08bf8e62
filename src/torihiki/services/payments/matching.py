"""Receipts matched with what is owed (消込): partly, over several documents, less a fee, and undone by a contrary row.

Σ of what a receipt settles never exceeds it, and no document is settled beyond its amount: both are locked first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from torihiki.exchange.access import access_document, access_owed, access_partners
from torihiki.exchange.actions.settling import mark_settled
from torihiki.exchange.models import PartyView, Side
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.services.payments.access import (
    access_allocations,
    access_payers,
    access_receipt,
    access_settled_sums,
)
from torihiki.services.payments.events import PaymentEvent
from torihiki.services.payments.models import Allocation, BankLine, PayerName
from torihiki.services.payments.refusals import MatchUnfit, MovedOn, ReasonNeeded
from torihiki.services.payments.spec import PREPARE, RELEASE, entitled
from torihiki.services.payments.suggesting import payer_key
from torihiki.services.payments.transfers import yen_of
from torihiki.tenancy.actor import Actor

RECEIPT, DOCUMENT = "receipt", "document"
DOCUMENTS_MAX = 100
FEE_MAX = 1_100  # yen; what a bank takes for one transfer, so that a fee hides nothing else
Kind = Allocation.Kind


def match_receipt(
    actor: Actor, line_id: UUID, settled: Mapping[UUID, int], *, fee: int = 0, at: datetime, learn: bool = True
) -> None:
    """Let a receipt settle so many yen of each document (below nought for a credit note). `fee` is what the payer's
    bank kept: it settles part of the last document beside the receipt. What is left of the receipt stays open.

    Raises NothingHere, RoleMayNot, MatchUnfit, MovedOn where something was settled meanwhile."""
    with attempt(PaymentEvent.MATCHED, actor, subject_type=RECEIPT, subject_id=line_id):
        actor = entitled(actor, PREPARE)
        line = access_receipt(actor, line_id, lock=True)
        views = _locked(actor, settled)
        if not 1 <= len(views) <= DOCUMENTS_MAX or len(views) != len(settled):
            raise MovedOn
        if not 0 <= fee <= FEE_MAX:
            raise MatchUnfit(_("A bank's fee is at most ¥%(most)s.") % {"most": f"{FEE_MAX:,}"})
        sums = access_settled_sums(actor, settled)
        for view in views:
            _within(settled[view.document_id], yen_of(view) - sums.get(view.document_id, 0), view)
        paid = sum(settled.values()) - fee
        if not 0 < paid <= line.left:
            words = {"paid": f"{paid:,}", "left": f"{line.left:,}"}
            raise MatchUnfit(_("¥%(paid)s cannot come from a receipt of which ¥%(left)s is left.") % words)
        rows = [_row(actor, view.document_id, settled[view.document_id], at=at, line=line) for view in views]
        if fee:
            _deduct(rows, fee)
        Allocation.objects.bulk_create(rows)
        line.used += paid
        line.save(update_fields=["used"])
        _settle(actor, views, at=at)
        if learn:
            _learn(actor, line, views)
        record(
            PaymentEvent.MATCHED,
            actor,
            at=at,
            subject_type=RECEIPT,
            subject_id=line.pk,
            subject_label=str(line),
            data={"documents": {str(pk): yen for pk, yen in settled.items()}, "fee": fee, "left": line.left},
        )


def undo_match(actor: Actor, line_id: UUID, *, reason: str, at: datetime) -> None:
    """Take back everything that a receipt settles, its fees too. Raises NothingHere, RoleMayNot, MovedOn,
    ReasonNeeded."""
    with attempt(PaymentEvent.UNMATCHED, actor, subject_type=RECEIPT, subject_id=line_id):
        actor = entitled(actor, PREPARE)
        line = access_receipt(actor, line_id, lock=True)
        standing = list(access_allocations(actor).filter(line=line, reverses=None, reversal=None).order_by("id"))
        if not standing:
            raise MovedOn
        if not reason.strip():
            raise ReasonNeeded
        documents = _reverse(actor, standing, reason=reason, at=at)
        line.used = 0
        line.save(update_fields=["used"])
        record(
            PaymentEvent.UNMATCHED,
            actor,
            at=at,
            subject_type=RECEIPT,
            subject_id=line.pk,
            subject_label=str(line),
            data={"documents": documents, "reason": reason.strip()[:500]},
        )


def write_off(actor: Actor, document_id: UUID, *, reason: str, at: datetime) -> None:
    """Give up what is left of a document; only who may release may do so. Raises RoleMayNot, MovedOn, ReasonNeeded."""
    with attempt(PaymentEvent.WRITTEN_OFF, actor, subject_type=DOCUMENT, subject_id=document_id):
        access_document(actor, document_id)
        actor = entitled(actor, RELEASE)
        views = _locked(actor, {document_id: 0})
        if not views:
            raise MovedOn
        if not reason.strip():
            raise ReasonNeeded
        left = yen_of(views[0]) - access_settled_sums(actor, [document_id]).get(document_id, 0)
        row = _row(actor, document_id, left, at=at)
        row.kind, row.reason = Kind.WRITE_OFF, reason.strip()[:500]
        row.save(force_insert=True)
        _settle(actor, views, at=at)
        record(
            PaymentEvent.WRITTEN_OFF,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=views[0].number,
            data={"yen": left, "reason": row.reason},
        )


def undo_write_off(actor: Actor, document_id: UUID, *, reason: str, at: datetime) -> None:
    """Raises DocumentNotVisible, RoleMayNot, MovedOn, ReasonNeeded."""
    with attempt(PaymentEvent.UNMATCHED, actor, subject_type=DOCUMENT, subject_id=document_id):
        access_document(actor, document_id)
        actor = entitled(actor, RELEASE)
        _lock(actor, [document_id])
        given_up = access_allocations(actor).filter(
            document_id=document_id, kind=Kind.WRITE_OFF, reverses=None, reversal=None
        )
        standing = list(given_up.order_by("id"))
        if not standing:
            raise MovedOn
        if not reason.strip():
            raise ReasonNeeded
        _reverse(actor, standing, reason=reason, at=at)
        record(
            PaymentEvent.UNMATCHED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            data={"documents": [str(document_id)], "reason": reason.strip()[:500]},
        )


def _lock(actor: Actor, document_ids: Sequence[UUID]) -> None:
    """Own views in the order of their ids, after the receipt: as everybody does."""
    views = PartyView.objects.filter(company_id=actor.company, document_id__in=list(document_ids))
    list(views.select_for_update().order_by("document_id").values_list("document_id"))


def _locked(actor: Actor, settled: Mapping[UUID, int]) -> list[PartyView]:
    """What is still owed of these documents, nobody else settling it meanwhile; by due date."""
    _lock(actor, list(settled))
    owed = access_owed(actor, Side.SELLER).filter(document_id__in=list(settled))
    return list(owed.order_by("due_on", "document_id"))


def _within(yen: int, left: int, view: PartyView) -> None:
    same_side = (yen > 0) == (left > 0)
    if yen == 0 or not same_side or abs(yen) > abs(left):
        raise MatchUnfit(
            _("Of %(number)s ¥%(left)s is open; ¥%(yen)s cannot be settled.")
            % {"number": view.number, "left": f"{left:,}", "yen": f"{yen:,}"}
        )


def _row(actor: Actor, document_id: UUID, yen: int, *, at: datetime, line: BankLine | None = None) -> Allocation:
    return Allocation(
        company_id=actor.company,
        document_id=document_id,
        line=line,
        kind=Kind.RECEIPT,
        yen=yen,
        made_by=actor.member_id,
        made_name=actor.name,
        at=at,
    )


def _deduct(rows: list[Allocation], fee: int) -> None:
    """Part of what one document is settled by is the fee: the last that is large enough. Raises MatchUnfit."""
    for row in reversed(rows):
        if row.yen > fee:
            row.yen -= fee
            kept = Allocation(
                company_id=row.company_id,
                document_id=row.document_id,
                line=row.line,
                kind=Kind.FEE,
                yen=fee,
                made_by=row.made_by,
                made_name=row.made_name,
                at=row.at,
            )
            rows.append(kept)
            return
    raise MatchUnfit(_("No document is large enough for the fee."))


def _reverse(actor: Actor, standing: Sequence[Allocation], *, reason: str, at: datetime) -> list[str]:
    documents = sorted({row.document_id for row in standing})
    _lock(actor, documents)
    rows = []
    for former in standing:
        row = _row(actor, former.document_id, -former.yen, at=at, line=former.line)
        row.kind, row.reverses, row.reason = former.kind, former, reason.strip()[:500]
        rows.append(row)
    Allocation.objects.bulk_create(rows)
    mark_settled(actor, documents, None)
    return [str(document) for document in documents]


def _settle(actor: Actor, views: Sequence[PartyView], *, at: datetime) -> None:
    sums = access_settled_sums(actor, [view.document_id for view in views])
    done = [view.document_id for view in views if yen_of(view) == sums.get(view.document_id, 0)]
    mark_settled(actor, done, at)


def _learn(actor: Actor, line: BankLine, views: Sequence[PartyView]) -> None:
    """Whose name that is, where all documents are one partner's."""
    parties = {view.counterparty_id for view in views}
    payer = payer_key(line.payer)
    if len(parties) != 1 or not payer:
        return
    partner = access_partners(actor).filter(party_id__in=[party for party in parties if party]).first()
    if partner is None:
        return
    access_payers(actor).filter(payer=payer).exclude(partner=partner).delete()
    names = [PayerName(company_id=actor.company, payer=payer, partner=partner)]
    PayerName.objects.bulk_create(names, ignore_conflicts=True)
