"""Giving out a month of answers: how fast, and what memory it takes as the month grows."""

import csv
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.figure import Figure, in_turn
from benchmarks.load import ROOT
from surveys.responses import Answer, Frame, answers_text, row_of
from surveys.store import Store, answers

SURVEY, MONTH = "sense-of-safety", "2026-10"
DAY = date(2026, 10, 15)
LEVELS = ("5",) * 46 + ("4",) * 30 + ("3",) * 11 + ("2",) * 6 + ("1",) * 4 + ("dk",) * 3
QUESTIONS = ("overall", "day", "night", "theft", "traffic", "fraud", "answered")
UNITS = ("chengdong", "chengxi", "chengnan", "chengbei")
_CHILD = (
    "import sys; from scripts.export import main; main(sys.argv[1:], standalone_mode=False);"
    " print([line for line in open('/proc/self/status') if line.startswith('VmHWM')])"
)
"""The command itself, and then the most memory that its process ever kept."""


def export(small: bool) -> Iterator[Figure]:
    """Each kind of file against a bare read and write of the same, and its memory against that of a tenth."""
    few, many = (300, 3_000) if small else (10_000, 100_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in (few, many):
            _filled(folder / f"{number}.db", number)
        for kind in ("csv", "xlsx"):
            peaks: list[float] = []
            yield in_turn(
                f"export: {many:,} answer sets to {kind.upper()} against a bare read and write of CSV",
                "answer sets/s",
                lambda kind=kind, peaks=peaks: many / _exported(folder, many, kind, peaks),  # type: ignore[misc]
                lambda: many / _bare(folder, many),
                1 if small else 5,
            )
            yield _memory(folder, few, many, kind, max(peaks))


def _memory(folder: Path, few: int, many: int, kind: str, peak: float) -> Figure:
    before: list[float] = []
    _exported(folder, few, kind, before)
    ratio = round(peak / before[0], 3)
    name = f"export: memory for {many:,} answer sets to {kind.upper()} against {few:,}"
    return Figure(name, peak, "MiB", before[0], ratio, (ratio, ratio), 1)


def _exported(folder: Path, number: int, kind: str, peaks: list[float]) -> float:
    """Seconds of the whole command, its start included; the MiB that it took go to `peaks`."""
    wanted = ("--survey", SURVEY, "--period", MONTH, "--out", str(folder / f"out.{kind}"))
    places = ("--database", str(folder / f"{number}.db"), "--definitions", str(ROOT / "surveys/definitions"))
    begun = time.perf_counter()
    command = [sys.executable, "-c", _CHILD, *wanted, *places]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken = time.perf_counter() - begun
    peaks.append(round(int(re.search(r"VmHWM:\D+(\d+)", done.stdout)[1]) / 1024, 1))  # type: ignore[index]
    return taken


def _bare(folder: Path, number: int) -> float:
    begun = time.perf_counter()
    target = folder / "bare.csv"
    with closing(sqlite3.connect(folder / f"{number}.db")) as database, target.open("w", newline="") as file:
        lines = csv.writer(file)
        for unit, basis, text in database.execute("SELECT unit, basis, answers FROM responses"):
            lines.writerow((MONTH, SURVEY, unit, basis, *json.loads(text).values()))
    return time.perf_counter() - begun


def _filled(path: Path, number: int) -> None:
    chance = Random(1)
    with Store.open(path, create=True) as store:
        rows = sorted((_row(chance) for _ in range(number)), key=lambda row: row["id"])
        store.write(partial(answers.add_responses, rows=[(row, {}) for row in rows]), deadline=60)
        store.write(lambda connection: answers.close_period(connection, MONTH, "2026-11-02"))


def _row(chance: Random) -> dict[str, Any]:
    given: dict[str, Answer] = {question: chance.choice(LEVELS) for question in QUESTIONS}
    if chance.random() < 0.4:
        given["wrong"] = [code for code in ("theft", "lighting") if chance.random() < 0.7]
    frame = Frame(SURVEY, 1, chance.choice(UNITS), "web", "open", "zh", DAY)
    return row_of(chance.randbytes(16), answers_text(given), frame, MONTH)
