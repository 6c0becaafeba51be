"""Check what an office edits, and the audit: definitions, their lock, pages, calendar; the chain of what was done."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from scripts.content_lint import lint
from scripts.options import Command, database, definitions, definitions_in, open_store
from surveys import audit, lock
from surveys.definition import LANGUAGES, Definitions
from surveys.errors import DefinitionError, HuiyinError, Problem
from surveys.json_schema import write_schemas
from surveys.responses import today
from surveys.workdays import CALENDAR, calendar

NOTICE = timedelta(days=31)


def unit_lines(known: Definitions, now: date) -> Iterator[str]:
    """The units that take answers on the day: code, then the name in each language, parted by tabs."""
    for unit in known.units.values():
        if unit.is_open(now):
            yield "\t".join([unit.code, *(unit.name[language] for language in LANGUAGES)])


def calendar_warnings(now: date) -> Iterator[str]:
    """A warning for each year, this one or one that begins within a month, whose holidays are not known."""
    for year in sorted({now.year, (now + NOTICE).year}):
        if year not in calendar():
            yield f"{CALENDAR}: no holidays of {year}: limits are counted by weekends alone until they are added"


def raise_if_any(problems: list[Problem]) -> None:
    """DefinitionError with all the problems, if there are any."""
    if problems:
        raise DefinitionError(problems)


def check_pages(content: Path, now: date) -> list[Problem]:
    """Faults of the pages; HuiyinError if there are no pages."""
    if not content.is_dir():
        raise HuiyinError(f"no pages at {content}: run this in the project's folder")
    return lint(content, now)


def check_all(folder: Path, content: Path, now: date) -> None:
    """Definitions, lock and pages; DefinitionError lists what is wrong in them."""
    known = definitions_in(folder)
    raise_if_any([*lock.problems(folder, known, now), *check_pages(content, now)])
    surveys = len({key for key, _ in known.surveys})
    click.echo(f"{folder}: {surveys} surveys, {len(known.units)} units: in order")
    click.echo(f"{content}: in order")


def check_audit(database: Path, heads: Sequence[str]) -> None:
    """Verify the audit, and against heads that were written down earlier; AuditError names the first broken row."""
    expected = [audit.Head.parse(head) for head in heads]
    with open_store(database) as store:
        found = audit.verify(store, expected)
    click.echo(f"audit of {database}: {found.count:,} rows in order")
    click.echo(f"head {found}")


@click.command(cls=Command)
@click.option("--units", is_flag=True, help="List the units that take answers: code and names.")
@click.option("--lock", "lock_opened", is_flag=True, help="Add the versions that have opened to lock.json.")
@click.option("--content", "only_content", is_flag=True, help="Check the pages only.")
@click.option("--schema", type=click.Path(file_okay=False, path_type=Path), help="Write the JSON Schemas to a folder.")
@click.option("--audit", "only_audit", is_flag=True, help="Verify the audit of the database, and print its head.")
@click.option(
    "--head", "heads", multiple=True, metavar="COUNT:HASH", help="With --audit: a head that was printed earlier."
)
@database()
@definitions()
def main(
    units: bool,
    lock_opened: bool,
    only_content: bool,
    schema: Path | None,
    only_audit: bool,
    heads: Sequence[str],
    database: Path,
    definitions: Path,
) -> None:
    """Check the definitions and the pages; with an option, do that one thing."""
    now = today()
    if only_audit or heads:
        check_audit(database, heads)
    elif units:
        click.echo("\n".join(unit_lines(definitions_in(definitions), now)))
    elif lock_opened:
        added = lock.write_lock(definitions, definitions_in(definitions), now)
        click.echo(f"locked: {', '.join(added)}" if added else "nothing to lock: every opened version is locked")
    elif schema:
        click.echo("\n".join(f"wrote {path}" for path in write_schemas(schema)))
    elif only_content:
        raise_if_any(check_pages(Path("content"), now))
        click.echo("content: in order")
    else:
        check_all(definitions, Path("content"), now)
        for warning in calendar_warnings(now):
            click.echo(f"warning: {warning}", err=True)


if __name__ == "__main__":
    main()
