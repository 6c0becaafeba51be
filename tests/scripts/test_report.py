"""The month's report as a whole: the same to the last byte, in its order, and refused where it cannot be true."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from scripts.account import Account, BalanceError, CaseAccount, Correction, _extensions, case_account, require_balance
from scripts.account_figures import CONFIRMED, CaseTable
from scripts.account_tables import account_texts, with_sums
from scripts.codebook_tables import TABLES
from scripts.codebook_words import CASE_FIGURES
from scripts.codebook_words import EXTENSION_REASONS as REASON_TEXTS
from scripts.csv_text import header_of, rows_of
from scripts.plurals import filled
from scripts.report_page import ReportPage
from scripts.report_text import Words
from surveys import case_ledger
from surveys.case_counts import CaseFigures
from surveys.case_events import EXTENSION_REASONS, Event
from surveys.case_figures import Overdue
from surveys.case_upkeep import Balance
from surveys.declared import Declaration
from surveys.definition import LANGUAGES, Definitions
from surveys.store import Store
from tests.scripts.golden_office import BEFORE, GOLDEN, MONTH, OFFICE, GoldenOffice, golden_files

ORDER = (
    "rules", "answered", "ratings", "dissatisfied", "cases", "adopted", "declared", "excluded", "corrections", "method",
)  # fmt: skip
EVEN = Balance(
    MONTH, start=3, received=5, reopened=1, closed=4, withdrawn=1, merged=0, declined=1, transferred=0, end=3
)


def test_a_small_month_is_as_the_golden_files_say(tmp_path: Path) -> None:
    made = golden_files(tmp_path)
    kept = {path.name: path.read_bytes() for path in GOLDEN.iterdir()}
    renew = "look at the difference; if it is meant, run: .venv/bin/python -m tests.scripts.golden_office"
    assert made.keys() == kept.keys(), renew
    for name, data in made.items():
        for line, (old, new) in enumerate(zip(kept[name].splitlines(), data.splitlines(), strict=False), 1):
            assert old == new, f"{name}:{line}: {renew}"
        assert data == kept[name], f"{name}: {renew}"


def test_extensions_are_counted_by_reason_and_without_one_they_count_as_another(tmp_path: Path) -> None:
    def given(days: str, **data: str) -> Event:
        return Event("extended", date(2026, 10, 12), "handler", "chengdong", {"workdays": days, **data}, "话")

    office = GoldenOffice(tmp_path)
    with Store.open(office.database, create=True) as store:
        office.work_on_cases(store)
        found = case_account(store, MONTH)
        case = store.read(lambda c: next(iter(case_ledger.histories(c, date(2026, 10, 31)))))
    assert found and found.extensions == {(5, "supplies"): 1}
    events = (given("5"), given("15", reason="expert"), given("15", reason="expert"), given("1", reason="other"))
    counted = _extensions([replace(case, events=events)], date(2026, 10, 1))
    assert counted == {(5, "other"): 1, (15, "expert"): 2, (1, "other"): 1}
    cases = replace(found, extensions=counted)
    rows = {row.figure: (row.part, row.whole) for row in CaseTable(cases, ()).rows() if "extended_for" in row.figure}
    assert rows == {"extended_for_expert": (2, 4), "extended_for_other": (2, 4)} and {*rows} <= {*CASE_FIGURES}
    page = ReportPage("zh", Account(MONTH, [], OFFICE, cases)).text()
    assert "这个月延期的有 4 件：延 1 个工作日的 1 件、延 5 个工作日的 1 件、延 15 个工作日的 2 件。" in page
    assert '要等鉴定或检测结果</th><td class="number">2<' in page
    assert {*EXTENSION_REASONS} == {*REASON_TEXTS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_parts_stand_in_their_fixed_order(language: str) -> None:
    for text in ((GOLDEN / f"{language}.md").read_text(encoding="utf-8"), empty(language)):
        assert tuple(re.findall(r"^## .*\{#([a-z]+)\}$", text, re.MULTILINE)) == ORDER
        first = text.split("---\n", 2)[2].lstrip().split("\n\n")[0]
        assert first.count("\n- ") == 2
        assert text.count("真正的比例多半在这两个数之间" if language == "zh" else "speaks of chance only") == 1


def empty(language: str) -> str:
    known = replace(OFFICE, surveys={})
    return ReportPage(language, Account(MONTH, [], known)).text()


def test_what_has_nothing_to_show_is_one_line_and_no_table() -> None:
    page = empty("en")
    assert "<table" not in page
    for line in (
        "Nobody rated anything this month.",
        "Too few people rated this month for a share, so there is nothing to compare with last month.",
        "No case was due for a first reply this month.",
        "There were no cases this month: none came in, and none was left from before.",
        "No unit declared anything for this month.",
        "No responses were excluded this month.",
        "There are no corrections so far.",
    ):
        assert line in page


def test_with_nothing_to_compare_what_was_found_stands_first_and_why(tmp_path: Path) -> None:
    office = GoldenOffice(tmp_path)
    with Store.open(office.database, create=True) as store:
        office.rate(store, MONTH, {"chengdong": "5443" * 10})
        enough = office.account(store, MONTH)
        office.rate(store, BEFORE, {"chengdong": "543"})
        few = office.account(store, BEFORE)
    for account, why in ((enough, "Last month has no share to compare with"), (few, "Too few people rated this month")):
        text = ReportPage("en", account).text()
        lines = [line for line in text.splitlines() if line.startswith("- ")]
        assert "was rated by" in lines[0]
        assert lines[1].startswith(f"- {why}")
        assert "Their reasons stand in" not in text


class TestBalance:
    def test_one_that_closes_passes(self) -> None:
        require_balance(EVEN)

    def test_one_that_does_not_is_refused_with_every_term(self) -> None:
        with pytest.raises(BalanceError) as refused:
            require_balance(replace(EVEN, closed=3))
        said = str(refused.value)
        assert "open at start 3 + received 5 + reopened 1 = 9, but closed 3 + withdrawn 1 + merged 0" in said
        assert "open at end 3 = 8" in said
        assert "indicator 7" in said
        assert "scripts.check --audit" in said

    def test_a_store_without_cases_has_no_account_of_them(self, store: Store) -> None:
        assert case_account(store, MONTH) is None


def cases_of(*units: CaseFigures) -> CaseAccount:
    by_unit: dict[str | None, CaseFigures] = {f"u{number}": figures for number, figures in enumerate(units)}
    return CaseAccount(EVEN, by_unit, {}, 0, {}, (), (), {})


class TestCases:
    def test_what_residents_said_is_protected_and_what_units_did_is_not(self) -> None:
        few, many = CaseFigures(closed=4, confirmed=4, claimed=4), CaseFigures(closed=60, confirmed=30, claimed=50)
        table = CaseTable(cases_of(few, many, replace(many)), ("u0", "u1", "u2"))
        confirmed = {row.unit: (row.part, row.whole, row.status) for row in table.rate(CONFIRMED) if row.unit}
        assert confirmed["u0"] == (None, 4, "merged")
        assert confirmed["u1"][2] == "merged"
        assert confirmed["u2"] == (30, 60, "shown")
        assert confirmed["other"] == (34, 64, "shown")
        rows = {(row.unit, row.figure): row.part for row in table.rows()}
        assert rows["u0", "resolved_claimed"] == 4

    def test_overdue_cases_and_volumes_stand_however_few(self) -> None:
        account = replace(cases_of(CaseFigures(reply_due=1)), overdue=(Overdue("1234567890", "u0", "first_reply", 3),))
        rows = {(row.unit, row.figure): row.whole for row in CaseTable(account, ("u0",)).rows()}
        assert rows["u0", "overdue"] == rows["all", "overdue"] == 1
        assert rows["u0", "first_reply_on_time"] == 1

    def test_follow_ups_are_hidden_where_the_rest_would_tell(self) -> None:
        asked: dict[str | None, CaseFigures] = {"u0": CaseFigures(closed=50, claimed=40, confirmed=20)}
        few = cases_of(CaseFigures(closed=60, claimed=42, confirmed=22))
        account = replace(few, follow_ups=asked, follow_ups_received=40)
        assert CaseTable(account, ()).follow_ups()[-1].status == "hidden"
        wide = replace(account, by_unit={"u0": CaseFigures(closed=90, claimed=80, confirmed=40)})
        told = CaseTable(wide, ()).follow_ups()[-1]
        assert (told.part, told.whole, told.status) == (20, 50, "shown")

    def test_of_many_closed_the_few_whose_word_counts_are_protected(self) -> None:
        """An explanation never counts as confirmed, so 4 of 40 would tell what all 4 residents said."""
        told = CaseTable(cases_of(CaseFigures(closed=40, claimed=4, confirmed=4)), ()).rate(CONFIRMED)
        assert [(row.part, row.whole, row.status) for row in told if row.unit != ""] == [(None, 40, "hidden")] * 2
        told = CaseTable(cases_of(CaseFigures(closed=40, claimed=30, confirmed=28)), ()).rate(CONFIRMED)
        assert [(row.part, row.whole, row.status) for row in told if row.unit != ""] == [(28, 40, "shown")] * 2

    def test_every_figure_is_named_in_every_language(self) -> None:
        figures = CaseFigures(closed=1, claimed=1, reply_due=1, outcome_due=1, callbacks_due=1, suggestions_answered=1)
        for row in CaseTable(cases_of(figures), ("u0",)).rows():
            assert all(CASE_FIGURES[row.figure][language] for language in LANGUAGES)


class TestTables:
    def test_the_columns_are_those_of_the_codebook(self) -> None:
        for name, text in account_texts(Account(MONTH, [], OFFICE)).items():
            assert header_of(text) == [column.name for column in TABLES[name].columns]

    def test_declared_figures_add_up_and_keep_their_part_where_all_have_one(self) -> None:
        own = (Declaration(MONTH, "a", "disputes", "", 400, 380), Declaration(MONTH, "b", "disputes", "", 358, 351))
        total = next(iter(with_sums(own)))
        assert (total.unit, total.part, total.whole) == ("all", 731, 758)
        rows = rows_of(account_texts(Account(MONTH, [], OFFICE, declared=own))["declared"])
        assert rows[0]["share"] == "0.964380"


def test_no_mark_of_markdown_stands_inside_html() -> None:
    for language in LANGUAGES:
        text = (GOLDEN / f"{language}.md").read_text(encoding="utf-8")
        inside = re.findall(r"<figcaption>.*?</figcaption>|<t[hd].*?</t[hd]>|<caption>.*?</caption>", text)
        assert len(inside) > 100
        assert not [one for one in inside if "\\" in one]


def test_words_follow_their_numbers() -> None:
    said = "{n} {n:case was|cases were} late by {days} {days:day|days}: {list}"
    assert filled(said, {"n": "1", "days": 1, "list": "a|b"}) == "1 case was late by 1 day: a|b"
    assert filled(said, {"n": "1,001", "days": 0, "list": ""}) == "1,001 cases were late by 0 days: "
    one = Words("en", MONTH)("overdue_n", n="1")
    assert one == "1 case was overdue at the end of the month."


def test_corrections_say_when_why_and_where_the_old_figures_are(tiny: Definitions) -> None:
    told = Correction("2026-09", "2026-11-02", "城东重复导入", "2026-09/before-r2/ratings.csv")
    page = ReportPage("en", Account(MONTH, [], tiny, corrections=(told,))).text()
    assert (
        r"- 2026-11-02, 2026-09 put right: 城东重复导入. [The figures of before](2026-09/before-r2/ratings.csv)" in page
    )


def test_reopenings_are_told_by_the_month_in_which_their_30_days_end(tmp_path: Path) -> None:
    office = GoldenOffice(tmp_path)
    with Store.open(office.database, create=True) as store:
        office.work_on_cases(store)
        october, november, december = (case_account(store, month) for month in (MONTH, "2026-11", "2026-12"))
    assert october and not october.reopened
    assert november and list(november.reopened) == [MONTH]
    assert sum(one.closed for one in november.reopened[MONTH].values()) == 14
    assert december is None or not december.reopened
