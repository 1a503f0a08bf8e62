"""One document: the paper on the left; who, when, what next on the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from torihiki.exchange.access import (
    Seen,
    access_attachments,
    access_comments,
    access_document,
    access_draft,
    access_links,
    access_recipients,
    access_transitions,
    access_versions,
)
from torihiki.exchange.actions.charging import may_put_in_charge
from torihiki.exchange.actions.drafts import body_sha256, discard_draft, start_revision, usable_source
from torihiki.exchange.actions.remarks import comment, mark_opened
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import open_steps, take_step
from torihiki.exchange.approvals.requests import approve_draft, return_draft
from torihiki.exchange.approvals.shown import ShownRequest, shown_request
from torihiki.exchange.models import PartyView, Recipient, Transition, Version
from torihiki.exchange.pages.changes import changes_of_draft, changes_of_version, changes_since
from torihiki.exchange.pages.lists import INTERNAL, counterparty
from torihiki.exchange.pages.paper import paper_context
from torihiki.exchange.quantities import progress_of
from torihiki.exchange.refusals import DocumentNotVisible, StepNotOpen
from torihiki.exchange.searching import amount_of
from torihiki.exchange.specs import DRAFT, ISSUER, KINDS, Kind, Source, State, Step
from torihiki.identity.permissions import Action
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.ids import id_of, new_id
from torihiki.web.formats import format_day, format_moment
from torihiki.web.parts import Fact, Moment, Remark

OWN_WORDS = {
    "send": (gettext_lazy("sent it"), "outbox"),
    "revise": (gettext_lazy("sent a new version"), "edit"),
    "submit": (gettext_lazy("submitted it for approval"), "seal"),
    "approve": (gettext_lazy("approved it"), "check-circle"),
    "return": (gettext_lazy("returned it"), "reply"),
    "charge": (gettext_lazy("put somebody in charge"), "person"),
    "put_in_unit": (gettext_lazy("gave it to a unit"), "building"),
    "discharge": (gettext_lazy("left it without a person in charge"), "person"),
    "take_in": (gettext_lazy("took it in from outside"), "download"),
}
"""Moments that every kind has; a kind's own steps bring their words."""


@dataclass(frozen=True)
class Offer:
    """A step that may be taken now, towards one recipient where it concerns one."""

    step: Step
    url: str
    recipient: Recipient | None = None


@dataclass(frozen=True)
class FollowUp:
    """A document that may be made from this one."""

    kind: Kind
    source: Source
    url: str


@desk("read", methods=("GET",))
def document_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    seen = access_document(request.actor, document_id)
    if seen.document.version == 0 and seen.view.internal_state == DRAFT and _may_edit(seen):
        return HttpResponseRedirect(reverse("document-edit", args=[document_id]))
    mark_opened(request.actor, document_id, at=timezone.now())
    return detail(request, seen)


def detail(request: DeskRequest, seen: Seen, *, refusal: Refused | None = None) -> HttpResponse:
    """The page, with a refusal on it where an action was just refused."""
    kind, view, actor = seen.kind, seen.view, seen.actor
    versions = list(access_versions(seen))
    wanted = request.GET.get("version", "")
    shown = next((version for version in versions if str(version.number) == wanted), versions[0] if versions else None)
    draft = access_draft(seen)
    recipients = list(access_recipients(seen))
    open_now, made = offers(seen, recipients), follow_ups(seen)
    approval = shown_request(seen)
    context = {
        "seen": seen,
        "kind": kind,
        "view": view,
        "document": seen.document,
        "state": kind.state(view.state),
        "internal": INTERNAL.get(view.internal_state),
        "is_mine": view.waiting == "us",
        "is_issuer": view.role == ISSUER,
        "counterparty": counterparty(view),
        "version": shown,
        "shown_number": shown.number if shown else 0,
        "versions": versions,
        "draft": draft,
        "draft_sha256": body_sha256(draft) if draft else "",
        "approval": approval,
        "may_approve": approval is not None and bool(approval.chairs),
        "may_return": approval is not None and _may_return(seen, approval),
        "may_take_back": approval is not None and approval.request.submitted_by_id == actor.member_id,
        "since_shown": changes_since(seen, draft, request.POST.get("sha256", "")[:64]) if refusal else [],
        "may_edit": _may_edit(seen),
        "may_send": actor.may(kind.permission(Action.SEND)),
        "may_revise": _may_revise(seen),
        "draft_is_late": seen.document.version > 0 and seen.document.state not in kind.revise_from,
        "revision_is_next": view.waiting == "us" and not made and not any(offer.step.primary for offer in open_now),
        "may_comment": actor.may(kind.permission(Action.RESPOND)),
        "recipients": [(row, _state_of(kind, row, seen)) for row in recipients],
        "audiences": [row for row in recipients if row.company_id],
        "offers": open_now,
        "follow_ups": made,
        "primary_follow": made[0] if made and not any(offer.step.primary for offer in open_now) else None,
        "nothing_to_do": not (open_now or made or draft or _may_revise(seen)),
        "moments": [moment_of(kind, row) for row in access_transitions(seen)],
        "may_charge": may_put_in_charge(seen),
        "remarks": [_remark(seen, row) for row in access_comments(seen)],
        "files": list(access_attachments(seen)),
        "links": [
            (other, KINDS[other.kind], KINDS[other.kind].state(other.state)) for _link, other in access_links(seen)
        ],
        "progress": progress_of(seen),
        "changes": changes_of_version(shown, versions),
        "next_changes": changes_of_draft(kind, draft, versions),
        "further": [
            (page, reverse(page.route, args=[seen.document.pk]))
            for page in kind.further
            if page.seat == view.role and seen.document.version > 0
        ],
        "details": _details(seen, shown, recipients),
        "refusal": refusal,
        "key": str(new_id()),
    }
    context |= paper_context(seen, shown, draft)
    return render(request, "exchange/detail.html", context, status=refusal.status if refusal else 200)


@desk("read", methods=("GET", "POST"))
def step_page(request: DeskRequest, document_id: UUID, name: str) -> HttpResponse:
    """GET asks once more and takes the reason; POST takes the step. A mail's link comes here, never straight to it."""
    seen = access_document(request.actor, document_id)
    recipient_id = id_of(request.POST.get("recipient") or request.GET.get("recipient", ""))
    if request.method == "POST":
        try:
            take_step(
                request.actor,
                document_id,
                name,
                at=timezone.now(),
                version=_number(request.POST.get("version", "")),
                reason=request.POST.get("reason", "")[:2_000],
                recipient_id=recipient_id,
                key=request.POST.get("key", ""),
            )
        except Refused as refusal:
            if refusal.status in (403, 404):
                raise
            if refusal.status == 422:
                return _confirm(request, seen, name, recipient_id, refusal)
            return detail(request, access_document(request.actor, document_id), refusal=refusal)
        step = seen.kind.step(name)
        messages.success(request, _("Done: %(step)s.") % {"step": step.label if step else name})
        return HttpResponseRedirect(reverse("document", args=[document_id]))
    return _confirm(request, seen, name, recipient_id, None)


@desk("draft", methods=("POST",))
def internal_step(request: DeskRequest, document_id: UUID, name: str) -> HttpResponse:
    """Approve, return, discard, or begin a revision: what the own company does before the other side sees anything."""
    actor, now = request.actor, timezone.now()
    try:
        if name == "approve":
            comment = request.POST.get("comment", "")[:500]
            approve_draft(actor, document_id, sha256=request.POST.get("sha256", ""), comment=comment, at=now)
            messages.success(request, _("You have approved it."))
        elif name == "return":
            return_draft(actor, document_id, reason=request.POST.get("reason", ""), at=now)
            messages.success(request, _("Returned to its author."))
        elif name == "discard":
            if discard_draft(actor, document_id, at=now):
                messages.success(request, _("The draft was discarded."))
                return HttpResponseRedirect(reverse("drafts"))
        elif name == "revise":
            start_revision(actor, document_id, at=now)
            return HttpResponseRedirect(reverse("document-edit", args=[document_id]))
        else:
            raise DocumentNotVisible
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        return detail(request, access_document(actor, document_id), refusal=refusal)
    return HttpResponseRedirect(reverse("document", args=[document_id]))


@desk("respond", methods=("POST",))
def comment_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    try:
        comment(
            request.actor,
            document_id,
            text=request.POST.get("text", ""),
            shared=request.POST.get("shared") == "yes",
            audience=id_of(request.POST.get("audience", "")),
            line_id=request.POST.get("line", ""),
            key=request.POST.get("key", ""),
            at=timezone.now(),
        )
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        return detail(request, access_document(request.actor, document_id), refusal=refusal)
    return HttpResponseRedirect(reverse("document", args=[document_id]) + "#comments")


@desk("send", methods=("POST",))
def send_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """Send what was approved, as it stands."""
    try:
        number = send_document(
            request.actor,
            document_id,
            revision=_number(request.POST.get("revision", "")),
            at=timezone.now(),
            key=request.POST.get("key", ""),
        )
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        return detail(request, access_document(request.actor, document_id), refusal=refusal)
    messages.success(request, _("%(number)s was sent.") % {"number": number})
    return HttpResponseRedirect(reverse("document", args=[document_id]))


def offers(seen: Seen, recipients: Sequence[Recipient]) -> list[Offer]:
    """Every step that is open, the primary one first."""
    found = [Offer(step, _step_url(seen, step)) for step in open_steps(seen) if not step.per_recipient]
    if seen.kind.several_recipients:
        for row in recipients:
            for step in open_steps(seen, row):
                if step.per_recipient:
                    found.append(Offer(step, f"{_step_url(seen, step)}?recipient={row.pk}", row))
    return sorted(found, key=lambda offer: (not offer.step.primary, offer.step.danger))


def follow_ups(seen: Seen) -> list[FollowUp]:
    found = []
    for kind in KINDS.values():
        source = usable_source(kind, seen)
        if source is not None:
            url = f"{reverse('document-new', args=[kind.code])}?source={seen.document.pk}"
            found.append(FollowUp(kind, source, url))
    return found


def _confirm(
    request: DeskRequest, seen: Seen, name: str, recipient_id: UUID | None, refusal: Refused | None
) -> HttpResponse:
    recipients = list(access_recipients(seen))
    offer = next(
        (
            o
            for o in offers(seen, recipients)
            if o.step.name == name and (recipient_id is None or o.recipient is None or o.recipient.pk == recipient_id)
        ),
        None,
    )
    if offer is None:
        if seen.kind.step(name) is None:
            raise DocumentNotVisible
        return detail(request, seen, refusal=refusal or StepNotOpen())
    facts = {
        "seen": seen,
        "offer": offer,
        "kind": seen.kind,
        "key": str(new_id()),
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "amount": amount_of(seen.view),
    }
    return render(request, "exchange/step.html", facts, status=refusal.status if refusal else 200)


def _step_url(seen: Seen, step: Step) -> str:
    return reverse("document-step", args=[seen.document.pk, step.name])


def _may_edit(seen: Seen) -> bool:
    return seen.actor.may(seen.kind.permission(Action.DRAFT))


def _may_revise(seen: Seen) -> bool:
    state = seen.document.state in seen.kind.revise_from and seen.document.version > 0
    return state and seen.view.role == ISSUER and not seen.view.internal_state and _may_edit(seen)


def _may_return(seen: Seen, approval: ShownRequest) -> bool:
    """Who is asked now; once all have approved, whoever may approve."""
    if seen.view.internal_state == "ready":
        return seen.actor.may(seen.kind.permission(Action.APPROVE))
    return bool(approval.chairs)


def _state_of(kind: Kind, recipient: Recipient, seen: Seen) -> State:
    return kind.state(recipient.state or seen.document.state)


def moment_of(kind: Kind, row: Transition, *, about: PartyView | None = None) -> Moment:
    """A line of a timeline; `about` names the document where there are several."""
    step = kind.step(row.name)
    words, icon = (step.done, step.icon) if step else OWN_WORDS[row.name]
    who = f"{row.member_name} ({row.company_name})" if row.company_name else row.member_name
    if row.on_behalf_of:
        who = _("%(who)s on behalf of %(other)s") % {"who": who, "other": row.on_behalf_of}
    tone = "danger" if step and step.danger else "success" if step and step.primary else "neutral"
    detail = row.reason if row.shared else f"{_('Internal')}: {row.reason}" if row.reason else str(_("Internal"))
    text = f"{about.number or kind.label}: {words}" if about else words
    url = reverse("document", args=[about.document_id]) if about else ""
    return Moment(at=row.at, text=text, who=who, icon=icon, tone=tone, detail=detail, url=url)


def _remark(seen: Seen, row: Any) -> Remark:
    mine = row.company_id == seen.actor.company_id
    about = _("Line %(line)s") % {"line": row.line_id} if row.line_id else ""
    return Remark(
        who=row.member_name,
        at=row.at,
        text=row.text,
        internal=not row.shared,
        company=row.company_name,
        mine=mine,
        about=about,
    )


def _details(seen: Seen, version: Version | None, recipients: Sequence[Recipient]) -> list[Fact]:
    facts = [Fact(_("Number"), seen.document.number, copy=True)]
    if seen.document.issued_on:
        facts.append(Fact(_("Date"), format_day(seen.document.issued_on)))
    if seen.document.due_on:
        facts.append(Fact(pgettext("any document", "Due date"), format_day(seen.document.due_on)))
    if seen.view.role == ISSUER and len(recipients) == 1 and recipients[0].company_id:
        opened = recipients[0].opened_at
        facts.append(Fact(_("Opened"), format_moment(opened) if opened else _("not opened yet")))
    if seen.document.from_outside:
        facts.append(Fact(_("Origin"), _("taken in from outside")))
    if version is not None:
        facts.append(Fact("SHA-256", version.sha256[:16] + "…"))
    return facts


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else -1
