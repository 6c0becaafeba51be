"""A large table written line by line to CSV or XLSX: whole at its place or not there, and for its owner only."""

import csv
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from scripts.csv_text import harmless
from scripts.export_columns import Value
from scripts.ratings import month_days
from surveys.errors import HuiyinError
from surveys.store.sqlite_file import make_private

SHEET_ROWS = 1_048_575
"""What a sheet holds below its header."""
_SETTINGS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

_harmless = lru_cache(10_000)(harmless)  # codes repeat


class Lines(ABC):
    """A table being written; no cell of it is ever a formula."""

    @abstractmethod
    def write(self, cells: Sequence[Value]) -> None:
        """Add one line."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""


class _CsvLines(Lines):
    def __init__(self, path: Path, month: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")

    def write(self, cells: Sequence[Value]) -> None:
        self._writer.writerow([cell if isinstance(cell, int) else _harmless(cell) for cell in cells])

    def close(self) -> None:
        self._file.close()


class _SheetLines(Lines):
    def __init__(self, path: Path, month: str) -> None:
        self._book = Workbook(path, {**_SETTINGS, "tmpdir": str(path.parent)})
        self._book.set_properties({"title": month, "created": datetime.combine(month_days(month)[1], time())})
        self._sheet = self._book.add_worksheet(month)
        self._sheet.freeze_panes(1, 0)
        self._row = 0

    def write(self, cells: Sequence[Value]) -> None:
        for place, cell in enumerate(cells):
            if isinstance(cell, int):
                self._sheet.write_number(self._row, place, cell)
            elif cell:
                self._sheet.write_string(self._row, place, cell)
        self._row += 1

    def close(self) -> None:
        try:
            self._book.close()
        except FileCreateError as error:
            raise HuiyinError(f"the workbook cannot be written ({error}): look at the folder and its disk") from error


KINDS: Mapping[str, type[_CsvLines | _SheetLines]] = {".csv": _CsvLines, ".xlsx": _SheetLines}


@contextmanager
def written(path: Path, month: str, rows: int) -> Iterator[Lines]:
    """Write a table of so many lines; it stands at `path` once the block has ended well, and only then."""
    if path.suffix == ".xlsx" and rows > SHEET_ROWS:
        raise HuiyinError(
            f"a sheet of a workbook holds {SHEET_ROWS:,} lines and here are {rows:,}: write to a .csv file"
        )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    make_private(draft)
    try:
        lines = KINDS[path.suffix](draft, month)
        try:
            yield lines
        finally:
            lines.close()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
