"""A file of answers without fault: its rows in slices, held while they are few and checked anew when they are not."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice

from scripts.answer_cells import Fixed
from scripts.answer_files import digest_of
from scripts.answer_rows import CheckedRow, RowChecker
from scripts.answer_table import AnswerFileError, Table
from scripts.options import with_progress

SLICE = 200_000
"""Rows that are held at once."""
_MOST_TOLD = 100_000


class CheckedFile:
    """All rows of a table, once none of them has a fault; AnswerFileError tells those that have."""

    def __init__(self, table: Table, make: Callable[[], RowChecker], today: date) -> None:
        self._table, self._make, self._today = table, make, today
        checker = make()
        is_short = len(table.rows) <= SLICE
        if not is_short:
            checker.watched = _repeated_numbers(table, checker)
        rows = checker.check(today, with_progress(table.rows, "checking", len(table.rows)))
        self._held = list(rows) if is_short else []
        deque(rows, maxlen=0)
        self.notes = tuple(checker.notes())

    def slices(self) -> Iterator[list[CheckedRow]]:
        """The rows, as often as they are wanted."""
        if self._held:
            yield self._held
            return
        checker = self._make()
        checker.watched = frozenset()
        rows = checker.check(self._today, with_progress(self._table.rows, "storing", len(self._table.rows)))
        while found := list(islice(rows, SLICE)):
            yield found

    def require_unchanged(self) -> None:
        """AnswerFileError if the file is another one by now."""
        if digest_of(self._table.path) != self._table.digest:
            raise AnswerFileError(f"{self._table.path}: the file changed while it was read: nothing was stored")


def _repeated_numbers(table: Table, checker: RowChecker) -> frozenset[int]:
    reader = checker.general["source_id"]
    if isinstance(reader, Fixed):
        return frozenset()
    rows = with_progress(table.rows, "looking at the numbers", len(table.rows))
    return repeated(cells[reader.place] for _, cells in rows)


def repeated(words: Iterable[str]) -> frozenset[int]:
    """Hashes that came more than once, the first ones of very many; 8 bytes a word are held."""
    parts = [array("q") for _ in range(256)]
    for word in words:
        number = hash(word)
        parts[number & 255].append(number)
    found: set[int] = set()
    for part in parts:
        once: set[int] = set()
        for number in part:
            (found if number in once else once).add(number)
        if len(found) > _MOST_TOLD:
            break
    return frozenset(found)
