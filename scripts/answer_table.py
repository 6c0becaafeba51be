"""A file of answers as a header and numbered rows of text, whatever wrote it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from surveys.errors import HuiyinError

Cells = list[str]
MOST_COLUMNS = 16_384
"""As many as a sheet of a spreadsheet program has."""


class AnswerFileError(HuiyinError):
    """The file of answers cannot be taken as it is; nothing was stored."""


class Rows(Protocol):
    """Rows with their line numbers, to be gone through as often as wanted."""

    def __iter__(self) -> Iterator[tuple[int, Cells]]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Table:
    """Header and rows with their line numbers; `unusable` names cells (line, place) that hold no plain value.

    `digest` is the file's SHA-256 when it was read.
    """

    path: Path
    header: tuple[str, ...]
    rows: Rows
    notes: tuple[str, ...] = ()
    unusable: Mapping[tuple[int, int], str] = field(default_factory=dict)
    digest: bytes = b""


def check_shape(table: Table) -> None:
    """AnswerFileError unless columns have names of their own and every row has a cell for each."""
    width = len(table.header)
    if width > MOST_COLUMNS:
        raise AnswerFileError(f"{table.path}:1: {width:,} columns, and {MOST_COLUMNS:,} are the most")
    if repeated := sorted(name for name, n in Counter(table.header).items() if name and n > 1):
        raise AnswerFileError(f"{table.path}:1: column '{repeated[0]}' stands twice: give each column its own name")
    nameless = [place for place, name in enumerate(table.header) if not name]
    for line, cells in table.rows:
        if len(cells) != width:
            raise AnswerFileError(
                f"{table.path}:{line}: {len(cells):,} cells, but the header has {width:,} columns: "
                "look for a missing or an extra separator, or a cell with one that needs quotes"
            )
        for place in nameless:
            if cells[place]:
                raise AnswerFileError(f"{table.path}:{line}: column {place + 1} holds values but has no name in line 1")
    if not len(table.rows):
        raise AnswerFileError(f"{table.path}: no answers below the header")
