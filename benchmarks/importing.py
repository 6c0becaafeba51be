"""Bringing in a large file of answers: CSV and XLSX, into a new store, against a bare read and write of the same."""

import csv
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random

from xlsxwriter import Workbook

from benchmarks.figure import Figure, in_turn
from benchmarks.load import ROOT
from scripts.answer_files import read_table
from scripts.answer_map import read_map
from scripts.import_answers import import_file, without_collector
from surveys.definition import load

EXAMPLE = ROOT / "surveys/examples/kcmo-resident-survey"
SURVEY = "kcmo-resident"
CHANNELS = ("Web", "Web", "Web", "Mail", "Phone")
CELLS = ("5",) * 20 + ("4",) * 35 + ("3",) * 20 + ("2",) * 10 + ("1",) * 5 + ("9",) * 6 + ("",) * 4
"""What stands in a cell of the example's own file, about as often."""


def import_(small: bool) -> Iterator[Figure]:
    """Rows a second of both kinds of file, checked and stored."""
    rows, rounds = (1_000, 1) if small else (100_000, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (EXAMPLE / "kcmo-resident-survey-2021-08.csv").open() as file:
            header = next(csv.reader(file))
        made = [header, *_made_rows(len(header), rows)]
        _write_csv(folder / "answers.csv", made)
        _write_xlsx(folder / "answers.xlsx", made)
        turn = count()
        for kind in ("csv", "xlsx"):
            yield in_turn(
                f"import: {rows:,} rows of {kind.upper()} against a bare read and write of CSV",
                "rows/s",
                lambda kind=kind: rows / _imported(folder, kind, next(turn)),  # type: ignore[misc]
                lambda: rows / _bare(folder, next(turn)),
                rounds,
            )


def _made_rows(width: int, rows: int) -> Iterator[Sequence[str]]:
    chance = Random(1)
    for number in range(1, rows + 1):
        given = chance.choices(CELLS, k=width - 4)
        yield (str(number), chance.choice(CHANNELS), str(number % 6 + 1), "1QSEP2021", "4", *given[1:])


def _write_csv(path: Path, lines: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def _write_xlsx(path: Path, lines: Sequence[Sequence[str]]) -> None:
    with Workbook(path, {"constant_memory": True, "strings_to_numbers": True}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)


def _imported(folder: Path, kind: str, turn: int) -> float:
    """Seconds from the file to the disk, as the command does it once it has started."""
    known = load(EXAMPLE)
    path = folder / f"{turn}.db"
    begun = time.perf_counter()
    with without_collector():
        found = read_map(EXAMPLE / "map.yaml", known, SURVEY)
        import_file(read_table(folder / f"answers.{kind}"), found, known, path, None)
    return time.perf_counter() - begun


def _bare(folder: Path, turn: int) -> float:
    """Seconds of csv and sqlite3 alone, under random keys, one durable commit."""
    begun = time.perf_counter()
    with (folder / "answers.csv").open(newline="") as file:
        rows = [(os.urandom(16), ",".join(line)) for line in csv.reader(file)]
    with closing(sqlite3.connect(folder / f"{turn}.db")) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE raw (id BLOB PRIMARY KEY, answers TEXT) WITHOUT ROWID")
        database.executemany("INSERT INTO raw VALUES (?, ?)", sorted(rows))
    return time.perf_counter() - begun
