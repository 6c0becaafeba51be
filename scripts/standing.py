"""All tables that stand published, with the counts behind them, and whether anything can be worked out from them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path

from scripts.counts import Tally, open_tally
from scripts.editions import Lost, Rows, gone, is_less
from scripts.history import CASES, SUM, History, Key, Period, months_in
from scripts.options import open_store, with_progress
from scripts.ratings import COUNTED_KINDS, SurveyMonth
from scripts.standing_cases import standing_cases
from scripts.sums import Part, SurveySum, published_of, surveys_of
from surveys import attacker
from surveys.definition import Definitions
from surveys.errors import DisclosureError, HuiyinError
from surveys.released import Table
from surveys.store import Store

Standing = Mapping[tuple[str, str], Sequence[Table]]
"""Tables by survey and question."""
NAMED = 20


def before_name(period: str, revision: int) -> str:
    """Where the figures lie that a correction took the place of."""
    return f"{period}-before-r{revision}"


def standing(store: Store, counts: Tally, known: Definitions, reports: Path, until: Period | None = None) -> Standing:
    """Every table of every month, quarter and year under the folder, and the cuts that month pages hold besides.

    What a correction took the place of stands as well; what it left out are parts of their own there. `until` is a
    month as it stood before a correction, in place of the one that is there.
    """
    history = History(reports)
    found: dict[tuple[str, str], list[Table]] = defaultdict(list)
    for period in history.months:
        if not counts.is_final(period.name):
            counts.refresh(store, period.name)
        own = until if until and until.name == period.name else period
        for table in (*_of_month(counts, known, own), *_older(counts, known, own)):
            found[_key(table)].append(table)
    for period in history.sums:
        for one in surveys_of(store, counts, known, reports, period.name):
            for table in _tables(one, period):
                found[_key(table)].append(table)
    for table in _older_sums(counts, known, reports):
        found[_key(table)].append(table)
    return {key: [one for n, one in enumerate(tables) if one not in tables[:n]] for key, tables in found.items()}


def _of_month(counts: Tally, known: Definitions, period: Period) -> Iterator[Table]:
    """A month's tables as they stand in its files, then what its page shows besides."""
    tables = list(month_tables(counts, known, period))
    yield from tables
    for key in sorted({table.scope.survey for table in tables}):
        chosen = {table.scope.question: table for table in tables if table.scope.survey == key}
        month = SurveyMonth(known, counts, key, period.name, chosen=chosen)
        for question in month.of_kind("scale"):
            yield from list(month.cuts(question))[1:]


def _older(counts: Tally, known: Definitions, period: Period) -> Iterator[Table]:
    """What a month's page held before its corrections, with what is gone since as parts of their own."""
    editions = list(_editions(counts, period))
    now = {_key(table): _counted(table) for table in month_tables(counts, known, period)} if editions else {}
    for place, (_, old, behind) in enumerate(editions):
        tallies = [*(tally for _, _, tally in editions[place:]), counts]
        first = {_key(table): table for table in month_tables(behind, known, old)}
        kept = {key for key, table in first.items() if is_less(_counted(table), now.get(key, {}))}
        for table in _of_month(behind, known, old):
            if _key(table) in kept:
                yield from _lost(period.name, tallies, _key(table), place + 2).in_table(table)


def _editions(counts: Tally, period: Period) -> Iterator[tuple[int, Period, Tally]]:
    """What stood before each correction of a month, the first publication first, with the counts behind it."""
    for number in count(2):
        folder = period.folder.with_name(before_name(period.name, number))
        if folder == period.folder or not folder.is_dir():
            return
        yield number - 1, Period(period.name, folder), counts.before(period.name, number - 1)


def _lost(month: str, tallies: Sequence[Tally], key: Key, first: int) -> Lost:
    """What each correction from the first one on left out of a question, where it did."""
    steps = enumerate(pairwise(tallies), first)
    return Lost({month: {gone(month, number) for number, (old, new) in steps if key in old.changed(new, month)}})


def _key(table: Table) -> Key:
    return table.scope.survey, table.scope.question


def _counted(table: Table) -> Rows:
    return {row.unit: replace(row, status="shown") for row in table.units if row.total}


def _older_sums(counts: Tally, known: Definitions, reports: Path) -> Iterator[Table]:
    """Quarters and years that were taken back when a month of them was corrected.

    A question of which a correction left answers out is in no sum that was made after it, so what stands there
    is of the first publication of each month.
    """
    for folder in sorted(reports.glob("*-before-*-r*")):
        name = folder.name.partition("-before-")[0]
        if SUM.match(name) and folder.is_dir():
            period = Period(name, folder)
            months = [one for one in History(reports).months if one.name in months_in(name)]
            for table in _of_sum(counts, known, period, months):
                parts = {month.name: _all_lost(counts, month, _key(table)) for month in months}
                yield from Lost(parts).in_table(table)


def _of_sum(counts: Tally, known: Definitions, period: Period, months: Sequence[Period]) -> Iterator[Table]:
    for key in sorted({survey for survey, _ in (*period.ratings, *period.options)}):
        asked = [month for month in months if any(key == one for one, _ in (*month.ratings, *month.options))]
        parts = [Part(one, SurveyMonth(known, counts.before(one.name, 1), key, one.name)) for one in asked]
        yield from _tables(SurveySum(known, period.name, key, parts), period)


def _all_lost(counts: Tally, month: Period, key: Key) -> Set[str]:
    editions = list(_editions(counts, month))
    tallies = [*(tally for _, _, tally in editions), counts]
    return _lost(month.name, tallies, key, 2).parts[month.name]


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
        raise DisclosureError(
            f"{shown}\n{len(breaches):,} of {tried:,} hidden cells can be worked out. What residents chose must stay "
            "open by 3 at least: publish nothing more, put back every published file that was changed by hand, and "
            "show these cells to whoever looks after the program"
        )
    number = sum(map(len, found.values()))
    what = f"{number:,} tables of {len(found)} questions, {tried:,} hidden cells tried"
    return f"{reports}: {what}: nothing can be worked out"
