"""A small city goes through its months: reports, a quarter, one site; the attacker finds nothing in all of it."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from benchmarks.city import TODAY, office_of, report
from benchmarks.simulated_city import City, Plan, months_from
from scripts import check, import_declared, publish, recount
from scripts.corrections import is_unfinished, next_row, told_in
from scripts.counts import open_tally
from scripts.options import open_store
from scripts.publish import Office
from scripts.tally import months_of
from surveys.errors import HuiyinError
from surveys.released import Cells
from surveys.store import Connection, exclusion_batches
from surveys.store.exclusion_batches import Batch
from tests.conftest import ROOT
from tests.scripts.conftest import run, table
from tests.site_building import copy_some, digest_of

MONTHS = months_from("2026-03", 4)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The city's office with every month published, and the site built at the last of them."""
    folder = tmp_path_factory.mktemp("city")
    city = City(folder, Plan(8, MONTHS, cases=5, seed=6))
    office = office_of(city)
    for month in MONTHS:
        with open_store(city.database) as store:
            city.live(month, store)
        if month != MONTHS[-1]:
            report(office, month)
    copy_some(office.content)
    publish.publish(office, MONTHS[-1], TODAY)
    return office


@pytest.fixture(autouse=True)
def _on_the_day_of_the_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of late cases tells the day it is made on."""
    monkeypatch.setattr(publish, "today", lambda: TODAY)


def places(office: Office) -> tuple[object, ...]:
    return "--database", office.database, "--definitions", office.database.parent / "definitions"


def test_every_month_and_the_quarter_are_on_the_site(office: Office) -> None:
    for name in (*MONTHS, "2026-Q2"):
        for language in ("", "en/"):
            assert (office.output / f"{language}reports/{name}/index.html").is_file()
            assert (office.output / f"{language}reports/{name}/ratings.csv").is_file()
    assert not (office.output / "reports/2026-Q1").exists()


def test_small_units_are_hidden_and_others_shown(office: Office) -> None:
    paths = [office.content / f"zh/reports/{month}/{name}.csv" for month in MONTHS for name in ("ratings", "answers")]
    rows = [row for path in paths for row in table(path)]
    assert {row["status"] for row in rows} == {"shown", "merged", "hidden"}
    assert {row["unit"] for row in rows} >= {"all", "other", "unit-002", "unit-003"}


def test_nothing_can_be_worked_out(office: Office) -> None:
    told = run(check.main, "--release", office.content / "zh/reports", *places(office))
    assert told.exit_code == 0, told.stderr
    found = re.search(
        r"([0-9]+) tables of ([0-9]+) questions, ([0-9,]+) hidden cells tried: nothing can be", told.stdout
    )
    assert found
    assert int(found[3].replace(",", "")) > 500


def test_a_table_that_shows_too_much_is_found(office: Office, tmp_path: Path) -> None:
    """All units but one: what it hides is what all together have and the others have not."""
    reports = Path(shutil.copytree(office.content / "zh/reports", tmp_path / "reports"))
    with open_tally(office.tally) as counts:
        (month,) = (
            one for one in months_of(counts, office.definitions, MONTHS[0], internal=True) if one.key == "visit"
        )
    true = {row.unit: row.cells for row in month.rows(month.questions["overall"]) if row.total}
    hidden = min(true, key=lambda unit: sum(true[unit]))
    lines = (reports / MONTHS[0] / "ratings.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in (_bared(line, true, hidden) for line in lines) if line]
    assert len(kept) == len(lines) - 1
    (reports / MONTHS[0] / "ratings.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    told = run(check.main, "--release", reports, *places(office))
    assert told.exit_code == 1
    assert f"visit overall 2026-03, unit {hidden}, cell " in told.stderr
    assert re.search(r"[0-9]+ of [0-9,]+ hidden cells can be worked out", told.stderr)


def _bared(line: str, true: Mapping[str, Cells], hidden: str) -> str:
    """The line as it would be without complementary suppression; '' for that of what was merged."""
    cells = line.split(",")
    if cells[1:3] != ["visit", "overall"] or cells[-1] not in ("merged", "shown"):
        return line
    if cells[3] == "other":
        return ""
    if cells[-1] == "merged":
        is_shown = cells[3] in true and cells[3] != hidden
        cells[4:9] = map(str, true[cells[3]]) if is_shown else [""] * 5
        cells[-1] = "shown" if is_shown else "hidden"
    return ",".join(cells)


AGAIN = """
import sys
from pathlib import Path
from benchmarks.city import TODAY
from scripts.publish import Office, publish, bring_out, settle
from scripts.options import open_store
from surveys.definition import load
folder, *months = sys.argv[1:]
here = Path(folder)
known = load(here / "definitions")
office = Office(here / "huiyin.db", here / "other/tally.db", known, here / "content", here / "site")
for month in months[:-1]:
    with open_store(office.database) as store:
        bring_out(office, store, settle(office, store, month, TODAY, True), TODAY)
publish(office, months[-1], TODAY)
"""


def test_another_machine_makes_the_same_bytes(office: Office, tmp_path: Path) -> None:
    """Tables, workbook, open data and pages: in another folder, time zone, language and order of hashes."""
    here = office.database.parent
    other = tmp_path / "another place"
    other.mkdir()
    copy_of(here, other, "definitions", "content")
    for language in ("zh", "en"):
        shutil.rmtree(other / "content" / language / "reports")
    surroundings = {"TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "31"}
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, str(other), *MONTHS],
        cwd=tmp_path, env={**os.environ, **surroundings, "PYTHONPATH": str(ROOT)},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert digest_of(other / "content") == digest_of(office.content)
    assert digest_of((other / "site").resolve()) == digest_of(office.output.resolve())
    assert {path.suffix for path in (office.content / "zh/reports").rglob("*")} >= {".csv", ".xlsx", ".json", ".db"}


def copy_of(here: Path, there: Path, *folders: str) -> None:
    """The database as a copy takes it, with its keys, and some folders."""
    with open_store(here / "huiyin.db"):
        pass  # what waits in its journal is written into the file
    for path in here.glob("huiyin.*"):
        shutil.copy(path, there / path.name)
    for name in folders:
        shutil.copytree(here / name, there / name)


def plain_text(page: str) -> str:
    """Markdown without the marks that keep its signs as they are."""
    return page.replace("\\", "")


class TestCorrection:
    """A figure that a unit declared turns out wrong after its month was published."""

    @pytest.fixture
    def wrong(self, office: Office, tmp_path: Path) -> Office:
        copy_of(office.database.parent, tmp_path, "definitions", "content")
        shutil.copy(office.tally, tmp_path / "tally.db")
        found = replace(
            office, database=tmp_path / "huiyin.db", tally=tmp_path / "tally.db", content=tmp_path / "content",
            output=tmp_path / "build/public",
        )  # fmt: skip
        row = next(row for row in table(found.content / "zh/reports/2026-05/declared.csv") if row["unit"] == "unit-001")
        cells = ("2026-05", "unit-001", row["figure"], row["survey"], "9999", row["part"] and "1")
        lines = ["period,unit,figure,survey,whole,part", ",".join(cells)]
        (tmp_path / "right.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return found

    def import_again(self, wrong: Office, *more: str) -> str:
        told = run(import_declared.main, wrong.database.with_name("right.csv"), *more, *places(wrong))
        return told.stdout + told.stderr

    def publish(self, wrong: Office, *more: str) -> tuple[str, str]:
        where = ("--content", wrong.content, "--output", wrong.output, "--tally", wrong.tally)
        told = run(publish.main, *more, *where, *places(wrong))
        return told.stdout, told.stderr

    def test_the_old_figures_stay_readable(self, wrong: Office) -> None:
        assert "or import it with --correct" in self.import_again(wrong)
        told = self.import_again(wrong, "--correct")
        assert "run .venv/bin/python -m scripts.publish --correct 2026-05 --reason" in told
        assert "correct it with --correct 2026-05 --reason" in self.publish(wrong, "--period", "2026-05")[1]
        reports = wrong.content / "zh/reports"
        before = digest_of(reports / "2026-05")
        told, faults = self.publish(wrong, "--correct", "2026-05", "--reason", "1 号单位报错了")
        assert re.search(r"2026-05: [0-9] published cells corrected, what stood is kept as 2026-05-before-r2", told), (
            faults
        )
        assert digest_of(reports / "2026-05-before-r2") == before
        assert "9999" in (reports / "2026-05/declared.csv").read_text(encoding="utf-8")
        assert "更正 2026-05：1 号单位报错了" in (reports / "2026-05.md").read_text(encoding="utf-8")
        kept = (wrong.output / "reports/2026-05-before-r2/index.html").read_text(encoding="utf-8")
        assert "这一页是" in kept
        stood = r'单位自报 · 第1所 · 调解纠纷 · 总数</th><td class="number">\d+</td><td class="number">9999</td>'
        assert re.search(stood, kept)
        assert not re.search(r'<div class="table-box[^>]*>\s*<div class="table-box', kept)
        assert (wrong.output / "en/reports/2026-05-before-r2/ratings.csv").is_file()
        after = digest_of(wrong.content)
        with open_store(wrong.database) as store:
            publish.bring_out(wrong, store, publish.settle(wrong, store, "2026-05", TODAY, True), TODAY)
        assert digest_of(wrong.content) == after
        assert "nothing to correct" in self.publish(wrong, "--correct", "2026-05", "--reason", "again")[1]
        told = run(check.main, "--release", reports, "--tally", wrong.tally, *places(wrong)).stdout
        assert "nothing can be worked out" in told

    def test_what_was_interrupted_is_finished_by_publishing(self, wrong: Office) -> None:
        self.import_again(wrong, "--correct")
        with open_store(wrong.database) as store:
            publish.put_right(wrong, store, next_row(store, "2026-05", "wrong", "2026-11-22"))
            assert is_unfinished(store, wrong.content, "2026-05")
            bring_out = publish.settle(wrong, store, "2026-05", TODAY, True)
            publish.bring_out(wrong, store, bring_out, TODAY)
            assert not is_unfinished(store, wrong.content, "2026-05")
        assert "9999" in (wrong.content / "en/reports/2026-05/declared.csv").read_text(encoding="utf-8")

    def test_a_correction_in_a_later_month_is_told_in_the_next_report(self, wrong: Office) -> None:
        self.import_again(wrong, "--correct")
        with open_store(wrong.database) as store:
            publish.put_right(wrong, store, next_row(store, "2026-05", "wrong", "2026-11-22"))
            assert [one.period for one in told_in(store, "2026-07")] == ["2026-05"]
            assert [one.period for one in told_in(store, "2026-05")] == ["2026-05"]

    def lose(self, wrong: Office, month: str, survey: str, unit: str, n: int) -> None:
        """Take answer sets out of a published month, as only a fault of the system could have counted them."""
        with closing(sqlite3.connect(wrong.database)) as database, database:
            database.execute("DROP TRIGGER responses_refuse_delete")
            kept = "SELECT response FROM exclusion_members"
            own = (
                f"SELECT id FROM responses WHERE period = ? AND survey = ? AND unit = ? AND id NOT IN ({kept}) LIMIT ?"
            )
            gone = database.execute(f"DELETE FROM responses WHERE id IN ({own})", (month, survey, unit, n))
            assert gone.rowcount

    def correct(self, wrong: Office, month: str) -> None:
        with open_store(wrong.database) as store:
            account, _ = publish.put_right(wrong, store, next_row(store, month, "wrong", "2026-11-22"))
            publish.bring_out(wrong, store, account, TODAY)

    def test_a_change_that_would_tell_on_someone_waits(self, wrong: Office) -> None:
        reports = wrong.content / "en/reports"
        before = (reports / "2026-04/ratings.csv").read_bytes()
        self.lose(wrong, "2026-04", "visit", "unit-005", 1)
        self.correct(wrong, "2026-04")
        assert (reports / "2026-04/ratings.csv").read_bytes() == before
        kept = (reports / "2026-04-before-r2.md").read_text(encoding="utf-8")
        assert "stay as they were until a later correction" in kept
        assert "satisfied or dissatisfied are you with this visit or meeting? (1)" in plain_text(kept)
        assert (reports / "2026-Q2/ratings.csv").is_file()

    def test_a_change_of_many_is_published_and_the_quarter_made_anew(self, wrong: Office) -> None:
        reports = wrong.content / "zh/reports"
        quarter = (reports / "2026-Q2/ratings.csv").read_bytes()
        self.lose(wrong, "2026-04", "visit", "unit-005", 100)
        self.correct(wrong, "2026-04")
        assert (reports / "2026-Q2-before-2026-04-r2/ratings.csv").read_bytes() == quarter
        assert (reports / "2026-Q2/ratings.csv").read_bytes() != quarter
        (row,) = (
            row for row in table(reports / "2026-04/ratings.csv")
            if (row["survey"], row["question"], row["unit"]) == ("visit", "overall", "unit-005")
        )  # fmt: skip
        assert row["n"] == "0"
        told = run(check.main, "--release", reports, "--tally", wrong.tally, *places(wrong))
        assert "nothing can be worked out" in told.stdout, told.stderr

    def leave_out(self, wrong: Office, month: str, unit: str, most: int = 1000) -> int:
        """Two people find after publication that what staff entered for a unit belongs to another one."""
        with open_store(wrong.database) as store:
            wanted = "SELECT id FROM responses WHERE period = ? AND survey = 'visit' AND unit = ?"
            spoken = " AND id NOT IN (SELECT response FROM exclusion_members) LIMIT ?"
            with closing(sqlite3.connect(wrong.database)) as database:
                members = [row[0] for row in database.execute(wanted + spoken, (month, unit, most))]

            def work(connection: Connection) -> None:
                batch = Batch(
                    "f" * 16, "visit", unit, "paper", "assisted", month, f"{month}-10", "wrong-unit", "{}",
                    len(members), "publisher", "2026-11-23",
                )  # fmt: skip
                exclusion_batches.add_batch(connection, batch, members)
                exclusion_batches.decide(connection, batch.id, "confirmed", "reviewer", "2026-11-23")

            store.write(work)
        return len(members)

    def test_what_was_left_out_after_publication_is_corrected_and_nothing_can_be_worked_out(
        self, wrong: Office
    ) -> None:
        reports, month, unit = wrong.content / "zh/reports", "2026-04", "unit-005"
        before = {path.name: path.read_bytes() for path in (reports / month).iterdir()}
        quarter = (reports / "2026-Q2/ratings.csv").read_bytes()
        gone = self.leave_out(wrong, month, unit)
        assert gone >= 10
        where = ("--tables", reports / month, *places(wrong))
        assert run(recount.main, "--period", month, *where).exit_code == 0  # nothing changes by itself
        with open_store(wrong.database) as store:
            with pytest.raises(HuiyinError, match="what was left out today counts in corrections from tomorrow on"):
                publish.put_right(wrong, store, next_row(store, month, "录错了单位", "2026-11-23"))
            account, cells = publish.put_right(wrong, store, next_row(store, month, "录错了单位", "2026-11-24"))
            publish.bring_out(wrong, store, account, TODAY)
        assert cells > 2
        assert {path.name: path.read_bytes() for path in (reports / f"{month}-before-r2").iterdir()} == before
        excluded = {(row["unit"], row["reason"]): int(row["part"]) for row in table(reports / month / "exclusions.csv")}
        assert excluded["all", "wrong-unit"] == gone
        told = run(check.main, "--release", reports, "--tally", wrong.tally, *places(wrong))
        assert "nothing can be worked out" in told.stdout, told.stderr
        told = run(recount.main, "--period", month, *where)
        assert told.exit_code == 0, told.stderr
        assert (reports / "2026-Q2-before-2026-04-r2/ratings.csv").read_bytes() == quarter
        summed = {(row["survey"], row["question"]) for row in table(reports / "2026-Q2/ratings.csv")}
        then, now = (table(folder / "ratings.csv") for folder in (reports / f"{month}-before-r2", reports / month))
        pairs = zip(then, now, strict=True)
        changed = {(one["survey"], one["question"]) for one, other in pairs if one != other}
        assert ("visit", "overall") in changed
        assert not summed & changed
        after = digest_of(wrong.content)
        with open_store(wrong.database) as store:
            publish.bring_out(wrong, store, publish.settle(wrong, store, month, TODAY, True), TODAY)
        assert digest_of(wrong.content) == after

    def test_few_that_were_left_out_after_publication_wait(self, wrong: Office) -> None:
        reports = wrong.content / "zh/reports"
        before = (reports / "2026-04/ratings.csv").read_bytes()
        assert self.leave_out(wrong, "2026-04", "unit-005", 2) == 2
        with open_store(wrong.database) as store:
            account, _ = publish.put_right(wrong, store, next_row(store, "2026-04", "录错了单位", "2026-11-24"))
            publish.bring_out(wrong, store, account, TODAY)
        assert (reports / "2026-04/ratings.csv").read_bytes() == before
        assert "（2 份）" in (reports / "2026-04-before-r2.md").read_text(encoding="utf-8")
        told = run(check.main, "--release", reports, "--tally", wrong.tally, *places(wrong))
        assert "nothing can be worked out" in told.stdout, told.stderr

    def test_what_residents_said_of_their_cases_is_never_told_twice_in_two_ways(self, wrong: Office) -> None:
        """No event comes after its month; a number that differs is a fault, of the file or of the store."""
        self.import_again(wrong, "--correct")
        path = wrong.content / "zh/reports/2026-05/cases.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        (place,) = (n for n, line in enumerate(lines) if line.startswith("2026-05,all,callback_satisfaction,"))
        whole = lines[place].split(",")[4]
        lines[place] = f"2026-05,all,callback_satisfaction,{int(whole) + 1},{whole},,,,shown"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert "side by side would tell on them" in self.publish(wrong, "--correct", "2026-05", "--reason", "x")[1]
        assert not (wrong.content / "zh/reports/2026-05-before-r2").exists()
        told = run(check.main, "--release", wrong.content / "zh/reports", *places(wrong))
        assert "callback_satisfaction of unit 'all'" in told.stderr
        assert "but the events of the cases say" in told.stderr

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (("--correct", "2026-01", "--reason", "x"), "2026-01 is not published yet"),
            (("--correct", "2026-05", "--reason", " "), "--reason has 0 characters"),
            (("--correct", "2026-05"), "--correct MONTH together with --reason TEXT"),
            ((), "give --period MONTH"),
        ],
    )
    def test_what_cannot_be_corrected_is_told(self, office: Office, asked: tuple[str, ...], said: str) -> None:
        assert said in self.publish(office, *asked)[1]


class TestRecount:
    """Every published figure of every month and of the quarter comes out of the raw data along another path."""

    def again(self, office: Office, month: str, reports: Path) -> Result:
        return run(recount.main, "--period", month, "--tables", reports / month, *places(office))

    def test_all_months_come_out_the_same(self, office: Office) -> None:
        for month in MONTHS:
            told = self.again(office, month, office.content / "zh/reports")
            assert "published cells recomputed: all the same" in told.stdout, told.stderr

    @pytest.mark.parametrize("name", ["2026-06/cases", "2026-06/declared", "2026-06/exclusions", "2026-Q2/ratings"])
    def test_one_changed_figure_is_found(self, office: Office, tmp_path: Path, name: str) -> None:
        reports = Path(shutil.copytree(office.content / "zh/reports", tmp_path / "reports"))
        path = reports / f"{name}.csv"
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        column = header.split(",").index("n_5" if name.endswith("ratings") else "whole")
        place = next(place for place, line in enumerate(lines) if line.split(",")[column])
        cells = lines[place].split(",")
        cells[column] = str(int(cells[column]) + 1)
        lines[place] = ",".join(cells)
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        told = self.again(office, "2026-06", reports)
        assert told.exit_code == 1
        assert f"{name.partition('/')[2]}.csv:{place + 2}: " in told.stderr

    def test_a_unit_that_was_left_out_is_found(self, office: Office, tmp_path: Path) -> None:
        reports = Path(shutil.copytree(office.content / "zh/reports", tmp_path / "reports"))
        path = reports / "2026-06/cases.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        gone = next(line for line in lines if ",first_reply_on_time," in line and not line.startswith("2026-06,all"))
        path.write_text("\n".join(line for line in lines if line != gone) + "\n", encoding="utf-8")
        told = self.again(office, "2026-06", reports)
        assert told.exit_code == 1
        assert "first_reply_on_time: published 'no row'" in told.stderr
