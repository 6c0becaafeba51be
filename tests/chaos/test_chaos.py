"""A bounded part of `make chaos`, and the drill: back up under load, destroy everything, restore, count."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from scripts import backup, restore
from surveys.backup_rotation import backups_in
from tests.chaos import commands, offices, table
from tests.chaos.__main__ import KINDS
from tests.chaos.arena import Outcome, arena
from tests.chaos.faults import hold_lock, injected, traced
from tests.chaos.residents import Book
from tests.chaos.verdict import judge
from tests.conftest import ROOT
from tests.scripts.conftest import run


def nothing_lost(found: Outcome) -> None:
    assert (found.lost, found.twice, found.notes) == (0, 0, ())


def test_a_server_that_is_killed_locked_and_failed_under_load_keeps_every_promise(tmp_path: Path) -> None:
    with arena(tmp_path / "office", 8, residents=4) as one:
        assert one.wait_for_promises(20)
        one.kill_worker()
        assert one.wait_for_promises(10)
        one.kill()
        one.settle()
        one.start(*traced(one, "fdatasync", "error=EIO:when=2+2"))
        assert one.wait_for(lambda: injected(one) >= 15)
        one.restart()
        hold_lock(one, 1.2)
        assert one.wait_for_promises(5)
        away = one.database.rename(one.database.with_name("away.db"))
        assert one.wait_for_refusals(5)
        away.rename(one.database)
        found = one.finish(Outcome("mixed"))
    nothing_lost(found)
    assert found.promised >= 35
    assert found.refused >= 15


def test_the_verdict_finds_what_is_lost_changed_or_there_twice(tmp_path: Path) -> None:
    with arena(tmp_path / "office", 3, residents=4) as one:
        assert one.wait_for(lambda: len(one.residents.book.answers) > 8 and bool(one.residents.book.events))
        nothing_lost(one.finish(Outcome("none")))
        book = one.residents.book
    assert judge(one.database, Book()).untold == book.promised
    missing = Book(answers=book.answers | {"00" * 16: ("4", "x")}, cases=book.cases | {"1": "x"}, events=book.events)
    assert judge(one.database, missing).lost == 2
    changed = Book(answers={name: ("9", mark) for name, (_, mark) in book.answers.items()})
    assert judge(one.database, changed).lost == len(book.answers)
    with closing(sqlite3.connect(one.database)) as connection:
        connection.execute("UPDATE response_texts SET text = (SELECT min(text) FROM response_texts)")
        connection.commit()
    assert judge(one.database, book).twice == len(book.answers) - 1


@pytest.mark.parametrize("kind", ["kill_import", "kill_retention", "kill_backup"])
def test_a_command_that_is_killed_leaves_whole_things_and_can_be_run_to_its_end(kind: str, tmp_path: Path) -> None:
    act, _ = KINDS[kind]
    found = act(tmp_path / kind, 8, 4)
    nothing_lost(found)
    assert found.kills == 4


def test_a_task_that_leaves_something_else_is_found_out(tmp_path: Path) -> None:
    """What the checks of commands are worth: another table than the one that was counted is told."""
    offices.counted(tmp_path / "office")
    task = commands.counting(offices.EXAMPLE, offices.MONTH, b"another")
    found = commands.kills(task, tmp_path / "office", tmp_path / "work", 8, 1)
    assert any("the table is another one" in note for note in found.notes)


def test_the_drill(tmp_path: Path) -> None:
    """Every answer that was acknowledged before the copy began is in it, and the counts are those of what was sent."""
    run(backup.main, "keygen", "--out", tmp_path / "keys")
    places = ["--to", tmp_path / "kept", "--key", tmp_path / "keys/huiyin-backup-public.key"]
    with arena(tmp_path / "office", 8) as one:
        assert one.wait_for_promises(30)
        before = dict(one.residents.book.answers)
        command = [sys.executable, "-m", "scripts.backup", *map(str, places), "--database", str(one.database)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert one.wait_for_promises(1)
        one.kill()
        one.residents.give_up()
        book = one.residents.book
    shutil.rmtree(one.folder)
    [kept] = backups_in(tmp_path / "kept")
    private = tmp_path / "keys/huiyin-backup-private.key"
    told = run(restore.main, kept.path, "--private-key", private, "--to", tmp_path / "again")
    assert told.exit_code == 0, told.stderr
    with closing(sqlite3.connect(tmp_path / "again/huiyin.db")) as connection:
        stored = dict(connection.execute("SELECT lower(hex(id)), json_extract(answers, '$.overall') FROM responses"))
    assert {name: level for name, (level, _) in before.items()}.items() <= stored.items()
    assert all(stored[name] == level for name, (level, _) in book.answers.items() if name in stored)
    assert len(stored) < len(book.answers) + 9  # nothing but what was sent


def test_the_tables_stand_in_the_handbook_and_tell_of_every_kind() -> None:
    assert {kind for page in table.PAGES for kind in page.names} == set(KINDS)
    for page in table.PAGES:
        for place, language in enumerate(("zh", "en")):
            text = (ROOT / "content" / language / page.file).read_text(encoding="utf-8")
            rows = [line for line in text.split(table.HEADINGS[language])[1].splitlines() if line.startswith("| ")][2:]
            assert [kind for kind, names in page.names.items() if f"| {names[place]} |" not in text] == []
            assert [row for row in rows if not row.endswith("| 0 | 0 |")] == []


def test_a_runs_section_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    for language, heading in table.HEADINGS.items():
        path = tmp_path / language / table.FILE.file
        path.parent.mkdir(parents=True)
        path.write_text(f"words\n\n{heading}\n\nthe last table\n", encoding="utf-8")
    outcome = Outcome("locked", faults=1200, promised=7, day="2026-11-22", seed=8)
    table.keep(tmp_path / "kept", outcome)
    assert table.kept(tmp_path / "kept", table.FILE) == [outcome]
    assert table.kept(tmp_path / "kept", table.SERVER) == []
    for _ in range(2):
        table.write(tmp_path, table.FILE, [outcome])
    table.write(tmp_path, table.SERVER, [])
    written = (tmp_path / "en/handbook/faults.md").read_text(encoding="utf-8")
    assert written.startswith("words\n\n## The last run\n\nRun on 2026-11-22 with seed 8: 1,200 faults in all")
    assert written.endswith("| another program holds the lock on the database | 1,200 | 0 | 7 | – | 0 | 0 |\n")
    assert "the last table" not in written


def test_a_page_tells_on_which_days_what_it_shows_was_run() -> None:
    """A run of one kind alone leaves the others as they were found, on their own day."""
    rows = [Outcome("locked", day="2026-11-23", seed=8), Outcome("cut", day="2026-11-22", seed=9)]
    told = table.section(table.FILE, "en", rows)
    assert "Run on 2026-11-22, 2026-11-23 with seed 8, 9: 0 faults in all" in told
