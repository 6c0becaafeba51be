"""What was opened and closed at the desk holds for the commands too, and a changed file is pointed out."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portal.__main__ import _warn
from portal.config import Config
from scripts import check, import_answers
from scripts.options import definitions_in
from surveys import openings
from surveys.definition import load
from surveys.openings import Act, Decision
from surveys.store import Store
from surveys.store.openings import every
from tests.scripts.conftest import ANSWERS, EXAMPLE, run

KEY = "kcmo-resident"


@pytest.fixture
def drafted(tmp_path: Path) -> Path:
    """The worked example, with no first day in its file."""
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "definitions"))
    path = folder / f"surveys/{KEY}.v1.yaml"
    path.write_text(re.sub(r"(?m)^(opened|closed):.*\n", "", path.read_text("utf-8")), "utf-8")
    (folder / "lock.json").unlink()
    return folder


@pytest.fixture
def opened(store: Store, drafted: Path) -> Iterator[Path]:
    """The same, opened at the desk on the first of August 2021."""
    act(store, drafted, "open", date(2021, 8, 1))
    yield drafted


def act(store: Store, folder: Path, kind: Act, day: date) -> None:
    rules = load(folder)
    rows = store.read(every)
    decision = Decision(KEY, 1, kind, rules.digest(rules.surveys[KEY, 1]), len(rows))
    openings.perform(store, rules, decision, day, lambda *_: None)


def bring_in(folder: Path, database: Path) -> str:
    few = folder / "few.csv"
    few.write_text("".join(ANSWERS.read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8")
    places = ("--survey", KEY, "--map", EXAMPLE / "map.yaml", "--definitions", folder, "--database", database)
    result = run(import_answers.main, few, *places)
    return result.stdout + result.stderr


def test_answers_to_a_draft_are_refused_until_it_is_opened(store: Store, drafted: Path, database: Path) -> None:
    assert "it was never opened" in bring_in(drafted, database)
    act(store, drafted, "open", date(2021, 8, 1))
    assert "3 new" in bring_in(drafted, database)


def test_the_day_of_closing_is_the_last_one_for_commands(store: Store, opened: Path, database: Path) -> None:
    act(store, opened, "close", date(2021, 8, 31))
    survey = definitions_in(opened, database).surveys[KEY, 1]
    assert (survey.opened, survey.closed) == (date(2021, 8, 1), date(2021, 8, 31))
    assert "3 new" in bring_in(opened, database)


def test_check_and_start_point_out_a_file_that_changed_after_it_was_opened(
    opened: Path, database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    config = replace(Config(), database=database, definitions=opened)
    places = ("--definitions", opened, "--database", database)
    assert run(check.main, *places).exit_code == 0
    _warn(config)
    assert capsys.readouterr().err == ""
    path = opened / f"surveys/{KEY}.v1.yaml"
    path.write_text(path.read_text("utf-8").replace("minutes: ", "minutes: 1"), "utf-8")
    result = run(check.main, *places)
    assert result.exit_code == 1
    told = f"{path}:3:1: changed since it was opened at the desk on 2021-08-01"
    assert told in result.stderr
    _warn(config)
    assert capsys.readouterr().err.startswith(f"Warning: {told}")


def test_check_asks_no_lock_for_what_the_desk_pins(opened: Path, database: Path) -> None:
    found = run(check.main, "--lock", "--definitions", opened, "--database", database)
    assert "nothing to lock" in found.stdout
    assert not (opened / "lock.json").exists()
