"""Submitting for approval, approving and returning, step by step along a route (promise P4: an approval is bound to the
hash of exactly one body, and takes effect once)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from procrastinate.contrib.django import app

from torihiki.exchange.access import Seen, access_document
from torihiki.exchange.actions.drafts import (
    DOCUMENT,
    body_sha256,
    draft_label,
    exact,
    fitting_recipients,
    open_draft,
    own_details,
    validated,
)
from torihiki.exchange.actions.sources import in_view_of_sources, sources_of
from torihiki.exchange.approvals.access import access_requests, access_seats
from torihiki.exchange.approvals.ending import DRAFT_STATE, IN_APPROVAL, READY, end_request, newest_request
from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalSeat
from torihiki.exchange.approvals.routes import Case, Need, Rules, named, rules_of
from torihiki.exchange.approvals.steps import EVERYBODY, PLAIN, Approvers, RouteStep, stages, steps_of, stored
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Draft, PartyView
from torihiki.exchange.numbering import TOKYO
from torihiki.exchange.refusals import (
    ChangedMeanwhile,
    NotAsked,
    OwnApproval,
    ReasonMissing,
    RoleMayNot,
    StepNotOpen,
    TooFewApprovers,
)
from torihiki.exchange.specs import KINDS
from torihiki.exchange.writing import write_transition
from torihiki.identity.access import access_grants, access_holders, access_units, reaching
from torihiki.identity.jobs import send_later
from torihiki.identity.models import Member
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor

ASKED, REMINDED, DECIDED = "exchange.approval_asked", "exchange.approval_reminded", "exchange.approval_decided"
"""Names of letters."""
ESCALATE = "exchange.escalate_approval"
REMINDERS_MAX = 10
TOLD_MAX = 50
"""Members who are asked by mail in one step; the others find it on their pages."""
Outcome, Decision = ApprovalRequest.Outcome, ApprovalSeat.Decision


@dataclass(frozen=True)
class Chair:
    """A seat that somebody may take now, and as whom: in their own name or in that of who lent the right."""

    seat: ApprovalSeat
    actor: Actor


def submit_draft(actor: Actor, document_id: UUID, *, revision: int, at: datetime) -> None:
    """Ask for an approval of exactly this body, along the route that fits it. Raises BodyInvalid, RecipientUnfit,
    ChangedMeanwhile, StepNotOpen, and TooFewApprovers where some step could never be passed."""
    with attempt(ExchangeEvent.SUBMITTED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        actor = seen.actor
        draft = open_draft(seen, revision)
        if seen.view.internal_state != DRAFT_STATE:
            raise StepNotOpen
        today = at.astimezone(TOKYO).date()
        body = validated(seen.kind, draft.body, issuer=own_details(actor), on=today)
        body = in_view_of_sources(sources_of(seen, draft), body)
        fitting_recipients(actor, seen.kind, draft.recipients)
        rules = rules_of(actor)
        need = rules.need(Case.of(seen.kind, body, draft.recipients, seen.view.unit_id, on=today)) or Need()
        steps = named(actor, steps_of(need.route.steps)) if need.route else PLAIN
        called = _called(seen, steps, rules, range(len(steps)), author=actor.member_id)
        draft.returned_reason = ""
        draft.save(update_fields=["returned_reason"])
        request = ApprovalRequest(
            company_id=actor.company,
            document_id=document_id,
            route=need.route.name if need.route else "",
            steps=stored(steps),
            body=exact(draft.body),
            sha256=body_sha256(draft),
            submitted_by_id=actor.member_id,
            submitted_name=actor.name,
            submitted_at=at,
            stage_since=at,
        )
        request.save(force_insert=True)
        _seat(actor, request, {index: called[index] for index in stages(steps)[0]}, at=at)
        _step(seen, request, IN_APPROVAL, "submit", ExchangeEvent.SUBMITTED, at=at, reason=request.route)


def approve_draft(actor: Actor, document_id: UUID, *, sha256: str, at: datetime, comment: str = "") -> None:
    """Approve the body that was shown, by its hash, in every step of the present stage where one is asked. Raises
    OwnApproval, NotAsked, ChangedMeanwhile when the body is no longer that one, StepNotOpen when it was decided."""
    with attempt(ExchangeEvent.APPROVED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.APPROVE, lock=True)
        draft = open_draft(seen)
        request = newest_request(seen)
        if request is None or request.outcome:
            changed = request is not None and request.outcome == Outcome.CHANGED and request.sha256 == sha256
            raise ChangedMeanwhile if changed else StepNotOpen
        if not sha256 == request.sha256 == body_sha256(draft):
            raise ChangedMeanwhile
        chairs = _taken_chairs(actor, seen, request)
        seen = replace(seen, actor=chairs[0].actor)
        for chair in chairs:
            _answer(chair, Decision.APPROVED, comment, at=at)
        steps = steps_of(request.steps)
        _close_passed(actor, request, steps)
        waiting = access_seats(actor).filter(request=request, is_open=True).exists()
        state = IN_APPROVAL if waiting else _next_stage(seen, request, steps, at=at)
        words = [steps[chair.seat.step].name for chair in chairs if request.route]
        _step(
            seen,
            request,
            state,
            "approve",
            ExchangeEvent.APPROVED,
            at=at,
            reason=" ".join([", ".join(words), comment.strip()[:500]]).strip(),
        )


def return_draft(actor: Actor, document_id: UUID, *, reason: str, at: datetime) -> None:
    """Give a submitted draft back to its author, with a reason: whoever is asked now, and whoever may approve once all
    have. Its author may also take it back. Raises NotAsked, RoleMayNot, ReasonMissing, StepNotOpen."""
    with attempt(ExchangeEvent.RETURNED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        draft = open_draft(seen)
        request = newest_request(seen)
        if request is None or seen.view.internal_state not in (IN_APPROVAL, READY):
            raise StepNotOpen
        own = request.submitted_by_id is not None and request.submitted_by_id == actor.member_id
        if not own:
            permission = seen.kind.permission(Action.APPROVE)
            if not actor.may(permission):
                raise RoleMayNot
            if not reason.strip():
                raise ReasonMissing
            chairs = _taken_chairs(actor, seen, request) if request.outcome == Outcome.OPEN else []
            seen = replace(seen, actor=chairs[0].actor if chairs else actor.using(permission))
            for chair in chairs:
                _answer(chair, Decision.RETURNED, reason, at=at)
        draft.returned_reason = reason.strip()[:500]
        draft.save(update_fields=["returned_reason"])
        end_request(
            request, Outcome.TAKEN_BACK if own else Outcome.RETURNED, seen.actor, at=at, reason=draft.returned_reason
        )
        _step(seen, request, DRAFT_STATE, "return", ExchangeEvent.RETURNED, at=at, reason=reason.strip())
        if not own and request.submitted_by_id is not None:
            send_later(DECIDED, actor, request.pk)


def is_approved(seen: Seen, draft: Draft) -> bool:
    """Whether exactly what the draft holds now was approved."""
    if seen.view.internal_state != READY:
        return False
    request = newest_request(seen)
    return request is not None and request.outcome == Outcome.APPROVED and request.sha256 == body_sha256(draft)


def chairs_of(actor: Actor, seen: Seen, request: ApprovalRequest, seats: Sequence[ApprovalSeat]) -> list[Chair]:
    """Where the actor may answer now, one of the request's seats for each step: the own one before those of others.
    Nobody answers what they submitted, nor twice in one step."""
    if request.outcome or request.submitted_by_id == actor.member_id or actor.member_id is None:
        return []
    permission = seen.kind.permission(Action.APPROVE)
    sitters = {actor.member_id: actor} if actor.holds(permission) else {}
    for loan in actor.lent:
        if loan.lends(permission):
            sitters.setdefault(loan.member_id, actor.in_stead_of(loan))
    answered = {seat.step for seat in seats if seat.decided_by == actor.member_id}
    found: dict[int, Chair] = {}
    for seat in sorted(seats, key=lambda seat: (seat.step, seat.member_id != actor.member_id)):
        if seat.is_open and seat.step not in answered and seat.member_id in sitters:
            found.setdefault(seat.step, Chair(seat, sitters[seat.member_id]))
    return list(found.values())


def escalate_step(actor: Actor, request_id: UUID, index: int, *, times: int, at: datetime) -> None:
    """Nobody has answered for as long as the step allows: remind who is asked, and ask the deputy too. Nothing where it
    has been decided meanwhile. Repeats at the same interval, at most REMINDERS_MAX times."""
    request = access_requests(actor).select_for_update().filter(pk=request_id).first()
    if request is None or request.outcome:
        return
    steps = steps_of(request.steps)
    step = steps[index]
    waiting = list(access_seats(actor).filter(request=request, step=index, is_open=True))
    view = PartyView.objects.filter(company_id=actor.company, document_id=request.document_id).first()
    if not waiting or view is None or index not in stages(steps)[request.stage]:
        return
    for seat in waiting[:TOLD_MAX]:
        send_later(REMINDED, actor, seat.pk)
    seated = access_seats(actor).filter(request=request, step=index).values_list("member_id", flat=True)
    permission = KINDS[view.kind].permission(Action.APPROVE)
    deputies = access_holders(actor, permission).filter(pk__in=[step.deputy] if step.deputy else [])
    deputy = reaching(deputies, view.unit).exclude(pk__in=[pk for pk in seated if pk]).first()
    if deputy is not None and deputy.pk != request.submitted_by_id:
        seat = _seats(actor, request, {index: [deputy]}, is_deputy=True)[0]
        seat.save(force_insert=True)
        send_later(ASKED, actor, seat.pk)
    record(
        ExchangeEvent.ESCALATED,
        actor,
        at=at,
        subject_type=DOCUMENT,
        subject_id=request.document_id,
        subject_label=view.number or view.subject,
        data={"step": step.name, "reminded": len(waiting), "deputy": deputy.name if deputy else ""},
    )
    if times + 1 < REMINDERS_MAX:
        _schedule(actor, request, index, step, times=times + 1, at=at)


def _called(
    seen: Seen, steps: Sequence[RouteStep], rules: Rules, wanted: Iterable[int], *, author: UUID | None
) -> dict[int, list[Member]]:
    """Who is asked in each of the `wanted` steps; never the author. Raises TooFewApprovers."""
    actor = seen.actor
    holders = access_holders(actor, seen.kind.permission(Action.APPROVE))
    others = list(reaching(holders, seen.view.unit).exclude(pk__in=[author] if author else []).order_by("name", "id"))
    roles = [step.role for step in steps if step.role]
    grants = access_grants(actor).filter(role_id__in=roles).values_list("role_id", "member_id") if roles else []
    held = set(grants)
    by_unit = any(step.approvers == Approvers.UNIT for step in steps) and seen.view.unit_id is not None
    if by_unit and not rules.parents:
        rules = replace(rules, parents=dict(access_units(actor).values_list("id", "parent_id")))
    found = {}
    for index in wanted:
        step = steps[index]
        least = max(step.needed, 1)
        if step.approvers == Approvers.MEMBERS:
            asked = [member for member in others if member.pk in step.members]
            least = len(set(step.members) - {author}) if step.needed == EVERYBODY else least
        elif step.approvers == Approvers.ROLE:
            asked = [member for member in others if (step.role, member.pk) in held]
        elif step.approvers == Approvers.UNIT and seen.view.unit_id is not None:
            asked = _of_unit(others, rules.units_above(seen.view.unit_id), least)
        else:
            asked = others
        if len(asked) < max(least, 1):
            raise TooFewApprovers(step.name if steps != PLAIN else "", least, len(asked))
        found[index] = asked
    return found


def _of_unit(members: Sequence[Member], units: Iterable[UUID], least: int) -> list[Member]:
    for unit_id in units:
        if len(asked := [member for member in members if member.unit_id == unit_id]) >= least:
            return asked
    return []


def _seat(actor: Actor, request: ApprovalRequest, called: dict[int, list[Member]], *, at: datetime) -> None:
    """Ask these members; by mail, too."""
    seats = ApprovalSeat.objects.bulk_create(_seats(actor, request, called))
    steps = steps_of(request.steps)
    for index in called:
        for seat in [seat for seat in seats if seat.step == index][:TOLD_MAX]:
            send_later(ASKED, actor, seat.pk)
        _schedule(actor, request, index, steps[index], times=0, at=at)


def _seats(
    actor: Actor, request: ApprovalRequest, called: dict[int, list[Member]], *, is_deputy: bool = False
) -> list[ApprovalSeat]:
    return [
        ApprovalSeat(
            company_id=actor.company,
            request=request,
            step=index,
            member=member,
            member_name=member.name,
            is_deputy=is_deputy,
        )
        for index, members in called.items()
        for member in members
    ]


def _schedule(actor: Actor, request: ApprovalRequest, index: int, step: RouteStep, *, times: int, at: datetime) -> None:
    if step.hours is not None:
        task = app.configure_task(ESCALATE, queue="calendar", schedule_at=at + timedelta(hours=step.hours))
        task.defer(company_id=str(actor.company), request_id=str(request.pk), step=index, times=times)


def _taken_chairs(actor: Actor, seen: Seen, request: ApprovalRequest) -> list[Chair]:
    """Raises OwnApproval, StepNotOpen for who has answered already, NotAsked."""
    seats = list(access_seats(actor).filter(request=request))
    if chairs := chairs_of(actor, seen, request, seats):
        return chairs
    stead = actor.using(seen.kind.permission(Action.APPROVE)).acts_for
    if request.submitted_by_id in (actor.member_id, stead and stead.member_id):
        raise OwnApproval
    if any(seat.decided_by == actor.member_id for seat in seats):
        raise StepNotOpen
    raise NotAsked


def _answer(chair: Chair, decision: str, comment: str, *, at: datetime) -> None:
    seat, actor = chair.seat, chair.actor
    seat.decision, seat.comment, seat.is_open = decision, comment.strip()[:500], False
    seat.decided_by, seat.decided_name, seat.decided_at = actor.member_id, actor.name, at
    seat.save(update_fields=["decision", "comment", "is_open", "decided_by", "decided_name", "decided_at"])


def _close_passed(actor: Actor, request: ApprovalRequest, steps: Sequence[RouteStep]) -> None:
    """Nobody is asked any more in a step that has as many approvals as it needs."""
    seats = list(access_seats(actor).filter(request=request, step__in=stages(steps)[request.stage]))
    for index in {seat.step for seat in seats}:
        its = [seat for seat in seats if seat.step == index]
        approved = sum(seat.decision == Decision.APPROVED for seat in its)
        if approved >= (steps[index].needed or sum(not seat.is_deputy for seat in its)):
            access_seats(actor).filter(request=request, step=index, is_open=True).update(is_open=False)


def _next_stage(seen: Seen, request: ApprovalRequest, steps: Sequence[RouteStep], *, at: datetime) -> str:
    """Everybody of this stage has agreed: ask those of the next, or be done. Raises TooFewApprovers where nobody is
    left who could be asked."""
    order = stages(steps)
    if request.stage + 1 < len(order):
        request.stage, request.stage_since = request.stage + 1, at
        request.save(update_fields=["stage", "stage_since"])
        author = request.submitted_by_id
        _seat(
            seen.actor,
            request,
            _called(seen, steps, rules_of(seen.actor), order[request.stage], author=author),
            at=at,
        )
        return IN_APPROVAL
    end_request(request, Outcome.APPROVED, seen.actor, at=at)
    if request.submitted_by_id is not None:
        send_later(DECIDED, seen.actor, request.pk)
    return READY


def _step(
    seen: Seen,
    request: ApprovalRequest,
    state: str,
    name: str,
    event: ExchangeEvent,
    *,
    at: datetime,
    reason: str = "",
) -> None:
    PartyView.objects.filter(company_id=seen.actor.company, document_id=seen.document.pk).update(
        internal_state=state, changed_at=at
    )
    write_transition(seen.actor, seen.document, name, at=at, shared=False, reason=reason, to_state=state)
    record(
        event,
        seen.actor,
        at=at,
        subject_type=DOCUMENT,
        subject_id=seen.document.pk,
        subject_label=draft_label(seen),
        data={"body_sha256": request.sha256, "reason": reason, "route": request.route},
    )
