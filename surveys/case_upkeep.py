"""What the nights do to cases, closing what nobody answered and purging, and the sums that must come out."""

import hashlib
import json
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from surveys import case_ledger
from surveys.case_acts import Case
from surveys.case_board import row_of
from surveys.case_events import ENDING, ERASED_KINDS, KINDS, OPENING, SYSTEM, Act
from surveys.case_limits import DueKind
from surveys.errors import CaseError
from surveys.store import Connection, Store, board, ledger

BATCH = 200
Also = Callable[[Connection, Case], None]


def due_closings(store: Store, day: date, also: Also | None = None) -> tuple[str, ...]:
    """Close as unconfirmed what waited 15 days for a resident who left no contact; returns the numbers."""
    return tuple(_each_due(store, "unconfirmed", day, lambda c, case: _do(c, case, Act("closed"), day, also)))


def purge_due(store: Store, day: date, also: Also | None = None) -> tuple[str, ...]:
    """Delete contacts 30 days, texts and photos a year, after the final close, with those of cases joined to it.

    Events and digests stay, and so do a summary that the resident agreed to and the photos that she ticked.
    Returns the numbers.
    """
    contacts = _each_due(store, "purge_contact", day, lambda c, case: _purge(c, case, "contact", day, also))
    texts = _each_due(store, "purge_texts", day, lambda c, case: _purge(c, case, "texts", day, also))
    return (*contacts, *texts)


def _do(connection: Connection, case: Case, act: Act, day: date, also: Also | None) -> Case:
    standing = case.standing
    after = case_ledger.perform(
        connection, case_ledger.NO_OFFICE, case.number, SYSTEM, act, day, expected=standing.sequence
    )
    if also:
        also(connection, after)
    return after


def _purge(connection: Connection, case: Case, part: str, day: date, also: Also | None) -> None:
    joined = (case_ledger.load(connection, number) for number in board.followers(connection, case.number))
    for one in (case, *filter(None, joined)):
        if part not in one.standing.purged:
            _do(connection, one, Act("purged", data={"part": part}), day, also)
        if part == "contact":
            ledger.purge_contact(connection, one.number)
        else:
            standing = one.standing
            ledger.purge_texts(connection, one.number, standing.published_summary, standing.published_photos)


def _each_due(store: Store, kind: DueKind, day: date, work: Callable[[Connection, Case], object]) -> list[str]:
    """Do the work on every case whose limit of that kind ended before the day, a batch a transaction."""
    done: list[str] = []

    def batch(connection: Connection) -> list[str]:
        numbers = board.due_numbers(connection, kind, day.isoformat(), BATCH)
        for number in numbers:
            case = case_ledger.load(connection, number)
            if case is None or row_of(case).due_kind != kind or row_of(case).due_day >= day.isoformat():
                raise CaseError(f"the board of case {number} is not what its events say: refresh the board first")
            work(connection, case)
        return numbers

    while numbers := store.write(batch):
        done += numbers
    return done


def refresh(store: Store) -> int:
    """Derive the board anew from the events, as after a change of the calendar; returns how many rows changed."""
    changed, number = 0, ""
    while numbers := store.read(lambda connection, last=number: board.numbers_after(connection, last, BATCH)):  # type: ignore[misc]
        if store.read(lambda connection, some=numbers: _stale(connection, some)):  # type: ignore[misc]
            changed += store.write(lambda connection, some=numbers: _put_stale(connection, some))  # type: ignore[misc]
        number = numbers[-1]
    return changed


def _stale(connection: Connection, numbers: list[str]) -> list[board.BoardRow]:
    stored = board.rows_of(connection, numbers)
    derived = (row_of(case) for number in numbers if (case := case_ledger.load(connection, number)))
    return [row for row in derived if stored.get(row.number) != row]


def _put_stale(connection: Connection, numbers: list[str]) -> int:
    rows = _stale(connection, numbers)
    board.put(connection, rows)
    return len(rows)


@dataclass(frozen=True)
class Balance:
    """The cases of one month: what was there and came in, and what left and stayed."""

    month: str
    start: int
    received: int
    reopened: int
    closed: int
    withdrawn: int
    merged: int
    declined: int
    transferred: int
    end: int

    @property
    def holds(self) -> bool:
        """Whether both sides are equal; a report that finds they are not must not be built."""
        gone = self.closed + self.withdrawn + self.merged + self.declined + self.transferred
        return self.start + self.received + self.reopened == gone + self.end


def balance(store: Store, month: str) -> Balance:
    """The balance of a month `YYYY-MM`; both its ends are counted for themselves, not reckoned from the rest."""
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    before = first - timedelta(days=1)
    sides = {**OPENING, **ENDING}

    def work(connection: Connection) -> Balance:
        sums = dict.fromkeys(sides.values(), 0)
        for kind, number in board.count_events(connection, sides, first.isoformat(), last.isoformat()).items():
            sums[next(side for known, side in sides.items() if known == kind)] += number
        start = board.count_open(connection, OPENING, ENDING, before.isoformat())
        end = board.count_open(connection, OPENING, ENDING, last.isoformat())
        return Balance(month, start=start, end=end, **sums)

    return store.read(work)


def broken_texts(store: Store) -> tuple[tuple[str, int], ...]:
    """Number and sequence of events whose text is not what their digest says, or is gone without a purge."""
    return store.read(lambda connection: tuple(_broken(ledger.texts(connection))))


def _broken(rows: Iterator[ledger.TextRow]) -> Iterator[tuple[str, int]]:
    missing: list[ledger.TextRow] = []
    current = ""
    for row in rows:
        if row.number != current:
            yield from ((one.number, one.sequence) for one in missing)
            missing, current = [], row.number
        if row.kind in ("purged", "erased"):
            gone = _deleted_kinds(row)
            missing = [one for one in missing if one.kind not in gone]
        elif row.text is None and row.text_digest is not None:
            missing.append(row)
        elif row.text is not None and hashlib.sha256((row.salt or b"") + row.text.encode()).digest() != row.text_digest:
            yield row.number, row.sequence
    yield from ((one.number, one.sequence) for one in missing)


def _deleted_kinds(row: ledger.TextRow) -> frozenset[str]:
    """Events of which kinds lost their texts by a deletion."""
    data = json.loads(row.data)
    if row.kind == "purged":
        return frozenset(KINDS) if data.get("part") == "texts" else frozenset()
    return frozenset(kind for part in data["parts"].split(",") for kind in ERASED_KINDS.get(part, ()))
