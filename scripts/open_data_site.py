"""What stands beside all reports: the database of everything published, and the page that explains the data."""

from pathlib import Path

from scripts.codebook_page import PAGE, CodebookPage
from scripts.open_data import write_file
from scripts.open_database import DATABASE, METADATA, books_of, metadata, open_database, releases_in
from surveys.definition import LANGUAGES


def renew_open_data(content: Path) -> None:
    """Make open-data.db, what Datasette says of it, and the codebook's pages anew from the published tables.

    Only what changes is written; nothing is, before the first report.
    """
    reports = content / LANGUAGES[0] / "reports"
    releases = releases_in(reports)
    if releases:
        write_file(reports / DATABASE, open_database(releases))
        write_file(reports / METADATA, metadata(releases))
    if books := books_of(releases):
        for language in LANGUAGES:
            write_file(content / language / "reports" / PAGE, CodebookPage(language, books).text().encode())
