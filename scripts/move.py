"""Take an office from one database to another: from a file to a server, or back."""

import sys
from pathlib import Path
from typing import Any

import click

from scripts.options import Command, Database, open_store
from surveys.errors import HuiyinError
from surveys.moving import Moved, move
from surveys.store import Store, address_of, require_folder


@click.command(cls=Command)
@click.option("--from", "source", type=Database(), required=True, help="The database with the office: a path or a URL.")
@click.option("--to", "target", type=Database(), required=True, help="An empty database: a path or a URL.")
def main(source: Path, target: Path) -> None:
    """Take an office from one database to another, while the portal stands still.

    Every row and the keys go along, all or nothing. What stands in the end is compared with what was there: the rows
    and a digest of every table, all counts, and the chain of the audit. The source stays as it is.
    """
    if (address_of(source), source.resolve()) == (address_of(target), target.resolve()):
        raise HuiyinError("--from and --to name the same place: nothing was moved")
    require_folder(target, "--to")
    with open_store(source) as one, Store.open(target, create=True) as other:
        moved = _with_progress(one, other)
    for line in _lines(moved):
        click.echo(line)
    click.echo("name the new database in HUIYIN_DATABASE, start the portal, and put the old one away")


def _with_progress(one: Store, other: Store) -> Moved:
    bar: Any = click.progressbar(length=1, label="rows", file=sys.stderr, hidden=not sys.stderr.isatty())

    def tell(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        return move(one, other, tell)


def _lines(moved: Moved) -> list[str]:
    filled = [f"{rows:>12,}  {table}" for table, rows in moved.rows.items() if rows]
    told = f"{len(moved.rows)} tables, {moved.counts:,} counts, {moved.head.count:,} acts in the audit"
    return [*filled, f"the same in both: {told}"]


if __name__ == "__main__":
    main()
