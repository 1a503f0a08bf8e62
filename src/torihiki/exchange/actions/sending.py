"""Sending: a draft becomes the next version, in the sight of the other side."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from torihiki.exchange.access import Seen, access_document, access_draft, access_recipients, access_versions
from torihiki.exchange.actions.attachments import share_files
from torihiki.exchange.actions.counting import count_lines, lock_chain
from torihiki.exchange.actions.drafts import (
    DOCUMENT,
    fitting_recipients,
    made_already,
    own_details,
    validated,
)
from torihiki.exchange.actions.sources import in_view_of_sources, sources_of
from torihiki.exchange.actions.steps import move_document
from torihiki.exchange.actions.versions import payload_of, store_version
from torihiki.exchange.approvals.ending import DRAFT_STATE
from torihiki.exchange.approvals.requests import is_approved
from torihiki.exchange.approvals.routes import Case, rules_of
from torihiki.exchange.bodies import Body, PartyDetails
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Document, Draft, Link, Partner, PartyView, Recipient, Transition, Version
from torihiki.exchange.numbering import TOKYO, next_number
from torihiki.exchange.refusals import (
    ApprovalMissing,
    ChangedMeanwhile,
    ReasonMissing,
    SourceUnfit,
    StepNotOpen,
)
from torihiki.exchange.specs import Deed, Source
from torihiki.exchange.writing import done_before, sync_views, tell, transition_of
from torihiki.identity.permissions import Action
from torihiki.ledger.models import Entry
from torihiki.ledger.recording import entry_of
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor


def send_document(actor: Actor, document_id: UUID, *, revision: int, at: datetime, key: str = "") -> str:
    """Send the draft as the document's next version and return its number, which the first sending gives.

    Raises BodyInvalid, RecipientUnfit, ApprovalMissing, ChangedMeanwhile, StepNotOpen; then nothing was sent.
    """
    with attempt(ExchangeEvent.SENT, actor, subject_type=DOCUMENT, subject_id=document_id):
        if done_before(actor, key, f"send {document_id}", document_id, at=at):
            return access_document(actor, document_id).document.number
        seen = access_document(actor, document_id, to=Action.SEND, lock=True)
        actor = seen.actor
        draft = access_draft(seen)
        if draft is None:
            raise StepNotOpen
        if draft.revision != revision:
            raise ChangedMeanwhile
        document, kind = seen.document, seen.kind
        if document.version > 0 and document.state not in kind.revise_from:
            raise StepNotOpen
        if document.version > 0 and not draft.reason.strip():
            raise ReasonMissing
        issued_on = at.astimezone(TOKYO).date()
        body = validated(kind, draft.body, issuer=own_details(actor), on=issued_on)
        partners = fitting_recipients(actor, kind, draft.recipients)
        sources = _fitting_sources(seen, draft)
        body = in_view_of_sources(sources, body)
        _approved(seen, draft, Case.of(kind, body, draft.recipients, seen.view.unit_id, on=issued_on))
        if document.version == 0:
            document.number = next_number(actor.company, kind, at=at)
            document.issued_on = issued_on
            _write_recipients(document, partners)
        version, lines = _write_version(seen, body, partners, reason=draft.reason, at=at)
        companies = [partner.party.company_id for partner in partners if partner.party.company_id]
        share_files(actor, document.pk, version.number, companies)
        move_document(document, kind, kind.sent_state, at=at, sent=True)
        if document.version > 1:
            reset = document.recipients.filter(owner_id=actor.company).exclude(state__in=kind.kept_on_revision)
            reset.update(state="", state_since=None, waits_for="")
        PartyView.objects.filter(company_id=actor.company, document_id=document.pk).update(internal_state="")
        if version.number == 1:
            _link_sources(seen, sources, at=at)
        amounts = {line["line_id"]: line["amount"] for line in lines}
        origin_ids = [(source, origin.document.pk) for source, origin in sources]
        count_lines(seen, origin_ids, version.number, body, amounts, at=at)
        name = "send" if version.number == 1 else "revise"
        origins = {source.link: origin.document for source, origin in sources}
        deed = Deed(actor, document, kind, name, at, body=body, origins=origins)
        touched = touch_sources(deed, sources) if version.number == 1 else []
        if kind.sending is not None:
            kind.sending(deed)
        Transition.objects.bulk_create(
            [transition_of(actor, document, name, at=at, reason=draft.reason), *deed.followed]
        )
        draft.delete()
        sync_views(document.pk, *touched, *(step.document_id for step in deed.followed))
        tell(actor, "document.sent", document, [partner.party.company_id for partner in partners], at=at)
        sent_entry(actor, document, version, at=at).save(force_insert=True)
    return document.number


def sent_entry(actor: Actor, document: Document, version: Version, *, at: datetime) -> Entry:
    """What the ledger says of a sending, not stored yet."""
    return entry_of(
        ExchangeEvent.SENT,
        actor,
        at=at,
        subject_type=DOCUMENT,
        subject_id=document.pk,
        subject_label=document.number,
        data={
            "kind": document.kind,
            "number": document.number,
            "version": version.number,
            "sha256": version.sha256,
        },
    )


def _approved(seen: Seen, draft: Draft, case: Case) -> None:
    """Raises ApprovalMissing where this needs an approval, and where one was asked for that is not there yet."""
    if is_approved(seen, draft):
        return
    if seen.view.internal_state != DRAFT_STATE or rules_of(seen.actor).need(case) is not None:
        raise ApprovalMissing


def _fitting_sources(seen: Seen, draft: Draft) -> list[tuple[Source, Seen]]:
    """What it is made from, kept from others. A source may have moved on since the draft was begun: a quote withdrawn,
    an RFQ closed, an invoice made twice. A new version keeps the sources of the first, wherever they stand now."""
    found = sources_of(seen, draft, lock=True)
    first = seen.document.version == 0
    for source, source_seen in found:
        if first and source_seen.view.state not in source.states:
            raise StepNotOpen
        if first and not source.many and made_already(seen.kind, source, source_seen, but=seen.document.pk):
            raise SourceUnfit
        lock_chain(seen.actor, source, source_seen.document.pk)
    return found


def _write_version(
    seen: Seen, body: Body, partners: Sequence[Partner], *, reason: str, at: datetime
) -> tuple[Version, list[dict[str, Any]]]:
    document, kind = seen.document, seen.kind
    assert document.issued_on is not None, "a sent document has a date"
    former = access_versions(seen).first()
    previous = former.sha256 if former else ""
    files = seen.document.attachments.filter(company_id=seen.actor.company, purpose="attachment").order_by("at", "id")
    payload, totals = payload_of(
        kind,
        number=document.number,
        version=document.version + 1,
        issued_on=document.issued_on,
        issuer=own_details(seen.actor),
        recipient=None if kind.several_recipients else PartyDetails.model_validate(partners[0].party.details),
        body=body,
        previous=previous,
        files=[{"id": str(file.pk), "name": file.name, "sha256": file.sha256} for file in files],
    )
    return store_version(
        document, kind, payload, body, totals, number=document.version + 1, previous=previous, reason=reason, at=at
    )


def _write_recipients(document: Document, partners: Sequence[Partner]) -> None:
    Recipient.objects.bulk_create(recipients_of(document, partners))


def recipients_of(document: Document, partners: Sequence[Partner]) -> list[Recipient]:
    """The recipients in order, not stored yet."""
    return [
        Recipient(
            document_id=document.pk,
            owner_id=document.owner_id,
            party_id=partner.party_id,
            company_id=partner.party.company_id,
            position=position,
        )
        for position, partner in enumerate(partners)
    ]


def _link_sources(seen: Seen, sources: Sequence[tuple[Source, Seen]], *, at: datetime) -> None:
    links = [source_link(seen.actor, source, seen.document.pk, origin.document.pk, at=at) for source, origin in sources]
    Link.objects.bulk_create(links, ignore_conflicts=True)


def source_link(actor: Actor, source: Source, document_id: UUID, origin_id: UUID, *, at: datetime) -> Link:
    """That the document is made from that origin, not stored yet."""
    return Link(company_id=actor.company, name=source.link, source_id=document_id, target_id=origin_id, created_at=at)


def touch_sources(deed: Deed, sources: Sequence[tuple[Source, Seen]]) -> list[UUID]:
    """What a first sending does to what it was made from. Returns those documents, whose views may have changed."""
    touched = []
    for source, seen in sources:
        if source.effect is not None:
            recipient = access_recipients(seen).filter(company_id=deed.actor.company).first()
            source.effect(
                replace(
                    deed,
                    document=seen.document,
                    kind=seen.kind,
                    step=source.link,
                    recipient=recipient,
                    body=None,
                    origins={},
                )
            )
        touched.append(seen.document.pk)
    return touched
