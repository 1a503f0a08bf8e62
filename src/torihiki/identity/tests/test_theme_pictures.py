"""No two themes look alike: in colour, with any kind of colour vision, and in shape alone."""

import math
import struct
import zlib
from itertools import combinations

import pytest
import typst

from torihiki.identity.theme.colours import COLOURS, linear, luminance
from torihiki.identity.theme.patterns import PATTERNS
from torihiki.identity.theme.themes import CODE_LENGTH_MAX, Theme, band

VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Linear light → linear light: Machado, Oliveira and Fernandes 2009, severity 1."""
DISTANCE_MIN = {"usual": 0.08, "protanopia": 0.05, "deuteranopia": 0.05, "tritanopia": 0.05}
"""In OKLab, where two colours side by side are just told apart at about 0.02."""
WIDTH, WINDOW = 96, 48
DIFFERENT_MIN = 0.15


def oklab(light):
    red, green, blue = (min(1.0, max(0.0, part)) for part in light)
    cones = (
        0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
        0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
        0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
    )
    long, medium, short = (cone ** (1 / 3) for cone in cones)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def seen(colour, vision):
    light = linear(colour)
    return oklab([sum(share * part for share, part in zip(row, light, strict=True)) for row in VISION[vision]])


def test_there_are_more_than_two_hundred():
    assert len(COLOURS) >= 20
    assert len(PATTERNS) >= 12
    themes = [Theme(pattern, colour) for pattern in PATTERNS.values() for colour in COLOURS.values()]
    assert len({theme.label for theme in themes}) == len(themes) >= 200, "each has words of its own"
    assert all(Theme.from_code(theme.code) == theme and len(theme.code) <= CODE_LENGTH_MAX for theme in themes)
    for wrong in ("", "-", "seigaiha", "seigaiha-", "-ruri", "seigaiha-ruri-shu", "ruri-seigaiha"):
        assert Theme.from_code(wrong) is None


@pytest.mark.parametrize("vision", VISION)
def test_colours_differ_for_every_eye(vision):
    assert oklab((1, 1, 1)) == pytest.approx((1, 0, 0), abs=1e-6)
    for one, other in combinations(COLOURS.values(), 2):
        distance = math.dist(seen(one.ground, vision), seen(other.ground, vision))
        assert distance >= DISTANCE_MIN[vision], (one.code, other.code, distance)


def test_a_pattern_stands_out_from_its_ground():
    """WCAG 2.2, 1.4.11: 3 to 1 for what is needed to understand a picture. Names stand on the page's own surface."""
    for colour in COLOURS.values():
        lighter, darker = sorted((luminance(colour.ground), luminance(colour.ink)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3, colour.code


def test_patterns_differ_without_any_colour(tmp_path):
    """In black and white, laid over each other in every position: nobody remembers where a tile began."""
    drawn = {code: windows(rows_of(pattern, tmp_path)) for code, pattern in PATTERNS.items()}
    for (one, first), (other, second) in combinations(drawn.items(), 2):
        least = min((first[0] ^ moved).bit_count() for moved in second) / WINDOW**2
        assert least >= DIFFERENT_MIN, (one, other, least)


def rows_of(pattern, folder):
    """The pattern as the browser would draw it: a number for each row of WIDTH pixels, one bit for each dark one."""
    drawing = str(band(pattern, "#ffffff", "#000000", name="x", height=WIDTH))
    drawing = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ').replace(
        'width="100%" height', f'width="{WIDTH}" height', 1
    )
    (folder / "it.svg").write_text(drawing)
    source = folder / "it.typ"
    source.write_text(
        f'#set page(width: {WIDTH}pt, height: {WIDTH}pt, margin: 0pt)\n#image("it.svg", width: {WIDTH}pt)'
    )
    pixels = read_png(typst.compile(source, format="png", ppi=72))
    assert len(pixels) == WIDTH
    return [sum((row[4 * x] < 128) << x for x in range(WIDTH)) for row in pixels]


def windows(rows):
    """The pattern seen through a window of WINDOW × WINDOW pixels at each of WINDOW × WINDOW places, by threes."""
    mask = (1 << WINDOW) - 1
    found = []
    for left in range(0, WINDOW, 3):
        cut = [(row >> left) & mask for row in rows]
        for top in range(0, WINDOW, 3):
            found.append(sum(row << (WINDOW * number) for number, row in enumerate(cut[top : top + WINDOW])))
    return found


def read_png(data):
    """Rows of bytes, red green blue alpha: as much of ISO/IEC 15948 as is written here."""
    place, packed, width, height = 8, b"", 0, 0
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, form = struct.unpack(">IIBB", body[:10])
            assert (depth, form) == (8, 6)
        packed += body if kind == b"IDAT" else b""
        place += 12 + length
    raw, stride, above, rows = zlib.decompress(packed), 4 * width, bytes(4 * width), []
    for number in range(height):
        start = number * (stride + 1)
        rows.append(above := unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above))
    return rows


def unfiltered(kind, line, above):
    row = bytearray(line)
    for place in range(len(row)):
        left, up, corner = (row[place - 4], above[place], above[place - 4]) if place >= 4 else (0, above[place], 0)
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda each: abs(guess - each))
        row[place] = (row[place] + (0, left, up, (left + up) // 2, nearest)[kind]) & 255
    return bytes(row)
