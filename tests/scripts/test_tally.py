"""A month is counted to the last cell, and only what may be shown is shown."""

import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import merge, tally
from scripts.counts import open_tally
from scripts.open_data import files_of
from scripts.ratings import SurveyMonth
from scripts.tally import months_of
from surveys.definition import Definitions
from surveys.responses import Response, open_period, save, to_row
from surveys.store import Connection, Store
from surveys.store.answers import add_responses, close_period
from tests.conftest import ROOT
from tests.scripts.conftest import ANSWERS, EXAMPLE, EXPECTED, import_example, run, table

DAY = date(2026, 10, 20)
KEYS = ("period", "survey", "question", "unit", "status")


def tally_example(database: Path, out: Path, period: str = "2021-08", *more: object) -> Result:
    places = ("--definitions", EXAMPLE, "--database", database)
    return run(tally.main, "--period", period, "--out", out, *places, *more)


def assert_expected(found: list[dict[str, str]]) -> None:
    rows = {(row["question"], row["unit"].removeprefix("d")): row for row in found}
    expected = table(EXPECTED)
    assert len(rows) == len(expected) == 133
    for wanted in expected:
        row = rows[wanted["question"], wanted["council_district"]]
        cells = {name: row[name] for name in wanted if name not in ("question", "council_district")}
        assert cells == {name: wanted[name] for name in cells}


def test_every_cell_of_the_real_survey_is_as_the_independent_tally_says(real: Path, tmp_path: Path) -> None:
    assert tally_example(real, tmp_path / "out", "2021-08", "--internal").exit_code == 0
    found = table(tmp_path / "out/ratings.csv")
    assert {row["status"] for row in found} == {"internal"}
    assert_expected(found)


def test_another_month_goes_through_with_nothing_but_its_day(real: Path, tmp_path: Path) -> None:
    other = tmp_path / "march.csv"
    other.write_bytes(ANSWERS.read_bytes())
    assert import_example(real, other, "--day", "2022-03-15").exit_code == 0
    for period in ("2021-08", "2022-03"):
        assert tally_example(real, tmp_path / period, period, "--internal").exit_code == 0
        found = table(tmp_path / period / "ratings.csv")
        assert {row["period"] for row in found} == {period}
        assert_expected(found)


def test_the_published_table_hides_what_the_internal_one_holds(real: Path, tmp_path: Path) -> None:
    assert tally_example(real, tmp_path / "out").exit_code == 0
    assert tally_example(real, tmp_path / "in", "2021-08", "--internal").exit_code == 0
    internal = {tuple(row[key] for key in KEYS[:-1]): row for row in table(tmp_path / "in/ratings.csv")}
    published = table(tmp_path / "out/ratings.csv")
    assert {row["status"] for row in published} == {"shown"}
    for row in published:
        beside = internal[tuple(row[key] for key in KEYS[:-1])]
        assert {**row, "status": ""} == {**beside, "status": ""}


def test_copies_for_spreadsheet_programs_differ_in_mark_and_line_ends_only(real: Path, tmp_path: Path) -> None:
    assert tally_example(real, tmp_path).exit_code == 0
    for name in ("ratings", "answers"):
        plain = (tmp_path / f"{name}.csv").read_bytes()
        assert b"\r" not in plain
        assert (tmp_path / f"{name}-bom.csv").read_bytes() == b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")


def test_counting_twice_writes_the_same_bytes(real: Path, tmp_path: Path) -> None:
    assert tally_example(real, tmp_path / "one").exit_code == 0
    assert tally_example(real, tmp_path / "two").exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_month_that_has_not_ended_is_refused_and_nothing_is_written(real: Path, tmp_path: Path) -> None:
    result = tally_example(real, tmp_path / "out", "2999-01")
    assert result.exit_code == 1
    said = "Nobody sees before how its ratings split; the desk shows volumes"
    assert result.stderr == f"2999-01 has not ended: it can be counted from 2999-02-01 on. {said}\n"
    assert not (tmp_path / "out").exists()
    assert not real.with_name("tally.db").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--period", "2021-13"], 2, "'2021-13' is not a month: write it as 2026-10"),
        (["--period", "2021-08", "--database", "nowhere.db"], 1, "no database at nowhere.db"),
        (["--period", "2021-08", "--definitions", "nowhere"], 1, "no definitions folder at nowhere"),
    ],
)
def test_wrong_arguments_are_told_without_a_traceback(arguments: list[str], status: int, words: str) -> None:
    command = [sys.executable, "-m", "scripts.tally", "--out", "build/never", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == status
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (ROOT / "build/never").exists()


def test_nobody_else_may_read_the_counts_or_their_journal(real: Path, tmp_path: Path) -> None:
    assert tally_example(real, tmp_path / "out").exit_code == 0
    counts = sqlite3.connect(real.with_name("tally.db"))
    counts.execute("DELETE FROM counts")
    modes = {path.name: stat.filemode(path.stat().st_mode) for path in real.parent.glob("tally.db*")}
    counts.close()
    assert modes == {"tally.db": "-rw-------", "tally.db-journal": "-rw-------"}


def test_a_file_that_holds_no_counts_is_left_alone(real: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no database at all, but long enough to be looked at\n" * 40)
    before = wrong.read_bytes()
    result = tally_example(real, tmp_path / "out", "2021-08", "--tally", wrong)
    assert result.exit_code == 1
    assert "move it away" in result.stderr
    assert wrong.read_bytes() == before


def test_the_database_of_an_office_gets_no_tables_of_counts(real: Path, tmp_path: Path) -> None:
    before = real.read_bytes()
    told = tally_example(real, tmp_path / "out", "2021-08", "--tally", real)
    assert (told.exit_code, "is a database of something else" in told.stderr) == (1, True)
    merged = run(merge.main, "--out", real, tmp_path / "one.db", tmp_path / "two.db")
    assert (merged.exit_code, "is a database of something else" in merged.stderr) == (1, True)
    assert real.read_bytes() == before


def test_answers_of_a_survey_that_the_definitions_lack_are_not_dropped_in_silence(real: Path, tmp_path: Path) -> None:
    result = run(tally.main, "--period", "2021-08", "--out", tmp_path / "out", "--database", real)
    assert result.exit_code == 1
    assert "no survey 'kcmo-resident'" in result.stderr


class Office:
    """A store of small surveys that a test fills and counts."""

    def __init__(self, store: Store, definitions: Definitions) -> None:
        self.store = store
        self.definitions = definitions
        self.given = 0

    def answer(self, survey: str, answers: dict[str, Any], unit: str = "hall", **changes: Any) -> None:
        self.given += 1
        made: dict[str, Any] = {
            "id": self.given.to_bytes(16),
            "survey": survey,
            "version": 1,
            "unit": unit,
            "channel": "web",
            "basis": "open",
            "language": "zh",
            "day": DAY,
            "answers": answers,
            "texts": {},
        }
        save(self.store, Response(**made | changes))

    def month(self, survey: str, *, internal: bool = False, period: str = "2026-10") -> SurveyMonth:
        with open_tally(self.store.path.with_name("tally.db")) as counts:
            counts.refresh(self.store, period)
            found = months_of(counts, self.definitions, period, internal=internal)
        return next(month for month in found if month.key == survey)

    def rows(self, name: str, survey: str, *, internal: bool = False) -> list[dict[str, str]]:
        text = files_of([self.month(survey, internal=internal)])[name].decode()
        header, *lines = (line.split(",") for line in text.splitlines())
        return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.fixture
def office(store: Store, tiny: Definitions) -> Office:
    return Office(store, tiny)


class TestSmallNumbers:
    def rated(self, office: Office, *levels: str) -> dict[str, str]:
        for level in levels:
            office.answer("scale", {"overall": level})
        rows = office.rows("ratings.csv", "scale")
        assert [row["unit"] for row in rows] == ["all", "hall"]
        return rows[0]

    def test_nobody_answered(self, office: Office) -> None:
        row = self.rated(office)
        assert (row["n_1"], row["n"], row["dont_know"], row["status"]) == ("0", "0", "0", "shown")
        assert {row[name] for name in ("satisfied", "low", "high", "mean")} == {""}

    def test_nine_are_hidden_but_counted(self, office: Office) -> None:
        row = self.rated(office, *"555544442", "dk")
        assert (row["n"], row["dont_know"], row["status"]) == ("9", "1", "hidden")
        assert {row[name] for name in ("n_1", "n_5", "satisfied", "low", "high", "mean")} == {""}

    def test_ten_have_their_counts_and_the_interval_alone(self, office: Office) -> None:
        row = self.rated(office, *"5555444222")
        assert (row["n"], row["n_2"], row["status"]) == ("10", "3", "shown")
        assert (row["satisfied"], row["mean"]) == ("", "")
        assert (row["low"], row["high"]) == ("0.396778", "0.892209")

    @pytest.mark.parametrize("levels", ["5" * 29, "5" * 27 + "22"])
    def test_twenty_nine_of_nearly_one_mind_are_hidden(self, office: Office, levels: str) -> None:
        assert self.rated(office, *levels)["status"] == "hidden"

    def test_thirty_have_everything(self, office: Office) -> None:
        row = self.rated(office, *"5" * 30)
        assert (row["satisfied"], row["high"], row["mean"]) == ("1.000000", "1.000000", "5.000000")

    def test_auditors_see_every_cell(self, office: Office) -> None:
        self.rated(office, "5", "1")
        row = office.rows("ratings.csv", "scale", internal=True)[0]
        assert (row["n_1"], row["n_5"], row["satisfied"], row["mean"]) == ("1", "1", "0.500000", "3.000000")
        assert row["status"] == "internal"


class TestOptions:
    def test_each_code_has_a_share_of_those_who_answered(self, office: Office) -> None:
        for number in range(30):
            office.answer("multiple", {"wrong": ["waiting", "manner"] if number < 12 else ["manner"]})
        rows = [row for row in office.rows("answers.csv", "multiple") if row["unit"] == "all"]
        assert [(row["code"], row["n"], row["share"]) for row in rows] == [
            ("", "30", ""),
            ("waiting", "12", "0.400000"),
            ("manner", "30", "1.000000"),
            ("result", "0", "0.000000"),
        ]

    def test_one_person_alone_is_not_shown(self, office: Office) -> None:
        for code in ["waiting"] * 9 + ["manner"]:
            office.answer("multiple", {"wrong": [code]})
        rows = [row for row in office.rows("answers.csv", "multiple") if row["unit"] == "all"]
        assert [(row["code"], row["n"]) for row in rows] == [
            ("", "10"),
            ("waiting", ""),
            ("manner", ""),
            ("result", ""),
        ]
        assert {row["status"] for row in rows} == {"hidden"}

    def test_numbers_are_counted_by_value_in_their_order(self, office: Office) -> None:
        for visits in [10] * 15 + [2] * 15:
            office.answer("number", {"visits": visits})
        rows = [row for row in office.rows("answers.csv", "number") if row["unit"] == "all"]
        assert [(row["code"], row["n"]) for row in rows] == [("", "30"), ("2", "15"), ("10", "15")]


def test_what_only_the_dissatisfied_are_asked_does_not_tell_how_many_they_are(office: Office) -> None:
    for level in "1" * 5 + "5" * 4:
        wrong = {"wrong": "waiting"} if level == "1" else {}
        office.answer("shown", {"overall": level, **wrong})
    month = office.month("shown")
    opened = next(question for question in month.questions.values() if question.show_if)
    assert opened.show_if
    ratings = office.rows("ratings.csv", "shown")
    assert {row["status"] for row in ratings if row["question"] == "overall"} == {"hidden"}
    told = [row["n"] for row in (*ratings, *office.rows("answers.csv", "shown")) if row["question"] == opened.code]
    assert told
    assert set(told) == {""}


def test_answers_of_another_basis_stay_out_of_the_headline(office: Office) -> None:
    office.answer("scale", {"overall": "5"})
    office.answer("scale", {"overall": "1"}, basis="card")
    month = office.month("scale", internal=True)
    question = month.questions["overall"]
    assert [row.n for row in month.ratings(question)] == [1, 1]
    assert month.other_bases == ("card",)
    assert month.other_ratings(question).n == 1


def test_a_late_answer_counts_in_the_next_open_month_and_is_told(office: Office) -> None:
    office.store.write(lambda connection: close_period(connection, "2026-10", "2026-11-01"))
    office.answer("scale", {"overall": "5"})
    assert office.month("scale").received == {}
    november = office.month("scale", period="2026-11")
    assert (november.received["hall"], november.late) == (1, 1)


def test_a_closed_month_is_counted_once_more_after_it_closed_and_never_again(office: Office) -> None:
    office.answer("scale", {"overall": "5"})
    assert office.month("scale").received["hall"] == 1
    office.answer("scale", {"overall": "4"})
    office.store.write(lambda connection: close_period(connection, "2026-10", "2026-11-01"))
    assert office.month("scale").received["hall"] == 2
    path = office.store.path.with_name("tally.db")
    with sqlite3.connect(path) as counts:
        counts.execute("UPDATE counts SET n = 7 WHERE question = ''")
    counts.close()
    assert office.month("scale").received["hall"] == 7


answer_sets = st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from(["web", "paper"])), max_size=40)


@given(given_answers=answer_sets, random=st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_what_was_saved_is_what_is_counted_in_whatever_order(
    tiny: Definitions, given_answers: list[tuple[str, str]], random: Random
) -> None:
    numbered = list(enumerate(given_answers, 1))
    shuffled = random.sample(numbered, len(numbered))
    tables = []
    for sequence in (numbered, shuffled):
        with TemporaryDirectory() as folder, Store.open(Path(folder) / "huiyin.db", create=True) as store:
            store.write(partial(store_all, sequence))
            month = Office(store, tiny).month("scale", internal=True)
            tables.append(month.ratings(month.questions["overall"])[0])
            assert month.channels == Counter(channel for _, channel in given_answers)
    assert tables[0] == tables[1]
    levels = Counter(level for level, _ in given_answers)
    assert tables[0].rates is not None
    assert tables[0].rates.levels == tuple(levels[level] for level in "12345")


def store_all(sequence: list[tuple[int, tuple[str, str]]], connection: Connection) -> None:
    for number, (level, channel) in sequence:
        codes = {"overall": level}
        made = Response(number.to_bytes(16), "scale", 1, "hall", channel, "open", "zh", DAY, codes, {})  # type: ignore[arg-type]
        add_responses(connection, [(to_row(made, open_period(connection, DAY)), {})])
