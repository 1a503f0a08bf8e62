"""A bank, as tests need one: what it writes of an account."""

from collections.abc import Sequence
from datetime import date

Movement = tuple[date, int, str]
"""Day, yen (below nought for what goes out), payer in half-width kana."""


def statement(
    movements: Sequence[Movement], *, bank: str = "0001", branch: str = "123", number: str = "0012345"
) -> bytes:
    """入出金取引明細 in JIS, with line ends; days in Reiwa."""

    def era(day: date) -> str:
        return f"{day.year - 2018:02}{day:%m%d}"

    first, last = (era(day) for day in (movements[0][0], movements[-1][0])) if movements else ("080101", "080131")
    place = bank + " " * 15 + branch + " " * 15 + "000"
    header = (
        "1030" + last + first + last + place + "1" + number.rjust(10, "0") + "ｶ)ｱｵﾊﾞ".ljust(40) + "1" + "1" + "0" * 14
    )
    records = [header]
    for nth, (day, yen, payer) in enumerate(movements, start=1):
        records.append(
            f"2{nth:08}{era(day)}{era(day)}{'1' if yen > 0 else '2'}11{abs(yen):012}{0:012}{'0' * 12}{' ' * 8}"
            f"{' ' * 3}{'0' * 10}{payer.ljust(48)}{' ' * 15}{' ' * 15}{' ' * 20}{' ' * 20} "
        )
    credits = [yen for _day, yen, _payer in movements if yen > 0]
    debits = [-yen for _day, yen, _payer in movements if yen < 0]
    records.append(
        f"8{len(credits):06}{sum(credits):013}{len(debits):06}{sum(debits):013}1{'0' * 14}{len(movements):07}"
    )
    records.append("9")
    return b"".join(record.encode("cp932").ljust(200) + b"\r\n" for record in records)
