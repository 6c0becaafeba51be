"""A month is given out line by line once it is published, and nobody stands alone or in order of arrival in it."""

import json
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from click.testing import Result

from scripts import export
from scripts.counts import open_tally
from scripts.csv_text import rows_of
from scripts.export_files import written
from surveys.errors import HuiyinError
from surveys.keys import Keys
from surveys.store import Store, trail
from surveys.store.answers import close_period
from tests.scripts.conftest import run
from tests.scripts.test_excluded_and_themes import exclude
from tests.surveys.answers_office import DAY, SURVEY, WORDS, Answers, cell

MONTH = "2026-11"
LATE = DAY.replace(month=10)


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    """A published month: a large unit, two small ones, helped answers of few, two that were excluded."""
    found = Answers(store, office_keys)
    store.write(lambda connection: close_period(connection, "2026-10", "2026-11-02"))
    found.add("5" * 28 + "31", WORDS, more={"wrong": ["manner", "waiting"]})
    found.add("2" * 9, more={"matter": "identity-card"})
    found.add("4" * 22, unit="chengxi")
    found.add("3" * 12, unit="chengbei")
    found.add("5" * 12, unit="chengbei", channel="paper", basis="assisted")
    found.add("4" * 8, unit="chengxi", day=LATE)
    exclude(found, "test-entry", cell(unit="chengbei", channel="paper", basis="assisted"))
    return found


def close(answers: Answers) -> None:
    answers.store.write(lambda connection: close_period(connection, MONTH, "2026-12-05"))


def exported(answers: Answers, name: str = "out.csv", *more: object) -> Result:
    place = answers.store.path.with_name(name)
    wanted = ("--survey", SURVEY, "--period", MONTH, "--out", place)
    return run(export.main, *wanted, "--database", answers.store.path, *more)


def table(answers: Answers, name: str = "out.csv") -> list[dict[str, str]]:
    result = exported(answers, name)
    assert result.exit_code == 0, result.stderr
    return rows_of(answers.store.path.with_name(name).read_text("utf-8"))


def test_small_units_stand_together_and_what_is_too_few_does_not_come(answers: Answers) -> None:
    close(answers)
    result = exported(answers)
    told = "1 unit by name, 34 of smaller ones as 'other'; 8 left out, too few of their kind"
    assert result.stdout == f"{SURVEY} {MONTH}: 73 answer sets to {answers.store.path.with_name('out.csv')}, {told}\n"
    found = Counter((row["unit"], row["basis"], row["late"]) for row in table(answers))
    assert found == {("chengdong", "open", "0"): 39, ("other", "open", "0"): 34}


def test_a_line_holds_codes_and_nothing_of_the_person(answers: Answers) -> None:
    close(answers)
    found = table(answers)
    assert list(found[0])[:8] == [
        "period",
        "survey",
        "unit",
        "basis",
        "late",
        "overall",
        "wrong.waiting",
        "wrong.closed",
    ]
    assert "better" not in found[0], "a free text"
    place = answers.store.path.with_name("out.csv")
    assert WORDS[:4] not in (text := place.read_text("utf-8"))
    assert DAY.isoformat() not in text
    assert "paper" not in text
    assert stat.filemode(place.stat().st_mode) == "-rw-------"


def test_every_answer_is_as_it_is_stored(answers: Answers) -> None:
    close(answers)
    found = [row for row in table(answers) if row["unit"] == "chengdong"]
    assert Counter(row["overall"] for row in found) == {"5": 28, "3": 1, "2": 9, "1": 1}
    ticks = Counter((row["wrong.manner"], row["wrong.waiting"], row["wrong.fees"], row["matter"]) for row in found)
    assert ticks == {("1", "1", "0", ""): 30, ("", "", "", "identity-card"): 9}


def test_the_counts_are_those_of_the_tally(answers: Answers) -> None:
    answers.add("4" * 40, unit="chengbei", channel="telephone", basis="assisted")
    close(answers)
    given = Counter((row["basis"], row["overall"]) for row in table(answers))
    with open_tally(answers.store.path.with_name("tally.db")) as counts:
        counts.refresh(answers.store, MONTH)
        counted = Counter[tuple[str, str]]()
        for one in counts.everything(MONTH):
            if one.question == "overall" and one.code and not one.late:
                counted[one.basis, one.code] += one.n
    assert given == counted


def test_a_workbook_holds_the_same(answers: Answers) -> None:
    close(answers)
    lines = table(answers)
    assert exported(answers, "out.xlsx").exit_code == 0
    place = answers.store.path.with_name("out.xlsx")
    head, *rows = python_calamine.load_workbook(str(place)).get_sheet_by_name(MONTH).to_python()
    read = [{str(name): _text(cell) for name, cell in zip(head, row, strict=True)} for row in rows]
    assert read == lines
    assert stat.filemode(place.stat().st_mode) == "-rw-------"


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_the_order_of_arrival_leaves_no_trace(name: str, new_store: Callable[[str], Store], office_keys: Keys) -> None:
    made = []
    units = ("chengdong", "chengxi", "chengbei")
    for order in (1, -1):
        office = Answers(new_store(f"{order}.db"), office_keys)
        for place, level in list(enumerate("123454321212345"))[::order]:
            office.add(level * 2, unit=units[place % 3])
        close(office)
        assert exported(office, name).exit_code == 0
        made.append(office.store.path.with_name(name).read_bytes())
    assert made[0] == made[1]


def test_an_open_month_is_sealed(answers: Answers) -> None:
    result = exported(answers)
    assert result.exit_code == 1
    assert "2026-11 is not published yet, and answers are sealed until then" in result.stderr
    assert not answers.store.path.with_name("out.csv").exists()
    assert acts(answers) == []


def test_too_few_are_not_given_out(new_store: Callable[[str], Store], office_keys: Keys) -> None:
    office = Answers(new_store("few.db"), office_keys)
    office.add("5" * 29)
    close(office)
    result = exported(office)
    assert result.exit_code == 1
    assert "29 answer sets, and below 30 of a kind none is given out" in result.stderr


def test_what_was_given_out_stands_in_the_audit(answers: Answers) -> None:
    close(answers)
    table(answers)
    assert acts(answers) == [(MONTH, {"survey": SURVEY, "n": 73})]


def acts(answers: Answers) -> list[tuple[str, dict[str, Any]]]:
    rows = answers.store.read(lambda connection: list(trail.all_rows(connection)))
    return [(row.object, json.loads(row.details)) for row in rows if row.act == "answers_export"]


def test_a_code_that_is_not_defined_is_not_lost_in_silence(answers: Answers) -> None:
    place = answers.store.path.with_name("out.csv")
    place.write_text("as it was", "utf-8")
    answers.add("5", more={"trips": "four"})
    close(answers)
    result = exported(answers)
    assert result.exit_code == 1
    assert "code 'four' of 'trips' has answers and is not defined" in result.stderr
    assert place.read_text("utf-8") == "as it was"
    assert [path.name for path in place.parent.iterdir() if "out.csv" in path.name] == ["out.csv"]


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        (("--survey", "nothing"), 1, "no survey 'nothing'"),
        (("--out", "answers.ods"), 2, "answers.ods must end in .csv or .xlsx"),
        (("--period", "2026-13"), 2, "is not a month"),
    ],
)
def test_what_cannot_be_is_told(answers: Answers, more: tuple[str, str], status: int, told: str) -> None:
    result = exported(answers, "out.csv", *more)
    assert (result.exit_code, told in result.stderr) == (status, True), result.stderr


def test_a_month_larger_than_a_sheet_is_sent_to_a_csv_file(tmp_path: Path) -> None:
    with pytest.raises(HuiyinError, match=r"write to a \.csv file"), written(tmp_path / "a.xlsx", MONTH, 1_048_576):
        pass
    assert list(tmp_path.iterdir()) == []
