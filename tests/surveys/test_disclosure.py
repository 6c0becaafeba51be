"""Small numbers: what a release shows, and what a reader with a solver can work out of it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from surveys.disclosure import Cells, Row, options_pass, protect, rating_passes


def row(unit: str, *cells: int) -> Row:
    return Row(unit, cells, sum(cells))


def by_rating(one: Row) -> bool:
    return rating_passes(one.cells)


def by_option(one: Row) -> bool:
    return options_pass(one.cells, one.total)


def statuses(rows: Sequence[Row]) -> dict[str, str]:
    return {one.unit: one.status for one in rows}


@pytest.mark.parametrize(
    ("levels", "passes"),
    [
        ((0, 0, 0, 0, 0), True),  # nobody to protect
        ((0, 0, 0, 0, 1), False),
        ((1, 2, 0, 3, 3), False),  # 9
        ((1, 2, 0, 4, 3), True),  # 10
        ((1, 1, 0, 4, 4), False),  # 10, two not satisfied
        ((5, 2, 1, 1, 1), False),  # 10, two satisfied
        ((0, 0, 3, 7, 0), True),  # the middle is not satisfied
        ((0, 0, 0, 0, 29), False),
        ((29, 0, 0, 0, 0), False),
        ((1, 1, 0, 20, 7), False),  # 29
        ((1, 1, 1, 20, 6), True),  # 29
        ((0, 0, 0, 0, 30), True),
        ((30, 0, 0, 0, 0), True),
        ((1, 0, 0, 0, 29), True),
    ],
)
def test_a_split_may_stand(levels: Cells, passes: bool) -> None:
    assert rating_passes(levels) is passes


@pytest.mark.parametrize(
    ("cells", "total", "passes"),
    [
        ((0, 0), 0, True),
        ((1, 0), 1, False),
        ((5, 4), 9, False),
        ((5, 5), 10, True),
        ((8, 2), 10, False),
        ((10, 0), 10, False),  # everybody chose it
        ((7, 3, 0), 10, True),  # nobody chose the last
        ((9, 5), 12, True),  # several choices each
        ((11, 5), 12, False),  # one did not
        ((29, 0), 29, False),
        ((30, 0), 30, True),
        ((29, 1), 30, True),
    ],
)
def test_options_may_stand(cells: Cells, total: int, passes: bool) -> None:
    assert options_pass(cells, total) is passes


BIG = row("big", 20, 20, 20, 20, 20)
MIDDLE = row("middle", 10, 10, 10, 10, 10)
SMALL = row("small", 1, 1, 1, 1, 1)


def test_where_all_pass_all_is_shown() -> None:
    found = protect([BIG, MIDDLE], by_rating)
    assert statuses(found) == {"all": "shown", "big": "shown", "middle": "shown"}
    assert found[0].cells == (30, 30, 30, 30, 30)


def test_one_small_unit_takes_the_smallest_that_passes_with_it() -> None:
    found = protect([BIG, SMALL, MIDDLE], by_rating)
    assert statuses(found) == {"all": "shown", "big": "shown", "small": "merged", "middle": "merged", "other": "shown"}
    assert found[-1] == Row("other", (11, 11, 11, 11, 11), 55)
    assert [one.total for one in found] == [155, 100, 5, 50, 55]


def test_small_units_that_pass_together_still_take_the_smallest_that_passes() -> None:
    small = [row(f"small-{number}", 1, 1, 1, 1, 1) for number in range(4)]
    found = protect([BIG, MIDDLE, *small], by_rating)
    assert statuses(found)["middle"] == "merged"
    assert statuses(found)["big"] == "shown"
    assert found[-1].cells == tuple(4 + count for count in MIDDLE.cells)


def test_merging_goes_on_until_the_group_passes() -> None:
    """The small unit and `even` together hold no rating of 1, which the city does: `big` must join."""
    even = row("even", 0, 10, 10, 10, 10)
    found = protect([BIG, row("large", 40, 40, 40, 40, 40), even, SMALL], by_rating)
    assert statuses(found) == {
        "all": "shown",
        "big": "merged",
        "large": "shown",
        "even": "merged",
        "small": "merged",
        "other": "shown",
    }


def test_units_of_the_same_size_are_taken_by_their_code() -> None:
    twins = [row("b", 10, 10, 10, 10, 10), row("a", 10, 10, 10, 10, 10)]
    for order in (twins, twins[::-1]):
        assert statuses(protect([*order, SMALL], by_rating))["a"] == "merged"
        assert statuses(protect([*order, SMALL], by_rating))["b"] == "shown"


def test_a_city_of_nine_is_hidden() -> None:
    found = protect([row("a", 1, 1, 1, 1, 1), row("b", 0, 1, 1, 1, 1)], by_rating)
    assert statuses(found) == {"all": "hidden", "a": "hidden", "b": "hidden"}
    assert [one.total for one in found] == [9, 5, 4]


def test_a_single_small_unit_is_hidden_with_its_city() -> None:
    assert statuses(protect([SMALL], by_rating)) == {"all": "hidden", "small": "hidden"}


def test_units_without_ratings_stand_and_are_never_merged() -> None:
    found = protect([row("none", 0, 0, 0, 0, 0), BIG, SMALL], by_rating)
    assert statuses(found)["none"] == "shown"
    assert statuses(protect([row("none", 0, 0, 0, 0, 0)], by_rating)) == {"all": "shown", "none": "shown"}


def test_thirty_of_one_mind_are_shown_and_twenty_nine_are_not() -> None:
    assert statuses(protect([row("a", 0, 0, 0, 0, 30)], by_rating)) == {"all": "shown", "a": "shown"}
    assert statuses(protect([row("a", 0, 0, 0, 0, 29)], by_rating)) == {"all": "hidden", "a": "hidden"}


def test_a_total_of_one_mind_would_tell_on_the_unit_that_is_hidden() -> None:
    found = protect([row("a", 0, 0, 0, 0, 30), row("b", 0, 0, 0, 0, 29)], by_rating)
    assert set(statuses(found).values()) == {"hidden"}


def test_a_total_that_is_nearly_the_small_unit_is_hidden_with_it() -> None:
    found = protect([row("a", 0, 0, 0, 14, 14), row("b", 0, 0, 1, 1, 0)], by_rating)
    assert set(statuses(found).values()) == {"hidden"}


def test_all_units_small_and_the_city_not() -> None:
    units = [row(f"unit-{number}", 1, 1, 2, 2, 3) for number in range(6)]
    found = protect(units, by_rating)
    assert statuses(found)["all"] == "shown"
    assert {statuses(found)[one.unit] for one in units} == {"merged"}
    assert found[-1].cells == found[0].cells


Facts = list[tuple[list[tuple[str, int]], int]]


def facts_of(rows: Sequence[Row], exclusive: bool) -> Facts:
    """What a release says: cells that add up to a number. Exclusive cells of a unit add up to its total."""
    units = [one for one in rows if one.unit not in ("all", "other")]
    cells = range(len(units[0].cells))
    facts: Facts = [([(one.unit, k) for k in cells], one.total) for one in units if exclusive]
    groups = {one.unit: [one] for one in units} | {"all": units, "other": [x for x in units if x.status == "merged"]}
    for one in (one for one in rows if one.status == "shown"):
        facts += [([(member.unit, k) for member in groups[one.unit]], one.cells[k]) for k in cells]
    return facts


def bounds(rows: Sequence[Row], unit: str, cell: int, exclusive: bool) -> tuple[float, float]:
    """The least and greatest value of one cell, given every total and every shown row, by linear programming."""
    units = [one for one in rows if one.unit not in ("all", "other")]
    place = {key: i for i, key in enumerate((one.unit, k) for one in units for k in range(len(one.cells)))}
    facts = facts_of(rows, exclusive)
    matrix = np.zeros((len(facts), len(place)))
    for line, (members, _) in enumerate(facts):
        matrix[line, [place[member] for member in members]] = 1
    aim = np.zeros(len(place))
    aim[place[unit, cell]] = 1
    limits = [(0, one.total) for one in units for _ in one.cells]
    least, most = (
        sign * linprog(sign * aim, A_eq=matrix, b_eq=[total for _, total in facts], bounds=limits).fun
        for sign in (1, -1)
    )
    return round(least, 6), round(most, 6)


def check_release(units: Sequence[Row], passes: Callable[[Row], bool], exclusive: bool) -> None:
    """Hold a release to every rule of small numbers."""
    found = protect(units, passes)
    everything, rows = found[0], found[1 : len(units) + 1]
    merged = [one for one in rows if one.status == "merged"]
    failing = [one for one in units if not passes(one)]
    assert [(one.unit, one.total, one.cells) for one in rows] == [(one.unit, one.total, one.cells) for one in units]
    assert all(passes(one) for one in found if one.status == "shown")
    assert everything.total == sum(one.total for one in units)
    if everything.status == "hidden":
        assert {one.status for one in found} == {"hidden"}
    elif failing:
        other = found[-1]
        assert other.unit == "other"
        assert {one.unit for one in failing} <= {one.unit for one in merged}
        assert len([one for one in merged if one.total]) > 1
        assert other.cells == tuple(sum(cells) for cells in zip(*(one.cells for one in merged), strict=True))
        assert other.total == sum(one.total for one in merged)
    else:
        assert {one.status for one in found} == {"shown"}
        assert len(found) == len(units) + 1
    for one in failing:
        check_attack(found, one, everything, exclusive)


def check_attack(found: Sequence[Row], failing: Row, everything: Row, exclusive: bool) -> None:
    """Each cell of a failing unit stays open by 3, or by all that its total and the city's row allow."""
    for cell, whole in enumerate(everything.cells):
        least, most = bounds(found, failing.unit, cell, exclusive)
        allowed = min(3, failing.total, whole, everything.total - whole)
        assert least <= failing.cells[cell] <= most
        assert most - least >= (allowed if everything.status == "shown" else min(3, failing.total))
        if everything.status == "shown":
            assert least < failing.total, "shown to be of one mind"


levels = st.one_of(
    st.tuples(*[st.integers(0, 3)] * 5),
    st.tuples(*[st.integers(0, 12)] * 5),
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 8), st.integers(0, 60), st.integers(0, 60)),
)
unit_rows = st.lists(levels, min_size=1, max_size=5).map(
    lambda found: [row(f"unit-{number}", *cells) for number, cells in enumerate(found)]
)


@settings(max_examples=80, deadline=None)
@given(unit_rows)
def test_no_release_of_ratings_tells_on_a_small_unit(units: list[Row]) -> None:
    check_release(units, by_rating, exclusive=True)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.integers(0, 40).flatmap(lambda total: st.tuples(st.tuples(*[st.integers(0, total)] * 3), st.just(total))),
        min_size=1,
        max_size=5,
    )
)
def test_no_release_of_several_choices_tells_on_a_small_unit(drawn: list[tuple[Cells, int]]) -> None:
    units = [Row(f"unit-{number}", cells, total) for number, (cells, total) in enumerate(drawn)]
    check_release(units, by_option, exclusive=False)


@given(unit_rows, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_units(units: list[Row], chance: object) -> None:
    shuffled = list(units)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert statuses(protect(units, by_rating)) == statuses(protect(shuffled, by_rating))
