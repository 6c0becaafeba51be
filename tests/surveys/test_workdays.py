"""Working days and limits, held against the public calendar day by day."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import workdays
from surveys.workdays import after_days, after_workdays, is_workday

days = st.dates(date(2024, 1, 1), date(2026, 11, 30))


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_calendar_is_the_public_one(year: int) -> None:
    first = date(year, 1, 1)
    every_day = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    assert [day for day in every_day if is_workday(day) != chinese_calendar.is_workday(day)] == []


def test_the_file_names_only_what_differs_from_a_plain_week() -> None:
    for year in workdays.calendar().values():
        listed = (*year.days_off, *year.make_up_days)
        assert all(day.year == year.year for day in listed)
        assert len(set(listed)) == len(listed)
        assert all(day.weekday() < 5 for day in year.days_off)
        assert all(day.weekday() >= 5 for day in year.make_up_days)


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # a make-up Saturday
        ("2026-02-14", 1, "2026-02-24"),  # Spring Festival lies between
        ("2026-02-26", 3, "2026-03-02"),  # Friday, make-up Saturday, Monday
        ("2026-09-30", 1, "2026-10-08"),  # National Day
        ("2026-10-08", 3, "2026-10-12"),  # Friday, make-up Saturday, Monday
        ("2024-02-28", 1, "2024-02-29"),  # leap day
        ("2024-02-29", 1, "2024-03-01"),
        ("2026-11-20", 5, "2026-11-27"),
    ],
)
def test_limits_in_working_days(start: str, count: int, last: str) -> None:
    limit = after_workdays(date.fromisoformat(start), count)
    assert limit.day == date.fromisoformat(last)
    assert len(limit.counted) == count
    assert not limit.estimated


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2026-02-11", 3, "2026-02-14"),  # a make-up Saturday is a last day as good as any
        ("2026-02-12", 3, "2026-02-24"),  # the 15th is a Sunday, then the holiday
        ("2026-02-25", 3, "2026-02-28"),  # make-up Saturday
        ("2026-02-26", 3, "2026-03-02"),  # the 1st of March is a Sunday
        ("2026-09-29", 3, "2026-10-08"),
        ("2024-02-26", 3, "2024-02-29"),
        ("2026-11-20", 1, "2026-11-23"),
    ],
)
def test_limits_in_calendar_days(start: str, count: int, last: str) -> None:
    limit = after_days(date.fromisoformat(start), count)
    assert limit.day == date.fromisoformat(last)
    assert limit.counted[0] == date.fromisoformat(start) + timedelta(days=1)
    assert limit.counted[-1] == limit.day


@pytest.mark.parametrize(
    ("start", "estimated"),
    [("2026-12-24", False), ("2026-12-25", True), ("2026-12-31", True), ("2027-03-01", True), ("2023-12-29", True)],
)
def test_a_year_without_notice_counts_by_weekends_and_says_so(start: str, estimated: bool) -> None:
    limit = after_workdays(date.fromisoformat(start), 5)
    assert limit.estimated == estimated
    assert after_days(date.fromisoformat(start), 7).estimated == (estimated or start == "2026-12-25")


def test_a_year_without_notice_knows_no_holiday() -> None:
    assert is_workday(date(2030, 1, 1))
    assert not is_workday(date(2030, 1, 5))


@given(days, st.integers(1, 15))
def test_every_limit_can_list_the_days_it_counted(start: date, count: int) -> None:
    limit = after_workdays(start, count)
    between = [start + timedelta(days=number) for number in range(1, (limit.day - start).days + 1)]
    assert limit.counted == tuple(day for day in between if is_workday(day))
    assert len(limit.counted) == count
    calendar_limit = after_days(start, count)
    assert is_workday(calendar_limit.day)
    assert not any(is_workday(day) for day in calendar_limit.counted[count - 1 : -1])
    assert len(calendar_limit.counted) == (calendar_limit.day - start).days
