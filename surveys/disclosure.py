"""Protecting the person in small numbers: which rows of a table may show how its people answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

SHOW_FROM = 10
FREE_FROM = 30
LEAST_SIDE = 3
Cells = tuple[int, ...]
Status = Literal["shown", "merged", "hidden"]


@dataclass(frozen=True)
class Row:
    """One unit's cells; `unit` is `all` for everything and `other` for what was merged."""

    unit: str
    cells: Cells
    total: int
    status: Status = "shown"


def rating_passes(levels: Cells) -> bool:
    """Whether a five-level split may stand: enough ratings, and below 30 at least 3 on each side."""
    n, satisfied = sum(levels), levels[3] + levels[4]
    return n == 0 or (n >= SHOW_FROM and (n >= FREE_FROM or min(satisfied, n - satisfied) >= LEAST_SIDE))


def options_pass(cells: Cells, total: int) -> bool:
    """The same rule for options to choose from: below 30, nobody stands alone with or without an option."""
    if total == 0:
        return True
    spread = all(count == 0 or min(count, total - count) >= LEAST_SIDE for count in cells)
    return total >= SHOW_FROM and (total >= FREE_FROM or spread)


def _not_of_one_mind(cells: Cells) -> bool:
    """A merged group also shows something of each member, so it may not be unanimous at any size."""
    return sum(1 for count in cells if count) > 1


def protect(units: Sequence[Row], passes: Callable[[Row], bool]) -> tuple[Row, ...]:
    """The rows of a release: `all` first, then the units in their order, then `other` if any were merged.

    Units that fail are merged with the smallest unit that passes until the group passes; then a
    difference of shown rows gives the group and no single unit. Where even everything together
    fails, all splits are hidden. Totals always stand.
    """
    everything = _sum("all", units)
    if not passes(everything):
        return tuple(Row(row.unit, row.cells, row.total, "hidden") for row in (everything, *units))
    members = _group(units, passes)
    if members is None:
        return (everything, *(Row(row.unit, row.cells, row.total, "hidden") for row in units))
    rows = [Row(row.unit, row.cells, row.total, "merged") if row.unit in members else row for row in units]
    other = [_sum("other", [row for row in units if row.unit in members])] if members else []
    return (everything, *rows, *other)


def _group(units: Sequence[Row], passes: Callable[[Row], bool]) -> set[str] | None:
    """Codes of the units to merge, none if all pass, None where nothing is left to merge with."""
    members = [row for row in units if not passes(row)]
    waiting = sorted((row for row in units if passes(row) and row.total), key=lambda row: (row.total, row.unit))
    if not members:
        return set()
    while len(members) < 2 or not passes(_sum("other", members)) or not _not_of_one_mind(_sum("other", members).cells):
        if not waiting:
            return None
        members.append(waiting.pop(0))
    return {row.unit for row in members}


def _sum(unit: str, rows: Sequence[Row]) -> Row:
    width = len(rows[0].cells) if rows else 0
    cells = tuple(sum(row.cells[place] for row in rows) for place in range(width))
    return Row(unit, cells, sum(row.total for row in rows))
