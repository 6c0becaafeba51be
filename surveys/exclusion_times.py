"""When answers may be left out: before their month is published, and after it only what staff entered wrongly."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

from surveys.definition import Definitions
from surveys.errors import ExclusionError
from surveys.responses import next_period, period_of
from surveys.store import Connection, Store, exclusion_batches, openings
from surveys.store.answers import closing_days
from surveys.store.exclusion_batches import Cell

Reason = Literal["flood", "duplicate", "imported-twice", "wrong-unit", "test-entry"]
REASONS: tuple[Reason, ...] = get_args(Reason)
LATE_REASONS: tuple[Reason, ...] = ("imported-twice", "wrong-unit", "test-entry")
"""What staff entered wrongly, which may still be excluded once the month is published."""
MONTHS_BACK = 12
_NEVER = "9999"


def open_periods(store: Store, today: date) -> tuple[str, ...]:
    """The months of a year that are not published yet, newest first; the next one if this one is."""
    first = period_of(today)
    known = [f"{place // 12:04}-{place % 12 + 1:02}" for place in _places(first)]
    closed = store.read(lambda connection: exclusion_batches.closed_among(connection, known))
    ahead = [next_period(first)] if first in closed else []
    return tuple(sorted({*known, *ahead} - closed, reverse=True))


def late_periods(store: Store, today: date) -> tuple[str, ...]:
    """The months of a year that were published before today, newest first: of them staff's mistakes can still go."""
    known = {f"{place // 12:04}-{place % 12 + 1:02}" for place in _places(period_of(today))}
    closed = store.read(closing_days)
    return tuple(sorted((one for one in known if closed.get(one, _NEVER) < today.isoformat()), reverse=True))


def first_period(store: Store, definitions: Definitions, today: date) -> str:
    """The month in which the first survey opened or the first answer came; this one where neither was yet."""
    opened = {period_of(one.opened) for one in definitions.surveys.values() if one.opened <= today}
    keys = {key for key, _ in definitions.surveys}
    answered = store.read(lambda connection: {openings.first_period(connection, key) for key in keys})
    return min(opened | {one for one in answered if one}, default=period_of(today))


def due_period(store: Store, definitions: Definitions, today: date) -> str:
    """The month to look at first: the oldest one that is not published and has answers, else the newest."""
    periods, keys = open_periods(store, today), {key for key, _ in definitions.surveys}
    answered = store.read(lambda c: {one for one in periods for key in keys if openings.received(c, key, one)})
    return min(answered, default=periods[0])


def _places(period: str) -> range:
    here = int(period[:4]) * 12 + int(period[5:]) - 1
    return range(here - MONTHS_BACK, here + 1)


def reasons_now(connection: Connection, definitions: Definitions, cell: Cell, today: date) -> Sequence[Reason]:
    """The reasons that can still be given: all before the month is published, then what staff entered wrongly.

    Whoever knows the result does not decide about what residents sent. Answers that stand outside the headline stay
    as they were counted, and so does everything on the day of publication itself.
    """
    closed = closing_days(connection).get(cell.period)
    if closed is None:
        return REASONS
    versions = [one for one in definitions.versions(cell.survey) if period_of(one.opened) <= cell.period]
    counts = bool(versions) and all(cell.basis in one.bases for one in versions)
    return LATE_REASONS if counts and closed < today.isoformat() else ()


def require_time(connection: Connection, definitions: Definitions, cell: Cell, reason: str, today: date) -> None:
    """ExclusionError if it is too late for the reason."""
    if reason not in reasons_now(connection, definitions, cell, today):
        raise ExclusionError(
            f"{cell.period} is published, so its answers stay as they were counted, and nobody who knows the result "
            f"decides about them. What staff entered wrongly ({', '.join(LATE_REASONS)}) can be left out from the day "
            "after the publication on, where it counts in the headline"
        )
