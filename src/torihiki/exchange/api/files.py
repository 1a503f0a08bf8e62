"""Files on documents, the papers that are made of them, and documents taken in from files."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from torihiki.api.operations import Answer, ApiRequest, operation
from torihiki.exchange.access import access_attachments, access_document
from torihiki.exchange.actions.attachments import FILE_BYTES_MAX, attach_file, read_file, remove_file
from torihiki.exchange.actions.intake import take_in
from torihiki.exchange.api import shapes, states
from torihiki.exchange.api.keys import once
from torihiki.exchange.downloads import addressee, file_response, sent_of, version_of
from torihiki.exchange.papers import export_of, file_name, paper
from torihiki.exchange.refusals import DocumentNotVisible
from torihiki.exchange.specs import KINDS
from torihiki.identity.permissions import Action
from torihiki.lib.ids import new_id

TAG = _("Files")
BYTES = ("application/octet-stream",)
ANY = ("*/*",)


@operation("GET", permission="read", tag=TAG, summary=_("List the files"), answer=shapes.FileList)
def list_files(request: ApiRequest, document_id: UUID) -> shapes.FileList:
    return states.files(access_document(request.actor, document_id))


@operation(
    "POST",
    permission="draft",
    tag=TAG,
    summary=_("Attach a file to a draft"),
    query=shapes.FileQuery,
    content=BYTES,
    content_bytes_max=FILE_BYTES_MAX,
    answer=shapes.FileInfo,
    status=201,
    keyed=True,
    problems=(409,),
)
def create_file(request: ApiRequest, document_id: UUID, *, query: shapes.FileQuery, content: bytes) -> Answer:
    now = timezone.now()

    def write() -> shapes.FileInfo:
        file_id = attach_file(request.actor, document_id, name=query.name, content=content, at=now)
        seen = access_document(request.actor, document_id)
        return states.file_info(access_attachments(seen).get(pk=file_id))

    return once(request, document_id, write, at=now)


@operation("GET", permission="read", tag=TAG, summary=_("Download a file"), media=ANY, problems=(409,))
def get_file(request: ApiRequest, document_id: UUID, file_id: UUID) -> HttpResponse:
    attachment, content = read_file(access_document(request.actor, document_id), file_id)
    return file_response(content, attachment.media_type, attachment.name)


@operation("DELETE", permission="draft", tag=TAG, summary=_("Remove an unsent file"), status=204, problems=(409,))
def delete_file(request: ApiRequest, document_id: UUID, file_id: UUID) -> None:
    remove_file(request.actor, document_id, file_id, at=timezone.now())


@operation(
    "GET", permission="read", tag=TAG, summary=_("Download the PDF"), query=shapes.PaperQuery,
    media=("application/pdf",), problems=(409,),
)  # fmt: skip
def get_pdf(request: ApiRequest, document_id: UUID, *, query: shapes.PaperQuery) -> HttpResponse:
    seen = access_document(request.actor, document_id)
    sent = sent_of(seen, version_of(seen, query.version))
    content = paper(sent, recipient=addressee(seen, sent), language=query.language)
    return file_response(content, "application/pdf", file_name(sent))


@operation(
    "GET", permission="read", tag=TAG, summary=_("Download a machine-readable form"), query=shapes.VersionQuery,
    media=("application/xml",), problems=(409, 422),
)  # fmt: skip
def get_export(request: ApiRequest, document_id: UUID, code: str, *, query: shapes.VersionQuery) -> HttpResponse:
    seen = access_document(request.actor, document_id)
    export = export_of(seen.kind, code)
    if export is None:
        raise DocumentNotVisible
    sent = sent_of(seen, version_of(seen, query.version))
    return file_response(export.write(sent), export.media_type, file_name(sent, export))


@operation(
    "GET", permission="read", tag=TAG, summary=_("Download a version’s canonical JSON (RFC 8785)"),
    media=("application/json",),
)  # fmt: skip
def get_version(request: ApiRequest, document_id: UUID, number: int) -> HttpResponse:
    """Exactly the bytes that its SHA-256 is of."""
    seen = access_document(request.actor, document_id)
    version = version_of(seen, number)
    return file_response(bytes(version.payload), "application/json", f"{seen.document.number}-v{version.number}.json")


@operation(
    "POST",
    permission="draft",
    tag=TAG,
    summary=_("Take a document in from a file"),
    query=shapes.FileQuery,
    content=BYTES,
    content_bytes_max=FILE_BYTES_MAX,
    answer=shapes.Receipt,
    status=201,
    keyed=True,
    problems=(404, 409),
)
def take_in_file(request: ApiRequest, kind: str, *, query: shapes.FileQuery, content: bytes) -> Answer:
    now, spec, document_id = timezone.now(), KINDS.get(kind), new_id()
    if spec is None or spec.reader is None or not request.actor.may(spec.permission(Action.DRAFT)):
        raise DocumentNotVisible

    def write() -> shapes.Receipt:
        take_in(request.actor, spec, name=query.name, content=content, at=now, document_id=document_id)
        return states.receipt(request, document_id)

    return once(request, document_id, write, at=now, location=lambda found: reverse("api-document", args=[found]))
