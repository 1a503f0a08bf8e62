"""Numbers that name companies and goods: 法人番号, the T number of registered issuers, GTIN."""

import re
from dataclasses import dataclass
from enum import StrEnum

from stdnum import ean
from stdnum.exceptions import ValidationError
from stdnum.jp import cn

CORPORATE_NUMBER_SCHEME = "0188"  # ISO 6523 ICD and EAS
REGISTRATION_NUMBER_SCHEME = "0221"
GLN_SCHEME = "0088"
GTIN_SCHEME = "0160"

_CORPORATE_NUMBER = re.compile(r"[1-9][0-9]{12}", re.ASCII)
_REGISTRATION_NUMBER = re.compile(r"T[0-9]{13}", re.ASCII)
_GTIN_LENGTHS = (8, 12, 13, 14)


class Finding(StrEnum):
    """What a look at a number shows. CHECK_DIGIT is a remark to the reader and never refuses anything."""

    FINE = "fine"
    CHECK_DIGIT = "check_digit"
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Checked:
    """A number in its plain form (half-width, no separators) and what was found about it."""

    value: str
    finding: Finding

    @property
    def well_formed(self) -> bool:
        return self.finding is not Finding.MALFORMED


def corporate_number_check_digit(twelve_digits: str) -> str:
    """The leading digit of a 法人番号: 9 − (Σ Pn·Qn mod 9), n from the right, Qn = 1 for odd n and 2 for even n
    (法人番号の指定等に関する省令 第2条). Raises ValueError unless given twelve digits."""
    if not re.fullmatch(r"[0-9]{12}", twelve_digits, re.ASCII):
        raise ValueError("a check digit is computed over exactly twelve digits")
    return str(cn.calc_check_digit(twelve_digits))


def check_corporate_number(text: str) -> Checked:
    """法人番号: 13 digits, the first of which checks the others."""
    value = plain(text)
    if not _CORPORATE_NUMBER.fullmatch(value):
        return Checked(value, Finding.MALFORMED)
    fits = corporate_number_check_digit(value[1:]) == value[0]
    return Checked(value, Finding.FINE if fits else Finding.CHECK_DIGIT)


def check_registration_number(text: str) -> Checked:
    """登録番号: T and 13 digits. Only a company's digits are its 法人番号: those of a sole proprietor need not satisfy
    the check digit, so a mismatch is worth a remark and no more."""
    value = plain(text).upper()
    if not _REGISTRATION_NUMBER.fullmatch(value):
        return Checked(value, Finding.MALFORMED)
    fits = corporate_number_check_digit(value[2:]) == value[1]
    return Checked(value, Finding.FINE if fits else Finding.CHECK_DIGIT)


def check_gtin(text: str) -> Checked:
    """GTIN-8, -12, -13 (JAN) or -14: weights 3 and 1 from the digit next to the check digit (GS1 7.9)."""
    value = plain(text)
    if len(value) not in _GTIN_LENGTHS or not re.fullmatch(r"[0-9]+", value, re.ASCII):
        return Checked(value, Finding.MALFORMED)
    try:
        ean.validate(value)
    except ValidationError:
        return Checked(value, Finding.CHECK_DIGIT)
    return Checked(value, Finding.FINE)


def plain(text: str) -> str:
    """Half-width and without spaces, hyphens and the like: what people type becomes what is stored and compared."""
    narrow = text.translate(_HALF_WIDTH)
    return "".join(character for character in narrow if character not in _SEPARATORS)


_HALF_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_SEPARATORS = " 　\t-‐‑–—―−ー."
