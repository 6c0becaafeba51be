"""What the fuzzers found stays a test, and a short run of theirs finds nothing more."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*") if path.is_file())
RUNS = 250


@pytest.mark.parametrize("kept", KEPT)
def test_what_was_found_or_begun_with_is_stood(kept: str) -> None:
    TARGETS[kept.partition("/")[0]]((CORPUS / kept).read_bytes())


def test_every_target_has_something_to_begin_with() -> None:
    assert {kept.partition("/")[0] for kept in KEPT} == set(TARGETS)


def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    """The same inputs in every run: how many there are is said, not how long it takes."""
    command = [sys.executable, "-m", "tests.fuzz", "all", "--runs", str(RUNS), "--seconds", "0", "--seed", "1"]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [*command, "--found", str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    units = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert units is not None
    assert int(units[1]) >= RUNS
    reached = [int(number) for number in re.findall(r"cov: (\d+)", done.stderr)]
    assert reached[-1] > 1000, "places in the code"


def test_what_a_target_cannot_stand_is_found_and_kept(tmp_path: Path) -> None:
    """A fuzzer that finds nothing may be blind: this one is shown a reader with a fault."""
    broken = tmp_path / "broken.py"
    broken.write_text(BROKEN, encoding="utf-8")
    done = subprocess.run([sys.executable, str(broken)], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode != 0
    assert b"unforeseen" in done.stderr + done.stdout
    (found,) = tmp_path.glob("crash-*")
    assert found.read_bytes().startswith(b"ab")


BROKEN = """
import sys
import atheris

@atheris.instrument_func
def reader(data):
    if data[:1] == b"a":
        if data[1:2] == b"b":
            raise ValueError("unforeseen")

atheris.Setup([sys.argv[0], "-runs=100000", "-seed=1"], reader)
atheris.Fuzz()
"""
