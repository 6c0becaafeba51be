"""The tables of a month: which rows there are, what each may show, and their CSV form."""

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Literal

from scripts.call_counts import Calls
from scripts.card_counts import batches_of
from scripts.counts import Cells, Tally
from surveys import attacker
from surveys.cards import headline
from surveys.definition import BASES, DONT_KNOW, LEVELS, Basis, Definitions, Question, Survey, Unit
from surveys.disclosure import release
from surveys.errors import DisclosureError
from surveys.indicators import Rates
from surveys.office import NO_THEME
from surveys.released import ALL, HEADLINE, OTHER, Row, Scope, Status, Table, option_rule, rating_rule, total_of
from surveys.store.text_themes import CODED, WRITTEN
from surveys.surges import mostly_by_staff

RowStatus = Status | Literal["internal"]
OPTION_KINDS = ("single", "multiple", "number")
COUNTED_KINDS = ("scale", *OPTION_KINDS)
OTHER_BASES, EXCLUDED = frozenset({"other bases"}), frozenset({"excluded"})
"""Parts of a month's answers, beside the headline, that a table of their own may hold."""
Earlier = Mapping[str, Sequence[Table]]
"""Tables that were published before and count answers of the month too, by question."""
NOTHING_EARLIER: Earlier = MappingProxyType({})
Chosen = Mapping[str, Table]
"""Tables of the month that stand already, by question."""
NOTHING_CHOSEN: Chosen = MappingProxyType({})


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

    def __init__(
        self,
        definitions: Definitions,
        tally: Tally,
        key: str,
        month: str,
        *,
        internal: bool = False,
        earlier: Earlier = NOTHING_EARLIER,
        chosen: Chosen = NOTHING_CHOSEN,
    ) -> None:
        self.earlier = earlier
        self._tables = dict(chosen)
        self.key = key
        self.month = month
        self.internal = internal
        self.first, self.last = month_days(month)
        self.received = tally.received(key, month, "unit")
        self.channels = tally.received(key, month, "channel")
        self.by_basis = tally.received(key, month, "basis")
        self.late = tally.received(key, month, "late")[1]
        self._excluded = tally.excluded(key, month)
        self.corrected = frozenset(code for survey, code in tally.corrected(month) if survey == key)
        self._themes = tally.themes(key, month)
        self._theme_codes = tuple(definitions.themes)
        known = [survey for survey in definitions.versions(key) if survey.opened <= self.last]
        self.versions = [s for s in known if s.closed is None or s.closed >= self.first] or known[-1:]
        self.survey: Survey = self.versions[-1]
        self.batches = batches_of(tally.cards(key, month))
        self.calls = Calls.of(tally.calls(key, month))
        self.surges = tally.surges(key, month)
        self.by_staff = mostly_by_staff(tally.ways(key, month))
        self.bases = headline(self.survey, bool(self.batches))
        self.cells = tally.cells(key, month, self.bases)
        self.other_bases: tuple[Basis, ...] = tuple(b for b in BASES if b not in self.bases and self.by_basis[b])
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
        table = self.table(question)
        unsure = Counter({unit: self.cells.get((unit, question.code), Counter())[DONT_KNOW] for unit in self.units})
        unsure |= Counter({ALL: unsure.total(), OTHER: sum(unsure[unit] for unit in table.merged)})
        return tuple(rating_row(question.code, row, unsure[row.unit], self.internal) for row in table.rows)

    def other_ratings(self, question: Question) -> RatingRow:
        """The row of all ratings whose basis is not in the headline, under the same rules."""
        unsure = sum(self._other_cells.get((unit, question.code), Counter())[DONT_KNOW] for unit in self.units)
        row = self._other_table(question).everything
        return rating_row(question.code, row, unsure, self.internal)

    def _other_table(self, question: Question) -> Table:
        """Of the other bases: how many chose what all together, where that may stand, and nothing of any unit."""
        rows = self.rows(question, self._other_cells)
        everything = self._everything(question, rows)
        status: Status = "shown" if self.internal or rating_rule(everything) else "hidden"
        first = replace(everything, status="sealed" if question.show_if and not self.internal else status)
        return Table(self._scope(question, OTHER_BASES), (first, *map(_seal, rows)))

    def before_exclusion(self, question: Question) -> RatingRow | None:
        """The headline's row of everything as it would be without exclusions, where that may stand beside it.

        The difference of the two rows is a table too: how the excluded answers rated. None unless it passes.
        """
        table = self._before_table(question)
        if table is None:
            return None
        unsure = self.ratings(question)[0].dont_know or 0
        return rating_row(question.code, table.everything, unsure + self._gone(question)[ALL][DONT_KNOW], self.internal)

    def _before_table(self, question: Question) -> Table | None:
        """The headline with what was excluded, if nobody learns from both who knows how many answers each unit lost.

        Of a question that a correction changed, the figures of before it stand instead.
        """
        if question.code in self.corrected:
            return None
        after, gone = self.table(question), self._gone(question)
        if after.everything.status != "shown" or question.show_if or not _levels_of(gone[ALL]).total:
            return None
        rows = [total_of(row.unit, [row, _levels_of(gone[row.unit])]) for row in after.units]
        scope = self._scope(question, HEADLINE | EXCLUDED)
        table = Table(scope, (total_of(ALL, rows), *(replace(row, status="hidden") for row in rows)))
        may_stand = rating_rule(_levels_of(gone[ALL])) and rating_rule(table.everything)
        if self.internal or (may_stand and not self._tells(question, [after, table])):
            return table
        return None

    def cuts(self, question: Question) -> Iterator[Table]:
        """Every table of a question that the month's report holds: the headline, other bases, before exclusion."""
        yield self.table(question)
        if question.kind == "scale" and self.other_bases:
            yield self._other_table(question)
        if question.kind == "scale" and (before := self._before_table(question)):
            yield before

    def _gone(self, question: Question) -> Mapping[str, Counter[str]]:
        """The excluded answers to a question by code, of the headline's bases, by unit and all together."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for count in self._excluded:
            if count.question == question.code and count.basis in self.bases:
                found[count.unit][count.code] += count.n
                found[ALL][count.code] += count.n
        return found

    def themes(self, question: Question) -> ThemeRow:
        """The themes of a text question for everybody, of the headline's bases, under the rule for options."""
        found: Counter[str] = Counter()
        for count in self._themes:
            if count.question == question.code and count.basis in self.bases:
                found[count.theme] += count.n
        written, coded = found.pop(WRITTEN, 0), found.pop(CODED, 0)
        codes = dict.fromkeys((*self._theme_codes, *sorted(set(found) - {NO_THEME}), NO_THEME))
        row = Row(ALL, tuple(found[theme] for theme in codes), coded)
        opening = [self.table(self.questions[code]) for code in question.show_if if code in self.questions]
        if not self.internal and any(table.everything.status != "shown" for table in opening):
            return ThemeRow(None, 0, option_row(question.code, (*codes,), _seal(row)))
        shown = self.internal or option_rule(row)
        row = row if shown else replace(row, status="hidden")
        return ThemeRow(written, coded, option_row(question.code, (*codes,), row, self.internal))

    def options(self, question: Question) -> tuple[OptionRow, ...]:
        """The headline's rows of a single, multiple or number question."""
        table = self.table(question)
        return tuple(option_row(question.code, table.scope.codes, row, self.internal) for row in table.rows)

    def table(self, question: Question) -> Table:
        """The headline of a question as it may be published, or as it is for auditors.

        How many answered a question that only some answers open tells of those answers. So where any
        split of the opening question is not shown, only the total of all units stands, if even that.
        DisclosureError if nothing of it may stand beside the earlier tables.
        """
        if question.code not in self._tables:
            rows, scope = self.rows(question), self._scope(question, HEADLINE)
            if self.internal or not rows:
                self._tables[question.code] = Table(scope, (self._everything(question, rows), *rows))
            else:
                safe = release(scope, rows, self.earlier.get(question.code, ()))
                self._tables[question.code] = self._sealed(question, safe)
        return self._tables[question.code]

    def stand(self, question: Question, table: Table) -> None:
        """Take a table that was chosen before."""
        self._tables[question.code] = table

    def _sealed(self, question: Question, safe: Table) -> Table:
        opening = [self.table(self.questions[code]) for code in question.show_if if code in self.questions]
        if all(row.status == "shown" for table in opening for row in table.rows):
            return safe
        keeps_first = all(table.everything.status == "shown" for table in opening)
        units, nothing = map(_seal, safe.units), _seal(safe.everything)
        kept = Table(safe.scope, (safe.everything if keeps_first else nothing, *units))
        for candidate in (kept, Table(safe.scope, (nothing, *kept.units))):
            if not self._tells(question, [candidate]):
                return candidate
        raise DisclosureError(f"{safe.scope} would tell on someone, even without any number of its units")

    def _tells(self, question: Question, tables: Sequence[Table]) -> bool:
        found = attacker.breaches([*self.earlier.get(question.code, ()), *tables])
        return next(found, None) is not None

    def _scope(self, question: Question, parts: frozenset[str]) -> Scope:
        rule = rating_rule if question.kind == "scale" else option_rule
        codes, exclusive = self._codes(question), question.kind != "multiple"
        return Scope(self.key, question.code, frozenset({self.month}), parts, codes, exclusive, rule)

    def rows(self, question: Question, counted: Cells | None = None) -> list[Row]:
        """The counts of each unit as they are, of the headline unless others are given."""
        codes, rows = self._codes(question), []
        for unit in self.units:
            cells = (self.cells if counted is None else counted).get((unit, question.code), Counter())
            levels = tuple(cells[code] for code in codes)
            rows.append(Row(unit, levels, sum(levels) if question.kind == "scale" else cells[""]))
        return rows

    def _everything(self, question: Question, rows: Sequence[Row]) -> Row:
        return total_of(ALL, rows) if rows else Row(ALL, (0,) * len(self._codes(question)), 0)

    def _codes(self, question: Question) -> tuple[str, ...]:
        if question.kind == "scale":
            return LEVELS
        found = {c for (_, q), cells in self.cells.items() if q == question.code for c in cells if c}
        if question.kind == "number":
            return tuple(sorted(found, key=int))
        return (*question.codes(), *sorted(found - set(question.codes())))


def _levels_of(cells: Counter[str]) -> Row:
    levels = tuple(cells[level] for level in LEVELS)
    return Row(ALL, levels, sum(levels))


def _seal(row: Row) -> Row:
    return replace(row, status="sealed")


def _was_open(unit: Unit, first: date, last: date) -> bool:
    return unit.answers and unit.opened <= last and (unit.closed is None or unit.closed >= first)


def rating_row(question: str, row: Row, unsure: int, internal: bool = False) -> RatingRow:
    """What a table writes of one row of ratings."""
    if row.status == "sealed":
        return RatingRow(question, row.unit, None, None, None, "hidden")
    rates = Rates(row.cells, unsure) if row.status == "shown" else None
    return RatingRow(question, row.unit, row.total, unsure, rates, "internal" if internal else row.status)


def option_row(question: str, codes: tuple[str, ...], row: Row, internal: bool = False) -> OptionRow:
    """What a table writes of one row of options."""
    if row.status == "sealed":
        return OptionRow(question, row.unit, codes, None, None, "hidden")
    counts = row.cells if row.status == "shown" else None
    return OptionRow(question, row.unit, codes, row.total, counts, "internal" if internal else row.status)
