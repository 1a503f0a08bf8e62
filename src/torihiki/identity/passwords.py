"""What a password must be (clause 2-6): a profile as data, checked and explained from the same table."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PasswordProfile:
    """Lengths in characters; `classes_min` counts how many of CLASSES must occur, 0 for no such rule. What is common is
    never taken; without `guessable` neither is what has to do with the person or hardly more than common."""

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
RUN_LENGTH_MIN = 4
RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890")
KEYBOARD = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
UNSHIFTED = str.maketrans('!@#$%^&*()_+{}:"<>?', "1234567890-=[];',./")
LEET = tuple(str.maketrans("@4830!1$57+", f"aabeo{one}{one}sstt") for one in "il")
"""Digits and symbols that are written for letters; 1 and ! stand for i or for l."""
AROUND = "0123456789!?.,#$*&@-_ "
COMPANY_FORMS = ("株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "(株)", "(有)", "(同)")


@dataclass(frozen=True)
class Chooser:
    """Who chooses a password: the profile it must meet, and words about the person that somebody would guess."""

    profile: PasswordProfile = STANDARD
    words: tuple[str, ...] = ()

    def problems(self, password: str, *more_words: str) -> list[str]:
        """What is wrong with `password`, in words for the person who chose it; empty when it will do."""
        found = password_problems(password, self.profile)
        guessable = is_common(password)
        if not self.profile.guessable:
            guessable = guessable or is_guessable(password, (*self.words, *more_words))
        if not found and guessable:
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


def is_common(password: str) -> bool:
    """Whether it is one of the 20,000 most common, also in capitals, full width or with 0 for o (ASVS 5.0, 6.2.4)."""
    return any(form in _common() for form in _readings(password))


def is_guessable(password: str, words: Iterable[str]) -> bool:
    """Whether in any reading (as it is, leet, backwards, without separators) too little is left of a password without
    common passwords, repetitions, runs, walks over the keyboard and words about its person: fewer than DISTINCT_MIN
    different characters, or two common passwords side by side."""
    parts = sorted(_parts(words), key=len, reverse=True)
    return any(_is_little(form, parts) for form in _forms(password))


def _is_little(rest: str, parts: list[str]) -> bool:
    for word in parts:
        rest = rest.replace(word, "")
    rest = _without_runs(REPEATED.sub(r"\1\2", rest))
    if len(set(_without_walks(rest))) < DISTINCT_MIN:
        return True
    core, common = rest.strip(AROUND), _common()
    pairs = ((core[:cut].rstrip(AROUND), core[cut:].lstrip(AROUND)) for cut in range(1, len(core)))
    return rest in common or core in common or any(left in common and right in common for left, right in pairs)


def _readings(password: str) -> Iterator[str]:
    """In small letters of half width, and with letters for the digits and symbols that stand for them."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    yield plain
    yield from (plain.translate(table) for table in LEET)


def _forms(password: str) -> Iterator[str]:
    for reading in dict.fromkeys(_readings(password)):
        for form in (reading, reading[::-1]):
            yield form
            yield re.sub(r"[\W_]+", "", form)


def _without_runs(text: str) -> str:
    for row in RUNS:
        for run in (row, row[::-1]):
            for length in range(len(run), RUN_LENGTH_MIN - 1, -1):
                for start in range(len(run) - length + 1):
                    text = text.replace(run[start : start + length], "")
    return text


def _without_walks(text: str) -> str:
    """Without what is typed by going from key to neighbouring key, RUN_LENGTH_MIN or more of them."""
    kept, walk = "", ""
    for character in text:
        if walk and not _are_neighbours(walk[-1], character):
            kept, walk = kept + (walk if len(walk) < RUN_LENGTH_MIN else ""), ""
        walk += character
    return kept + (walk if len(walk) < RUN_LENGTH_MIN else "")


def _are_neighbours(one: str, other: str) -> bool:
    here, there = _keys().get(one), _keys().get(other)
    if here is None or there is None:
        return False
    (row, column), (other_row, other_column) = sorted((here, there))
    shift = other_column - column
    return shift in (-1, 0, 1) if row == other_row else other_row == row + 1 and shift in (-1, 0)


@cache
def _keys() -> dict[str, tuple[int, int]]:
    """Row and column of each key; each row stands half a key to the right of the one above it."""
    places = {key: (row, column) for row, keys in enumerate(KEYBOARD) for column, key in enumerate(keys)}
    return places | {chr(shifted): places[chr(key)] for shifted, key in UNSHIFTED.items()}


def _parts(words: Iterable[str]) -> set[str]:
    """Names and addresses, taken apart and without 株式会社; the product's own name besides."""
    found = set()
    for word in words:
        name = unicodedata.normalize("NFKC", word).casefold()
        for form in COMPANY_FORMS:
            name = name.replace(form, " ")
        found |= set(re.split(r"[\s@._+\-]+", name))
    long = {part for part in found if len(part) >= WORD_LENGTH_MIN or (not part.isascii() and len(part) > 1)}
    return long | {PRODUCT}


@cache
def _common() -> frozenset[str]:
    """The 20,000 most common of the passwords that were found in breaches, from Django."""
    return frozenset(CommonPasswordValidator().passwords)
