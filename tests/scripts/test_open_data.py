"""The downloads of a month: tables that are safe to open, a workbook for an office, and the words for both."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from scripts import codebook_page, open_data, report_text, tally
from scripts.codebook import CODEBOOK, Labels, as_json, codebook, described
from scripts.codebook_tables import TABLES
from scripts.codebook_words import STATUSES
from scripts.counts import open_tally
from scripts.csv_text import csv_text, harmless, is_formula, rows_of
from scripts.open_data import files_of
from scripts.open_database import DATABASE, METADATA
from scripts.tally import months_of
from scripts.workbook import workbook, workbook_name
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.exclusions import REASONS
from surveys.indicators import half_up, percent, percent_interval, wilson
from surveys.keys import load_keys
from surveys.released import Status
from surveys.store import Store
from tests.conftest import ROOT
from tests.scripts.conftest import EXAMPLE, run
from tests.scripts.test_tally import Office

FORMULAS = ["=1+1", "+cmd", "-cmd", "@SUM(A1)", " =1+1", "\u3000＝1+1", "＋1", "－cmd", "＠SUM", '"=1+1']


class TestCsv:
    @pytest.mark.parametrize("cell", FORMULAS)
    def test_no_cell_can_be_taken_for_a_formula(self, cell: str) -> None:
        safe = harmless(cell)
        assert safe.startswith("'")
        assert safe.replace("'", "") == cell

    @pytest.mark.parametrize("cell", ["-5", "0.5", "+3.25", "overall", "", "a-b", "3 - 2", "“好”", "12:30"])
    def test_numbers_and_words_stay_as_they_are(self, cell: str) -> None:
        assert harmless(cell) == cell

    @pytest.mark.parametrize("cell", ["a;=1+1", 'a;"=1+1"', "a; ＝1", ";;-1"])
    def test_no_part_behind_a_separator_of_other_countries_can_be_one_either(self, cell: str) -> None:
        assert not any(map(is_formula, harmless(cell).split(";")))

    @pytest.mark.parametrize(
        ("cell", "safe"), [("\t=1", "' =1"), ("a\r\nb", "a  b"), ("\x85+1", "' +1"), ("a\u2028", "a ")]
    )
    def test_a_cell_is_one_line(self, cell: str, safe: str) -> None:
        assert harmless(cell) == safe

    def test_headers_are_guarded_too(self) -> None:
        assert csv_text("=period,n", []) == "'=period,n\n"

    @given(st.lists(st.lists(st.text("=+-@＝ \t\n\r;,\"'a1", max_size=6), min_size=2, max_size=2), max_size=5))
    def test_what_is_written_is_read_again_and_runs_nowhere(self, lines: list[list[str]]) -> None:
        text = csv_text("one,two", lines)
        assert [list(row.values()) for row in rows_of(text)] == [[*map(harmless, line)] for line in lines]
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=";", quoting=csv.QUOTE_NONE):
            assert not any(map(is_formula, cells[1:]))


RATINGS = """period,survey,question,unit,n_1,n_2,n_3,n_4,n_5,dont_know,n,satisfied,low,high,mean,status
2026-10,scale,overall,all,0,1,0,5,154,1,160,0.993750,0.965451,0.998896,4.950000,shown
2026-10,scale,overall,hall,2,2,4,40,12,3,60,0.866667,0.758348,0.930859,3.966667,shown
2026-10,scale,overall,gate,1,3,2,6,0,0,12,,0.253782,0.746218,,shown
2026-10,scale,overall,north,,,,,,2,7,,,,,merged
2026-10,scale,overall,south,,,,,,0,9,,,,,hidden
2026-10,shown,overall,hall,,,,,,,,,,,,hidden
2026-10,shown,overall,gate,,,,,,,,,,,,sealed
"""
ANSWERS = """period,survey,question,unit,code,n,share,low,high,status
2026-10,single,how,all,,40,,,,shown
2026-10,single,how,all,walk,10,0.250000,0.141871,0.401940,shown
2026-10,single,how,hall,,5,,,,hidden
2026-10,single,how,hall,walk,,,,,hidden
"""
CASES = """period,unit,figure,part,whole,share,low,high,status
2026-10,hall,first_reply_on_time,120,128,0.937500,0.881512,0.967993,shown
2026-10,hall,reopened,,3,,,,shown
"""


BESIDES = {"cases": CASES}


@pytest.fixture(scope="module")
def book(tiny: Definitions, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The codebook of a month of the small definitions, as it is read again."""
    folder = tmp_path_factory.mktemp("book")
    load_keys(folder / "huiyin.db", create=True)
    with Store.open(folder / "huiyin.db", create=True) as store, open_tally(folder / "tally.db") as counts:
        counts.refresh(store, "2026-10")
        months = months_of(counts, tiny, "2026-10")
    found = as_json(codebook("2026-10", months, tiny, {"ratings": RATINGS, "answers": ANSWERS, **BESIDES}))
    return json.loads(found)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def made(book: dict[str, Any]) -> bytes:
    return workbook(book, {"ratings": RATINGS, "answers": ANSWERS, **BESIDES})


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    """The values of every sheet."""
    read = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: read.get_sheet_by_name(name).to_python() for name in read.sheet_names}


def rows(data: bytes, sheet: str) -> list[dict[str, Any]]:
    """The rows of a table's sheet by its Chinese headings."""
    head, _, *lines = sheets(data)[sheet]
    return [dict(zip(head, line, strict=True)) for line in lines]


def parts(data: bytes) -> dict[str, str]:
    """The files inside a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: archive.read(name).decode() for name in archive.namelist()}


def shown_as(data: bytes, sheet: int, cell: str) -> str:
    """The number format of a cell; 'General' for text."""
    inside = parts(data)
    formats = dict(re.findall(r'numFmtId="(\d+)" formatCode="([^"]+)"', inside["xl/styles.xml"]))
    looks = re.findall(r'<xf numFmtId="(\d+)"', inside["xl/styles.xml"].partition("<cellXfs")[2])
    found = re.search(rf'<c r="{cell}" s="(\d+)"', inside[f"xl/worksheets/sheet{sheet}.xml"])
    assert found
    number = looks[int(found[1])]
    return {"0": "General", "9": "0%", "3": "#,##0", "2": "0.00"}.get(number) or formats[number]


class TestWorkbook:
    def test_the_first_sheet_explains_and_the_others_hold_the_tables(self, made: bytes) -> None:
        found = sheets(made)
        assert list(found) == ["说明", "评价", "选择题", "事项"]
        told = {line[0]: line[1] for line in found["说明"]}
        assert {"谁算一票", "误差范围", "并入“其他”", "人数少，不公布", "—", "满意率（含基本满意）"} <= told.keys()
        assert any("内容指纹（SHA-256）" in text for text in told.values())

    def test_headings_stand_in_both_languages_and_stay_in_sight(self, made: bytes) -> None:
        chinese, english, *_ = sheets(made)["评价"]
        assert chinese[3:6] == ["单位", "票数 n", "5 分票（最好）"]
        assert english[3:6] == ["Unit", "Ratings n", "Level 5 (best)"]
        sheet = parts(made)["xl/worksheets/sheet2.xml"]
        assert 'xSplit="4" ySplit="2"' in sheet
        assert 'state="frozen"' in sheet
        assert "<autoFilter" in sheet
        assert "$1:$2" in parts(made)["xl/workbook.xml"]

    def test_codes_have_names_and_stand_at_the_end(self, made: bytes) -> None:
        hall = rows(made, "评价")[1]
        assert (hall["问卷"], hall["题目"], hall["单位"]) == ("小问卷", "满意吗", "大厅")
        assert (hall["问卷代码"], hall["题目代码"], hall["单位代码"]) == ("scale", "overall", "hall")

    def test_rates_follow_from_the_counts_and_are_not_rounded_in_the_cell(self, made: bytes) -> None:
        everything, hall = rows(made, "评价")[:2]
        assert everything["满意率（严）"] == 159 / 160
        assert hall["满意率（含基本满意）"] == 56 / 60
        assert hall["差评率"] == 4 / 60
        assert hall["平均分"] == 3.966667

    @pytest.mark.parametrize(
        ("cell", "look"),
        [
            ("L3", "0.0%"),
            ("L4", "0%"),
            ("M3", "0.0%"),
            ("M5", "0%"),
            ("E3", "#,##0"),
            ("Q3", "0.00"),
            ("L5", "General"),
        ],
    )
    def test_percentages_have_a_decimal_from_a_hundred_on(self, made: bytes, cell: str, look: str) -> None:
        assert shown_as(made, 2, cell) == look

    def test_what_may_not_be_shown_says_why(self, made: bytes) -> None:
        _, _, few, merged, hidden, *sealed = rows(made, "评价")
        assert (few["满意率（严）"], few["误差下限"], few["公布情况"]) == (
            "—",
            pytest.approx(0.253782, abs=1e-6),
            "已公布（参考）",
        )
        assert (merged["票数 n"], merged["3 分票"], merged["公布情况"]) == (7, "并入“其他”", "并入“其他”")
        assert (hidden["票数 n"], hidden["差评率"], hidden["公布情况"]) == (9, "不公布", "人数少，不公布")
        assert {(row["票数 n"], row["平均分"], row["公布情况"]) for row in sealed} == {("不公布", "不公布", "不公布")}

    def test_options_are_named_and_shares_are_of_all_who_answered(self, made: bytes) -> None:
        everybody, walked, _, hidden = rows(made, "选择题")
        assert (everybody["选项"], everybody["人数"], everybody["比例"]) == ("", 40, "—")
        assert (walked["选项"], walked["比例"], walked["误差下限"]) == ("走路", 0.25, pytest.approx(0.141871, abs=1e-6))
        assert (hidden["人数"], hidden["公布情况"]) == ("不公布", "人数少，不公布")

    def test_a_further_table_has_its_sheet(self, made: bytes) -> None:
        replied, reopened = rows(made, "事项")
        assert (replied["指标"], replied["其中"], replied["总数"], replied["比例"]) == (
            "首次答复及时",
            120,
            128,
            0.9375,
        )
        assert (reopened["其中"], reopened["比例"]) == ("—", "—")

    def test_a_column_that_nobody_described_is_refused(self, book: dict[str, Any]) -> None:
        with pytest.raises(HuiyinError, match=r"cases\.csv has a column 'secret' that is not described"):
            workbook(book, {"cases": "period,secret\n2026-10,1\n"})
        with pytest.raises(HuiyinError, match="the table 'more' is not described"):
            described("more")

    def test_a_table_without_rows_says_so(self, book: dict[str, Any]) -> None:
        head, _, said = sheets(workbook(book, {"answers": ANSWERS.splitlines()[0]}))["选择题"]
        assert "选项" in head
        assert said[0].startswith("这个月没有")

    @pytest.mark.parametrize(
        "evil", ['=HYPERLINK("http://a.example","b")', "＝1+1", "@SUM(1)", "-2+3", "{=1}", "http://a"]
    )
    def test_text_never_becomes_a_formula_or_a_link(self, book: dict[str, Any], evil: str) -> None:
        spoilt = json.loads(json.dumps(book).replace('"\\u5927\\u5385"', json.dumps(evil)))
        data = workbook(spoilt, {"ratings": RATINGS})
        assert [row["单位"] for row in rows(data, "评价")][1] == evil
        inside = parts(data)
        assert not [name for name, text in inside.items() if "<f>" in text or "<hyperlink" in text]
        assert ("quotePrefix" in inside["xl/styles.xml"]) == is_formula(evil)

    def test_a_text_that_is_too_long_for_a_cell_is_refused(self, book: dict[str, Any]) -> None:
        spoilt = json.loads(json.dumps(book).replace('"\\u5927\\u5385"', f'"{"x" * 40000}"'))
        with pytest.raises(HuiyinError, match="sheet 评价, row 4, column 4 does not fit"):
            workbook(spoilt, {"ratings": RATINGS})

    def test_it_is_dated_by_its_month(self, made: bytes) -> None:
        assert parts(made)["docProps/core.xml"].count("2026-10-31T00:00:00Z") == 2

    def test_it_prints_the_percentages_of_the_report(self, made: bytes) -> None:
        """What a program shows of the unrounded figure is what the page says of the counts."""
        for row in rows(made, "评价")[:2]:
            n, good = int(row["票数 n"]), int(row["5 分票（最好）"] + row["4 分票"])
            digits = 1 if n >= 100 else 0
            low, high = (half_up(row[name] * 100, digits) for name in ("误差下限", "误差上限"))
            assert f"{half_up(row['满意率（严）'] * 100, digits)}%" == percent(good, n)
            assert f"{low}%–{high}%" == percent_interval(wilson(good, n), n)


class TestSameBytes:
    def test_another_clock_place_zone_and_hash_seed_give_the_same_files(self, real: Path, tmp_path: Path) -> None:
        assert run(tally.main, "--period", "2021-08", "--out", tmp_path / "out", "--database", real,
                   "--definitions", EXAMPLE).exit_code == 0  # fmt: skip
        found = []
        for number, zone in enumerate(("Asia/Shanghai", "America/New_York")):
            place = tmp_path / zone.replace("/", "-")
            place.mkdir()
            settings = {"TZ": zone, "PYTHONHASHSEED": str(number), "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-c", WRITE, str(EXAMPLE), str(real.with_name("tally.db")), str(number)]
            subprocess.run(command, cwd=place, env={**os.environ, **settings}, check=True)
            paths = sorted(path for path in place.rglob("*") if path.is_file())
            found.append({path.relative_to(place).as_posix(): path.read_bytes() for path in paths})
        assert found[0] == found[1]
        month = "content/zh/reports/2021-08"
        wanted = (
            "huiyin-2021-08.xlsx",
            "codebook.json",
            "ratings.csv",
            "answers-bom.csv",
            "../open-data.db",
            "../codebook.md",
        )
        assert {os.path.normpath(f"{month}/{name}") for name in wanted} <= found[0].keys()
        assert found[0][f"{month}/ratings.csv"] == (tmp_path / "out/ratings.csv").read_bytes()


WRITE = """
import sys, time
from pathlib import Path
from scripts.counts import open_tally
from scripts.open_data import files_of, write_files
from scripts.open_data_site import renew_open_data
from scripts.tally import months_of
from surveys.definition import load
true_time = time.time
time.time = lambda: true_time() + 86400 * 400 * int(sys.argv[3])
with open_tally(Path(sys.argv[2])) as counts:
    known = load(Path(sys.argv[1]))
    write_files(Path("content/zh/reports/2021-08"), files_of(months_of(counts, known, "2021-08"), known))
renew_open_data(Path("content"))
"""


class TestCodebook:
    def test_it_is_canonical_json(self, book: dict[str, Any]) -> None:
        text = as_json(book).decode()
        assert text.endswith("}\n")
        assert json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, indent=1) + "\n" == text

    def test_it_names_versions_with_their_fingerprint(self, book: dict[str, Any], tiny: Definitions) -> None:
        (found,) = [survey for survey in book["surveys"] if survey["key"] == "scale"]
        assert found["bases"] == ["open", "assisted"]
        (version,) = found["versions"]
        assert version["digest"] == tiny.digest(tiny.surveys["scale", 1])
        assert version["questions"][0]["text"] == {"zh": "满意吗", "en": "Satisfied"}

    def test_it_says_what_counts_as_satisfied(self, book: dict[str, Any]) -> None:
        scale = book["scales"]["satisfaction"]
        assert (scale["satisfied"], scale["wide"]) == (["4", "5"], ["3", "4", "5"])
        assert [level["counts"] for level in scale["levels"]] == [*["dissatisfied"] * 2, "wide", *["satisfied"] * 2]
        assert scale["dont_know"]["code"] == "dk"

    def test_units_are_those_of_the_month(self, book: dict[str, Any], tiny: Definitions) -> None:
        """The gate closed in June, but stands in a table, as a late answer may let it."""
        assert {unit["code"]: unit["within"] for unit in book["units"]} == {
            "town": None,
            "hall": "town",
            "gate": "town",
        }
        without = codebook("2026-10", [], tiny, {"ratings": RATINGS.replace(",gate,", ",hall,")})
        assert [unit["code"] for unit in without["units"]] == ["town", "hall"]

    def test_every_column_of_every_table_is_described(self) -> None:
        headers = {"ratings": open_data.RATING_HEADER, "answers": open_data.ANSWER_HEADER}
        for name, header in headers.items():
            assert [column.name for column in TABLES[name].columns] == header.split(",")
        for name, words in TABLES.items():
            assert {*words.key} <= {column.name for column in words.columns}, name

    def test_all_words_stand_in_both_languages(self, book: dict[str, Any]) -> None:
        def check(value: Any) -> None:
            if isinstance(value, dict):
                assert ("zh" in value) == ("en" in value)
                assert all(value[language] for language in ("zh", "en") if language in value)
            for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                check(member)

        check(book)

    def test_signs_and_reasons_are_those_of_the_rules_and_of_the_page(self, book: dict[str, Any]) -> None:
        assert {*book["values"]["reason"]} == {"all", *REASONS}
        for language in ("zh", "en"):
            words, labels = report_text.WORDS[language], Labels(book, language)
            assert [labels.status(code) for code in ("hidden", "merged", "sealed")] == [
                words[key] for key in ("hidden", "merged", "sealed")
            ]
            assert labels.sign("indicative") == words["indicative"]
        assert {*get_args(Status)} <= {*STATUSES}

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_the_method_page_names_the_files(self, language: str) -> None:
        text = (ROOT / "content" / language / "about/method.md").read_text(encoding="utf-8")
        for name in (workbook_name("2026-11"), CODEBOOK, DATABASE, METADATA):
            assert f"`{name}`" in text
        assert codebook_page.WORDS[language]["title"] in text

    def test_auditors_tables_come_alone(self, store: Store, tiny: Definitions) -> None:
        month = Office(store, tiny).month("scale", internal=True)
        assert sorted(files_of([month])) == ["answers-bom.csv", "answers.csv", "ratings-bom.csv", "ratings.csv"]
