"""How calls ended: counted by survey and month, told in the report, published, and counted anew one by one."""

import re
from datetime import date
from os import urandom

import pytest

from scripts.account_tables import CALLS_HEADER, account_texts
from scripts.codebook_tables import TABLES
from scripts.open_data import files_of, write_files
from scripts.recount_calls import compare_calls
from scripts.report_page import ReportPage
from surveys.definition import LANGUAGES
from surveys.keys import Keys
from surveys.store import Connection, Store, calls
from surveys.store.calls import CallRow
from tests.scripts.test_card_figures import NOVEMBER, account
from tests.surveys.answers_office import OFFICE, SURVEY, UNIT, Answers


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    return Answers(store, office_keys)


def call(answers: Answers, outcome: str, count: int, unit: str = UNIT, period: str = NOVEMBER) -> None:
    def work(connection: Connection) -> None:
        for _ in range(count):
            calls.add(connection, CallRow(urandom(16), SURVEY, unit, period, outcome))

    answers.store.write(work)


def made(answers: Answers) -> None:
    """20 answered, 9 refused, 6 not reached, in two units; one call of another month."""
    answers.add("5" * 20, channel="telephone", basis="assisted")
    call(answers, "refused", 5)
    call(answers, "refused", 4, "chengxi")
    call(answers, "not-reached", 6)
    call(answers, "refused", 1, period="2026-12")


def test_calls_are_published_by_survey_with_all_units_together(answers: Answers) -> None:
    made(answers)
    answers.add("4" * 3, channel="telephone", basis="imported")
    answers.add("4" * 3, day=date(2026, 10, 9), channel="telephone", basis="assisted")
    table = account_texts(account(answers))["calls"]
    assert table.splitlines() == [CALLS_HEADER, f"{NOVEMBER},{SURVEY},20,9,6,0.571429"]
    assert [column.name for column in TABLES["calls"].columns] == CALLS_HEADER.split(",")


def test_below_thirty_calls_no_share_is_given_and_without_any_no_table(answers: Answers) -> None:
    answers.add("5" * 12)
    assert "calls" not in account_texts(account(answers))
    assert "{#calls}" not in ReportPage("zh", account(answers)).text()
    call(answers, "refused", 29)
    assert account_texts(account(answers))["calls"].splitlines()[1] == f"{NOVEMBER},{SURVEY},0,29,0,"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_tells_them_and_counts_none_among_the_answers(answers: Answers, language: str) -> None:
    made(answers)
    told = account(answers)
    written = ReportPage(language, told).text()
    cells = re.findall(r"<td[^>]*>(.*?)</td>", written.split("{#calls}")[1].split("</tbody>")[0])
    assert cells == ["35", "20", "9", "6", "57%"]
    assert sum(told.months[0].received.values()) == 20


def test_a_recount_takes_them_one_by_one_and_finds_a_changed_cell(answers: Answers, store: Store) -> None:
    made(answers)
    told = account(answers)
    files = files_of(told.months, OFFICE, account_texts(told))
    folder = store.path.parent / "reports" / NOVEMBER
    write_files(folder, files)
    assert f"huiyin-{NOVEMBER}.xlsx" in files
    assert store.read(lambda connection: compare_calls(connection, NOVEMBER, folder)) == (4, [])
    path = folder / "calls.csv"
    path.write_text(path.read_text().replace(",9,", ",8,"))
    _, found = store.read(lambda connection: compare_calls(connection, NOVEMBER, folder))
    assert [(place.rsplit(" ", 1)[1], told, counted) for place, told, counted in found] == [("refused", "8", "9")]
