"""A theme is a colour and a pattern. It is drawn into the page itself: no address of its own shows it to anybody."""

from dataclasses import dataclass
from typing import Self

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from torihiki.identity.theme.colours import COLOURS, Colour
from torihiki.identity.theme.patterns import PATTERNS, Pattern

CODE_LENGTH_MAX = 40
BAND = (
    '<svg class="theme-band" width="100%" height="{}" focusable="false" aria-hidden="true"><defs>'
    '<pattern id="{}" width="{}" height="{}" patternUnits="userSpaceOnUse">{}</pattern></defs>'
    '<rect width="100%" height="100%" fill="{}"/><rect width="100%" height="100%" fill="url(#{})"/></svg>'
)


@dataclass(frozen=True)
class Theme:
    """What a person chose; `code` is how it is stored, at most CODE_LENGTH_MAX letters and a hyphen."""

    pattern: Pattern
    colour: Colour

    @classmethod
    def from_code(cls, code: str) -> Self | None:
        """None for what is no theme, or is none any more."""
        pattern, _hyphen, colour = code.partition("-")
        if pattern not in PATTERNS or colour not in COLOURS:
            return None
        return cls(PATTERNS[pattern], COLOURS[colour])

    @property
    def code(self) -> str:
        return f"{self.pattern.code}-{self.colour.code}"

    @property
    def label(self) -> str:
        """Such as 「青海波・藍」: the name tells themes apart where colours and shapes are not seen."""
        return pgettext("theme", "%(pattern)s, %(colour)s") % {
            "pattern": self.pattern.label,
            "colour": self.colour.label,
        }

    def band(self, *, name: str, height: int) -> SafeString:
        """A band as wide as where it stands and `height` CSS pixels high; `name` is unique on the page. Its colours
        are the same by day, by night and on paper, so that it is always known again."""
        return band(self.pattern, self.colour.ground, self.colour.ink, name=name, height=height)


def band(pattern: Pattern, ground: str, ink: str, *, name: str, height: int) -> SafeString:
    """SVG without a name of its own: the words stand beside it. Its colours are attributes, which the content security
    policy lets pass."""
    tile = mark_safe(pattern.drawing.format(ink=ink, ground=ground))  # noqa: S308 - our own constants
    return format_html(BAND, height, name, pattern.width, pattern.height, tile, ground, name)
