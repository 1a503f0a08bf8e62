"""Files on documents: encrypted under a data key of their own, which is wrapped once for each entitled company.

Destroying one company's key closes its own copy and never another's (design §4a). Nothing is served that a browser
would run: every download is an attachment with its declared type.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from torihiki.crypto import envelope
from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.access import Seen, access_attachments, access_document
from torihiki.exchange.approvals.ending import void_request
from torihiki.exchange.events import ExchangeEvent
from torihiki.exchange.models import Attachment, AttachmentChunk, AttachmentKey
from torihiki.exchange.refusals import DocumentNotVisible, FileDamaged, FileRefused, StepNotOpen
from torihiki.identity.permissions import Action
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

FILE_BYTES_MAX = 10 * 2**20
FILES_PER_DOCUMENT_MAX = 20
NAME_LENGTH_MAX = 200
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".zip": "application/zip",
}
"""What may be attached, by the name's ending; the type that the sender claims is not believed."""


def attach_file(actor: Actor, document_id: UUID, *, name: str, content: bytes, at: datetime) -> UUID:
    """Attach a file to the own draft; it is shared with the version that is sent next. Raises FileRefused and
    StepNotOpen."""
    with attempt(ExchangeEvent.FILE_ADDED, actor, subject_type="document", subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        actor = seen.actor
        if not seen.view.internal_state:
            raise StepNotOpen
        if (
            Attachment.objects.filter(document_id=document_id, company_id=actor.company).count()
            >= FILES_PER_DOCUMENT_MAX
        ):
            raise FileRefused(_("A document takes at most %(most)d files.") % {"most": FILES_PER_DOCUMENT_MAX})
        attachment = store(actor, document_id, name=name, content=content, at=at)
        void_request(seen, at=at)  # other files than those that were shown
        record(
            ExchangeEvent.FILE_ADDED,
            actor,
            at=at,
            subject_type="document",
            subject_id=document_id,
            subject_label=attachment.name,
            data={"attachment": attachment.pk, "sha256": attachment.sha256, "bytes": attachment.size_bytes},
        )
    return attachment.pk


def store(
    actor: Actor,
    document_id: UUID,
    *,
    name: str,
    content: bytes,
    at: datetime,
    purpose: str = "attachment",
    shared_from: int | None = None,
    media_type: str = "",
) -> Attachment:
    """Encrypt and write a file. Raises FileRefused for an empty or too large one, or a kind that is not taken."""
    name = _clean(name)
    if not content:
        raise FileRefused(_("“%(name)s” is empty. Choose another file.") % {"name": name})
    if len(content) > FILE_BYTES_MAX:
        raise FileRefused(
            _("“%(name)s” is larger than %(most)d MiB. Make it smaller.") % {"name": name, "most": FILE_BYTES_MAX >> 20}
        )
    suffix = "." + name.rpartition(".")[2].lower()
    if not media_type and suffix not in MEDIA_TYPES:
        raise FileRefused(
            _("“%(name)s” is not of a kind that can be attached: %(kinds)s.")
            % {"name": name, "kinds": " ".join(MEDIA_TYPES)}
        )
    attachment = Attachment(
        id=new_id(),
        document_id=document_id,
        company_id=actor.company,
        name=name,
        media_type=media_type or MEDIA_TYPES[suffix],
        size_bytes=len(content),
        sha256=sha256_hex(content),
        purpose=purpose,
        shared_from=shared_from,
        member_name=actor.name,
        at=at,
    )
    key = envelope.new_key()
    Attachment.objects.bulk_create([attachment])
    AttachmentChunk.objects.bulk_create(
        [
            AttachmentChunk(
                attachment_id=attachment.pk,
                company_id=actor.company,
                position=position,
                ciphertext=envelope.encrypt(
                    key, content[start : start + PLAIN_CHUNK], bound_to=_place(attachment.pk, position)
                ),
            )
            for position, start in enumerate(range(0, len(content), PLAIN_CHUNK))
        ]
    )
    _wrap(attachment.pk, key, [actor.company])
    return attachment


def remove_file(actor: Actor, document_id: UUID, attachment_id: UUID, *, at: datetime) -> None:
    """Take an unshared file away. What was sent stays. Raises DocumentNotVisible, StepNotOpen."""
    with attempt(ExchangeEvent.FILE_REMOVED, actor, subject_type="document", subject_id=document_id):
        seen = access_document(actor, document_id, to=Action.DRAFT, lock=True)
        actor = seen.actor
        attachment = access_attachments(seen).filter(pk=attachment_id).first()
        if attachment is None:
            raise DocumentNotVisible
        if attachment.company_id != actor.company or attachment.shared_from is not None:
            raise StepNotOpen
        record(
            ExchangeEvent.FILE_REMOVED,
            actor,
            at=at,
            subject_type="document",
            subject_id=document_id,
            subject_label=attachment.name,
            data={"attachment": attachment.pk, "sha256": attachment.sha256},
        )
        attachment.delete()
        void_request(seen, at=at)  # other files than those that were shown


def read_file(seen: Seen, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """The file as it was stored, opened with this company's own wrap of its key.

    Raises DocumentNotVisible, and FileDamaged where a byte was changed or a part is missing.
    """
    attachment = access_attachments(seen).filter(pk=attachment_id).first()
    if attachment is None:
        raise DocumentNotVisible
    chunks = (
        AttachmentChunk.objects.filter(attachment_id=attachment.pk)
        .order_by("position")
        .values_list("position", "ciphertext")
    )
    try:
        key = _unwrap(attachment.pk, seen.actor.company)
        plain = b"".join(
            envelope.decrypt(key, bytes(ciphertext), bound_to=_place(attachment.pk, position))
            for position, ciphertext in chunks
        )
    except envelope.DecryptionFailed as error:
        raise FileDamaged(attachment.name) from error
    if sha256_hex(plain) != attachment.sha256:  # each chunk is whole, but one is missing
        raise FileDamaged(attachment.name)
    return attachment, plain


def share_files(actor: Actor, document_id: UUID, version: int, companies: Iterable[UUID]) -> list[Attachment]:
    """Share the draft's files from `version` on, and wrap the keys of all shared ones for `companies`."""
    fresh = list(
        Attachment.objects.filter(
            document_id=document_id, company_id=actor.company, shared_from=None, purpose="attachment"
        )
    )
    Attachment.objects.filter(pk__in=[a.pk for a in fresh]).update(shared_from=version)
    others = [company for company in companies if company != actor.company]
    for attachment in fresh:
        _wrap(attachment.pk, _unwrap(attachment.pk, actor.company), others)
    return list(Attachment.objects.filter(document_id=document_id, shared_from__lte=version).order_by("at", "id"))


def _wrap(attachment_id: UUID, key: bytes, companies: Iterable[UUID]) -> None:
    AttachmentKey.objects.bulk_create(
        [
            AttachmentKey(
                attachment_id=attachment_id,
                company_id=company,
                wrapped=envelope.encrypt(_company_key(company), key, bound_to=attachment_id.bytes + company.bytes),
            )
            for company in companies
        ]
    )


def _unwrap(attachment_id: UUID, company: UUID) -> bytes:
    wrapped = AttachmentKey.objects.get(attachment_id=attachment_id, company_id=company).wrapped
    return envelope.decrypt(_company_key(company), bytes(wrapped), bound_to=attachment_id.bytes + company.bytes)


def _company_key(company: UUID) -> bytes:
    """The acting company's key, or a partner's, of which the database hands out the wrapped form only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT exchange_partner_key(%s)", [company])
        wrapped = cursor.fetchone()[0]
    if wrapped is None:
        raise DocumentNotVisible
    return envelope.decrypt(envelope.root_key(settings.ROOT_KEY_FILE), bytes(wrapped), bound_to=company.bytes)


def _place(attachment_id: UUID, position: int) -> bytes:
    return attachment_id.bytes + position.to_bytes(4, "big")


def _clean(name: str) -> str:
    """The last part of a path, without control characters; never used to name anything on a disk."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[-NAME_LENGTH_MAX:] or "file"


PLAIN_CHUNK = envelope.CHUNK_BYTES_MAX - 64
