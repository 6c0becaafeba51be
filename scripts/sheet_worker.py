"""Reads one sheet of a spreadsheet: a script for `surveys.confinement`, bytes in, a JSON list a line out.

A line is ["note", text], ["cell", line, place, what] for a cell without a plain value, ["row", line, cells] for a row
that holds anything, or ["refused", why] as the last one.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import BytesIO
from typing import IO, Any, NamedTuple
from xml.parsers import expat

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 60
MOST_CELLS = 5_000_000
MOST_TEXT = 200_000_000
"""Characters of all rows together."""
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
NOT_READABLE = "not a readable spreadsheet ({}): save it again as .xlsx or CSV"
_AS_CSV = "save the sheet as 'CSV UTF-8' and bring that in"


class Refused(Exception):
    """Why the file gives no table."""


class Sheet(NamedTuple):
    """What the XML of a sheet says before anything is unfolded: its cells with content, and the farthest place."""

    cells: int
    rows: int
    columns: int
    farthest: str
    unusable: list[tuple[int, int, str]]


def read(data: bytes, wanted: str | None) -> Iterator[list[Any]]:
    """The lines to write; Refused says why there are none."""
    import python_calamine  # noqa: PLC0415  (loaded only when the limits hold)

    with python_calamine.load_workbook(BytesIO(data)) as book:
        names = book.sheet_names
        if not names or (wanted is not None and wanted not in names):
            raise Refused(f"no sheet '{wanted}', there are: {', '.join(names)}" if names else "it has no sheet")
        name = names[0] if wanted is None else wanted
        if len(names) > 1:
            yield ["note", f"reading sheet '{name}' of {len(names)}"]
        for cell in _looked_at(data, names.index(name), name):
            yield ["cell", *cell]
        sheet = book.get_sheet_by_name(name)
        if sheet.start is None:
            raise Refused(f"sheet '{name}' is empty: name another one with --sheet")
        yield from _rows(sheet.iter_rows(), sheet.start[1])


def _rows(rows: Iterable[list[Any]], indent: int) -> Iterator[list[Any]]:
    left, length = [""] * indent, 0
    for line, row in enumerate(rows, 1):
        cells = left + [cell_text(value) for value in row]
        if any(cells):
            length += sum(map(len, cells))
            if length > MOST_TEXT:
                raise Refused(f"more than {MOST_TEXT:,} characters up to line {line}: {_AS_CSV}")
            yield ["row", line, cells]


def cell_text(value: object) -> str:
    """A cell as a person reads it: whole numbers without a point, days as 2021-08-31."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _looked_at(data: bytes, place: int, name: str) -> list[tuple[int, int, str]]:
    """Cells with a formula or an error; Refused if the sheet would unfold into more cells than a table may have."""
    found = surveyed(data, place)
    if found is None:
        return []
    if found.rows * found.columns > MOST_CELLS:
        if found.cells * 2 < found.rows * found.columns:
            raise Refused(
                f"sheet '{name}' reaches to cell {found.farthest}, though only {found.cells:,} of its cells hold "
                f"anything: delete what stands far from the table, or {_AS_CSV}"
            )
        raise Refused(f"sheet '{name}' has more than {MOST_CELLS:,} cells: {_AS_CSV}")
    return found.unusable


def surveyed(data: bytes, place: int) -> Sheet | None:
    """What the XML of a sheet says, by its place in the book; None for other kinds of spreadsheets."""
    if not data.startswith(b"PK"):
        return None
    with zipfile.ZipFile(BytesIO(data)) as archive:
        part = _part_of(archive, place)
        if part is None:
            return None
        with archive.open(part) as stream:
            return _Surveyor().survey(stream)


def _part_of(archive: zipfile.ZipFile, place: int) -> str | None:
    """The name of the sheet's XML, found by the book's own table of contents; None in other kinds of archive."""
    if "_rels/.rels" not in archive.namelist():
        return None
    book = next(to for _, kind, to in _relations(archive, "") if kind.endswith("/officeDocument"))
    if not book.endswith(".xml"):
        return None
    sheets = [named for tag, named in _elements(archive, book) if tag == "sheet"]
    wanted = next(value for name, value in sheets[place].items() if name.endswith(":id"))
    return next(to for key, _, to in _relations(archive, book) if key == wanted)


def _relations(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    """Key, kind and part of what a part of the archive points to."""
    folder, _, name = part.rpartition("/")
    for tag, named in _elements(archive, f"{folder}/_rels/{name}.rels".removeprefix("/")):
        if tag == "Relationship":
            target = named.get("Target", "")
            whole = target if target.startswith("/") else f"{folder}/{target}"
            yield named.get("Id", ""), named.get("Type", ""), whole.removeprefix("/")


def _elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, named: found.append((tag.rpartition(":")[2], named))
    with archive.open(part) as stream:
        parser.ParseFile(stream)
    return found


class _Surveyor:
    """Goes through the XML of a sheet once, and holds no more of it than where it is."""

    def __init__(self) -> None:
        self.row = self.cells = self.rows = self.columns = 0
        self.place = 0, 0
        self.is_error = self.is_new = False
        self.unusable: list[tuple[int, int, str]] = []

    def survey(self, stream: IO[bytes]) -> Sheet:
        """What stands where."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        parser.ParseFile(stream)
        return Sheet(self.cells, self.rows, self.columns, f"{_letters(self.columns)}{self.rows}", self.unusable)

    def _begin(self, tag: str, named: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind in ("v", "is", "f"):
            self._hold(kind)
        elif kind == "c":
            self._go_to(named.get("r", ""))
            self.is_error, self.is_new = named.get("t") == "e", True
        elif kind == "row":
            self.row = int(named.get("r") or self.row + 1)
            self.place = self.row, 0

    def _go_to(self, reference: str) -> None:
        """To the named cell, or to the next one of the row where none is named."""
        if not reference:
            self.place = self.row, self.place[1] + 1
            return
        place = _PLACE.fullmatch(reference)
        if place is None:
            raise ValueError(f"'{reference[:20]}' is no cell")
        self.place = int(place[2]), _number(place[1].upper())

    def _hold(self, kind: str) -> None:
        if self.is_new:
            self.is_new = False
            self.cells += 1
            row, column = self.place
            self.rows, self.columns = max(self.rows, row), max(self.columns, column)
            if self.is_error or kind == "f":
                self.unusable.append((row, column - 1, "a formula" if kind == "f" else "an error"))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def main() -> None:
    """Read a file from standard input and tell what one sheet holds, the first unless an argument names it."""
    data = sys.stdin.buffer.read()
    try:
        for message in read(data, sys.argv[1] if len(sys.argv) > 1 else None):
            _tell(message)
    except Refused as refusal:
        _tell(["refused", str(refusal)])
    except MemoryError:
        sys.exit(1)
    except BaseException as error:  # whatever a reader says of bytes from elsewhere, its panics too
        _tell(["refused", NOT_READABLE.format(str(error)[:200] or type(error).__name__)])


def _tell(message: list[Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
