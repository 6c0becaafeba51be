"""Days on which far more came than on the days around them, and units whose answers mostly came through staff.

Both are volumes: no answer's content is looked at. Both are hints and no proof: a batch of paper keyed on one day, or a
talk after which everybody answered, looks the same as a flood. So they are told, and nothing follows by itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from math import ceil
from statistics import median
from typing import NamedTuple

from surveys.store import Connection, Store, volumes
from surveys.store.answers import surveys_in
from surveys.store.volumes import DayVolume

WINDOW_DAYS = 28
OTHER_DAYS = 7
"""Days beside the one in question that there must have been, before anything is called usual."""
FLOOD_FROM = 20
FLOOD_TIMES = 3
STAFF_FROM = 20
"""Answers of a unit below which a share that came through staff says nothing."""
BY_STAFF = ("assisted", "imported")


class Surge(NamedTuple):
    """A day out of line: how many came for the unit in one way, and how many usually do."""

    unit: str
    channel: str
    day: str
    n: int
    usual: int


class ByStaff(NamedTuple):
    """A unit more than half of whose answers came through staff: those, and all of them."""

    unit: str
    n: int
    whole: int


def usual(by_day: Mapping[str, int], day: date, first: date, last: date) -> tuple[int | None, int]:
    """The median of the other days within four weeks, and how many they are; days without answers count as 0.

    None where fewer than seven other days lie between the first and the last day.
    """
    start, end = max(first, day - timedelta(days=WINDOW_DAYS)), min(last, day + timedelta(days=WINDOW_DAYS))
    days = [start + timedelta(days=place) for place in range((end - start).days + 1)]
    others = [by_day.get(one.isoformat(), 0) for one in days if one != day]
    return (ceil(median(others)) if len(others) >= OTHER_DAYS else None), len(others)


def is_flood(n: int, usual_n: int | None) -> bool:
    """Whether a day brought many more answers than its neighbours."""
    return usual_n is not None and n >= max(FLOOD_FROM, FLOOD_TIMES * usual_n + 1)


def surges(found: Iterable[DayVolume], first: date, last: date) -> tuple[Surge, ...]:
    """The days of a month out of line, the largest first, from what came in it and in the month before.

    A unit's count begins with its first day in there. An answer with a card is no flood, for a card answers once.
    Days after the month are not looked at, so the same month gives the same days whenever it is counted.
    """
    ways: dict[tuple[str, str], Counter[str]] = {}
    for one in found:
        if one.basis != "card":
            ways.setdefault((one.unit, one.channel), Counter())[one.day] += one.n
    told = (one for (unit, channel), days in ways.items() for one in _of_way(unit, channel, days, first, last))
    return tuple(sorted(told, key=lambda one: (-one.n, one)))


def _of_way(unit: str, channel: str, by_day: Counter[str], first: date, last: date) -> Iterator[Surge]:
    began = date.fromisoformat(min(by_day))
    for day, n in by_day.items():
        if first.isoformat() <= day <= last.isoformat() and n >= FLOOD_FROM:
            common, _ = usual(by_day, date.fromisoformat(day), began, last)
            if common is not None and is_flood(n, common):
                yield Surge(unit, channel, day, n, common)


def mostly_by_staff(received: Mapping[tuple[str, str], int]) -> tuple[ByStaff, ...]:
    """The units more than half of whose answers, 20 or more of them, came through staff; by unit and basis."""
    whole, staff = Counter[str](), Counter[str]()
    for (unit, basis), n in received.items():
        whole[unit] += n
        staff[unit] += n if basis in BY_STAFF else 0
    return tuple(
        ByStaff(unit, staff[unit], n) for unit, n in sorted(whole.items()) if n >= STAFF_FROM and 2 * staff[unit] > n
    )


def by_staff(store: Store, period: str) -> tuple[tuple[str, ByStaff], ...]:
    """The same for a month as it stands, each with its survey."""

    def work(connection: Connection) -> list[tuple[str, ByStaff]]:
        keys = dict.fromkeys(key for key, _ in surveys_in(connection, period))
        return [(key, one) for key in keys for one in mostly_by_staff(_received(connection, key, period))]

    return tuple(store.read(work))


def _received(connection: Connection, survey: str, period: str) -> Counter[tuple[str, str]]:
    found = Counter[tuple[str, str]]()
    for one in volumes.by_day(connection, survey, period, period):
        found[one.unit, one.basis] += one.n
    return found
