"""Rows of a file into answer sets by a map, every fault with its line, column, value and what was expected."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, cast

from scripts.answer_cells import (
    Fixed,
    Reader,
    Ticks,
    Unexpected,
    day_reader,
    look_up,
    one_of,
    to_channel,
    to_language,
    to_source_id,
)
from scripts.answer_map import AnswerMap, Source, closest, versions_of
from scripts.answer_seen import Seen
from scripts.answer_table import AnswerFileError, Cells, Table
from surveys.definition import NEVER, Channel, Definitions, Question, Survey, Unit
from surveys.errors import AnswerError, DefinitionError, Problem
from surveys.responses import Answer, Fault, Frame, answers_text, check_answers, is_visible

SHOWN_FAULTS = 50
_NONE: Mapping[str, str] = MappingProxyType({})


class CheckedRow(NamedTuple):
    """One row as it may be stored, before it has an id; its answers as JSON."""

    line: int
    source_id: str
    frame: Frame
    answers: str
    texts: Mapping[str, str] = _NONE


@dataclass
class Faults:
    """Faults of a file, noted line by line: the first ones in words, all of them counted."""

    path: str
    shown: list[str] = field(default_factory=list)
    total: int = 0
    rows: int = 0
    last: int = 0

    def add(self, line: int, message: str) -> None:
        """Note one fault."""
        self.total += 1
        self.rows += line != self.last
        self.last = line
        if len(self.shown) < SHOWN_FAULTS:
            self.shown.append(f"{self.path}:{line}: {message}")

    def add_cell(self, line: int, column: str, value: str, expected: str) -> None:
        """Note a cell that holds something else than expected."""
        where = f"column '{column}': " if column else ""
        self.add(line, f"{where}{_shown(value)}, expected {expected}")

    def raise_if_any(self, advice: str = "") -> None:
        """AnswerFileError with everything noted, and the advice behind it."""
        if not self.total:
            return
        more = [f"… and {self.total - len(self.shown):,} more"] if self.total > len(self.shown) else []
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        end = f"{rows} cannot be taken: nothing was stored" + (f"; {advice}" if advice else "")
        raise AnswerFileError("\n".join([*self.shown, *more, end]))


def _shown(value: str) -> str:
    return f"'{value[:60]}…'" if len(value) > 60 else f"'{value}'" if value else "nothing"


def _nothing_required(survey: Survey) -> Survey:
    """The survey as paper knows it: nobody could be made to answer."""
    return replace(survey, questions=tuple(replace(question, required=False) for question in survey.questions))


class RowChecker:
    """Checks rows of one table against the map, the survey and the units.

    `watched` says of which numbers, by their hash, it is looked whether they stand twice; None for all.
    """

    def __init__(self, table: Table, found: AnswerMap, definitions: Definitions, fixed_day: date | None) -> None:
        self.table = table
        self.versions = tuple(_nothing_required(survey) for survey in versions_of(found, definitions))
        self.units = definitions.units
        self.faults = Faults(str(table.path))
        self.places = {name: place for place, name in enumerate(table.header) if name}
        self.map = found
        self.ids: dict[str, int] = {}
        self.watched: frozenset[int] | None = None
        self.left_out: Counter[tuple[int, str]] = Counter()
        self.general = self._general(found, fixed_day)
        self.questions: dict[str, Reader] = {
            code: self._question(source, next(s.by_code[code] for s in reversed(self.versions) if code in s.by_code))
            for code, source in found.answers.items()
        }
        self.seen = Seen(self.general, self.questions)
        self.mapped = {reader.place: reader.name for reader in self._readers()}

    def _readers(self) -> Iterator[Reader]:
        for reader in (*self.general.values(), *self.questions.values()):
            yield from reader.readers.values() if isinstance(reader, Ticks) else (reader,)

    def _general(self, found: AnswerMap, fixed_day: date | None) -> dict[str, Reader]:
        given: dict[str, Reader] = {
            "unit": self._reader(found.unit, self._unit),
            "channel": self._reader(found.channel, to_channel),
            "language": self._reader(found.language, to_language) if found.language else Fixed("zh"),
            "source_id": self._reader(found.source_id, to_source_id) if found.source_id else Fixed(""),
        }
        if fixed_day:
            given["day"] = Fixed(fixed_day)
        elif found.day:
            given["day"] = self._reader(found.day, day_reader(found.day.format))
        else:
            raise DefinitionError([found.place.problem("the map has no 'day': add it, or name one with --day")])
        return given

    def _reader(self, source: Source, translate: Callable[[str], object]) -> Reader:
        values = self.map.values_of(source)

        def by_table(cell: str) -> object:
            code = look_up(values or {}, cell)
            if code is None:
                raise Unexpected(one_of(values or {}))
            return translate(code)

        if source.value is None:
            name = source.column or ""
            return Reader(name, self.places[name], translate if values is None else by_table)
        try:
            return Fixed(translate(source.value))
        except Unexpected as error:
            raise DefinitionError([_problem(source, f"'{source.value}' cannot stand here, expected {error}")]) from None

    def _question(self, source: Source, question: Question) -> Reader:
        values = self.map.values_of(source)

        def translate(cell: str) -> object:
            return (look_up(values, cell) if values is not None else cell) or None

        def several(cell: str) -> object:
            parts = [part.strip() for part in cell.split(source.separator)] if source.separator else [cell]
            return [code for part in parts if part and (code := translate(part))] or None

        if source.columns:
            return Ticks({code: Reader(name, self.places[name], translate) for name, code in source.columns.items()})
        take = several if question.kind == "multiple" else translate
        if source.value is not None:
            return Fixed(take(source.value))
        name = source.column or ""
        return Reader(name, self.places[name], take)

    def _unit(self, code: str) -> Unit:
        unit = self.units.get(code)
        kinds = {kind for survey in self.versions for kind in survey.unit_kinds}
        takes = [unit.code for unit in self.units.values() if unit.answers and unit.kind in kinds]
        if unit is None or not unit.answers or unit.kind not in kinds:
            raise Unexpected(f"a unit that this survey is about{closest(code, takes)}")
        return unit

    def check(self, today: date, rows: Iterable[tuple[int, Cells]] | None = None) -> Iterator[CheckedRow]:
        """Every row, checked; AnswerFileError at the end lists all faults and counts those beyond the limit."""
        unusable = {line for line, _ in self.table.unusable}
        for line, cells in self.table.rows if rows is None else rows:
            seen = None if line in unusable else self.seen.find(cells)
            row = self._row_of_seen(line, cells, *seen) if seen else self._check_row(line, cells, today)
            if row:
                yield row
        self.faults.raise_if_any()

    def _row_of_seen(self, line: int, cells: Cells, frame: Frame, answers: str) -> CheckedRow | None:
        """A row whose cells have all been taken before, its number apart."""
        try:
            key = str(self.general["source_id"].take(cells))
        except Unexpected as error:
            reader = self.general["source_id"]
            self.faults.add_cell(line, reader.name, cells[reader.place], str(error))
            return None
        self._note_repeated(line, key)
        return CheckedRow(line, key, frame, answers)

    def _check_row(self, line: int, cells: Cells, today: date) -> CheckedRow | None:
        if self.table.unusable and self._note_unusable(line):
            return None
        general = self._take(line, cells, self.general)
        given = self._take(line, cells, self.questions)
        is_readable = line != self.faults.last
        self._note_repeated(line, str(general.get("source_id", "")))
        if not is_readable:
            return None
        unit, day = cast(Unit, general["unit"]), cast(date, general["day"])
        survey = self._survey(line, cells, unit, day, today)
        if survey is None:
            return None
        try:
            kept, texts = check_answers(survey, given)
        except AnswerError as error:
            self._note_answers(line, cells, survey, error.faults)
            return None
        unasked = [code for code, value in given.items() if value and not _is_asked(survey, code, kept)]
        if not (kept or texts or unasked):
            self.faults.add(line, "no answer at all: enter what stands on the sheet, or leave the row out")
            return None
        self.left_out.update((survey.version, code) for code in unasked)
        channel, language = cast(Channel, general["channel"]), str(general["language"])
        frame = Frame(survey.key, survey.version, unit.code, channel, "imported", language, day)
        if not (texts or unasked):
            self.seen.note(cells, survey, frame, kept)
        return CheckedRow(line, str(general["source_id"]), frame, answers_text(kept), texts)

    def _take(self, line: int, cells: Cells, readers: Mapping[str, Reader]) -> dict[str, object]:
        values: dict[str, object] = {}
        for target, reader in readers.items():
            try:
                values[target] = reader.take(cells)
            except Unexpected as error:
                self.faults.add_cell(line, reader.name, cells[reader.place], str(error))
        return values

    def _note_unusable(self, line: int) -> bool:
        for place, name in self.mapped.items():
            if what := self.table.unusable.get((line, place)):
                self.faults.add(line, f"column '{name}': {what}, expected a value: copy the cells and paste the values")
        return line == self.faults.last

    def _note_repeated(self, line: int, source_id: str) -> None:
        if not source_id or not self._may_repeat(source_id):
            return
        if (first := self.ids.setdefault(source_id, line)) != line:
            self.faults.add(
                line, f"number '{source_id}' stands in line {first} too: each sheet has a number of its own"
            )

    def _may_repeat(self, source_id: str) -> bool:
        return self.watched is None or hash(source_id) in self.watched

    def _survey(self, line: int, cells: Cells, unit: Unit, day: date, today: date) -> Survey | None:
        """The version that was asked on the day, if unit and day agree with it."""
        reader = self.general["day"]
        shown = cells[reader.place] if reader.place >= 0 else day.isoformat()
        survey = next((s for s in reversed(self.versions) if s.is_open(day)), None)
        if day > today:
            self.faults.add_cell(line, reader.name, shown, f"a day that is not after today, {today}")
        elif survey is None:
            self.faults.add_cell(line, reader.name, shown, f"a day on which it was asked: {_lives(self.versions)}")
        elif unit.kind not in survey.unit_kinds:
            kinds = " or ".join(survey.unit_kinds)
            self.faults.add_cell(line, self.general["unit"].name, unit.code, f"a unit of the kind {kinds}")
        elif not unit.is_open(day):
            span = _span(unit.opened, unit.closed)
            self.faults.add_cell(line, reader.name, shown, f"a day on which unit '{unit.code}' was open: {span}")
        else:
            return survey
        return None

    def _note_answers(self, line: int, cells: Cells, survey: Survey, faults: Mapping[str, Fault]) -> None:
        for code, fault in faults.items():
            question = survey.by_code[code]
            expected = _expected(question, fault, self.map)
            reader = self.questions[code]
            if isinstance(reader, Ticks):
                ticked = " + ".join(one.name for one in reader.readers.values() if one.take(cells) is not None)
                self.faults.add_cell(line, ", ".join(one.name for one in reader.readers.values()), ticked, expected)
            else:
                self.faults.add_cell(line, reader.name, cells[reader.place] if reader.place >= 0 else "", expected)

    def notes(self) -> Iterator[str]:
        """What was left out of the rows, by question."""
        for (version, code), n in sorted(self.left_out.items()):
            survey = next(survey for survey in self.versions if survey.version == version)
            yield f"{n:,} {'answer' if n == 1 else 'answers'} to '{code}' left out: {_why_unasked(survey, code)}"


def _is_asked(survey: Survey, code: str, kept: Mapping[str, Answer]) -> bool:
    return code in survey.by_code and is_visible(survey.by_code[code], kept)


def _why_unasked(survey: Survey, code: str) -> str:
    if code not in survey.by_code:
        return f"version {survey.version} does not ask it"
    conditions = (f"{asked} = {' or '.join(values)}" for asked, values in survey.by_code[code].show_if.items())
    return f"it is asked only after {' and '.join(conditions)}"


def _problem(source: Source, message: str) -> Problem:
    return source.place.problem(message, "value")


def _span(opened: date, closed: date | None) -> str:
    return f"{opened} to {closed}" if closed else f"from {opened} on"


def _lives(versions: Sequence[Survey]) -> str:
    spans = {survey.version: _span(survey.opened, survey.closed) for survey in versions if survey.opened < NEVER}
    return "; ".join(f"version {version} {span}" for version, span in spans.items()) or "it was never opened"


_LIMITS = {
    "too_many": "at most {limit} choices",
    "too_long": "at most {limit} characters",
    "not_number": "a whole number",
    "too_small": "{limit} or more",
    "too_large": "{limit} or less",
    "not_date": "a day as 2026-10-31",
}


def _expected(question: Question, fault: Fault, found: AnswerMap) -> str:
    if fault.code == "unknown_code":
        return one_of(found.values_of(found.answers[question.code]) or dict.fromkeys(question.codes()))
    return _LIMITS[fault.code].format(limit=fault.limit)
