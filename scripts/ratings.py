"""The tables of a month: which rows there are, what each may show, and their CSV form."""

import calendar
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from scripts.counts import Cells, Tally
from surveys.definition import BASES, DONT_KNOW, LEVELS, Basis, Definitions, Question, Survey, Unit
from surveys.disclosure import Row, Status, options_pass, protect, rating_passes
from surveys.indicators import Rates
from surveys.office import NO_THEME
from surveys.store.text_themes import CODED, WRITTEN

RowStatus = Status | Literal["internal"]
OPTION_KINDS = ("single", "multiple", "number")


@dataclass(frozen=True)
class RatingRow:
    """Ratings of one question for one unit (`all`, a unit, `other`); what may not be shown is None."""

    question: str
    unit: str
    n: int | None
    dont_know: int | None
    rates: Rates | None
    status: RowStatus


@dataclass(frozen=True)
class OptionRow:
    """How many chose each code of one question for one unit; what may not be shown is None."""

    question: str
    unit: str
    codes: tuple[str, ...]
    n: int | None
    counts: tuple[int, ...] | None
    status: RowStatus


@dataclass(frozen=True)
class ThemeRow:
    """How many texts of a question were written and coded, and the themes of those; None may not be shown."""

    written: int | None
    coded: int
    themes: OptionRow


def month_days(month: str) -> tuple[date, date]:
    """First and last day of a month."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


class SurveyMonth:
    """One survey in one month: its versions, questions and units, and the tables made of its counts."""

    def __init__(self, definitions: Definitions, tally: Tally, key: str, month: str, *, internal: bool = False) -> None:
        self.key = key
        self.month = month
        self.internal = internal
        self.first, self.last = month_days(month)
        self.received = tally.received(key, month, "unit")
        self.channels = tally.received(key, month, "channel")
        self.by_basis = tally.received(key, month, "basis")
        self.late = tally.received(key, month, "late")[1]
        self._excluded = tally.excluded(key, month)
        self._themes = tally.themes(key, month)
        self._theme_codes = tuple(definitions.themes)
        known = [survey for survey in definitions.versions(key) if survey.opened <= self.last]
        self.versions = [s for s in known if s.closed is None or s.closed >= self.first] or known[-1:]
        self.survey: Survey = self.versions[-1]
        self.cells = tally.cells(key, month, self.survey.bases)
        self.other_bases: tuple[Basis, ...] = tuple(b for b in BASES if b not in self.survey.bases and self.by_basis[b])
        self._other_cells = tally.cells(key, month, self.other_bases)
        self.questions = self._questions(known)
        self.units = self._units(definitions.units)

    def _questions(self, known: Sequence[Survey]) -> Mapping[str, Question]:
        """The newest version's questions, then those of older versions that were asked or answered."""
        answered = {question for _, question in (*self.cells, *self._other_cells)}
        found: dict[str, Question] = {}
        for survey in reversed(known):
            for question in survey.questions:
                if survey in self.versions or question.code in answered:
                    found.setdefault(question.code, question)
        return found

    def _units(self, known: Mapping[str, Unit]) -> tuple[str, ...]:
        kinds = {kind for survey in self.versions for kind in survey.unit_kinds}
        listed = [
            unit.code
            for unit in known.values()
            if unit.code in self.received or (unit.kind in kinds and _was_open(unit, self.first, self.last))
        ]
        return (*listed, *sorted(code for code in self.received if code not in listed))

    def excluded(self, by: Literal["reason", "unit"]) -> Counter[str]:
        """Answer sets that were excluded, by reason or unit."""
        found: Counter[str] = Counter()
        for count in self._excluded:
            if not count.question:
                found[getattr(count, by)] += count.n
        return found

    def of_kind(self, *kinds: str) -> Iterator[Question]:
        """The questions of those kinds, in order."""
        return (question for question in self.questions.values() if question.kind in kinds)

    def ratings(self, question: Question) -> tuple[RatingRow, ...]:
        """The headline's rows of a scale question: `all`, the units in their order, `other`."""
        levels = {unit: _levels(self.cells, unit, question.code) for unit in self.units}
        rows = [Row(unit, cells, sum(cells)) for unit, cells in levels.items()]
        dont_know = {unit: self.cells.get((unit, question.code), Counter())[DONT_KNOW] for unit in self.units}
        safe = self._guarded(question, rows)
        dont_know["all"] = sum(dont_know.values())
        dont_know["other"] = sum(dont_know[row.unit] for row in safe if isinstance(row, Row) and row.status == "merged")
        return tuple(_rating(question.code, row, dont_know, self.internal) for row in safe)

    def other_ratings(self, question: Question) -> RatingRow:
        """The row of all ratings whose basis is not in the headline, under the same rules."""
        rows = [Row(unit, _levels(self._other_cells, unit, question.code), 0) for unit in self.units]
        levels = _everything(rows, len(LEVELS)).cells
        unsure = sum(self._other_cells.get((unit, question.code), Counter())[DONT_KNOW] for unit in self.units)
        if question.show_if and not self.internal:
            return _rating(question.code, _Sealed("all"), {})
        status: Status = "shown" if self.internal or rating_passes(levels) else "hidden"
        return _rating(question.code, Row("all", levels, sum(levels), status), {"all": unsure}, self.internal)

    def before_exclusion(self, question: Question) -> RatingRow | None:
        """The headline's row of everything as it would be without exclusions, where that may stand beside it.

        The difference of the two rows is a table too: how the excluded answers rated. None unless it passes.
        """
        after = self.ratings(question)[0]
        if after.rates is None or question.show_if:
            return None
        gone = self._gone(question)
        excluded = tuple(gone[level] for level in LEVELS)
        levels = tuple(map(sum, zip(after.rates.levels, excluded, strict=True)))
        if not any(excluded) or not (self.internal or (rating_passes(excluded) and rating_passes(levels))):
            return None
        rates = Rates(levels, after.rates.dont_know + gone[DONT_KNOW])
        return RatingRow(question.code, "all", rates.n, rates.dont_know, rates, after.status)

    def _gone(self, question: Question) -> Counter[str]:
        """The excluded answers to a question by code, of the headline's bases."""
        found: Counter[str] = Counter()
        for count in self._excluded:
            if count.question == question.code and count.basis in self.survey.bases:
                found[count.code] += count.n
        return found

    def themes(self, question: Question) -> ThemeRow:
        """The themes of a text question for everybody, of the headline's bases, under the rule for options."""
        found: Counter[str] = Counter()
        for count in self._themes:
            if count.question == question.code and count.basis in self.survey.bases:
                found[count.theme] += count.n
        written, coded = found.pop(WRITTEN, 0), found.pop(CODED, 0)
        codes = dict.fromkeys((*self._theme_codes, *sorted(set(found) - {NO_THEME}), NO_THEME))
        row = Row("all", tuple(found[theme] for theme in codes), coded)
        opening = [self._statuses(self.questions[code])[0] for code in question.show_if if code in self.questions]
        if not self.internal and any(status != "shown" for status in opening):
            return ThemeRow(None, 0, _option(question.code, (*codes,), _Sealed("all"), False))
        shown = self.internal or _option_row_passes(row)
        row = row if shown else Row("all", row.cells, coded, "hidden")
        return ThemeRow(written, coded, _option(question.code, (*codes,), row, self.internal))

    def options(self, question: Question) -> tuple[OptionRow, ...]:
        """The headline's rows of a single, multiple or number question."""
        codes = self._codes(question)
        rows = []
        for unit in self.units:
            cells = self.cells.get((unit, question.code), Counter())
            rows.append(Row(unit, tuple(cells[code] for code in codes), cells[""]))
        return tuple(_option(question.code, codes, row, self.internal) for row in self._guarded(question, rows))

    def _codes(self, question: Question) -> tuple[str, ...]:
        if question.kind == "scale":
            return LEVELS
        found = {c for (_, q), cells in self.cells.items() if q == question.code for c in cells if c}
        if question.kind == "number":
            return tuple(sorted(found, key=int))
        return (*question.codes(), *sorted(found - set(question.codes())))

    def _guarded(self, question: Question, rows: Sequence[Row]) -> Sequence["Row | _Sealed"]:
        """The rows under disclosure control, or all of them as they are for auditors.

        How many answered a question that only some answers open tells of those answers. So where any
        split of the opening question is not shown, only the total of all units stands, if even that.
        """
        if self.internal or not rows:
            return [_everything(rows, len(self._codes(question))), *rows]
        safe = protect(rows, _rating_row_passes if question.kind == "scale" else _option_row_passes)
        opening = [self._statuses(self.questions[code]) for code in question.show_if if code in self.questions]
        if all(status == "shown" for statuses in opening for status in statuses):
            return safe
        keeps_first = all(statuses[0] == "shown" for statuses in opening)
        sealed = [_Sealed(row.unit) for row in safe if row.unit != "other"]
        return [safe[0], *sealed[1:]] if keeps_first else sealed

    def _statuses(self, question: Question) -> list[RowStatus]:
        rows = self.ratings(question) if question.kind == "scale" else self.options(question)
        return [row.status for row in rows]


@dataclass(frozen=True)
class _Sealed:
    """A unit of which not even the total may stand."""

    unit: str


def _levels(cells: Cells, unit: str, question: str) -> tuple[int, ...]:
    found = cells.get((unit, question), Counter())
    return tuple(found[level] for level in LEVELS)


def _was_open(unit: Unit, first: date, last: date) -> bool:
    return unit.answers and unit.opened <= last and (unit.closed is None or unit.closed >= first)


def _everything(rows: Sequence[Row], width: int) -> Row:
    cells = tuple(sum(row.cells[place] for row in rows) for place in range(width))
    return Row("all", cells, sum(row.total for row in rows))


def _rating_row_passes(row: Row) -> bool:
    return rating_passes(row.cells)


def _option_row_passes(row: Row) -> bool:
    return options_pass(row.cells, row.total)


def _rating(question: str, row: Row | _Sealed, dont_know: Mapping[str, int], internal: bool = False) -> RatingRow:
    if isinstance(row, _Sealed):
        return RatingRow(question, row.unit, None, None, None, "hidden")
    unsure = dont_know[row.unit]
    rates = Rates(row.cells, unsure) if row.status == "shown" else None
    return RatingRow(question, row.unit, row.total, unsure, rates, "internal" if internal else row.status)


def _option(question: str, codes: tuple[str, ...], row: Row | _Sealed, internal: bool) -> OptionRow:
    if isinstance(row, _Sealed):
        return OptionRow(question, row.unit, codes, None, None, "hidden")
    counts = row.cells if row.status == "shown" else None
    return OptionRow(question, row.unit, codes, row.total, counts, "internal" if internal else row.status)
