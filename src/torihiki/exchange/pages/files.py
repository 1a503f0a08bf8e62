"""What can be downloaded of a document: its PDF, its data, its files; and files that come in."""

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.exchange.access import Seen, access_document
from torihiki.exchange.actions.attachments import FILE_BYTES_MAX, attach_file, read_file, remove_file
from torihiki.exchange.actions.intake import take_in_all
from torihiki.exchange.downloads import addressee, file_response, sent_of, version_of
from torihiki.exchange.models import Version
from torihiki.exchange.papers import export_of, file_name, paper
from torihiki.exchange.refusals import DocumentNotVisible, FileRefused
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.permissions import Action
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.ids import new_id

WARNINGS_SHOWN_MAX = 20


@desk("read")
def document_pdf(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """The version's PDF in the reader's language (`?lang=`), shown in the page or saved."""
    seen = access_document(request.actor, document_id)
    sent = sent_of(seen, _version(request, seen))
    language = request.GET.get("lang") if request.GET.get("lang") in ("ja", "en") else None
    return file_response(
        paper(sent, recipient=addressee(seen, sent), language=language),
        "application/pdf",
        file_name(sent),
        inline="save" not in request.GET,
    )


@desk("read")
def document_export(request: DeskRequest, document_id: UUID, code: str) -> HttpResponse:
    seen = access_document(request.actor, document_id)
    export = export_of(seen.kind, code)
    if export is None:
        raise DocumentNotVisible
    sent = sent_of(seen, _version(request, seen))
    return file_response(export.write(sent), export.media_type, file_name(sent, export))


@desk("read")
def document_json(request: DeskRequest, document_id: UUID) -> HttpResponse:
    """The version's canonical bytes, exactly those that its SHA-256 is of."""
    seen = access_document(request.actor, document_id)
    version = _version(request, seen)
    return file_response(bytes(version.payload), "application/json", f"{seen.document.number}-v{version.number}.json")


@desk("read")
def file_page(request: DeskRequest, document_id: UUID, file_id: UUID) -> HttpResponse:
    attachment, content = read_file(access_document(request.actor, document_id), file_id)
    return file_response(content, attachment.media_type, attachment.name)


@desk("draft", methods=("POST",))
def add_file(request: DeskRequest, document_id: UUID) -> HttpResponse:
    seen = access_document(request.actor, document_id, to=Action.DRAFT)
    back = reverse("document-edit", args=[seen.document.pk])
    try:
        for upload in request.FILES.getlist("file"):
            attach_file(request.actor, document_id, name=upload.name or "", content=_content(upload), at=timezone.now())
            messages.success(request, _("“%(name)s” is attached.") % {"name": upload.name})
    except FileRefused as refusal:
        messages.error(request, str(refusal.message))
    return HttpResponseRedirect(back + "#files")


@desk("draft", methods=("POST",))
def drop_file(request: DeskRequest, document_id: UUID, file_id: UUID) -> HttpResponse:
    remove_file(request.actor, document_id, file_id, at=timezone.now())
    messages.success(request, _("The file was removed."))
    return HttpResponseRedirect(reverse("document-edit", args=[document_id]) + "#files")


@desk("draft", methods=("GET", "POST"))
def take_in_page(request: DeskRequest, kind: str) -> HttpResponse:
    spec = KINDS.get(kind)
    if spec is None or spec.reader is None or not request.actor.may(spec.permission(Action.DRAFT)):
        raise DocumentNotVisible
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            return _taken_in(request, spec)
        except FileRefused as refused:
            refusal = refused
    return render(
        request,
        "exchange/take_in.html",
        {"kind": spec, "reader": spec.reader, "refusal": refusal, "key": str(new_id())},
        status=refusal.status if refusal else 200,
    )


def _taken_in(request: DeskRequest, kind: Kind) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        raise FileRefused(_("Choose a file first."))
    assert kind.reader is not None, "checked by the page"
    if (upload.size or 0) > kind.reader.bytes_max:
        raise FileRefused(_("The file is larger than %(most)d MiB.") % {"most": kind.reader.bytes_max >> 20})
    found = take_in_all(
        request.actor,
        kind,
        name=upload.name or "",
        content=upload.read(),
        at=timezone.now(),
        key=request.POST.get("key", ""),
    )
    warnings = [str(warning) for _document_id, taken in found for warning in taken.warnings]
    for warning in warnings[:WARNINGS_SHOWN_MAX]:
        messages.warning(request, warning)
    if len(warnings) > WARNINGS_SHOWN_MAX:
        messages.warning(request, _("… and %(more)d more.") % {"more": len(warnings) - WARNINGS_SHOWN_MAX})
    document_id, taken = found[0]
    if len(found) > 1:
        messages.success(request, _("%(count)d documents were taken in.") % {"count": len(found)})
        return HttpResponseRedirect(reverse("documents", args=[kind.code]))
    other = taken.recipient if taken.issued_here else taken.issuer
    messages.success(
        request, _("%(number)s from %(name)s was taken in.") % {"number": taken.number, "name": other.name}
    )
    return HttpResponseRedirect(reverse("document", args=[document_id]))


def _version(request: DeskRequest, seen: Seen) -> Version:
    wanted = request.GET.get("version", "")
    return version_of(seen, int(wanted) if wanted.isdecimal() and len(wanted) < 6 else None)


def _content(upload: "UploadedFile[bytes]") -> bytes:
    if (upload.size or 0) > FILE_BYTES_MAX:
        raise FileRefused(
            _("“%(name)s” is larger than %(most)d MiB. Make it smaller.")
            % {"name": upload.name, "most": FILE_BYTES_MAX >> 20}
        )
    return bytes(upload.read())
