"""Bring in answers that were collected elsewhere: on paper, by telephone, in an older system."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from scripts.answer_checked import CheckedFile
from scripts.answer_clashes import Clash, clashes_in, refuse
from scripts.answer_files import read_table
from scripts.answer_map import AnswerMap, check_header, read_map
from scripts.answer_rows import CheckedRow, RowChecker
from scripts.answer_table import AnswerFileError, Table
from scripts.options import LOCK_SECONDS, Command, Day, database, definitions, definitions_in, open_or_make
from surveys.audit import by_system, first_day, record
from surveys.definition import Definitions
from surveys.errors import DefinitionError
from surveys.keys import Keys
from surveys.responses import open_period, row_of, today
from surveys.store import Connection, answers

BATCH_SIZE = 5_000
MOST_CLASHES = 10_000


@dataclass(frozen=True)
class Imported:
    """What an import did; `late` counts the new ones that fall into a later month, by that month.

    `notes` tell what was left out, `instead` what of the map did not hold.
    """

    new: int
    known: int
    late: dict[str, int]
    notes: tuple[str, ...] = ()
    instead: str = ""

    def __str__(self) -> str:
        told = [f"{self.new:,} new, {self.known:,} already there"]
        told += [f"{n:,} of them are of a published month and count in {month}" for month, n in self.late.items()]
        return "; ".join([*told, self.instead] if self.instead else told)


def checker_for(table: Table, found: AnswerMap, known: Definitions, day: date | None) -> RowChecker:
    """A checker of the table's rows; an error if its columns and the map do not fit."""
    problems = check_header(found, table.path, table.header)
    if problems:
        raise DefinitionError(problems)
    return RowChecker(table, found, known, day)


Ready = tuple[bytes, CheckedRow, dict[str, Any]]
"""A row's id, the row, and what is stored of it."""


def ready_rows(rows: Iterable[CheckedRow], keys: Keys, survey: str, batch: str, file_digest: bytes) -> Iterator[Ready]:
    """The rows to store, in the months of their days; source ids go no further than this.

    The same file gives the same ids again.
    """
    named, numbered = (keys.coder("import", survey, origin) for origin in (batch, file_digest))
    for row in rows:
        key = (named(row.source_id) if row.source_id else numbered(str(row.line)))[:16]
        yield key, row, row_of(key, row.answers, row.frame)


def store_rows(connection: Connection, table: Table, slices: Iterable[Sequence[Ready]]) -> Imported:
    """Store what is new; an error if an id is there with other answers, and then nothing is stored."""
    months: dict[str, str] = {}
    clashes, late, new, total = list[Clash](), Counter[str](), 0, 0
    for rows in slices:
        total += len(rows)
        months |= {day.isoformat(): open_period(connection, day) for day in {row.frame.day for _, row, _ in rows}}
        is_late = any(month != day[:7] for day, month in months.items())
        for start in range(0, len(rows), BATCH_SIZE):
            chunk = rows[start : start + BATCH_SIZE]
            if is_late:
                chunk = [(key, row, _in_month(months, values)) for key, row, values in chunk]
            stored = _stored(connection, chunk, clashes)
            new += len(stored)
            if is_late:
                late.update(values["period"] for _, _, values in stored if values["period"] != values["day"][:7])
        if len(clashes) > MOST_CLASHES:
            break
    refuse(table, clashes)
    return Imported(new, total - new, dict(sorted(late.items())))


def _stored(connection: Connection, chunk: Sequence[Ready], clashes: list[Clash]) -> Sequence[Ready]:
    """Store those rows that are not there yet, and give them; those that are there otherwise go to `clashes`.

    Most often none is there, so that is tried first: to look for all ids takes half as long as to store them.
    """
    with connection.begin_nested() as point:
        if answers.add_responses(connection, [(values, row.texts) for _, row, values in chunk]) == len(chunk):
            return chunk
        point.rollback()
    known = answers.existing_digests(connection, [key for key, _, _ in chunk])
    other = [ready for ready in chunk if known.get(ready[0], ready[2]["digest"]) != ready[2]["digest"]]
    clashes += clashes_in(connection, other)
    fresh = [ready for ready in chunk if ready[0] not in known]
    answers.add_responses(connection, [(values, row.texts) for _, row, values in fresh])
    return fresh


def _in_month(months: Mapping[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """The row in the month in which its day counts now: work on the store may run twice, so the row itself stays."""
    month = months[values["day"]]
    return values if values["period"] == month else values | {"period": month}


def import_file(table: Table, found: AnswerMap, known: Definitions, path: Path, day: date | None) -> Imported:
    """Check the whole table, then store it in the database at `path`, which is made only if all is well."""
    checked = CheckedFile(table, lambda: checker_for(table, found, known, day), today())
    batch = found.batch or table.path.name
    with open_or_make(path) as (store, keys):

        def work(connection: Connection) -> Imported:
            slices = (_in_order(ready_rows(rows, keys, found.survey, batch, table.digest)) for rows in checked.slices())
            done = store_rows(connection, table, slices)
            again = _told_again(connection, table, found, day, done.new)
            checked.require_unchanged()
            counts = {"new": done.new, "known": done.known}
            record(connection, by_system("answers_import", table.digest.hex(), survey=found.survey, **counts))
            return replace(done, notes=(*checked.notes, *([again] if again else [])))

        done = store.write(work, deadline=LOCK_SECONDS)
    return replace(done, instead=_instead(found, day))


def _told_again(connection: Connection, table: Table, found: AnswerMap, day: date | None, new: int) -> str:
    """What to note where a file that was imported before brings new answers, '' for any other file.

    AnswerFileError unless the clerk said by a batch or a day that they are others: a file gets another name easily.
    """
    before = first_day(connection, "answers_import", table.digest.hex(), survey=found.survey)
    if not new or not before:
        return ""
    told = f"a file with the very same bytes was imported for {found.survey} on {before}"
    if found.batch or day:
        return f"note: {told}; its answers count once more, as of another {'batch' if found.batch else 'day'}"
    raise AnswerFileError(
        f"{table.path}: {told}, and its answers would count twice: nothing was stored. Are they other people's, "
        "or from another sheet? Then give them a 'batch' of their own in the map"
    )


def _in_order(rows: Iterable[Ready]) -> list[Ready]:
    """Rows in the order of their keys: so they fill the store's pages 4 times as fast."""
    return sorted(rows, key=itemgetter(0))


def _instead(found: AnswerMap, day: date | None) -> str:
    if not (day and found.day):
        return ""
    replaced = f"column '{found.day.column}'" if found.day.column else f"the map's {found.day.value}"
    return f"all on {day} as --day says, in place of {replaced}"


@contextmanager
def without_collector() -> Iterator[None]:
    """Without the search for cycles: every row stays until the end, and a quarter of the time went into looking."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@click.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--survey", required=True, metavar="KEY", help="The survey that the answers belong to.")
@click.option(
    "--map", "map_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The YAML file that says which column is which answer.",
)  # fmt: skip
@click.option("--day", type=Day(), help="The day of all answers, in place of the map's.")
@click.option("--sheet", help="The sheet of a spreadsheet.  [default: the first]")
@database()
@definitions()
def main(
    file: Path, survey: str, map_file: Path, day: date | None, sheet: str | None, database: Path, definitions: Path
) -> None:
    """Bring the answers in FILE (CSV or XLSX) into the database, all of them or none.

    The same file again adds nothing. A database that does not exist yet is made.
    """
    known = definitions_in(definitions, database)
    found = read_map(map_file, known, survey)
    with without_collector():
        table = read_table(file, sheet)
        for note in table.notes:
            click.echo(f"{file}: {note}", err=True)
        done = import_file(table, found, known, database, day)
    for note in done.notes:
        click.echo(f"{file}: {note}", err=True)
    click.echo(f"{survey}, batch {found.batch or file.name}: {done}")


if __name__ == "__main__":
    main()
