"""Files inside a document (ibt-125): Base64 in the XML, `SupportingDocument.sha256` in the body, bytes beside it."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.render.ubl.engine import Reading, Record, UblRefused, prefixed
from torihiki.exchange.render.ubl.parts import SupportingDocument
from torihiki.exchange.render.xml import line_of


@dataclass(frozen=True)
class EmbeddedFile:
    """A file that travels inside the XML; `SupportingDocument.sha256` names it."""

    name: str
    mime_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256_hex(self.content)


def take_files_out(records: Sequence[Record], reading: Reading) -> tuple[list[Record], list[EmbeddedFile]]:
    """The supporting documents without their bytes, and the files. Raises UblRefused for what is not Base64."""
    documents, files = [], []
    for index, record in enumerate(records):
        fields = {name: value for name, value in record.items() if name != "content"}
        if record.get("content"):
            try:
                content = base64.b64decode("".join(record["content"].split()), validate=True)
            except (binascii.Error, ValueError):
                element = reading.origin[("documents", index, "content")]
                raise UblRefused(
                    _("The attachment in %(element)s is not valid Base64. Ask the sender to attach it again."),
                    element=prefixed(element),
                    line=line_of(element),
                ) from None
            file = EmbeddedFile(record.get("file_name", ""), record.get("mime_type", ""), content)
            fields["sha256"] = file.sha256
            files.append(file)
        documents.append(fields)
    return documents, files


def put_files_in(documents: Sequence[SupportingDocument], files: Iterable[EmbeddedFile]) -> list[Record]:
    """The records of supporting documents with their bytes. Raises UblRefused for a file that is not at hand."""
    by_digest = {file.sha256: file for file in files}
    records = []
    for document in documents:
        record: dict[str, Any] = document.model_dump()
        if document.sha256:
            file = by_digest.get(document.sha256) or _refuse_missing(document.file_name)
            record["content"] = base64.b64encode(file.content).decode("ascii")
            record["file_name"] = document.file_name or file.name
            record["mime_type"] = document.mime_type or file.mime_type
        records.append(record)
    return records


def _refuse_missing(name: str) -> NoReturn:
    raise UblRefused(
        _("The attachment “%(name)s” is not at hand. Attach it again, or remove its entry."),
        element="cac:AdditionalDocumentReference",
        name=name,
    )
