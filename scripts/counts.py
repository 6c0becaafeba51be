"""tally.db: how many answers of a month share unit, channel, basis, question and code. Counts, no answer sets.

Answers that two roles excluded are not in these counts; they stand in a table of their own, by reason. The number of
answer sets received (question '') is always the whole. A third table counts the themes of free texts, a fourth what
came of reply cards, a fifth how calls ended, a sixth which days were out of line.
Its cells are the ones before disclosure control, so nobody but its owner may read it.
"""

import sqlite3
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from surveys.errors import HuiyinError
from surveys.responses import next_period
from surveys.store import Connection, Store
from surveys.store.answers import is_closed, surveys_in
from surveys.store.calls import CallTotal, count_calls
from surveys.store.cards import CardCount, count_cards
from surveys.store.exclusion_batches import ExcludedCount, count_excluded
from surveys.store.slices import Count, count_period
from surveys.store.text_themes import ThemeCount, count_themes
from surveys.store.volumes import by_day
from surveys.surges import Surge, surges


class SurgeCount(NamedTuple):
    """A day out of line of a survey's month."""

    survey: str
    month: str
    unit: str
    channel: str
    day: str
    usual: int
    n: int


AnyCount = Count | ExcludedCount | ThemeCount | CardCount | CallTotal | SurgeCount
_TABLES: dict[str, type[AnyCount]] = {
    "counts": Count,
    "exclusions": ExcludedCount,
    "themes": ThemeCount,
    "cards": CardCount,
    "calls": CallTotal,
    "surges": SurgeCount,
}
_KEPT: dict[str, str] = {"counts": "counts_before", "exclusions": "exclusions_before"}
"""Tables of which what stood behind an earlier publication is kept."""
_BESIDE: dict[str, dict[str, Any]] = {
    "final_months": {"month": str},
    "accounts": {"month": str, "told": str},
    "definitions": {"name": str, "digest": str},
    "merged_from": {"place": str},
}
"""Which months are final; what their reports tell besides, and by which rules, for a merge; where merged ones are from.
"""
Cells = dict[tuple[str, str], Counter[str]]


@contextmanager
def open_tally(path: Path) -> Iterator["Tally"]:
    """The counts at `path`, made if there are none; HuiyinError if the file is something else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _require_counts(path)
    path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)  # SQLite gives its journal the same mode
    with explained(path), closing(Database(path)) as database:
        for name, kind in _TABLES.items():
            columns = _columns(kind)
            key = [column for column in columns if column != "n"]
            database.table(name).create(columns, pk=key, not_null=columns, strict=True, if_not_exists=True)
        for name, kept_in in _KEPT.items():
            kept = {"revision": int, **_columns(_TABLES[name])}
            database.table(kept_in).create(
                kept, pk=[name for name in kept if name != "n"], not_null=kept, strict=True, if_not_exists=True
            )
        for name, beside in _BESIDE.items():
            first = next(iter(beside))
            database.table(name).create(beside, pk=first, not_null=beside, strict=True, if_not_exists=True)
        yield Tally(database)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What SQLite raises about a file of counts becomes a HuiyinError that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        of_disk = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
        advice = "make room on its disk" if of_disk else "try again when no other count is running"
        raise HuiyinError(f"{path} cannot be written now ({error}): {advice}") from error
    except sqlite3.DatabaseError as error:
        raise HuiyinError(f"{path} cannot be used for counts ({error}): move it away, it is made anew") from error


def _require_counts(path: Path) -> None:
    """HuiyinError if the file is another database, such as an office's, which would get tables of counts."""
    if not path.is_file() or not path.stat().st_size:
        return
    try:
        with closing(Database(path)) as database:
            others = {*database.table_names()} - {*_TABLES, *_KEPT.values(), *_BESIDE}
    except sqlite3.DatabaseError:
        return  # what ails the file is told when it is opened to be written
    if others:
        raise HuiyinError(f"{path} is a database of something else: name another file for the counts")


class Tally:
    """Counts of whole months, and which of them were counted after the month was closed."""

    def __init__(self, database: Database, source: str = "counts", left_out: str = "exclusions") -> None:
        self._database = database
        self._source = source
        self._left_out = left_out

    def refresh(self, store: Store, month: str) -> None:
        """Count the month anew, unless it was counted after it closed: then nothing can have changed.

        Merged counts stay as they are; HuiyinError if the month is not among them.
        """
        if self.is_merged():
            if not self.is_final(month):
                raise HuiyinError(
                    f"{month} is not among the merged months: merge the counts again once all offices have published it"
                )
            return
        if not (store.read(lambda connection: is_closed(connection, month)) and self.is_final(month)):
            self.recount(store, month)

    def recount(self, store: Store, month: str, corrected_on: str = "") -> None:
        """Count the month anew whatever was counted before, for a correction of that day if there is to be one.

        A correction leaves themes alone: nobody reads texts again, and old and new ones would tell on each other.
        """
        if self.is_merged():
            raise HuiyinError(
                f"the counts of {month} came by a merge: correct it where its answers are, and merge again"
            )
        found, closed = store.read(
            lambda connection: (_count_all(connection, month, corrected_on), is_closed(connection, month))
        )
        kinds = [kind for kind in _TABLES.values() if not (corrected_on and kind is ThemeCount)]
        self._replace(month, found, kinds, final=closed)

    def restore(self, store: Store, month: str, counted: Iterable[AnyCount]) -> None:
        """Put the counts of answers of a closed month, as its archive gives them, with what the store has besides."""
        beside = store.read(lambda connection: list(_count_beside(connection, month)))
        kinds = [kind for kind in _TABLES.values() if kind is not SurgeCount]  # the archive has no days
        self._replace(month, [*counted, *beside], kinds, final=True)

    def put(self, month: str, counted: Iterable[AnyCount]) -> None:
        """Put counts of answers in place of those of the month, and of nothing else."""
        self._replace(month, list(counted), [Count, ExcludedCount], final=False)

    def _replace(self, month: str, found: Sequence[AnyCount], kinds: Iterable[type[AnyCount]], *, final: bool) -> None:
        wanted = {name: kind for name, kind in _TABLES.items() if kind in kinds}
        with self._database.atomic():
            self._database.table("final_months").delete_where("month = ?", [month])
            for name, kind in wanted.items():
                rows = (count._asdict() for count in found if isinstance(count, kind))
                self._database.table(name).delete_where("month = ?", [month])
                self._database.table(name).insert_all(rows, columns=_columns(kind))
            if final:
                self._database.table("final_months").insert({"month": month})

    def keep(self, month: str, revision: int) -> None:
        """Keep the counts behind a publication of the month, unless they are kept already."""
        for name, kept in _KEPT.items():
            columns = ", ".join(_TABLES[name]._fields)
            self._database.execute(
                f"INSERT INTO {kept} (revision, {columns}) SELECT ?, {columns} FROM {name} WHERE month = ?"  # noqa: S608
                f" AND NOT EXISTS (SELECT 1 FROM {kept} WHERE month = ? AND revision = ?)",
                [revision, month, month, revision],
            )
        self._database.conn.commit()

    def is_kept(self, month: str, revision: int) -> bool:
        """Whether the counts behind that publication of the month were kept."""
        return self._database.table(_KEPT["counts"]).count_where("month = ? AND revision = ?", [month, revision]) > 0

    def before(self, month: str, revision: int) -> "Tally":
        """All counts, with those of one month as they were behind an earlier publication, where they were kept."""
        if not self.is_kept(month, revision):
            return self
        return Tally(self._database, *(self._behind(name, month, revision) for name in _KEPT))

    def _behind(self, name: str, month: str, revision: int) -> str:
        columns, quoted = ", ".join(_TABLES[name]._fields), self._database.quote(month)
        others = f"SELECT {columns} FROM {name} WHERE month <> {quoted}"  # noqa: S608
        kept = f"SELECT {columns} FROM {_KEPT[name]} WHERE month = {quoted} AND revision = {revision:d}"  # noqa: S608
        return f"({others} UNION ALL {kept})"

    def changed(self, other: "Tally", month: str) -> frozenset[tuple[str, str]]:
        """The questions of a month that two counts differ in, by survey."""
        one, two = (
            f"SELECT {', '.join(Count._fields)} FROM {source} WHERE month = {self._database.quote(month)}"  # noqa: S608
            for source in (self._source, other._source)
        )
        either = f"SELECT * FROM ({one} EXCEPT {two}) UNION ALL SELECT * FROM ({two} EXCEPT {one})"  # noqa: S608
        rows = self._database.query(f"SELECT DISTINCT survey, question FROM ({either}) WHERE question <> ''")  # noqa: S608
        return frozenset((row["survey"], row["question"]) for row in rows)

    def corrected(self, month: str) -> frozenset[tuple[str, str]]:
        """The questions of a month that are counted otherwise than at its first publication, by survey."""
        return self.changed(self.before(month, 1), month) if self.is_kept(month, 1) else frozenset()

    def put_back(self, month: str, revision: int, survey: str | None = None, question: str | None = None) -> None:
        """Let the kept counts count again: of one question, or of the whole month."""
        what, values = "month = ?", [month]
        if survey is not None and question is not None:
            what, values = f"{what} AND survey = ? AND question = ?", [month, survey, question]
        with self._database.atomic():
            for name, kept in _KEPT.items():
                columns = ", ".join(_TABLES[name]._fields)
                self._database.table(name).delete_where(what, values)
                self._database.execute(
                    f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {kept} WHERE revision = ? AND {what}",  # noqa: S608
                    [revision, *values],
                )

    def is_merged(self) -> bool:
        """Whether the counts are those of several offices together."""
        return self._database.table("merged_from").count > 0

    def hand_down(self, month: str, told: str, digests: Mapping[str, str]) -> None:
        """Keep what a published month tells besides its counts, and the digests of what it was counted by."""
        with self._database.atomic():
            self._database.table("accounts").upsert({"month": month, "told": told}, pk="month")
            rows = ({"name": name, "digest": digest} for name, digest in digests.items())
            self._database.table("definitions").upsert_all(rows, pk="name")

    def told(self, month: str) -> str:
        """What was handed down of a month; '' if nothing was."""
        rows = self._database.query("SELECT told FROM accounts WHERE month = ?", [month])
        return next((str(row["told"]) for row in rows), "")

    def bases(self, survey: str, first: str, last: str) -> frozenset[str]:
        """On what grounds answers to a survey came in from one month to another."""
        statement = "SELECT DISTINCT basis FROM counts WHERE survey = ? AND month BETWEEN ? AND ?"
        return frozenset(row["basis"] for row in self._database.query(statement, [survey, first, last]))

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

    def excluded(self, survey: str, month: str) -> tuple[ExcludedCount, ...]:
        """What two roles excluded, by unit, basis, reason, question and code."""
        statement = f"SELECT * FROM {self._left_out} WHERE survey = :survey AND month = :month"  # noqa: S608
        rows = self._database.query(statement, {"survey": survey, "month": month})
        return tuple(ExcludedCount(**row) for row in rows)

    def themes(self, survey: str, month: str) -> tuple[ThemeCount, ...]:
        """How many texts have each theme, by basis and question."""
        return tuple(ThemeCount(**row) for row in self._rows("themes", survey, month))

    def cards(self, survey: str, month: str) -> tuple[CardCount, ...]:
        """What every batch of reply cards had come to by the end of the month."""
        return tuple(CardCount(**row) for row in self._rows("cards", survey, month))

    def calls(self, survey: str, month: str) -> tuple[CallTotal, ...]:
        """How the calls of the month ended."""
        return tuple(CallTotal(**row) for row in self._rows("calls", survey, month))

    def surges(self, survey: str, month: str) -> tuple[Surge, ...]:
        """The days of the month that were out of line, the largest first."""
        rows = (SurgeCount(**row) for row in self._rows("surges", survey, month))
        found = (Surge(one.unit, one.channel, one.day, one.n, one.usual) for one in rows)
        return tuple(sorted(found, key=lambda one: (-one.n, one)))

    def ways(self, survey: str, month: str) -> Counter[tuple[str, str]]:
        """Answer sets by unit and basis, the excluded ones among them."""
        rows = self._query("unit, basis, question", survey, month)
        return Counter({(row["unit"], row["basis"]): row["n"] for row in rows if not row["question"]})

    def _rows(self, table: str, survey: str, month: str) -> Iterable[dict[str, Any]]:
        return self._database.table(table).rows_where("survey = ? AND month = ?", [survey, month])

    def received(self, survey: str, month: str, by: str) -> Counter[Any]:
        """Answer sets by one column, the excluded ones among them: unit, channel, basis or late."""
        found: Counter[Any] = Counter()
        for row in self._query(f"{by}, question", survey, month):
            if not row["question"]:
                found[row[by]] += row["n"]
        return found

    def _query(self, columns: str, survey: str, month: str) -> Iterable[dict[str, Any]]:
        statement = (
            f"SELECT {columns}, sum(n) AS n FROM {self._source}"  # noqa: S608  (names of this module only)
            f" WHERE survey = :survey AND month = :month GROUP BY {columns} ORDER BY {columns}"
        )
        return self._database.query(statement, {"survey": survey, "month": month})


def _columns(kind: type[AnyCount]) -> dict[str, Any]:
    return {name: int if name in ("late", "n", "usual") else str for name in kind._fields}


def _count_all(connection: Connection, month: str, corrected_on: str) -> Sequence[AnyCount]:
    found: list[AnyCount] = []
    for key in dict.fromkeys(key for key, _ in surveys_in(connection, month)):
        found += count_period(connection, key, month, corrected_on)
        found += count_excluded(connection, key, month, corrected_on)
        found += _surges(connection, key, month)
    return [*found, *_count_beside(connection, month)]


def _surges(connection: Connection, survey: str, month: str) -> Iterator[SurgeCount]:
    year, place = divmod(int(month[:4]) * 12 + int(month[5:]) - 2, 12)
    first = date.fromisoformat(f"{month}-01")
    last = date.fromisoformat(f"{next_period(month)}-01") - timedelta(days=1)
    for one in surges(by_day(connection, survey, f"{year:04}-{place + 1:02}", month), first, last):
        yield SurgeCount(survey, month, one.unit, one.channel, one.day, one.usual, one.n)


def _count_beside(connection: Connection, month: str) -> Iterator[AnyCount]:
    """What is counted of a month besides the answers themselves."""
    yield from count_cards(connection, month)
    yield from count_calls(connection, month)
    for key in dict.fromkeys(key for key, _ in surveys_in(connection, month)):
        yield from count_themes(connection, key, month)
