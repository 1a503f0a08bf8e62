"""What can be fetched of a document as a file, for the pages and the API alike."""

from urllib.parse import quote

from django.http import HttpResponse

from torihiki.exchange.access import Seen, access_attachments, access_own_party, access_versions
from torihiki.exchange.actions.attachments import read_file
from torihiki.exchange.models import Party, Version
from torihiki.exchange.papers import read_sent
from torihiki.exchange.refusals import DocumentNotVisible
from torihiki.exchange.specs import RECEIVER, File, Sent


def version_of(seen: Seen, number: int | None) -> Version:
    """The version of this number, or the newest one. Raises DocumentNotVisible for one that is not shown."""
    versions = access_versions(seen)
    found = versions.first() if number is None else versions.filter(number=number).first()
    if found is None:
        raise DocumentNotVisible
    return found


def sent_of(seen: Seen, version: Version) -> Sent:
    """The version with the files that travelled inside it."""
    inside = access_attachments(seen).filter(purpose="embedded")
    files = tuple(File(row.name, row.media_type, read_file(seen, row.pk)[1]) for row in inside)
    return read_sent(version, files=files)


def addressee(seen: Seen, sent: Sent) -> Party | None:
    """For whom this copy is, where the version went to several and names nobody."""
    return access_own_party(seen.actor) if sent.recipient is None and seen.view.role == RECEIVER else None


def file_response(content: bytes, media_type: str, name: str, *, inline: bool = False) -> HttpResponse:
    """A download that no browser runs: its type is not guessed, and only our own PDFs are shown in place."""
    ascii_name = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    disposition = f"{'inline' if inline else 'attachment'}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"
    return HttpResponse(
        content,
        content_type=media_type,
        headers={"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"},
    )
