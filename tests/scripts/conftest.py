"""Running commands as a clerk does, on the real survey and on small files."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from scripts import import_answers
from tests.conftest import ROOT

EXAMPLE = ROOT / "surveys/examples/kcmo-resident-survey"
ANSWERS = EXAMPLE / "kcmo-resident-survey-2021-08.csv"
EXPECTED = EXAMPLE / "kcmo-resident-survey-2021-08.expected.csv"
Run = Callable[..., Result]


def run(command: click.Command, *arguments: object) -> Result:
    """Run one command; an exception that it does not turn into a message fails the test."""
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def import_example(database: Path, file: Path = ANSWERS, *more: object) -> Result:
    """Import the real survey, or a file of its shape."""
    places = ("--survey", "kcmo-resident", "--map", EXAMPLE / "map.yaml", "--definitions", EXAMPLE)
    return run(import_answers.main, file, *places, "--database", database, *more)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database holds the real survey; copied for each test, because an import takes a second."""
    folder = tmp_path_factory.mktemp("imported")
    result = import_example(folder / "huiyin.db")
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def real(imported: Path, database: Path) -> Path:
    """A database of the test's own that holds the real survey."""
    shutil.copytree(imported, database.parent, dirs_exist_ok=True)
    return database
