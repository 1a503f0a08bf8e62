"""Drafts: begun, saved, discarded. Nothing here is seen by another company."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from pydantic import ValidationError

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.access import (
    Seen,
    access_document,
    access_draft,
    access_own_party,
    access_partners,
    access_versions,
)
from torihiki.exchange.approvals.ending import DRAFT_STATE, void_request
from torihiki.exchange.bodies import Body, PartyDetails
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Attachment, Document, Draft, Link, Partner, PartyView
from torihiki.exchange.numbering import TOKYO
from torihiki.exchange.papers import read_sent
from torihiki.exchange.quantities import first_body, is_used_up
from torihiki.exchange.refusals import (
    BodyInvalid,
    ChangedMeanwhile,
    RecipientUnfit,
    RoleMayNot,
    SourceUnfit,
    StepNotOpen,
)
from torihiki.exchange.specs import DRAFT, ISSUER, RECEIVER, Kind, Sent, Source
from torihiki.exchange.writing import done_before
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.canonical import canonical_json
from torihiki.lib.ids import new_id
from torihiki.lib.money import MINOR_DIGITS, minor_units
from torihiki.tenancy.actor import Actor

DOCUMENT = "document"
RECIPIENTS_MAX = 50


def start_draft(
    actor: Actor,
    kind: Kind,
    *,
    at: datetime,
    body: Mapping[str, Any] | None = None,
    recipients: Sequence[UUID] = (),
    source_id: UUID | None = None,
    key: str = "",
    document_id: UUID | None = None,
) -> UUID:
    """Begin a document and return its id, which may be given. With `source_id` the body comes from that document, by
    the kind's Source.

    `body` may be incomplete: it is checked when it is sent. A `key` stands for what was typed: the same form again is
    the same document, another text under it is refused. Raises RoleMayNot, SourceUnfit, RecipientUnfit,
    KeyUsedElsewhere.
    """
    document_id = document_id or new_id()
    with attempt(ExchangeEvent.STARTED, actor, subject_type=DOCUMENT, subject_id=document_id, data={"kind": kind.code}):
        if not actor.may(kind.permission(Action.DRAFT)):
            raise RoleMayNot
        actor = actor.using(kind.permission(Action.DRAFT))
        typed = canonical_json({"body": exact(body), "recipients": list(recipients), "source": source_id})
        started = f"start {kind.code} {sha256_hex(typed)[:12]}"
        if before := done_before(actor, key, started, document_id, at=at):
            return before.document_id
        sources: list[dict[str, str]] = []
        if source_id is not None:
            body, recipients, sources = _from_source(actor, kind, source_id, body)
        elif not kind.free:
            raise SourceUnfit
        Document.objects.bulk_create(
            [
                Document(
                    id=document_id,
                    kind=kind.code,
                    owner_id=actor.company,
                    issuer=access_own_party(actor),
                    issuer_side=kind.issuer_side,
                    state=DRAFT,
                    state_since=at,
                    created_at=at,
                    changed_at=at,
                )
            ]
        )
        PartyView.objects.bulk_create(
            [
                PartyView(
                    company_id=actor.company,
                    document_id=document_id,
                    role=ISSUER,
                    side=kind.issuer_side,
                    kind=kind.code,
                    state=DRAFT,
                    state_since=at,
                    internal_state=DRAFT_STATE,
                    changed_at=at,
                    read_at=at,
                    assignee_id=actor.member_id,
                    unit_id=actor.unit_id,
                )
            ]
        )
        draft = Draft(company_id=actor.company, document_id=document_id, sources=sources)
        _write(actor, kind, draft, body or {}, recipients, at=at, first=True)
        record(
            ExchangeEvent.STARTED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=str(draft.body.get("subject") or kind.code),
            data={"kind": kind.code, "source": source_id},
        )
    return document_id


def save_draft(
    actor: Actor,
    document_id: UUID,
    *,
    body: Mapping[str, Any],
    recipients: Sequence[UUID],
    revision: int,
    at: datetime,
    reason: str = "",
) -> int:
    """Keep what was typed, complete or not, and return the new revision. An approval given before is void.

    `revision` is the one that the editor had opened. Raises ChangedMeanwhile when somebody saved in between.
    """
    with attempt(ExchangeEvent.SAVED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        actor = seen.actor
        draft = open_draft(seen, revision)
        void_request(seen, at=at)
        if seen.document.version > 0:
            recipients = draft.recipients  # a new version goes to whom the first went
        draft.reason = reason[:500]
        draft.revision += 1
        _write(actor, seen.kind, draft, body, recipients, at=at)
        record(
            ExchangeEvent.SAVED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=draft_label(seen),
        )
        return draft.revision


def start_revision(actor: Actor, document_id: UUID, *, at: datetime) -> None:
    """Begin the next version of a sent document; the other side sees nothing until it is sent. Raises StepNotOpen."""
    with attempt(ExchangeEvent.STARTED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        actor = seen.actor
        if seen.view.role != ISSUER or seen.document.state not in seen.kind.revise_from or seen.view.internal_state:
            raise StepNotOpen
        newest = access_versions(seen)[0]
        parties = list(
            seen.document.recipients.filter(owner_id=actor.company)
            .order_by("position")
            .values_list("party_id", flat=True)
        )
        draft = Draft(company_id=actor.company, document_id=document_id)
        body = read_sent(newest).body.model_dump(mode="json")
        _write(actor, seen.kind, draft, body, parties, at=at, first=True)
        record(
            ExchangeEvent.STARTED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=seen.document.number,
            data={"kind": seen.kind.code, "revision_of": seen.document.version},
        )


def discard_draft(actor: Actor, document_id: UUID, *, at: datetime) -> bool:
    """Throw the unsent body away; a document that was never sent goes with it (then the answer is True)."""
    with attempt(ExchangeEvent.DISCARDED, actor, subject_type=DOCUMENT, subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        actor = seen.actor
        draft = open_draft(seen)
        void_request(seen, at=at)
        record(
            ExchangeEvent.DISCARDED,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=draft_label(seen),
            data={"body_sha256": body_sha256(draft)},
        )
        if seen.document.version == 0:
            with connection.cursor() as cursor:
                cursor.execute("SELECT exchange_discard(%s)", [document_id])
            return True
        Attachment.objects.filter(document_id=document_id, company_id=actor.company, shared_from=None).delete()
        draft.delete()
        PartyView.objects.filter(company_id=actor.company, document_id=document_id).update(internal_state="")
        return False


def validated(kind: Kind, body: Mapping[str, Any], *, issuer: PartyDetails, on: date) -> Body:
    """The typed body. Raises BodyInvalid with pydantic's errors in `errors` and broken rules in `problems`."""
    typed = typed_body(kind, body, issuer=issuer)
    problems = list(kind.rules(typed, on)) if kind.rules else []
    if problems:
        raise BodyInvalid(" ".join(str(problem.text) for problem in problems), problems=problems)
    return typed


def typed_body(kind: Kind, body: Mapping[str, Any], *, issuer: PartyDetails) -> Body:
    """The body by its type, before its kind's rules. Raises BodyInvalid."""
    try:
        typed = kind.body.model_validate(body)
    except ValidationError as error:
        raise BodyInvalid(
            _("The document is not complete yet. Correct the marked fields."), errors=error.errors()
        ) from error
    return kind.settle(typed, issuer) if kind.settle is not None else typed


def own_details(actor: Actor) -> PartyDetails:
    return PartyDetails.model_validate(access_own_party(actor).details)


def fitting_recipients(actor: Actor, kind: Kind, party_ids: Sequence[UUID]) -> list[Partner]:
    """The company's own partner entries for `party_ids`, in order. Raises RecipientUnfit."""
    return fitting_among(partners_by_party(actor, party_ids), kind, party_ids)


def partners_by_party(actor: Actor, party_ids: Iterable[UUID]) -> dict[UUID, Partner]:
    return {partner.party_id: partner for partner in access_partners(actor).filter(party_id__in=set(party_ids))}


def fitting_among(found: Mapping[UUID, Partner], kind: Kind, party_ids: Sequence[UUID]) -> list[Partner]:
    """As `fitting_recipients`, from partners that were fetched already."""
    if not party_ids:
        raise RecipientUnfit(_("Choose to whom the document goes."))
    most = RECIPIENTS_MAX if kind.several_recipients else 1
    if len(set(party_ids)) > most:
        raise RecipientUnfit(_("A document of this kind goes to at most %(most)d companies.") % {"most": most})
    if missing := [party for party in party_ids if party not in found]:
        raise RecipientUnfit(_("A recipient is not in your list of partners, or is archived."), missing=missing)
    for partner in (found[party] for party in party_ids):
        if partner.relationship is not None and partner.relationship.state != "active":
            raise RecipientUnfit(
                _("Dealings with %(name)s are suspended or ended. Resume them on the partner's page.")
                % {"name": partner}
            )
    return [found[party] for party in dict.fromkeys(party_ids)]


def body_sha256(draft: Draft) -> str:
    """What an approval is bound to: the body, the recipients, the reason and the files, as canonical JSON."""
    files = Attachment.objects.filter(document_id=draft.document_id, company_id=draft.company_id, shared_from=None)
    return sha256_hex(
        canonical_json(
            {
                "body": exact(draft.body),
                "recipients": draft.recipients,
                "reason": draft.reason,
                "files": list(files.order_by("at", "id").values_list("name", "sha256")),
            }
        )
    )


def draft_label(seen: Seen) -> str:
    return seen.document.number or seen.view.subject or str(seen.kind.label)


def usable_source(kind: Kind, seen: Seen, sent: Sent | None = None) -> Source | None:
    """How `kind` can be made from the document that is seen here, or None. `sent`: that document in its context, where
    it is at hand."""
    if not seen.actor.may(kind.permission(Action.DRAFT)):
        return None
    for source in kind.sources:
        fits = source.kind == seen.view.kind and seen.view.role == source.seat and seen.view.state in source.states
        if not fits or (not source.many and made_already(kind, source, seen)) or is_used_up(seen, source, sent):
            continue
        return source
    return None


def made_already(kind: Kind, source: Source, seen: Seen, *, but: UUID | None = None) -> bool:
    """Whether this company already sent a document of `kind` made from the one seen here, and it still counts."""
    links = Link.objects.filter(target_id=seen.document.pk, name=source.link, company_id=seen.actor.company)
    counting = links.filter(source__kind=kind.code).exclude(source__state__in=[s.code for s in kind.states if s.void])
    return counting.exclude(source_id=but).exists()


def _from_source(
    actor: Actor, kind: Kind, source_id: UUID, body: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any], list[UUID], list[dict[str, str]]]:
    seen = access_document(actor, source_id, lock=True)
    source = usable_source(kind, seen)
    if source is None:
        raise SourceUnfit
    made = body if body is not None else first_body(seen, source)
    return made, other_side(seen), [{"document": str(source_id), "link": source.link}]


def other_side(seen: Seen) -> list[UUID]:
    """The parties to whom goes what is made from the document that is seen here."""
    if seen.view.role == RECEIVER:
        return [seen.document.issuer_id]
    return [row.party_id for row in seen.document.recipients.filter(owner_id=seen.actor.company).order_by("position")]


def open_draft(seen: Seen, revision: int | None = None) -> Draft:
    """Raises StepNotOpen where there is none, ChangedMeanwhile where it is another revision."""
    draft = access_draft(seen)
    if draft is None:
        raise StepNotOpen
    if revision is not None and draft.revision != revision:
        raise ChangedMeanwhile
    return draft


def _write(
    actor: Actor,
    kind: Kind,
    draft: Draft,
    body: Mapping[str, Any],
    recipients: Sequence[UUID],
    *,
    at: datetime,
    first: bool = False,
) -> None:
    """Save the draft and the own list entry of it. Parties outside the own list are refused, whatever was posted."""
    partners = {p.party_id: p for p in access_partners(actor).filter(party_id__in=list(recipients))}
    if any(party not in partners for party in recipients) and draft.document.version == 0:
        raise RecipientUnfit(_("A recipient is not in your list of partners, or is archived."))
    # A line that is new beside those of a source or a former version must not be taken for one of them.
    begun = bool(draft.sources) or draft.document.version > 0
    draft.body = with_line_ids(body, f"{kind.prefix}{draft.document.version + 1}." if begun else "")
    draft.recipients = list(dict.fromkeys(recipients))
    draft.edited_by, draft.edited_at = actor.name, at
    if first:
        Draft.objects.bulk_create([draft])
    else:
        draft.save()
    facts: dict[str, Any] = {"internal_state": DRAFT_STATE}
    if draft.document.version == 0:
        named = next((partners[party] for party in draft.recipients), None)
        facts |= {
            "subject": str(draft.body.get("subject") or "")[:200],
            "amount_minor": _amount(kind, draft.body, at),
            "currency": str(draft.body.get("currency") or "JPY")[:3],
            "counterparty_id": named.party_id if named else None,
            "counterparty_name": str(named) if named else "",
            "counterparties": len(draft.recipients),
            "changed_at": at,
            "read_at": at,
        }
        facts["search"] = f"{facts['subject']} {facts['counterparty_name']}"
    PartyView.objects.filter(company_id=actor.company, document_id=draft.document_id).update(**facts)


def _amount(kind: Kind, body: Mapping[str, Any], at: datetime) -> int | None:
    """The gross amount in minor units, where the unfinished body can be summed at all."""
    if kind.totals is None:
        return None
    try:
        typed = kind.body.model_validate(body)
        totals = kind.totals(typed, at.astimezone(TOKYO).date())
    except ValueError:  # pydantic's, unknown rates and currencies
        return None
    currency = str(body.get("currency") or "JPY")
    return minor_units(totals.gross, currency) if currency in MINOR_DIGITS else None


def with_line_ids(body: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give each line without one, or with another's, an id that stays the same over all later versions."""
    given = body.get("lines") or ()
    if not isinstance(given, list | tuple) or not all(isinstance(line, Mapping) for line in given):
        return dict(body)  # the typed body says what is wrong with it
    lines = [dict(line) for line in given]
    used = {line["line_id"] for line in lines if isinstance(line.get("line_id"), str)}
    met: set[str] = set()
    number = 1
    for line in lines:
        if line.get("line_id") and not isinstance(line["line_id"], str):
            continue
        if not line.get("line_id") or line["line_id"] in met:
            while f"{prefix}{number}" in used:
                number += 1
            line["line_id"] = f"{prefix}{number}"
            used.add(line["line_id"])
        met.add(line["line_id"])
    return {**body, "lines": lines} if lines else dict(body)


def exact(value: Any) -> Any:
    """JSON numbers as text: a draft holds what was typed, and a float has no canonical form here."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, list | tuple) else value
