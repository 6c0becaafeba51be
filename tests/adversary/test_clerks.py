"""What a clerk is told of files that are not what they seem: one message, never a traceback, and no orders in it."""

import os
from pathlib import Path

import pytest

from scripts import import_declared, import_queue
from surveys.keys import load_keys
from surveys.store import Store
from surveys.yaml_reading import MOST_BYTES
from tests.conftest import TINY
from tests.scripts.conftest import run
from tests.scripts.test_import_answers import HEADER, Desk


@pytest.fixture
def desk(tmp_path: Path, folder: Path, database: Path) -> Desk:
    return Desk(tmp_path, folder, database)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("\x1b[2J\x1b]0;x\x07", "'\\x1b[2J\\x1b]0;x\\x07', expected one of A"),
        ("\u202egnp.exe", "'\\u202egnp.exe', expected one of A"),
        ("\x9b31m", "'\\x9b31m', expected one of A"),
        ("城东", "'城东', expected one of A"),
    ],
)
def test_a_cell_cannot_write_to_the_terminal(desk: Desk, cell: str, told: str) -> None:
    said = desk.refused(f"{HEADER}1,2026-03-02,{cell},good,\n")
    assert said[0] == f"answers.csv:2: column 'desk': {told}"


def test_a_name_of_a_column_cannot_either(desk: Desk) -> None:
    (said,) = desk.refused(f"{HEADER.strip()},\x1b[31mred\n1,2026-03-02,A,good,,x\n")
    assert "column '\\x1b[31mred' is not in the map" in said


def test_a_map_that_is_far_too_large_is_not_read(desk: Desk) -> None:
    with (desk.folder / "map.yaml").open("wb") as file:
        file.truncate(MOST_BYTES * 50)
    (said,) = desk.refused(f"{HEADER}1,2026-03-02,A,good,\n")
    assert said == "map.yaml: larger than 4 MB: is it the right file?"


def test_a_definition_with_line_ends_of_another_system_is_the_same(desk: Desk) -> None:
    path = desk.definitions / "surveys/both.v1.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert "1 new" in desk.take(f"{HEADER}1,2026-03-02,A,good,\n").stdout


def test_what_never_ends_is_no_file_of_answers(tmp_path: Path, database: Path) -> None:
    load_keys(database, create=True)
    Store.open(database, create=True).close()
    os.mkfifo(tmp_path / "pipe")
    places = ("--database", database, "--definitions", TINY)
    for command in (import_queue.main, import_declared.main):
        for path in (tmp_path / "pipe", "/dev/zero"):
            done = run(command, path, *places)
            assert done.exit_code == 1
            assert "no file" in done.stderr


@pytest.mark.parametrize(("fault", "advice"), [(KeyError, "report this line"), (MemoryError, "free some memory")])
def test_a_fault_that_nobody_foresaw_is_one_line_without_what_was_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: type[Exception], advice: str
) -> None:
    def fail(*_: object) -> None:
        raise fault("words of a resident")

    monkeypatch.setattr("scripts.import_answers.read_map", fail)
    (said,) = desk.refused(f"{HEADER}1,2026-03-02,A,good,\n")
    assert said.startswith(f"stopped by {fault.__name__} at ")
    assert said.endswith(advice) or advice in said
    assert "words of a resident" not in said
