"""A month is published once and for all: closed, counted, written, shown; a repeat changes no byte."""

import re
import shutil
import string
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import click
import html5lib
import pytest

from scripts import check, demo, publish, recount, tally
from scripts.account import Account
from scripts.charts import Caption, Reach, diverging_bar, interval_line, reach, share_bar
from scripts.counts import open_tally
from scripts.options import open_store
from scripts.publish import Office
from scripts.report_account_text import WORDS as MORE_WORDS
from scripts.report_page import ReportPage, plain
from scripts.report_text import WORDS
from scripts.site_pages import SiteError
from surveys.definition import LANGUAGES, Definitions, load
from surveys.errors import HuiyinError
from surveys.responses import Response, save
from surveys.store import Store
from surveys.store.answers import is_closed
from tests.conftest import ROOT, TINY
from tests.scripts.conftest import EXAMPLE, import_example, run, table
from tests.scripts.test_tally import Office as Desk
from tests.scripts.test_tally import assert_expected
from tests.site_building import copy_some

TODAY = date(2026, 11, 21)


def bytes_in(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


def closed(database: Path, period: str) -> bool:
    with Store.open(database) as store:
        return store.read(lambda connection: is_closed(connection, period))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HUIYIN_DATABASE", str(folder / "office.db"))
        patch.setenv("HUIYIN_PUBLIC", str(folder / "office/public"))
        result = run(demo.main)
        assert result.exit_code == 0, result.stderr
    return folder


class TestDemo:
    def test_it_tells_where_to_look_and_the_pages_are_there(self, shown: Path) -> None:
        for name in ("reports/2021-08/index.html", "en/reports/2021-08/index.html", "reports/index.html"):
            assert (shown / "build/demo/public" / name).is_file()

    def test_an_office_named_by_the_environment_is_not_touched(self, shown: Path) -> None:
        assert not (shown / "office.db").exists()
        assert not (shown / "office").exists()
        assert (shown / "build/demo/huiyin.db").exists()

    def test_a_second_run_changes_no_byte(self, shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(shown)
        places = (shown / "build/demo/content", shown / "build/demo/public")
        before = bytes_in(*places)
        result = run(demo.main)
        assert "0 new, 1,033 already there" in result.stdout
        assert "closed before" in result.stdout
        assert bytes_in(*places) == before

    def test_the_downloads_lead_to_the_figures(self, shown: Path) -> None:
        for language in ("", "en/"):
            folder = shown / "build/demo/public" / f"{language}reports/2021-08"
            links = set(re.findall(r'href="([^"]+\.csv)"', (folder / "index.html").read_text(encoding="utf-8")))
            tables = ("ratings", "answers", "cases", "declared", "exclusions", "surges")
            assert {Path(link).name for link in links} == {
                f"{name}{end}.csv" for name in tables for end in ("", "-bom")
            }
            assert all((folder / link).resolve().is_file() for link in links)
            assert_expected(table(folder / "ratings.csv"))

    def test_every_published_figure_is_recomputed_and_nothing_hidden_comes_out(self, shown: Path) -> None:
        reports = shown / "build/demo/content/zh/reports"
        places = ("--database", shown / "build/demo/huiyin.db", "--definitions", EXAMPLE)
        told = run(recount.main, "--period", "2021-08", "--tables", reports / "2021-08", *places)
        assert "published cells recomputed: all the same" in told.stdout, told.stderr
        told = run(check.main, "--release", reports, *places)
        assert "nothing can be worked out" in told.stdout, told.stderr

    def test_the_page_names_the_rules_and_has_no_inline_style(self, shown: Path) -> None:
        page = (shown / "build/demo/public/en/reports/2021-08/index.html").read_text(encoding="utf-8")
        digest = load(EXAMPLE).digest(load(EXAMPLE).surveys["kcmo-resident", 1])
        assert f"<code>{digest[:16]}</code>" in page
        assert digest in (shown / "build/demo/public/en/reports/codebook/index.html").read_text(encoding="utf-8")
        assert " style=" not in page
        assert "47.4%" in page
        assert "44.4%–50.5%" in page

    def test_each_unit_stands_in_the_order_of_the_file_in_every_language(self, shown: Path) -> None:
        for language, name in (("zh", "第{}选区"), ("en", "Council District {}")):
            text = (shown / f"build/demo/content/{language}/reports/2021-08.md").read_text(encoding="utf-8")
            numbers = "一二三四五六" if language == "zh" else "123456"
            places = [text.index(f"{name.format(number)}</a>") for number in numbers]
            assert places == sorted(places)


@pytest.fixture
def office(real: Path, tmp_path: Path) -> Office:
    """An office with the real survey, its own pages, and a site."""
    copy_some(tmp_path / "content")
    return Office(real, real.with_name("tally.db"), load(EXAMPLE), tmp_path / "content", tmp_path / "build/public")


def office_in(folder: Path) -> Office:
    database = folder / "huiyin.db"
    return Office(database, folder / "tally.db", load(EXAMPLE), folder / "content", folder / "build/public")


@pytest.fixture(scope="module")
def published_once(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that has published its month, copied for each test, because that takes seconds."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(imported, folder, dirs_exist_ok=True)
    copy_some(folder / "content")
    publish.publish(office_in(folder), "2021-08", TODAY)
    return folder


@pytest.fixture
def published(published_once: Path, tmp_path: Path) -> Office:
    """An office of the test's own that has published August 2021."""
    return office_in(Path(shutil.copytree(published_once, tmp_path / "office", symlinks=True)))


class TestOrder:
    def test_a_month_that_has_not_ended_is_refused_and_stays_open(self, real: Path, tmp_path: Path) -> None:
        places = ("--database", real, "--definitions", EXAMPLE, "--content", ROOT / "content")
        result = run(publish.main, "--period", "2999-01", *places, "--output", tmp_path / "public")
        assert result.exit_code == 1
        assert "2999-01 has not ended" in result.stderr
        assert not closed(real, "2999-01")
        assert not (tmp_path / "public").exists()

    @pytest.mark.parametrize("command", [publish.main, tally.main], ids=["publish", "tally"])
    def test_a_month_before_anything_was_asked_is_refused(
        self, command: click.Command, real: Path, tmp_path: Path
    ) -> None:
        opened = min(survey.opened for survey in load(EXAMPLE).surveys.values())
        out = ["--out", tmp_path / "out"] if command is tally.main else ["--output", tmp_path / "out/public"]
        result = run(command, "--period", "2020-01", "--database", real, "--definitions", EXAMPLE, *out)
        assert result.exit_code == 1
        assert (
            result.stderr
            == f"2020-01 ended before the first survey opened, on {opened}: look at --period and --definitions\n"
        )
        assert not closed(real, "2020-01")
        assert not (tmp_path / "out").exists()
        assert not real.with_name("tally.db").exists()

    def test_a_month_without_answers_is_closed_with_a_loud_word(self, office: Office) -> None:
        places = ("--database", office.database, "--definitions", EXAMPLE, "--content", office.content)
        refused = run(publish.main, "--period", "2022-03", *places, "--output", office.output)
        assert refused.exit_code == 1
        assert "2022-03 has no answers and no cases, while answers of 2021-08 wait" in refused.stderr
        assert "did you mean 2021-08?" in refused.stderr
        assert not closed(office.database, "2022-03")
        told = [
            run(publish.main, "--period", period, *more, *places, "--output", office.output).stderr
            for period, *more in (("2022-03", "--silent"), ("2022-03",), ("2021-08",))
        ]
        assert told == [
            "WARNING: 2022-03 had no answers, was published without any and is closed now for good\n",
            "",
            "",
        ]

    def test_answers_that_came_after_an_earlier_count_are_in_what_is_published(self, office: Office) -> None:
        with Store.open(office.database) as store, open_tally(office.tally) as counts:
            counts.refresh(store, "2021-08")
            late = Response(b"x" * 16, "kcmo-resident", 1, "d1", "web", "imported", "en", date(2021, 8, 31), {}, {})
            save(store, late)
        assert publish.publish(office, "2021-08", TODAY).responses == 1034

    def test_what_fails_leaves_the_old_site_and_the_same_command_finishes(self, office: Office) -> None:
        broken = office.content / "en/guides/broken.md"
        broken.write_text("---\ntitle: Broken\n---\n[nowhere](nowhere.md)\n", encoding="utf-8")
        with pytest.raises(SiteError):
            publish.publish(office, "2021-08", TODAY)
        assert not office.output.exists()
        assert closed(office.database, "2021-08")
        broken.unlink()
        published = publish.publish(office, "2021-08", TODAY)
        assert not published.closed_now
        assert (office.output / "reports/2021-08/index.html").is_file()

    def test_what_cannot_be_told_leaves_the_month_open(self, office: Office) -> None:
        earlier = {key: replace(survey, opened=date(2021, 1, 1)) for key, survey in load(TINY).surveys.items()}
        stranger = replace(office, definitions=replace(load(TINY), surveys=earlier))
        with pytest.raises(HuiyinError, match="no survey 'kcmo-resident'"):
            publish.publish(stranger, "2021-08", TODAY)
        assert not closed(office.database, "2021-08")

    def test_leftovers_of_an_interruption_are_cleared(self, published: Office) -> None:
        before = bytes_in(published.content, published.output)
        left = published.content / "zh/reports/2021-08/.ratings.csv.12"
        left.write_text("half")
        publish.publish(published, "2021-08", TODAY)
        assert not left.exists()
        assert bytes_in(published.content, published.output) == before

    def test_tables_of_a_closed_month_are_not_replaced(self, published: Office, folder: Path) -> None:
        before = bytes_in(published.content, published.output)
        definitions = Path(shutil.copytree(EXAMPLE, folder / "renamed"))
        units = definitions / "units.yaml"
        units.write_text(units.read_text(encoding="utf-8").replace("code: d1,", "code: first,"), encoding="utf-8")
        path = published.content / "zh/reports/2021-08/ratings.csv"
        refusal = f"{path}:3: published was '2021-08,kcmo-resident,q3_01,d1,"
        with pytest.raises(HuiyinError, match=re.escape(refusal)) as refused:
            publish.publish(replace(published, definitions=load(definitions)), "2021-08", TODAY)
        assert "if what was published is wrong, correct it" in str(refused.value)
        assert f"move {path.parent} and 2021-08.md away" in str(refused.value)
        assert bytes_in(published.content, published.output) == before

    def test_labels_of_a_closed_month_may_change(self, published: Office, folder: Path) -> None:
        definitions = Path(shutil.copytree(EXAMPLE, folder / "relabelled"))
        units = definitions / "units.yaml"
        units.write_text(units.read_text(encoding="utf-8").replace("Council District 1", "First"), encoding="utf-8")
        publish.publish(replace(published, definitions=load(definitions)), "2021-08", TODAY)
        assert ">First<" in (published.content / "en/reports/2021-08.md").read_text(encoding="utf-8")

    def test_lost_reports_are_made_again_from_the_database(self, published: Office) -> None:
        before = bytes_in(published.content, published.output)
        for language in LANGUAGES:
            shutil.rmtree(published.content / language / "reports")
        published.tally.unlink()
        publish.publish(published, "2021-08", TODAY)
        assert bytes_in(published.content, published.output) == before

    def test_the_head_of_the_audit_at_the_closing_stays_on_the_page(self, published: Office) -> None:
        page = published.content / "en/reports/2021-08.md"
        before = page.read_bytes()
        (told,) = re.findall(r"`([0-9]+:[0-9a-f]{64})`", before.decode())
        result = run(check.main, "--audit", "--head", told, "--database", published.database)
        assert "rows in order" in result.stdout, result.stderr
        publish.publish(published, "2021-08", TODAY)
        assert page.read_bytes() == before

    def test_what_another_office_published_is_not_replaced(self, published: Office, newest: Path) -> None:
        here = published.database.parent
        wrong = replace(published, database=here / "other.db", tally=here / "other-tally.db")
        shutil.copy(newest, wrong.database)
        reports = [published.content / language / "reports" for language in LANGUAGES]
        for left in ([*reports], reports[1:]):
            before = bytes_in(published.content, published.output)
            with pytest.raises(HuiyinError, match=r"other\.db never published it") as refused:
                publish.publish(wrong, "2021-08", TODAY)
            assert f"move {reports[0] / '2021-08'} and 2021-08.md away, and both of {reports[1]}" in str(refused.value)
            assert bytes_in(published.content, published.output) == before
            assert not closed(wrong.database, "2021-08")
            shutil.rmtree(left[0] / "2021-08")
        (reports[0] / "2021-08.md").unlink()
        with pytest.raises(HuiyinError, match=re.escape(f"{reports[1] / '2021-08'}: there lies")):
            publish.publish(wrong, "2021-08", TODAY)  # a page without tables
        (reports[1] / "2021-08.md").unlink()
        with open_store(wrong.database) as store:
            assert publish.settle(wrong, store, "2021-08", TODAY, False).received == 0

    def test_an_office_put_back_from_before_publishes_what_it_had_published(
        self, published: Office, imported: Path, tmp_path: Path
    ) -> None:
        before = {path: data for path, data in bytes_in(published.content).items() if path.suffix == ".csv"}
        earlier = Path(shutil.copytree(imported, tmp_path / "earlier"))
        again = replace(published, database=earlier / "huiyin.db", tally=earlier / "tally.db")
        with open_store(again.database) as store:
            account = publish.settle(again, store, "2021-08", TODAY, False)
            publish.bring_out(again, store, account, TODAY)
        assert before == {path: data for path, data in bytes_in(published.content).items() if path.suffix == ".csv"}

    def test_what_was_said_and_done_is_brought_up_to_date_as_well(self, published: Office) -> None:
        page = (published.output / "en/said-and-done/overdue/index.html").read_text(encoding="utf-8")
        assert f"As of {TODAY} no case is overdue." in page

    def test_the_next_month_keeps_the_last_one_and_heads_the_list(self, published: Office) -> None:
        page = published.content / "zh/reports/2021-08.md"
        before = page.read_bytes()
        publish.publish(published, "2022-03", TODAY)
        assert page.read_bytes() == before
        index = (published.content / "en/reports/index.md").read_text(encoding="utf-8")
        years = (
            "## 2022\n\n- [Report for March 2022](2022-03.md)\n",
            "## 2021\n\n- [Report for August 2021](2021-08.md)\n",
        )
        assert index.endswith("\n".join(years))
        assert "没有收到任何答卷" in (published.content / "zh/reports/2022-03.md").read_text(encoding="utf-8")

    def test_a_late_answer_goes_to_the_next_month_and_is_told(self, published: Office, tmp_path: Path) -> None:
        late = tmp_path / "late.csv"
        late.write_bytes((EXAMPLE / "kcmo-resident-survey-2021-08.csv").read_bytes() + b"\n")
        said = import_example(published.database, late).stdout
        assert "1,033 of them are of a published month and count in 2021-09" in said
        assert "1,033" in publish.publish(published, "2021-09", TODAY).__str__()
        page = (published.content / "en/reports/2021-09.md").read_text(encoding="utf-8")
        assert "Late: 1,033 of “Kansas City resident survey" in page


class Article(HTMLParser):
    """The cells of each table row on a page, by the row's name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: dict[str, list[str]] = {}
        self.cells: list[str] = []
        self.svg = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.svg += tag == "svg"
        if tag == "tr":
            self.cells = []
        elif tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.svg -= tag == "svg"
        if tag == "tr" and self.cells:
            name, *cells = (cell.strip() for cell in self.cells)
            self.rows.setdefault(name, cells)

    def handle_data(self, data: str) -> None:
        if self.cells and not self.svg:
            self.cells[-1] += data


@pytest.fixture
def desk(store: Store, tiny: Definitions) -> Desk:
    return Desk(store, tiny)


def page_of(desk: Desk, survey: str, language: str = "en") -> str:
    return ReportPage(language, Account("2026-10", [desk.month(survey)], desk.definitions)).text()


class TestPage:
    def rated(self, desk: Desk, levels: str) -> str:
        for level in levels:
            desk.answer("scale", {"overall": level})
        return page_of(desk, "scale")

    def test_nobody_answered(self, desk: Desk) -> None:
        page = self.rated(desk, "")
        assert "No responses arrived this month" in page
        assert "Surveys that nobody answered this month: “Small survey”" in page
        assert "<table" not in page

    def test_nine_have_no_percentage_and_it_says_why(self, desk: Desk) -> None:
        page = self.rated(desk, "555444222")
        assert re.findall(r"[0-9.]+%", page) == ["100%"]  # the head of the column
        assert "was rated by 9 people. They are few" in page
        assert "fewer than 10 rated" in page
        assert Article(page).rows["All units"] == ["—", "—", "—", "9", "few people, not published", "0"]

    def test_ten_have_the_interval_alone_marked(self, desk: Desk) -> None:
        page = self.rated(desk, "5555444222")
        assert Article(page).rows["All units"][:4] == ["—", "40%–89% indicative", "—", "10"]
        assert "indicative: 40%–89%" in page
        assert "“Indicative”: 10 to 29 people rated" in page

    def test_thirty_have_both(self, desk: Desk) -> None:
        page = self.rated(desk, "5" * 10 + "4" * 10 + "3" * 5 + "2" * 5)
        row = Article(page).rows["All units"]
        assert row == ["67%", "49%–81%", "83%", "30", "10", "10", "5", "5", "0", "0"]
        assert "20 of them chose" in page
        assert "<circle" in page

    def test_options_have_bars_and_shares(self, desk: Desk) -> None:
        for number in range(100):
            desk.answer("multiple", {"wrong": ["waiting"] if number < 45 else ["manner", "result"]})
        page = page_of(desk, "multiple")
        assert Article(page).rows["Waiting"] == ["45.0%", "35.6%–54.8%", "45"]
        assert "100 people answered this question; the shares are of them. They could choose several" in page
        assert page.count('class="bar-fill"') == 3

    def test_few_who_chose_are_protected(self, desk: Desk) -> None:
        for _ in range(9):
            desk.answer("single", {next(iter(desk.month("single").questions)): "no"})
        page = page_of(desk, "single")
        assert "9 people answered this question. They are few, so what they chose is not published." in page

    def test_what_only_some_were_asked_is_kept_back_with_the_reason(self, desk: Desk) -> None:
        for level in "111115555":
            desk.answer("shown", {"overall": level} | ({"wrong": "waiting"} if level == "1" else {}))
        page = page_of(desk, "shown")
        assert "Only some people were asked this" in page

    def test_another_basis_stands_in_a_table_of_its_own(self, desk: Desk) -> None:
        for level in "5" * 30:
            desk.answer("scale", {"overall": level})
        for level in "1" * 40:
            desk.answer("scale", {"overall": level}, basis="card")
        page = page_of(desk, "scale")
        assert r"given with a one\-time card 40" in page
        first, _, other = page.partition("### Other responses")
        assert Article(first).rows["All units"][3] == "30"
        assert Article(other).rows["Satisfied"][3] == "40"

    def with_units(self, desk: Desk, folder: Path, *names: str) -> None:
        """Give the desk counters of those names beside its hall."""
        copy = Path(shutil.copytree(TINY, folder / "units"))
        lines = [
            f"      - {{code: {name.lower()}, kind: counter, name: {{zh: {name}, en: {name}}}, opened: 2020-01-01}}\n"
            for name in names
        ]
        with (copy / "units.yaml").open("a", encoding="utf-8") as units:
            units.writelines(lines)
        desk.definitions = load(copy)

    def test_units_that_nobody_rated_stand_in_one_line_and_in_the_data(self, desk: Desk, tmp_path: Path) -> None:
        self.with_units(desk, tmp_path, "North", "South", "East")
        desk.answer("scale", {"overall": "dk"}, unit="east")
        page = self.rated(desk, "5" * 20 + "1" * 20)
        rows = Article(page).rows
        assert "Nobody rated: “North”, “South”." in page
        assert rows["East"][3:] == ["0", "0", "0", "0", "0", "0", "1"]
        assert not {"North", "South"} & rows.keys()
        assert [row["unit"] for row in desk.rows("ratings.csv", "scale")] == ["all", "hall", "north", "south", "east"]

    def test_where_all_units_are_merged_other_is_not_shown_twice(self, desk: Desk, tmp_path: Path) -> None:
        self.with_units(desk, tmp_path, "North")
        for level in "55552222":
            desk.answer("scale", {"overall": level}, unit="north")
        page = self.rated(desk, "5" * 20 + "2" * 20)
        rows = Article(page).rows
        assert "Other" not in rows
        assert rows["North"][4] == rows["Hall"][4] == "merged into “Other”"
        assert "“Other” would be the same row as “All units” and is left out." in page
        assert [row["unit"] for row in desk.rows("ratings.csv", "scale")] == ["all", "hall", "north", "other"]

    def test_other_stands_where_it_differs(self, desk: Desk, tmp_path: Path) -> None:
        self.with_units(desk, tmp_path, "North", "South")
        for unit, levels in (("north", "55552222"), ("south", "5" * 50 + "2" * 50)):
            for level in levels:
                desk.answer("scale", {"overall": level}, unit=unit)
        page = self.rated(desk, "5" * 20 + "2" * 20)
        assert Article(page).rows["Other"][3] == "48"
        assert "is left out" not in page

    def test_questions_that_nobody_rated_or_answered_stand_in_one_line(self, desk: Desk, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(TINY, tmp_path / "more"))
        more = """  - {code: speed, kind: scale, scale: satisfaction, text: {zh: 快吗, en: Fast}}
  - {code: visits, kind: number, text: {zh: 几次, en: Visits}}
  - {code: calls, kind: number, text: {zh: 几个电话, en: Calls}}
"""
        with (folder / "surveys/scale.v1.yaml").open("a", encoding="utf-8") as survey:
            survey.write(more)
        desk.definitions = load(folder)
        page = self.rated(desk, "5" * 20 + "1" * 20)
        assert "Nobody rated: “Fast”." in page
        assert "Nobody answered: “Visits”, “Calls”." in page
        assert "Fast" not in Article(page).rows
        assert {row["question"] for row in desk.rows("ratings.csv", "scale")} == {"overall", "speed"}

    def test_words_of_the_office_cannot_become_markup(self, desk: Desk, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(TINY, tmp_path / "spoilt"))
        evil = '"<script>alert(1)</script> *a* [b](c) & {d}"'
        for name in ("surveys/scale.v1.yaml", "units.yaml"):
            text = (folder / name).read_text(encoding="utf-8")
            (folder / name).write_text(re.sub(r"en: [A-Z][a-z ]+(?=\})", f"en: {evil}", text), encoding="utf-8")
        desk.definitions = load(folder)
        page = self.rated(desk, "5" * 30)
        assert "&lt;script&gt;alert(1)" in page
        assert "<script" not in page
        assert r"\*a\* \[b\]\(c\)" in page

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_tables_are_valid_html_with_unique_ids(self, desk: Desk, language: str) -> None:
        self.rated(desk, "5" * 20 + "1" * 20)
        page = page_of(desk, "scale", language)
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids)) > 0
        body = "".join(re.findall(r'<div class="table-box.*?</div>', page, re.DOTALL))
        html5lib.HTMLParser(strict=True).parseFragment(body)


def test_plain_words_survive_markdown() -> None:
    assert plain("a*b  <c>\n& #1.") == r"a\*b &lt;c&gt; &amp; \#1\."


class TestWords:
    def test_both_languages_have_the_same_words_with_the_same_blanks(self) -> None:
        def blanks(text: str) -> set[str]:
            return {name for _, name, _, _ in string.Formatter().parse(text) if name} - {"month", "month_name", "year"}

        assert not WORDS["en"].keys() & MORE_WORDS["en"].keys()
        for words in (WORDS, MORE_WORDS):
            assert words["zh"].keys() == words["en"].keys()
            for key, text in words["zh"].items():
                assert blanks(text) == blanks(words["en"][key]), key

    def test_every_word_is_used(self) -> None:
        sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "scripts").glob("report_*.py"))
        code = sources
        for name in ("report_text.py", "report_account_text.py"):
            code = code.replace((ROOT / "scripts" / name).read_text(encoding="utf-8"), "")
        made = ("channel_", "basis_", "file_", "why_", "interval_", "share_", "bar_", "reason_", "duration_", "trend_")
        for key in {**WORDS["en"], **MORE_WORDS["en"]}:
            assert f'"{key}"' in code or f"'{key}'" in code or key.startswith(made), key


class TestCharts:
    caption = Caption("c", "Title <1>", "Says")

    def places(self, svg: str) -> list[tuple[str, float, float]]:
        found = re.findall(r'class="level-(\d)" x="([\d.]+)" y="3" width="([\d.]+)"', svg)
        return [(level, float(x), float(width)) for level, x, width in found]

    def test_levels_follow_one_another_and_fill_the_bar(self) -> None:
        svg = diverging_bar((1, 1, 2, 3, 3), True, Reach(0.3, 0.7), self.caption)
        places = self.places(svg)
        assert [level for level, _, _ in places] == ["1", "2", "3", "4", "5"]
        assert places[0][1] == 0
        assert sum(width for _, _, width in places) == pytest.approx(320, abs=0.3)
        assert 'd="M96 0' in svg

    def test_a_favourable_middle_lies_right_of_the_line(self) -> None:
        svg = diverging_bar((5, 0, 5, 0, 0), False, Reach(0.5, 0.5), self.caption)
        assert self.places(svg) == [("1", 0, 160), ("3", 160, 160)]

    def test_the_reach_holds_every_row(self) -> None:
        assert reach([(10, 0, 0, 0, 0), (0, 0, 0, 0, 10)], True) == Reach(1.0, 1.0)
        assert reach([(0, 0, 0, 0, 0)], True) == Reach(0.5, 0.5)

    def test_an_interval_without_a_share_has_no_dot(self) -> None:
        assert "<circle" not in interval_line((0.2, 0.6), None, None, self.caption)
        assert '<circle class="point" cx="160"' in interval_line((0.2, 0.6), 0.5, 0.4, self.caption)

    def test_a_chart_is_named_and_described(self) -> None:
        svg = share_bar(0.25, self.caption)
        assert 'role="img" aria-labelledby="c-t c-d"' in svg
        assert '<title id="c-t">Title &lt;1&gt;</title><desc id="c-d">Says</desc>' in svg
        assert 'width="80"' in svg
