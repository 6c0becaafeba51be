"""Files of answers told apart by what they hold: CSV, or a spreadsheet."""

import hashlib
from dataclasses import replace
from pathlib import Path

from scripts.answer_csv import read_csv
from scripts.answer_sheets import BEGINNINGS, read_workbook
from scripts.answer_table import AnswerFileError, Table, check_shape
from scripts.sheet_worker import NOT_READABLE

_SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def read_table(path: Path, sheet: str | None = None) -> Table:
    """Read a CSV file or a spreadsheet; AnswerFileError says what is wrong."""
    if not path.is_file():
        raise AnswerFileError(f"{path}: no file: save what it gives as one first")
    with path.open("rb") as file:
        is_workbook = file.read(8).startswith(BEGINNINGS)
    if sheet is not None and not is_workbook:
        raise AnswerFileError(f"{path}: a CSV file has no sheets: leave out --sheet")
    digest = digest_of(path)
    try:
        table = replace(read_workbook(path, sheet) if is_workbook else read_csv(path), digest=digest)
        check_shape(table)
    except AnswerFileError as error:
        if is_workbook or path.suffix.lower() not in _SPREADSHEETS:
            raise
        raise AnswerFileError(f"{path}: {NOT_READABLE.format('it only has such a name')}") from error
    return table


def digest_of(path: Path) -> bytes:
    """The SHA-256 of a file, which is never held whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
