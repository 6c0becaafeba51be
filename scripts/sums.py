"""Quarters and years as sums of published months, under disclosure control against all that is published already."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import click

from scripts.counts import Tally
from scripts.history import ANSWERS, MONTH, RATINGS, Key, Options, Period, Rating, last_month, months_in
from scripts.open_data import tables_of, write_files
from scripts.options import with_progress
from scripts.ratings import OPTION_KINDS, OptionRow, RatingRow, SurveyMonth
from surveys import attacker
from surveys.definition import DONT_KNOW, LANGUAGES, LEVELS, Definitions, Question
from surveys.disclosure import release
from surveys.errors import DisclosureError, HuiyinError
from surveys.indicators import Rates
from surveys.released import ALL, OTHER, Row, Scope, Status, Table, option_rule, rating_rule, total_of
from surveys.store import Store

KINDS = ("scale", *OPTION_KINDS)
Published = Mapping[str, Rating] | Mapping[str, Options]


@dataclass(frozen=True)
class Part:
    """A published month with its counts as they are."""

    period: Period
    counts: SurveyMonth

    def published(self, question: Question) -> Published:
        """What stands in the month's tables of the question; empty if it was not asked."""
        return published_of(self.period, (self.counts.key, question.code))

    def row(self, unit: str, question: Question, codes: Sequence[str]) -> Row:
        """The true counts of one unit."""
        cells = self.counts.cells.get((unit, question.code), Counter())
        levels = tuple(cells[code] for code in codes)
        return Row(unit, levels, sum(levels) if question.kind == "scale" else cells[""])


def published_of(period: Period, key: Key) -> Published:
    """The published rows of a question by unit."""
    return period.ratings.get(key) or period.options.get(key) or {}


class SurveySum:
    """One survey in a quarter or year: the tables that may stand beside its months, and those that may not."""

    def __init__(
        self, known: Definitions, name: str, key: str, parts: Sequence[Part], quarters: Sequence[Period] = ()
    ) -> None:
        self.month = name
        self.key = key
        self.parts = parts
        self.quarters = quarters
        self.left_out: dict[str, str] = {}
        self.corrected = frozenset[str]().union(*(part.counts.corrected for part in parts))
        self.questions: dict[str, Question] = {}
        for part in reversed(parts):
            for code, question in part.counts.questions.items():
                self.questions.setdefault(code, question)
        heard = {unit for part in parts for unit in part.counts.units}
        self.units = (*(unit for unit in known.units if unit in heard), *sorted(heard - set(known.units)))

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """What may stand, by question; why the others are missing is in `left_out`."""
        found: dict[str, Table] = {}
        asked = [question for question in self.questions.values() if question.kind in KINDS]
        for question in with_progress(asked, f"adding up {self.month} {self.key}", len(asked)):
            try:
                found[question.code] = self._table(question, found)
            except DisclosureError as error:
                self.left_out[question.code] = str(error)
        return found

    def of_kind(self, *kinds: str) -> Iterator[Question]:
        """The questions of those kinds that have a table, in order."""
        return (self.questions[code] for code in self.tables if self.questions[code].kind in kinds)

    def ratings(self, question: Question) -> tuple[RatingRow, ...]:
        """The rows of a scale question."""
        table = self.tables[question.code]
        unsure = {unit: self._unsure(unit, question) for unit in self.units}
        unsure |= {ALL: sum(unsure.values()), OTHER: sum(unsure[unit] for unit in table.merged)}
        return tuple(_rating(question.code, row, unsure[row.unit]) for row in table.rows)

    def options(self, question: Question) -> tuple[OptionRow, ...]:
        """The rows of a single, multiple or number question."""
        table = self.tables[question.code]
        return tuple(_option(question.code, table.scope.codes, row) for row in table.rows)

    def _unsure(self, unit: str, question: Question) -> int:
        return sum(part.counts.cells.get((unit, question.code), Counter())[DONT_KNOW] for part in self.parts)

    def _table(self, question: Question, found: Mapping[str, Table]) -> Table:
        """DisclosureError where nothing of it may stand beside what is published."""
        if question.code in self.corrected:
            raise DisclosureError(
                f"{self.key} {question.code}: answers were left out of one of the months after it was published, so "
                "its sum of before stays as it is; add up the months that are shown"
            )
        self._require_comparable(question)
        codes = self._codes(question)
        periods = [*(part.period for part in self.parts), *self.quarters]
        earlier = [
            self.published_table(question, one) for one in periods if published_of(one, (self.key, question.code))
        ]
        rows = [self._row(unit, question, codes, self.parts) for unit in self.units]
        scope = self._scope(question, codes, self.parts)
        opening = self._opening(question, found)
        if all(row.status == "shown" for table in opening for row in table.rows):
            return release(scope, rows, earlier)
        return _sealed(scope, rows, opening, earlier)

    def _require_comparable(self, question: Question) -> None:
        """DisclosureError if answers cannot be added up, or if how they changed would help to take them apart.

        A code that a month's table does not name was chosen by nobody there, which an attacker would know.
        """
        asked = [part for part in self.parts if part.published(question)]
        kinds = {(one.kind, one.scale) for part in asked if (one := part.counts.questions.get(question.code))}
        if len(kinds) > 1:
            raise DisclosureError(
                f"{self.key} {question.code} was another kind of question in some of the months, which cannot be added "
                "up: see each of them"
            )
        if question.kind == "scale":
            return
        rows = [row for part in asked for row in part.published(question).values()]
        if len({row.codes for row in rows if isinstance(row, Options)}) > 1 and any(r.status != "shown" for r in rows):
            raise DisclosureError(
                f"{self.key} {question.code} had other options in some of the months, and a sum would help to take "
                "their answers apart: see each of them"
            )

    def _codes(self, question: Question) -> tuple[str, ...]:
        if question.kind == "scale":
            return LEVELS
        rows = (row for part in self.parts for row in part.published(question).values())
        found = dict.fromkeys(code for row in rows if isinstance(row, Options) for code in row.codes)
        if question.kind == "number":
            return tuple(sorted(found, key=int))
        return (*(code for code in question.codes() if code in found), *sorted(set(found) - set(question.codes())))

    def _scope(self, question: Question, codes: tuple[str, ...], parts: Sequence[Part]) -> Scope:
        months = frozenset(part.period.name for part in parts)
        rule = rating_rule if question.kind == "scale" else option_rule
        exclusive = question.kind != "multiple"
        return Scope(self.key, question.code, months, codes=codes, exclusive=exclusive, rule=rule)

    def _row(self, unit: str, question: Question, codes: Sequence[str], parts: Sequence[Part]) -> Row:
        return total_of(unit, [part.row(unit, question, codes) for part in parts])

    def published_table(self, question: Question, period: Period) -> Table:
        """A table that is published of some of the months, with its counts; HuiyinError if the two do not fit."""
        codes = self._codes(question)
        parts = [part for part in self.parts if part.period.name in months_in(period.name)]
        published = published_of(period, (self.key, question.code))
        units = [unit for unit in published if unit not in (ALL, OTHER)]
        rows = [_as_published(self._row(unit, question, codes, parts), published[unit]) for unit in units]
        totals = [replace(total_of(ALL, rows), status=_status(published[ALL]))]
        if OTHER in published:
            totals.append(total_of(OTHER, [row for row in rows if row.status == "merged"]))
        table = Table(self._scope(question, codes, parts), (totals[0], *rows, *totals[1:]))
        for row in table.rows:
            if row.status == "shown" and not _fits(row, published[row.unit], codes):
                raise HuiyinError(
                    f"{period.folder}: {question.code} {row.unit} is not what was counted: put the published file "
                    "back, or look at --database and --tally; if the folder is not this office's, move it away with "
                    "the page beside it, in both languages, and publish a month of it once more"
                )
        return table

    def _opening(self, question: Question, found: Mapping[str, Table]) -> list[Table]:
        """The tables of the questions whose answers open this one."""
        opening = [code for code in question.show_if if code in self.questions]
        if missing := [code for code in opening if code not in found]:
            raise DisclosureError(
                f"{self.key} {question.code} depends on {missing[0]}, which is left out: see each of the months"
            )
        return [found[code] for code in opening]


def _sealed(scope: Scope, rows: Sequence[Row], opening: Sequence[Table], earlier: Sequence[Table]) -> Table:
    """Without the units' totals, which would tell what a question before keeps back; that of all only if it may stand.

    So do the months. DisclosureError if even that would tell.
    """
    everything = total_of(ALL, rows)
    known = all(table.everything.status == "shown" for table in opening)
    allowed: Sequence[Status] = ("shown", "hidden", "sealed") if scope.rule(everything) else ("hidden", "sealed")
    units = tuple(_seal(row) for row in rows)
    for status in allowed if known else allowed[-1:]:
        table = Table(scope, (replace(everything, status=status), *units))
        if next(attacker.breaches([*earlier, table]), None) is None:
            return table
    raise DisclosureError(
        f"{scope} would tell what a month keeps back, even without any number of its units: see each of the months"
    )


def _seal(row: Row) -> Row:
    return replace(row, status="sealed")


def _status(row: Rating | Options) -> Status:
    """The status of a published row; without its total it is sealed."""
    if row.n is None:
        return "sealed"
    return next(status for status in ("shown", "merged", "hidden") if status == row.status)


def _as_published(row: Row, published: Rating | Options) -> Row:
    return replace(row, status=_status(published))


def _fits(row: Row, published: Rating | Options, codes: Sequence[str]) -> bool:
    if isinstance(published, Rating):
        return published.levels == row.cells
    counts = dict(zip(published.codes, published.counts or (), strict=True))
    return published.n == row.total and tuple(counts.get(code, 0) for code in codes) == row.cells


def _rating(question: str, row: Row, unsure: int) -> RatingRow:
    if row.status == "sealed":
        return RatingRow(question, row.unit, None, None, None, "hidden")
    rates = Rates(row.cells, unsure) if row.status == "shown" else None
    return RatingRow(question, row.unit, row.total, unsure, rates, row.status)


def _option(question: str, codes: tuple[str, ...], row: Row) -> OptionRow:
    if row.status == "sealed":
        return OptionRow(question, row.unit, codes, None, None, "hidden")
    return OptionRow(question, row.unit, codes, row.total, row.cells if row.status == "shown" else None, row.status)


def due(published: Set[str], first_asked: str) -> list[str]:
    """The quarters and years of which each month in which something was asked is published, oldest first.

    A quarter comes before its year, and one month alone is no sum.
    """
    names = {name for month in published for name in (quarter_of(month), month[:4])}
    asked = {name: [month for month in months_in(name) if month >= first_asked] for name in names}
    found = [name for name, months in asked.items() if len(months) > 1 and published >= set(months)]
    return sorted(found, key=lambda name: (last_month(name), len(months_in(name))))


def quarter_of(month: str) -> str:
    """The quarter that a month lies in."""
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def write_sums(store: Store, counts: Tally, known: Definitions, content: Path) -> None:
    """Write the tables of the sums that are due and not there yet.

    Whatever stands against a sum is told on standard error, and the months are published without it.
    """
    folders = [content / language / "reports" for language in LANGUAGES]
    published = {path.parent.name for path in folders[0].glob(f"*/{RATINGS}") if MONTH.match(path.parent.name)}
    first_asked = min(survey.opened for survey in known.surveys.values()).isoformat()[:7]
    for name in due(published, first_asked):
        try:
            files = _files(store, counts, known, folders[0], name)
        except HuiyinError as error:
            click.echo(f"warning: {name} is not published as a sum: {error}", err=True)
            continue
        for folder in folders:
            write_files(folder / name, files)


def _files(store: Store, counts: Tally, known: Definitions, reports: Path, name: str) -> Mapping[str, bytes]:
    """The tables of a sum: those that were published, else new ones."""
    if _is_published(reports / name):
        return {path.name: path.read_bytes() for path in sorted((reports / name).iterdir())}
    if "Q" in name and _is_published(reports / name[:4]):
        raise HuiyinError(
            f"{name[:4]} stands published already, and what the two would tell together was never tried. Its months "
            "and the year stand as they are, and nothing is to be done"
        )
    sums = list(surveys_of(store, counts, known, reports, name))
    files = tables_of(sums)
    for one in sums:
        for question, why in one.left_out.items():
            click.echo(f"warning: {name} leaves out {one.key} {question}: {why}", err=True)
    return files


def _is_published(folder: Path) -> bool:
    return all((folder / table).is_file() for table in (RATINGS, ANSWERS))


def surveys_of(store: Store, counts: Tally, known: Definitions, reports: Path, name: str) -> Iterator[SurveySum]:
    """Every survey of a quarter or year, its counts renewed where they are missing."""
    months = [Period(month, reports / month) for month in months_in(name) if (reports / month / RATINGS).is_file()]
    for month in months:
        if not counts.is_final(month.name):
            counts.refresh(store, month.name)
    quarters = [Period(path.name, path) for path in sorted(reports.glob(f"{name}-Q[1-4]")) if _is_published(path)]
    keys = sorted({key for month in months for key, _ in (*month.ratings, *month.options)})
    for key in keys:
        asked = [month for month in months if any(key == one for one, _ in (*month.ratings, *month.options))]
        parts = [Part(month, SurveyMonth(known, counts, key, month.name)) for month in asked]
        yield SurveySum(known, name, key, parts, quarters)
