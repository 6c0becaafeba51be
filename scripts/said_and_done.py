"""Write the pages "you said, we did" and the overdue list from the database, and bring the site up to date."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import click

from scripts.build_site import build_site, content_option, output_option
from scripts.digest import digest_of
from scripts.open_data import write_files
from scripts.options import Command, database, definitions, definitions_in, open_store
from scripts.said_page import FOLDER, Overdue, OverdueList, Photos, SaidPages
from surveys import photos, public_cases
from surveys.case_publication import Echo
from surveys.definition import LANGUAGES, Definitions
from surveys.responses import today
from surveys.store import Store


def echoes_of(store: Store, day: date) -> dict[Echo, Photos]:
    """What is public of cases on the day: what was agreed to before its month began and not taken back since."""
    echoes = {echo: photos.published(store, number) for number, echo in public_cases.echoes(store, day)}
    return dict(sorted(echoes.items(), key=lambda item: item[0].id))


def overdue_of(store: Store, day: date) -> OverdueList:
    """What is late on the day, number by number; none is ever left out."""
    items = digest_of(store, day).overdue
    return OverdueList(day, tuple(Overdue(item.number, item.unit, item.limit, item.days_late) for item in items))


def files_of(
    echoes: Mapping[Echo, Photos], overdue: OverdueList, known: Definitions
) -> Mapping[str, Mapping[str, bytes]]:
    """Every file of the pages by language and name."""
    return {language: SaidPages(language, echoes, overdue, known).files() for language in LANGUAGES}


def renew(store: Store, known: Definitions, content: Path, day: date) -> tuple[int, int]:
    """Write the pages as they are on the day; gives how many summaries and overdue cases they show.

    The same store and day give the same bytes.
    """
    echoes, overdue = echoes_of(store, day), overdue_of(store, day)
    write_pages(content, files_of(echoes, overdue, known))
    return len(echoes), len(overdue.cases)


def write_pages(content: Path, files: Mapping[str, Mapping[str, bytes]]) -> None:
    """Take away what is public no longer, first of all, then put the files in their place."""
    for language, wanted in files.items():
        folder = content / language / FOLDER
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                with suppress(OSError):  # it holds something still
                    path.rmdir()
            elif path.relative_to(folder).as_posix() not in wanted:
                path.unlink()
        write_files(folder, wanted)


@click.command(cls=Command)
@content_option
@output_option
@database()
@definitions()
def main(content: Path, output: Path, database: Path, definitions: Path) -> None:
    """Write the pages "you said, we did" and the overdue list, and bring the site up to date.

    Only summaries that their residents agreed to, from the beginning of the next month on. What a resident
    took back is gone. A repeat on the same day changes nothing.
    """
    known, day = definitions_in(definitions, database), today()
    with open_store(database) as store:
        summaries, overdue = renew(store, known, content, day)
    release = build_site(content, output)
    click.echo(f"summaries: {summaries:,}, overdue: {overdue:,}; the site shows release {release.name}")


if __name__ == "__main__":
    main()
