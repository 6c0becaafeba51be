"""CSV as programs and people write it: its encoding found out, its rows read as often as they are wanted.

A small file is held in memory; a large one is read anew each time, so that its size costs time and no memory.
"""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from scripts.answer_table import AnswerFileError, Cells, Table

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
HELD = 16 * 1024 * 1024
"""Bytes of a file up to which its rows stay in memory."""
MOST_ROWS = 20_000_000
LONGEST = 1_000_000
"""Characters of a row, all its cells together."""
_BLOCK = 1024 * 1024
_SAVE = "save the file as 'CSV UTF-8'"


def read_csv(path: Path) -> Table:
    """A CSV file with its header and rows; AnswerFileError says what is wrong and in which line."""
    encoding, notes = _encoding(path)
    first = next((line for line in _Lines(path, encoding) if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    if delimiter != ",":
        notes.append(f"the columns are separated by {DELIMITERS[delimiter]}s")
    rows = _CsvRows(path, encoding, delimiter)
    header = next(rows.records(), None)
    if header is None:
        raise AnswerFileError(f"{path}: the file is empty")
    is_small = path.stat().st_size <= HELD
    # What has a length is asked for it first, and to count the rows takes another reading.
    held = tuple(iter(rows)) if is_small else rows
    return Table(path, tuple(header[1]), held, tuple(notes))


class _CsvRows:
    """The rows below the header, read from the file each time; how many there are is known after the first time."""

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self._path, self._encoding, self._delimiter = path, encoding, delimiter
        self._count: int | None = None

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        count = -1
        for record in self.records():
            count += 1
            if count > MOST_ROWS:
                raise AnswerFileError(
                    f"{self._path}:{record[0]}: more than {MOST_ROWS:,} rows: split the file, and bring in each part"
                )
            if count:
                yield record
        self._count = max(count, 0)

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in self)
        return self._count

    def records(self) -> Iterator[tuple[int, Cells]]:
        """All rows that hold anything, the header first, each with the line in which it begins."""
        lines = _Lines(self._path, self._encoding)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        line = 1
        try:
            for record in reader:
                lines.held = 0
                cells = list(map(str.strip, record))
                if any(cells):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise AnswerFileError(
                f"{self._path}:{reader.line_num}: not CSV: {error}: look for a stray quotation mark"
            ) from error


class _Lines:
    """The lines of a text, for one reading; whoever reads sets `held` to 0 where a row has ended."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self.held = 0

    def __iter__(self) -> Iterator[str]:
        number = 0
        with self._path.open(encoding=self._encoding, newline="") as file:
            try:
                while line := file.readline(LONGEST + 1):
                    number += 1
                    self._check(line, number)
                    yield line if number > 1 else line.removeprefix("\ufeff")
            except UnicodeDecodeError as error:
                raise AnswerFileError(f"{self._path}: the file changed while it was read: try once more") from error

    def _check(self, line: str, number: int) -> None:
        self.held += len(line)
        if self.held > LONGEST:
            raise AnswerFileError(
                f"{self._path}:{number}: a row of more than {LONGEST:,} characters: look for a quotation mark that is "
                "not closed, and whether this is a table at all"
            )
        if "\0" in line:
            raise AnswerFileError(
                f"{self._path}:{number}: a NUL character: the file is damaged, or UTF-16 without its mark: {_SAVE}"
            )


def _encoding(path: Path) -> tuple[str, list[str]]:
    """The codec that reads the file, and what is said of it; AnswerFileError if none reads all of it."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if line := _broken_line(path, "utf-16"):
            raise AnswerFileError(f"{path}:{line}: broken UTF-16: {_SAVE}")
        return "utf-16", ["the file is UTF-16 and was converted"]
    if not _broken_line(path, "utf-8"):
        return "utf-8", []
    _require_gb18030(path)
    return "gb18030", ["the file is GB18030 and was converted"]


def _broken_line(path: Path, codec: str) -> int:
    """The first line that the codec does not read, 0 if it reads all of them."""
    decoder = codecs.getincrementaldecoder(codec)()
    ends = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                ends += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return ends + error.object[: error.start].count("\n".encode(error.encoding)) + 1
    return 0


def _require_gb18030(path: Path) -> None:
    """AnswerFileError unless all lines read as GB18030, and none is clearly UTF-8 among others that are not."""
    first: dict[bool, int] = {}
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_BLOCK), b""), 1):
            if line.isascii():
                continue
            is_utf8 = _is_surely_utf8(line)
            if not (is_utf8 or _reads(line, "gb18030")):
                raise AnswerFileError(f"{path}:{number}: neither UTF-8 nor GB18030: {_SAVE}")
            first.setdefault(is_utf8, number)
    if len(first) == 2:
        raise AnswerFileError(
            f"{path}:{max(first.values())}: line {first[True]} is UTF-8 and line {first[False]} is not: the file was "
            "put together from several, or cut off: save each part as 'CSV UTF-8', and put those together"
        )


def _is_surely_utf8(line: bytes) -> bool:
    """Whether the line reads as UTF-8 with Chinese in it, and as the everyday part of GB18030 it does not."""
    return _reads(line, "utf-8") and max(line.decode()) >= "\u0800" and not _reads(line, "gb2312")


def _reads(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
