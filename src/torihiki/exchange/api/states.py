"""Where a document stands, in the shapes of the API."""

import json
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext as _

from torihiki.api.operations import ApiRequest
from torihiki.exchange.access import (
    Seen,
    access_attachments,
    access_comments,
    access_document,
    access_draft,
    access_links,
    access_recipients,
    access_versions,
)
from torihiki.exchange.actions.drafts import body_sha256, usable_source
from torihiki.exchange.actions.steps import open_steps
from torihiki.exchange.api import shapes
from torihiki.exchange.approvals.ending import IN_APPROVAL
from torihiki.exchange.approvals.shown import ShownRequest, shown_request
from torihiki.exchange.bodies import Totals
from torihiki.exchange.models import Attachment, Comment, Document, Draft, PartyView, Recipient, Version
from torihiki.exchange.refusals import ChangedMeanwhile, RecipientUnfit
from torihiki.exchange.searching import amount_of
from torihiki.exchange.specs import DRAFT, ISSUER, KINDS
from torihiki.identity.permissions import Action
from torihiki.ledger.refusals import Refused


class SeenBefore(Refused):
    """If-Match names a state that is no longer the present one (RFC 9110, 13.1.1)."""

    status = 412
    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(ChangedMeanwhile().message)


def etag_of(view: PartyView, version: int, draft: Draft | None) -> str:
    """What this company can see changing: the newest version, its own draft, the last change of state."""
    return etag(version, draft.revision if draft else 0, view.changed_at)


def etag(version: int, revision: int, changed_at: datetime) -> str:
    return f"{version}.{revision}.{int(changed_at.timestamp() * 1_000_000):x}"


def matched(request: ApiRequest, document_id: UUID) -> tuple[Seen, Draft | None]:
    """The document and its draft, as If-Match says that they were seen. Raises SeenBefore, DocumentNotVisible."""
    seen = access_document(request.actor, document_id)
    draft = access_draft(seen)
    if request.etag and request.etag != etag_of(seen.view, seen.document.version, draft):
        raise SeenBefore
    return seen, draft


def receipt(request: ApiRequest, document_id: UUID) -> shapes.Receipt:
    seen = access_document(request.actor, document_id)
    draft = access_draft(seen) if seen.view.internal_state else None
    view = seen.view
    return shapes.Receipt(
        id=document_id,
        kind=view.kind,
        number=view.number,
        state=view.state,
        internal_state=view.internal_state,
        version=seen.document.version,
        revision=draft.revision if draft else 0,
        etag=etag_of(view, seen.document.version, draft),
    )


def issued_receipt(document: Document) -> shapes.Receipt:
    """Of a document that was just issued: its view has its own state and time."""
    return shapes.Receipt(
        id=document.pk,
        kind=document.kind,
        number=document.number,
        state=document.state,
        internal_state="",
        version=document.version,
        revision=0,
        etag=etag(document.version, 0, document.changed_at),
    )


def summary(view: PartyView) -> shapes.DocumentSummary:
    return shapes.DocumentSummary.model_construct(**_summary(view))


def state(seen: Seen) -> tuple[shapes.DocumentState, str]:
    """Everything of the document, and its ETag."""
    versions = list(access_versions(seen).defer("payload")[1:]) if seen.view.version_shown else []
    newest = access_versions(seen).first()
    draft = access_draft(seen)
    approval = shown_request(seen) if draft else None
    recipients = list(access_recipients(seen))
    sent = json.loads(bytes(newest.payload)) if newest else {}
    found = shapes.DocumentState.model_construct(
        **_summary(seen.view),
        from_outside=seen.document.from_outside,
        body=sent.get("body"),
        totals=Totals.model_validate(sent["totals"]) if sent.get("totals") else None,
        issuer=sent.get("issuer"),
        recipient=sent.get("recipient"),
        recipients=[_recipient(seen, row) for row in recipients],
        versions=[_version(row) for row in ([newest] if newest else []) + versions],
        draft=_draft(draft, approval) if draft else None,
        actions=_actions(seen, draft, approval, recipients),
        follow_ups=_follow_ups(seen),
        links=_links(seen),
        exports=[export.code for export in seen.kind.exports] if newest else [],
    )
    return found, etag_of(seen.view, seen.document.version, draft)


def audience(seen: Seen, recipient_id: UUID | None) -> UUID | None:
    """The company behind a recipient. Raises RecipientUnfit for an unknown one, or one that is not on the platform."""
    if recipient_id is None:
        return None
    row = access_recipients(seen).filter(pk=recipient_id).first()
    if row is None or row.company_id is None:
        raise RecipientUnfit(_("There is no such recipient who could read this here."))
    return row.company_id


def comments(seen: Seen) -> shapes.CommentList:
    return shapes.CommentList(items=[comment_info(seen, row) for row in access_comments(seen)])


def comment_info(seen: Seen, row: Comment) -> shapes.CommentInfo:
    return shapes.CommentInfo(
        id=row.pk,
        company=row.company_name,
        author=row.member_name,
        own=row.company_id == seen.actor.company,
        text=row.text,
        line=row.line_id,
        shared=row.shared,
        at=row.at,
    )


def files(seen: Seen) -> shapes.FileList:
    return shapes.FileList(items=[file_info(row) for row in access_attachments(seen)])


def file_info(row: Attachment) -> shapes.FileInfo:
    return shapes.FileInfo(
        id=row.pk,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        purpose=cast(Any, row.purpose),
        shared_from=row.shared_from,
        at=row.at,
    )


def _summary(view: PartyView) -> dict[str, Any]:
    named = None
    if view.counterparty_id:
        more = max(view.counterparties - 1, 0)
        named = shapes.Counterparty(party=view.counterparty_id, name=view.counterparty_name, more=more)
    return {
        "id": view.document_id,
        "kind": view.kind,
        "role": view.role,
        "number": view.number,
        "subject": view.subject,
        "state": view.state,
        "state_since": view.state_since,
        "waiting": view.waiting if view.waiting in ("us", "them") else "",
        "internal_state": view.internal_state,
        "version": view.version_shown,
        "issued_on": view.issued_on,
        "due_on": view.due_on,
        "currency": view.currency,
        "amount": amount_of(view),
        "counterparty": named,
        "in_charge": shapes.Named(id=view.assignee.pk, name=view.assignee.name) if view.assignee else None,
        "unit": shapes.Named(id=view.unit.pk, name=view.unit.name) if view.unit else None,
        "unread": view.read_at is None,
        "changed_at": view.changed_at,
    }


def _recipient(seen: Seen, row: Recipient) -> shapes.RecipientState:
    return shapes.RecipientState(
        id=row.pk,
        party=row.party_id,
        name=row.party.name,
        state=row.state or seen.document.state,
        state_since=row.state_since,
        opened_at=row.opened_at,
    )


def _version(row: Version) -> shapes.VersionInfo:
    return shapes.VersionInfo(
        number=row.number,
        sha256=row.sha256,
        previous_sha256=row.previous_sha256,
        reason=row.reason,
        sent_at=row.sent_at,
    )


def _draft(draft: Draft, approval: ShownRequest | None) -> shapes.DraftState:
    return shapes.DraftState(
        revision=draft.revision,
        body=draft.body,
        recipients=draft.recipients,
        reason=draft.reason,
        sha256=body_sha256(draft),
        approval=_approval(approval) if approval else None,
        returned_reason=draft.returned_reason,
        edited_by=draft.edited_by,
        edited_at=draft.edited_at,
    )


def _approval(approval: ShownRequest) -> shapes.ApprovalState:
    request = approval.request
    return shapes.ApprovalState(
        route=request.route,
        outcome=request.outcome or "open",
        sha256=request.sha256,
        submitted_by=request.submitted_name,
        submitted_at=request.submitted_at,
        steps=[
            shapes.ApprovalStep(
                name=shown.step.name,
                state=shown.state,
                needed=shown.step.needed,
                approvals=shown.approvals,
                waits_for=shown.waits_for,
            )
            for shown in approval.steps
        ],
    )


def _actions(
    seen: Seen, draft: Draft | None, approval: ShownRequest | None, recipients: list[Recipient]
) -> list[shapes.OpenAction]:
    """What may be tried now: the kernel's own actions first, then the kind's steps."""
    found = [
        shapes.OpenAction(name=name, label="", needs_reason=needs, recipient=None)
        for name, needs in _own(seen, draft, approval)
    ]
    for step in open_steps(seen):
        if not step.per_recipient:
            found.append(_open(step.name, str(step.label), step.needs_reason, None))
    for row in recipients if seen.kind.several_recipients else ():
        for step in open_steps(seen, row):
            if step.per_recipient:
                found.append(_open(step.name, str(step.label), step.needs_reason, row.pk))
    return found


def _open(name: str, label: str, needs_reason: bool, recipient: UUID | None) -> shapes.OpenAction:
    return shapes.OpenAction(name=name, label=label, needs_reason=needs_reason, recipient=recipient)


def _own(seen: Seen, draft: Draft | None, approval: ShownRequest | None) -> list[tuple[str, bool]]:
    actor, kind, internal = seen.actor, seen.kind, seen.view.internal_state
    drafting = actor.may(kind.permission(Action.DRAFT))
    found = []
    if draft is None:
        if drafting and seen.view.role == ISSUER and seen.document.version and seen.document.state in kind.revise_from:
            found.append(("revise", False))
        return found
    if actor.may(kind.permission(Action.SEND)) and internal != IN_APPROVAL:
        found.append(("send", False))
    if drafting and internal == DRAFT:
        found.append(("submit", False))
    if approval is None or internal == DRAFT:
        return found
    own = approval.request.submitted_by_id is not None and approval.request.submitted_by_id == actor.member_id
    asked = bool(approval.chairs) if internal == IN_APPROVAL else actor.may(kind.permission(Action.APPROVE))
    if internal == IN_APPROVAL and asked:
        found.append(("approve", False))
    if drafting and (own or asked):
        found.append(("return", not own))
    return found


def _follow_ups(seen: Seen) -> list[shapes.FollowUp]:
    found = []
    for kind in KINDS.values():
        if source := usable_source(kind, seen):
            found.append(shapes.FollowUp(kind=kind.code, label=str(source.label), link=source.link))
    return found


def _links(seen: Seen) -> list[shapes.LinkedDocument]:
    return [
        shapes.LinkedDocument(
            link=link.name,
            direction="to" if link.source_id == seen.document.pk else "from",
            document=other.document_id,
            kind=other.kind,
            number=other.number,
            state=other.state,
        )
        for link, other in access_links(seen)
    ]
