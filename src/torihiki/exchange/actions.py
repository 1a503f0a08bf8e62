"""Everything that one side does in the sight of the other: send, take a step, comment, open; one transaction and one
ledger entry each."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.access import Seen, access_document, access_draft, access_recipients, access_versions
from torihiki.exchange.attachments import share_files
from torihiki.exchange.bodies import Body, PartyDetails, Totals
from torihiki.exchange.drafts import DOCUMENT, READY, body_sha256, fitting_recipients, own_details, validated
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Comment, Document, Draft, Line, Link, Partner, PartyView, Recipient, Version
from torihiki.exchange.numbering import TOKYO, next_number
from torihiki.exchange.papers import FORMAT
from torihiki.exchange.refusals import (
    ApprovalMissing,
    ChangedMeanwhile,
    DocumentNotVisible,
    ReasonMissing,
    RecipientUnfit,
    StepNotOpen,
)
from torihiki.exchange.specs import ISSUER, RECEIVER, SYSTEM, Deed, Kind, Source, Step
from torihiki.exchange.writing import done_before, sync_views, tell, write_transition
from torihiki.identity.models import Company
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.canonical import canonical_json
from torihiki.lib.ids import new_id
from torihiki.lib.money import minor_units
from torihiki.tenancy.actor import Actor

COMMENT_LENGTH_MAX = 4_000
SEARCH_LENGTH_MAX = 2_000


def send_document(actor: Actor, document_id: UUID, *, revision: int, at: datetime, key: str = "") -> str:
    """Send the draft as the document's next version and return its number, which the first sending gives.

    Raises BodyInvalid, RecipientUnfit, ApprovalMissing, ChangedMeanwhile, StepNotOpen; then nothing was sent.
    """
    with attempt(ExchangeEvent.SENT, actor, subject_type=DOCUMENT, subject_id=document_id):
        if done_before(actor, key, f"send {document_id}", document_id, at=at):
            return access_document(actor, document_id).document.number
        seen = access_document(actor, document_id, to=Action.SEND, lock=True)
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
        _approved(seen, draft)
        issued_on = at.astimezone(TOKYO).date()
        body = validated(kind, draft.body, issuer=own_details(actor), on=issued_on)
        partners = fitting_recipients(actor, kind, draft.recipients)
        _fitting_source(kind, seen, draft)
        if document.version == 0:
            document.number = next_number(actor.company, kind, at=at)
            document.issued_on = issued_on
            _write_recipients(document, partners)
        version = _write_version(seen, body, partners, reason=draft.reason, at=at)
        companies = [partner.party.company_id for partner in partners if partner.party.company_id]
        share_files(actor, document.pk, version.number, companies)
        _move(document, kind, kind.sent_state, at=at)
        if document.version > 1:
            document.recipients.filter(owner_id=actor.company).update(state="", state_since=None, waits_for="")
        PartyView.objects.filter(company_id=actor.company, document_id=document.pk).update(internal_state="")
        write_transition(actor, document, "send" if version.number == 1 else "revise", at=at, reason=draft.reason)
        touched = _link_sources(seen, draft, at=at)
        draft.delete()
        sync_views(document.pk, *touched)
        tell(actor, "document.sent", document, [partner.party.company_id for partner in partners], at=at)
        record(
            ExchangeEvent.SENT,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document.pk,
            subject_label=document.number,
            data={"kind": kind.code, "number": document.number, "version": version.number, "sha256": version.sha256},
        )
    return document.number


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
        step = _step_named(actor, document_id, name)
        seen = access_document(actor, document_id, to=step.action, lock=True)
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


def comment(
    actor: Actor,
    document_id: UUID,
    *,
    text: str,
    shared: bool,
    at: datetime,
    audience: UUID | None = None,
    line_id: str = "",
) -> None:
    """Write a remark: internal, or shared with the other side (with `audience` only, where there are several).

    A recipient of a document that went to several always speaks to its issuer alone. Raises StepNotOpen for a shared
    remark on what was never sent, RecipientUnfit for an unknown audience.
    """
    with attempt(ExchangeEvent.COMMENTED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.RESPOND, lock=True)
        if not text.strip():
            raise ReasonMissing
        if shared and seen.document.version == 0:
            raise StepNotOpen
        if shared:
            audience = _audience(seen, audience)
        row = Comment(
            id=new_id(),
            document_id=document_id,
            company_id=actor.company,
            company_name=actor.company_name,
            member_name=actor.name,
            text=text.strip()[:COMMENT_LENGTH_MAX],
            line_id=line_id[:40],
            shared=shared,
            audience_id=audience if shared else None,
            at=at,
        )
        Comment.objects.bulk_create([row])
        if shared:
            tell(actor, "document.commented", seen.document, _others(seen, row.audience_id), at=at)
        record(
            ExchangeEvent.COMMENTED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=seen.document.number,
            data={"comment": row.pk, "shared": shared, "sha256": sha256_hex(row.text.encode())},
        )


def mark_opened(actor: Actor, document_id: UUID, *, at: datetime) -> None:
    """Note that the document was read; the first opening by a recipient is shown to the issuer."""
    seen = access_document(actor, document_id)
    if seen.view.read_at is None:
        PartyView.objects.filter(company_id=actor.company, document_id=document_id).update(read_at=at)
    if seen.view.role != RECEIVER or seen.document.from_outside:
        return
    first = Recipient.objects.filter(document_id=document_id, company_id=actor.company, opened_at=None).update(
        opened_at=at
    )
    if first:
        record(
            ExchangeEvent.OPENED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=seen.document.number,
        )


def payload_of(
    kind: Kind,
    *,
    number: str,
    version: int,
    issued_on: date,
    issuer: PartyDetails,
    recipient: PartyDetails | None,
    body: Body,
    previous: str,
    files: Sequence[dict[str, Any]] = (),
) -> tuple[bytes, Totals | None]:
    """The canonical bytes of a version (RFC 8785), and its sums."""
    totals = kind.totals(body, issued_on) if kind.totals else None
    payload = {
        "format": FORMAT,
        "kind": kind.code,
        "number": number,
        "version": version,
        "issued_on": issued_on,
        "issuer": issuer.model_dump(mode="json"),
        "recipient": recipient.model_dump(mode="json") if recipient else None,
        "body": body.model_dump(mode="json"),
        "totals": totals.model_dump(mode="json") if totals else None,
        "files": list(files),
        "previous_sha256": previous,
    }
    return canonical_json(payload), totals


def store_version(
    document: Document,
    kind: Kind,
    payload: bytes,
    body: Body,
    totals: Totals | None,
    *,
    number: int,
    previous: str,
    reason: str,
    at: datetime,
) -> Version:
    """Write a version with its lines, and bring the document's shared columns up to it."""
    version = Version(
        id=new_id(),
        document_id=document.pk,
        number=number,
        payload=payload,
        sha256=sha256_hex(payload),
        previous_sha256=previous,
        reason=reason,
        sent_at=at,
    )
    Version.objects.bulk_create([version])
    lines = list(getattr(body, "lines", ()))
    amounts = totals.lines if totals else [None] * len(lines)
    Line.objects.bulk_create(
        [
            Line(
                version_id=version.pk,
                document_id=document.pk,
                version_number=number,
                position=position,
                line_id=line.line_id,
                item_code=line.item_code,
                description=line.description[:200],
                quantity=_fitting(getattr(line, "quantity", None)),
                unit=line.unit,
                unit_price=_fitting(getattr(line, "unit_price", None)),
                amount=amount,
            )
            for position, (line, amount) in enumerate(zip(lines, amounts, strict=False), start=1)
        ],
        batch_size=500,
    )
    document.version = number
    document.subject = getattr(body, "subject", "")[:200]
    document.currency = getattr(body, "currency", "JPY")
    document.amount_minor = minor_units(totals.gross, document.currency) if totals else None
    document.due_on = kind.due(body) if kind.due else None
    words = [document.subject, *(f"{line.item_code} {line.description}" for line in lines)]
    document.search = " ".join(words)[:SEARCH_LENGTH_MAX]
    return version


def _write_version(seen: Seen, body: Body, partners: Sequence[Partner], *, reason: str, at: datetime) -> Version:
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
        files=[{"id": file.pk, "name": file.name, "sha256": file.sha256} for file in files],
    )
    return store_version(
        document, kind, payload, body, totals, number=document.version + 1, previous=previous, reason=reason, at=at
    )


def _write_recipients(document: Document, partners: Sequence[Partner]) -> None:
    Recipient.objects.bulk_create(
        [
            Recipient(
                document_id=document.pk,
                owner_id=document.owner_id,
                party_id=partner.party_id,
                company_id=partner.party.company_id,
                position=position,
            )
            for position, partner in enumerate(partners)
        ]
    )


def _approved(seen: Seen, draft: Draft) -> None:
    needed = seen.kind.code in Company.objects.values_list("approval_kinds", flat=True).get(pk=seen.actor.company)
    if not needed and not seen.view.internal_state == READY:
        if seen.view.internal_state != "draft":
            raise ApprovalMissing
        return
    if seen.view.internal_state != READY or draft.approved_sha256 != body_sha256(draft):
        raise ApprovalMissing


def _fitting_source(kind: Kind, seen: Seen, draft: Draft) -> None:
    """A source may have moved on since the draft was begun: a quote withdrawn, an RFQ closed, an invoice made twice."""
    for origin in draft.sources:
        source, source_seen = _source_of(kind, seen.actor, origin, lock=True)
        if source_seen.view.state not in source.states:
            raise StepNotOpen
        others = Link.objects.filter(target_id=source_seen.document.pk, name=source.link, company_id=seen.actor.company)
        if (
            not source.many
            and others.exclude(source__state__in=_void(kind)).exclude(source_id=seen.document.pk).exists()
        ):
            raise StepNotOpen


def _link_sources(seen: Seen, draft: Draft, *, at: datetime) -> list[UUID]:
    touched = []
    for origin in draft.sources:
        source, source_seen = _source_of(seen.kind, seen.actor, origin)
        Link.objects.bulk_create(
            [
                Link(
                    company_id=seen.actor.company,
                    name=source.link,
                    source_id=seen.document.pk,
                    target_id=source_seen.document.pk,
                    created_at=at,
                )
            ],
            ignore_conflicts=True,
        )
        if source.effect is not None:
            recipient = access_recipients(source_seen).filter(company_id=seen.actor.company).first()
            source.effect(Deed(seen.actor, source_seen.document, source_seen.kind, source.link, at, recipient))
        touched.append(source_seen.document.pk)
    return touched


def _source_of(kind: Kind, actor: Actor, origin: dict[str, str], *, lock: bool = False) -> tuple[Source, Seen]:
    seen = access_document(actor, UUID(origin["document"]), lock=lock)
    return next(s for s in kind.sources if s.kind == seen.view.kind and s.link == origin["link"]), seen


def _void(kind: Kind) -> list[str]:
    return [state.code for state in kind.states if state.code in ("cancelled", "withdrawn", "declined", "expired")]


def _step_named(actor: Actor, document_id: UUID, name: str) -> Step:
    step = access_document(actor, document_id).kind.step(name)
    if step is None:
        raise StepNotOpen
    return step


def _concerned(seen: Seen, step: Step, recipient_id: UUID | None) -> Recipient | None:
    if not step.per_recipient:
        return None
    rows = access_recipients(seen)
    row = (
        rows.filter(company_id=seen.actor.company).first()
        if seen.view.role == RECEIVER
        else rows.filter(pk=recipient_id).first()
    )
    if row is None:
        raise DocumentNotVisible
    return row


def _carry_out(seen: Seen, step: Step, recipient: Recipient | None, *, reason: str, at: datetime) -> None:
    actor, document = seen.actor, seen.document
    if recipient is not None:
        move_recipient(recipient, seen.kind, step.target, at=at)
        audience = document.owner_id if seen.view.role == RECEIVER else recipient.company_id
    else:
        _move(document, seen.kind, step.target, at=at)
        audience = None
    behalf = _on_behalf(seen, step)
    write_transition(
        actor, document, step.name, at=at, reason=reason, audience=audience, on_behalf_of=behalf, to_state=step.target
    )
    if step.effect is not None:
        step.effect(Deed(actor, document, seen.kind, step.name, at, recipient))
    sync_views(document.pk)
    tell(actor, f"document.{step.name}", document, _others(seen, audience), at=at)
    record(
        ExchangeEvent.STEP,
        actor,
        at=at,
        subject_type=DOCUMENT,
        subject_id=document.pk,
        subject_label=document.number,
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


def _move(document: Document, kind: Kind, state: str, *, at: datetime) -> None:
    document.state, document.state_since, document.changed_at = state, at, at
    document.waits_for = kind.state(state).waits_for
    document.save(
        update_fields=[
            "number",
            "state",
            "state_since",
            "waits_for",
            "version",
            "subject",
            "issued_on",
            "due_on",
            "currency",
            "amount_minor",
            "search",
            "changed_at",
        ]
    )


def move_recipient(recipient: Recipient, kind: Kind, state: str, *, at: datetime) -> None:
    """Give one recipient a state of its own; the document's row stays as it is, so that no other recipient notices."""
    recipient.state, recipient.state_since = state, at
    recipient.waits_for = kind.state(state).waits_for or "nobody"
    recipient.save(update_fields=["state", "state_since", "waits_for"])


def _allowed(seen: Seen, step: Step) -> bool:
    needed = Action.SYSTEM if step.by == SYSTEM else step.action
    return seen.actor.may(seen.kind.permission(needed))


def _on_behalf(seen: Seen, step: Step) -> str:
    if step.by in (seen.view.role, SYSTEM):
        return ""
    if seen.view.role == ISSUER:
        return ", ".join(row.party.name for row in access_recipients(seen))[:200]
    return seen.document.issuer.name


def _audience(seen: Seen, wanted: UUID | None) -> UUID | None:
    if seen.view.role == RECEIVER:
        return seen.document.owner_id if seen.kind.several_recipients else None
    if wanted is None:
        return None
    if not access_recipients(seen).filter(company_id=wanted).exists():
        raise RecipientUnfit("")
    return wanted


def _others(seen: Seen, audience: UUID | None) -> list[UUID | None]:
    """The companies to be told: the one addressed, or all others that have the document."""
    if audience is not None:
        return [audience]
    companies = {row.company_id for row in access_recipients(seen) if row.company_id}
    if not seen.document.from_outside:
        companies.add(seen.document.owner_id)
    return sorted(companies - {seen.actor.company})  # type: ignore[return-value]


def _fitting(value: Any) -> Any:
    """Line columns are an index with four decimals; the exact value stays in the version's payload."""
    return None if value is None else round(value, 4)
