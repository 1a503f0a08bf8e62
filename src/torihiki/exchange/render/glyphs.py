"""Which characters the typeface can print, how wide they are, and what stands for one that it lacks: 〓.

The geta mark is what Japanese printers set for a missing type. A gap, an empty box or a look-alike would change
a name without telling; PDF/A forbids the empty box. The sheet lists each such character with its code point.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import typst

GETA = "〓"
FACE = "IPAexGothic"
FALLBACK_FACES = ("Libertinus Serif", "DejaVu Sans Mono")
"""Inside the typst package, for the Western letters and signs that IPAexGothic lacks: ≤ ⑴ ™, Vietnamese and Maltese
names. The first has the letters; the second more signs, but places accents badly: never a letter made of parts."""

ZERO_WIDTH_SPACE = "\u200b"
_FACE_PACKAGE = "matplotlib_fontja"
_FACE_FILE = "ipaexg.ttf"
_COMBINED = re.compile(r"(?s).[̀-゙゚ͯ]+")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class FontMissing(RuntimeError):
    """The Japanese typeface is not installed; the message says which package carries it."""


def font_folder() -> Path:
    """Where IPAexGothic lies. The package that carries it is located, never executed: it asks for matplotlib."""
    spec = find_spec(_FACE_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "fonts"
        if (folder / _FACE_FILE).is_file():
            return folder
    raise FontMissing("IPAexGothic was not found. Install the package matplotlib-fontja (without dependencies).")


@cache
def advances() -> dict[int, float]:
    """Code point → width in em, for every character of the typeface."""
    font = (font_folder() / _FACE_FILE).read_bytes()
    tables: dict[bytes, int] = {}
    for record in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _checksum, offset, _length = struct.unpack_from(">4sIII", font, 12 + 16 * record)
        tables[tag] = offset
    units_per_em: int = struct.unpack_from(">H", font, tables[b"head"] + 18)[0]
    metrics_count: int = struct.unpack_from(">H", font, tables[b"hhea"] + 34)[0]
    widths = [
        struct.unpack_from(">H", font, tables[b"hmtx"] + 4 * glyph)[0] / units_per_em for glyph in range(metrics_count)
    ]
    return {point: widths[min(glyph, metrics_count - 1)] for point, glyph in _mapped(font, tables[b"cmap"]) if glyph}


@dataclass
class Seen:
    """Characters of a sheet that need care, in order of appearance (a dict is an ordered set)."""

    borrowed: dict[str, None] = field(default_factory=dict)  # set in a fallback face
    missing: dict[str, None] = field(default_factory=dict)  # set as 〓


def printable(text: str, seen: Seen) -> str:
    """`text` as it can be set; what the typeface lacks is added to `seen`.

    Kept: line feeds, and variation selectors of a known character. Dropped: what has no visible form, above all
    the direction overrides, which would make a reader see another text than a machine reads. A tab becomes a
    space. A letter and its combining mark are joined (か + ゙), but nothing else is normalised: NFC would turn
    the 神 of somebody's name into the common one.
    """
    known = advances()
    if all(ord(char) in known for char in text):
        return text
    out: list[str] = []
    for char in _COMBINED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text):
        point = ord(char)
        if point in known or char in ("\n", ZERO_WIDTH_SPACE):
            out.append(char)
        elif any(point in selectors for selectors in _VARIATION_SELECTORS):
            if out and out[-1] != GETA:
                out.append(char)
        elif unicodedata.category(char) == "Zs" or char == "\t":
            out.append(" ")
        elif unicodedata.category(char) in ("Cc", "Cf"):
            continue
        elif _in_fallback(char):
            out.append(char)
            seen.borrowed.setdefault(char)
        else:
            out.append(GETA)
            seen.missing.setdefault(char)
    return "".join(out)


def width(text: str) -> float:
    """The width of one line of `text`, in em."""
    known = advances()
    return sum(known.get(ord(char), 0.0 if char == ZERO_WIDTH_SPACE else 1.0) for char in text)


@lru_cache(maxsize=8_192)
def _in_fallback(char: str) -> bool:
    """Whether a fallback face has `char`; asked by setting it, as PDF/A refuses what has no glyph (about 1 ms).

    Letters that run from right to left stay out: they would reorder the digits beside them.
    """
    if unicodedata.bidirectional(char) in ("R", "AL", "AN") or unicodedata.category(char)[0] not in "LNPS":
        return False
    faces = FALLBACK_FACES[:1] if unicodedata.decomposition(char) else FALLBACK_FACES
    return any(_sets(face, char) for face in faces)


def _sets(face: str, char: str) -> bool:
    source = f'#set text(font: "{face}", fallback: false)\n#"\\u{{{ord(char):x}}}"'
    try:
        typst.compile(source.encode(), format="pdf", font_paths=fonts(), pdf_standards=["a-3b"], timestamp=0)
    except typst.TypstError:
        return False
    return True


@cache
def fonts() -> typst.Fonts:
    """The faces of a sheet, read once. The machine's own stay out: the same sheet must give the same bytes anywhere."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(font_folder())])


def _mapped(font: bytes, cmap: int) -> Iterator[tuple[int, int]]:
    """(code point, glyph) of the full-Unicode subtable (OpenType cmap format 12)."""
    for record in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * record)
        start = cmap + offset
        if (platform, encoding) == (3, 10) and struct.unpack_from(">H", font, start)[0] == 12:
            for group in range(struct.unpack_from(">I", font, start + 12)[0]):
                first, last, glyph = struct.unpack_from(">III", font, start + 16 + 12 * group)
                for point in range(first, last + 1):
                    yield point, glyph + point - first
            return
    raise FontMissing("IPAexGothic has no full-Unicode character map. Reinstall matplotlib-fontja.")
