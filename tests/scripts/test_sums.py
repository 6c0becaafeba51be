"""Quarters and years: the figures of their months added up, as far as that tells nothing that a month keeps back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from scripts.counts import open_tally
from scripts.history import Period
from scripts.ratings import SurveyMonth
from scripts.sums import Part, SurveySum, due
from surveys import attacker
from surveys.definition import LANGUAGES, Definitions, Option, Text
from surveys.released import Table
from surveys.yaml_reading import Code
from tests.scripts.conftest import table
from tests.scripts.history_city import City, definitions_of, months_from

QUARTER = ("2025-01", "2025-02", "2025-03")
Sets = Sequence[Mapping[str, Sequence[str]]]
BEST, WORST = {"overall": ["5"]}, {"overall": ["1"]}


def rated(satisfied: int, others: int) -> Sets:
    """Answer sets with the first question alone."""
    return [BEST] * satisfied + [WORST] * others


def city_of(folder: Path, known: Definitions, answers: Mapping[str, Mapping[str, Sets]]) -> City:
    """A city with these answer sets by month and unit, each month published in turn."""
    city = City(folder, known)
    survey = next(iter(known.surveys.values()))
    for month, units in answers.items():
        for unit, sets in units.items():
            city.count(month, survey, unit, sets)
        city.publish(month, page=False)
    return city


def rows_of(city: City, name: str, question: str = "overall", file: str = "ratings.csv") -> dict[str, dict[str, str]]:
    """The published rows of a question by unit, in answers.csv those without a code."""
    found = table(city.reports / name / file)
    return {row["unit"]: row for row in found if row["question"] == question and not row.get("code")}


def statuses(city: City, name: str) -> dict[str, str]:
    return {unit: row["status"] for unit, row in rows_of(city, name).items()}


def published_tables(city: City, key: str) -> list[Table]:
    """Every published table of the survey with the counts behind it, read back from the files."""
    periods = [Period(path.parent.name, path.parent) for path in sorted(city.reports.glob("*/ratings.csv"))]
    with open_tally(city.tally) as counts:
        months = [one for one in periods if len(one.name) == 7 and "Q" not in one.name]
        parts = [Part(month, SurveyMonth(city.known, counts, key, month.name)) for month in months]
    one = SurveySum(city.known, "all", key, parts)
    return [
        one.published_table(one.questions[code], period)
        for period in periods
        for survey, code in (*period.ratings, *period.options)
        if survey == key
    ]


@pytest.fixture(scope="module")
def known() -> Definitions:
    """Six units, four of which a survey is about."""
    return definitions_of(6, ["visit"])


@pytest.mark.parametrize(
    ("published", "first", "names"),
    [
        (["2026-07", "2026-08", "2026-09"], "2026-07", ["2026-Q3"]),
        (["2026-07", "2026-08"], "2026-07", []),
        (["2026-07", "2026-09"], "2026-07", []),  # a month is missing
        (["2026-08", "2026-09"], "2026-08", ["2026-Q3"]),  # nothing was asked before
        (["2026-09"], "2026-09", []),  # one month is no sum
        (months_from("2026-07", 6), "2026-07", ["2026-Q3", "2026-Q4", "2026"]),
        (months_from("2026-02", 16), "2026-02", ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2026", "2027-Q1"]),
    ],
)
def test_a_sum_is_due_when_all_of_its_months_are_published(
    published: Sequence[str], first: str, names: Sequence[str]
) -> None:
    assert due(set(published), first) == names


def test_what_all_months_show_adds_up(tmp_path: Path, known: Definitions) -> None:
    units = {"unit-002": rated(30, 5), "unit-003": rated(40, 8), "unit-005": rated(50, 9)}
    city = city_of(tmp_path, known, dict.fromkeys(QUARTER, units))
    rows = rows_of(city, "2025-Q1")
    assert {unit: (row["n_5"], row["n_1"], row["n"], row["status"]) for unit, row in rows.items()} == {
        "all": ("360", "66", "426", "shown"),
        "unit-002": ("90", "15", "105", "shown"),
        "unit-003": ("120", "24", "144", "shown"),
        "unit-005": ("150", "27", "177", "shown"),
        "unit-006": ("0", "0", "0", "shown"),
    }
    assert {row["period"] for row in rows.values()} == {"2025-Q1"}


def test_a_quarter_does_not_give_away_the_one_month_that_was_hidden(tmp_path: Path, known: Definitions) -> None:
    units = {"unit-002": rated(30, 5), "unit-003": rated(40, 8), "unit-005": rated(50, 9)}
    few = units | {"unit-002": rated(5, 3)}
    city = city_of(tmp_path, known, {QUARTER[0]: units, QUARTER[1]: few, QUARTER[2]: units})
    assert statuses(city, QUARTER[1])["unit-002"] == "merged"
    assert statuses(city, "2025-Q1")["unit-002"] == "merged"
    assert rows_of(city, "2025-Q1")["unit-002"]["n"] == "78"
    assert rows_of(city, "2025-Q1")["all"]["status"] == "shown"
    assert attacker.check(published_tables(city, "visit")) == ()


def test_small_months_may_be_large_enough_together(tmp_path: Path, known: Definitions) -> None:
    units = {"unit-002": rated(5, 4), "unit-003": rated(40, 8), "unit-005": rated(30, 9)}
    city = city_of(tmp_path, known, dict.fromkeys(QUARTER, units))
    assert all(statuses(city, month)["unit-002"] == "merged" for month in QUARTER)
    row = rows_of(city, "2025-Q1")["unit-002"]
    assert (row["n_5"], row["n_1"], row["n"], row["status"]) == ("15", "12", "27", "shown")
    assert attacker.check(published_tables(city, "visit")) == ()


def test_a_question_for_some_keeps_its_numbers_back_as_in_the_months(tmp_path: Path, known: Definitions) -> None:
    unhappy = [{"overall": ["1"], "wrong": ["manner"]}] * 9
    units = {"unit-002": [BEST] * 30 + unhappy, "unit-003": rated(1, 1), "unit-005": [BEST] * 40 + unhappy}
    city = city_of(tmp_path, known, dict.fromkeys(QUARTER, units))
    assert statuses(city, "2025-Q1")["unit-003"] == "merged"
    rows = rows_of(city, "2025-Q1", "wrong", "answers.csv")
    assert rows["all"]["n"] == "54"
    assert {row["n"] for unit, row in rows.items() if unit != "all"} == {""}


def with_option(known: Definitions, question: str) -> Definitions:
    """The same survey, one of its questions with an option more."""
    (pair, survey), = known.surveys.items()  # fmt: skip
    added = Option(Code("added"), Text(zh="新加的", en="Added"))
    asked = [replace(one, options=(*one.options, added)) if one.code == question else one for one in survey.questions]
    return replace(known, surveys=MappingProxyType({pair: replace(survey, questions=tuple(asked))}))


def test_options_that_were_not_the_same_in_all_months_have_no_sum(
    tmp_path: Path, known: Definitions, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = [{"overall": ["5"], "occasion": ["home"]}] * 40 + [{"overall": ["1"], "occasion": ["meeting"]}] * 6
    units = {"unit-002": sets, "unit-003": sets[38:], "unit-005": sets}
    city = city_of(tmp_path, known, dict.fromkeys(QUARTER[:2], units))
    city.known = with_option(known, "occasion")
    for unit, found in units.items():
        city.count(QUARTER[2], next(iter(known.surveys.values())), unit, found)
    city.publish(QUARTER[2], page=False)
    said = capsys.readouterr().err
    assert "warning: 2025-Q1 leaves out visit occasion: visit occasion had other options in some of the months" in said
    assert not rows_of(city, "2025-Q1", "occasion", "answers.csv")
    assert rows_of(city, "2025-Q1")["all"]["n"] == str(3 * (46 + 8 + 46))
    page = (city.content / "en/reports/2025-Q1.md").read_text(encoding="utf-8")
    assert "These questions have no sum" in page


def test_a_month_is_published_whatever_becomes_of_its_sum(
    tmp_path: Path, known: Definitions, capsys: pytest.CaptureFixture[str]
) -> None:
    units = {"unit-002": rated(30, 5), "unit-003": rated(40, 8)}
    city = city_of(tmp_path, known, dict.fromkeys(QUARTER[:2], units))
    path = city.reports / QUARTER[0] / "ratings.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",5,0,0,0,30,", ",4,0,0,0,31,"), encoding="utf-8")
    city.count(QUARTER[2], next(iter(known.surveys.values())), "unit-002", rated(30, 5))
    city.publish(QUARTER[2], page=False)
    said = capsys.readouterr().err
    assert (
        f"warning: 2025-Q1 is not published as a sum: {path.parent}: overall unit-002 is not what was counted" in said
    )
    assert rows_of(city, QUARTER[2])["all"]["n"] == "35"
    assert not (city.reports / "2025-Q1").exists()
    assert "2025-03" in (city.reports / "index.md").read_text(encoding="utf-8")


def test_a_quarter_is_not_put_beside_a_year_that_does_not_know_it(
    tmp_path: Path, known: Definitions, capsys: pytest.CaptureFixture[str]
) -> None:
    city = city_of(tmp_path, known, {month: {"unit-002": rated(30, 5)} for month in QUARTER})
    for language in LANGUAGES:
        (city.content / language / "reports/2025-Q1").rename(city.content / language / "reports/2025")
    city.publish(QUARTER[2], page=False)
    assert "warning: 2025-Q1 is not published as a sum: 2025 stands published already" in capsys.readouterr().err
    assert not (city.reports / "2025-Q1").exists()


def test_a_published_sum_stays_as_it_is(tmp_path: Path, known: Definitions) -> None:
    city = city_of(tmp_path, known, {month: {"unit-002": rated(30, 5)} for month in QUARTER})
    before = (city.reports / "2025-Q1/ratings.csv").read_bytes()
    city.publish(QUARTER[2], page=False)
    assert (city.reports / "2025-Q1/ratings.csv").read_bytes() == before
    english = city.content / "en/reports/2025-Q1/ratings.csv"
    english.unlink()
    city.publish(QUARTER[2], page=False)
    assert english.read_bytes() == before


def test_the_attacker_finds_nothing_in_a_year_with_its_quarters(tmp_path: Path, known: Definitions) -> None:
    """Twelve months, four quarters and the year of a small city, all of it read back as it was published."""
    city = City(tmp_path, known)
    for month in months_from("2025-01", 12):
        city.answer(month)
        city.publish(month, page=False)
    names = {path.parent.name for path in city.reports.glob("*/ratings.csv")}
    assert {"2025", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"} < names
    found = published_tables(city, "visit")
    hidden = {row.status for one in found for row in one.rows}
    assert {"shown", "merged", "sealed"} <= hidden
    assert attacker.check(found) == ()
