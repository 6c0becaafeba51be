"""What the report tells of excluded answers and of free texts, and what it keeps to itself."""

import re
import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from scripts import recount
from scripts.account import Account
from scripts.counts import open_tally
from scripts.open_data import files_of, write_files
from scripts.ratings import SurveyMonth
from scripts.report_page import ReportPage
from scripts.report_text import WORDS as SENTENCES
from scripts.tally import months_of
from scripts.waiting import warn_of_waiting
from surveys import exclusions, themes
from surveys.exclusions import REASONS, Proposal, Reason
from surveys.keys import Keys
from surveys.store import Store
from surveys.store.answers import close_period
from surveys.store.exclusion_batches import Cell
from surveys.themes import Coding, Source
from tests.surveys.answers_office import OFFICE, PUBLISHER, REVIEWER, SURVEY, WORDS, Answers, cell

PERIOD = "2026-11"
AFTER = date(2026, 12, 3)


@pytest.fixture
def answers(store: Store, office_keys: Keys) -> Answers:
    return Answers(store, office_keys)


def exclude(answers: Answers, reason: Reason, at: Cell | None = None) -> int:
    at = at or cell()
    wanted = exclusions.look(answers.store, OFFICE, answers.keys, at, AFTER).takes[reason]
    proposal = Proposal(at, reason, wanted)
    batch = exclusions.propose(answers.store, OFFICE, answers.keys, PUBLISHER, proposal, AFTER)
    exclusions.decide(answers.store, OFFICE, batch, REVIEWER, "confirmed", AFTER)
    return wanted


def month(answers: Answers, *, internal: bool = False) -> SurveyMonth:
    with open_tally(answers.store.path.with_name("tally.db")) as counts:
        counts.refresh(answers.store, PERIOD)
        found = months_of(counts, OFFICE, PERIOD, internal=internal)
    return next(one for one in found if one.key == SURVEY)


def page(answers: Answers, language: str = "en") -> str:
    return ReportPage(language, Account(PERIOD, [month(answers)], OFFICE)).text()


def cells_of(page: str, name: str) -> list[str]:
    found = re.search(rf'<th scope="row">{re.escape(name)}.*?</th>(.*?)</tr>', page)
    assert found, page
    return re.findall(r"<td[^>]*>(.*?)</td>", found[1])


class TestExcluded:
    def test_a_month_without_any_says_so_in_one_line(self, answers: Answers) -> None:
        answers.add("5" * 12)
        for language in ("zh", "en"):
            written = page(answers, language)
            assert written.count(SENTENCES[language]["excluded_none"]) == 1
            assert "-excluded}" not in written

    def test_the_tables_count_without_them_and_received_stays_whole(self, answers: Answers) -> None:
        answers.usual_days(4)
        answers.add("5" * 20 + "1" * 40)
        whole = month(answers)
        gone = exclude(answers, "flood")
        left = month(answers)
        question = left.questions["overall"]
        assert sum(left.received.values()) == sum(whole.received.values())
        assert whole.channels == left.channels
        before, after = whole.ratings(question)[0], left.ratings(question)[0]
        assert before.n is not None
        assert after.n == before.n - gone
        assert left.excluded("reason") == {"flood": gone}
        assert left.excluded("unit") == {"chengdong": gone}
        assert left.before_exclusion(question) == before

    def test_the_internal_table_leaves_them_out_too(self, answers: Answers) -> None:
        answers.add("1" * 5, WORDS)
        exclude(answers, "duplicate")
        lines = files_of([month(answers, internal=True)])["ratings.csv"].decode().splitlines()
        assert f"{PERIOD},{SURVEY},overall,all,1,0,0,0,0,0,1," in "\n".join(lines)

    def test_reasons_units_and_shares_are_told(self, answers: Answers) -> None:
        answers.add("5" * 50, day=date(2026, 11, 8))
        answers.add("1" * 5, WORDS)
        answers.add("2" * 3, unit="chengxi", channel="paper", basis="imported")
        exclude(answers, "duplicate")
        exclude(answers, "test-entry", cell(unit="chengxi", channel="paper", basis="imported"))
        written = page(answers)
        assert cells_of(written, "Duplicates, the same in choices and words") == ["4", "7%"]
        assert cells_of(written, "All of them") == ["7", "12%"]
        assert "58 were received, 7 of them excluded" in written
        assert "East Police Station 4, West Police Station 3" in written
        assert SENTENCES["en"]["excluded_none"] not in written

    def test_before_and_after_stand_side_by_side_where_their_difference_may(self, answers: Answers) -> None:
        answers.usual_days(4, days=28)
        answers.add("5" * 20 + "1" * 40)
        exclude(answers, "flood")
        written = page(answers)
        question = OFFICE.surveys[SURVEY, 1].by_code["overall"].text["en"]
        before, after = (cells_of(written, f"{question} ({when})") for when in ("before", "after"))
        # Of November, 36 usual answers and 4 of the flood are left.
        assert int(before[3]) == 96
        assert int(after[3]) == 40

    def test_few_excluded_answers_are_told_as_a_number_only(self, answers: Answers) -> None:
        answers.add("5" * 60, day=date(2026, 11, 8))
        answers.add("1" * 9, WORDS)
        exclude(answers, "duplicate")
        found = month(answers)
        assert found.before_exclusion(found.questions["overall"]) is None
        assert month(answers, internal=True).before_exclusion(found.questions["overall"]) is not None
        written = page(answers)
        assert "(before)" not in written
        assert SENTENCES["en"]["exclusion_hidden"] in written

    @pytest.mark.parametrize(("levels", "told"), [("1" * 11 + "5" * 3, True), ("1" * 13 + "5", False)])
    def test_a_difference_of_one_mind_is_not_told(self, answers: Answers, levels: str, told: bool) -> None:
        answers.add("5" * 30 + "1" * 30, day=date(2026, 11, 8))
        answers.add(levels, channel="paper", basis="imported")
        exclude(answers, "wrong-unit", cell(channel="paper", basis="imported"))
        found = month(answers)
        assert (found.before_exclusion(found.questions["overall"]) is not None) is told

    def test_a_recount_along_another_path_leaves_them_out_too(self, answers: Answers, tmp_path: Path) -> None:
        answers.add("5" * 40, day=date(2026, 11, 8))
        answers.add("1" * 5, WORDS)
        exclude(answers, "duplicate")
        write_files(tmp_path / "tables", files_of([month(answers)]))
        counted = recount.count_answers(answers.store, OFFICE, [PERIOD])
        cells, differing = recount.recount(counted, tmp_path / "tables")
        assert (counted.read, list(differing)) == (41, [])
        assert cells > 100

    def test_a_published_month_keeps_its_table(self, answers: Answers) -> None:
        answers.add("1" * 5, WORDS)
        exclude(answers, "duplicate")
        answers.store.write(lambda connection: close_period(connection, PERIOD, "2026-12-03"))
        assert month(answers).excluded("reason") == {"duplicate": 4}
        with sqlite3.connect(answers.store.path.with_name("tally.db")) as counts:
            rows = counts.execute(
                "SELECT survey, month, unit, reason, n FROM exclusions WHERE question = ''"
            ).fetchall()
        counts.close()
        assert rows == [(SURVEY, PERIOD, "chengdong", "duplicate", 4)]

    def test_every_reason_has_words_in_every_language(self) -> None:
        for words in SENTENCES.values():
            assert all(f"reason_{reason}" in words for reason in REASONS)


def test_what_waits_is_told_before_the_month_is_published(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    answers.add("1" * 5, WORDS)
    exclusions.propose(answers.store, OFFICE, answers.keys, PUBLISHER, Proposal(cell(), "duplicate", 4), AFTER)
    warn_of_waiting(answers.store, OFFICE, PERIOD)
    assert capsys.readouterr().err == (
        "warning: 2026-11: 1 proposal to leave answers out not decided yet: once the month is published "
        "their answers count\n"
        "warning: 2026-11: 5 of 5 texts not sorted by theme: once the month is published they never are\n"
    )
    answers.store.write(lambda connection: close_period(connection, PERIOD, "2026-12-03"))
    warn_of_waiting(answers.store, OFFICE, PERIOD)
    assert capsys.readouterr().err == ""


class TestThemes:
    def coded(self, answers: Answers, ticks: Sequence[tuple[str, ...]]) -> None:
        source = Source(SURVEY, "better", PERIOD)
        shown = themes.texts(answers.store, OFFICE, answers.keys, PUBLISHER, source, AFTER)
        done = {one.key: Coding(tuple(sorted(tick))) for one, tick in zip(shown, ticks, strict=False)}
        themes.code(answers.store, OFFICE, answers.keys, PUBLISHER, source, done, AFTER)

    def test_themes_are_shares_of_the_texts_that_were_coded(self, answers: Answers) -> None:
        answers.add("5" * 40, WORDS)
        self.coded(answers, [("hours", "waiting")] * 12 + [("hours",)] * 12 + [("none",)] * 8)
        written = page(answers)
        assert cells_of(written, "Opening hours")[0::2] == ["75%", "24"]
        assert cells_of(written, "None of these")[0::2] == ["25%", "8"]
        assert "40 responses held words; 32 were read and sorted" in written
        assert WORDS not in written

    @pytest.mark.parametrize("ticks", [[("hours",)] * 9, [("hours",)] * 27 + [("manner",)] * 2])
    def test_few_texts_are_told_as_a_number_only(self, answers: Answers, ticks: list[tuple[str, ...]]) -> None:
        answers.add("5" * 40, WORDS)
        self.coded(answers, ticks)
        written = page(answers)
        assert "Opening hours" not in written
        assert f"40 responses held words; {len(ticks)} were read and sorted. They are few" in written

    def test_texts_that_nobody_read_are_counted(self, answers: Answers) -> None:
        answers.add("5" * 3, WORDS)
        assert "3 responses held words; they had not been sorted" in page(answers)
        assert "写了文字的有 3 份，公布时还没有归类" in page(answers, "zh")

    def test_a_month_without_texts_has_no_such_part(self, answers: Answers) -> None:
        answers.add("5" * 3)
        assert "-themes}" not in page(answers)

    def test_themes_do_not_go_by_unit(self, answers: Answers) -> None:
        answers.add("5" * 20, WORDS)
        answers.add("5" * 20, WORDS, unit="chengxi")
        self.coded(answers, [("hours",)] * 40)
        with sqlite3.connect(answers.store.path.with_name("tally.db")) as counts:
            month(answers)
            columns = [row[1] for row in counts.execute("PRAGMA table_info(themes)")]
        counts.close()
        assert "unit" not in columns
        assert page(answers).count("Opening hours") >= 1
