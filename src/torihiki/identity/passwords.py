"""What a password must be (clause 2-6): a profile as data, checked and explained from the same table."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PasswordProfile:
    """Lengths in characters; `classes_min` counts how many of CLASSES must occur."""

    length_min: int
    length_max: int
    classes_min: int

    @property
    def explanation(self) -> str:
        return gettext(
            "%(min)d to %(max)d characters with at least %(classes)d of: capital and small letters, digits, symbols."
        ) % {"min": self.length_min, "max": self.length_max, "classes": self.classes_min}


@dataclass(frozen=True)
class CharacterClass:
    label: str | Promise
    characters: frozenset[str]


PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
CLASSES = (
    CharacterClass(_("capital letters"), frozenset(filter(str.isupper, PRINTABLE))),
    CharacterClass(_("small letters"), frozenset(filter(str.islower, PRINTABLE))),
    CharacterClass(_("digits"), frozenset(filter(str.isdigit, PRINTABLE))),
    CharacterClass(_("symbols"), frozenset(c for c in PRINTABLE if not c.isalnum())),
)
STANDARD = PasswordProfile(length_min=8, length_max=15, classes_min=3)
"""Exactly the white paper's clause 2-6."""


def password_problems(password: str, profile: PasswordProfile = STANDARD) -> list[str]:
    """What is wrong with `password`, in words for the person who chose it; empty when it will do."""
    problems = []
    if not profile.length_min <= len(password) <= profile.length_max:
        problems.append(
            gettext("The password has %(length)d characters; it must have %(min)d to %(max)d.")
            % {"length": len(password), "min": profile.length_min, "max": profile.length_max}
        )
    if any(character not in PRINTABLE for character in password):
        problems.append(gettext("Use half-width letters, digits and symbols only, without spaces."))
    missing = [str(each.label) for each in CLASSES if not each.characters & set(password)]
    if len(CLASSES) - len(missing) < profile.classes_min:
        problems.append(
            gettext(
                "The password has %(held)d of the 4 kinds of characters; it needs %(needed)d. Missing: %(missing)s."
            )
            % {
                "held": len(CLASSES) - len(missing),
                "needed": profile.classes_min,
                "missing": gettext(", ").join(missing),
            }
        )
    return problems
