"""The table of ASVS 5.0 in docs/identity.md: whole, and shown by tests that exist."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
STANDARD = ROOT.parent / "shared" / "standards" / "asvs-5.0-selected.txt"
CHAPTERS = range(6, 11)
ANSWERS = {"met", "partly", "not", "open", "n/a"}
ROW = re.compile(r"^\| (\d+(?:\.\d+){1,2}) \| (.*) \|$", re.MULTILINE)


class Row(NamedTuple):
    id: str
    level: str
    demands: str
    answer: str
    how: str
    test: str


def table() -> list[Row]:
    text = (ROOT / "docs" / "identity.md").read_text()
    return [Row(found[1], *found[2].split(" | ")) for found in ROW.finditer(text)]


def test_every_requirement_stands_once_with_an_answer() -> None:
    rows = table()
    ids = [row.id for row in rows]
    assert len(ids) == len(set(ids)) > 80
    assert ids == sorted(ids, key=lambda each: [int(part) for part in each.split(".")])
    assert {row.answer for row in rows} <= ANSWERS
    assert [row.id for row in rows if not row.how.strip()] == []


def test_each_test_that_is_named_exists() -> None:
    for row in table():
        if row.test == "–":
            continue
        path, _, name = row.test.strip("`").partition("::")
        place = ROOT / path if path.startswith("tests/") else ROOT / "src" / "torihiki" / path
        functions = {node.name for node in ast.walk(ast.parse(place.read_text())) if isinstance(node, ast.FunctionDef)}
        assert name in functions, row


@pytest.mark.skipif(not STANDARD.exists(), reason="the standard is not at ../shared/standards")
def test_no_requirement_of_the_standard_is_missing() -> None:
    rows = {row.id: row for row in table()}
    for found in ROW.finditer(STANDARD.read_text()):
        if int(found[1].partition(".")[0]) in CHAPTERS:
            assert found[1] in rows
            assert rows[found[1]].level == found[2].rpartition("| ")[2].strip(), found[1]
