"""Add the counts of portals that run apart into one tally.db, from which one report is published."""

import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from sqlite_utils import Database

from scripts.counts import explained, open_tally
from scripts.handed_down import added, read_told, told_text
from scripts.options import Command
from surveys.errors import HuiyinError

TABLES = ("counts", "exclusions", "themes", "cards", "calls", "surges")
WITH_UNITS = ("counts", "exclusions", "cards")


class MergeError(HuiyinError):
    """Counts that cannot be added."""


class Part:
    """The counts of one office, read only."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.database = database

    def column(self, statement: str, *values: str) -> list[Any]:
        """The first column of what a statement finds."""
        return [row[0] for row in self.database.execute(statement, list(values)).fetchall()]

    @property
    def final(self) -> frozenset[str]:
        """The months that are published."""
        return frozenset(self.column("SELECT month FROM final_months"))

    @property
    def months(self) -> frozenset[str]:
        """Every month with answers."""
        return frozenset(self.column("SELECT DISTINCT month FROM counts")) | self.final

    @property
    def digests(self) -> Mapping[str, str]:
        """What the counts were made by."""
        return dict(self.database.execute("SELECT name, digest FROM definitions").fetchall())

    def told(self, month: str) -> str:
        """What the month's report tells besides."""
        return "".join(self.column("SELECT told FROM accounts WHERE month = ?", month))

    def units(self, months: Sequence[str]) -> frozenset[str]:
        """Every unit that the months name."""
        marks = ", ".join("?" * len(months))
        found = {
            unit
            for table in WITH_UNITS
            for unit in self.column(f"SELECT DISTINCT unit FROM {table} WHERE month IN ({marks})", *months)  # noqa: S608
        }
        return frozenset(found).union(*(read_told(text).units for month in months if (text := self.told(month))))


def open_part(path: Path) -> Part:
    """The counts at `path`; MergeError if there are none, or none that can be merged."""
    if not path.is_file():
        raise MergeError(f"no counts at {path}: name the tally.db of each office")
    database = Database(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True))
    part = Part(path, database)
    try:
        if part.column("SELECT place FROM merged_from"):
            raise MergeError(f"{path} is merged already: name the tally.db of each office")
        if not part.digests:
            raise MergeError(f"{path} says nothing of its rules: publish a month there once more")
    except sqlite3.DatabaseError as error:
        database.close()
        raise MergeError(
            f"{path} holds no counts that can be merged ({error}): publish a month there once more"
        ) from error
    except MergeError:
        database.close()
        raise
    return part


def months_of(parts: Sequence[Part]) -> tuple[Sequence[str], Sequence[str]]:
    """The months that every office with answers in them has published, and those that one has not yet."""
    every = sorted(frozenset().union(*(part.months for part in parts)))
    open_ = [month for month in every if any(month in part.months - part.final for part in parts)]
    return [month for month in every if month not in open_], open_


def require_alike(parts: Sequence[Part]) -> None:
    """MergeError that names the first thing that two offices define otherwise."""
    for one, two in combinations(parts, 2):
        ours, theirs = one.digests, two.digests
        for name in sorted(ours.keys() & theirs.keys()):
            if ours[name] != theirs[name]:
                raise MergeError(
                    f"{name} is not the same in {one.path} and {two.path}, so their counts cannot be added: let both "
                    "offices ask by the same definitions, under a new version where it has opened"
                )


def require_apart(parts: Sequence[Part], months: Sequence[str]) -> None:
    """MergeError that names the units that two offices count both."""
    units = {part.path: part.units(months) for part in parts}
    for one, two in combinations(parts, 2):
        if both := sorted(units[one.path] & units[two.path]):
            raise MergeError(
                f"{', '.join(both)}: counted in {one.path} and in {two.path}, so it would count twice. Name each "
                "office once, and give units codes of their own"
            )


def merge(parts: Sequence[Part], out: Path) -> tuple[Sequence[str], Sequence[str]]:
    """Write the sum of the parts to `out` in one step; gives the months in it, and those left for later."""
    months, waiting = months_of(parts)
    require_alike(parts)
    require_apart(parts, months)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with explained(draft):
            _write(parts, months, draft)
        draft.replace(out)
    finally:
        for path in (draft, draft.with_name(f"{draft.name}-journal")):
            path.unlink(missing_ok=True)
    return months, waiting


def _write(parts: Sequence[Part], months: Sequence[str], draft: Path) -> None:
    with open_tally(draft):
        pass
    with closing(Database(draft)) as database, database.atomic():
        for table in TABLES:
            for part in parts:
                _add(database, part, table, months)
        for month in months:
            told = added([read_told(text) for part in parts if (text := part.told(month))])
            database.table("accounts").insert({"month": month, "told": told_text(told)})
            database.table("final_months").insert({"month": month})
        digests = {name: digest for part in parts for name, digest in part.digests.items()}
        database.table("definitions").insert_all({"name": name, "digest": one} for name, one in digests.items())
        database.table("merged_from").insert_all({"place": str(part.path)} for part in parts)


def _add(database: Database, part: Part, table: str, months: Sequence[str]) -> None:
    marks = ", ".join("?" * len(months))
    rows = part.database.execute(f"SELECT * FROM {table} WHERE month IN ({marks})", list(months))  # noqa: S608
    names = [column[0] for column in rows.description]
    keys = ", ".join(name for name in names if name != "n")
    database.conn.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        f" ON CONFLICT ({keys}) DO UPDATE SET n = n + excluded.n",
        rows,
    )


def _require_free(out: Path) -> None:
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        return
    with open_tally(out) as counts:
        if not counts.is_merged():
            raise MergeError(f"{out} holds the counts of an office of its own: name another file with --out")


def lines_of(months: Sequence[str], waiting: Sequence[str], out: Path) -> Iterator[str]:
    """What was done, and what is left."""
    span = f"{months[0]} to {months[-1]}" if months else "no month"
    yield f"{out}: {len(months):,} months merged, {span}"
    if waiting:
        yield f"not yet published by everyone, so left out: {', '.join(waiting)}"


@click.command(cls=Command)
@click.argument("tallies", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def main(tallies: tuple[Path, ...], out: Path) -> None:
    """Add the counts of several offices, each named by its tally.db, for one report of all.

    Only published months are added. Refused are units that two of them count, and surveys or rules that differ. The
    report is published from the merged file as from any other, with a database of its own beside it.
    """
    if len({path.resolve() for path in tallies}) < 2 or len({path.resolve() for path in tallies}) < len(tallies):
        raise click.UsageError("name the tally.db of at least two offices, each once")
    _require_free(out)
    with ExitStack() as stack:
        parts = []
        for path in tallies:
            part = open_part(path)
            stack.callback(part.database.close)
            parts.append(part)
        done = merge(parts, out)
    out.chmod(stat.S_IRUSR | stat.S_IWUSR)
    click.echo("\n".join(lines_of(*done, out)))


if __name__ == "__main__":
    main()
