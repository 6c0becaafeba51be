"""Published figures are recomputed along another path, and one changed cell is found."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result

from scripts import recount, tally
from surveys.declared import Declaration, declare
from surveys.keys import load_keys
from surveys.responses import Response, save
from surveys.store import Store
from surveys.store.answers import close_period
from surveys.store.corrections import CorrectionRow, add
from tests.conftest import TINY
from tests.scripts.conftest import EXAMPLE, run
from tests.scripts.golden_office import MONTH, OFFICE, GoldenOffice

Change = Callable[[list[dict[str, str]]], None]


@pytest.fixture
def published(real: Path, tmp_path: Path) -> Path:
    """The tables of the real survey."""
    folder = tmp_path / "tables"
    places = ("--definitions", EXAMPLE, "--database", real)
    assert run(tally.main, "--period", "2021-08", "--out", folder, *places).exit_code == 0
    return folder


def again(database: Path, tables: Path, definitions: Path = EXAMPLE, month: str = "2021-08") -> Result:
    places = ("--definitions", definitions, "--database", database)
    return run(recount.main, "--period", month, "--tables", tables, *places)


def test_the_real_survey_comes_out_the_same(real: Path, published: Path) -> None:
    told = again(real, published)
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("2021-08: 1,033 answer sets read, ")
    cells = re.search(r"read, ([0-9,]+) published cells recomputed: all the same", told.stdout)
    assert cells
    assert int(cells[1].replace(",", "")) > 400


def change(path: Path, act: Change) -> None:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    act(rows)
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(target.getvalue(), encoding="utf-8")


@pytest.mark.parametrize("column", ["n_1", "n_5", "dont_know", "n", "satisfied", "low", "high", "mean"])
def test_one_changed_figure_is_found(real: Path, published: Path, column: str) -> None:
    before = again(real, published)
    assert before.exit_code == 0

    def spoil(rows: list[dict[str, str]]) -> None:
        rows[3][column] = rows[3][column][:-1] + ("1" if rows[3][column][-1] != "1" else "2")

    change(published / "ratings.csv", spoil)
    told = again(real, published)
    assert told.exit_code == 1
    assert "ratings.csv:5: kcmo-resident" in told.stderr
    assert f" {column}: published" in told.stderr
    assert "1 of " in told.stderr


def test_a_row_that_was_left_out_is_found(real: Path, published: Path) -> None:
    change(published / "ratings.csv", lambda rows: rows.pop(2).clear())
    told = again(real, published)
    assert told.exit_code == 1
    assert "published 'no row'" in told.stderr


def test_without_tables_it_says_what_to_do(real: Path, tmp_path: Path) -> None:
    told = again(real, tmp_path / "none")
    assert told.exit_code == 1
    assert "publish the month first, or name its folder with --tables" in told.stderr


def test_declared_figures_that_wait_for_a_correction_are_no_alarm(tmp_path: Path) -> None:
    office = GoldenOffice(tmp_path)
    office.fill()
    folder = office.content / "zh/reports" / MONTH
    right = Declaration(MONTH, "chengdong", "disputes", "", 760, 740)
    more = Declaration(MONTH, "chengxi-hukou", "disputes", "", 5, 5)
    with Store.open(office.database) as store:
        store.write(lambda connection: close_period(connection, MONTH, "2026-11-02"))
        store.write(lambda connection: declare(connection, [right, more], date(2026, 11, 3), correcting=True))
        assert recount.recount_all(store, OFFICE, MONTH, folder)[2] == []
        told = recount.waiting_told(store, MONTH, folder)
        assert f"not published yet: 2. Run .venv/bin/python -m scripts.publish --correct {MONTH}" in told
        change(folder / "declared.csv", lambda rows: rows[-1].update(whole="9"))
        assert recount.recount_all(store, OFFICE, MONTH, folder)[2]
        store.write(lambda connection: add(connection, CorrectionRow(MONTH, 2, "2026-11-04", "x")))
        assert recount.waiting_told(store, MONTH, folder) == ""


def test_merged_hidden_and_sealed_rows_are_recomputed_as_well(database: Path, tmp_path: Path) -> None:
    """Small surveys in which something has to be hidden, answered by two units."""
    load_keys(database, create=True)
    answers = {"overall": ["5"] * 31 + ["1"] * 12 + ["dk"], "gate": ["5"] * 9}
    with Store.open(database, create=True) as store:
        for unit, levels in (("hall", answers["overall"]), ("gate", answers["gate"])):
            for number, level in enumerate(levels):
                given: dict[str, str | int | list[str]] = {"overall": level}
                if level == "1":
                    given["wrong"] = ["waiting"]
                identity = f"{unit}{number:02}".ljust(16, "x").encode()
                day = date(2026, 5, 4)
                save(store, Response(identity, "shown", 1, unit, "web", "open", "zh", day, given, {}))
    folder = tmp_path / "tables"
    places = ("--definitions", TINY, "--database", database)
    assert run(tally.main, "--period", "2026-05", "--out", folder, *places).exit_code == 0
    assert "hidden" in (folder / "ratings.csv").read_text() + (folder / "answers.csv").read_text()
    told = again(database, folder, TINY, "2026-05")
    assert told.exit_code == 0, told.stderr
