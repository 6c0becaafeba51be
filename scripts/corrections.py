"""Corrections of published months: what stands is chosen anew beside what stood, which stays readable."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from scripts.account import Correction
from scripts.counts import Tally
from scripts.csv_text import rows_of as rows_in
from scripts.editions import Lost, Rows, gone, is_less
from scripts.history import Key, Period
from scripts.options import LOCK_SECONDS
from scripts.ratings import COUNTED_KINDS, EXCLUDED, OTHER_BASES, Chosen, SurveyMonth
from scripts.standing import Standing, before_name, month_tables, standing
from scripts.standing_cases import said_rows
from scripts.tally import months_of
from surveys import attacker
from surveys.audit import by_system, record
from surveys.definition import LANGUAGES, Definitions
from surveys.errors import DisclosureError, HuiyinError
from surveys.released import Row, Rule, Table
from surveys.responses import printable
from surveys.store import Connection, Store
from surveys.store.answers import closing_days, is_closed
from surveys.store.corrections import CorrectionRow, add, every

CUTS = OTHER_BASES | EXCLUDED
TABLES = (
    *("ratings.csv", "answers.csv", "cases.csv", "declared.csv"),
    *("exclusions.csv", "cards.csv", "calls.csv", "surges.csv"),
)
REASON_LENGTH = 300
_LAST = "9999"


def correction_of(row: CorrectionRow) -> Correction:
    """A stored correction as a page tells it."""
    return Correction(row.period, row.day, row.reason, f"{before_name(row.period, row.revision)}.md")


def rows_of(store: Store, month: str) -> tuple[CorrectionRow, ...]:
    """The corrections of a month, oldest first."""
    return tuple(row for row in store.read(every) if row.period == month)


def told_in(store: Store, month: str) -> tuple[Correction, ...]:
    """What a month's report lists: its own corrections, and those of other months since the last one was closed."""
    rows, closed = store.read(lambda connection: (every(connection), closing_days(connection)))
    since = max((day for one, day in closed.items() if one < month), default="")
    until = closed.get(month, _LAST)
    return tuple(
        correction_of(row) for row in rows if row.period == month or (row.period < month and since <= row.day <= until)
    )


def is_unfinished(store: Store, content: Path, month: str) -> bool:
    """Whether a correction was stored and its tables are not written yet, because something interrupted it."""
    rows = rows_of(store, month)
    if not rows:
        return False
    folders = [content / language / "reports" for language in LANGUAGES]
    before = before_name(month, rows[-1].revision)
    return any(texts_in(folder / month) == texts_in(folder / before) for folder in folders)


def texts_in(folder: Path) -> Mapping[str, str]:
    """The published tables in a folder."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in TABLES if (folder / name).is_file()}


def as_published(store: Store, counts: Tally, known: Definitions, content: Path, month: str) -> "Choice":
    """The surveys of a month: as they stand where it was corrected, else chosen as at the first publication."""
    reports = content / LANGUAGES[0] / "reports"
    rows = rows_of(store, month)
    if not rows or not (reports / month / TABLES[0]).is_file():
        return Choice(months_of(counts, known, month))
    if is_unfinished(store, content, month):
        return choose(store, counts, known, reports, rows[-1])
    chosen = _chosen(month_tables(counts, known, Period(month, reports / month)))
    return Choice(months_of(counts, known, month, chosen=chosen))


def _chosen(tables: Iterable[Table]) -> Mapping[str, Chosen]:
    found: dict[str, dict[str, Table]] = {}
    for table in tables:
        found.setdefault(table.scope.survey, {})[table.scope.question] = table
    return found


@dataclass(frozen=True)
class Choice:
    """What a corrected month shows; `waiting` counts the answers of each change that cannot be shown alone yet."""

    months: Sequence[SurveyMonth]
    waiting: Mapping[Key, int] = field(default_factory=dict)
    recounted: CorrectionRow | None = None

    def told(self, language: str) -> Mapping[str, int]:
        """The questions that wait, in one language."""
        by_key = {month.key: month.questions for month in self.months}
        return {by_key[survey][question].text[language]: n for (survey, question), n in self.waiting.items()}


def choose(store: Store, counts: Tally, known: Definitions, reports: Path, row: CorrectionRow) -> Choice:
    """The tables of a month that was published, counted anew, as they may stand beside all that is published.

    Old and new tables are both known to everybody, so their difference is a table too. Where that would tell, with
    all that is published besides, the old table stays and the change waits; so it does where answers came or moved.
    """
    month, revision = row.period, row.revision
    counts.keep(month, revision - 1)
    behind = counts.before(month, revision - 1)
    folder = reports / before_name(month, revision)
    old = dict(standing(store, behind, known, reports, Period(month, folder if folder.is_dir() else reports / month)))
    own = {key: table for key, tables in old.items() if (table := _own(tables, month))}
    counts.recount(store, month, row.day)
    settled: set[Key] = set()
    waiting: dict[Key, int] = {}
    for key, before, after in _pairs(months_of(counts, known, month), months_of(behind, known, month)):
        if before == after:
            continue
        lost = Lost({month: {gone(month, revision)}})
        safe = key in own and is_less(before, after) and differs_safely(before, after, own[key].scope.rule)
        if key not in own or (safe and _may_stand(counts, known, own[key], lost.in_all(old[key]))):
            settled.add(key)
            old[key] = lost.in_all(old[key])
        else:
            waiting[key] = _moved(before, after)
            counts.put_back(month, revision - 1, *key)
    months = months_of(counts, known, month, earlier=_earlier(old, settled))
    for one in months:
        waiting |= {(one.key, code): 0 for code in _settle(one, own, settled)}
    return Choice(months, waiting, row if settled else None)


def _may_stand(counts: Tally, known: Definitions, old: Table, earlier: Sequence[Table]) -> bool:
    """Whether a question that lost answers has a table that may stand beside all that was published of it.

    One that would hide the whole city, which was shown, is none.
    """
    (month,), code = old.scope.months, old.scope.question
    found = SurveyMonth(known, counts, old.scope.survey, month, earlier={code: earlier})
    try:
        tables = list(found.cuts(found.questions[code]))
    except DisclosureError:
        return False
    hides = old.everything.status == "shown" != tables[0].everything.status
    return not hides and next(attacker.breaches([*earlier, *tables]), None) is None


def _own(tables: Iterable[Table], month: str) -> Table | None:
    return next((table for table in tables if table.scope.months == {month} and _is_headline(table)), None)


def _is_headline(table: Table) -> bool:
    return table.scope.parts == frozenset({"headline"})


def _earlier(old: Standing, settled: Set[Key]) -> Mapping[str, Mapping[str, Sequence[Table]]]:
    """The standing tables by survey and question; of one that lost answers, what the month's page held besides too."""
    found: dict[str, dict[str, Sequence[Table]]] = {}
    for (survey, question), tables in old.items():
        own = tables if (survey, question) in settled else [one for one in tables if not one.scope.parts & CUTS]
        found.setdefault(survey, {})[question] = own
    return found


def _settle(month: SurveyMonth, own: Mapping[Key, Table], settled: Set[Key]) -> Iterator[str]:
    """Keep every table that has nothing new to tell; gives the questions whose old table must stay all the same."""
    for question in month.of_kind(*COUNTED_KINDS):
        old = own.get((month.key, question.code))
        if old is None or (month.key, question.code) in settled:
            continue
        if old.units and _bare(month.rows(question)) == _bare(old.units):
            month.stand(question, old)
            continue
        try:
            hides = old.everything.status == "shown" != month.table(question).everything.status
        except DisclosureError:
            hides = True
        if hides:
            month.stand(question, old)
            yield question.code


def _bare(rows: Iterable[Row]) -> list[tuple[str, tuple[int, ...], int]]:
    return [(row.unit, row.cells, row.total) for row in rows]


def _pairs(fresh: Sequence[SurveyMonth], before: Sequence[SurveyMonth]) -> Iterator[tuple[Key, Rows, Rows]]:
    """The rows of each question as they were counted and as they are now, by unit; units without answers left out."""
    by_key = {month.key: month for month in before}
    for month in fresh:
        for question in month.of_kind(*COUNTED_KINDS):
            now, then = month.rows(question), by_key[month.key].rows(question) if month.key in by_key else []
            if then and now and len(then[0].cells) == len(now[0].cells):
                yield (month.key, question.code), _answered(then), _answered(now)


def _answered(rows: Iterable[Row]) -> Rows:
    return {row.unit: row for row in rows if row.total}


def differs_safely(before: Rows, after: Rows, passes: Rule) -> bool:
    """Whether what went may be known, of each unit and of all together."""
    return all(passes(row) for unit in (*before, *after, None) for row in _difference(before, after, unit))


def _difference(before: Rows, after: Rows, unit: str | None) -> Iterator[Row]:
    """What went of a unit, or of all, and what came."""
    units = sorted({*before, *after}) if unit is None else [unit]
    width = len(next(iter([*before.values(), *after.values()])).cells)
    empty = Row("", (0,) * width, 0)
    for more, less in ((before, after), (after, before)):
        pairs = [(more.get(one, empty), less.get(one, empty)) for one in units]
        cells = tuple(sum(max(0, a.cells[k] - b.cells[k]) for a, b in pairs) for k in range(width))
        yield Row(unit or "all", cells, sum(max(0, a.total - b.total) for a, b in pairs))


def _moved(before: Rows, after: Rows) -> int:
    return sum(row.total for row in _difference(before, after, None))


def require_same_words(month: str, before: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """HuiyinError if what residents said of their cases is told otherwise than it was published."""
    name = "cases.csv"
    if name not in before:
        return
    then, now = (said_rows(rows_in(text)) for text in (before[name], files[name].decode()))
    for key in sorted({*then, *now}):
        if then.get(key) != now.get(key):
            figure, unit = key
            was, is_ = (" ".join(one.get(key, ("no row",))).strip() for one in (then, now))
            raise HuiyinError(
                f"{month}: in {name}, {figure} of unit '{unit}' was published as '{was}' and would be '{is_}'. What "
                "residents said of their cases in a month cannot change after it, and old and new side by side would "
                "tell on them, so nothing was corrected: run '.venv/bin/python -m scripts.check --audit', and "
                "compare the cases with the last good copy of the database"
            )


def checked_reason(reason: str) -> str:
    """The reason in one line; HuiyinError if there is none or it is too long."""
    text = " ".join(printable(reason).split())
    if not 0 < len(text) <= REASON_LENGTH:
        raise HuiyinError(f"--reason has {len(text)} characters: say in 1 to {REASON_LENGTH} what was wrong, for everybody to read")  # noqa: E501  # fmt: skip
    return text


def next_row(store: Store, month: str, reason: str, day: str) -> CorrectionRow:
    """The correction to be; HuiyinError if the month was never published."""
    if not store.read(lambda connection: is_closed(connection, month)):
        raise HuiyinError(
            f"{month} is not published yet, so there is nothing to correct: put the data right and publish it"
        )
    return CorrectionRow(month, len(rows_of(store, month)) + 2, day, checked_reason(reason))


def enter(store: Store, row: CorrectionRow) -> None:
    """Store a correction together with its row in the audit."""

    def work(connection: Connection) -> None:
        add(connection, row)
        record(connection, by_system("month_correct", row.period, revision=row.revision))

    store.write(work, deadline=LOCK_SECONDS)
