"""Spreadsheets that unfold: each is refused with the way out, by a process with limits, and nothing is held of them."""

import resource
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from scripts import answer_sheets, sheet_worker
from scripts.answer_files import read_table
from scripts.answer_table import AnswerFileError
from tests.adversary.books import BOOK, MAIN, PLAIN, RELATIONS, book_of
from tests.adversary.books import sheet_of as sheet


def book(folder: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A workbook with parts of its own."""
    path = folder / "answers.xlsx"
    path.write_bytes(book_of(sheet(PLAIN), parts))
    return path


def refusal(path: Path, name: str | None = None) -> str:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(AnswerFileError) as caught:
        read_table(path, name)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "KiB more than before"
    return str(caught.value).removeprefix(f"{path}: ")


def test_the_parts_make_a_table(tmp_path: Path) -> None:
    table = read_table(book(tmp_path, {}), "表一")
    assert (table.header, list(table.rows)) == (("a",), [(2, ["1"])])


def test_one_far_cell_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"
    with xlsxwriter.Workbook(path) as made:
        written = made.add_worksheet("三月")
        written.write_row(0, 0, ["a", "b"])
        written.write_row(1, 0, [1, 2])
        written.write(1_048_575, 16_383, "x")
    assert refusal(path) == (
        "sheet '三月' reaches to cell XFD1048576, though only 5 of its cells hold anything: delete what stands far "
        "from the table, or save the sheet as 'CSV UTF-8' and bring that in"
    )


def test_a_far_cell_with_a_border_and_nothing_in_it_does_no_harm(tmp_path: Path) -> None:
    table = read_table(
        book(tmp_path, {"xl/worksheets/sheet1.xml": sheet(PLAIN + '<row r="9"><c r="XFD9" s="1"/></row>')})
    )
    assert list(table.rows) == [(2, ["1"])]


def test_a_table_that_begins_elsewhere_keeps_its_lines_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"
    with xlsxwriter.Workbook(path) as made:
        written = made.add_worksheet()
        written.write_row(2, 1, ["a", "b"])
        written.write_row(5, 1, [1, 2])
        written.write_formula(6, 2, "=B6", None, 5)
    table = read_table(path)
    assert table.header == ("", "a", "b")
    assert list(table.rows) == [(6, ["", "1", "2"]), (7, ["", "", "5"])]
    assert table.unusable == {(7, 2): "a formula"}


def test_cells_without_a_name_are_counted_on(tmp_path: Path) -> None:
    rows = '<row><c t="inlineStr"><is><t>a</t></is></c></row><row><c><f>1+1</f><v>2</v></c></row>'
    assert read_table(book(tmp_path, {"xl/worksheets/sheet1.xml": sheet(rows)})).unusable == {(2, 0): "a formula"}


LONG = f'<sst xmlns="{MAIN}"><si><t>{"x" * 4_000_000}</t></si></sst>'
MANY = '<row><c t="s"><v>0</v></c></row>' * 2_000
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]>'


@pytest.mark.parametrize(
    ("part", "content", "words"),
    [
        ("xl/worksheets/sheet1.xml", LAUGHS + sheet(f"<row><c><v>&a9;</v></c></row>{PLAIN}"), "not a readable"),
        ("xl/worksheets/sheet1.xml", sheet('<row r="1"><c r="A1"><v>1</v></c>'), "not a readable spreadsheet"),
        ("xl/worksheets/sheet1.xml", sheet(f'<row r="{"9" * 5000}"/>'), "not a readable spreadsheet"),
        ("xl/worksheets/sheet1.xml", "", "not a readable spreadsheet"),
        ("xl/worksheets/sheet1.xml", "<c " * 200_000, "not a readable spreadsheet"),
        ("xl/workbook.xml", "<sheet " * 100_000, "not a readable spreadsheet"),
        ("xl/workbook.xml", BOOK.replace("r1", "r9"), "not a readable spreadsheet"),
        ("xl/workbook.xml", f'<workbook xmlns="{MAIN}"><sheets/></workbook>', "it has no sheet"),
        ("xl/_rels/workbook.xml.rels", RELATIONS.replace("worksheets/", "../../../etc/"), "not a readable"),
    ],
)
def test_what_unfolds_or_is_broken_is_refused(tmp_path: Path, part: str, content: str | bytes, words: str) -> None:
    assert refusal(book(tmp_path, {part: content})).startswith(words)


def test_one_long_word_in_many_cells_is_stopped(tmp_path: Path) -> None:
    path = book(tmp_path, {"xl/sharedStrings.xml": LONG, "xl/worksheets/sheet1.xml": sheet(MANY)})
    assert path.stat().st_size < 100_000
    assert refusal(path).startswith("reading this spreadsheet takes more memory or time than a table may")


def test_a_sheet_of_too_many_cells_is_sent_to_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_worker, "MOST_CELLS", 5)
    rows = "".join(f"<row>{'<c><v>1</v></c>' * 2}</row>" for _ in range(3))
    data = book(tmp_path, {"xl/worksheets/sheet1.xml": sheet(rows)}).read_bytes()
    with pytest.raises(sheet_worker.Refused, match="more than 5 cells: save the sheet as 'CSV UTF-8'"):
        list(sheet_worker.read(data, None))


def test_a_book_of_many_long_cells_is_sent_to_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_worker, "MOST_TEXT", 1)
    with pytest.raises(sheet_worker.Refused, match="more than 1 characters up to line 2"):
        list(sheet_worker.read(book(tmp_path, {}).read_bytes(), None))


def test_a_book_of_too_many_bytes_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with path.open("r+b") as file:
        file.truncate(answer_sheets.FILE_LIMIT + 1)
    assert refusal(path).startswith("a spreadsheet of more than 100 MB")


def open_document(rows: str) -> bytes:
    """An OpenDocument sheet."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
        f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet><table:table table:name="t">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return out.getvalue()


def test_a_row_that_repeats_itself_a_million_times_is_stopped(tmp_path: Path) -> None:
    kind = 'table:number-columns-repeated="{}" office:value-type="string"'
    cell = f"<table:table-cell {kind}><text:p>a</text:p></table:table-cell>"
    path = tmp_path / "answers.ods"
    path.write_bytes(open_document(f"<table:table-row>{cell.format(1)}</table:table-row>" * 2))
    assert read_table(path).header == ("a",)
    far = f'<table:table-row table:number-rows-repeated="1048576">{cell.format(16_384)}</table:table-row>'
    path.write_bytes(open_document(far))
    assert "save" in refusal(path)


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)]
)
def test_a_beginning_alone_is_no_spreadsheet(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "answers.xls"
    path.write_bytes(data)
    assert refusal(path).startswith("not a readable spreadsheet")
