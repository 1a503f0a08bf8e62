"""全銀: the 120-byte records by which a company asks its bank to pay many at once (総合振込), written and read, and the
200-byte records by which the bank says what moved on an account (入出金取引明細), read."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

RECORD_BYTES = 120
TRANSFERS_MAX = 999_999  # the trailer counts with six digits
YEN_MAX = 9_999_999_999  # of one transfer: ten digits
TOTAL_MAX = 999_999_999_999  # of the file: twelve digits
NAME_BYTES, CONSIGNOR_BYTES, BANK_BYTES, EDI_BYTES = 30, 40, 15, 20

KIND, KANJI_FREE = "21", "0"  # 種別 総合振込; コード区分 JIS
BY_WIRE = "7"  # 振込区分: 電信


class NotZengin(ValueError):
    """What cannot stand in such a file, or a file that is not one; the text says where and why."""


class AccountType(StrEnum):
    """預金種目."""

    ORDINARY = "1"  # 普通
    CURRENT = "2"  # 当座
    SAVINGS = "4"  # 貯蓄
    OTHER = "9"


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account: bank of 4 digits, branch of 3, number of 7; names in any kana, written in half width."""

    bank: str
    branch: str
    type: AccountType
    number: str
    holder: str
    bank_name: str = ""
    branch_name: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment: whole yen from 1 to YEN_MAX; `edi` goes to the payee's statement (at most EDI_BYTES)."""

    to: Account
    yen: int
    edi: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One file: who pays (`consignor` is the bank's ten digits for the payer), from where, on which day, to whom."""

    consignor: str
    payer: Account
    on: date
    transfers: tuple[Transfer, ...]


def write_order(order: Order) -> bytes:
    """Header, one record per transfer, trailer, end; each of RECORD_BYTES, ended by CR LF.

    Raises NotZengin for a character that has no half-width form, a number that is not of its length, no transfers
    or too many, an amount or a total out of bounds. Names that are too long are cut, never between a kana and its
    voicing mark; an EDI text that is too long is refused, because a cut reference is another reference."""
    if not 1 <= len(order.transfers) <= TRANSFERS_MAX:
        raise NotZengin(f"A file holds 1 to {TRANSFERS_MAX} transfers, not {len(order.transfers)}.")
    total = sum(transfer.yen for transfer in order.transfers)
    if total > TOTAL_MAX:
        raise NotZengin(f"The total {total} is beyond {TOTAL_MAX} yen.")
    records = [_header(order), *map(_data, order.transfers), f"8{len(order.transfers):06}{total:012}", "9"]
    return b"".join(record.encode("cp932").ljust(RECORD_BYTES) + b"\r\n" for record in records)


def read_order(data: bytes, *, year: int) -> Order:
    """The order that such a file holds, with or without line ends; it names no year, so `year` is given.

    Raises NotZengin where the records are not in order, a field is malformed, or the trailer's count or total is not
    what the records add up to."""
    records = list(_records(data))
    if [record[:1] for record in records] != ["1", *"2" * (len(records) - 3), "8", "9"] or len(records) < 4:
        raise NotZengin("The records are not header, transfers, trailer and end, in this order.")
    header, *entries, trailer, _ = records
    if header[1:4] != KIND + KANJI_FREE:
        raise NotZengin("The header is not of a 総合振込 in JIS.")
    transfers = tuple(map(_transfer, entries))
    said = _whole(trailer[1:7], "count"), _whole(trailer[7:19], "total")
    if said != (len(transfers), sum(each.yen for each in transfers)):
        raise NotZengin("The trailer's count and total are not those of the transfers.")
    try:
        on = date(year, _whole(header[54:56], "month"), _whole(header[56:58], "day"))
    except ValueError as problem:
        raise NotZengin(f"The header's day {header[54:58]} is not in {year}.") from problem
    payer = Account(
        bank=_digits(header[58:62], 4, "bank"),
        branch=_digits(header[77:80], 3, "branch"),
        type=_type(header[95]),
        number=_digits(header[96:103], 7, "account"),
        holder=header[14:54].rstrip(),
        bank_name=header[62:77].rstrip(),
        branch_name=header[80:95].rstrip(),
    )
    return Order(_digits(header[4:14], 10, "consignor"), payer, on, transfers)


def half_width(text: str) -> str:
    """`text` in the characters that banks take: half-width kana but no small ones, A–Z, 0–9, ``()-./\\｢｣`` and space.

    Full width, hiragana, small kana and small letters are turned into theirs; a long vowel mark and every dash become
    a hyphen. Raises NotZengin naming what has no such form, such as a kanji."""
    whole = unicodedata.normalize("NFKC", text)
    kana = "".join(chr(ord(each) + _TO_KATAKANA) if "ぁ" <= each <= "ゖ" else each for each in whole)
    parts = unicodedata.normalize("NFD", kana.upper())
    written = "".join(_HALF.get(each, each) for each in parts)
    if strange := sorted(set(written) - _ALLOWED):
        raise NotZengin(f"Banks do not take {' '.join(strange)} in “{text}”.")
    return written.strip()


def cut(text: str, length: int) -> str:
    """The first `length` bytes of half-width `text`; a kana loses its place together with its voicing mark."""
    if len(text) > length and text[length] in "ﾞﾟ":
        length -= 1
    return text[:length].rstrip()


_TO_KATAKANA = ord("ァ") - ord("ぁ")
_SMALL = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True))
_KANA = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF71, 0xFF9E)}
_HALF = (
    {small: _KANA[large] for small, large in _SMALL.items()}
    | _KANA
    | {"ヲ": "ｦ", "\u3099": "ﾞ", "\u309a": "ﾟ", "「": "｢", "」": "｣", "¥": "\\"}
    | dict.fromkeys("ー‐‑‒–—―−", "-")
)
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()-./\\ ｢｣ｦﾞﾟ") | frozenset(_KANA.values())


def _header(order: Order) -> str:
    payer = order.payer
    return "".join(
        (
            "1" + KIND + KANJI_FREE + _digits(order.consignor, 10, "consignor"),
            _name(payer.holder, CONSIGNOR_BYTES),
            f"{order.on:%m%d}",
            _place(payer),
            payer.type + _digits(payer.number, 7, "account"),
        )
    )


def _data(transfer: Transfer) -> str:
    if not 1 <= transfer.yen <= YEN_MAX:
        raise NotZengin(f"A transfer is of 1 to {YEN_MAX} yen, not {transfer.yen}.")
    edi = half_width(transfer.edi)
    if len(edi) > EDI_BYTES:
        raise NotZengin(f"“{transfer.edi}” is longer than {EDI_BYTES} bytes.")
    to = transfer.to
    return "".join(
        (
            "2" + _place(to) + " " * 4,  # 手形交換所番号 is not used
            to.type + _digits(to.number, 7, "account") + _name(to.holder, NAME_BYTES),
            f"{transfer.yen:010}" + "0",  # 新規コード: other
            edi.ljust(EDI_BYTES) + BY_WIRE + ("Y" if edi else " "),
        )
    )


def _place(account: Account) -> str:
    bank, branch = _digits(account.bank, 4, "bank"), _digits(account.branch, 3, "branch")
    names = (half_width(each) for each in (account.bank_name, account.branch_name))
    return "".join(
        code + cut(name, BANK_BYTES).ljust(BANK_BYTES) for code, name in zip((bank, branch), names, strict=True)
    )


def _name(text: str, length: int) -> str:
    name = cut(half_width(text), length)
    if not name:
        raise NotZengin("An account has a holder.")
    return name.ljust(length)


def _digits(text: str, length: int, what: str) -> str:
    if len(text) != length or not (text.isascii() and text.isdigit()):
        raise NotZengin(f"The {what} “{text}” is not {length} digits.")
    return text


def _whole(text: str, what: str) -> int:
    return int(_digits(text, len(text), what))


def _type(text: str) -> AccountType:
    try:
        return AccountType(text)
    except ValueError as problem:
        raise NotZengin(f"“{text}” is no type of account.") from problem


def _records(data: bytes) -> Iterator[str]:
    """Fixed length, in which every character is one byte; some banks end records, some end the file by 0x1A."""
    plain = data.rstrip(b"\x1a\r\n").replace(b"\r", b"").replace(b"\n", b"")
    if not plain or len(plain) % RECORD_BYTES:
        raise NotZengin(f"The file is not made of records of {RECORD_BYTES} bytes.")
    for start in range(0, len(plain), RECORD_BYTES):
        record = plain[start : start + RECORD_BYTES]
        try:
            text = record.decode("cp932")
        except UnicodeDecodeError as problem:
            raise NotZengin(f"Record {start // RECORD_BYTES + 1} is not JIS.") from problem
        if len(text) != RECORD_BYTES or not set(text) <= _ALLOWED:
            raise NotZengin(f"Record {start // RECORD_BYTES + 1} holds characters that banks do not take.")
        yield text


def _transfer(record: str) -> Transfer:
    yen = _whole(record[80:90], "amount")
    if not yen:
        raise NotZengin("A transfer of nothing.")
    account = Account(
        bank=_digits(record[1:5], 4, "bank"),
        branch=_digits(record[20:23], 3, "branch"),
        type=_type(record[42]),
        number=_digits(record[43:50], 7, "account"),
        holder=record[50:80].rstrip(),
        bank_name=record[5:20].rstrip(),
        branch_name=record[23:38].rstrip(),
    )
    return Transfer(account, yen, record[91:111].rstrip() if record[112] == "Y" else "")


# ---- 入出金取引明細: what the bank says of an account

STATEMENT_BYTES = 200
STATEMENT_KIND = "03"
CREDIT = "1"  # 入払区分: 入金
REIWA, HEISEI = 2018, 1988  # the years before their first


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of an account; `payer` and `note` as the bank writes them, in half width."""

    on: date
    yen: int
    is_credit: bool
    reference: str
    payer: str
    note: str = ""
    edi: str = ""


@dataclass(frozen=True, slots=True)
class Movements:
    """The statement of one account. Its bank of 4 digits, branch of 3, number without leading zeros beyond 7."""

    bank: str
    branch: str
    type: str
    number: str
    entries: tuple[Entry, ...]


def read_statement(data: bytes, *, near: date) -> tuple[Movements, ...]:
    """Every account of a file of 入出金取引明細, with or without line ends.

    Years have two digits, of the emperor's era or of our own by the bank: the one nearest to `near` is meant. Raises
    NotZengin where the records are not in order, or a trailer's counts and sums are not those of its entries."""
    found: list[Movements] = []
    header, entries = b"", list[Entry]()
    for place, record in enumerate(_statement_records(data), start=1):
        sort = record[:1]
        if sort == b"1" and not header:
            if record[1:3] != STATEMENT_KIND.encode():
                raise NotZengin("The header is not of an 入出金取引明細.")
            header, entries = record, []
        elif sort == b"2" and header:
            entries.append(_entry(record, place, near))
        elif sort == b"8" and header:
            _agrees(record, entries)
            number = _plain(record=header, start=63, length=10).lstrip("0").rjust(7, "0")
            place_of = (_plain(record=header, start=22, length=4), _plain(record=header, start=41, length=3))
            found.append(Movements(*place_of, _plain(record=header, start=62, length=1), number, tuple(entries)))
            header = b""
        elif sort != b"9" or header:
            raise NotZengin(f"Record {place} is not where it can be.")
    if header or not found:
        raise NotZengin("The file ends before its trailer.")
    return tuple(found)


def _statement_records(data: bytes) -> Iterator[bytes]:
    plain = data.rstrip(b"\x1a\r\n").replace(b"\r", b"").replace(b"\n", b"")
    if not plain or len(plain) % STATEMENT_BYTES:
        raise NotZengin(f"The file is not made of records of {STATEMENT_BYTES} bytes.")
    for start in range(0, len(plain), STATEMENT_BYTES):
        yield plain[start : start + STATEMENT_BYTES]


def _entry(record: bytes, place: int, near: date) -> Entry:
    try:
        yen = int(_plain(record, 24, 12))
        return Entry(
            on=_day(_plain(record, 9, 6), near),
            yen=yen,
            is_credit=_plain(record, 21, 1) == CREDIT,
            reference=_plain(record, 1, 8),
            payer=_plain(record, 81, 48),
            note=_plain(record, 159, 20),
            edi=_plain(record, 179, 20),
        )
    except ValueError as problem:
        raise NotZengin(f"Record {place} is no entry: {problem}") from problem


def _agrees(trailer: bytes, entries: list[Entry]) -> None:
    for credit, start in ((True, 1), (False, 20)):
        its = [entry.yen for entry in entries if entry.is_credit == credit]
        said = _plain(trailer, start, 6), _plain(trailer, start + 6, 13)
        if said != (f"{len(its):06}", f"{sum(its):013}"):
            raise NotZengin("A trailer's counts and sums are not those of its entries.")


def _day(text: str, near: date) -> date:
    """Reiwa, Heisei or the common era: whichever lies nearest."""
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        raise NotZengin(f"“{text}” is no day.")
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    days = []
    for first in (REIWA, 2000, HEISEI):
        try:
            days.append(date(first + year, month, day))
        except ValueError:
            continue
    if not days:
        raise NotZengin(f"“{text}” is no day.")
    return min(days, key=lambda each: abs(each - near))


def _plain(record: bytes, start: int, length: int) -> str:
    """A field by its bytes: what a bank writes in a name may be anything."""
    return record[start : start + length].decode("cp932", errors="replace").strip()


def write_statement(accounts: Sequence[Movements]) -> bytes:
    """As a bank writes it, in JIS with line ends and years of Reiwa; read_statement gives it back. Raises NotZengin for
    text that has no half-width form."""
    records = [line for movements in accounts for line in _statement_of(movements)]
    return b"".join(record.encode("cp932").ljust(STATEMENT_BYTES) + b"\r\n" for record in (*records, "9"))


def _statement_of(movements: Movements) -> Iterator[str]:
    days = [_era(entry.on) for entry in movements.entries] or ["010501"]
    place = f"{movements.bank}{'':15}{movements.branch}{'':15}000{movements.type}{movements.number:0>10}"
    yield f"1{STATEMENT_KIND}0{max(days)}{min(days)}{max(days)}{place}{'':40}11{0:014}"
    for entry in movements.entries:
        payer, note, edi = (half_width(text) for text in (entry.payer, entry.note, entry.edi))
        sums = f"{entry.yen:012}{0:012}{0:012}"
        yield (
            f"2{entry.reference:0>8}{_era(entry.on)}{_era(entry.on)}{CREDIT if entry.is_credit else '2'}11{sums}"
            f"{'':11}{0:010}{payer:48}{'':30}{note:20}{edi:20} "
        )
    sides = [[entry.yen for entry in movements.entries if entry.is_credit == credit] for credit in (True, False)]
    yield "8" + "".join(f"{len(side):06}{sum(side):013}" for side in sides) + f"1{0:014}{len(movements.entries):07}"


def _era(day: date) -> str:
    return f"{day.year - REIWA:02}{day:%m%d}"
