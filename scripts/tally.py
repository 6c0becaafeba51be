"""Count a month and write its tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType

import click

from scripts.counts import Tally, open_tally
from scripts.open_data import files_of, write_files
from scripts.options import (
    LOCK_SECONDS,
    Command,
    database,
    definitions,
    definitions_in,
    open_store,
    period,
    require_ended,
    tally,
    tally_beside,
)
from scripts.ratings import NOTHING_CHOSEN, NOTHING_EARLIER, Chosen, Earlier, SurveyMonth, month_days
from scripts.undeclared import warn_of_undeclared
from scripts.undefined_codes import warn
from scripts.waiting import warn_of_waiting
from surveys.audit import by_system, record
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.responses import today
from surveys.store import Store
from surveys.store.answers import surveys_in


def months_of(
    counts: Tally,
    known: Definitions,
    month: str,
    *,
    internal: bool = False,
    earlier: Mapping[str, Earlier] = MappingProxyType({}),
    chosen: Mapping[str, Chosen] = MappingProxyType({}),
) -> Sequence[SurveyMonth]:
    """The surveys that were asked or answered in the month, by key; so are tables that stand already."""
    first, last = month_days(month)
    asked = {s.key for s in known.surveys.values() if s.opened <= last and (s.closed is None or s.closed >= first)}
    answered = counts.surveys(month)
    if unknown := [key for key in answered if not known.versions(key)]:
        raise HuiyinError(f"the definitions have no survey '{unknown[0]}', which has answers: look at --definitions")
    keys = sorted(asked.union(answered))
    return [
        SurveyMonth(
            known,
            counts,
            key,
            month,
            internal=internal,
            earlier=earlier.get(key, NOTHING_EARLIER),
            chosen=chosen.get(key, NOTHING_CHOSEN),
        )
        for key in keys
    ]


def require_asked(store: Store, month: str, known: Definitions) -> None:
    """HuiyinError if the month ended before anything was asked, and nothing was answered in it either."""
    first = min(survey.opened for survey in known.surveys.values())
    if month_days(month)[1] < first and not store.read(lambda connection: surveys_in(connection, month)):
        advice = "look at --period and --definitions"
        raise HuiyinError(f"{month} ended before the first survey opened, on {first}: {advice}")


def count_month(
    database: Path, tally_path: Path, known: Definitions, month: str, now: date, *, internal: bool
) -> Sequence[SurveyMonth]:
    """Count the month into tally.db and give its surveys; an error while it has not ended or if nothing was asked.

    The audit's row comes first: what cannot be recorded is not given out.
    """
    require_ended(month, now)
    with open_store(database) as store:
        require_asked(store, month, known)
        return _count(store, tally_path, known, month, internal=internal)


def _count(store: Store, path: Path, known: Definitions, month: str, *, internal: bool) -> Sequence[SurveyMonth]:
    with open_tally(path) as counts:
        counts.refresh(store, month)
        entry = by_system("month_count", month, internal="yes" if internal else "no")
        store.write(lambda connection: record(connection, entry), deadline=LOCK_SECONDS)
        warn(known, counts, month)
        warn_of_waiting(store, known, month)
        months = months_of(counts, known, month, internal=internal)
        warn_of_undeclared(store, known, months, month)
        return months


@click.command(cls=Command)
@period
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to.")
@click.option("--internal", is_flag=True, help="Write every cell, for auditors: not for publication.")
@database()
@definitions()
@tally
def main(period: str, out: Path, internal: bool, database: Path, definitions: Path, tally: Path | None) -> None:
    """Count a month that has ended, and write ratings.csv and answers.csv.

    Each table comes twice: as it is, and with a byte order mark for spreadsheet programs.
    """
    known = definitions_in(definitions, database)
    months = count_month(database, tally_beside(database, tally), known, period, today(), internal=internal)
    files = files_of(months)
    write_files(out, files)
    received = sum(sum(month.received.values()) for month in months)
    click.echo(f"{period}: {received:,} answer sets; wrote {', '.join(files)} to {out}")


if __name__ == "__main__":
    main()
