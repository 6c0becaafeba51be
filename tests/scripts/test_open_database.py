"""Everything published in one file: from the published tables alone, the same bytes each time, and under Datasette."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import html5lib
import pytest
from datasette.app import Datasette

from scripts.codebook import Book, as_json, codebook
from scripts.codebook_page import WORDS, CodebookPage
from scripts.codebook_tables import TABLES
from scripts.counts import open_tally
from scripts.csv_text import rows_of
from scripts.open_data_site import renew_open_data
from scripts.open_database import METADATA, open_database, releases_in
from scripts.tally import months_of
from surveys.definition import LANGUAGES, Definitions
from surveys.errors import HuiyinError
from surveys.keys import load_keys
from surveys.store import Store
from tests.scripts.test_open_data import ANSWERS, CASES, RATINGS

DECLARED = """period,unit,figure,survey,part,whole,share
2026-10,all,served,scale,,300,
2026-10,hall,mediated,,731,758,0.964380
"""
EXCLUSIONS = """period,survey,unit,reason,part,whole,share
2026-10,scale,all,all,2,242,0.008264
"""
CARDS = """period,survey,unit,batch,day,issued,used,void,share
2026-10,scale,all,all,2026-10-05,40,12,0,0.300000
2026-10,scale,hall,00001,2026-10-05,40,12,0,0.300000
"""
SURGES = """period,survey,unit,channel,day,n,usual
2026-10,counter-service,chengdong,web,2026-10-12,72,3
"""
CALLS = """period,survey,answered,refused,not_reached,share
2026-10,scale,20,9,6,0.571429
"""
MONTHS: dict[str, dict[str, str]] = {
    "2026-09": {"ratings": RATINGS.replace("2026-10", "2026-09"), "answers": ANSWERS.replace("2026-10", "2026-09")},
    "2026-10": {
        "ratings": RATINGS,
        "answers": ANSWERS,
        "cases": CASES,
        "declared": DECLARED,
        "exclusions": EXCLUSIONS,
        "cards": CARDS,
        "calls": CALLS,
        "surges": SURGES,
    },
    "2026-Q3": {"ratings": RATINGS.replace("2026-10", "2026-Q3"), "answers": ANSWERS.splitlines()[0] + "\n"},
}


@pytest.fixture(scope="module")
def books(tiny: Definitions, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Book]:
    """The codebook of each month."""
    folder = tmp_path_factory.mktemp("books")
    load_keys(folder / "huiyin.db", create=True)
    found = {}
    with Store.open(folder / "huiyin.db", create=True) as store, open_tally(folder / "tally.db") as counts:
        for month in ("2026-09", "2026-10"):
            counts.refresh(store, month)
            found[month] = codebook(month, months_of(counts, tiny, month), tiny, MONTHS[month])
    return found


@pytest.fixture(scope="module")
def published(books: dict[str, Book], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of an office that published two months and a quarter."""
    content = tmp_path_factory.mktemp("content")
    for month, tables in MONTHS.items():
        folder = content / "zh/reports" / month
        folder.mkdir(parents=True)
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        if month in books:
            (folder / "codebook.json").write_bytes(as_json(books[month]))
    renew_open_data(content)
    return content


@pytest.fixture
def content(published: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(published, tmp_path / "content"))


@pytest.fixture
def database(published: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(published / "zh/reports/open-data.db")) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def as_text(value: float | str | None, decimals: bool) -> str:
    return "" if value is None else f"{value:.6f}" if decimals else str(value)


class TestDatabase:
    @pytest.mark.parametrize("table", TABLES)
    def test_it_holds_every_cell_of_every_month_and_no_other(self, database: sqlite3.Connection, table: str) -> None:
        wanted = [
            row for month, tables in MONTHS.items() if "Q" not in month for row in rows_of(tables.get(table, "a\n"))
        ]
        kinds = {column.name: column.kind in ("share", "mean") for column in TABLES[table].columns}
        found = [
            {name: as_text(row[name], kinds[name]) for name in row.keys()}  # noqa: SIM118  (a row has no other way)
            for row in database.execute(f"SELECT * FROM {table}")
        ]
        assert sorted(found, key=str) == sorted(wanted, key=str)
        assert found

    def test_quarters_stand_apart_so_that_nothing_counts_twice(self, database: sqlite3.Connection) -> None:
        periods = {row["period"] for row in database.execute("SELECT period FROM ratings")}
        assert periods == {"2026-09", "2026-10"}
        assert {row["period"] for row in database.execute("SELECT period FROM ratings_sums")} == {"2026-Q3"}

    def test_it_is_whole_and_every_reference_leads_somewhere(self, database: sqlite3.Connection) -> None:
        assert [tuple(row) for row in database.execute("PRAGMA integrity_check")] == [("ok",)]
        assert list(database.execute("PRAGMA foreign_key_check")) == []
        plan = " ".join(
            row["detail"] for row in database.execute("EXPLAIN QUERY PLAN SELECT * FROM ratings WHERE unit = 'hall'")
        )
        assert "USING INDEX" in plan

    def test_codes_have_their_words(self, database: sqlite3.Connection) -> None:
        units = {row["code"]: row["zh"] for row in database.execute("SELECT code, zh FROM units")}
        assert units["hall"] == "大厅"
        assert units["all"] == "全部单位"
        assert units["north"] == "north"
        told = {tuple(row) for row in database.execute("SELECT subject, place, code, en, about_en FROM codebook")}
        assert ("option", "single/how", "walk", "Walking", None) in told
        assert ("level", "scale/overall", "3", "Fairly satisfied", "in the wide rate only") in told
        assert {code for subject, place, code, _, _ in told if (subject, place) == ("column", "ratings")} >= {
            "n_1",
            "low",
        }

    def test_the_same_tables_give_the_same_bytes_in_whatever_order(self, published: Path) -> None:
        releases = releases_in(published / "zh/reports")
        made = open_database(releases)
        assert made == open_database(releases_in(published / "zh/reports"))
        assert made == (published / "zh/reports/open-data.db").read_bytes()
        turned = []
        for release in releases:
            head_and_lines = {name: text.splitlines(keepends=True) for name, text in release.tables.items()}
            tables = {name: "".join([head, *reversed(lines)]) for name, (head, *lines) in head_and_lines.items()}
            turned.append(type(release)(release.folder, tables, release.book))
        assert open_database(turned) == made

    def test_months_from_before_there_were_codebooks_have_their_codes(self, content: Path) -> None:
        for path in content.glob("zh/reports/*/codebook.json"):
            path.unlink()
        renew_open_data(content)
        with closing(sqlite3.connect(content / "zh/reports/open-data.db")) as made:
            assert ("hall", "hall") in list(made.execute("SELECT code, zh FROM units"))
            assert list(made.execute("SELECT * FROM codebook")) == []

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            (",60,0.866667", ",sixty,0.866667", r"ratings\.csv:3: n is 'sixty', must be a number: put the file back"),
            (",gate,", ",hall,", r"ratings\.csv:4: 2026-10, scale, overall, hall stands twice: put the file back"),
        ],
    )
    def test_a_table_that_was_spoilt_is_named_and_nothing_is_written(
        self, content: Path, old: str, new: str, told: str
    ) -> None:
        path, made = content / "zh/reports/2026-10/ratings.csv", content / "zh/reports/open-data.db"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        before = made.read_bytes()
        with pytest.raises(HuiyinError, match=told):
            renew_open_data(content)
        assert made.read_bytes() == before

    def test_a_figure_that_was_published_again_stands_as_it_was_told_last(self, content: Path) -> None:
        later = content / "zh/reports/2026-11"
        later.mkdir()
        for name, text in (("ratings", RATINGS.splitlines()[0] + "\n"), ("cases", CASES.replace(",,3,", ",,4,"))):
            (later / f"{name}.csv").write_text(text, encoding="utf-8")
        renew_open_data(content)
        with closing(sqlite3.connect(content / "zh/reports/open-data.db")) as made:
            assert list(made.execute("SELECT whole FROM cases WHERE figure = 'reopened'")) == [(4,)]

    def test_before_the_first_report_there_is_nothing(self, tmp_path: Path) -> None:
        renew_open_data(tmp_path)
        assert list(tmp_path.rglob("*")) == []


async def pages_of(reports: Path, *addresses: str) -> list[Any]:
    """What Datasette answers when it is started on the two files as they are downloaded."""
    metadata = json.loads((reports / METADATA).read_text(encoding="utf-8"))
    served = Datasette([str(reports / "open-data.db")], immutables=[], metadata=metadata)
    try:
        await served.invoke_startup()
        return [await served.client.get(address) for address in addresses]
    finally:
        for name, one in served.databases.items():
            if name != "_internal":
                one.close()


class Described(HTMLParser):
    """Collects the descriptions that stand at the columns of a table's page."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "th" and values.get("data-column-description"):
            self.columns[str(values["data-column"])] = str(values["data-column-description"])


class TestDatasette:
    def test_it_shows_tables_with_their_columns_described_and_units_named(self, published: Path) -> None:
        addresses = (
            "/open-data/ratings.json?_shape=array&unit=hall",
            "/open-data/ratings",
            "/open-data/codebook",
            "/open-data",
        )
        # A browser of another test may run a loop in this thread, so this one gets a thread of its own.
        with ThreadPoolExecutor(1) as alone:
            found = alone.submit(lambda: asyncio.run(pages_of(published / "zh/reports", *addresses))).result()
        assert [answer.status_code for answer in found] == [200] * 4
        rows, page, words, front = found
        october = [row for row in rows.json() if row["period"] == "2026-10" and row["survey"] == "scale"]
        assert [(row["n"], row["satisfied"], row["status"]) for row in october] == [(60, 0.866667, "shown")]
        described = Described()
        described.feed(page.text)
        assert (
            described.columns["satisfied"]
            == "4 分票加 5 分票，除以 n，30 票以上才有 / Ratings of levels 4 and 5 ÷ n, from 30 on"
        )
        assert described.columns.keys() == {column.name for column in TABLES["ratings"].columns}
        assert '<a href="/open-data/units/hall">大厅</a>' in page.text
        assert "评价 / Ratings" in page.text
        assert "What each code means" in words.text
        assert "ratings_sums" in front.text


class TestPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_explains_columns_signs_questions_and_units(self, published: Path, language: str) -> None:
        page = (published / language / "reports/codebook.md").read_text(encoding="utf-8")
        for part in (
            "<code>n_1</code>",
            "<code>walk</code>",
            "<code>merged</code>",
            "<code>hall</code>",
            "<code>dk</code>",
        ):
            assert part in page
        address = {"zh": "(open-data.db)", "en": "(/reports/open-data.db)"}[language]
        assert address in page
        assert "(2026-10/huiyin-2026-10.xlsx)" in page
        assert ("大厅" in page) == (language == "zh")
        assert ("Hall" in page) == (language == "en")

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_its_tables_are_valid_html(self, books: dict[str, Book], language: str) -> None:
        page = CodebookPage(language, list(books.values())).text()
        tables = page.split('<div class="table-box"')[1:]
        assert len(tables) > 10
        body = "".join(f'<div class="table-box"{part.partition("</table>")[0]}</table></div>' for part in tables)
        html5lib.HTMLParser(strict=True).parseFragment(body)

    def test_words_of_the_office_cannot_become_markup(self, books: dict[str, Book]) -> None:
        spoilt = json.loads(as_json(books["2026-10"]).decode().replace("大厅", "<script>alert(1)</script>"))
        page = CodebookPage("zh", [spoilt]).text()
        assert "<script" not in page
        assert "&lt;script&gt;" in page

    def test_what_the_latest_month_says_of_a_code_stands(self, books: dict[str, Book]) -> None:
        earlier = json.loads(as_json(books["2026-09"]).decode().replace("大厅", "老大厅").replace('"gate"', '"door"'))
        later = json.loads(as_json(books["2026-10"]))
        page = CodebookPage("zh", [earlier, later]).text()
        assert "老大厅" not in page
        assert "<code>door</code>" in page

    def test_both_languages_have_the_same_words(self) -> None:
        assert WORDS["zh"].keys() == WORDS["en"].keys()
