"""The archive holds codes and days in no order of arrival, counts as the database does, and says when it does not."""

import json
import sqlite3
import stat
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import archive, archive_count, archive_files
from scripts.counts import open_tally
from surveys import exclusions
from surveys.errors import HuiyinError
from surveys.exclusions import Proposal
from surveys.keys import Keys
from surveys.store import Connection, Store
from surveys.store.answers import close_period
from surveys.store.archived import SetRow, sets_of
from surveys.store.corrections import CorrectionRow, add
from surveys.store.exclusion_batches import count_excluded
from surveys.store.slices import count_period
from tests.scripts.conftest import run
from tests.scripts.test_excluded_and_themes import exclude
from tests.surveys.answers_office import OFFICE, PUBLISHER, REVIEWER, SURVEY, Answers, cell
from tests.surveys.test_slices import MONTH, SETS, put
from tests.surveys.test_slices import SURVEY as ANY

NOVEMBER = "2026-11"


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    """Two units and channels, an answer that was excluded, several choices; the month is published."""
    found = Answers(store, office_keys)
    found.add("5" * 9 + "31", more={"matter": "id-card"})
    found.add("4412", unit="chengxi", channel="paper", basis="assisted")
    found.add("5" * 7, "一样的话，写了很多次，没有别的。")
    found.add("444555" * 2, unit="chengxi", channel="paper", basis="assisted")
    exclude(found, "duplicate", cell())
    store.write(lambda connection: close_period(connection, NOVEMBER, "2026-12-05"))
    return found


def archived(answers: Answers, *arguments: str) -> str:
    result = run(archive.main, "--database", answers.store.path, *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(answers: Answers, *arguments: str) -> str:
    result = run(archive.main, "--database", answers.store.path, *arguments)
    assert result.exit_code == 1, result.stdout
    return result.stderr


def files(answers: Answers) -> dict[str, bytes]:
    folder = answers.store.path.with_name("archive")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def parquet(answers: Answers) -> Path:
    (found,) = answers.store.path.with_name("archive").rglob("*.parquet")
    return found


def tally_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        tables = ("counts", "exclusions", "cards", "themes", "final_months")
        return {name: sorted(database.execute(f"SELECT * FROM {name}")) for name in tables}


def test_a_published_month_is_archived_once(answers: Answers) -> None:
    assert archived(answers) == f"{NOVEMBER}: 34 answer sets (is not archived yet)\n"
    before = files(answers)
    assert archived(answers) == "nothing to archive: every published month is there as it stands\n"
    assert files(answers) == before
    assert "34 answer sets counted again" in archived(answers, "--check")
    assert {path.split("/")[0] for path in before} == {"_manifest.json", f"survey={SURVEY}"}


def test_a_file_holds_codes_and_days_sorted_and_nobody_else_reads_it(answers: Answers) -> None:
    archived(answers)
    frame = pl.read_parquet(parquet(answers))
    assert frame.columns == [*SetRow._fields[:-1], "one_matter", "one_overall"]
    assert frame.schema["day"] == pl.Date
    assert frame.equals(frame.sort(frame.columns[:7], maintain_order=True))
    assert "一样" not in str(frame.to_dicts())
    assert stat.filemode(parquet(answers).stat().st_mode) == "-rw-------"
    assert stat.filemode(answers.store.path.with_name("archive").stat().st_mode) == "drwx------"


def test_the_order_of_arrival_leaves_no_trace(new_store: Any, office_keys: Keys, tmp_path: Path) -> None:
    written = []
    for name, levels in (("one", "1234554321"), ("two", "5432112345")):
        office = Answers(new_store(f"{name}.db"), office_keys)
        for level in levels:
            office.add(level)
        found = office.store.read(lambda connection: list(sets_of(connection, SURVEY, NOVEMBER, 100)))
        archive_files.write_slice(tmp_path / name, SURVEY, NOVEMBER, iter(found))
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.parquet")})
    assert written[0] == written[1] != {}


def test_a_month_that_is_open_is_refused(answers: Answers) -> None:
    assert "2026-12 is not published yet" in refused(answers, "--period", "2026-12")
    assert archived(answers, "--until", "2026-10").startswith("nothing to archive")


def test_a_corrected_month_is_archived_anew(answers: Answers) -> None:
    archived(answers)
    before = files(answers)
    correct(answers)
    assert f"{NOVEMBER}: was corrected since" in refused(answers, "--check")
    assert archived(answers) == f"{NOVEMBER}: 34 answer sets (was corrected since)\n"
    assert len(files(answers)) == len(before)
    assert files(answers).keys() != before.keys()
    assert "34 answer sets counted again" in archived(answers, "--check")


def correct(answers: Answers) -> None:
    """What two people exclude after the month was published leaves its counts with a correction."""
    at, later = cell(unit="chengxi", channel="paper", basis="assisted"), date(2026, 12, 6)
    wanted = exclusions.look(answers.store, OFFICE, answers.keys, at, later).takes["test-entry"]
    proposal = Proposal(at, "test-entry", wanted)
    batch = exclusions.propose(answers.store, OFFICE, answers.keys, PUBLISHER, proposal, later)
    exclusions.decide(answers.store, OFFICE, batch, REVIEWER, "confirmed", later)
    row = CorrectionRow(NOVEMBER, 2, "2026-12-07", "a day was wrong")
    with open_tally(answers.store.path.with_name("tally.db")) as counts:
        counts.recount(answers.store, NOVEMBER, row.day)
    answers.store.write(lambda connection: add(connection, row))


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_file_is_named_and_made_anew(answers: Answers, harm: str) -> None:
    archived(answers)
    path = parquet(answers)
    whole = path.read_bytes()
    path.unlink() if harm == "gone" else path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
    assert f"{path} {'is missing' if harm == 'gone' else 'was changed'}" in refused(answers, "--check")
    archived(answers)
    assert path.read_bytes() == whole


def test_counts_that_differ_keep_a_month_out_of_the_archive(answers: Answers) -> None:
    with open_tally(answers.store.path.with_name("tally.db")) as counts:
        counts.refresh(answers.store, NOVEMBER)
    with closing(sqlite3.connect(answers.store.path.with_name("tally.db"))) as database, database:
        database.execute("UPDATE counts SET n = n + 1 WHERE unit = 'chengxi' AND question = 'overall' AND code = '4'")
    said = refused(answers)
    assert f"{SURVEY} {NOVEMBER} chengxi paper assisted 0 overall 4: 8 and 9" in said
    assert files(answers) == {"_manifest.json": b"{}\n"}


def test_a_lost_tally_is_counted_from_the_archive_to_the_row(answers: Answers) -> None:
    archived(answers)
    tally = answers.store.path.with_name("tally.db")
    before = tally_rows(tally)
    assert archived(answers, "--recount") == "counted from the archive: nothing was missing\n"
    tally.unlink()
    assert archived(answers, "--recount") == f"counted from the archive: {NOVEMBER}\n"
    assert tally_rows(tally) == before
    assert before["counts"]
    assert before["exclusions"]


def test_the_archive_of_another_office_is_not_counted(answers: Answers, tmp_path: Path) -> None:
    archived(answers)
    other = tmp_path / "other"
    named = ("--archive", answers.store.path.with_name("archive"), "--database", other / "huiyin.db")
    with Store.open(other / "huiyin.db", create=True) as store:
        for told in (f"{NOVEMBER} is not published in this database", "another number of answers"):
            for purpose in ("--recount", "--check"):
                result = run(archive.main, purpose, *named)
                assert (result.exit_code, told in result.stderr) == (1, True)
            assert tally_rows(other / "tally.db")["final_months"] == []
            store.write(lambda connection: close_period(connection, NOVEMBER, "2026-12-05"))


def test_one_run_archives_at_a_time(answers: Answers) -> None:
    with archive_files.alone(answers.store.path.with_name("archive")):
        assert "another run archives to" in refused(answers)
    archived(answers)


FILES = "survey=a/month=2026-11"


@pytest.mark.parametrize(
    "found",
    [
        [],
        {NOVEMBER: {"revision": 1, "surveys": {"a": {"rows": "many", "files": {}}}}},
        {NOVEMBER: {"revision": 1, "surveys": {"a": {"rows": 1, "files": [f"{FILES}/part.parquet"]}}}},
        {NOVEMBER: {"revision": 1, "surveys": {"a": {"rows": 1, "files": {"../../other.parquet": ""}}}}},
        {NOVEMBER: {"revision": 1, "surveys": {"a": {"rows": 1, "files": {f"{FILES}/../../other.parquet": ""}}}}},
    ],
)
def test_what_is_no_archive_is_left_alone(answers: Answers, found: object) -> None:
    folder = answers.store.path.with_name("archive")
    folder.mkdir()
    (folder / "_manifest.json").write_text(json.dumps(found))
    for purpose in ((), ("--check",), ("--recount",)):
        assert "is not the list of an archive" in refused(answers, *purpose)
    assert json.loads((folder / "_manifest.json").read_text()) == found


def test_two_purposes_at_once_are_a_usage_error(answers: Answers) -> None:
    assert run(archive.main, "--check", "--recount", "--database", answers.store.path).exit_code == 2


def test_any_answers_count_alike_in_database_and_archive(store: Store, tmp_path: Path) -> None:
    @settings(max_examples=20)
    @given(SETS, st.integers(1, 5))
    def holds(sets: list[tuple[Any, ...]], chunk: int) -> None:
        def work(connection: Connection) -> tuple[Sequence[tuple[Any, ...]], list[Sequence[SetRow]]]:
            with connection.begin_nested() as undone:
                put(connection, sets)
                found = counted(connection), list(sets_of(connection, ANY, MONTH, chunk))
                undone.rollback()
            return found

        wanted, parts = store.write(work)
        found = archive_files.write_slice(tmp_path, ANY, MONTH, iter(parts))
        assert found.rows == len(sets)
        paths = [tmp_path / name for name in found.files]
        assert sorted(map(tuple, archive_count.count_files(paths, ANY, MONTH))) == wanted

    holds()


def counted(connection: Connection) -> Sequence[tuple[Any, ...]]:
    return sorted([*count_period(connection, ANY, MONTH), *count_excluded(connection, ANY, MONTH)])


def test_an_answer_that_is_no_code_is_refused() -> None:
    row = SetRow("hall", "web", "open", "2026-10-01", 1, "zh", "", json.dumps({"overall": None}))
    with pytest.raises(HuiyinError, match="an answer to 'overall' is None"):
        archive_files.frame_of([row])
