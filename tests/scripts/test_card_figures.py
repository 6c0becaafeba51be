"""What the report tells of reply cards, and that no answer without one reaches the headline where cards are issued."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from scripts import recount
from scripts.account import Account, account_of
from scripts.account_tables import CARDS_HEADER, account_texts
from scripts.codebook_tables import TABLES
from scripts.counts import open_tally
from scripts.csv_text import rows_of
from scripts.history import History
from scripts.open_data import files_of, write_files
from scripts.ratings import SurveyMonth
from scripts.recount_cards import carded
from scripts.report_card_text import WORDS
from scripts.report_page import ReportPage
from scripts.standing import check_release
from scripts.tally import months_of
from surveys import cards
from surveys.cards import Card
from surveys.definition import LANGUAGES
from surveys.indicators import half_up, silent_bounds, wilson_finite
from surveys.keys import Keys
from surveys.responses import Response
from surveys.store import Store
from surveys.store.cards import BatchRow
from tests.scripts.test_excluded_and_themes import exclude
from tests.surveys.answers_office import OFFICE, SURVEY, UNIT, Answers, cell

OTHER_WORDS = "请在门口放一把椅子，老人站不住。"
OCTOBER, NOVEMBER = "2026-10", "2026-11"
_number = count(10_000)


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    return Answers(store, office_keys)


def issued(answers: Answers, number: int, day: date, unit: str = UNIT) -> Sequence[Card]:
    batch, drawn = cards.prepare(answers.store, answers.keys, number)
    cards.issue(answers.store, BatchRow(batch, SURVEY, unit, day.isoformat(), number))
    return drawn


def answered(answers: Answers, drawn: Sequence[Card], levels: str, day: date, unit: str = UNIT, text: str = "") -> None:
    """One answer by card for each level."""
    for card, level in zip(drawn, levels, strict=False):
        texts = {"better": text} if text else {}
        identity = next(_number).to_bytes(16)
        given = Response(identity, SURVEY, 1, unit, "web", "card", "zh", day, {"overall": level}, texts)
        cards.answer(answers.store, answers.keys, given, card)


def account(answers: Answers, period: str = NOVEMBER) -> Account:
    with open_tally(answers.store.path.with_name("tally.db")) as counts:
        counts.recount(answers.store, period)
        found = [month for month in months_of(counts, OFFICE, period) if month.key == SURVEY]
    return account_of(answers.store, OFFICE, found, period)


def month(answers: Answers, period: str = NOVEMBER) -> SurveyMonth:
    return account(answers, period).months[0]


def write(answers: Answers, reports: Path, period: str) -> None:
    """The tables of a month as a release writes them."""
    told = account(answers, period)
    write_files(reports / period, files_of(told.months, OFFICE, account_texts(told)))


def headline(found: SurveyMonth) -> Counter[str]:
    rates = found.ratings(found.questions["overall"])[0].rates
    assert rates
    return Counter({str(level): n for level, n in enumerate(rates.levels, 1) if n})


class TestHeadline:
    def test_open_answers_count_until_cards_are_issued(self, answers: Answers) -> None:
        answers.add("5" * 30 + "1" * 20)
        assert headline(month(answers)) == {"5": 30, "1": 20}
        drawn = issued(answers, 60, date(2026, 11, 5))
        answered(answers, drawn, "4" * 25 + "2" * 15, date(2026, 11, 12))
        found = month(answers)
        assert headline(found) == {"4": 25, "2": 15}
        assert found.other_bases == ("open",)
        other = found.other_ratings(found.questions["overall"]).rates
        assert other
        assert other.levels == (20, 0, 0, 0, 30)

    def test_other_verified_answers_stay_in_the_headline(self, answers: Answers) -> None:
        issued(answers, 5, date(2026, 11, 5))
        answers.add("5" * 30 + "1" * 20, channel="paper", basis="assisted")
        answers.add("3" * 10)
        assert headline(month(answers)) == {"5": 30, "1": 20}

    def test_months_before_the_first_cards_stay_as_they_were(self, answers: Answers) -> None:
        answers.add("5" * 30 + "1" * 20, day=date(2026, 10, 8))
        before = files_of([month(answers, OCTOBER)])
        issued(answers, 10, date(2026, 11, 5))
        assert files_of([month(answers, OCTOBER)]) == before
        assert not month(answers, OCTOBER).batches

    def test_few_unverified_answers_are_protected_as_others_are(self, answers: Answers) -> None:
        drawn = issued(answers, 60, date(2026, 11, 5))
        answered(answers, drawn, "4" * 25 + "2" * 15, date(2026, 11, 12))
        answers.add("5" * 8 + "1")
        row = month(answers).other_ratings(month(answers).questions["overall"])
        assert (row.n, row.rates, row.status) == (9, None, "hidden")

    def test_nothing_can_be_worked_out_across_the_change(self, answers: Answers, tmp_path: Path) -> None:
        answers.add("5" * 30 + "1" * 20, day=date(2026, 10, 8))
        answers.add("5" * 3 + "1" * 4, day=date(2026, 10, 8), unit="chengxi")
        write(answers, tmp_path / "zh/reports", OCTOBER)
        drawn = issued(answers, 60, date(2026, 11, 5))
        answered(answers, drawn, "4" * 25 + "2" * 15, date(2026, 11, 12))
        answered(answers, issued(answers, 9, date(2026, 11, 6), "chengxi"), "51515", date(2026, 11, 12), "chengxi")
        answers.add("5" * 6 + "1" * 2)
        write(answers, tmp_path / "zh/reports", NOVEMBER)
        path = answers.store.path
        told = check_release(path, path.with_name("tally.db"), OFFICE, tmp_path / "zh/reports")
        assert "nothing can be worked out" in told

    def test_no_change_is_claimed_between_other_bases(self, answers: Answers, tmp_path: Path) -> None:
        answers.add("5" * 90 + "1" * 10, day=date(2026, 10, 8))
        write(answers, tmp_path, OCTOBER)
        drawn = issued(answers, 200, date(2026, 11, 5))
        answered(answers, drawn, "5" * 20 + "1" * 80, date(2026, 11, 12))
        write(answers, tmp_path, NOVEMBER)
        history = History(tmp_path)
        assert history.pair(history.months[1], SURVEY, "all") is None
        written = ReportPage("en", account(answers), history).text()
        assert "Fewer people are satisfied" not in written
        assert "has issued cards since 2026-11-05" in re.sub(r"\\", "", written)


class TestTable:
    def test_every_batch_stands_in_a_row_and_all_together_first(self, answers: Answers) -> None:
        first, second = issued(answers, 40, date(2026, 10, 5)), issued(answers, 10, date(2026, 11, 5), "chengxi")
        answered(answers, first, "5" * 12, date(2026, 10, 12))
        answered(answers, first[12:], "4" * 6, date(2026, 11, 12))
        answered(answers, second, "4" * 2, date(2026, 11, 12), "chengxi")
        cards.void(answers.store, first[30].number, first[39].number, "lost", date(2026, 11, 3))
        assert account_texts(account(answers))["cards"].splitlines() == [
            CARDS_HEADER,
            f"{NOVEMBER},{SURVEY},all,all,2026-10-05,50,20,10,0.500000",
            f"{NOVEMBER},{SURVEY},{UNIT},00001,2026-10-05,40,18,10,0.600000",
            f"{NOVEMBER},{SURVEY},chengxi,00002,2026-11-05,10,2,0,",
        ]
        october = account_texts(account(answers, OCTOBER))["cards"].splitlines()
        assert october[1:] == [
            f"{OCTOBER},{SURVEY},all,all,2026-10-05,40,12,0,0.300000",
            f"{OCTOBER},{SURVEY},{UNIT},00001,2026-10-05,40,12,0,0.300000",
        ]

    def test_the_columns_are_those_of_the_codebook(self) -> None:
        assert [column.name for column in TABLES["cards"].columns] == CARDS_HEADER.split(",")

    def test_an_office_without_cards_has_no_table(self, answers: Answers) -> None:
        answers.add("5" * 12)
        told = account(answers)
        assert "cards" not in account_texts(told)
        assert "{#cards}" not in ReportPage("zh", told).text()

    def test_it_comes_with_workbook_and_codebook(self, answers: Answers) -> None:
        answered(answers, issued(answers, 40, date(2026, 11, 5)), "5" * 12 + "1" * 9, date(2026, 11, 12))
        told = account(answers)
        files = files_of(told.months, OFFICE, account_texts(told))
        assert {"cards.csv", "cards-bom.csv", f"huiyin-{NOVEMBER}.xlsx"} <= files.keys()
        assert b'"file": "cards.csv"' in files["codebook.json"]
        assert b'"bases": [\n    "card",\n    "assisted",\n    "imported"\n   ]' in files["codebook.json"]


class TestPage:
    def page(self, answers: Answers, language: str = "en", reports: Path | None = None) -> str:
        history = History(reports) if reports else None
        return ReportPage(language, account(answers), history).text().replace("\\", "")

    def test_the_words_stand_in_both_languages(self) -> None:
        assert WORDS["zh"].keys() == WORDS["en"].keys()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_tells_the_counts_and_the_unverified_apart(self, answers: Answers, language: str) -> None:
        answered(answers, issued(answers, 200, date(2026, 11, 5)), "5" * 30 + "1" * 20, date(2026, 11, 12))
        answers.add("5" * 30 + "1" * 10)
        written = self.page(answers, language)
        cells = re.findall(r"<td[^>]*>(.*?)</td>", written.split("{#cards}")[1].split("</tbody>")[0])
        assert cells == ["200", "0", "50", "25.0%"]
        assert f"#### {WORDS[language]['unverified_open']} {{#{SURVEY}-other}}" in written
        assert f"00001, issued on 2026-11-05, {OFFICE.units[UNIT].name['en']}" in self.page(answers)

    def test_bounds_for_the_silent_span_all_months_with_cards(self, answers: Answers, tmp_path: Path) -> None:
        drawn = issued(answers, 110, date(2026, 10, 5))
        answered(answers, drawn, "5" * 30 + "1" * 10, date(2026, 10, 12))
        write(answers, tmp_path, OCTOBER)
        answered(answers, drawn[40:], "4" * 20 + "2" * 10, date(2026, 11, 12))
        cards.void(answers.store, drawn[100].number, drawn[109].number, "lost", date(2026, 11, 13))
        written = self.page(answers, reports=tmp_path)
        low, high = (f"{half_up(bound * 100, 1)}%" for bound in silent_bounds(50, 70, 100) or ())
        assert (low, high) == ("50.0%", "80.0%")
        assert "100 cards were not void, 70 of them rated, and 30 were silent" in written
        assert f"the share is at least {low}" in written
        assert f"at most {high}" in written
        finite = wilson_finite(50, 70, 100)
        assert finite
        assert f"{half_up(finite[0] * 100, 0)}" in written.split("Reckoned for these 100 cards alone")[1][:120]
        assert "were silent" not in self.page(answers)

    def test_few_who_answered_get_bounds_and_no_finite_interval(self, answers: Answers) -> None:
        answered(answers, issued(answers, 200, date(2026, 11, 5)), "5" * 30 + "1" * 20, date(2026, 11, 12))
        written = self.page(answers)
        assert "200 cards were not void, 50 of them rated, and 150 were silent" in written
        assert "Reckoned for these" not in written

    def test_other_answers_in_the_headline_leave_no_bounds(self, answers: Answers) -> None:
        answered(answers, issued(answers, 200, date(2026, 11, 5)), "5" * 30 + "1" * 20, date(2026, 11, 12))
        answers.add("5" * 3, channel="paper", basis="assisted")
        assert "were silent" not in self.page(answers)


class TestRecount:
    def recounted(self, answers: Answers, folder: Path) -> tuple[int, Sequence[recount.Cell]]:
        _, cells, found = recount.recount_all(answers.store, OFFICE, NOVEMBER, folder)
        return cells, found

    @pytest.fixture
    def folder(self, answers: Answers, tmp_path: Path) -> Path:
        drawn = issued(answers, 60, date(2026, 10, 5))
        answered(answers, drawn, "5" * 5, date(2026, 10, 12))
        answered(answers, drawn[5:], "4" * 25 + "2" * 15, date(2026, 11, 12))
        cards.void(answers.store, drawn[58].number, drawn[59].number, "lost", date(2026, 11, 13))
        answers.add("5" * 30 + "1" * 10)
        write(answers, tmp_path / "tables", NOVEMBER)
        return tmp_path / "tables" / NOVEMBER

    def test_it_comes_out_the_same_along_another_path(self, answers: Answers, folder: Path) -> None:
        assert answers.store.read(lambda connection: carded(connection, NOVEMBER)) == {SURVEY}
        cells, found = self.recounted(answers, folder)
        assert found == []
        assert cells > 60

    @pytest.mark.parametrize("column", ["day", "issued", "used", "void", "share"])
    def test_one_changed_cell_is_found(self, answers: Answers, folder: Path, column: str) -> None:
        rows = rows_of((folder / "cards.csv").read_text())
        rows[1][column] = "9"
        lines = [CARDS_HEADER, *(",".join(row.values()) for row in rows)]
        (folder / "cards.csv").write_text("\n".join(lines) + "\n")
        ((cell_found),) = self.recounted(answers, folder)[1]
        assert cell_found.place.endswith(f"cards.csv:3: {SURVEY} {UNIT} 00001 {column}")

    def test_a_missing_batch_or_table_is_found(self, answers: Answers, folder: Path) -> None:
        text = (folder / "cards.csv").read_text()
        (folder / "cards.csv").write_text(text.replace("".join(text.splitlines(keepends=True)[2:3]), ""))
        assert [cell.published for cell in self.recounted(answers, folder)[1]] == ["no row"]
        (folder / "cards.csv").unlink()
        assert len(self.recounted(answers, folder)[1]) == 2

    def test_an_answer_by_card_without_a_card_is_found(self, answers: Answers, folder: Path) -> None:
        answers.add("5", channel="web", basis="card")
        write(answers, folder.parent, NOVEMBER)
        found = self.recounted(answers, folder)[1]
        assert [(cell.place, cell.published, cell.counted) for cell in found] == [
            (f"cards used {SURVEY} {UNIT}", "40", "41")
        ]

    def test_excluded_answers_used_their_cards_all_the_same(self, answers: Answers, folder: Path) -> None:
        answered(answers, issued(answers, 6, date(2026, 11, 5)), "1" * 6, date(2026, 11, 10), text=OTHER_WORDS)
        assert exclude(answers, "duplicate", cell(basis="card")) == 5
        write(answers, folder.parent, NOVEMBER)
        assert self.recounted(answers, folder)[1] == []
