"""Do what each night has to do: keep the limits of cases, delete what has had its time, renew the public pages."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from scripts.build_site import build_site, content_option, output_option
from scripts.options import LOCK_SECONDS, Command, database, definitions, definitions_in, open_store
from scripts.said_and_done import renew
from surveys import retention
from surveys.responses import today
from surveys.retention import Night

WORDS: Mapping[str, str] = {
    "board": "rows of the desk's lists derived anew",
    "closed": "cases closed without the resident's word",
    "purged": "deletions at cases: a contact, or the texts and photos",
    "free_texts": "texts deleted that came with ratings",
    "sessions": "old sessions ended",
    "tries": "notes of tries to sign in forgotten",
    "batches": "batches of paper sheets given up that nobody stored",
}

UNSETTLED = (
    "WARNING: the database was read all the time, so what was deleted can still be found in its files: run it again"
)


def lines_of(night: Night) -> Iterator[str]:
    """What was done, a count a line."""
    return (f"{count:>6,}  {WORDS[name]}" for name, count in asdict(night).items())


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Tell what would be done; nothing is changed.")
@click.option("--site/--no-site", default=True, show_default=True, help="Renew the public pages of cases as well.")
@content_option
@output_option
@database()
@definitions()
def main(dry_run: bool, site: bool, content: Path, output: Path, database: Path, definitions: Path) -> None:
    """Do what each night has to do, for a timer.

    Lists follow a changed calendar, cases that nobody answered are closed, contacts and texts are deleted after
    their time, old sessions and batches of paper end. Then "you said, we did" and the overdue list are brought up
    to date. Each act is a row in the audit. It may be run again at any time, and after an interruption.
    """
    known = definitions_in(definitions, database)
    with open_store(database) as store:
        if dry_run:
            click.echo("\n".join(["would be done now:", *lines_of(retention.planned(store, datetime.now(UTC)))]))
            return
        click.echo("\n".join(lines_of(retention.run(store, datetime.now(UTC)))))
        if not store.settle(deadline=LOCK_SECONDS):
            click.echo(UNSETTLED, err=True)
        if site:
            summaries, overdue = renew(store, known, content, today())
    if site:
        release = build_site(content, output)
        click.echo(f"summaries: {summaries:,}, overdue: {overdue:,}; the site shows release {release.name}")


if __name__ == "__main__":
    main()
