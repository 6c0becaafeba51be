"""Do what each night has to do: keep the limits of cases, delete what has had its time, renew the public pages."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from scripts.build_site import build_site, content_option, output_option
from scripts.options import LOCK_SECONDS, Command, database, definitions, definitions_in, open_store
from scripts.said_and_done import renew
from surveys import retention
from surveys.backup_rotation import LONGEST_DAYS, Kept, backups_in, remove
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
    "cards": "cards deleted that nobody used, and whose survey is over",
}
STALE_DAYS = 2
BACKUPS = "backups deleted that have had their time"

UNSETTLED = (
    "WARNING: the database was read all the time, so what was deleted can still be found in its files: run it again"
)


def lines_of(night: Night, backups: int = 0) -> Iterator[str]:
    """What was done, a count a line."""
    counts = {WORDS[name]: count for name, count in asdict(night).items()} | {BACKUPS: backups}
    return (f"{count:>6,}  {words}" for words, count in counts.items())


def _outdated(folder: Path | None) -> list[Kept]:
    """Backups older than any may be; the newest one stays, for an office without any is worse."""
    oldest = today() - timedelta(days=LONGEST_DAYS)
    return [one for one in _backups(folder)[:-1] if one.day < oldest]


def _backups(folder: Path | None) -> list[Kept]:
    return backups_in(folder) if folder and folder.is_dir() else []


def _warn_of_backups(folder: Path | None) -> None:
    """Say that no backup is made any more where there is a folder for them."""
    newest = max((one.day for one in _backups(folder)), default=None)
    if folder and (newest is None or newest < today() - timedelta(days=STALE_DAYS)):
        click.echo(f"WARNING: the newest backup in {folder} is of {newest or 'no day'}: run scripts.backup", err=True)


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Tell what would be done; nothing is changed.")
@click.option("--site/--no-site", default=True, show_default=True, help="Renew the public pages of cases as well.")
@click.option(
    "--backups",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="HUIYIN_BACKUPS",
    show_envvar=True,
    help="The folder with the backups, which are deleted after 92 days.",
)
@content_option
@output_option
@database()
@definitions()
def main(dry_run: bool, site: bool, backups: Path | None, content: Path, output: Path, database: Path,
         definitions: Path) -> None:  # fmt: skip
    """Do what each night has to do, for a timer.

    Lists follow a changed calendar, cases that nobody answered are closed, contacts and texts are deleted after
    their time, old sessions, batches of paper and cards end, and so do old backups. Then "you said, we did" and the
    overdue list are brought up to date. Each act is a row in the audit. It may be run again at any time, and after an
    interruption.
    """
    gone, now = _outdated(backups), datetime.now(UTC)
    known = definitions_in(definitions, database)
    with open_store(database) as store:
        if dry_run:
            click.echo("\n".join(["would be done now:", *lines_of(retention.planned(store, now, known), len(gone))]))
            return
        done = retention.run(store, now, known)
        for one in gone:
            remove(one)
        click.echo("\n".join(lines_of(done, len(gone))))
        _warn_of_backups(backups)
        if not store.settle(deadline=LOCK_SECONDS):
            click.echo(UNSETTLED, err=True)
        if site:
            summaries, overdue = renew(store, known, content, today())
    if site:
        release = build_site(content, output)
        click.echo(f"summaries: {summaries:,}, overdue: {overdue:,}; the site shows release {release.name}")


if __name__ == "__main__":
    main()
