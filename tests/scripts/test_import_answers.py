"""Answers from elsewhere come in once, all of a file or none of it, and every fault is told with its place."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import Result
from sqlalchemy import text

from scripts import import_answers
from scripts.answer_rows import SHOWN_FAULTS
from surveys.keys import load_keys
from surveys.store import Store
from surveys.store.answers import close_period
from tests.conftest import ROOT, TINY
from tests.scripts.conftest import ANSWERS, EXAMPLE, import_example, run

HEADER = "id,day,desk,rating,wrong\n"
MAP = """
survey: both
source_id: {column: id}
day: {column: day}
unit: {column: desk, values: {A: hall}}
channel: {value: paper}
answers:
  overall: {column: rating, values: levels}
  wrong: {column: wrong, separator: ";"}
codes:
  levels: {good: "5", bad: "1", "?": dk, "": null}
"""
SURVEY = """
key: both
version: 1
title: {zh: 小问卷, en: Small survey}
intro: {zh: 几个问题。, en: A few questions.}
minutes: 1
opened: 2026-01-01
closed: 2026-10-31
unit_kinds: [counter]
bases: [open, assisted, imported]
questions:
  - {code: overall, kind: scale, scale: satisfaction, required: true, text: {zh: 满意吗, en: Satisfied}}
  - code: wrong
    kind: multiple
    show_if: {overall: [1, 2]}
    max_choices: 2
    text: {zh: 哪里不好, en: What was wrong}
    options:
      - {code: waiting, text: {zh: 等太久, en: Waiting}}
      - {code: manner, text: {zh: 态度, en: Manner}}
      - {code: result, text: {zh: 结果, en: Result}}
  - {code: visits, kind: number, minimum: 1, maximum: 9, text: {zh: 几次, en: Visits}}
  - {code: comment, kind: text, max_length: 20, text: {zh: 意见, en: Comment}}
"""


class Desk:
    """A clerk's folder: a survey, a map, files, and the command."""

    def __init__(self, folder: Path, definitions: Path, database: Path) -> None:
        self.folder = folder
        self.definitions = definitions
        self.database = database
        (definitions / "surveys/both.v1.yaml").write_text(SURVEY, encoding="utf-8")
        self.write_map(MAP)

    def write_map(self, text: str) -> None:
        (self.folder / "map.yaml").write_text(text, encoding="utf-8")

    def take(self, content: str | bytes, name: str = "answers.csv", *more: object, survey: str = "both") -> Result:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.take_file(path, *more, survey=survey)

    def take_file(self, path: Path, *more: object, survey: str = "both") -> Result:
        places = ("--map", self.folder / "map.yaml", "--definitions", self.definitions, "--database", self.database)
        return run(import_answers.main, path, "--survey", survey, *places, *more)

    def refused(self, content: str | bytes, name: str = "answers.csv", *more: object) -> list[str]:
        before = self.rows() if self.database.exists() else []
        result = self.take(content, name, *more)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        assert (self.rows() if self.database.exists() else []) == before
        return result.stderr.replace(f"{self.folder}/", "").splitlines()

    def rows(self, columns: str = "unit, channel, basis, language, day, period, answers") -> list[tuple[str, ...]]:
        with Store.open(self.database) as store:
            found = store.read(lambda connection: connection.execute(text(f"SELECT {columns} FROM responses")).all())
        return sorted(tuple(row) for row in found)


@pytest.fixture
def desk(tmp_path: Path, folder: Path, database: Path) -> Desk:
    return Desk(tmp_path, folder, database)


class TestTaking:
    def test_the_real_survey_comes_in_once(self, database: Path) -> None:
        first = import_example(database)
        assert first.stdout == f"kcmo-resident, batch {ANSWERS.name}: 1,033 new, 0 already there\n"
        again = import_example(database)
        assert again.stdout == f"kcmo-resident, batch {ANSWERS.name}: 0 new, 1,033 already there\n"

    def test_what_is_stored_is_codes_and_days_alone(self, desk: Desk) -> None:
        result = desk.take(HEADER + "7,2026-03-02,A,bad,manner;waiting\n8,2026-03-03,A,?,\n")
        assert result.exit_code == 0, result.stderr
        assert desk.rows() == [
            (
                "hall",
                "paper",
                "imported",
                "zh",
                "2026-03-02",
                "2026-03",
                '{"overall":"1","wrong":["waiting","manner"]}',
            ),
            ("hall", "paper", "imported", "zh", "2026-03-03", "2026-03", '{"overall":"dk"}'),
        ]
        assert b"answers.csv" not in desk.database.read_bytes()

    def test_an_answer_to_a_question_that_was_not_asked_is_left_out_and_that_is_said(self, desk: Desk) -> None:
        rows = "7,2026-03-02,A,good,manner\n8,2026-03-02,A,,waiting\n9,2026-03-02,A,bad,waiting\n"
        result = desk.take(HEADER + rows)
        assert desk.rows("answers") == [('{"overall":"1","wrong":["waiting"]}',), ('{"overall":"5"}',), ("{}",)]
        told = "answers.csv: 2 answers to 'wrong' left out: it is asked only after overall = 1 or 2\n"
        assert result.stderr.endswith(told)
        assert "3 new" in result.stdout

    def test_an_answer_that_its_version_did_not_ask_for_is_left_out_and_that_is_said(self, desk: Desk) -> None:
        (desk.definitions / "surveys/both.v2.yaml").write_text(
            SURVEY.replace("version: 1", "version: 2")
            .replace("2026-01-01", "2026-06-01")
            .replace("code: visits", "code: calls"),
            encoding="utf-8",
        )
        desk.write_map(MAP.replace("  wrong: ", "  calls: {column: calls}\n  wrong: "))
        rows = "1,2026-03-02,A,good,,2\n2,2026-06-02,A,good,,3\n"
        result = desk.take(HEADER.replace("wrong", "wrong,calls") + rows)
        assert result.stderr.endswith("answers.csv: 1 answer to 'calls' left out: version 1 does not ask it\n")

    def test_a_required_question_left_blank_on_paper_is_no_answer(self, desk: Desk) -> None:
        desk.write_map(MAP.replace("  wrong: ", "  visits: {column: visits}\n  wrong: "))
        result = desk.take(HEADER.replace("wrong", "wrong,visits") + "7,2026-03-02,A,,,2\n")
        assert "1 new" in result.stdout, result.stderr
        assert desk.rows("answers") == [('{"visits":2}',)]

    @pytest.mark.parametrize("channel", ["paper", "telephone", "kiosk", "web", "other"])
    def test_whatever_the_channel_the_basis_is_imported(self, desk: Desk, channel: str) -> None:
        desk.write_map(MAP.replace("{value: paper}", f"{{value: {channel}}}"))
        desk.take(HEADER + "7,2026-03-02,A,good,\n")
        assert desk.rows("channel, basis") == [(channel, "imported")]

    def test_the_same_id_in_another_batch_is_another_answer_set(self, desk: Desk) -> None:
        march, april = (HEADER + f"7,2026-{month}-02,A,good,\n" for month in ("03", "04"))
        assert "1 new" in desk.take(march, "march.csv").stdout
        assert "1 new" in desk.take(april, "april.csv").stdout
        desk.write_map(MAP + "batch: spring\n")
        assert "batch spring: 1 new" in desk.take(march, "march.csv").stdout
        assert "batch spring: 0 new, 1 already there" in desk.take(march, "may.csv").stdout

    def test_the_same_bytes_under_another_name_do_not_count_twice(self, desk: Desk) -> None:
        row = HEADER + "7,2026-03-02,A,good,\n"
        desk.take(row, "paper.csv")
        (said,) = desk.refused(row, "paper (1).csv")
        told, _, advice = said.removeprefix("paper (1).csv: ").partition(", ")
        assert re.fullmatch(r"a file with the very same bytes was imported for both on 20\d\d-\d\d-\d\d", told)
        assert advice.startswith("and its answers would count twice: nothing was stored.")
        assert said.endswith("Then give them a 'batch' of their own in the map")
        assert "0 new, 1 already there" in desk.take(row, "paper.csv").stdout
        for name, more, other in (("paper (1).csv", ("--day", "2026-03-09"), "day"), ("paper.csv", (), "batch")):
            desk.write_map(MAP + ("batch: hall\n" if other == "batch" else ""))
            result = desk.take(row, name, *more)
            assert "1 new" in result.stdout
            assert f"note: {told}; its answers count once more, as of another {other}\n" in result.stderr
        assert len(desk.rows()) == 3

    def test_without_ids_two_equal_rows_stay_two_and_a_repeat_adds_nothing(self, desk: Desk) -> None:
        desk.write_map(MAP.replace("source_id: {column: id}", "ignore: [id]"))
        rows = HEADER + "1,2026-03-02,A,good,\n1,2026-03-02,A,good,\n"
        assert "2 new" in desk.take(rows).stdout
        assert "0 new, 2 already there" in desk.take(rows, "another-name.csv").stdout

    def test_a_grown_file_adds_its_new_rows_only(self, desk: Desk) -> None:
        rows = HEADER + "1,2026-03-02,A,good,\n"
        desk.take(rows)
        assert "1 new, 1 already there" in desk.take(rows + "2,2026-03-02,A,bad,\n").stdout

    def test_answers_of_a_closed_month_count_in_the_next_and_that_is_said(self, desk: Desk) -> None:
        load_keys(desk.database, create=True)
        with Store.open(desk.database, create=True) as store:
            store.write(lambda connection: close_period(connection, "2026-03", "2026-04-01"))
        result = desk.take(HEADER + "1,2026-03-02,A,good,\n2,2026-04-02,A,good,\n")
        assert "2 new, 0 already there; 1 of them are of a published month and count in 2026-04" in result.stdout
        assert desk.rows("day, period") == [("2026-03-02", "2026-04"), ("2026-04-02", "2026-04")]

    def test_one_day_for_all(self, desk: Desk) -> None:
        desk.write_map(MAP.replace("day: {column: day}", "ignore: [day]"))
        result = desk.take(HEADER + "1,,A,good,\n", "answers.csv", "--day", "2026-02-28")
        assert result.stdout == "both, batch answers.csv: 1 new, 0 already there\n"
        assert desk.rows("day") == [("2026-02-28",)]

    @pytest.mark.parametrize(
        ("source", "replaced"), [("column: day", "column 'day'"), ("value: 2026-01-05", "the map's 2026-01-05")]
    )
    def test_one_day_for_all_in_place_of_the_maps_is_said(self, desk: Desk, source: str, replaced: str) -> None:
        desk.write_map(
            MAP.replace(
                "day: {column: day}", f"day: {{{source}}}\nignore: [day]" if "value" in source else f"day: {{{source}}}"
            )
        )
        result = desk.take(HEADER + "1,2026-03-02,A,good,\n", "answers.csv", "--day", "2026-02-28")
        assert result.stdout.endswith(f"already there; all on 2026-02-28 as --day says, in place of {replaced}\n")
        assert desk.rows("day") == [("2026-02-28",)]

    def test_an_option_in_a_column_of_its_own(self, desk: Desk) -> None:
        columns = 'wrong: {columns: {late: waiting, rude: manner}, values: {x: ticked, "": null}}'
        desk.write_map(MAP.replace('wrong: {column: wrong, separator: ";"}', columns))
        desk.take("id,day,desk,rating,late,rude\n1,2026-03-02,A,bad,x,\n2,2026-03-02,A,bad,,\n")
        assert desk.rows("answers") == [('{"overall":"1","wrong":["waiting"]}',), ('{"overall":"1"}',)]

    def test_free_text_is_kept_apart(self, desk: Desk) -> None:
        desk.write_map(
            MAP.replace('{column: wrong, separator: ";"}', '{column: wrong, separator: ";"}\n  comment: {column: say}')
        )
        desk.take(HEADER.replace("wrong", "wrong,say") + '1,2026-03-02,A,good,,"很快, 谢谢"\n')
        assert desk.rows("answers") == [('{"overall":"5"}',)]
        with Store.open(desk.database) as store:
            said = store.read(
                lambda connection: connection.execute(text("SELECT text FROM response_texts")).scalars().all()
            )
        assert list(said) == ["很快, 谢谢"]


class TestFileKinds:
    ROW = HEADER + "1,2026-03-02,A,good,\n"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (ROW.encode("utf-8-sig"), ""),
            (ROW.replace("\n", "\r\n").encode(), ""),
            (ROW.replace(",", ";").encode(), "the columns are separated by semicolons"),
            (ROW.replace(",", "\t").encode(), "the columns are separated by tabs"),
            (ROW.encode("utf-16"), "the file is UTF-16 and was converted"),
            (ROW.encode() + b"\n,,,,\n", ""),
        ],
    )
    def test_csv_as_programs_write_it(self, desk: Desk, content: bytes, said: str) -> None:
        result = desk.take(content)
        assert "1 new" in result.stdout, result.stderr
        notes = [line for line in result.stderr.splitlines() if not line.startswith("made a new database at ")]
        assert [note.endswith(said) for note in notes] == ([True] if said else [])

    def test_gb18030_is_converted_and_said(self, desk: Desk) -> None:
        desk.write_map(MAP.replace("good:", "满意:"))
        result = desk.take(self.ROW.replace("good", "满意").encode("gb18030"))
        assert "the file is GB18030 and was converted\n" in result.stderr
        assert desk.rows("answers") == [('{"overall":"5"}',)]

    def workbook(self, desk: Desk, cell: Callable[[xlsxwriter.worksheet.Worksheet, xlsxwriter.Workbook], None]) -> Path:
        path = desk.folder / "answers.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("March")
            sheet.write_row(0, 0, HEADER.strip().split(","))
            sheet.write_row(1, 0, [1, "", "A", "good", ""])
            sheet.write_datetime(1, 1, date(2026, 3, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
            cell(sheet, book)
            book.add_worksheet("Notes")
        return path

    def test_a_spreadsheet_with_true_dates(self, desk: Desk) -> None:
        path = self.workbook(desk, lambda sheet, book: None)
        result = desk.take_file(path)
        assert "1 new" in result.stdout, result.stderr
        assert "reading sheet 'March' of 2\n" in result.stderr
        assert desk.rows("day, answers") == [("2026-03-02", '{"overall":"5"}')]

    @pytest.mark.parametrize(("formula", "value"), [("=D3", "good"), ("=1/0", "#DIV/0!")])
    def test_a_formula_is_refused_by_its_cell(self, desk: Desk, formula: str, value: str) -> None:
        path = self.workbook(desk, lambda sheet, book: sheet.write_formula(1, 3, formula, None, value))
        result = desk.take_file(path)
        assert result.exit_code == 1
        assert "answers.xlsx:2: column 'rating': a" in result.stderr
        assert "paste the values" in result.stderr

    def test_a_date_left_as_a_number_is_explained(self, desk: Desk) -> None:
        path = self.workbook(desk, lambda sheet, book: sheet.write(1, 1, 46083))
        result = desk.take_file(path)
        assert "'46083', expected a day as 2026-10-31; this is a spreadsheet's number of a day" in result.stderr

    def test_a_spreadsheet_by_name_alone(self, desk: Desk) -> None:
        told = "answers.xlsx: not a readable spreadsheet (it only has such a name): save it again as .xlsx or CSV"
        assert desk.refused(b"\xff\xfe\xfd\x81\x20", "answers.xlsx") == [told]
        assert "1 new" in desk.take(self.ROW, "answers.xlsx").stdout

    def test_sheets_are_named(self, desk: Desk) -> None:
        path = self.workbook(desk, lambda sheet, book: None)
        assert "no sheet 'May', there are: March, Notes" in desk.take_file(path, "--sheet", "May").stderr
        assert "sheet 'Notes' is empty" in desk.take_file(path, "--sheet", "Notes").stderr
        assert desk.refused(self.ROW, "a.csv", "--sheet", "March") == [
            "a.csv: a CSV file has no sheets: leave out --sheet"
        ]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "the file is empty"),
            ("\n\n", "the file is empty"),
            (HEADER, "no answers below the header"),
            (HEADER + "1,2026-03-02,A\n", "answers.csv:2: 3 cells, but the header has 5 columns"),
            (HEADER + '1,"2026-03-02,A,good,\n', "answers.csv:2: not CSV"),
            (
                HEADER.replace("wrong", "rating") + "1,2026-03-02,A,good,\n",
                "answers.csv:1: column 'rating' stands twice",
            ),
            (HEADER.replace("wrong", "") + "1,2026-03-02,A,good,x\n", "column 5 holds values but has no name"),
            (b"PK\x03\x04 no archive", "not a readable spreadsheet"),
            (HEADER.encode() + b"1,\xff\xff,A,good,\n", "answers.csv:2: neither UTF-8 nor GB18030"),
        ],
    )
    def test_a_file_that_is_none(self, desk: Desk, content: str | bytes, words: str) -> None:
        (said,) = desk.refused(content)
        assert words in said
        assert not desk.database.exists()


class TestFaults:
    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ("1,2026-03-02,B,good,", "column 'desk': 'B', expected one of A"),
            ("1,2026-03-02,A,fine,", "column 'rating': 'fine', expected one of good, bad, ? or nothing"),
            ("1,2026-03-02,A,,", "no answer at all: enter what stands on the sheet, or leave the row out"),
            ("1,2026-03-02,A,bad,late", "column 'wrong': 'late', expected one of waiting, manner, result"),
            ("1,2026-03-02,A,bad,waiting;manner;result", "expected at most 2 choices"),
            (",2026-03-02,A,good,", "column 'id': nothing, expected the sheet's number"),
            ("1,2.3.2026,A,good,", "column 'day': '2.3.2026', expected a day as 2026-10-31"),
            ("1,2026-02-30,A,good,", "'2026-02-30', expected a day of the calendar: there is no such day"),
            ("1,2026年13月1日,A,good,", "'2026年13月1日', expected a day of the calendar: there is no such day"),
            ("1,,A,good,", "column 'day': nothing, expected a day as 2026-10-31"),
            ("1,2025-12-31,A,good,", "expected a day on which it was asked: version 1 2026-01-01 to 2026-10-31"),
            ("1,2999-01-01,A,good,", "expected a day that is not after today"),
        ],
    )
    def test_a_cell_is_named_with_line_column_value_and_what_was_expected(
        self, desk: Desk, row: str, words: str
    ) -> None:
        first, last = desk.refused(f"{HEADER}9,2026-03-02,A,good,\n{row}\n")
        assert first.startswith("answers.csv:3: ")
        assert words in first
        assert last == "1 row cannot be taken: nothing was stored"

    def test_every_fault_is_told_at_once(self, desk: Desk) -> None:
        said = desk.refused(HEADER + "1,2026-03-02,B,fine,\n1,2026-03-02,A,,\n2,2026-03-02,A,good,\n")
        assert [line.split(": ")[0] for line in said[:-1]] == ["answers.csv:2"] * 2 + ["answers.csv:3"] * 2
        assert "number '1' stands in line 2 too" in said[2] + said[3]
        assert said[-1] == "2 rows cannot be taken: nothing was stored"

    def test_a_cell_with_line_ends_does_not_shift_the_lines(self, desk: Desk) -> None:
        said = desk.refused(HEADER + '"1\n",2026-03-02,A,good,\n2,2026-03-02,B,good,\n')
        assert said[0].startswith("answers.csv:4: column 'desk'")

    def test_beyond_the_limit_faults_are_counted(self, desk: Desk) -> None:
        said = desk.refused(HEADER + "".join(f"{n},2026-03-02,B,good,\n" for n in range(SHOWN_FAULTS + 12)))
        assert said[SHOWN_FAULTS:] == ["… and 12 more", f"{SHOWN_FAULTS + 12} rows cannot be taken: nothing was stored"]

    def test_columns_that_are_missing_or_unknown_are_named(self, desk: Desk) -> None:
        said = desk.refused("id,day,desk,ratings,wrong,phone\n1,2026-03-02,A,good,,5\n")
        assert said == [
            "answers.csv:1:1: column 'rating' is missing, did you mean 'ratings'?",
            "answers.csv:1:4: column 'ratings' is not in the map: map it, or add it to 'ignore'",
            "answers.csv:1:6: column 'phone' is not in the map: map it, or add it to 'ignore'",
        ]

    def test_a_stored_id_with_other_answers_is_refused_and_nothing_comes_in(self, desk: Desk) -> None:
        desk.take(HEADER + "1,2026-03-02,A,good,\n")
        desk.write_map(MAP.replace("{A: hall}", "{A: hall, G: gate}"))
        units = desk.definitions / "units.yaml"
        units.write_text(units.read_text(encoding="utf-8").replace("kind: post", "kind: counter"), encoding="utf-8")
        others, wrong = "if these are other people's answers", "have the old ones left out at the desk's Exclusions"
        for changed, differs, advice in (
            ("1,2026-03-02,A,bad,", "other answers", [others]),
            ("1,2026-03-05,A,good,", "day 2026-03-02", ["nothing but the day differs", wrong]),
            ("1,2026-03-05,G,good,", "unit 'hall' and day 2026-03-02", ["nothing but the unit and day differs", wrong]),
            ("1,2026-03-02,G,bad,", "unit 'hall' and other answers", [others]),
        ):
            said = desk.refused(HEADER + f"2,2026-03-02,A,good,\n{changed}\n")
            assert said[0] == f"answers.csv:3: number '1' is in the database already, with {differs}"
            assert said[1].startswith("1 row cannot be taken: nothing was stored; ")
            assert [words in said[1] for words in (others, wrong)] == [words in advice for words in (others, wrong)]
            assert all(words in said[1] for words in advice)

    def test_a_unit_that_was_closed_on_the_day(self, desk: Desk) -> None:
        units = desk.definitions / "units.yaml"
        units.write_text(units.read_text(encoding="utf-8").replace("kind: post", "kind: counter"), encoding="utf-8")
        desk.write_map(MAP.replace("{A: hall}", "{A: hall, G: gate}"))
        assert desk.take(HEADER + "1,2026-06-30,G,good,\n").exit_code == 0
        said = desk.refused(HEADER + "2,2026-07-01,G,good,\n")
        assert "expected a day on which unit 'gate' was open: 2020-01-01 to 2026-06-30" in said[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("survey: both", "survey: scale", "map.yaml:2:9: the map is for 'scale', the command says --survey both"),
        ("survey: both", "survey: both\nversion: 2", "map.yaml:3:10: the definitions have no version 2 of 'both'"),
        ("source_id: {column: id}", "source_id: {value: x}", "'source_id' must be a column"),
        ("{A: hall}", "{A: hal}", "map.yaml:5:30: 'hal' is no unit, did you mean 'hall'?"),
        ("{A: hall}", "{A: town}", "column 'desk': 'A', expected a unit that this survey is about"),
        ("{value: paper}", "{value: fax}", "'fax' is no channel: there are web, kiosk, paper, telephone, other"),
        (
            "{value: paper}",
            "{column: desk, value: paper}",
            "needs one of 'column', 'value' or 'columns', has 2 of them",
        ),
        ("overall:", "overal:", "the survey has no question 'overal', did you mean 'overall'?"),
        ("values: levels", "values: level", "no table 'level' in 'codes', there are: levels"),
        ('good: "5"', 'good: "6"', "'6' is no answer to 'overall'"),
        ('separator: ";"', "sepparator: x", "unknown key 'sepparator', did you mean 'separator'?"),
        ("{column: rating, values: levels}", "{columns: {rating: good}}", "need several choices; 'overall' is scale"),
        ("answers:", "ignore: [rating]\nanswers:", "column 'rating' is used for 'overall' and stands in 'ignore'"),
        (
            "overall: {column: rating, values: levels}",
            "visits: {column: rating}",
            "map.yaml:8:3: everybody is asked 'overall', and the map has no column for it: add it",
        ),
        ("day: {column: day}", "ignore: [day]", "the map has no 'day': add it, or name one with --day"),
        ("day: {column: day}", "day: {value: soon}\nignore: [day]", "'soon' cannot stand here, expected a day"),
        ("channel: {value: paper}", "channel: {value: paper, format: x}", "'format' belongs to 'day' only"),
    ],
)
def test_a_fault_of_the_map_is_told_with_its_place(desk: Desk, old: str, new: str, words: str) -> None:
    assert old in MAP
    desk.write_map(MAP.replace(old, new))
    said = desk.refused(HEADER + "1,2026-03-02,A,good,\n")
    assert any(words in line for line in said), said


@pytest.mark.parametrize("content", [HEADER + "1,2026-03-02,A,good,\n", '"a: b","c"\n', "PK\x03\x04\x00"])
def test_a_file_of_answers_is_no_map(desk: Desk, content: str) -> None:
    desk.write_map(content)
    (said,) = desk.refused(HEADER + "1,2026-03-02,A,good,\n")
    assert said.startswith("map.yaml:1:1: this is no map, which begins with 'survey:'")


def test_a_word_in_place_of_a_column_is_told(desk: Desk) -> None:
    desk.write_map(MAP.replace("unit: {column: desk, values: {A: hall}}", "unit: hall"))
    assert "a source must be a mapping of keys to values" in desk.refused(HEADER)[0]


def test_a_day_in_another_form_by_its_format(desk: Desk) -> None:
    desk.write_map(MAP.replace("{column: day}", '{column: day, format: "%d.%m.%Y"}'))
    assert desk.take(HEADER + "1,02.03.2026,A,good,\n").exit_code == 0
    assert desk.rows("day") == [("2026-03-02",)]
    assert "'31.11.2026', expected a day of the calendar" in desk.refused(HEADER + "2,31.11.2026,A,good,\n")[0]
    assert "expected a day written as %d.%m.%Y" in desk.refused(HEADER + "2,2026-03-02,A,good,\n")[0]


def test_a_refusal_has_status_1_wrong_use_status_2_and_neither_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.import_answers"]
    arguments = [str(ANSWERS), "--survey", "counter-service", "--map", str(EXAMPLE / "map.yaml")]
    for more, status in (([], 1), (["--day", "soon"], 2)):
        places = ["--database", str(tmp_path / "huiyin.db"), "--definitions", str(TINY)]
        ended = subprocess.run(
            [*command, *arguments, *places, *more], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ended.returncode == status
        assert "Traceback" not in ended.stderr
        assert not (tmp_path / "huiyin.db").exists()
