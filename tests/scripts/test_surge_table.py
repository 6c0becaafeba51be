"""Days out of line as open data: published as the report tells them, and counted anew one by one."""

from datetime import date, timedelta
from random import Random

import pytest

from scripts.account_tables import SURGES_HEADER, account_texts
from scripts.codebook_tables import TABLES
from scripts.open_data import files_of, write_files
from scripts.recount_surges import compare_surges, days_out_of_line
from scripts.report_page import ReportPage
from surveys.definition import LANGUAGES, Channel
from surveys.keys import Keys
from surveys.store import Store
from surveys.store.volumes import by_day
from surveys.surges import surges
from tests.scripts.test_card_figures import NOVEMBER, account
from tests.surveys.answers_office import OFFICE, SURVEY, UNIT, Answers


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    return Answers(store, office_keys)


def a_flood(answers: Answers) -> None:
    """Two a day since October, and 40 on one day of November."""
    for place in range(20):
        answers.add("55", day=date(2026, 10, 26) + timedelta(days=place))
    answers.add("1" * 38, day=date(2026, 11, 10))


def test_the_day_is_published_with_what_is_usual(answers: Answers) -> None:
    a_flood(answers)
    told = account(answers)
    table = account_texts(told)["surges"]
    assert table.splitlines() == [SURGES_HEADER, f"{NOVEMBER},{SURVEY},{UNIT},web,2026-11-10,40,2"]
    assert [column.name for column in TABLES["surges"].columns] == SURGES_HEADER.split(",")
    for language in LANGUAGES:
        assert f"({NOVEMBER}/surges.csv)" in ReportPage(language, told).text()


def test_a_month_without_such_a_day_has_no_table(answers: Answers) -> None:
    answers.add("5" * 12)
    assert "surges" not in account_texts(account(answers))


def test_a_recount_finds_a_day_that_was_changed_left_out_or_made_up(answers: Answers, store: Store) -> None:
    a_flood(answers)
    told = account(answers)
    folder = store.path.parent / "reports" / NOVEMBER
    write_files(folder, files_of(told.months, OFFICE, account_texts(told)))
    assert store.read(lambda connection: compare_surges(connection, NOVEMBER, folder)) == (2, [])
    path = folder / "surges.csv"
    right = path.read_text()
    for wrong, differing in (
        (right.replace(",40,", ",39,"), [("39", "40")]),
        (SURGES_HEADER + "\n", [("no row", "40"), ("no row", "2")]),
        (f"{right}{NOVEMBER},{SURVEY},{UNIT},web,2026-11-12,25,1\n", [("25", "no row"), ("1", "no row")]),
    ):
        path.write_text(wrong)
        _, found = store.read(lambda connection: compare_surges(connection, NOVEMBER, folder))
        assert [(published, counted) for _, published, counted in found] == differing


def test_both_ways_of_counting_agree_on_months_of_chance(answers: Answers, store: Store) -> None:
    chance = Random(7)
    ways: tuple[tuple[Channel, str], ...] = (
        *(("web", "open"), ("web", "card")),
        *(("kiosk", "assisted"), ("paper", "assisted")),
    )
    for _ in range(60):
        day = date(2026, 10, 1) + timedelta(days=chance.randrange(61))
        channel, basis = chance.choice(ways)
        size, unit = chance.choice([1, 2, 3, 5, 21, 30, 60]), chance.choice([UNIT, "chengxi"])
        answers.add("5" * size, day=day, unit=unit, channel=channel, basis=basis)
    volumes = store.read(lambda connection: by_day(connection, SURVEY, "2026-10", NOVEMBER))
    published = {
        ((SURVEY, one.unit, one.channel, one.day), (str(one.n), str(one.usual)))
        for one in surges(volumes, date(2026, 11, 1), date(2026, 11, 30))
    }
    assert len(published) > 3
    assert set(store.read(lambda connection: list(days_out_of_line(connection, NOVEMBER)))) == published
