"""What the nights do to the store: limits kept, what nobody needs any more deleted, each with its row in the audit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from surveys import cards, case_ledger, case_upkeep, grants, paper_ends, themes
from surveys.audit import by_system, record
from surveys.case_acts import Case
from surveys.case_board import row_of
from surveys.case_limits import TEXT_DAYS
from surveys.definition import Definitions
from surveys.responses import SHANGHAI
from surveys.sessions import IDLE, LONGEST, PERIOD
from surveys.store import Connection, Store, board, people
from surveys.store import cards as card_rows

BATCH = 200


@dataclass(frozen=True)
class Night:
    """How much one night does, or would do.

    `board` are rows derived anew, `closed` cases that closed as unconfirmed, `purged` deletions of contacts or
    texts at cases, `free_texts` what residents wrote with a rating, `sessions` and `tries` of the desk's sign-in,
    `batches` of paper sheets that nobody stored, and `cards` that nobody can use any more.
    """

    board: int = 0
    closed: int = 0
    purged: int = 0
    free_texts: int = 0
    sessions: int = 0
    tries: int = 0
    batches: int = 0
    cards: int = 0


def run(store: Store, now: datetime, known: Definitions | None = None) -> Night:
    """Do it all; what is done already is not done again, and each step stands for itself if it is interrupted.

    Without the definitions nobody knows which surveys are over, and no card ends.
    """
    day = now.astimezone(SHANGHAI).date()
    started, seen, period = _bounds(now)
    return Night(
        board=case_upkeep.refresh(store),
        closed=len(case_upkeep.due_closings(store, day, _note_closing)),
        purged=len(case_upkeep.purge_due(store, day, _note_purge)),
        free_texts=themes.purge_texts(store, day, _note_texts),
        sessions=store.write(lambda connection: people.end_old_sessions(connection, started, seen)),
        tries=store.write(lambda connection: people.forget_tries(connection, before=period)),
        batches=paper_ends.purge(store, day, _note_batch),
        cards=sum(cards.end(store, batch) for batch in _ended_batches(store, known, day)),
    )


def planned(store: Store, now: datetime, known: Definitions | None = None) -> Night:
    """What `run` would do now; nothing is written."""
    day = now.astimezone(SHANGHAI).date()
    started, seen, period = _bounds(now)
    cases = [counts for numbers in _batches(store) for counts in _cases(store, numbers, day)]
    changed, closed, purged = (sum(column) for column in zip(*cases, strict=True)) if cases else (0, 0, 0)
    return Night(
        board=changed,
        closed=closed,
        purged=purged,
        free_texts=themes.due_texts(store, day),
        sessions=store.read(lambda connection: people.count_old_sessions(connection, started, seen)),
        tries=store.read(lambda connection: people.count_old_tries(connection, period)),
        batches=paper_ends.due(store, day),
        cards=sum(cards.left(store, batch) for batch in _ended_batches(store, known, day)),
    )


def _ended_batches(store: Store, known: Definitions | None, day: date) -> list[str]:
    """Batches of surveys that ended so long ago that no answer to them is taken any more."""
    if known is None:
        return []
    issued = store.read(card_rows.batches)
    return [row.batch for row in issued if all(grants.is_over(one, day) for one in known.versions(row.survey))]


def _bounds(now: datetime) -> tuple[int, int, int]:
    """What sessions and tries are too old for: began, last used, quarter of an hour."""
    at = int(now.timestamp())
    return at - _seconds(LONGEST), at - _seconds(IDLE), int(at // PERIOD.total_seconds())


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _batches(store: Store) -> Iterator[list[str]]:
    number = ""
    while numbers := store.read(lambda connection, last=number: board.numbers_after(connection, last, BATCH)):  # type: ignore[misc]
        yield numbers
        number = numbers[-1]


def _cases(store: Store, numbers: list[str], day: date) -> list[tuple[int, int, int]]:
    def work(connection: Connection) -> list[tuple[int, int, int]]:
        stored = board.rows_of(connection, numbers)
        found = ((number, case_ledger.load(connection, number)) for number in numbers)
        return [_counts(case, stored.get(number), day) for number, case in found if case]

    return store.read(work)


def _counts(case: Case, stored: board.BoardRow | None, day: date) -> tuple[int, int, int]:
    """Whether its row is stale, whether it closes, and how often something is deleted at it."""
    row = row_of(case)
    is_due = row.due_day < day.isoformat()
    deletions = int(is_due and row.due_kind.startswith("purge"))
    ended = case.standing.ended
    if deletions and row.due_kind == "purge_contact" and ended and ended + timedelta(days=TEXT_DAYS) < day:
        deletions = 2
    return int(row != stored), int(is_due and row.due_kind == "unconfirmed"), deletions


def _note_closing(connection: Connection, case: Case) -> None:
    record(connection, by_system("case_act", case.number, kind="closed", sequence=case.standing.sequence))


def _note_purge(connection: Connection, case: Case) -> None:
    record(connection, by_system("purge", case.number, part=case.events[-1].data["part"]))


def _note_batch(connection: Connection, batch: str, told: Mapping[str, str | int]) -> None:
    record(connection, by_system("paper_discard", batch, **told))


def _note_texts(connection: Connection, count: int) -> None:
    record(connection, by_system("purge", "response-texts", n=count))
