"""The file as a table: decoded, cut into cells, its columns found by their names, and what is wrong with it by cell."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from torihiki.exchange.refusals import FileRefused

HEADER_ROWS_MAX = 5
COLUMNS_MAX = 200
CELL_CHARS_MAX = 4_000
MISTAKES_SHOWN_MAX = 20
FORMER, CURRENT = "cp932", "utf-8"
MARKS = ("H", "D", "F")
NEEDED = ("伝票No", "自社会員名", "取引先名", "商品名", "単価", "数量")
COLUMNS = (
    "データ区分",
    "伝票日付",
    "伝票No",
    "取引状態",
    "自社コード",
    "自社会員名",
    "自社担当者",
    "取引先コード",
    "取引先名",
    "納品場所コード",
    "納品場所名",
    "納品場所住所",
    "マイカタログID",
    "自社管理商品コード",
    "商品名",
    "規格",
    "入数",
    "入数単位",
    "単価",
    "数量",
    "単位",
    "金額",
    "消費税",
    "小計",
    "課税区分",
    "税区分",
    "合計商品本体",
    "合計商品消費税",
    "合計送料本体",
    "合計送料消費税",
    "合計その他",
    "総合計",
    "発注日",
    "発送日",
    "納品日",
    "受領日",
    "取引ID_SYSTEM",
    "伝票明細ID_SYSTEM",
    "発注送信日",
    "発注送信時間",
    "送信日",
    "送信時間",
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)
_DAY = re.compile(r"([0-9]{4})[/年.-]?([0-9]{1,2})[/月.-]?([0-9]{1,2})日?", re.ASCII)
_UNASSIGNED = re.compile("[\uf8f0-\uf8f3]")
"""What Python makes of the bytes A0 and FD to FF, which cp932 gives to no character."""
_DECORATION = re.compile(r"[\s\[\]【】「」\"']")


class InfomartRefused(FileRefused):
    """The file is no such export, or some of its cells cannot be read: all of them are named, nothing is stored."""

    code = "infomart_refused"


@dataclass
class Mistakes:
    """What is wrong, cell by cell, in the order of the file."""

    found: list[str] = field(default_factory=list)

    def at(self, row: int, column: int | None, name: str, text: str) -> None:
        if column is None:
            self.found.append(_("Row %(row)d: %(text)s") % {"row": row, "text": text})
        else:
            place = {"row": row, "column": column + 1, "name": name, "text": text}
            self.found.append(_("Row %(row)d, column %(column)d “%(name)s”: %(text)s") % place)

    def refuse_if_any(self) -> None:
        if not self.found:
            return
        shown = self.found[:MISTAKES_SHOWN_MAX]
        if more := len(self.found) - len(shown):
            shown.append(_("… and %(more)d more.") % {"more": more})
        raise InfomartRefused("\n".join([_("The file was not taken in. Correct these cells, then try again:"), *shown]))


@dataclass(frozen=True)
class Row:
    """One data row: its number in the file counted from 1, and its cells by the names of the columns."""

    number: int
    cells: tuple[str, ...]
    places: dict[str, int]
    mistakes: Mistakes

    def text(self, name: str) -> str:
        place = self.places.get(name)
        return "" if place is None else self.cells[place].strip()

    def wrong(self, name: str, text: str) -> None:
        self.mistakes.at(self.number, self.places.get(name), name, text)

    def number_in(self, name: str, *, needed: bool = False) -> Decimal | None:
        text = narrow(self.text(name)).replace(",", "").removeprefix("¥").removeprefix("\\").removesuffix("円")
        if not text:
            if needed:
                self.wrong(name, _("is empty; a number is needed."))
            return None
        if not _NUMBER.fullmatch(text):
            self.wrong(name, _("“%(found)s” is not a number.") % {"found": self.text(name)[:40]})
            return None
        return Decimal(text)

    def day_in(self, name: str) -> date | None:
        text = narrow(self.text(name)).split(" ")[0]
        if not text:
            return None
        try:
            if found := _DAY.fullmatch(text):
                return date(*map(int, found.groups()))
        except ValueError:
            pass
        self.wrong(name, _("“%(found)s” is not a date like 2026/11/24.") % {"found": self.text(name)[:40]})
        return None


@dataclass(frozen=True)
class Table:
    """The data rows, and what stood above and below them, for an excerpt of one order."""

    encoding: str
    above: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    below: tuple[tuple[str, ...], ...]

    def excerpt(self, rows: list[Row]) -> bytes:
        """These rows as a file of the same form."""
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\r\n").writerows([*self.above, *(row.cells for row in rows), *self.below])
        return out.getvalue().encode(self.encoding)


def read_table(content: bytes, mistakes: Mistakes) -> Table:
    """Raises InfomartRefused for a file that is no such export, is cut off, or has characters that cannot be read."""
    text, encoding = _decoded(content)
    lines = list(_cut(text))
    header = next((index for index, (_row, cells) in enumerate(lines[:HEADER_ROWS_MAX]) if _is_header(cells)), None)
    if header is None:
        raise InfomartRefused(
            _("This is not an order export of Infomart: no row names the columns %(names)s. Choose another file.")
            % {"names": ", ".join(NEEDED)}
        )
    names = [plain_name(cell) for cell in lines[header][1]]
    places = {name: names.index(plain_name(name)) for name in COLUMNS if plain_name(name) in names}
    rows, below, width = [], [], len(names)
    for number, cells in lines[header + 1 :]:
        mark = narrow(cells[0]).upper() if cells else ""
        if not any(cell.strip() for cell in cells) or mark == "H":
            continue
        if mark == "F":
            below.append(tuple(cells))
            break
        if mark != "D":
            mistakes.at(number, 0, "データ区分", _("“%(found)s” is none of H, D and F.") % {"found": cells[0][:20]})
            continue
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            count = {"found": len(cells), "wanted": width}
            mistakes.at(number, None, "", _("has %(found)d cells, but there are %(wanted)d columns.") % count)
            continue
        rows.append(Row(number, tuple(cells[:width]), places, mistakes))
    if not below:
        raise InfomartRefused(_("The file ends without its last row (F): it is not complete. Export it again."))
    if not rows and not mistakes.found:
        raise InfomartRefused(_("The file has no orders (no rows that begin with D)."))
    return Table(encoding, tuple(tuple(cells) for _row, cells in lines[: header + 1]), tuple(rows), tuple(below))


def narrow(text: str) -> str:
    """Half-width, without spaces at its ends."""
    return unicodedata.normalize("NFKC", text).strip()


def plain_name(text: str) -> str:
    """A column's name as it is compared: 「［納品場所 住所］」 and 「納品場所住所」 are one."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text)).lower()


def _is_header(cells: list[str]) -> bool:
    names = {plain_name(cell) for cell in cells}
    return all(plain_name(name) in names for name in NEEDED)


def _decoded(content: bytes) -> tuple[str, str]:
    body = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return body.decode(CURRENT), CURRENT
    except UnicodeDecodeError as error:
        if body is not content and len(body) < len(content):
            _refuse_characters(body, error.start, "UTF-8")
        unknown = error
    try:
        text = body.decode(FORMER)
        if unassigned := _UNASSIGNED.search(text):
            raise UnicodeDecodeError(FORMER, body, len(text[: unassigned.start()].encode(FORMER)), len(body), "")
        return text, FORMER
    except UnicodeDecodeError as error:
        # Whichever encoding reads further is the one that was meant.
        if unknown.start > error.start:
            _refuse_characters(body, unknown.start, "UTF-8")
        _refuse_characters(body, error.start, "Shift_JIS (cp932)")
        raise AssertionError("unreachable") from None


def _refuse_characters(body: bytes, at: int, encoding: str) -> None:
    row = body.count(b"\n", 0, at) + 1
    column = body.count(b",", body.rfind(b"\n", 0, at) + 1, at) + 1
    raise InfomartRefused(
        _(
            "Row %(row)d, column %(column)d has a character that %(encoding)s does not know. Save the file again "
            "as UTF-8."
        )
        % {"row": row, "column": column, "encoding": encoding}
    )


def _cut(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number in the file. Raises InfomartRefused for quotes that do not close and endless cells."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if len(cells) > COLUMNS_MAX or any(len(cell) > CELL_CHARS_MAX for cell in cells):
                raise InfomartRefused(_("Row %(row)d is longer than any row of such a file.") % {"row": number})
            yield number, cells
    except csv.Error:
        raise InfomartRefused(
            _("Row %(row)d cannot be cut into cells: its quotation marks do not match.") % {"row": number + 1}
        ) from None
