"""A file for the bank: every byte where the standard puts it, and nothing read that was not written."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torihiki.lib.zengin import (
    YEN_MAX,
    Account,
    AccountType,
    Entry,
    Movements,
    NotZengin,
    Order,
    Transfer,
    cut,
    half_width,
    read_order,
    read_statement,
    write_order,
    write_statement,
)

PAYER = Account("0001", "123", AccountType.CURRENT, "0012345", "カ）ミナト", "ミズホ", "ホンテン")
PAYEE = Account("0005", "045", AccountType.ORDINARY, "7654321", "ガッコウ　ショップ", "ﾐﾂﾋﾞｼ", "シブヤ")
ORDER = Order("0000000042", PAYER, date(2026, 11, 30), (Transfer(PAYEE, 110_000, "INV-7"), Transfer(PAYEE, 1)))


def test_every_field_is_at_its_offset() -> None:
    header, first, second, trailer, end, rest = write_order(ORDER).split(b"\r\n")
    assert {len(each) for each in (header, first, second, trailer, end)} == {120}
    assert rest == b""
    assert (header[0:4], header[4:14], header[54:58]) == (b"1210", b"0000000042", b"1130")
    assert header[14:54].decode("cp932") == "ｶ)ﾐﾅﾄ".ljust(40)
    assert (header[58:62], header[77:80], header[95:103]) == (b"0001", b"123", b"20012345")
    assert header[62:77].decode("cp932") == "ﾐｽﾞﾎ".ljust(15)
    assert (header[80:95].decode("cp932"), header[103:]) == ("ﾎﾝﾃﾝ".ljust(15), b" " * 17)
    assert (first[0:5], first[20:23], first[38:42], first[42:50]) == (b"20005", b"045", b"    ", b"17654321")
    assert first[50:80].decode("cp932") == "ｶﾞﾂｺｳ ｼﾖﾂﾌﾟ".ljust(30)
    assert (first[80:91], first[91:111], first[111:]) == (b"00001100000", b"INV-7".ljust(20), b"7Y" + b" " * 7)
    assert (second[80:90], second[91:]) == (b"0000000001", b" " * 20 + b"7" + b" " * 8)
    assert (trailer, end) == (b"8000002000000110001".ljust(120), b"9".ljust(120))


kana = st.text("アカガサザタダハバパヤユヨンー ABCabc09（）", max_size=60)


def number(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


accounts = st.builds(
    Account,
    number(4),
    number(3),
    st.sampled_from(AccountType),
    number(7),
    kana.map(lambda text: "カ" + text),
    kana,
    kana,
)
transfers = st.builds(Transfer, accounts, st.integers(1, YEN_MAX), st.text("ABC-019", max_size=20))
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
orders = st.builds(Order, number(10), accounts, days, st.lists(transfers, min_size=1, max_size=4).map(tuple))


@given(orders)
def test_what_is_written_is_read(order: Order) -> None:
    data = write_order(order)
    read = read_order(data, year=order.on.year)
    assert write_order(read) == data
    assert read_order(data.replace(b"\r\n", b"") + b"\x1a", year=order.on.year) == read
    assert read_order(data + b"\x1a\r\n", year=order.on.year) == read
    assert [(each.yen, each.edi, each.to.number) for each in read.transfers] == [
        (each.yen, each.edi, each.to.number) for each in order.transfers
    ]


@given(st.binary(max_size=700), st.integers(0, 609), st.integers(0, 255))
def test_anything_else_is_refused_by_name(noise: bytes, place: int, byte: int) -> None:
    changed = bytearray(write_order(ORDER))
    changed[place] = byte
    for data in (noise, bytes(changed)):
        try:
            read_order(data, year=2026)
        except NotZengin:
            continue
        assert data != noise


@given(kana, st.integers(0, 60))
def test_a_voiced_kana_is_never_cut_in_two(text: str, length: int) -> None:
    whole = half_width(text)
    part = cut(whole, length)
    assert len(part) <= length
    assert whole.startswith(part)
    assert whole[len(part) : len(part) + 1] not in {"ﾞ", "ﾟ"}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("株式会社", None),
        ("😀", None),
        ("a\nB", None),
        ("がっこう", "ｶﾞﾂｺｳ"),
        ("ｶﾞｯｺｳ", "ｶﾞﾂｺｳ"),
        ("スーパー", "ｽ-ﾊﾟ-"),
        ("Ｔｏｋｙｏ（エイ", "TOKYO(ｴｲ"),
        ("ヴ・", None),
        ("ヴ", "ｳﾞ"),
    ],
)
def test_only_what_banks_take(typed: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(NotZengin):
            half_width(typed)
    else:
        assert half_width(typed) == written


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, transfers=()),
        replace(ORDER, consignor="42"),
        replace(ORDER, transfers=(Transfer(PAYEE, 0),)),
        replace(ORDER, transfers=(Transfer(PAYEE, YEN_MAX + 1),)),
        replace(ORDER, transfers=(Transfer(PAYEE, YEN_MAX),) * 101),
        replace(ORDER, transfers=(Transfer(PAYEE, 1, "A" * 21),)),
        replace(ORDER, transfers=(Transfer(replace(PAYEE, number="１２３４５６７"), 1),)),
        replace(ORDER, transfers=(Transfer(replace(PAYEE, holder=" "), 1),)),
    ],
)
def test_what_cannot_be_paid_is_not_written(order: Order) -> None:
    with pytest.raises(NotZengin):
        write_order(order)


def test_a_trailer_that_does_not_agree_is_refused() -> None:
    data = write_order(ORDER)
    with pytest.raises(NotZengin, match="count and total"):
        read_order(data.replace(b"0000110000", b"0000990000", 1), year=2026)


entries = st.builds(
    Entry,
    on=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    yen=st.integers(1, 10**12 - 1),
    is_credit=st.booleans(),
    reference=number(8),
    payer=kana.map(lambda text: half_width(text)[:48].strip()),
    note=kana.map(lambda text: half_width(text)[:20].strip()),
    edi=kana.map(lambda text: half_width(text)[:20].strip()),
)
statements = st.builds(
    Movements,
    bank=number(4),
    branch=number(3),
    type=st.sampled_from(["1", "2"]),
    number=number(7),
    entries=st.lists(entries, max_size=6).map(tuple),
)


@given(st.lists(statements, min_size=1, max_size=3))
def test_a_statement_is_read_as_it_was_written(accounts: list[Movements]) -> None:
    written = write_statement(accounts)
    assert {len(line) for line in written.split(b"\r\n")[:-1]} == {200}
    for data in (written, written.replace(b"\r\n", b""), written + b"\x1a\r\n"):
        assert read_statement(data, near=date(2026, 11, 1)) == tuple(accounts)


@given(statements.filter(lambda each: bool(each.entries)), st.data())
def test_a_statement_with_a_record_missing_or_doubled_is_none(account: Movements, data: st.DataObject) -> None:
    lines = write_statement([account]).split(b"\r\n")[:-1]
    place = data.draw(st.integers(0, len(lines) - 2))
    for damaged in (lines[:place] + lines[place + 1 :], lines[: place + 1] + lines[place:]):
        with pytest.raises(NotZengin):
            read_statement(b"\r\n".join(damaged), near=date(2026, 11, 1))


@given(st.binary(max_size=900))
def test_whatever_comes_is_a_statement_or_refused(data: bytes) -> None:
    with pytest.raises(NotZengin):
        read_statement(data, near=date(2026, 11, 1))


def test_two_digits_of_a_year_mean_the_nearest() -> None:
    entry = Entry(date(2026, 4, 30), 1, True, "00000001", "ｱ")
    written = write_statement([Movements("0001", "001", "1", "0000001", (entry,))])
    assert read_statement(written, near=date(2026, 5, 1))[0].entries[0].on == date(2026, 4, 30)
    western = written.replace(b"080430", b"260430")
    assert read_statement(western, near=date(2026, 5, 1))[0].entries[0].on == date(2026, 4, 30)
    heisei = written.replace(b"080430", b"300430")
    assert read_statement(heisei, near=date(2018, 5, 1))[0].entries[0].on == date(2018, 4, 30)
