"""Rows of cells that were taken before come out as they would alone, whatever shows or hides their questions."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

import pytest

from scripts.answer_map import read_map
from scripts.answer_rows import RowChecker
from scripts.answer_seen import neighbours
from scripts.answer_table import AnswerFileError, Cells, Table
from scripts.import_answers import checker_for
from surveys.definition import load
from tests.scripts.test_import_answers import HEADER, Desk

TODAY = date(2026, 11, 22)
Check = Callable[[Sequence[tuple[int, Cells]]], RowChecker]


@pytest.fixture
def checker(tmp_path: Path, folder: Path, database: Path) -> Check:
    Desk(tmp_path, folder, database)
    known = load(folder)
    found = read_map(tmp_path / "map.yaml", known, "both")
    header = tuple(HEADER.strip().split(","))

    def make(rows: Sequence[tuple[int, Cells]]) -> RowChecker:
        return checker_for(Table(tmp_path / "answers.csv", header, tuple(rows)), found, known, None)

    return make


def rows_of(*ratings: str) -> list[tuple[int, Cells]]:
    """Every rating with every list of what was wrong on two days, twice and in disorder, but for empty sheets."""
    cells = list(product(("2026-09-01", "2026-09-02"), ratings, ("waiting", "manner; waiting", "")))
    sheets = [[f"n{number}", day, "A", *rest] for number, (day, *rest) in enumerate(cells * 2) if any(rest)]
    Random(5).shuffle(sheets)
    return list(enumerate(sheets, 2))


def test_rows_come_out_as_they_would_alone(checker: Check) -> None:
    rows = rows_of("good", "bad", "?", "")
    together = checker(rows)
    assert list(together.check(TODAY)) == [found for row in rows for found in checker([row]).check(TODAY)]
    assert list(together.notes()) == ["24 answers to 'wrong' left out: it is asked only after overall = 1 or 2"]


def test_what_was_seen_does_not_hide_a_fault(checker: Check) -> None:
    rows = rows_of("good", "bad")
    line = len(rows) + 2
    wrong = [["n0", "2026-09-01", "A", "bad", ""], ["", "2026-09-01", "A", "bad", ""], ["x", "2026-09-01", "A", "", ""]]
    with pytest.raises(AnswerFileError) as caught:
        list(checker([*rows, *enumerate(wrong, line)]).check(TODAY))
    said = str(caught.value)
    assert "number 'n0' stands in line" in said
    assert f":{line + 1}: column 'id': nothing, expected the sheet's number" in said
    assert f":{line + 2}: no answer at all" in said
    assert "3 rows cannot be taken" in said


@pytest.mark.parametrize(
    ("groups", "runs"),
    [
        (["a", "b", "c", "d", "e"], [["a", "b", "c", "d"], ["e"]]),
        (["a", "b", "c", "dz", "e", "f"], [["a", "b", "c", "dz", "e", "f"]]),
        (["az", "b", "c", "d", "e", "f"], [["az", "b", "c", "d", "e", "f"]]),
        (["ac", "b", "d", "e", "f"], [["ac", "b", "d", "e"], ["f"]]),
        ([], []),
    ],
)
def test_a_run_of_questions_ends_before_the_next_begins(groups: list[str], runs: list[list[str]]) -> None:
    assert neighbours(groups) == runs
