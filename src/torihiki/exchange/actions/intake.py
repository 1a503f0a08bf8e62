"""Documents from outside: read from a file, stored as they were sent, and from then on handled like any other."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from torihiki.exchange.access import access_own_party, access_partners
from torihiki.exchange.actions.attachments import store
from torihiki.exchange.actions.drafts import DOCUMENT
from torihiki.exchange.actions.versions import payload_of, store_version
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Document, Partner, Party, PartyView, Recipient
from torihiki.exchange.refusals import FileRefused, RoleMayNot
from torihiki.exchange.specs import KINDS, RECEIVER, Kind, TakenIn
from torihiki.exchange.writing import done_before, sync_views, write_transition
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor


class AlreadyTakenIn(FileRefused):
    """The same number from the same company is here already; `document_id` tells where."""

    code = "already_taken_in"


def take_in(
    actor: Actor,
    kind: Kind,
    *,
    name: str,
    content: bytes,
    at: datetime,
    key: str = "",
    document_id: UUID | None = None,
) -> tuple[UUID, TakenIn]:
    """Store a document from a file of `kind`'s reader and return its id and what was read.

    The sender is looked up among the own partners by its numbers and name, and added as an external party where it is
    new. The file itself is kept. Raises FileRefused (or the reader's own refusal), AlreadyTakenIn, RoleMayNot; then
    nothing is stored.
    """
    document_id = document_id or new_id()
    with attempt(
        ExchangeEvent.TAKEN_IN, actor, subject_type=DOCUMENT, subject_id=document_id, data={"file": name[:200]}
    ):
        assert kind.reader is not None, "only kinds with a reader take anything in"
        if not actor.may(kind.permission(Action.DRAFT)):
            raise RoleMayNot
        if len(content) > kind.reader.bytes_max:
            raise FileRefused(_("The file is larger than %(most)d MiB.") % {"most": kind.reader.bytes_max >> 20})
        taken = kind.reader.read(content)
        if before := done_before(actor, key, f"take in {kind.code}", document_id, at=at):
            return before.document_id, taken
        found_kind = KINDS[taken.kind] if taken.kind else kind
        _one_at_a_time(actor)
        issuer = _issuer(actor, taken.issuer, at=at)
        _refuse_twice(actor, found_kind, issuer, taken)
        _write(actor, found_kind, document_id, issuer, taken, name=name, content=content, at=at)
        record(
            ExchangeEvent.TAKEN_IN,
            actor,
            at=at,
            subject_type=DOCUMENT,
            subject_id=document_id,
            subject_label=taken.number,
            data={"kind": found_kind.code, "number": taken.number, "issuer": issuer.pk, "file": name[:200]},
        )
    return document_id, taken


def _write(
    actor: Actor,
    kind: Kind,
    document_id: UUID,
    issuer: Party,
    taken: TakenIn,
    *,
    name: str,
    content: bytes,
    at: datetime,
) -> None:
    own = access_own_party(actor)
    document = Document(
        id=document_id,
        kind=kind.code,
        owner_id=actor.company,
        issuer=issuer,
        issuer_side=kind.issuer_side,
        from_outside=True,
        number=taken.number,
        issued_on=taken.issued_on,
        state=kind.sent_state,
        state_since=at,
        waits_for=kind.state(kind.sent_state).waits_for,
        created_at=at,
        changed_at=at,
    )
    Document.objects.bulk_create([document])
    PartyView.objects.bulk_create(
        [
            PartyView(
                company_id=actor.company,
                document_id=document_id,
                role=RECEIVER,
                side=kind.receiver_side,
                kind=kind.code,
                state=document.state,
                state_since=at,
                changed_at=at,
                version_shown=1,
            )
        ]
    )
    Recipient.objects.bulk_create(
        [
            Recipient(
                document_id=document_id,
                owner_id=actor.company,
                party=own,
                company_id=actor.company,
                position=0,
                opened_at=at,
            )
        ]
    )
    payload, totals = payload_of(
        kind,
        number=taken.number,
        version=1,
        issued_on=taken.issued_on,
        issuer=taken.issuer,
        recipient=taken.recipient,
        body=taken.body,
        previous="",
    )
    store_version(document, kind, payload, taken.body, totals, number=1, previous="", reason="", at=at)
    document.save(update_fields=["version", "subject", "currency", "amount_minor", "due_on", "search"])
    store(actor, document_id, name=name, content=content, at=at, purpose="original", shared_from=1)
    for file in taken.files:
        store(
            actor,
            document_id,
            name=file.name,
            content=file.content,
            at=at,
            purpose="embedded",
            shared_from=1,
            media_type=file.media_type,
        )
    sync_views(document_id)
    write_transition(actor, document, "take_in", at=at, shared=False)


def _one_at_a_time(actor: Actor) -> None:
    """Two who take in the same file at once: the second waits here, and then finds what the first stored."""
    Party.objects.select_for_update().get(company_id=actor.company)


def _issuer(actor: Actor, details: PartyDetails, *, at: datetime) -> Party:
    """The sender among the own partners, by T number, 法人番号 or exact name; else a new external party.

    A member that sent it by another way stays unaware of it: what is from outside has no issuer's view."""
    partners = list(access_partners(actor))
    for attribute in ("registration_number", "corporate_number", "name"):
        wanted = getattr(details, attribute)
        for partner in partners:
            if wanted and getattr(partner.party, attribute) == wanted:
                return partner.party
    party = Party(
        id=new_id(),
        owner_id=actor.company,
        name=details.name,
        name_kana=details.name_kana,
        corporate_number=details.corporate_number,
        registration_number=details.registration_number,
        email=details.contact.email if details.contact else "",
        details=details.model_dump(mode="json"),
        updated_at=at,
    )
    Party.objects.bulk_create([party])
    Partner.objects.bulk_create(
        [
            Partner(
                id=new_id(),
                company_id=actor.company,
                party=party,
                search=f"{details.name} {details.name_kana} {details.registration_number}",
            )
        ]
    )
    return party


def _refuse_twice(actor: Actor, kind: Kind, issuer: Party, taken: TakenIn) -> None:
    former = PartyView.objects.filter(
        company_id=actor.company, kind=kind.code, number=taken.number, document__issuer_id=issuer.pk
    ).first()
    if former is not None:
        raise AlreadyTakenIn(
            _("%(number)s from %(name)s is here already. Nothing was stored twice.")
            % {"number": taken.number, "name": issuer.name},
            document_id=former.document_id,
        )
