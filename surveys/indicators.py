"""The arithmetic of the published figures: shares, intervals, rounding. Pure, no rule of who may see what."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

Z_95 = 1.959963984540054
"""The 0.975 quantile of the normal distribution."""
PERCENT_FROM = 30
INTERVAL_FROM = 10


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
    if n == 0:
        return None
    p = successes / n
    centre = p + z * z / (2 * n)
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == n else (centre + spread) / scale
    return low, high


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
