"""A file of answers as a header and numbered rows of text, whatever wrote it: CSV or a spreadsheet."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import python_calamine
from python_calamine import CalamineError, CalamineWorkbook

from surveys.errors import HuiyinError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
Cells = list[str]


class AnswerFileError(HuiyinError):
    """The file of answers cannot be taken as it is; nothing was stored."""


@dataclass(frozen=True)
class Table:
    """Header and rows with their line numbers; `unusable` names cells (line, place) that hold no plain value."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[int, Cells], ...]
    notes: tuple[str, ...] = ()
    unusable: Mapping[tuple[int, int], str] = field(default_factory=dict)


def read_table(path: Path, sheet: str | None = None) -> Table:
    """Read a CSV file or a spreadsheet, told apart by their content; AnswerFileError says what is wrong."""
    data = path.read_bytes()
    if not data.strip():
        raise AnswerFileError(f"{path}: the file is empty")
    is_workbook = data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    if sheet is not None and not is_workbook:
        raise AnswerFileError(f"{path}: a CSV file has no sheets: leave out --sheet")
    table = _read_workbook(path, data, sheet) if is_workbook else _read_csv(path, data)
    _check_shape(table)
    return table


def _check_shape(table: Table) -> None:
    names = [name for name in table.header if name]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise AnswerFileError(f"{table.path}:1: column '{repeated[0]}' stands twice: give each column its own name")
    if not table.rows:
        raise AnswerFileError(f"{table.path}: no answers below the header")
    width = len(table.header)
    for line, cells in table.rows:
        if len(cells) != width:
            raise AnswerFileError(
                f"{table.path}:{line}: {len(cells)} cells, but the header has {width} columns: "
                "look for a missing or an extra separator, or a cell with one that needs quotes"
            )
    for place, name in enumerate(table.header):
        if not name and (filled := [line for line, cells in table.rows if cells[place]]):
            raise AnswerFileError(
                f"{table.path}:{filled[0]}: column {place + 1} holds values but has no name in line 1"
            )


def _decode(path: Path, data: bytes) -> tuple[str, list[str]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16"), ["the file is UTF-16 and was converted"]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), ["the file is GB18030 and was converted"]
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AnswerFileError(f"{path}:{line}: neither UTF-8 nor GB18030: save the file as 'CSV UTF-8'") from error


def _read_csv(path: Path, data: bytes) -> Table:
    try:
        text, notes = _decode(path, data)
    except UnicodeDecodeError as error:
        raise AnswerFileError(f"{path}: broken UTF-16: save the file as 'CSV UTF-8'") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    if delimiter != ",":
        notes.append(f"the columns are separated by {DELIMITERS[delimiter]}s")
    records = list(_records(path, text, delimiter))
    if not records:
        raise AnswerFileError(f"{path}: the file is empty")
    return Table(path, tuple(records[0][1]), tuple(records[1:]), tuple(notes))


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, Cells]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise AnswerFileError(f"{path}:{reader.line_num}: not CSV: {error}: look for a stray quotation mark") from error


def _read_workbook(path: Path, data: bytes, sheet: str | None) -> Table:
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            name = _sheet_name(path, book, sheet)
            values = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            names = book.sheet_names
    except (CalamineError, OSError) as error:
        raise AnswerFileError(f"{path}: not a readable spreadsheet ({error}): save it again as .xlsx or CSV") from error
    rows = [(line, [_cell_text(value) for value in row]) for line, row in enumerate(values, 1)]
    filled = [(line, cells) for line, cells in rows if any(cells)]
    if not filled:
        raise AnswerFileError(f"{path}: sheet '{name}' is empty: name another one with --sheet")
    notes = () if len(names) == 1 else (f"reading sheet '{name}' of {len(names)}",)
    unusable = _unusable(data, names.index(name)) if data.startswith(b"PK") else {}
    return Table(path, tuple(filled[0][1]), tuple(filled[1:]), notes, unusable)


def _sheet_name(path: Path, book: CalamineWorkbook, wanted: str | None) -> str:
    names = book.sheet_names
    if wanted is not None and wanted not in names:
        raise AnswerFileError(f"{path}: no sheet '{wanted}', there are: {', '.join(names)}")
    return wanted or names[0]


def _cell_text(value: object) -> str:
    """A cell as a person reads it: whole numbers without a point, days as 2021-08-31."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value).strip()


_FORMULA = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)([0-9]+)"[^>]*>\s*<f\b')
_ERROR = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]+)([0-9]+)"')


def _unusable(data: bytes, place: int) -> dict[tuple[int, int], str]:
    """Cells of the sheet that hold a formula or an error: what they show may be stale, or nothing at all."""
    found: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = _sheet_xml(archive, place)
    for pattern, what in ((_FORMULA, "a formula"), (_ERROR, "an error")):
        for match in pattern.finditer(xml):
            found[int(match[2]), _column_place(match[1].decode())] = what
    return found


def _sheet_xml(archive: zipfile.ZipFile, place: int) -> bytes:
    """The XML of one sheet, found by the book's own table of contents; empty in other kinds of archive."""
    if "xl/workbook.xml" not in archive.namelist():
        return b""
    book = archive.read("xl/workbook.xml")
    ids = [_attribute(tag, b"r:id") for tag in re.findall(rb"<sheet\b[^>]*>", book)]
    targets = {
        _attribute(tag, b"Id"): _attribute(tag, b"Target")
        for tag in re.findall(rb"<Relationship\b[^>]*>", archive.read("xl/_rels/workbook.xml.rels"))
    }
    target = targets[ids[place]].decode()
    return archive.read(target.removeprefix("/") if target.startswith("/") else f"xl/{target}")


def _attribute(tag: bytes, name: bytes) -> bytes:
    match = re.search(rb"\b" + name + rb'="([^"]*)"', tag)
    return match[1] if match else b""


def _column_place(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def listed(names: Iterable[str]) -> str:
    """Names in quotes, for a message."""
    return ", ".join(f"'{name}'" for name in names)
