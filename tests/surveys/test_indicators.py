"""The arithmetic of the figures, held against scipy, published examples and whole-number arithmetic."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from surveys.indicators import Rates, half_up, largest_remainder, percent, percent_interval, share, wilson


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
