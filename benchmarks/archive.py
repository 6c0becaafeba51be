"""Counting: one month of a store that grows a hundredfold, and the whole archive against bare Polars."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import polars as pl

from benchmarks.figure import Figure, in_turn
from scripts.archive_count import count_files
from scripts.archive_files import ONE, SEVERAL
from surveys.store import Connection, Store
from surveys.store.slices import count_period

SURVEY, MONTH = "counter", "2026-06"
QUESTIONS = tuple(f"question-{number}" for number in range(1, 9))
REASONS = ("waiting", "manner", "result", "other")
KEYS = ("unit", "channel", "basis")
SPREAD = ("5",) * 46 + ("4",) * 30 + ("3",) * 11 + ("2",) * 6 + ("1",) * 4 + ("dk",) * 3
"""How a hundred residents rate."""


def slice_(small: bool) -> Iterator[Figure]:
    """Count one month of one survey, in a store that holds a hundred times as much against a small one."""
    month, few, many = (500, 600, 5_000) if small else (83_000, 100_000, 10_000_000)
    with tempfile.TemporaryDirectory() as folder:
        sizes = {total: _filled(Path(folder) / f"{total}.db", month, total) for total in (few, many)}
        count = partial(_count, month=month)
        with sizes[few] as little, sizes[many] as much:
            yield in_turn(
                f"slice: count {month:,} answer sets of nine questions among {many:,} against {few:,}",
                "s",
                lambda: _seconds(lambda: much.read(count)),
                lambda: _seconds(lambda: little.read(count)),
                1 if small else 9,
            )


def _count(connection: Connection, month: int) -> None:
    received = sum(count.n for count in count_period(connection, SURVEY, MONTH) if not count.question)
    if received != month:
        raise AssertionError(f"{received:,} counted where {month:,} were made")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _answers(chance: Random) -> str:
    given: dict[str, object] = {question: chance.choice(SPREAD) for question in QUESTIONS}
    if why := [reason for reason in REASONS if chance.random() < 0.2]:
        given["why"] = why
    return json.dumps(given, sort_keys=True, separators=(",", ":"))


def _filled(path: Path, month: int, total: int) -> Store:
    """A store with the month among others; rows are made by SQL in the order of their keys, for there may be many."""
    store = Store.open(path, create=True)
    chance = Random(1)
    shapes = [(_answers(chance),) for _ in range(5_000)]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TEMP TABLE shapes (answers TEXT)")
        database.executemany("INSERT INTO shapes VALUES (?)", shapes)
        (index,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'responses_by_id'").fetchone()
        database.execute("DROP INDEX responses_by_id")
        database.execute(
            "INSERT INTO responses (id, survey, version, unit, channel, basis, language, day, period, answers, digest)"
            " WITH RECURSIVE turns(turn) AS (SELECT 0 UNION ALL SELECT turn + 1 FROM turns WHERE turn + 1 < :total),"
            " made AS (SELECT randomblob(16) AS id, turn, :newest - turn / :month AS back FROM turns),"
            " placed AS (SELECT *, printf('%04d-%02d', back / 12, back % 12 + 1) AS month FROM made)"
            " SELECT placed.id, :survey, 1, 'unit-' || turn % 300, iif(turn % 5, 'web', 'paper'),"
            "  iif(turn % 5, 'open', 'assisted'), 'zh', month || '-15', month, answers, zeroblob(32)"
            " FROM placed JOIN shapes ON shapes.rowid = 1 + (turn * 7919) % 5000 ORDER BY month, placed.id",
            {"total": total, "month": month, "survey": SURVEY, "newest": int(MONTH[:4]) * 12 + int(MONTH[5:]) - 1},
        )
        database.execute(index)
    return store


def recount(small: bool) -> Iterator[Figure]:
    """Count an archive of many months against bare Polars on the same files."""
    months, rows = (3, 1_000) if small else (20, 500_000)
    with tempfile.TemporaryDirectory() as name:
        files = list(made_archive(Path(name), months, rows))
        yield in_turn(
            f"recount: count {months * rows:,} archived answer sets against bare Polars",
            "s",
            lambda: _seconds(lambda: [list(count_files([path], SURVEY, month)) for month, path in files]),
            lambda: _seconds(lambda: [_bare(path) for _, path in files]),
            1 if small else 5,
        )


def _bare(path: Path) -> list[pl.DataFrame]:
    sets = pl.scan_parquet(path)
    whole = [sets.group_by(*KEYS, ONE + question).len() for question in QUESTIONS]
    return pl.collect_all([*whole, sets.explode(f"{SEVERAL}why").group_by(*KEYS, f"{SEVERAL}why").len()])


def made_archive(folder: Path, months: int, rows: int) -> Iterator[tuple[str, Path]]:
    """Month and file of an archive of made-up answer sets."""
    for number in range(months):
        month = f"{2001 + number // 12}-{number % 12 + 1:02}"
        path = folder / f"survey={SURVEY}" / f"month={month}" / "part-00000.parquet"
        path.parent.mkdir(parents=True)
        made_frame(month, number * rows, rows).write_parquet(path, compression_level=3)
        yield month, path


def made_frame(month: str, first: int, rows: int) -> pl.DataFrame:
    """So many answer sets of a month as the archive keeps them, made from the numbers of their rows."""
    number = pl.int_range(first, first + rows, eager=True)
    drawn = partial(_drawn, number)
    days = pl.Series([f"{month}-{day:02}" for day in range(1, 29)]).str.to_date()
    channels = drawn(2, ["web", "web", "web", "web", "paper"])
    columns = {
        "unit": drawn(1, [f"unit-{unit}" for unit in range(300)]),
        "channel": channels,
        "basis": channels.replace({"web": "open", "paper": "assisted"}),
        "day": days.gather(number.hash(3) % len(days)),
        "version": pl.repeat(1, rows, dtype=pl.Int32, eager=True),
        "language": pl.repeat("zh", rows, eager=True),
        "reason": drawn(4, ["duplicate", *[""] * 499]),
    }
    columns |= {ONE + question: drawn(10 + place, SPREAD) for place, question in enumerate(QUESTIONS)}
    whys = [["waiting"], ["manner"], ["manner", "waiting"], ["other", "result"]]
    columns[f"{SEVERAL}why"] = pl.Series([*whys, *[None] * 6], dtype=pl.List(pl.String)).gather(number.hash(5) % 10)
    return pl.DataFrame(columns).sort("unit", "channel", "basis", "day", "reason")


def _drawn(number: pl.Series, seed: int, values: Sequence[str]) -> pl.Series:
    return pl.Series(values).gather(number.hash(seed) % len(values))
