"""Documents: found, read, written, sent, and moved by steps."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from torihiki.api.operations import Answer, ApiRequest, operation
from torihiki.api.paging import page
from torihiki.api.problems import Mistake, Problem
from torihiki.exchange.access import access_document, access_views
from torihiki.exchange.actions.drafts import (
    discard_draft,
    save_draft,
    start_draft,
    start_revision,
)
from torihiki.exchange.actions.issuing import issue_document
from torihiki.exchange.actions.remarks import comment
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import take_step
from torihiki.exchange.api import shapes, states
from torihiki.exchange.api.keys import once
from torihiki.exchange.approvals.requests import approve_draft, return_draft, submit_draft
from torihiki.exchange.models import PartyView
from torihiki.exchange.refusals import ChangedMeanwhile, StepNotOpen
from torihiki.exchange.searching import BOX_CONDITIONS, BY_CHANGE, search_views
from torihiki.exchange.specs import KINDS, Kind
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

TAG = _("Documents")
CONDITIONS = {
    "role": "role",
    "kind": "kind",
    "state": "state",
    "counterparty": "counterparty_id",
    "in_charge": "assignee_id",
    "unit": "unit_id",
    "number": "number",
    "issued_from": "issued_on__gte",
    "issued_to": "issued_on__lte",
    "amount_from": "amount_minor__gte",
    "amount_to": "amount_minor__lte",
    "changed_since": "changed_at__gte",
}


@operation(
    "GET",
    permission="read",
    tag=TAG,
    summary=_("Find documents"),
    query=shapes.DocumentQuery,
    answer=shapes.DocumentPage,
)
def find_documents(request: ApiRequest, *, query: shapes.DocumentQuery) -> shapes.DocumentPage:
    views = _filtered(request.actor, query)
    newest = query.order == "newest"
    rows, cursor = page(views, BY_CHANGE, cursor=query.cursor, size=query.limit, newest_first=newest)
    return shapes.DocumentPage.model_construct(items=[states.summary(view) for view in rows], cursor=cursor)


@operation(
    "POST",
    permission="draft",
    tag=TAG,
    summary=_("Write a document, and send it if wanted"),
    body=shapes.NewDocument,
    answer=shapes.Receipt,
    status=201,
    keyed=True,
    problems=(404, 409),
)
def create_document(request: ApiRequest, *, body: shapes.NewDocument) -> Answer:
    now, kind, document_id = timezone.now(), kind_named(body.kind), new_id()

    def write() -> shapes.Receipt:
        wanted: dict[str, Any] = {"body": body.body, "recipients": body.recipients, "source_id": body.source}
        if body.send:
            issued = issue_document(request.actor, kind, **wanted, at=now, document_id=document_id)
            return states.issued_receipt(issued)
        start_draft(request.actor, kind, **wanted, at=now, document_id=document_id)
        return states.receipt(request, document_id)

    return once(request, document_id, write, at=now, location=_address)


@operation(
    "GET", permission="read", tag=TAG, summary=_("Read a document with all that may be done with it"),
    answer=shapes.DocumentState,
)  # fmt: skip
def get_document(request: ApiRequest, document_id: UUID) -> Answer:
    state, etag = states.state(access_document(request.actor, document_id))
    return Answer(state, etag=etag)


@operation(
    "PATCH",
    permission="draft",
    tag=TAG,
    summary=_("Change a draft"),
    body=shapes.DraftChange,
    answer=shapes.Receipt,
    conditional="needed",
    problems=(409,),
)
def change_draft(request: ApiRequest, document_id: UUID, *, body: shapes.DraftChange) -> Answer:
    _seen, draft = states.matched(request, document_id)
    if draft is None:
        raise StepNotOpen
    try:
        save_draft(
            request.actor,
            document_id,
            body=draft.body if body.body is None else body.body,
            recipients=draft.recipients if body.recipients is None else body.recipients,
            reason=draft.reason if body.reason is None else body.reason,
            revision=draft.revision,
            at=timezone.now(),
        )
    except ChangedMeanwhile as refusal:
        raise states.SeenBefore from refusal
    receipt = states.receipt(request, document_id)
    return Answer(receipt, etag=receipt.etag)


@operation(
    "DELETE",
    permission="draft",
    tag=TAG,
    summary=_("Discard what is not sent"),
    status=204,
    conditional="possible",
    problems=(409,),
)
def discard_document(request: ApiRequest, document_id: UUID) -> None:
    states.matched(request, document_id)
    discard_draft(request.actor, document_id, at=timezone.now())


@operation(
    "POST",
    permission="read",
    tag=TAG,
    summary=_("Act on a document"),
    description=_(
        "The kernel’s own actions are send, submit, approve, return and revise; all others are the steps of its kind."
        " What is open now stands in the document’s “actions”."
    ),
    body=shapes.ActionRequest,
    answer=shapes.Receipt,
    keyed=True,
    conditional="possible",
    problems=(409, 428),
)
def act_on_document(request: ApiRequest, document_id: UUID, name: str, *, body: shapes.ActionRequest) -> Answer:
    now = timezone.now()

    def act() -> shapes.Receipt:
        own = OWN_ACTIONS.get(name)
        try:
            if own is not None:
                own(request, document_id, body, now)
            else:
                _step(request, document_id, name, body, now)
        except ChangedMeanwhile as refusal:
            raise (states.SeenBefore() if request.etag else refusal) from refusal
        return states.receipt(request, document_id)

    return once(request, document_id, act, at=now)


@operation("GET", permission="read", tag=TAG, summary=_("Read the comments"), answer=shapes.CommentList)
def list_comments(request: ApiRequest, document_id: UUID) -> shapes.CommentList:
    return states.comments(access_document(request.actor, document_id))


@operation(
    "POST",
    permission="respond",
    tag=TAG,
    summary=_("Write a comment"),
    body=shapes.NewComment,
    answer=shapes.CommentInfo,
    status=201,
    keyed=True,
    problems=(409,),
)
def create_comment(request: ApiRequest, document_id: UUID, *, body: shapes.NewComment) -> Answer:
    now = timezone.now()

    def write() -> shapes.CommentInfo:
        seen = access_document(request.actor, document_id)
        row = comment(
            request.actor,
            document_id,
            text=body.text,
            shared=body.shared,
            audience=states.audience(seen, body.recipient),
            line_id=body.line,
            at=now,
        )
        assert row is not None, "without a key of its own it is always written"
        return states.comment_info(seen, row)

    return once(request, document_id, write, at=now)


def _filtered(actor: Actor, query: shapes.DocumentQuery) -> QuerySet[PartyView]:
    views = access_views(actor).select_related("assignee", "unit")
    if query.box:
        views = views.filter(BOX_CONDITIONS[query.box])
    wanted = {CONDITIONS[name]: value for name in CONDITIONS if (value := getattr(query, name)) is not None}
    views = views.filter(**wanted)
    return search_views(actor, views, query.q) if query.q else views


def _address(document_id: UUID) -> str:
    return reverse("api-document", args=[document_id])


def kind_named(code: str, *, parameter: str = "") -> Kind:
    """Raises Problem 422 that points to the body's `kind`, or to the query's parameter."""
    if code not in KINDS:
        pointer = "" if parameter else "#/kind"
        mistake = Mistake(str(_("There is no such kind.")), "kind", pointer, parameter)
        raise Problem(422, "request_invalid", _("Correct the marked fields."), [mistake])
    return KINDS[code]


# ---- actions


def _send(request: ApiRequest, document_id: UUID, body: shapes.ActionRequest, at: datetime) -> None:
    send_document(request.actor, document_id, revision=_revision(request, document_id, body), at=at)


def _submit(request: ApiRequest, document_id: UUID, body: shapes.ActionRequest, at: datetime) -> None:
    submit_draft(request.actor, document_id, revision=_revision(request, document_id, body), at=at)


def _approve(request: ApiRequest, document_id: UUID, body: shapes.ActionRequest, at: datetime) -> None:
    states.matched(request, document_id)
    if body.sha256 is None:
        raise _missing("sha256")
    approve_draft(request.actor, document_id, sha256=body.sha256, comment=body.reason, at=at)


def _return(request: ApiRequest, document_id: UUID, body: shapes.ActionRequest, at: datetime) -> None:
    states.matched(request, document_id)
    return_draft(request.actor, document_id, reason=body.reason, at=at)


def _revise(request: ApiRequest, document_id: UUID, body: shapes.ActionRequest, at: datetime) -> None:
    states.matched(request, document_id)
    start_revision(request.actor, document_id, at=at)


def _step(request: ApiRequest, document_id: UUID, name: str, body: shapes.ActionRequest, at: datetime) -> None:
    version = body.version
    if request.etag or version is None:
        seen, _draft = states.matched(request, document_id)
        if version is None and not request.etag and seen.kind.step(name):
            raise _missing("version")
        version = seen.document.version if version is None else version
    take_step(request.actor, document_id, name, at=at, version=version, reason=body.reason, recipient_id=body.recipient)


def _revision(request: ApiRequest, document_id: UUID, body: shapes.ActionRequest) -> int:
    if body.revision is not None and not request.etag:
        return body.revision
    _seen, draft = states.matched(request, document_id)
    if body.revision is None and not request.etag:
        raise _missing("revision")
    if draft is None:
        raise StepNotOpen
    return draft.revision if body.revision is None else body.revision


def _missing(member: str) -> Problem:
    words = _("Say which state you saw, by this member or by If-Match.")
    return Problem(428, "state_missing", words, [Mistake(str(words), "missing", f"#/{member}")])


OWN_ACTIONS: dict[str, Callable[[ApiRequest, UUID, shapes.ActionRequest, datetime], Any]] = {
    "send": _send,
    "submit": _submit,
    "approve": _approve,
    "return": _return,
    "revise": _revise,
}
