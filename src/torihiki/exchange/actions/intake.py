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
from torihiki.exchange.specs import ISSUER, KINDS, RECEIVER, Kind, TakenIn
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
    """Like `take_in_all`, for who expects one document: the first of the file, and its id."""
    return take_in_all(actor, kind, name=name, content=content, at=at, key=key, document_id=document_id)[0]


def take_in_all(
    actor: Actor,
    kind: Kind,
    *,
    name: str,
    content: bytes,
    at: datetime,
    key: str = "",
    document_id: UUID | None = None,
) -> list[tuple[UUID, TakenIn]]:
    """Store the documents of a file of `kind`'s reader, all or none; their ids and what was read of each.

    The other company is looked up among the own partners by its numbers and name, and added as an external party where
    it is new. The file is kept with its document; of a file with several, each keeps its part. Under a key that was
    used before only the first of the former documents is named. Raises FileRefused (or the reader's own refusal),
    AlreadyTakenIn, RoleMayNot; then nothing is stored. `document_id` is the first document's where it is given already.
    """
    first = document_id or new_id()
    with attempt(ExchangeEvent.TAKEN_IN, actor, subject_type=DOCUMENT, subject_id=first, data={"file": name[:200]}):
        assert kind.reader is not None, "only kinds with a reader take anything in"
        if not actor.may(kind.permission(Action.DRAFT)):
            raise RoleMayNot
        actor = actor.using(kind.permission(Action.DRAFT))
        if len(content) > kind.reader.bytes_max:
            raise FileRefused(_("The file is larger than %(most)d MiB.") % {"most": kind.reader.bytes_max >> 20})
        own = access_own_party(actor)
        found = kind.reader.read(content, PartyDetails.model_validate(own.details))
        if before := done_before(actor, key, f"take in {kind.code}", first, at=at):
            return [(before.document_id, found[0])]
        _one_at_a_time(actor)
        partners = list(access_partners(actor))
        stored = []
        for index, taken in enumerate(found):
            its_id = first if index == 0 else new_id()
            _store(actor, kind, its_id, own, partners, taken, name=name, content=content, at=at)
            stored.append((its_id, taken))
    return stored


def _store(
    actor: Actor,
    kind: Kind,
    document_id: UUID,
    own: Party,
    partners: list[Partner],
    taken: TakenIn,
    *,
    name: str,
    content: bytes,
    at: datetime,
) -> None:
    found_kind = KINDS[taken.kind] if taken.kind else kind
    other = _other(actor, partners, taken.recipient if taken.issued_here else taken.issuer, at=at)
    issuer, recipient = (own, other) if taken.issued_here else (other, own)
    _refuse_twice(actor, found_kind, issuer, taken)
    _write(actor, found_kind, document_id, issuer, recipient, taken, name=name, content=content, at=at)
    record(
        ExchangeEvent.TAKEN_IN,
        actor,
        at=at,
        subject_type=DOCUMENT,
        subject_id=document_id,
        subject_label=taken.number,
        data={"kind": found_kind.code, "number": taken.number, "issuer": issuer.pk, "file": name[:200]},
    )


def _write(
    actor: Actor,
    kind: Kind,
    document_id: UUID,
    issuer: Party,
    recipient: Party,
    taken: TakenIn,
    *,
    name: str,
    content: bytes,
    at: datetime,
) -> None:
    """One document with its views. An own one, from a former system, is not shown to its recipient: it had it there."""
    state = taken.state or kind.sent_state
    document = Document(
        id=document_id,
        kind=kind.code,
        owner_id=actor.company,
        issuer=issuer,
        issuer_side=kind.issuer_side,
        from_outside=not taken.issued_here,
        number=taken.number,
        issued_on=taken.issued_on,
        state=state,
        state_since=at,
        waits_for=kind.state(state).waits_for,
        created_at=at,
        changed_at=at,
    )
    Document.objects.bulk_create([document])
    PartyView.objects.bulk_create(
        [
            PartyView(
                company_id=actor.company,
                document_id=document_id,
                role=ISSUER if taken.issued_here else RECEIVER,
                side=kind.issuer_side if taken.issued_here else kind.receiver_side,
                kind=kind.code,
                state=document.state,
                state_since=at,
                changed_at=at,
                unit_id=actor.unit_id,
                version_shown=0,  # the synchronised view shows it
            )
        ]
    )
    Recipient.objects.bulk_create(
        [
            Recipient(
                document_id=document_id,
                owner_id=actor.company,
                party=recipient,
                company_id=None if taken.issued_here else actor.company,
                position=0,
                opened_at=None if taken.issued_here else at,
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
    part = (_part_name(name, taken.number), taken.original) if taken.original else (name, content)
    store(actor, document_id, name=part[0], content=part[1], at=at, purpose="original", shared_from=1)
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


def _other(actor: Actor, partners: list[Partner], details: PartyDetails, *, at: datetime) -> Party:
    """The other company among the own partners, by T number, 法人番号 or exact name; else a new external party.

    A member that sent it by another way stays unaware of it: what is from outside has no issuer's view."""
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
    partner = Partner(
        id=new_id(),
        company_id=actor.company,
        party=party,
        search=f"{details.name} {details.name_kana} {details.registration_number}",
    )
    Partner.objects.bulk_create([partner])
    partners.append(partner)
    return party


def _part_name(name: str, number: str) -> str:
    """A name for one document's part of a file with several: orders.csv of order 0012 is orders-0012.csv."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{number}.{suffix}" if dot else f"{name}-{number}"


def _refuse_twice(actor: Actor, kind: Kind, issuer: Party, taken: TakenIn) -> None:
    if taken.issued_here and taken.number.startswith(f"{kind.prefix}-"):
        raise FileRefused(
            _("%(number)s is a number as this system gives it. Documents of a former system need their own numbers.")
            % {"number": taken.number}
        )
    former = PartyView.objects.filter(
        company_id=actor.company, kind=kind.code, number=taken.number, document__issuer_id=issuer.pk
    ).first()
    if former is not None:
        raise AlreadyTakenIn(
            _("%(number)s from %(name)s is here already. Nothing was stored twice.")
            % {"number": taken.number, "name": issuer.name},
            document_id=former.document_id,
        )
