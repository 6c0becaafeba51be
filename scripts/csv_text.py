"""CSV text that spreadsheet programs cannot take for formulas, written and read."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
"""What a formula begins with, in the widths that Chinese input methods and programs take for the same."""
_FORMULA = re.compile(rf"[\s\"“”‘’\u200b-\u200f\u2060\ufeff]*[{_SIGNS}]")
_AFTER_SEPARATOR = re.compile(rf"(;[\s\"']*)(?=[{_SIGNS}])")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet program might run the cell; a plain number is none."""
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell)


def harmless(cell: str) -> str:
    """The cell in one line, so that no spreadsheet program takes it or a part of it for a formula.

    An apostrophe goes before what would begin one: at the start, behind blanks and quotes, and after the
    semicolon at which programs of some countries cut. Control characters become blanks.
    """
    safe = _AFTER_SEPARATOR.sub(r"\1'", _CONTROLS.sub(" ", cell))
    return f"'{safe}" if is_formula(safe) else safe


def csv_text(header: str, lines: Iterable[Sequence[str]]) -> str:
    """A table with its header, which names the columns with commas between them."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(map(harmless, header.split(",")))
    writer.writerows(map(harmless, line) for line in lines)
    return target.getvalue()


def for_programs_and_spreadsheets(name: str, text: str) -> dict[str, bytes]:
    """The two files of a table: plain, and with the mark and line ends that spreadsheet programs want."""
    return {f"{name}.csv": text.encode(), f"{name}-bom.csv": (BOM + text.replace("\n", "\r\n")).encode()}


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a table by column; a cell that is missing at the end of a line is empty."""
    return list(csv.DictReader(io.StringIO(text, newline=""), restval=""))


def header_of(text: str) -> list[str]:
    """The names of the columns."""
    return next(csv.reader(io.StringIO(text, newline="")))
