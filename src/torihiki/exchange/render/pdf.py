"""A sheet as PDF/A-3b with its data attached: the same sheet gives the same bytes, wherever it is set.

Text never becomes typst code: the sheet goes in as a JSON file that trusted templates read. A template is a folder
of ours or of a service (`services/<name>/templates/`), with a main file that defines `sheet(data)`. It may import
`/torihiki/sheet.typ`, whose blocks it rearranges or adds to; `Sheet.extra` carries what only it knows.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import typst

from .glyphs import fonts
from .layout import sheet_data
from .sheet import (
    Fact,
    Headline,
    PdfAttachment,
    Sheet,
    SheetLine,
    SheetTooLarge,
    SheetTotals,
    TaxRow,
    check_bounds,
)
from .words import BUILT_IN, Language, Words, words

__all__ = [
    "BUILT_IN",
    "Fact",
    "Headline",
    "Language",
    "PdfAttachment",
    "PdfTemplate",
    "Sheet",
    "SheetLine",
    "SheetTooLarge",
    "SheetTotals",
    "TaxRow",
    "Words",
    "render_pdf",
    "words",
]

TAGGED_LINES_MAX = 1_000
"""Longer sheets go without the tags of PDF/UA-1 (ISO 14289-1): these make up nine tenths of such a file, 1.5 kB a line.
Those who listen to a document of that length are better served by its data."""

TEMPLATE_FILES_MAX = 20
# The PDF keeps this in UTC: at noon in Japan most of the world has the document's own date.
_NOON = time(12, tzinfo=timezone(timedelta(hours=9)))
_LIBRARY_FOLDER = Path(__file__).parent / "typst"
# The files are attached here because typst takes their names as relative to the source that names them.
_MAIN = """#import "{template}": sheet
#let data = json("/data.json")
#let attached = for file in data.attachments {{
  pdf.attach(
    file.name, read(file.path, encoding: none),
    relationship: file.relationship, mime-type: file.media_type, description: file.description,
  )
}}
#sheet(data + (attached: attached))
"""
_PACKAGE_IMPORT = re.compile(r"[\"']@[a-z]")


@dataclass(frozen=True)
class PdfTemplate:
    """The typst files of one folder, read once. `folder` is part of a service's source, never a user's upload.

    `main` defines `#let sheet(data) = …`. Raises ValueError for a file that would import a package from a network.
    """

    folder: Path
    main: str = "sheet.typ"
    sources: Mapping[str, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", _read_sources(self.folder))
        if self.main not in self.sources:
            raise ValueError(f"The template folder {self.folder.name} has no {self.main}. Add it or name another.")


def render_pdf(
    sheet: Sheet, *, attachments: Sequence[PdfAttachment] = (), template: PdfTemplate | None = None
) -> bytes:
    """The sheet as PDF/A-3b (ISO 19005-3, conformance B) with `attachments` inside; typst refuses to write less.

    Raises SheetTooLarge beyond the bounds of `sheet.py`, before anything is set. Safe to call from several threads.
    """
    check_bounds(sheet, attachments)
    used = template or _own_template()
    files: dict[str, bytes] = {f"torihiki/{name}": source for name, source in _own_template().sources.items()}
    if template is not None:
        files |= {f"service/{name}": source for name, source in template.sources.items()}
    folder = "torihiki" if template is None else "service"
    tagged = len(sheet.lines) <= TAGGED_LINES_MAX
    data = sheet_data(sheet)
    with TemporaryDirectory(prefix="torihiki-pdf-") as scratch:
        data["attachments"] = [
            _placed(attachment, index, files, Path(scratch)) for index, attachment in enumerate(attachments)
        ]
        files["data.json"] = json.dumps(data, ensure_ascii=False, sort_keys=True).encode()
        files["main.typ"] = _MAIN.format(template=f"/{folder}/{used.main}").encode()
        pdf = _compiler().compile(
            cast("Any", files),  # the package's types do not tell of several files
            format="pdf",
            root=scratch,
            pdf_standards=["a-3b", "ua-1"] if tagged else ["a-3b"],
            pdf_tags=tagged,
            timestamp=datetime.combine(sheet.issued_on, _NOON),
        )
    assert isinstance(pdf, bytes)
    return pdf


def _placed(attachment: PdfAttachment, index: int, files: dict[str, bytes], scratch: Path) -> dict[str, str]:
    """Puts the content where a template can read it. Only UTF-8 can lie among the virtual files."""
    name = f"attached/{index}"
    try:
        attachment.content.decode()
        files[name] = attachment.content
    except UnicodeDecodeError:
        (scratch / "attached").mkdir(exist_ok=True)
        (scratch / name).write_bytes(attachment.content)
    return {
        "path": f"/{name}",
        "name": attachment.name,
        "media_type": attachment.media_type,
        "relationship": attachment.relationship,
        "description": attachment.description or attachment.name,
    }


def _read_sources(folder: Path) -> dict[str, bytes]:
    paths = sorted(folder.glob("*.typ"))
    if len(paths) > TEMPLATE_FILES_MAX:
        raise ValueError(f"The template folder {folder.name} has more than {TEMPLATE_FILES_MAX} files. Split it.")
    sources = {path.name: path.read_text("utf-8") for path in paths}
    for name, source in sources.items():
        if _PACKAGE_IMPORT.search(source):
            raise ValueError(f"{name} imports a typst package, which would be downloaded. Copy what it needs.")
    return {name: source.encode() for name, source in sources.items()}


@cache
def _own_template() -> PdfTemplate:
    return PdfTemplate(_LIBRARY_FOLDER)


_of_thread = threading.local()


def _compiler() -> typst.Compiler:
    # A compiler is exclusively borrowed while it runs, so each thread has one; the fonts are shared.
    compiler: typst.Compiler | None = getattr(_of_thread, "compiler", None)
    if compiler is None:
        compiler = typst.Compiler(font_paths=fonts(), ignore_system_fonts=True)
        _of_thread.compiler = compiler
    return compiler
