"""Give out a published month's answers one by one, as far as nobody stands alone in them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from scripts.export_columns import Cells, columns_of
from scripts.export_files import KINDS, written
from scripts.options import (
    LOCK_SECONDS,
    Command,
    database,
    definitions,
    definitions_in,
    open_store,
    period,
    with_progress,
)
from surveys.audit import by_system, record
from surveys.definition import Survey
from surveys.errors import HuiyinError
from surveys.released import FREE_FROM, OTHER
from surveys.single_answers import Group, Grouping, grouping
from surveys.store import Connection, Store
from surveys.store.answers import is_closed
from surveys.store.single_answers import answers_of, group_sizes

FIRST = ("period", "survey", "unit", "basis", "late")
CHUNK = 2_000


@dataclass(frozen=True)
class Wanted:
    """One survey in one month."""

    versions: Sequence[Survey]
    month: str

    @property
    def survey(self) -> str:
        """The key of the survey."""
        return self.versions[0].key


def groups_to_give(store: Store, wanted: Wanted) -> Grouping:
    """Who stands beside whom; HuiyinError if the month is open or too few answered."""

    def work(connection: Connection) -> tuple[bool, list[tuple[str, str, bool, int]]]:
        return is_closed(connection, wanted.month), group_sizes(connection, wanted.survey, wanted.month)

    closed, sizes = store.read(work)
    if not closed:
        raise HuiyinError(
            f"{wanted.month} is not published yet, and answers are sealed until then: publish it first, the desk shows "
            "volumes"
        )
    found = grouping(map(Group._make, sizes))
    if not found.given:
        total = sum(size[-1] for size in sizes)
        raise HuiyinError(
            f"{wanted.survey} {wanted.month}: {total:,} answer sets, and below {FREE_FROM} of a kind none is given out "
            "by itself: scripts.tally --internal writes their counts"
        )
    return found


def write_answers(store: Store, wanted: Wanted, groups: Grouping, path: Path) -> None:
    """Write the answer sets line by line; the file is there when all of them are."""
    columns = columns_of(wanted.versions)
    cells = Cells(columns, wanted.versions)
    named, left_out = ([group[:3] for group in found] for found in (groups.named, groups.left_out))

    def work(connection: Connection) -> None:
        with written(path, wanted.month, groups.given) as lines:
            lines.write([*FIRST, *(column.name for column in columns)])
            found = answers_of(connection, wanted.survey, wanted.month, named, left_out, OTHER, CHUNK)
            for unit, basis, late, answers in with_progress(found, "writing", groups.given):
                lines.write([wanted.month, wanted.survey, unit, basis, late, *cells.of(answers)])

    store.read(work)


def _told(path: Path, groups: Grouping) -> str:
    units = len({group.unit for group in groups.named})
    told = f"{groups.given:,} answer sets to {path}, {units} {'unit' if units == 1 else 'units'} by name"
    if merged := sum(group.n for group in groups.merged):
        told += f", {merged:,} of smaller ones as '{OTHER}'"
    if few := sum(group.n for group in groups.left_out):
        told += f"; {few:,} left out, too few of their kind"
    return told


class Table(click.Path):
    """A file to write, of a kind that is known by its ending."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, or a usage error."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.suffix not in KINDS:
            self.fail(f"{path.name} must end in {' or '.join(KINDS)}", param, ctx)
        return path


@click.command(cls=Command)
@click.option("--survey", required=True, metavar="KEY", help="The survey whose answers are wanted.")
@period
@click.option("--out", required=True, type=Table(dir_okay=False), help="The file to write, .csv or .xlsx.")
@database()
@definitions()
def main(survey: str, period: str, out: Path, database: Path, definitions: Path) -> None:
    """Write the answers of a published month line by line, for reckoning inside the office: not for publication.

    A line holds what was chosen, as codes, and the figures that were given; no text, no day, no channel, no language,
    and the lines are sorted, so that nothing tells who came first. A unit is named where 30 or more stand together;
    smaller ones stand together as 'other'. Answers that two people excluded are left out.
    """
    versions = definitions_in(definitions, database).versions(survey)
    if not versions:
        raise HuiyinError(f"no survey '{survey}': .venv/bin/python -m scripts.check --questions lists them")
    wanted = Wanted(versions, period)
    with open_store(database) as store:
        groups = groups_to_give(store, wanted)
        entry = by_system("answers_export", period, survey=survey, n=groups.given)
        store.write(lambda connection: record(connection, entry), deadline=LOCK_SECONDS)
        write_answers(store, wanted, groups, out)
    click.echo(f"{survey} {period}: {_told(out, groups)}")


if __name__ == "__main__":
    main()
