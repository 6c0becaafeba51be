"""Days out of line and units whose answers came through staff: what is told, and what is not."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import surges
from surveys.store.volumes import DayVolume
from surveys.surges import ByStaff, Surge, mostly_by_staff

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def month(counts: dict[int, int], channel: str = "web", basis: str = "open", usual: int = 4) -> list[DayVolume]:
    """Two months with `usual` answers a day at one unit, but for the days of October that are named."""
    days = [date(2026, 9, 1) + timedelta(days=place) for place in range(61)]
    named = {date(2026, 10, day): n for day, n in counts.items()}
    return [DayVolume("east", channel, basis, day.isoformat(), named.get(day, usual)) for day in days]


def found(volumes: list[DayVolume]) -> tuple[Surge, ...]:
    return surges.surges(volumes, FIRST, LAST)


def test_a_script_that_sends_hundreds_in_a_day_is_told() -> None:
    assert found(month({12: 400, 20: 90})) == (
        Surge("east", "web", "2026-10-12", 400, 4),
        Surge("east", "web", "2026-10-20", 90, 4),
    )


def test_a_burst_at_one_counter_is_told_by_its_way() -> None:
    assert found([*month({}), *month({7: 60}, "kiosk", "assisted", usual=2)]) == (
        Surge("east", "kiosk", "2026-10-07", 60, 2),
    )


@pytest.mark.parametrize(("n", "told"), [(12, False), (19, False), (20, True)])
def test_a_few_more_than_usual_are_nothing(n: int, told: bool) -> None:
    assert bool(found(month({9: n}))) == told


def test_three_times_the_usual_is_not_yet_out_of_line() -> None:
    assert [one.n for one in found(month({9: 30, 10: 31}, usual=10))] == [31]


def test_answers_with_a_card_are_no_flood() -> None:
    assert found(month({9: 500}, basis="card")) == ()


def test_patient_hands_are_not_found() -> None:
    """As the pages say: who sends a few each day for months moves what is usual."""
    assert found(month({}, usual=15)) == ()


def test_nothing_is_usual_in_the_first_week() -> None:
    assert (
        found([DayVolume("east", "web", "open", f"2026-10-{day}", 90 if day == 31 else 1) for day in range(25, 32)])
        == ()
    )


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 60)), max_size=40))
def test_days_after_the_month_change_nothing(later: list[tuple[int, int]]) -> None:
    before = month({5: 70, 30: 50})
    after = [DayVolume("east", "web", "open", f"2026-11-{day:02}", n) for day, n in later]
    assert found([*before, *after]) == found(before)


@given(st.permutations(month({5: 70, 30: 50})))
def test_the_order_of_the_counts_changes_nothing(volumes: list[DayVolume]) -> None:
    assert found(volumes) == found(month({5: 70, 30: 50}))


def test_units_are_named_where_staff_brought_in_more_than_half() -> None:
    received = {
        ("east", "assisted"): 15, ("east", "imported"): 6, ("east", "open"): 20,
        ("west", "assisted"): 20, ("west", "open"): 20,
        ("north", "assisted"): 19, ("south", "card"): 300,
    }  # fmt: skip
    assert mostly_by_staff(Counter(received)) == (ByStaff("east", 21, 41),)
