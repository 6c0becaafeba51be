"""The arithmetic of the published figures: shares, intervals, rounding. Pure, no rule of who may see what."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import hypot, sqrt
from statistics import NormalDist
from typing import NamedTuple

from surveys.errors import HuiyinError

Z_95 = 1.959963984540054
"""The 0.975 quantile of the normal distribution."""
PERCENT_FROM = 30
INTERVAL_FROM = 10
WITHIN_WORKDAYS = (1, 3, 5, 15)
_NORMAL = NormalDist()
_LEAST_Z, _GREATEST_Z, _HALVINGS = 1e-9, 40.0, 60


@dataclass(frozen=True)
class Rates:
    """Five level counts (worst first), don't know apart, and what follows from them."""

    levels: tuple[int, ...]
    dont_know: int

    @property
    def n(self) -> int:
        """Counted ratings: the five levels only."""
        return sum(self.levels)

    @property
    def satisfied_count(self) -> int:
        """Ratings of the two best levels."""
        return self.levels[3] + self.levels[4]

    @property
    def satisfied(self) -> float | None:
        """The strict satisfied share, the headline; None without ratings."""
        return share(self.satisfied_count, self.n)

    @property
    def wide(self) -> float | None:
        """The wide satisfied share, for scales whose middle level counts as satisfied."""
        return share(self.satisfied_count + self.levels[2], self.n)

    @property
    def dissatisfied(self) -> float | None:
        """The share of the two worst levels."""
        return share(self.levels[0] + self.levels[1], self.n)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the strict share."""
        return wilson(self.satisfied_count, self.n)

    @property
    def mean(self) -> float | None:
        """The mean level, 1 to 5."""
        return sum(level * count for level, count in enumerate(self.levels, 1)) / self.n if self.n else None


def share(part: int, whole: int) -> float | None:
    """part / whole, None where there is nothing to divide by."""
    return part / whole if whole else None


def wilson(successes: int, n: int, z: float = Z_95) -> tuple[float, float] | None:
    """Wilson's score interval (1927) of a share; None at n = 0."""
    return _score(successes / n, n, z) if n else None


def _score(p: float, n: float, z: float) -> tuple[float, float]:
    centre = p + z * z / (2 * n)
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if p == 0 else (centre - spread) / scale
    high = 1.0 if p == 1 else (centre + spread) / scale
    return low, high


class Counted(NamedTuple):
    """Successes among n, as satisfied among counted ratings."""

    successes: int
    n: int


@dataclass(frozen=True)
class Change:
    """A difference of two shares, after less before, and the interval that says whether it is one."""

    difference: float
    low: float
    high: float

    @property
    def is_change(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def wilson_finite(successes: int, n: int, population: int, z: float = Z_95) -> tuple[float, float] | None:
    """Wilson's interval of the share in a population of which n were heard: the share itself once all were.

    The variance shrinks by (N - n) / (N - 1), as if n (N - 1) / (N - n) had been heard of an endless one.
    HuiyinError if more were heard than there are.
    """
    if n > population:
        raise HuiyinError(f"{n} were heard of {population}: correct the number of those who were asked")
    if n == 0:
        return None
    if n == population:
        return successes / n, successes / n
    scale = (population - 1) / (population - n)
    return _score(successes / n, n * scale, z)


def interval(
    successes: int, n: int, offered: int | None = None, received: int | None = None
) -> tuple[float, float] | None:
    """The published 95 % interval: for a finite population where one cohort's offers are known and half answered."""
    known = offered is not None and received is not None and offered >= received >= n
    if known and offered is not None and received is not None and 2 * received >= offered:
        return wilson_finite(successes, n, offered)
    return wilson(successes, n)


def response_rate(received: int, offered: int | None) -> float | None:
    """received / offered; None (未知) where nobody knows how many were offered, or none were."""
    _require_offered(received, offered)
    return share(received, offered) if offered else None


def silent_bounds(good: int, received: int, offered: int | None) -> tuple[float, float] | None:
    """Between which bounds the share lies whatever the silent think; None where the offers are not known.

    good, received and offered belong to one cohort; HuiyinError if more was received than offered.
    """
    _require_offered(received, offered)
    if not offered:
        return None
    return good / offered, (good + offered - received) / offered


def _require_offered(received: int, offered: int | None) -> None:
    if offered is not None and received > offered:
        raise HuiyinError(
            f"{received} ratings were received of {offered} opportunities offered: correct the number offered, "
            "or leave it out where the ratings are not of one cohort"
        )


def newcombe(after: Counted, before: Counted, z: float = Z_95) -> Change | None:
    """Newcombe's hybrid score interval (1998, method 10) of the difference of two independent shares.

    None where either side has nothing counted.
    """
    first, second = wilson(*after, z), wilson(*before, z)
    if first is None or second is None:
        return None
    (low_1, high_1), (low_2, high_2) = first, second
    p_1, p_2 = after.successes / after.n, before.successes / before.n
    below, above = hypot(p_1 - low_1, high_2 - p_2), hypot(high_1 - p_1, p_2 - low_2)
    return Change(p_1 - p_2, max(-1.0, p_1 - p_2 - below), min(1.0, p_1 - p_2 + above))


def newcombe_p(after: Counted, before: Counted) -> float:
    """The level at which Newcombe's interval just touches 0: the interval of any smaller level holds 0."""
    low, high = 0.0, _GREATEST_Z
    if not _excludes_0(after, before, _LEAST_Z):
        return 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _excludes_0(after, before, middle) else (low, middle)
    return 2 * _NORMAL.cdf(-low)


def _excludes_0(after: Counted, before: Counted, z: float) -> bool:
    found = newcombe(after, before, z)
    return found is not None and found.is_change


def holm(levels: Mapping[str, float]) -> dict[str, float]:
    """Holm's adjusted p-values (1979): each holds the chance of any false alarm among all of them."""
    adjusted, so_far = {}, 0.0
    for rank, key in enumerate(sorted(levels, key=lambda key: (levels[key], key))):
        so_far = max(so_far, min(1.0, (len(levels) - rank) * levels[key]))
        adjusted[key] = so_far
    return adjusted


def unit_changes(pairs: Mapping[str, tuple[Counted, Counted]], alpha: float = 0.05) -> dict[str, Change]:
    """The changes of a month's units, (after, before) by unit, as wide as Holm's correction over all of them asks.

    Give those alone whose shares are shown. An interval that excludes 0 is a change; where Holm's steps
    stop, the rest keeps the level of the step that failed. Units without counts are left out.
    """
    counted = {unit: pair for unit, pair in pairs.items() if pair[0].n and pair[1].n}
    levels = {unit: newcombe_p(*pair) for unit, pair in counted.items()}
    order = sorted(levels, key=lambda unit: (levels[unit], unit))
    found, size = {}, len(order)
    for unit in order:
        z = -_NORMAL.inv_cdf(alpha / size / 2)
        change = newcombe(*counted[unit], z)
        if change:
            found[unit] = change
            size -= change.is_change
    return {unit: found[unit] for unit in pairs if unit in found}


class Duration(NamedTuple):
    """How many working days something took, or, where it has not ended, how many it has been watched."""

    days: int
    ended: bool


@dataclass(frozen=True)
class Durations:
    """What is published of how long things took; percentiles are None where not reached (尚未达到)."""

    n: int
    within: Mapping[int, int]
    ended: int
    median: int | None
    ninetieth: int | None

    @property
    def not_ended(self) -> int:
        """Those that are still open, or were censored otherwise."""
        return self.n - self.ended

    def share_within(self, days: int) -> float | None:
        """The share of all that ended within so many working days."""
        return share(self.within[days], self.n)


def survival(durations: Iterable[Duration]) -> tuple[tuple[int, Fraction], ...]:
    """Kaplan and Meier's estimate (1958): after each day on which one ended, the share that lasts longer.

    What was censored on a day counts as watched through that day.
    """
    counts = Counter(durations)
    at_risk, lasting, found = counts.total(), Fraction(1), []
    for day in sorted({one.days for one in counts}):
        ended, censored = counts[Duration(day, True)], counts[Duration(day, False)]
        if ended:
            lasting *= Fraction(at_risk - ended, at_risk)
            found.append((day, lasting))
        at_risk -= ended + censored
    return tuple(found)


def kaplan_meier(durations: Iterable[Duration], part: Fraction) -> int | None:
    """The day by which `part` of all have ended, 1/2 for the median; None where that is not reached."""
    return next((day for day, lasting in survival(durations) if lasting <= 1 - part), None)


def durations_of(given: Sequence[Duration]) -> Durations:
    """Counts within 1, 3, 5 and 15 working days, those not ended, median and 90th percentile."""
    within = {limit: sum(one.ended and one.days <= limit for one in given) for limit in WITHIN_WORKDAYS}
    ended = sum(one.ended for one in given)
    median, ninetieth = (kaplan_meier(given, part) for part in (Fraction(1, 2), Fraction(9, 10)))
    return Durations(len(given), within, ended, median, ninetieth)


def half_up(value: float | Decimal, digits: int) -> Decimal:
    """Round as a pocket calculator does, never half to even."""
    return Decimal(repr(value) if isinstance(value, float) else value).quantize(
        Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP
    )


def percent(part: int, whole: int) -> str:
    """A share as a percentage: whole numbers below 100 ratings, else one decimal; '' below 30."""
    if whole < PERCENT_FROM:
        return ""
    return f"{half_up(Decimal(part) * 100 / Decimal(whole), 0 if whole < 100 else 1)}%"


def percent_interval(interval: tuple[float, float] | None, n: int) -> str:
    """An interval in percent, '' below 10 ratings."""
    if interval is None or n < INTERVAL_FROM:
        return ""
    digits = 0 if n < 100 else 1
    low, high = (half_up(Decimal(repr(bound)) * 100, digits) for bound in interval)
    return f"{low}%–{high}%"


def largest_remainder(counts: Sequence[int], total: int) -> tuple[int, ...]:
    """Parts of `total` in proportion to the counts that add up to it, for the width of chart bars."""
    whole = sum(counts)
    if whole == 0:
        return tuple(0 for _ in counts)
    parts = [divmod(count * total, whole) for count in counts]
    floors = [floor for floor, _ in parts]
    order = sorted(range(len(counts)), key=lambda place: -parts[place][1])
    for place in order[: total - sum(floors)]:
        floors[place] += 1
    return tuple(floors)
