"""Working days in China: weekends, public holidays and make-up days, and limits counted on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from surveys.yaml_reading import read

CALENDAR = Path(__file__).with_name("workdays.yaml")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Year:
    """Weekdays that are off and weekend days that are worked."""

    year: int
    days_off: tuple[date, ...]
    make_up_days: tuple[date, ...]


@dataclass(frozen=True)
class CalendarFile:
    """The shape of workdays.yaml."""

    version: int
    years: tuple[Year, ...]


@dataclass(frozen=True)
class Deadline:
    """The last day of a limit, the days that were counted, and whether a year's notice was missing."""

    day: date
    counted: tuple[date, ...]
    estimated: bool


@cache
def calendar(path: Path = CALENDAR) -> Mapping[int, Year]:
    """The years whose notice is known."""
    return {year.year: year for year in read(path, CalendarFile).years}


def is_workday(day: date) -> bool:
    """Whether offices work on the day; by weekends alone in a year that is not listed."""
    year = calendar().get(day.year)
    if year and day in year.days_off:
        return False
    return day.weekday() < 5 or bool(year and day in year.make_up_days)


def _workdays_after(day: date) -> Iterator[date]:
    while True:
        day += _DAY
        if is_workday(day):
            yield day


def after_workdays(start: date, count: int) -> Deadline:
    """The limit of `count` working days; day one is the first working day after `start`."""
    days = _workdays_after(start)
    counted = tuple(next(days) for _ in range(count))
    return _deadline(start, counted)


def after_days(start: date, count: int) -> Deadline:
    """The limit of `count` calendar days; a last day that is no working day moves to the next one."""
    counted = [start + _DAY * number for number in range(1, count + 1)]
    while not is_workday(counted[-1]):
        counted.append(counted[-1] + _DAY)
    return _deadline(start, tuple(counted))


def exact_days(start: date, count: int) -> Deadline:
    """The limit of `count` calendar days, to the day: for what residents may do, and for what the system does."""
    counted = tuple(start + _DAY * number for number in range(1, count + 1))
    return Deadline(counted[-1], counted, estimated=False)


def _deadline(start: date, counted: tuple[date, ...]) -> Deadline:
    years = range(start.year, counted[-1].year + 1)
    return Deadline(counted[-1], counted, any(year not in calendar() for year in years))
