"""Many documents of one kind at once: what sending each by itself writes, in a few statements for each table."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.access import access_own_party
from torihiki.exchange.actions.drafts import (
    RECIPIENTS_MAX,
    fitting_among,
    partners_by_party,
    validated,
    with_line_ids,
)
from torihiki.exchange.actions.sending import recipients_of, sent_entry
from torihiki.exchange.actions.versions import payload_of, version_of
from torihiki.exchange.approvals.routes import Case, rules_of
from torihiki.exchange.bodies import Body, PartyDetails
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Document, Line, OutboxMessage, Partner, Party, Recipient, Transition, Version
from torihiki.exchange.numbering import TOKYO, next_numbers
from torihiki.exchange.refusals import ApprovalMissing, BodyInvalid, RecipientUnfit, RoleMayNot, SourceUnfit
from torihiki.exchange.specs import Kind
from torihiki.exchange.webhooks.access import has_endpoint
from torihiki.exchange.writing import DEFER_DELIVERY, delivery_of, done_before, messages_of, transition_of
from torihiki.identity.permissions import Action
from torihiki.ledger.access import payload_of as facts_of
from torihiki.ledger.models import Entry
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import Refused, attempt
from torihiki.lib.complaints import complaint
from torihiki.lib.ids import new_id, new_ids
from torihiki.tenancy.actor import Actor
from torihiki.tenancy.copying import Rows, copying

DOCUMENTS_MAX = 20_000  # in one import
ERRORS_MAX = 200  # told at once; the rest is counted
BATCH_DOCUMENTS = 500
IMPORT = "import"
FIRST_VIEWS = "SELECT exchange_first_views(%s, %s, %s, %s)"


class Row(BaseModel):
    """One document of an import: to whom it goes, and its kind's body."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipients: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=RECIPIENTS_MAX)]  # own partners' parties
    body: dict[str, Any]


@dataclass(frozen=True)
class RowError:
    """What is wrong in one row: its index from 0, the place in it as a JSON pointer (RFC 6901), and words."""

    index: int
    pointer: str
    text: str


@dataclass(frozen=True)
class Imported:
    """What an import issued: `documents` of them, numbered without a gap from `first` to `last`."""

    import_id: UUID
    kind: str
    documents: int
    first: str
    last: str


class ImportRefused(Refused):
    """Nothing was issued. `rows` has the first ERRORS_MAX by row; `wrong` counts the rows that have any."""

    status = 422
    code = "import_refused"

    def __init__(self, errors: Sequence[RowError], wrong: int) -> None:
        super().__init__(
            _("%(wrong)d rows are wrong; nothing was issued. Correct them and send the whole file again.")
            % {"wrong": wrong},
            rows=errors,
            wrong=wrong,
        )


class TooManyRows(Refused):
    status = 422
    code = "too_many_rows"

    def __init__(self) -> None:
        super().__init__(_("Import between 1 and %(most)s documents at once.") % {"most": f"{DOCUMENTS_MAX:,}"})


def issue_documents(
    actor: Actor, kind: Kind, rows: Sequence[object], *, at: datetime, key: str = "", import_id: UUID | None = None
) -> Imported:
    """Send one document for each of `rows` (each has the fields of `Row`), all or none, and say what was issued.

    They are numbered in order, without a gap. The other side sees each as if it had been sent by itself. The same `key`
    with the same rows again issues nothing and gives the former answer. Raises ImportRefused with the errors by row,
    TooManyRows, RoleMayNot, ApprovalMissing, SourceUnfit for a kind that is only made from a source, KeyUsedElsewhere.
    """
    import_id = import_id or new_id()
    with attempt(ExchangeEvent.IMPORTED, actor, subject_type=IMPORT, subject_id=import_id, data={"kind": kind.code}):
        own = access_own_party(actor)
        actor = issuing(actor, kind, own)
        if not 1 <= len(rows) <= DOCUMENTS_MAX:
            raise TooManyRows
        if key:
            same = f"{IMPORT} {kind.code} {sha256_hex(json.dumps(rows, sort_keys=True, default=str).encode())[:12]}"
            if before := done_before(actor, key, same, import_id, at=at):
                return _as_before(actor, before.document_id)
        batch = Batch(actor, kind, own, at)
        wanted = typed_rows(rows)
        known = partners_by_party(actor, (party for row in wanted for party in row.recipients))
        numbers = next_numbers(actor.company, kind, len(wanted), at=at)
        faults = Faults()
        with copying() as copies:
            for start in range(0, len(wanted), BATCH_DOCUMENTS):
                part = slice(start, start + BATCH_DOCUMENTS)
                written = batch.made(start, wanted[part], numbers[part], known, faults)
                if not faults.wrong:  # else the rest is only looked through: what was written is undone
                    copies.put(
                        written.documents,
                        written.recipients,
                        written.versions,
                        Rows(Line, written.lines),
                        (FIRST_VIEWS, [[each.pk for each in written.documents], actor.member_id, actor.unit_id, None]),
                        written.transitions,
                        written.messages,
                        (DEFER_DELIVERY, delivery_of(written.messages)),
                        written.entries,
                    )
        faults.refuse()
        done = Imported(import_id, kind.code, len(wanted), numbers[0], numbers[-1])
        record(
            ExchangeEvent.IMPORTED,
            actor,
            at=at,
            subject_type=IMPORT,
            subject_id=import_id,
            subject_label=f"{done.first} – {done.last}",
            data={"kind": kind.code, "documents": done.documents, "first": done.first, "last": done.last},
        )
    return done


def issuing(actor: Actor, kind: Kind, own: Party, *, from_source: bool = False) -> Actor:
    """Who sends a new document of `kind` without a draft. Raises RoleMayNot, SourceUnfit."""
    if not (actor.may(kind.permission(Action.DRAFT)) and actor.may(kind.permission(Action.SEND))):
        raise RoleMayNot
    if not (kind.free or from_source):
        raise SourceUnfit
    return actor.using(kind.permission(Action.SEND))


def _as_before(actor: Actor, import_id: UUID) -> Imported:
    entry = Entry.objects.get(company_id=actor.company, event=ExchangeEvent.IMPORTED.code, subject_id=import_id)
    facts = facts_of(entry)
    assert facts is not None, "a write key goes before its entry's facts do"
    return Imported(import_id, **facts["data"])


@dataclass
class Faults:
    """What is wrong in the rows so far: the first ERRORS_MAX errors, and how many rows have any."""

    errors: list[RowError] = field(default_factory=list)
    wrong: int = 0

    def add(self, errors: Sequence[RowError]) -> None:
        """Those of one more row."""
        self.errors += errors[: ERRORS_MAX - len(self.errors)]
        self.wrong += 1

    def refuse(self) -> None:
        """Raises ImportRefused where anything is wrong."""
        if self.wrong:
            raise ImportRefused(self.errors, self.wrong)


def typed_rows(given: Sequence[object]) -> list[Row]:
    """Raises ImportRefused where one has not the fields of `Row`, whatever is in the bodies."""
    faults, rows = Faults(), []
    for index, each in enumerate(given):
        try:
            rows.append(Row.model_validate(each))
        except ValidationError as error:
            faults.add(_by_place(index, error.errors(include_url=False), ""))
    faults.refuse()
    return rows


@dataclass
class Written:
    """The rows of some documents, in the order of the tables."""

    documents: list[Document] = field(default_factory=list)
    recipients: list[Recipient] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    messages: list[OutboxMessage] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Batch:
    """What is the same for every document of one import."""

    actor: Actor
    kind: Kind
    own: Party
    at: datetime

    def __post_init__(self) -> None:
        """Raises ApprovalMissing where every document of the kind needs one."""
        self.details: dict[UUID, PartyDetails] = {}
        self.issuer = PartyDetails.model_validate(self.own.details)
        self.issued_on = self.at.astimezone(TOKYO).date()
        self.waits_for = self.kind.state(self.kind.sent_state).waits_for
        self.tells_own = has_endpoint(self.actor)
        self.rules = rules_of(self.actor, self.own)
        if self.kind.code in self.rules.plain:
            raise ApprovalMissing

    def made(
        self,
        first: int,
        rows: Sequence[Row],
        numbers: Sequence[str],
        known: Mapping[UUID, Partner],
        faults: Faults,
    ) -> Written:
        """Every row that sending these one by one would leave; `first` is the index of the first. What is wrong goes to
        `faults`, and what is made of rows after a wrong one is not to be stored."""
        written = Written()
        for index, document_id, row, number in zip(count(first), new_ids(len(rows)), rows, numbers, strict=False):
            errors: list[RowError] = []
            try:
                fitting = fitting_among(known, self.kind, row.recipients)
            except RecipientUnfit as refusal:
                errors.append(RowError(index, "/recipients", str(refusal.message)))
            try:
                body = validated(self.kind, with_line_ids(row.body), issuer=self.issuer, on=self.issued_on)
            except BodyInvalid as refusal:
                errors += _body_errors(index, refusal)
            if not errors and self.needs_approval(body, row.recipients):
                errors.append(RowError(index, "", str(ApprovalMissing().message)))
            if errors:
                faults.add(errors)
            elif not faults.wrong:
                self.add(written, document_id, body, fitting, number)
        return written

    def needs_approval(self, body: Body, parties: Iterable[UUID]) -> bool:
        """Whether a route fits the document, which then cannot be sent without a draft."""
        routes = self.rules.routes
        return (
            bool(routes)
            and self.rules.need(Case.of(self.kind, body, parties, self.actor.unit_id, on=self.issued_on)) is not None
        )

    def add(self, written: Written, document_id: UUID, body: Body, partners: list[Partner], number: str) -> None:
        """The rows of one document more."""
        kind, at = self.kind, self.at
        document = Document(
            id=document_id,
            kind=kind.code,
            owner_id=self.actor.company,
            issuer_id=self.own.pk,
            issuer_side=kind.issuer_side,
            number=number,
            state=kind.sent_state,
            state_since=at,
            waits_for=self.waits_for,
            issued_on=self.issued_on,
            created_at=at,
            changed_at=at,
        )
        payload, totals = payload_of(
            kind,
            number=number,
            version=1,
            issued_on=self.issued_on,
            issuer=self.issuer,
            recipient=None if kind.several_recipients else self._details(partners[0].party),
            body=body,
            previous="",
        )
        version, lines = version_of(document, kind, payload, body, totals, number=1, previous="", reason="", at=at)
        companies = [partner.party.company_id for partner in partners]
        written.documents.append(document)
        written.recipients += recipients_of(document, partners)
        written.versions.append(version)
        written.lines += lines
        written.transitions.append(transition_of(self.actor, document, "send", at=at))
        written.messages += messages_of(self.actor, "document.sent", document, companies, own=self.tells_own, at=at)
        written.entries.append(sent_entry(self.actor, document, version, at=at))

    def _details(self, party: Party) -> PartyDetails:
        if party.pk not in self.details:
            self.details[party.pk] = PartyDetails.model_validate(party.details)
        return self.details[party.pk]


def _body_errors(index: int, refusal: BodyInvalid) -> list[RowError]:
    return _by_place(index, refusal.facts.get("errors", ()), "/body") + [
        RowError(index, f"/body/{problem.field}".rstrip("/"), str(problem.text))
        for problem in refusal.facts.get("problems", ())
    ]


def _by_place(index: int, errors: Iterable[Mapping[str, Any]], before: str) -> list[RowError]:
    return [RowError(index, before + _pointer(error["loc"]), complaint(error)) for error in errors]


def _pointer(place: Iterable[str | int]) -> str:
    """Names that came with a request may be no text at all; what is told of them is."""
    text = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)
    return text.encode(errors="replace").decode()
