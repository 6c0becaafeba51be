"""Bring in what units declare of a month: invitations offered, services delivered, and an office's own figures."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from scripts.answer_files import read_table
from scripts.answer_map import closest
from scripts.answer_rows import Faults
from scripts.answer_table import AnswerFileError, Table
from scripts.options import LOCK_SECONDS, Command, database, definitions, definitions_in, open_store
from surveys.audit import by_system, record
from surveys.declared import Declaration, Declared, declare
from surveys.definition import Definitions
from surveys.office import ALWAYS_DECLARED
from surveys.responses import today
from surveys.store import Connection

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "period": ("period", "期间", "月份"),
    "unit": ("unit", "单位"),
    "figure": ("figure", "指标"),
    "survey": ("survey", "问卷"),
    "whole": ("whole", "数量", "总数"),
    "part": ("part", "其中"),
}
REQUIRED = ("period", "unit", "figure", "whole")
MOST_ROWS = 200_000
MOST = 1_000_000_000
"""More than any unit can offer, serve or do in a month."""


class _Wrong(Exception):
    """A cell holds something else than what the text says."""


@dataclass(frozen=True)
class Row:
    """One line of the file by column; a column that is not there is empty."""

    line: int
    cells: Mapping[str, str]


def places_of(table: Table) -> dict[str, int]:
    """Where each column stands; AnswerFileError names what is missing, doubled or not known."""
    if len(table.rows) > MOST_ROWS:
        raise AnswerFileError(f"{table.path}: more than {MOST_ROWS:,} figures: split the file by month")
    known = {name: column for column, names in COLUMNS.items() for name in names}
    found: dict[str, int] = {}
    for place, name in enumerate(table.header):
        column = known.get(name.strip().lower())
        if name and column is None:
            raise AnswerFileError(f"{table.path}:1: unknown column '{name}'{closest(name, known)}")
        if column in found:
            raise AnswerFileError(f"{table.path}:1: '{name}' names the column '{column}' a second time")
        if column:
            found[column] = place
    if missing := [column for column in REQUIRED if column not in found]:
        raise AnswerFileError(f"{table.path}:1: column '{missing[0]}' is missing: it may be called "
                              f"{' or '.join(COLUMNS[missing[0]])}")  # fmt: skip
    return found


class Checker:
    """Turns rows into declarations; every fault is noted with its line and column."""

    def __init__(self, table: Table, known: Definitions, now: date) -> None:
        self.table = table
        self.known = known
        self.month = now.isoformat()[:7]
        self.places = places_of(table)
        self.faults = Faults(str(table.path))
        self.figures = {code: code for code in (*ALWAYS_DECLARED, *known.figures)} | {
            text: code
            for code, texts in (*ALWAYS_DECLARED.items(), *((f.code, f.text) for f in known.figures.values()))
            for text in texts.values()
        }
        self.units = {code: code for code in known.units} | {
            name: unit.code for unit in known.units.values() for name in unit.name.values()
        }

    def check(self) -> tuple[Declaration, ...]:
        """All rows, or AnswerFileError with every fault and nothing taken."""
        seen: dict[tuple[str, ...], int] = {}
        found: list[Declaration] = []
        for line, cells in self.table.rows:
            if made := self._row(Row(line, {name: cells[place] for name, place in self.places.items()})):
                key = (made.period, made.unit, made.figure, made.survey)
                if key in seen:
                    self.faults.add(line, f"the same figure stands in line {seen[key]} already: keep one of the two")
                seen.setdefault(key, line)
                found.append(made)
        self.faults.raise_if_any()
        return tuple(found)

    def _row(self, row: Row) -> Declaration | None:
        taken: dict[str, str] = {}
        for column in COLUMNS:
            cell = row.cells.get(column, "")
            what = self.table.unusable.get((row.line, self.places.get(column, -1)))
            try:
                if what:
                    raise _Wrong(f"a plain value, not {what}")
                taken[column] = getattr(self, f"_{column}")(cell, taken)
            except _Wrong as wrong:
                self.faults.add_cell(row.line, column, cell, str(wrong))
                return None
        part = int(taken["part"]) if taken["part"] else None
        keys = (taken["period"], taken["unit"], taken["figure"], taken["survey"])
        return Declaration(*keys, whole=int(taken["whole"]), part=part)

    def _period(self, cell: str, _: Mapping[str, str]) -> str:
        found = re.fullmatch(r"([0-9]{4})[-/.年](0?[1-9]|1[0-2])月?", cell)
        if not found:
            raise _Wrong("a month as 2026-10")
        month = f"{found[1]}-{int(found[2]):02}"
        if month > self.month:
            raise _Wrong(f"a month up to {self.month}: nothing can be declared of what is still to come")
        return month

    def _unit(self, cell: str, taken: Mapping[str, str]) -> str:
        if cell not in self.units:
            raise _Wrong(f"the code or the name of a unit{closest(cell, self.units, self.known.units)}")
        code = self.units[cell]
        opened = self.known.units[code].opened.isoformat()
        if taken["period"] < opened[:7]:
            raise _Wrong(f"a unit that there was in {taken['period']}: {code} opened on {opened}")
        return code

    def _figure(self, cell: str, _: Mapping[str, str]) -> str:
        if cell not in self.figures:
            raise _Wrong(f"a figure: {', '.join((*ALWAYS_DECLARED, *self.known.figures))}")
        return self.figures[cell]

    def _survey(self, cell: str, taken: Mapping[str, str]) -> str:
        belongs = taken["figure"] in ALWAYS_DECLARED
        keys = dict.fromkeys(key for key, _ in self.known.surveys)
        if not belongs and cell:
            raise _Wrong(f"nothing: '{taken['figure']}' belongs to no survey")
        if belongs and cell not in keys:
            raise _Wrong(f"a survey, because '{taken['figure']}' belongs to one: {', '.join(keys)}")
        if belongs and self.known.units[taken["unit"]].kind not in self.known.versions(cell)[-1].unit_kinds:
            raise _Wrong(f"a survey that asks about {taken['unit']}")
        return cell

    def _whole(self, cell: str, _: Mapping[str, str]) -> str:
        if not re.fullmatch(r"[0-9]{1,12}", cell):
            raise _Wrong("a whole number, 0 or more, without blanks or commas")
        if int(cell) > MOST:
            raise _Wrong(f"a whole number up to {MOST:,}: look for digits too many")
        return cell

    def _part(self, cell: str, taken: Mapping[str, str]) -> str:
        figure = self.known.figures.get(taken["figure"])
        if figure is None or figure.part is None:
            if cell:
                raise _Wrong(f"nothing: '{taken['figure']}' has no part")
            return ""
        if not re.fullmatch(r"[0-9]{1,12}", cell) or int(cell) > int(taken["whole"]):
            raise _Wrong(f"a whole number from 0 to {taken['whole']}: {figure.part['en']}")
        return cell


def import_declared(table: Table, known: Definitions, path: Path, now: date, *, correcting: bool = False) -> Declared:
    """Check the whole table, then store what it declares, with its row in the audit."""
    wanted = Checker(table, known, now).check()
    warn_of_unfinished(wanted, now)
    digest = table.digest.hex()

    def work(connection: Connection) -> Declared:
        done = declare(connection, wanted, now, correcting=correcting)
        record(connection, by_system("declared_import", digest, new=done.new, changed=len(done.changed)))
        return done

    with open_store(path) as store:
        return store.write(work, deadline=LOCK_SECONDS)


def warn_of_unfinished(wanted: Iterable[Declaration], now: date) -> None:
    """Say on standard error which rates are declared of a month that is not over; they are stored all the same."""
    month = now.isoformat()[:7]
    found = sorted({one.figure for one in wanted if one.period == month and one.figure in ALWAYS_DECLARED})
    if found:
        click.echo(
            f"note: {month} has not ended, so {' and '.join(found)} may still change: once it has, import the final "
            "figures, before you publish",
            err=True,
        )


def told(done: Declared) -> Iterator[str]:
    """What was done, and each value that took the place of another."""
    yield f"{done.new:,} new, {len(done.changed):,} changed, {done.known:,} already there"
    for one in done.changed:
        survey = f" of {one.survey}" if one.survey else ""
        part = f", {one.part:,} of them" if one.part is not None else ""
        yield f"  changed: {one.period} {one.unit} {one.figure}{survey} is now {one.whole:,}{part}"
    for month in done.to_correct:
        advice = f".venv/bin/python -m scripts.publish --correct {month} --reason …"
        yield f"{month} is published with other figures: run {advice}"


@click.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sheet", help="The sheet of a spreadsheet.  [default: the first]")
@click.option("--correct", is_flag=True, help="Take values of published months too, to correct those months with.")
@database()
@definitions()
def main(file: Path, sheet: str | None, correct: bool, database: Path, definitions: Path) -> None:
    """Bring the declared figures in FILE (CSV or XLSX) into the database, all of them or none.

    Columns: period, unit, figure, whole and, where they apply, survey and part. The same file again changes
    nothing; another value takes the place of the earlier one, which stays in the database.
    """
    table = read_table(file, sheet)
    for note in table.notes:
        click.echo(f"{file}: {note}", err=True)
    done = import_declared(table, definitions_in(definitions), database, today(), correcting=correct)
    click.echo(f"{file.name}: " + "\n".join(told(done)))


if __name__ == "__main__":
    main()
