"""Publish a month: close it, count it, write its report pages and bring the site up to date."""

import shutil
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from scripts.account import Account
from scripts.account_tables import account_texts
from scripts.build_site import build_site, content_option, output_option
from scripts.correction_page import differences, keep_before, withdraw_sums
from scripts.corrections import (
    as_published,
    choose,
    correction_of,
    enter,
    is_unfinished,
    next_row,
    require_same_words,
    texts_in,
    told_in,
)
from scripts.counts import open_tally
from scripts.handed_down import account_in, hand_down
from scripts.history import History
from scripts.history_site import renew_history
from scripts.open_data import files_of, write_file, write_files
from scripts.open_data_site import renew_open_data
from scripts.options import (
    LOCK_SECONDS,
    Command,
    Month,
    database,
    definitions,
    definitions_in,
    open_store,
    require_ended,
    tally,
    tally_beside,
)
from scripts.publishable import require_meant, require_own, require_unchanged
from scripts.report_page import ReportPage
from scripts.said_and_done import renew
from scripts.standing import before_name
from scripts.tally import months_of, require_asked
from scripts.undefined_codes import warn
from scripts.waiting import warn_of_waiting
from surveys.audit import by_system, head_when, record
from surveys.definition import LANGUAGES, Definitions
from surveys.errors import HuiyinError
from surveys.responses import today
from surveys.store import Connection, Store
from surveys.store.answers import close_period, is_closed
from surveys.store.corrections import CorrectionRow


@dataclass(frozen=True)
class Office:
    """Where one office's answers, counts, questions, pages and site lie."""

    database: Path
    tally: Path
    definitions: Definitions
    content: Path
    output: Path


@dataclass(frozen=True)
class Published:
    """What publishing a month did."""

    period: str
    responses: int
    closed_now: bool
    release: Path

    def __str__(self) -> str:
        state = "closed now" if self.closed_now else "closed before"
        return f"{self.period}: {self.responses:,} answer sets, {state}; the site shows release {self.release.name}"


@dataclass(frozen=True)
class Corrected:
    """What a correction did."""

    correction: CorrectionRow
    cells: int
    release: Path

    def __str__(self) -> str:
        found, before = self.correction, before_name(self.correction.period, self.correction.revision)
        cells = "1 published cell" if self.cells == 1 else f"{self.cells:,} published cells"
        kept = f"{cells} corrected, what stood is kept as {before}"
        return f"{found.period}: {kept}; the site shows release {self.release.name}"


def publish(office: Office, month: str, now: date, *, silent: bool = False) -> Published:
    """Publish one month; a repeat with the same input changes no byte.

    One without answers and cases is refused while others wait, unless it is meant to be `silent`.

    The pages are drafted while the month is open, so that what cannot be told stops here. Then the month
    is closed and counted once more, so that what is published can no longer grow. The site changes in
    one step at the very end: whatever interrupts this leaves the old site, and the same command
    finishes the work.
    """
    require_ended(month, now)
    with open_store(office.database) as store:
        require_asked(store, month, office.definitions)
        closed_before = store.read(lambda connection: is_closed(connection, month))
        account = settle(office, store, month, now, closed_before, silent=silent)
        bring_out(office, store, account, now)
    release = build_site(office.content, office.output)
    return Published(month, account.received, not closed_before, release)


def bring_out(office: Office, store: Store, account: Account, now: date) -> None:
    """Write the month's report and all pages that follow from it."""
    write_report(office, account)
    renew_history(store, office.tally, office.definitions, office.content)
    renew_open_data(office.content)
    renew(store, office.definitions, office.content, now)


def correct(office: Office, month: str, reason: str, now: date) -> Corrected:
    """Publish a month anew; what stood stays readable, with every cell that differs.

    HuiyinError if it was never published or nothing differs. An interruption before the correction is stored
    leaves everything as it was; after that `publish` finishes the work.
    """
    with open_store(office.database) as store:
        row = next_row(store, month, reason, now.isoformat())
        account, cells = put_right(office, store, row)
        bring_out(office, store, account, now)
    return Corrected(row, cells, build_site(office.content, office.output))


def put_right(office: Office, store: Store, row: CorrectionRow) -> tuple[Account, int]:
    """Store a correction with what stood before it; gives what the month tells now, and how many cells differ."""
    known, month, reports = office.definitions, row.period, office.content / LANGUAGES[0] / "reports"
    if not (before := texts_in(reports / month)):
        raise HuiyinError(f"no tables in {reports / month}: put them back from a copy, or publish {month} first")
    with open_tally(office.tally) as counts:
        try:
            choice = choose(store, counts, known, reports, row)
            head = store.read(lambda connection: head_when(connection, "month_close", month))
            told = (*told_in(store, month), correction_of(row))
            account = account_in(store, counts, known, choice.months, month, head, told)
            files = draft(office, account)
            if not (differs := list(differences(before, {name: files[name].decode() for name in before}))):
                raise HuiyinError(
                    f"{month}: every table is as it was published, so there is nothing to correct. Put the data right "
                    "first; what was left out today counts in corrections from tomorrow on"
                )
            require_same_words(month, before, files)
            hand_down(counts, account)
        except HuiyinError:
            counts.put_back(month, row.revision - 1)
            raise
    waiting = {language: choice.told(language) for language in LANGUAGES}
    keep_before(office.content, month, before_name(month, row.revision), row, differs, waiting)
    enter(store, row)
    if choice.recounted:
        withdraw_sums(office.content, row)
    return account, len(differs)


def settle(
    office: Office, store: Store, month: str, now: date, closed_before: bool, *, silent: bool = False
) -> Account:
    """Close the month unless it is closed, and give what is published of it."""
    known = office.definitions
    with open_tally(office.tally) as counts:
        counts.refresh(store, month)
        warn(known, counts, month)
        warn_of_waiting(store, known, month)
        if not closed_before:
            account = account_in(store, counts, known, months_of(counts, known, month), month)
            if not silent:
                require_meant(store, account, now)
            require_own(office.content, month, office.database, tables_of(account))
            pages_of(office, account)
            close(store, month, now)
            counts.refresh(store, month)
        head = store.read(lambda connection: head_when(connection, "month_close", month))
        choice = as_published(store, counts, known, office.content, month)
        account = account_in(store, counts, known, choice.months, month, head, told_in(store, month))
        hand_down(counts, account)
    if closed_before and not is_unfinished(store, office.content, month):
        require_unchanged(office.content, month, tables_of(account))
    if choice.recounted:
        withdraw_sums(office.content, choice.recounted)
    entry = by_system("month_publish", month, closed="before" if closed_before else "now")
    store.write(lambda connection: record(connection, entry), deadline=LOCK_SECONDS)
    return account


def close(store: Store, month: str, now: date) -> None:
    """Close a month, once, together with its row in the audit, whose head a report may name ever after."""

    def work(connection: Connection) -> None:
        if not is_closed(connection, month):
            close_period(connection, month, now.isoformat())
            record(connection, by_system("month_close", month))

    store.write(work, deadline=LOCK_SECONDS)


def draft(office: Office, account: Account) -> dict[str, bytes]:
    """The tables of a month's report, once its pages could be told as well; an open month has no audit's head yet."""
    pages_of(office, account)
    return tables_of(account)


def tables_of(account: Account) -> dict[str, bytes]:
    """The tables of a month's report by name."""
    return files_of(account.months, None, account_texts(account))


def pages_of(office: Office, account: Account) -> dict[str, str]:
    """The month's page in each language."""
    history = History(office.content / LANGUAGES[0] / "reports")
    return {language: ReportPage(language, account, history).text() for language in LANGUAGES}


def write_report(office: Office, account: Account) -> None:
    """Write the month's page and its files, in every language."""
    files, pages = files_of(account.months, account.known, account_texts(account)), pages_of(office, account)
    for language, page in pages.items():
        folder = office.content / language / "reports"
        if (folder / account.period).is_dir():
            remove_others(folder / account.period, files)
        write_files(folder / account.period, files)
        write_file(folder / f"{account.period}.md", page.encode())


def remove_others(folder: Path, names: Container[str]) -> None:
    """Remove from a report's folder what an earlier way of writing it, or an interruption, left behind."""
    for path in folder.iterdir():
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@click.command(cls=Command)
@click.option("--period", type=Month(), help="The month to publish, as 2026-10.")
@click.option("--correct", type=Month(), help="A published month to correct, in place of --period.")
@click.option("--silent", is_flag=True, help="Publish --period though it has no answers and another month waits.")
@click.option("--reason", help="With --correct: what was wrong, for everybody to read.")
@content_option
@output_option
@database()
@definitions()
@tally
def main(period: str | None, correct: str | None, silent: bool, reason: str | None, **places: Any) -> None:
    """Publish a month that has ended: its report pages in every language, with charts and data.

    The month is closed by this, which cannot be undone: answers of it that come in later count in the next
    one. So import everything first. A correction publishes its tables anew and keeps what stood readable.
    """
    if (period is None) == (correct is None) or (correct is None) != (reason is None) or (silent and correct):
        raise click.UsageError("give --period MONTH, or --correct MONTH together with --reason TEXT")
    office = office_at(**places)
    month = correct_or_publish(office, period, correct, reason or "", silent=silent)
    pages = (office.output / folder / "reports" / month / "index.html" for folder in ("", "en"))
    click.echo(f"see {' and '.join(map(str, pages))}")


def office_at(content: Path, output: Path, database: Path, definitions: Path, tally: Path | None) -> Office:
    """The office that the options name; HuiyinError if its definitions have faults."""
    return Office(database, tally_beside(database, tally), definitions_in(definitions, database), content, output)


def correct_or_publish(office: Office, period: str | None, wrong: str | None, reason: str, *, silent: bool) -> str:
    """Do what was asked for, and say what was done; gives the month."""
    if wrong:
        click.echo(correct(office, wrong, reason, today()))
        return wrong
    month = period or ""
    published = publish(office, month, today(), silent=silent)
    if published.closed_now and not published.responses:
        click.echo(f"WARNING: {month} had no answers, was published without any and is closed now for good", err=True)
    click.echo(published)
    return month


if __name__ == "__main__":
    main()
