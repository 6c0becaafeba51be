"""What a shown row must hold, reckoned with fractions and decimals from the formulas."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

Z = Decimal("1.959963984540054")


def six(value: Fraction | Decimal | None) -> str:
    """A figure with six decimals, half up; '' for none."""
    if value is None:
        return ""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else value
        return str(exact.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))


def wilson(part: int, whole: int) -> tuple[Decimal, Decimal]:
    """The interval as the roots of the quadratic that defines it, in 50 digits."""
    with localcontext() as context:
        context.prec = 50
        square = Z * Z
        middle, width = 2 * part + square, Z * (square + Decimal(4 * part * (whole - part)) / whole).sqrt()
        below = 2 * (whole + square)
        low, high = (middle - width) / below, (middle + width) / below
    return max(low, Decimal(0)), min(high, Decimal(1))


def rates(part: int, whole: int) -> tuple[str, str, str]:
    """Share and interval as far as they may be shown."""
    low, high = wilson(part, whole) if whole >= 10 else (None, None)
    return six(Fraction(part, whole)) if whole >= 30 else "", six(low), six(high)


def rating_cells(cells: Counter[str]) -> dict[str, str]:
    """What a shown row of ratings.csv must hold."""
    levels = [cells[level] for level in "12345"]
    n = sum(levels)
    satisfied, low, high = rates(levels[3] + levels[4], n) if n else ("", "", "")
    mean = six(Fraction(sum(level * count for level, count in enumerate(levels, 1)), n)) if n >= 30 else ""
    named = {f"n_{level}": str(count) for level, count in enumerate(levels, 1)}
    return {
        **named, "dont_know": str(cells["dk"]), "n": str(n),
        "satisfied": satisfied, "low": low, "high": high, "mean": mean,
    }  # fmt: skip


def option_cells(cells: Counter[str], code: str) -> dict[str, str]:
    """What a shown row of answers.csv must hold; the row without a code holds only how many answered."""
    whole = cells[""]
    if not code:
        return {"n": str(whole), "share": "", "low": "", "high": ""}
    part = cells[code]
    share, low, high = rates(part, whole) if whole else ("", "", "")
    return {"n": str(part), "share": share, "low": low, "high": high}
