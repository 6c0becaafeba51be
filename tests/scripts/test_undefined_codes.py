"""What has answers must stay defined: a renamed code is told wherever it would make answers disappear."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from scripts import check, publish, tally
from scripts.undefined_codes import ADVICE
from surveys import lock
from surveys.definition import load
from surveys.responses import today
from surveys.store import Store
from tests.conftest import ROOT
from tests.scripts.conftest import run
from tests.scripts.test_tally import Office
from tests.site_building import copy_some

RENAMED = [
    ("units.yaml", ": hall", ": lobby", "units.yaml: unit 'hall' has 3 answers and is not defined"),
    (
        "surveys/shown.v1.yaml",
        "overall",
        "rating",
        "surveys/shown.v1.yaml: question 'overall' has 2 answers and is not defined",
    ),
    (
        "surveys/multiple.v1.yaml",
        "code: manner",
        "code: tone",
        "surveys/multiple.v1.yaml: code 'manner' of 'wrong' has 1 answer and is not defined",
    ),
    ("surveys/shown.v1.yaml", "", None, "surveys: survey 'shown' has 2 answers and is not defined"),
]


@pytest.fixture
def answered(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A definitions folder, locked, with three answer sets in the database."""
    office = Office(store, load(folder))
    office.answer("multiple", {"wrong": ["waiting", "manner"]})
    office.answer("shown", {"overall": "5"})
    office.answer("shown", {"overall": "dk"})
    lock.write_lock(folder, office.definitions, today())
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(check, "today", lambda: date(2026, 11, 22))  # a year whose holidays are known
    yield folder


def rename(folder: Path, name: str, old: str, new: str | None) -> None:
    path = folder / name
    if new is None:
        path.unlink()
        return
    assert old in path.read_text(encoding="utf-8")
    for file in (path, folder / "categories.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(old, new))
    (folder / "lock.json").unlink()
    lock.write_lock(folder, load(folder), today())


def test_codes_as_they_were_are_in_order(answered: Path, database: Path) -> None:
    result = run(check.main, "--definitions", answered, "--database", database)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(("name", "old", "new", "told"), RENAMED)
def test_a_code_with_answers_that_is_gone_fails_the_check(
    answered: Path, database: Path, name: str, old: str, new: str | None, told: str
) -> None:
    rename(answered, name, old, new)
    result = run(check.main, "--definitions", answered, "--database", database)
    assert result.exit_code == 1
    assert f"{answered}/{told}: {ADVICE}" in result.stderr.splitlines()


def test_no_database_is_no_fault_and_none_is_made(
    folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock.write_lock(folder, load(folder), today())
    monkeypatch.chdir(ROOT)
    assert run(check.main, "--definitions", folder, "--database", database).exit_code == 0
    assert not database.exists()


@pytest.mark.parametrize(("name", "old", "new", "told"), RENAMED[:3])
def test_counting_warns_of_it(
    answered: Path, database: Path, tmp_path: Path, name: str, old: str, new: str | None, told: str
) -> None:
    rename(answered, name, old, new)
    places = ["--period", "2026-10", "--definitions", answered, "--database", database]
    warning = f"warning: 2026-10: {told.partition(': ')[2]}: {ADVICE}\n"
    assert run(tally.main, *places, "--out", tmp_path / "out").stderr == warning


def test_publishing_warns_of_it(answered: Path, database: Path, tmp_path: Path) -> None:
    name, old, new, told = RENAMED[0]
    rename(answered, name, old, new)
    copy_some(tmp_path / "content")
    places = ["--period", "2026-10", "--definitions", answered, "--database", database]
    site = ["--content", tmp_path / "content", "--output", tmp_path / "site/public"]
    assert run(publish.main, *places, *site).stderr == f"warning: 2026-10: {told.partition(': ')[2]}: {ADVICE}\n"
