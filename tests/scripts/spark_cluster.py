"""Spark counts the archive as the database does, and a worker that dies in the middle changes nothing.

`make spark` runs it: PySpark is 450 MB, so the other tests do without it.
"""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from scripts import archive
from surveys.store import Store
from tests.conftest import ROOT
from tests.scripts.conftest import run
from tests.scripts.test_count_spark import fill


def counts(path: Path) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        return [sorted(database.execute(f"SELECT * FROM {name}")) for name in ("counts", "exclusions")]


def test_two_workers_of_which_one_is_killed_count_as_the_database(store: Store, tmp_path: Path) -> None:
    store.write(fill)
    assert run(archive.main, "--database", store.path).exit_code == 0
    places = [str(tmp_path / name) for name in ("archive", "spark.db")]
    command = [sys.executable, "-m", "tests.scripts.spark_kill", *places]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"killed after \d+ tasks", ended.stdout)
    assert counts(tmp_path / "spark.db") == counts(tmp_path / "tally.db")
    assert all(counts(tmp_path / "tally.db"))
