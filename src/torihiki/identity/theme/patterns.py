"""Sixteen patterns of the Japanese tradition, drawn by us: each is one tile, repeated over the band.

A drawing is inner SVG, with `{ink}` for what is drawn and `{ground}` for what it is drawn on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Point = tuple[float, float]


@dataclass(frozen=True)
class Pattern:
    """`width` and `height` of the tile are CSS pixels; `code` is what is stored."""

    code: str
    label: str | Promise
    width: float
    height: float
    drawing: str


def lines(*lines: Iterable[Point], width: float = 2.5) -> str:
    """Open lines through the points of each."""
    path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in each) for each in lines)
    return f'<path d="{path}" fill="none" stroke="{{ink}}" stroke-width="{width:g}" stroke-linejoin="round"/>'


def curves(path: str, *, width: float = 2.5) -> str:
    return f'<path d="{path}" fill="none" stroke="{{ink}}" stroke-width="{width:g}"/>'


def filled(path: str) -> str:
    return f'<path d="{path}" fill="{{ink}}"/>'


def disc(x: float, y: float, radius: float, *, of: str = "{ink}") -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{of}"/>'


def ring(x: float, y: float, radius: float, *, width: float = 2.5) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="none" stroke="{{ink}}" stroke-width="{width:g}"/>'


def rounded(value: float) -> float:
    return round(value, 2)


def waves() -> Pattern:
    """Each row of scales covers the lower half of the row above it."""
    shown = ""
    for row in range(-1, 5):
        for x in (-24, 24, 72) if row % 2 else (0, 48):
            y = 12 * row
            shown += disc(x, y, 24, of="{ground}") + ring(x, y, 22.5) + ring(x, y, 15) + disc(x, y, 7)
    return Pattern("seigaiha", _("Seigaiha (waves)"), 48, 24, shown)


def hemp_leaves() -> Pattern:
    """Equal-sided triangles, each divided from its middle to its corners."""
    side = 36.0
    half = rounded(side * sqrt(3) / 2)
    height = 2 * half
    drawn: list[list[Point]] = [[(0, y), (side, y)] for y in (0, half, height)]
    drawn += [
        [(0, 0), (side / 2, half), (0, height)],
        [(side, 0), (side / 2, half), (side, height)],
    ]
    for corners in (
        ((0, 0), (side, 0), (side / 2, half)),
        ((0, height), (side, height), (side / 2, half)),
        ((0, 0), (side / 2, half), (-side / 2, half)),
        ((side, 0), (3 * side / 2, half), (side / 2, half)),
        ((0, height), (side / 2, half), (-side / 2, half)),
        ((side, height), (3 * side / 2, half), (side / 2, half)),
    ):
        middle = (rounded(sum(x for x, _y in corners) / 3), rounded(sum(y for _x, y in corners) / 3))
        drawn += [[corner, middle] for corner in corners]
    return Pattern("asanoha", _("Asanoha (hemp leaves)"), side, height, lines(*drawn, width=1.75))


def tortoise_shell() -> Pattern:
    side = 18.0
    width, height = rounded(side * sqrt(3)), 3 * side

    def hexagon(x: float, y: float, side: float) -> list[Point]:
        half = rounded(side * sqrt(3) / 2)
        corners = (
            (0.0, -side),
            (half, -side / 2),
            (half, side / 2),
            (0.0, side),
            (-half, side / 2),
            (-half, -side / 2),
        )
        return [(rounded(x + right), rounded(y + down)) for right, down in (*corners, corners[0])]

    middles = [(0.0, 0.0), (width, 0.0), (width / 2, 1.5 * side), (0.0, height), (width, height)]
    inner = filled("".join("M" + "L".join(f"{x:g} {y:g}" for x, y in hexagon(*at, side * 0.45)) for at in middles))
    shown = lines(*(hexagon(*at, side) for at in middles)) + inner
    return Pattern("kikko", _("Kikko (tortoise shell)"), width, height, shown)


def basket() -> Pattern:
    """Lines through the middles of a triangle lattice's sides: six-pointed stars."""
    side = 40.0
    half = rounded(side * sqrt(3) / 2)
    height = 2 * half
    drawn: list[list[Point]] = [[(0, y), (side, y)] for y in (half / 2, 1.5 * half)]
    drawn += [
        [(side / 2, 0), (side, half), (side / 2, height)],
        [(side / 2, 0), (0, half), (side / 2, height)],
    ]
    return Pattern("kagome", _("Kagome (basket)"), side, height, lines(*drawn, width=3.5))


def arrow_feathers() -> Pattern:
    shown = filled("M0 0L10 9L20 0V22L10 31L0 22z")
    shown += filled("M20 22L30 31L40 22V44L30 53L20 44zM20 -22L30 -13L40 -22V0L30 9L20 0z")
    spine = '<path d="M10 0V44M30 0V44" stroke="{ground}" stroke-width="1.5"/>'
    return Pattern("yagasuri", _("Yagasuri (arrow feathers)"), 40, 44, shown + spine)


def crosses() -> Pattern:
    arms = [[(x - 8, x), (x + 8, x)] for x in (10, 30)] + [[(x, x - 8), (x, x + 8)] for x in (10, 30)]
    return Pattern("juji", _("Juji (crosses)"), 40, 40, lines(*arms, width=4.5))


def lattice() -> Pattern:
    thick = lines(((8, 0), (8, 36)), ((0, 8), (36, 8)), width=7)
    return Pattern(
        "koshi", _("Koshi (lattice)"), 36, 36, thick + lines(((26, 0), (26, 36)), ((0, 26), (36, 26)), width=1.5)
    )


def rhombs() -> Pattern:
    outer: list[Point] = [(0, 14), (24, 0), (48, 14), (24, 28), (0, 14)]
    return Pattern("hishi", _("Hishi (rhombs)"), 48, 28, lines(outer, width=2) + filled("M10 14L24 6L38 14L24 22z"))


def fawn_spots() -> Pattern:
    def spot(x: float, y: float) -> str:
        return filled(f"M{x - 9} {y}L{x} {y - 9}L{x + 9} {y}L{x} {y + 9}z") + disc(x, y, 3, of="{ground}")

    shown = "".join(spot(x, y) for x, y in ((12, 12), (0, 0), (24, 0), (0, 24), (24, 24)))
    return Pattern("kanoko", _("Kanoko (fawn spots)"), 24, 24, shown)


def rising_steam() -> Pattern:
    left, right = "M5 0C5 17 19 17 19 34S5 51 5 68", "M43 0C43 17 29 17 29 34S43 51 43 68"
    return Pattern("tatewaku", _("Tatewaku (rising steam)"), 48, 68, curves(left + right, width=4))


def linked_rings() -> Pattern:
    rings = "".join(ring(x, y, 22) for x, y in ((0, 0), (44, 0), (22, 22), (0, 44), (44, 44)))
    dots = "".join(disc(x, y, 3.5) for x, y in ((0, 0), (44, 0), (22, 22), (0, 44), (44, 44)))
    return Pattern("shippo", _("Shippo (linked rings)"), 44, 44, rings + dots)


def net() -> Pattern:
    shown = "M0 11C8 11 10 1 20 1S32 11 40 11M0 13C8 13 10 23 20 23S32 13 40 13"
    return Pattern("amime", _("Amime (fishing net)"), 40, 24, curves(shown, width=2.5))


def peaks() -> Pattern:
    shown = lines(((-6, 24), (18, 8), (42, 24)), ((-6, 0), (18, -16), (42, 0)), width=7)
    return Pattern("yamagata", _("Yamagata (peaks)"), 36, 24, shown)


PATTERNS: dict[str, Pattern] = {
    pattern.code: pattern
    for pattern in (
        waves(),
        hemp_leaves(),
        linked_rings(),
        arrow_feathers(),
        Pattern("ichimatsu", _("Ichimatsu (chequers)"), 40, 40, filled("M0 0H20V40H40V20H0z")),
        tortoise_shell(),
        Pattern("uroko", _("Uroko (scales)"), 32, 28, filled("M0 28L16 0L32 28z")),
        fawn_spots(),
        rising_steam(),
        rhombs(),
        basket(),
        lattice(),
        net(),
        Pattern("shima", _("Shima (stripes)"), 28, 28, filled("M0 0H12V28H0zM18 0H21V28H18z")),
        peaks(),
        crosses(),
    )
}
