"""tally.db: how many answers of a month share unit, channel, basis, question and code. Counts, no answer sets.

Its cells are the ones before disclosure control, so nobody but its owner may read it.
"""

import sqlite3
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from surveys.errors import HuiyinError
from surveys.store import Connection, Store
from surveys.store.answers import Count, count_period, is_closed, surveys_in

_COLUMNS: dict[str, Any] = dict.fromkeys(Count._fields, str) | {"late": int, "n": int}
_KEY = tuple(name for name in Count._fields if name != "n")
Cells = dict[tuple[str, str], Counter[str]]


@contextmanager
def open_tally(path: Path) -> Iterator["Tally"]:
    """The counts at `path`, made if there are none; HuiyinError if the file is something else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)  # SQLite gives its journal the same mode
    try:
        with closing(Database(path)) as database:
            database.table("counts").create(_COLUMNS, pk=_KEY, not_null=_COLUMNS, strict=True, if_not_exists=True)
            database.table("final_months").create({"month": str}, pk="month", strict=True, if_not_exists=True)
            yield Tally(database)
    except sqlite3.OperationalError as error:
        raise HuiyinError(
            f"{path} cannot be written now ({error}): try again when no other count is running"
        ) from error
    except sqlite3.DatabaseError as error:
        raise HuiyinError(f"{path} cannot be used for counts ({error}): move it away, it is made anew") from error


class Tally:
    """Counts of whole months, and which of them were counted after the month was closed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def refresh(self, store: Store, month: str) -> None:
        """Count the month anew, unless it was counted after it closed: then nothing can have changed."""
        found, closed = store.read(lambda connection: (_count_all(connection, month), is_closed(connection, month)))
        if closed and self.is_final(month):
            return
        with self._database.atomic():
            self._database.table("counts").delete_where("month = ?", [month])
            self._database.table("final_months").delete_where("month = ?", [month])
            self._database.table("counts").insert_all((count._asdict() for count in found), columns=_COLUMNS)
            if closed:
                self._database.table("final_months").insert({"month": month})

    def is_final(self, month: str) -> bool:
        """Whether the month was counted after it closed."""
        return self._database.table("final_months").count_where("month = ?", [month]) > 0

    def surveys(self, month: str) -> tuple[str, ...]:
        """Keys of the surveys with answers in the month."""
        rows = self._database.query("SELECT DISTINCT survey FROM counts WHERE month = ? ORDER BY survey", [month])
        return tuple(row["survey"] for row in rows)

    def everything(self, month: str) -> Iterator[Count]:
        """Every count of the month."""
        rows = self._database.query(f"SELECT {', '.join(Count._fields)} FROM counts WHERE month = ?", [month])  # noqa: S608
        return (Count(**row) for row in rows)

    def cells(self, survey: str, month: str, bases: Iterable[str]) -> Cells:
        """Counts by code of each unit and question, of the bases; code '' holds who answered at all."""
        wanted = list(bases)
        found: Cells = {}
        for row in self._query("unit, question, code, basis", survey, month):
            if row["basis"] in wanted:
                found.setdefault((row["unit"], row["question"]), Counter())[row["code"]] += row["n"]
        return found

    def received(self, survey: str, month: str, by: str) -> Counter[Any]:
        """Answer sets by one column: unit, channel, basis or late."""
        found: Counter[Any] = Counter()
        for row in self._query(f"{by}, question", survey, month):
            if not row["question"]:
                found[row[by]] += row["n"]
        return found

    def _query(self, columns: str, survey: str, month: str) -> Iterable[dict[str, Any]]:
        statement = (
            f"SELECT {columns}, sum(n) AS n FROM counts"  # noqa: S608  (column names of this module only)
            f" WHERE survey = :survey AND month = :month GROUP BY {columns} ORDER BY {columns}"
        )
        return self._database.query(statement, {"survey": survey, "month": month})


def _count_all(connection: Connection, month: str) -> Sequence[Count]:
    keys = dict.fromkeys(key for key, _ in surveys_in(connection, month))
    return [count for key in keys for count in count_period(connection, key, month)]
