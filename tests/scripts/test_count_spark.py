"""Spark counts the archive as the database does, and a worker that dies in the middle changes nothing."""

import json
import random
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from scripts import archive, count_spark
from surveys.responses import next_period
from surveys.store import Connection, Store
from surveys.store.answers import close_period
from surveys.store.exclusion_batches import Batch, add_batch, decide
from surveys.store.schema import responses
from tests.conftest import ROOT
from tests.scripts.conftest import run

MONTHS = 12
SPARK = ROOT / "build/spark/bin/python"
"""Where `make test` installs PySpark, in an environment of its own."""


def fill(connection: Connection) -> None:
    """Twelve published months of answers of all shapes, some late, some left out by two people."""
    chance, month = random.Random(7), "2025-01"
    for number in range(60 * MONTHS):
        given: dict[str, Any] = {"overall": chance.choice("12345"), "visits": chance.randint(0, 3)}
        given |= {"why": chance.sample(["manner", "result", "waiting"], chance.randint(0, 3))} if number % 3 else {}
        given |= {"asked": "yes"} if month > "2025-06" else {}
        unit, channel, basis = chance.choice((("hall", "web", "open"), ("post", "paper", "assisted")))
        survey, day = ("one", "two")[number % 2], f"{month}-07" if number % 11 else "2024-12-31"
        key = number.to_bytes(16)
        row = {"id": key, "survey": survey, "version": 1, "language": "zh", "unit": unit, "channel": channel}
        row |= {"basis": basis, "digest": bytes(32), "period": month, "day": day}
        row |= {"answers": json.dumps(given, sort_keys=True, separators=(",", ":"))}
        connection.execute(insert(responses), row)
        if number % 20 == 0:
            place = (survey, unit, channel, basis, month, day)
            add_batch(connection, Batch(f"{number:016}", *place, "test-entry", "{}", 1, "a", "2025-01-02"), [key])
            decide(connection, f"{number:016}", "confirmed", "b", "2025-01-03")
        if number % 60 == 59:
            close_period(connection, month, f"{next_period(month)}-03")
            month = next_period(month)


def counts(path: Path) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        return [sorted(database.execute(f"SELECT * FROM {name}")) for name in ("counts", "exclusions")]


def test_two_workers_of_which_one_is_killed_count_as_the_database(store: Store, tmp_path: Path) -> None:
    store.write(fill)
    assert run(archive.main, "--database", store.path).exit_code == 0
    places = [str(tmp_path / name) for name in ("archive", "spark.db")]
    command = [str(SPARK), "-m", "tests.scripts.spark_kill", *places]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"killed after \d+ tasks", ended.stdout)
    assert counts(tmp_path / "spark.db") == counts(tmp_path / "tally.db")
    assert all(counts(tmp_path / "tally.db"))


def test_without_pyspark_it_is_told_how_to_install_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    store.write(fill)
    run(archive.main, "--database", store.path)
    result = run(count_spark.main, "--archive", tmp_path / "archive", "--out", tmp_path / "new.db")
    assert result.exit_code == 1
    assert "requirements-spark.txt" in result.stderr
    assert not (tmp_path / "new.db").exists()
    wrong = run(count_spark.main, "--archive", tmp_path / "archive", "--out", tmp_path / "new.db", "--set", "nothing")
    assert (wrong.exit_code, "--set nothing: write NAME=VALUE" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 2, "give --out FILE to write the counts"),
        (("--out", "new.db"), 1, "no archive at"),
        (("--out", "here.db"), 1, "here.db is there already"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    (tmp_path / "here.db").touch()
    given = [tmp_path / one if one.endswith(".db") else one for one in arguments]
    result = run(count_spark.main, "--archive", tmp_path / "nowhere", *given)
    assert result.exit_code == status
    assert words in result.stderr
