"""Pages that hold all published months: made of the published tables alone, one for each unit and survey."""

import re
import shutil
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import html5lib
import pytest

from scripts.build_site import build_site
from scripts.charts import Caption
from scripts.history import History, Rating, month_before, months_in
from scripts.history_names import page_name
from scripts.history_site import Days, Shelf, renew_history
from scripts.history_text import WORDS
from scripts.open_data import write_file
from scripts.trend_charts import MONTHS_SHOWN, TrendPoint, trend
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.indicators import Counted, newcombe, newcombe_p
from surveys.store import Store
from tests.scripts.history_city import City, definitions_of, months_from
from tests.site_building import copy_some

ATOM = "{http://www.w3.org/2005/Atom}"
HEADER = "period,survey,question,unit,n_1,n_2,n_3,n_4,n_5,dont_know,n,satisfied,low,high,mean,status"
Levels = tuple[int, int] | str


def line(month: str, unit: str, counts: Levels) -> str:
    """A published row with so many satisfied and so many others, or why it is not shown."""
    if isinstance(counts, str):
        return f"{month},visit,overall,{unit},,,,,,0,8,,,,,{counts}"
    satisfied, others = counts
    return f"{month},visit,overall,{unit},{others},0,0,0,{satisfied},0,{satisfied + others},,,,,shown"


def written(folder: Path, tables: Mapping[str, Mapping[str, Levels]]) -> History:
    """A history of these tables, written by hand."""
    for month, units in tables.items():
        text = "\n".join([HEADER, *(line(month, unit, counts) for unit, counts in units.items())]) + "\n"
        write_file(folder / month / "ratings.csv", text.encode())
        write_file(folder / month / "answers.csv", b"period,survey,question,unit,code,n,share,low,high,status\n")
    return History(folder)


@pytest.fixture(scope="module")
def known() -> Definitions:
    """Nine units, one of them closed, and a survey about six of them."""
    found = definitions_of(9, ["visit"])
    closed = replace(found.units["unit-009"], closed=date(2025, 6, 30))
    return replace(found, units=MappingProxyType({**found.units, "unit-009": closed}))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, known: Definitions) -> City:
    """Four months of a small city."""
    made = City(tmp_path_factory.mktemp("city"), known)
    for month in months_from("2025-01", 4):
        made.answer(month)
        made.publish(month)
    return made


def page(city: City, name: str, language: str = "en") -> str:
    return (city.content / language / "reports" / f"{name}.md").read_text(encoding="utf-8")


def pages_of(known: Definitions, history: History) -> Mapping[str, bytes]:
    return Shelf("en", history, known, Days({})).files()


def cells(text: str, month: str) -> list[str]:
    """The cells of a month's row on a page, without marks."""
    found = re.search(rf'<tr><th scope="row"><a class="period" href="../../{month}/">{month}</a></th>(.*?)</tr>', text)
    assert found
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1])]


class TestReading:
    def test_months_of_a_quarter_and_a_year(self) -> None:
        assert months_in("2026-Q3") == ("2026-07", "2026-08", "2026-09")
        assert months_in("2026")[::11] == ("2026-01", "2026-12")
        assert [month_before(month) for month in ("2026-01", "2026-10")] == ["2025-12", "2026-09"]

    def test_rows_are_read_as_published(self, tmp_path: Path) -> None:
        history = written(tmp_path, {"2025-01": {"all": (40, 5), "unit-002": (35, 2), "unit-003": "merged"}})
        month = history.months[0]
        assert month.headlines == {"visit": "overall"}
        assert month.headline("visit", "unit-002") == Rating("unit-002", (2, 0, 0, 0, 35), 0, 37, "shown")
        assert month.headline("visit", "unit-003") == Rating("unit-003", None, 0, 8, "merged")
        assert month.headline("visit", "nowhere") is None

    def test_a_spoilt_file_is_named_with_its_line(self, tmp_path: Path) -> None:
        written(tmp_path, {"2025-01": {"all": (40, 5)}})
        path = tmp_path / "2025-01/ratings.csv"
        path.write_text(path.read_text(encoding="utf-8") + "2025-01,visit\n", encoding="utf-8")
        with pytest.raises(HuiyinError, match=r"ratings\.csv:3: 2 cells, the header has 16"):
            _ = History(tmp_path).months[0].ratings


class TestChanges:
    def test_only_what_stands_after_the_correction_over_all_units_is_called_a_change(
        self, tmp_path: Path, known: Definitions
    ) -> None:
        """One unit's interval excludes 0 by itself, and no longer once all units of the month are compared."""
        units = [f"unit-00{number}" for number in (2, 3, 5, 6, 8)]
        calm: dict[str, Levels] = dict.fromkeys(units, (60, 20))
        moved: dict[str, Levels] = {**calm, "unit-002": (47, 33), "unit-003": (20, 60)}
        history = written(tmp_path, {"2025-01": {"all": (300, 100), **calm}, "2025-02": {"all": (280, 120), **moved}})
        pair = (Counted(47, 80), Counted(60, 80))
        alone = newcombe(*pair)
        assert alone
        assert alone.is_change
        assert newcombe_p(*pair) > 0.05 / 4
        found = history.changes
        assert not found["2025-02", "visit", "unit-002"].is_change
        assert found["2025-02", "visit", "unit-003"].is_change
        pages = pages_of(known, history)
        assert cells(pages["units/unit-002.md"].decode(), "2025-02")[2] == "no change shown"
        assert cells(pages["units/unit-003.md"].decode(), "2025-02")[2].startswith("down 50 points (")
        assert cells(pages["units/unit-003.md"].decode(), "2025-01")[2] == "—"

    @pytest.mark.parametrize("before", [(20, 9), "merged"], ids=["too few", "hidden"])
    def test_what_is_not_shown_is_not_compared(self, tmp_path: Path, before: Levels) -> None:
        after: Levels = (10, 40)
        tables: dict[str, dict[str, Levels]] = {
            "2025-01": {"all": (70, 30), "unit-002": before},
            "2025-02": {"all": (70, 30), "unit-002": after},
        }
        assert not written(tmp_path, tables).changes

    def test_a_month_that_is_missing_is_not_skipped(self, tmp_path: Path) -> None:
        tables: dict[str, dict[str, Levels]] = {
            month: {"all": (70, 30), "unit-002": (10, 40)} for month in ("2025-01", "2025-03")
        }
        assert not written(tmp_path, tables).changes

    def test_all_units_together_are_one_comparison(self, tmp_path: Path, known: Definitions) -> None:
        history = written(tmp_path, {"2025-01": {"all": (70, 30)}, "2025-02": {"all": (40, 60)}})
        text = pages_of(known, history)["surveys/visit.md"].decode()
        assert cells(text, "2025-02")[2].startswith("down 30.0 points (")


class TestUnitPage:
    def test_percentages_and_intervals_keep_to_what_n_bears(self, tmp_path: Path, known: Definitions) -> None:
        rows: Sequence[Levels] = ((0, 0), (25, 4), (25, 5), (90, 10), "merged", "hidden")
        tables = {
            month: {"all": (200, 50), "unit-002": row}
            for month, row in zip(months_from("2025-01", 6), rows, strict=True)
        }
        text = pages_of(known, written(tmp_path, tables))["units/unit-002.md"].decode()
        found = [cells(text, month) for month in tables]
        assert [row[0] for row in found] == ["—", "—", "83%", "90.0%", "—", "—"]
        assert [row[1] for row in found[:4]] == ["—", "69%–95% indicative", "66%–93%", "82.6%–94.5%"]
        assert [row[3] for row in found] == ["80.0%"] * 6
        assert found[3][4:] == ["100", "90", "0", "0", "0", "10", "0"]
        assert [row[5] for row in found[4:]] == ["merged into “Other”", "few people, not published"]
        notes = ("“Merged into ‘Other’”:", "“Few people, not published”:", "“Indicative”:", "“—”:")
        assert all(note in text for note in notes)

    def test_a_unit_of_which_nothing_is_published_says_so(self, city: City) -> None:
        assert "There are no figures of this unit in the published months yet" in page(city, "units/unit-001")
        assert "This unit takes no ratings itself" in page(city, "units/bureau")
        assert "发布过的月份里，还没有这个单位的数字" in page(city, "units/unit-001", "zh")

    def test_a_closed_unit_keeps_its_page_and_its_months(self, city: City) -> None:
        text = page(city, "units/unit-009")
        assert "The register says: from 2020-01-01 to 2025-06-30. Earlier figures stay here." in text
        assert cells(text, "2025-01")

    def test_a_unit_that_left_the_register_keeps_its_page(self, city: City) -> None:
        rest = {code: unit for code, unit in city.known.units.items() if code != "unit-002"}
        gone = replace(city.known, units=MappingProxyType(rest))
        text = pages_of(gone, History(city.reports))["units/unit-002.md"].decode()
        assert 'title: "unit-002"' in text
        assert "The register no longer has this code" in text

    def test_it_names_no_other_unit_but_those_it_belongs_to(self, city: City) -> None:
        text = page(city, "units/unit-003")
        names = set(re.findall(r"Unit [0-9]+|Bureau", text))
        assert names == {"Unit 3", "Bureau"}

    def test_cases_and_declared_figures_are_read_where_they_are_published(
        self, tmp_path: Path, known: Definitions
    ) -> None:
        written(tmp_path, {month: {"all": (40, 5), "unit-002": (40, 5)} for month in ("2025-01", "2025-02")})
        (tmp_path / "2025-02/cases.csv").write_text(
            "period,unit,figure,part,whole,share,low,high,status\n"
            "2025-02,unit-002,first_reply_on_time,33,44,0.75,,,shown\n"
            "2025-02,unit-002,resolved_confirmed,,12,,,,merged\n"
            "2025-02,unit-002,overdue,,7,,,,shown\n"
            "2025-01,unit-002,reopened,1,20,,,,shown\n",
            encoding="utf-8",
        )
        (tmp_path / "2025-02/declared.csv").write_text(
            "period,unit,figure,survey,part,whole,share\n"
            "2025-02,unit-002,disputes,,731,758,0.964380\n2025-02,unit-002,served,visit,,1200,\n",
            encoding="utf-8",
        )
        text = pages_of(known, History(tmp_path))["units/unit-002.md"].decode()
        ratings, cases = text.split("## Cases {#cases}")
        cases, declared = cases.split("## Declared by the unit {#declared}")
        head = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', cases)
        assert head[:2] == ["Month", "First reply on time"]
        assert head[2:] == ["Resolved, confirmed by the resident", "Reopened within 30 days", "Overdue at the end"]
        assert cells(cases, "2025-02") == ["33 / 44 75%", "merged into “Other” 12 in all", "—", "7"]
        assert cells(cases, "2025-01") == ["—", "—", "1 / 20", "—"]
        assert cells(declared, "2025-02") == ["1,200", "731 / 758 96.4%"]
        assert "The unit declares these figures itself" in declared
        assert "Cases" not in ratings


class TestSite:
    def test_the_same_tables_give_the_same_bytes_and_nothing_is_written_twice(self, city: City) -> None:
        files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(city.content.rglob("*.md"))}
        assert len(files) > 2 * 12
        city.publish("2025-04")
        assert {
            path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(city.content.rglob("*.md"))
        } == files

    def test_the_published_tables_are_all_that_is_needed(self, city: City, tmp_path: Path) -> None:
        pages = shutil.ignore_patterns("units", "surveys", "*.md", "feed.xml")
        shutil.copytree(city.content, tmp_path / "content", ignore=pages)
        closed = {month.name: f"{month.name}-28" for month in History(city.reports).months}
        for language in ("zh", "en"):
            folder = city.content / language / "reports"
            made = Shelf(
                language, History(tmp_path / "content" / language / "reports"), city.known, Days(closed)
            ).files()
            assert {name: (folder / name).read_bytes() for name in made} == made

    def test_a_page_that_is_made_no_longer_is_removed(self, city: City) -> None:
        left = city.reports / "units/never.md"
        left.write_text("---\ntitle: never\n---\n", encoding="utf-8")
        with Store.open(city.folder / "huiyin.db") as store:
            renew_history(store, city.tally, city.known, city.content)
        assert not left.exists()
        assert (city.reports / "2025-04.md").exists()

    def test_a_code_that_is_also_the_name_of_the_list_has_a_page_of_its_own(self) -> None:
        assert page_name("index") == "INDEX"
        assert page_name("hall") == "hall"

    def test_the_list_of_reports_has_years_sums_and_months(self, city: City) -> None:
        text = page(city, "index")
        assert "Sums: [quarter 1 of 2025](2025-Q1.md)" in text
        assert "](codebook.md)" not in text  # no month of this city has a codebook
        months = re.findall(r"- \[Report for (\w+) 2025\]", text)
        assert months == ["April", "March", "February", "January"]

    def test_a_correction_moves_the_feed_and_leaves_the_day_of_publication(self, city: City) -> None:
        history = History(city.reports)
        closed = {month.name: f"{month.name}-28" for month in history.months}
        days = Days(closed, {"2025-02": "2025-05-09"})
        feed = ElementTree.fromstring(Shelf("zh", history, city.known, days).files()["feed.xml"])
        told = {
            link.get("href"): [entry.findtext(f"{ATOM}{name}") for name in ("published", "updated")]
            for entry in feed.findall(f"{ATOM}entry")
            for link in entry.findall(f"{ATOM}link")
        }
        moved = "2025-05-09T00:00:00+08:00"
        assert feed.findtext(f"{ATOM}updated") == moved
        assert told["2025-02/"] == ["2025-02-28T00:00:00+08:00", moved]
        assert told["2025-Q1/"] == ["2025-03-28T00:00:00+08:00", moved]
        assert told["2025-01/"] == ["2025-01-28T00:00:00+08:00"] * 2

    def test_the_feed_is_valid_and_its_ids_stay(self, city: City) -> None:
        feed = ElementTree.fromstring((city.reports / "feed.xml").read_bytes())
        entries = feed.findall(f"{ATOM}entry")
        titles = [entry.findtext(f"{ATOM}title") for entry in entries]
        assert titles[:3] == ["2025 年 4 月报告", "2025 年第一季度报告", "2025 年 3 月报告"]
        ids = [entry.findtext(f"{ATOM}id") for entry in entries]
        assert len(set(ids)) == len(ids) == 5
        assert {entry.findtext(f"{ATOM}updated") for entry in entries[1:3]} == {"2025-03-28T00:00:00+08:00"}
        assert feed.findtext(f"{ATOM}updated") == "2025-04-28T00:00:00+08:00"
        shorter = Shelf("zh", History(city.reports), replace(city.known, units=MappingProxyType({})), Days({})).files()
        again = ElementTree.fromstring(shorter["feed.xml"]).findall(f"{ATOM}entry")
        assert {entry.findtext(f"{ATOM}id") for entry in again} == set(ids)

    def test_it_is_built_linked_and_searched_by_the_lists_alone(self, city: City, tmp_path: Path) -> None:
        copy_some(tmp_path / "content")
        for language in ("zh", "en"):
            shutil.copytree(city.content / language / "reports", tmp_path / "content" / language / "reports")
        site = build_site(tmp_path / "content", tmp_path / "build/public")
        pack = (site / "search/pack.json").read_text(encoding="utf-8")
        assert "/reports/units/" in pack
        assert "第9所" in pack
        assert "/reports/units/unit-009/" not in pack
        unit = (site / "en/reports/units/unit-003/index.html").read_text(encoding="utf-8")
        assert 'href="/en/reports/feed.xml"' in unit
        assert " style=" not in unit
        html5lib.HTMLParser(strict=True).parse(unit)
        near = unit[unit.index('id="aside-near"') :]
        assert "unit-00" not in near
        assert "2025-04" in near


class TestChart:
    points: Sequence[TrendPoint] = [TrendPoint(month, (0.5, 0.7), 0.6, 0.65) for month in months_from("2024-01", 30)]

    def test_it_shows_the_newest_months(self) -> None:
        drawn = trend(self.points, Caption("one", "Title", "Description"))
        assert drawn.count('class="interval"') == MONTHS_SHOWN
        assert "2026-06" in drawn
        assert "2024-06" not in drawn
        tree = ElementTree.fromstring(drawn)
        assert [element.text for element in tree if element.tag in ("title", "desc")] == ["Title", "Description"]

    def test_labels_do_not_meet(self) -> None:
        for number in (2, 5, 12, 24):
            drawn = trend(self.points[:number], Caption("one", "Title", "Description"))
            places = sorted(float(x) for x in re.findall(r'<text x="([0-9.]+)"[^>]*text-anchor="middle"', drawn))
            assert all(after - before >= 58 for before, after in pairwise(places))
            assert places[-1] <= 400 - 24

    def test_without_any_interval_there_is_none(self) -> None:
        assert not trend([TrendPoint("2025-01"), TrendPoint("2025-02")], Caption("one", "Title", "Description"))


def test_both_languages_have_the_same_words() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name} - {"month", "month_name"}

    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for key, text in WORDS["zh"].items():
        assert fields(text) == fields(WORDS["en"][key]), key


def test_chinese_is_set_with_its_own_marks() -> None:
    wrong = re.compile(r"[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]")
    plain = {key: re.sub(r"\]\([^)]*\)", "]", text) for key, text in WORDS["zh"].items()}
    assert [key for key, text in plain.items() if wrong.search(text)] == []
