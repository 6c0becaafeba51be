"""Protecting the person in small numbers: which rows of a table may show how its people answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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


def protect(units: Sequence[Row], passes: Callable[[Row], bool]) -> tuple[Row, ...]:
    """The rows of a release: `all` first, then the units in their order, then `other` if any were merged.

    Units that fail are merged with the smallest unit that passes, and again with the next until the
    group passes and leaves each of them open; a difference of shown rows then gives the group and nothing narrower.
    Where even everything together fails or tells on a unit, all splits are hidden. Totals always stand.
    """
    everything = _sum("all", units)
    failing = [row for row in units if not passes(row)]
    if not passes(everything) or (failing and _tells_on(everything, failing, everything)):
        return tuple(replace(row, status="hidden") for row in (everything, *units))
    members = _group(units, failing, passes, everything)
    rows = [replace(row, status="merged") if row.unit in members else row for row in units]
    other = [_sum("other", [row for row in units if row.unit in members])] if members else []
    return (everything, *rows, *other)


def _group(units: Sequence[Row], failing: Sequence[Row], passes: Callable[[Row], bool], everything: Row) -> set[str]:
    """Codes of the units to merge: everything together passes, so the loop ends there at the latest."""
    members = list(failing)
    waiting = sorted((row for row in units if passes(row) and row.total), key=lambda row: (row.total, row.unit))
    while members and waiting:
        members.append(waiting.pop(0))
        group = _sum("other", members)
        if passes(group) and not _tells_on(group, failing, everything):
            break
    return {row.unit for row in members}


def _tells_on(group: Row, failing: Sequence[Row], everything: Row) -> bool:
    """Whether the group's exact cells show what a failing member answered.

    A member of v within a group of N can hold from max(0, v + c - N) to min(v, c) of a cell c, a range
    of min(v, c, N - c, N - v). It must reach 3, or all that v and the row of everything allow.
    """
    return any(count == group.total for count in group.cells) or any(
        min(row.total, count, group.total - count, group.total - row.total)
        < min(LEAST_SIDE, row.total, whole, everything.total - whole)
        for row in failing
        for count, whole in zip(group.cells, everything.cells, strict=True)
    )


def _sum(unit: str, rows: Sequence[Row]) -> Row:
    width = len(rows[0].cells) if rows else 0
    cells = tuple(sum(row.cells[place] for row in rows) for place in range(width))
    return Row(unit, cells, sum(row.total for row in rows))
