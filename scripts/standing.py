"""All tables that stand published, with the counts behind them, and whether anything can be worked out from them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from scripts.counts import Tally, open_tally
from scripts.history import CASES, History, Period
from scripts.options import open_store, with_progress
from scripts.ratings import COUNTED_KINDS, SurveyMonth
from scripts.standing_cases import standing_cases
from scripts.sums import Part, SurveySum, published_of, surveys_of
from surveys import attacker
from surveys.definition import Definitions
from surveys.errors import DisclosureError, HuiyinError
from surveys.released import Cells, Table
from surveys.store import Store

Standing = Mapping[tuple[str, str], Sequence[Table]]
"""Tables by survey and question."""
NAMED = 20


def before_name(period: str, revision: int) -> str:
    """Where the figures lie that a correction took the place of."""
    return f"{period}-before-r{revision}"


def standing(store: Store, counts: Tally, known: Definitions, reports: Path, until: Period | None = None) -> Standing:
    """Every table of every month, quarter and year under the folder, and the cuts that month pages hold besides.

    What a correction took the place of stands as well, where it counted the same answers. `until` is a month
    as it stood before a correction, in place of the one that is there.
    """
    history = History(reports)
    found: dict[tuple[str, str], list[Table]] = defaultdict(list)
    for period in history.months:
        if not counts.is_final(period.name):
            counts.refresh(store, period.name)
        own = until if until and until.name == period.name else period
        for table in (*_of_month(counts, known, own), *_corrected(counts, known, own)):
            found[table.scope.survey, table.scope.question].append(table)
    for period in history.sums:
        for one in surveys_of(store, counts, known, reports, period.name):
            for table in _tables(one, period):
                found[table.scope.survey, table.scope.question].append(table)
    return found


def _of_month(counts: Tally, known: Definitions, period: Period) -> Iterator[Table]:
    """A month's tables as they stand in its files, then what its page shows besides."""
    tables = list(month_tables(counts, known, period))
    yield from tables
    for key in sorted({table.scope.survey for table in tables}):
        chosen = {table.scope.question: table for table in tables if table.scope.survey == key}
        month = SurveyMonth(known, counts, key, period.name, chosen=chosen)
        for question in month.of_kind("scale"):
            yield from list(month.cuts(question))[1:]


def _corrected(counts: Tally, known: Definitions, period: Period) -> Iterator[Table]:
    """The tables of a month that were published before its corrections, and differ in their rows alone."""
    for number in count(2):
        folder = period.folder.with_name(before_name(period.name, number))
        if folder == period.folder or not folder.is_dir():
            return
        old = Period(period.name, folder)
        now = {(t.scope.survey, t.scope.question): _counted(t) for t in month_tables(counts, known, period)}
        for table in month_tables(counts.before(period.name, number - 1), known, old):
            if now.get((table.scope.survey, table.scope.question)) == _counted(table):
                yield table


def _counted(table: Table) -> Mapping[str, tuple[Cells, int]]:
    return {row.unit: (row.cells, row.total) for row in table.units if row.total}


def month_tables(counts: Tally, known: Definitions, period: Period) -> Iterator[Table]:
    """The published tables of a month with the counts behind them; HuiyinError if the two do not fit."""
    for key in sorted({survey for survey, _ in (*period.ratings, *period.options)}):
        month = SurveyMonth(known, counts, key, period.name)
        yield from _tables(SurveySum(known, period.name, key, [Part(period, month)]), period)


def _tables(one: SurveySum, period: Period) -> Iterator[Table]:
    for question in one.questions.values():
        if question.kind in COUNTED_KINDS and published_of(period, (one.key, question.code)):
            yield one.published_table(question, period)


def _of_cases(store: Store, known: Definitions, reports: Path) -> Standing:
    """What residents said of their cases, by figure, in every month and every correction of one."""
    found: dict[tuple[str, str], list[Table]] = defaultdict(list)
    for period in History(reports).months:
        before = sorted(reports.glob(f"{period.name}-before-r*"))
        for table in standing_cases(store, known, period.name, [folder / CASES for folder in (period.folder, *before)]):
            found[table.scope.survey, table.scope.question].append(table)
    return found


def check_release(database: Path, tally: Path, known: Definitions, reports: Path) -> str:
    """Let the attacker try all that stands published and say so; DisclosureError names what can be worked out."""
    if not History(reports).months:
        raise HuiyinError(
            f"nothing is published in {reports}: publish a month first, or name its folder, as content/zh/reports"
        )
    with open_store(database) as store, open_tally(tally) as counts:
        found = {**standing(store, counts, known, reports), **_of_cases(store, known, reports)}
    breaches: list[attacker.Breach] = []
    tried = 0
    for tables in with_progress(found.values(), "attacking", len(found)):
        breaches += attacker.check(tables)
        tried += attacker.cells_to_protect(tables)
    if breaches:
        shown = "\n".join(map(str, breaches[:NAMED]))
        raise DisclosureError(f"{shown}\n{len(breaches):,} of {tried:,} hidden cells can be worked out")
    number = sum(map(len, found.values()))
    what = f"{number:,} tables of {len(found)} questions, {tried:,} hidden cells tried"
    return f"{reports}: {what}: nothing can be worked out"
