"""Twenty colours of the Japanese tradition, picked so that people tell them apart, with any kind of colour vision."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

LIGHT_FROM = 0.22
"""Relative luminance (WCAG 2.2) from which what is drawn on a ground is darker than the ground, and not lighter."""
TINT = 0.82


@dataclass(frozen=True)
class Colour:
    """`ground` is `#rrggbb`; `code` is what is stored."""

    code: str
    ground: str
    label: str | Promise

    @property
    def ink(self) -> str:
        """What patterns are drawn with on this ground: nearly white, or nearly black, of the same hue."""
        towards = 0 if luminance(self.ground) >= LIGHT_FROM else 255
        mixed = (round(part + (towards - part) * TINT) for part in parts(self.ground))
        return "#{:02x}{:02x}{:02x}".format(*mixed)


def parts(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`, each 0 to 255."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def linear(colour: str) -> tuple[float, float, float]:
    """Red, green and blue of `#rrggbb` as amounts of light, each 0 to 1 (IEC 61966-2-1)."""
    red, green, blue = (
        share / 12.92 if (share := part / 255) <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for part in parts(colour)
    )
    return red, green, blue


def luminance(colour: str) -> float:
    """0 to 1, as WCAG 2.2 defines it."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


COLOURS: dict[str, Colour] = {
    colour.code: colour
    for colour in (
        Colour("tetsukon", "#17184b", pgettext_lazy("colour", "midnight blue")),
        Colour("kon", "#223a70", pgettext_lazy("colour", "navy")),
        Colour("ruri", "#1e50a2", pgettext_lazy("colour", "lapis blue")),
        Colour("hanada", "#2792c3", pgettext_lazy("colour", "azure")),
        Colour("byakugun", "#83ccd2", pgettext_lazy("colour", "pale turquoise")),
        Colour("mizu", "#bce2e8", pgettext_lazy("colour", "pale blue")),
        Colour("rokusho", "#47885e", pgettext_lazy("colour", "verdigris green")),
        Colour("wakakusa", "#c3d825", pgettext_lazy("colour", "young green")),
        Colour("nanohana", "#ffec47", pgettext_lazy("colour", "yellow")),
        Colour("karashi", "#d0af4c", pgettext_lazy("colour", "mustard")),
        Colour("edocha", "#cd8c5c", pgettext_lazy("colour", "light brown")),
        Colour("shu", "#eb6101", pgettext_lazy("colour", "vermilion")),
        Colour("hi", "#d3381c", pgettext_lazy("colour", "scarlet")),
        Colour("suou", "#9e3d3f", pgettext_lazy("colour", "dark red")),
        Colour("kuri", "#762f07", pgettext_lazy("colour", "chestnut")),
        Colour("budo", "#640125", pgettext_lazy("colour", "grape")),
        Colour("kodaimurasaki", "#895b8a", pgettext_lazy("colour", "dusky purple")),
        Colour("kachi", "#4d4c61", pgettext_lazy("colour", "slate")),
        Colour("nezumi", "#949495", pgettext_lazy("colour", "grey")),
        Colour("kinari", "#fbfaf5", pgettext_lazy("colour", "ecru")),
    )
}
