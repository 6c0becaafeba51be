"""Archive closed months as Parquet, hold the archive against the counts, and count from it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from scripts.archive_count import AnswerCount, count_files, differences
from scripts.archive_files import (
    ROWS,
    ArchiveError,
    Month,
    Slice,
    alone,
    damaged,
    read_manifest,
    write_manifest,
    write_slice,
)
from scripts.counts import Tally, open_tally
from scripts.options import (
    LOCK_SECONDS,
    Command,
    database,
    open_store,
    tally,
    tally_beside,
    with_progress,
)
from scripts.options import Month as MonthOption
from surveys.audit import by_system, record
from surveys.errors import HuiyinError
from surveys.store import Connection, Store
from surveys.store.answers import closing_days, surveys_in
from surveys.store.archived import sets_of, sizes
from surveys.store.corrections import every
from surveys.store.exclusion_batches import count_excluded
from surveys.store.slices import count_period

SHOWN = 5


def closed_months(connection: Connection) -> dict[str, int]:
    """The published months and the revision in which each stands: 1, or more after corrections."""
    found = dict.fromkeys(sorted(closing_days(connection)), 1)
    return found | {row.period: row.revision for row in every(connection)}


def archive_month(store: Store, counts: Tally, folder: Path, month: str, revision: int) -> Month:
    """Write the files of a month and count them; ArchiveError, and no file is left, if the count is another one."""

    def work(connection: Connection) -> dict[str, Slice]:
        return {
            key: write_slice(folder, key, month, sets_of(connection, key, month, ROWS))
            for key in sizes(connection, month)
        }

    counts.refresh(store, month)
    found = Month(revision, store.read(work))
    require_same(store, counts, folder, month, found)
    return found


def require_same(store: Store, counts: Tally, folder: Path, month: str, archived: Month) -> None:
    """ArchiveError unless the files give the counts of tally.db.

    Where a correction keeps what it changed until it can be shown, they must give those of the answers themselves.
    """
    found = list(count_month(folder, month, archived))
    wrong = list(differences(found, counted_before(counts, month)))
    if wrong and archived.revision > 1:
        wrong = list(differences(found, store.read(lambda connection: _of_answers(connection, month))))
    if wrong:
        more = f"\n… and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
        shown = "\n".join(wrong[:SHOWN])
        raise ArchiveError(
            f"{month}: the archive counts otherwise than tally.db:\n{shown}{more}\nKeep the archive out of use, run "
            f".venv/bin/python -m scripts.recount --period {month}, and show these lines to who looks after the program"
        )


def count_month(folder: Path, month: str, archived: Month) -> Iterator[AnswerCount]:
    """Every count of an archived month, from its files."""
    for key, one in archived.surveys.items():
        yield from count_files([folder / name for name in one.files], key, month)


def counted_before(counts: Tally, month: str) -> Sequence[AnswerCount]:
    """What tally.db holds of the same."""
    return [*counts.everything(month), *(one for key in counts.surveys(month) for one in counts.excluded(key, month))]


def _of_answers(connection: Connection, month: str) -> Sequence[AnswerCount]:
    found: list[AnswerCount] = []
    for key in dict.fromkeys(key for key, _ in surveys_in(connection, month)):
        found += count_period(connection, key, month)
        found += count_excluded(connection, key, month)
    return found


def stale(store: Store, folder: Path, month: str, revision: int, known: Month | None) -> str:
    """Why a month must be archived (again), '' if its files stand for it as it is."""
    if known is None:
        return "is not archived yet"
    if known.revision != revision:
        return "was corrected since"
    if store.read(lambda connection: sizes(connection, month)) != {key: one.rows for key, one in known.surveys.items()}:
        return "has another number of answers in the database"
    return next(filter(None, (damaged(folder, one) for one in known.surveys.values())), "")


def archive(store: Store, counts: Tally, folder: Path, wanted: Mapping[str, int]) -> Sequence[str]:
    """Bring the archive up to date for those months; gives what was archived. A month stands or falls by itself.

    ArchiveError while another run is at it.
    """
    with alone(folder):
        return _archived(store, counts, folder, wanted)


def _archived(store: Store, counts: Tally, folder: Path, wanted: Mapping[str, int]) -> Sequence[str]:
    months = read_manifest(folder)
    done = []
    for month, revision in with_progress(wanted.items(), "archiving", len(wanted)):
        if reason := stale(store, folder, month, revision, months.get(month)):
            try:
                months[month] = archive_month(store, counts, folder, month, revision)
            finally:
                write_manifest(folder, months)
            entry = by_system("month_archive", month, n=months[month].rows, revision=revision)
            store.write(lambda connection, entry=entry: record(connection, entry), deadline=LOCK_SECONDS)  # type: ignore[misc]
            done.append(f"{month}: {months[month].rows:,} answer sets ({reason})")
    return done


def require_current(store: Store, folder: Path, month: str, revisions: Mapping[str, int], one: Month) -> None:
    """ArchiveError unless a month of the archive is one of this database, as it is."""
    if month not in revisions:
        raise ArchiveError(
            f"{month} is not published in this database: name the archive that is its own with --archive"
        )
    if reason := stale(store, folder, month, revisions[month], one):
        raise ArchiveError(f"{month}: {reason}: run .venv/bin/python -m scripts.archive --period {month}")


def check(store: Store, counts: Tally, folder: Path) -> int:
    """How many archived answer sets were counted again; ArchiveError names what is damaged, old or different."""
    months, revisions = read_manifest(folder), store.read(closed_months)
    for month, one in with_progress(months.items(), "counting the archive", len(months)):
        require_current(store, folder, month, revisions, one)
        require_same(store, counts, folder, month, one)
    return sum(one.rows for one in months.values())


def restore(store: Store, counts: Tally, folder: Path) -> Sequence[str]:
    """Count the archived months that tally.db lacks from their files; gives their names.

    ArchiveError for what is damaged or old, or of another database.
    """
    months, revisions = read_manifest(folder), store.read(closed_months)
    missing = [month for month in months if not counts.is_final(month)]
    for month in with_progress(missing, "counting the archive", len(missing)):
        require_current(store, folder, month, revisions, months[month])
        counts.restore(store, month, count_month(folder, month, months[month]))
    return missing


def _wanted(store: Store, period: str | None, until: str | None) -> Mapping[str, int]:
    closed = store.read(closed_months)
    if period and period not in closed:
        raise HuiyinError(f"{period} is not published yet, and only what can no longer change is archived")
    return {
        month: revision for month, revision in closed.items() if period in (None, month) and month <= (until or month)
    }


@click.command(cls=Command)
@click.option("--period", type=MonthOption(), help="Archive one month, as 2026-10.")
@click.option("--until", type=MonthOption(), help="Archive published months until this one.  [default: all of them]")
@click.option("--check", "checking", is_flag=True, help="Count the whole archive again and compare; write nothing.")
@click.option("--recount", is_flag=True, help="Count archived months that tally.db lacks from the archive.")
@click.option(
    "--archive", "folder", type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the archive.  [default: archive beside the database]",
)  # fmt: skip
@database()
@tally
def main(
    period: str | None, until: str | None, checking: bool, recount: bool,
    folder: Path | None, database: Path, tally: Path | None,
) -> None:  # fmt: skip
    """Archive published months as Parquet files, for counting many years or on many machines.

    The files hold codes and days, no free text and no id. A month is in the archive only once it was counted again
    from its files and gave what tally.db holds. A repeat does nothing; a month that was corrected is archived anew.
    """
    if sum(map(bool, (period, until, checking, recount))) > 1:
        raise click.UsageError("give one of --period, --until, --check and --recount, or none of them")
    folder = folder or database.with_name("archive")
    with open_store(database) as store, open_tally(tally_beside(database, tally)) as counts:
        if checking:
            click.echo(f"{folder}: {check(store, counts, folder):,} answer sets counted again: all as in tally.db")
        elif recount:
            click.echo(
                f"counted from the archive: {', '.join(restore(store, counts, folder)) or 'nothing was missing'}"
            )
        else:
            done = archive(store, counts, folder, _wanted(store, period, until))
            click.echo("\n".join(done) or "nothing to archive: every published month is there as it stands")


if __name__ == "__main__":
    main()
