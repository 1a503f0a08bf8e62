"""What a password must be (clause 2-6): a profile as data, checked and explained from the same table."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PasswordProfile:
    """Lengths in characters; `classes_min` counts how many of CLASSES must occur, 0 for no such rule. `guessable`
    forbids what is common or has to do with the person."""

    length_min: int
    length_max: int
    classes_min: int = 0
    guessable: bool = True

    @property
    def explanation(self) -> str:
        sizes = {"min": self.length_min, "max": self.length_max, "classes": self.classes_min}
        standard = gettext(
            "%(min)d to %(max)d characters with at least %(classes)d of: capital and small letters, digits, symbols."
        )
        strong = gettext(
            "%(min)d to %(max)d characters, such as a sentence of several words. Nothing common, and neither names"
            " nor your login id."
        )
        return (standard if self.classes_min else strong) % sizes


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
STRONG = PasswordProfile(length_min=15, length_max=128, guessable=False)
"""Long, without a rule of composition (NIST SP 800-63B-4, ASVS 5.0 6.2)."""
PROFILES = {"standard": STANDARD, "strong": STRONG}
PRODUCT = "torihiki"
WORD_LENGTH_MIN = 4  # shorter words occur by chance
DISTINCT_MIN = 6
REPEATED = re.compile(r"(.{1,3}?)\1{2,}|(.{4,}?)\2+", re.DOTALL)
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
RUN_LENGTH_MIN = 4


@dataclass(frozen=True)
class Chooser:
    """Who chooses a password: the profile it must meet, and words about the person that somebody would guess."""

    profile: PasswordProfile = STANDARD
    words: tuple[str, ...] = ()

    def problems(self, password: str, *more_words: str) -> list[str]:
        """What is wrong with `password`, in words for the person who chose it; empty when it will do."""
        found = password_problems(password, self.profile)
        if not found and not self.profile.guessable and is_guessable(password, (*self.words, *more_words)):
            found.append(gettext("This is easily guessed: a common password, a name, your login id, or a repetition."))
        return found


def password_problems(password: str, profile: PasswordProfile = STANDARD) -> list[str]:
    problems = []
    if not profile.length_min <= len(password) <= profile.length_max:
        problems.append(
            gettext("The password has %(length)d characters; it must have %(min)d to %(max)d.")
            % {"length": len(password), "min": profile.length_min, "max": profile.length_max}
        )
    if not profile.classes_min:
        return problems
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


def is_guessable(password: str, words: Iterable[str]) -> bool:
    """Whether too little is left of a password without common passwords, repetitions, runs of the keyboard and words
    about its person: fewer than DISTINCT_MIN different characters."""
    rest = password.casefold()
    for word in sorted(_parts(words), key=len, reverse=True):
        rest = rest.replace(word, "")
    rest = REPEATED.sub(r"\1\2", rest)
    for row in ROWS:
        for run in (row, row[::-1]):
            for length in range(len(run), RUN_LENGTH_MIN - 1, -1):
                for start in range(len(run) - length + 1):
                    rest = rest.replace(run[start : start + length], "")
    common = _common()
    letters = rest.strip("0123456789!?.-_ ")
    return rest in common or letters in common or password.casefold() in common or len(set(rest)) < DISTINCT_MIN


def _parts(words: Iterable[str]) -> set[str]:
    """Names and addresses, taken apart; the product's own name besides."""
    found = {part for word in words for part in re.split(r"[\s@._+\-]+", word.casefold())}
    long = {part for part in found if len(part) >= WORD_LENGTH_MIN or (not part.isascii() and len(part) > 1)}
    return long | {PRODUCT}


@cache
def _common() -> frozenset[str]:
    """The 20,000 most common passwords, from Django."""
    return frozenset(CommonPasswordValidator().passwords)
