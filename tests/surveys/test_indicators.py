"""The arithmetic of the figures, held against scipy, published examples and whole-number arithmetic."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import CensoredData, binomtest, ecdf

from surveys.errors import HuiyinError
from surveys.indicators import (
    Z_95,
    Counted,
    Duration,
    Rates,
    durations_of,
    half_up,
    holm,
    interval,
    kaplan_meier,
    largest_remainder,
    newcombe,
    newcombe_p,
    percent,
    percent_interval,
    response_rate,
    share,
    silent_bounds,
    survival,
    unit_changes,
    wilson,
    wilson_finite,
)


@pytest.mark.parametrize("n", [1, 2, 9, 10, 29, 30, 99, 100, 1033, 100_000])
def test_wilson_agrees_with_scipy(n: int) -> None:
    for successes in sorted({0, 1, n // 3, n // 2, n - 1, n} & set(range(n + 1))):
        expected = binomtest(successes, n).proportion_ci(confidence_level=0.95, method="wilson")
        assert wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_published_examples(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n)
    assert found is not None
    assert tuple(round(bound, 4) for bound in found) == (low, high)


@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_0_and_1(pair: tuple[int, int]) -> None:
    successes, n = pair
    found, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert found is not None
    assert mirrored is not None
    assert 0 <= found[0] <= successes / n <= found[1] <= 1
    assert found == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-12)


def test_without_ratings_there_is_no_rate() -> None:
    empty = Rates((0, 0, 0, 0, 0), dont_know=7)
    assert empty.n == 0
    assert [empty.satisfied, empty.wide, empty.dissatisfied, empty.interval, empty.mean] == [None] * 5
    assert share(0, 0) is None


def test_rates_of_five_levels() -> None:
    rates = Rates((1, 2, 3, 4, 10), dont_know=5)
    assert rates.n == 20
    assert rates.satisfied == 0.7
    assert rates.wide == 0.85
    assert rates.dissatisfied == 0.15
    assert rates.mean == 4.0
    assert rates.interval == wilson(14, 20)


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=5))
def test_rates_are_shares_of_the_five_levels(levels: list[int]) -> None:
    rates = Rates(tuple(levels), dont_know=3)
    if rates.n:
        n1, n2, n3, n4, n5 = levels
        assert rates.satisfied == float(Fraction(n4 + n5, rates.n))
        assert rates.wide == float(Fraction(n3 + n4 + n5, rates.n))
        assert rates.dissatisfied == float(Fraction(n1 + n2, rates.n))
        assert rates.mean is not None
        assert 1 <= rates.mean <= 5


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (0.125, 2, "0.13"),
        (0.135, 2, "0.14"),
        (2.675, 2, "2.68"),
        (1.0000005, 6, "1.000001"),
        (Decimal("12.25"), 1, "12.3"),
        (0.0, 6, "0.000000"),
        (1.0, 6, "1.000000"),
        (1e-9, 6, "0.000000"),
        (3.1, 6, "3.100000"),
    ],
)
def test_rounding_is_a_pocket_calculators(value: float | Decimal, digits: int, rounded: str) -> None:
    assert str(half_up(value, digits)) == rounded


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, ""),
        (1, 1, ""),
        (9, 9, ""),
        (5, 10, ""),
        (29, 29, ""),
        (15, 30, "50%"),
        (30, 30, "100%"),
        (1, 40, "3%"),  # 2.5
        (49, 99, "49%"),
        (98, 99, "99%"),
        (99, 100, "99.0%"),
        (1, 2000, "0.1%"),  # 0.05
        (731, 758, "96.4%"),
        (1, 3000, "0.0%"),
    ],
)
def test_percentages_by_number_of_ratings(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, ""),
        (1, ""),
        (9, ""),
        (10, "17%–69%"),
        (29, "23%–56%"),
        (30, "25%–58%"),
        (99, "30%–49%"),
        (100, "30.9%–49.8%"),
    ],
)
def test_intervals_by_number_of_ratings(n: int, shown: str) -> None:
    assert percent_interval(wilson(n * 2 // 5, n), n) == shown


@given(st.lists(st.integers(0, 10**9), max_size=12), st.integers(0, 10_000))
def test_parts_add_up_and_are_less_than_one_off(counts: list[int], total: int) -> None:
    parts = largest_remainder(counts, total)
    whole = sum(counts)
    assert len(parts) == len(counts)
    assert sum(parts) == (total if whole else 0)
    assert all(
        abs(part - Fraction(count * total, whole)) < 1 for part, count in zip(parts, counts, strict=True) if whole
    )
    assert all(part == 0 for part, count in zip(parts, counts, strict=True) if count == 0)


def test_equal_remainders_go_to_the_first() -> None:
    assert largest_remainder([1, 1, 1], 100) == (34, 33, 33)
    assert largest_remainder([], 100) == ()


def test_the_finite_interval_solves_its_score_equation() -> None:
    """Where the share is as far from p as z standard errors without replacement, found by root finding."""
    for successes, n, population in ((30, 60, 100), (5, 40, 50), (97, 98, 130), (1, 20, 21)):
        found = wilson_finite(successes, n, population)
        assert found is not None

        def score(p: float, s: int = successes, n: int = n, all_: int = population) -> float:
            return (s / n - p) ** 2 - float(Z_95**2) * p * (1 - p) / n * (all_ - n) / (all_ - 1)

        middle = successes / n
        assert found == pytest.approx((brentq(score, 0, middle), brentq(score, middle, 1)), abs=1e-9)


def test_the_finite_interval_shrinks_to_the_share_and_widens_to_wilsons() -> None:
    assert wilson_finite(7, 10, 10) == (0.7, 0.7)
    assert wilson_finite(0, 0, 10) is None
    assert wilson_finite(7, 10, 10**12) == pytest.approx(wilson(7, 10), abs=1e-9)
    with pytest.raises(HuiyinError, match="11 were heard of 10"):
        wilson_finite(7, 11, 10)


@pytest.mark.parametrize(
    ("offered", "received", "finite"),
    [
        (None, None, False),
        (100, None, False),
        (None, 60, False),
        (100, 60, True),
        (120, 60, True),  # exactly half answered
        (121, 60, False),
        (60, 60, True),
        (59, 60, False),  # not of one cohort
        (100, 49, False),  # fewer received than counted
    ],
)
def test_the_interval_is_finite_only_for_a_known_cohort_half_heard(
    offered: int | None, received: int | None, finite: bool
) -> None:
    expected = wilson_finite(45, 50, offered) if finite and offered else wilson(45, 50)
    assert interval(45, 50, offered, received) == expected


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe, Interval estimation for the difference between independent proportions, 1998, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_agrees_with_published_examples(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(Counted(*first), Counted(*second))
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    mirrored = newcombe(Counted(*second), Counted(*first))
    assert mirrored is not None
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
    assert found.is_change is (low > 0)


def test_a_difference_with_nothing_counted_is_none() -> None:
    assert newcombe(Counted(0, 0), Counted(3, 9)) is None
    assert newcombe(Counted(3, 9), Counted(0, 0)) is None


counted = st.integers(1, 400).flatmap(lambda n: st.builds(Counted, st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(counted, counted)
def test_the_level_of_a_difference_is_where_its_interval_touches_0(after: Counted, before: Counted) -> None:
    level, change = newcombe_p(after, before), newcombe(after, before)
    assert change is not None
    assert 0 <= level <= 1
    assert change.is_change == (level < 0.05)
    assert level == pytest.approx(newcombe_p(before, after), abs=1e-9)


def test_holm_agrees_with_a_worked_example() -> None:
    """Four hypotheses at 0.05, of which only the two with the smallest levels are rejected."""
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({}) == {}
    assert holm({"a": 0.7, "b": 0.8}) == {"a": 1.0, "b": 1.0}


def test_one_unit_alone_has_the_plain_interval() -> None:
    pair = Counted(56, 70), Counted(48, 80)
    found, plain = unit_changes({"a": pair})["a"], newcombe(*pair)
    assert plain is not None
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=1e-12)


def test_a_change_among_many_units_may_be_chance() -> None:
    pair, same = (Counted(56, 70), Counted(48, 80)), (Counted(50, 70), Counted(50, 70))
    assert unit_changes({"a": pair})["a"].is_change
    found = unit_changes({"a": pair, **{f"unit-{number}": same for number in range(9)}})
    assert not found["a"].is_change
    assert list(unit_changes({"a": (Counted(0, 0), Counted(1, 2)), "b": pair})) == ["b"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(counted, counted)))
def test_units_change_just_where_holm_rejects(pairs: dict[str, tuple[Counted, Counted]]) -> None:
    adjusted = holm({unit: newcombe_p(*pair) for unit, pair in pairs.items()})
    found = unit_changes(pairs)
    assert {unit: change.is_change for unit, change in found.items()} == {
        unit: level < 0.05 for unit, level in adjusted.items()
    }


def test_rates_of_unknown_offers_stay_unknown() -> None:
    assert response_rate(30, None) is None
    assert response_rate(0, 0) is None
    assert response_rate(30, 120) == 0.25
    assert silent_bounds(20, 30, None) is None
    assert silent_bounds(0, 0, 0) is None


def test_the_silent_bound_the_share() -> None:
    assert silent_bounds(24, 30, 120) == (0.2, 0.95)
    assert silent_bounds(24, 30, 30) == (0.8, 0.8)
    for refused in (silent_bounds, lambda good, received, offered: response_rate(received, offered)):
        with pytest.raises(HuiyinError, match="31 ratings were received of 30"):
            refused(24, 31, 30)


def durations(text: str) -> list[Duration]:
    """`6 6 7*`: the star means censored."""
    return [Duration(int(word.rstrip("*")), not word.endswith("*")) for word in text.split()]


SIX_MP = durations("6 6 6 6* 7 9* 10 10* 11* 13 16 17* 19* 20* 22 23 25* 32* 32* 34* 35*")
PLACEBO = durations("1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23")


def test_kaplan_meier_agrees_with_the_leukaemia_data() -> None:
    """Freireich and others, 1963, weeks of remission under 6-MP and placebo: the example of many textbooks."""
    assert [(day, round(float(lasting), 3)) for day, lasting in survival(SIX_MP)] == [
        (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448),
    ]  # fmt: skip
    assert kaplan_meier(SIX_MP, Fraction(1, 2)) == 23
    assert kaplan_meier(SIX_MP, Fraction(9, 10)) is None
    assert kaplan_meier(PLACEBO, Fraction(1, 2)) == 8
    assert kaplan_meier(PLACEBO, Fraction(9, 10)) == 17


def test_durations_are_counted_within_working_days() -> None:
    found = durations_of(durations("0 1 1 2 3* 4 5 6 15 16 2*"))
    assert found.within == {1: 3, 3: 4, 5: 6, 15: 8}
    assert (found.n, found.ended, found.not_ended) == (11, 9, 2)
    assert found.share_within(5) == 6 / 11
    nothing = durations_of([])
    assert (nothing.n, nothing.median, nothing.ninetieth, nothing.share_within(1)) == (0, None, None, None)


@settings(deadline=None)
@given(st.lists(st.builds(Duration, st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_kaplan_meier_agrees_with_scipy(given_: list[Duration]) -> None:
    censored = CensoredData(
        uncensored=[one.days for one in given_ if one.ended], right=[one.days for one in given_ if not one.ended]
    )
    expected = ecdf(censored).sf
    for day, lasting in survival(given_):
        assert float(lasting) == pytest.approx(float(expected.evaluate(day)), abs=1e-12)
    reached = [day for day in range(21) if expected.evaluate(day) <= 0.5 + 1e-12]
    assert kaplan_meier(given_, Fraction(1, 2)) == (reached[0] if reached else None)
