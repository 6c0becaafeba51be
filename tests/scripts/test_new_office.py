"""A command that makes an office where there is none says so, and makes none behind a mistyped path."""

from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from scripts import cards, import_answers, move, staff
from tests.conftest import ROOT
from tests.scripts.conftest import ANSWERS, EXAMPLE, run

ISSUE = (
    "issue",
    "--survey",
    "counter-service",
    "--unit",
    "chengdong-hukou",
    "--count",
    "1",
    "--site-url",
    "https://a.example",
)
MAP = ("--map", EXAMPLE / "map.yaml")
Command = tuple[click.Command, Sequence[object]]
COMMANDS: dict[str, Command] = {
    "import": (import_answers.main, (ANSWERS, "--survey", "kcmo-resident", *MAP, "--definitions", EXAMPLE)),
    "issue": (cards.main, (*ISSUE, "--out", "cards", "--definitions", ROOT / "surveys/definitions")),
    "add": (staff.main, ("add", "desk", "--role", "intake", "--definitions", ROOT / "surveys/definitions")),
    "first-admin": (staff.main, ("first-admin", "desk")),
}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return COMMANDS[request.param]


def test_a_mistyped_path_makes_nothing(command: Command, tmp_path: Path) -> None:
    told = run(command[0], *command[1], "--database", tmp_path / "typo/var/huiyin.db")
    assert (told.exit_code, told.stdout) == (1, "")
    assert f"and there is no folder {tmp_path / 'typo'}: make it, or correct the path" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_new_database_is_told_once(command: Command, tmp_path: Path) -> None:
    place = ("--database", tmp_path / "var/huiyin.db")
    told = run(command[0], *command[1], *place)
    assert told.exit_code == 0, told.stderr
    assert f"made a new database at {tmp_path / 'var/huiyin.db'}, with keys of its own" in told.stderr
    assert "made a new database" not in run(command[0], *command[1], *place).stderr


def test_an_office_is_not_moved_behind_a_mistyped_path(tmp_path: Path) -> None:
    told = run(move.main, "--from", tmp_path / "huiyin.db", "--to", tmp_path / "typo/var/huiyin.db")
    assert (told.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert f"--to is '{tmp_path / 'typo/var/huiyin.db'}', and there is no folder" in told.stderr
