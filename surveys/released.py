"""What a release shows of one question, and the rule that a single row of it must keep."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

SHOW_FROM = 10
FREE_FROM = 30
LEAST_SIDE = 3
ALL, OTHER = "all", "other"
HEADLINE = frozenset({"headline"})
Cells = tuple[int, ...]
Status = Literal["shown", "merged", "hidden", "sealed"]
"""`shown` with its cells; of `merged` and `hidden` the total alone stands, of `sealed` not even that."""


@dataclass(frozen=True)
class Row:
    """One unit's cells as they are; `unit` is `all` for everything and `other` for what was merged."""

    unit: str
    cells: Cells
    total: int
    status: Status = "shown"


Rule = Callable[[Row], bool]


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


def rating_rule(row: Row) -> bool:
    """`rating_passes` of a row."""
    return rating_passes(row.cells)


def option_rule(row: Row) -> bool:
    """`options_pass` of a row."""
    return options_pass(row.cells, row.total)


@dataclass(frozen=True)
class Scope:
    """What a table counts: one question, over whole months, in parts of the answers that do not overlap.

    Two tables count the same answers where both months and parts meet. A part is any name for answers
    that no table divides further, as `card web` or `card web excluded`; a sum of months names each of
    them. `codes` name the cells in their order; in an exclusive table they add up to the row's total,
    otherwise each of them is at most the total.
    """

    survey: str
    question: str
    months: frozenset[str]
    parts: frozenset[str] = HEADLINE
    codes: tuple[str, ...] = ("1", "2", "3", "4", "5")
    exclusive: bool = True
    rule: Rule = rating_rule

    @property
    def pieces(self) -> frozenset[tuple[str, str]]:
        """Every month with every part that is counted."""
        return frozenset((month, part) for month in self.months for part in self.parts)

    def meets(self, other: "Scope") -> bool:
        """Whether both count some answers in common."""
        same = (self.survey, self.question) == (other.survey, other.question)
        return same and bool(self.months & other.months) and bool(self.parts & other.parts)

    def __str__(self) -> str:
        months = sorted(self.months)
        span = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
        parts = "" if self.parts == HEADLINE else f" ({', '.join(sorted(self.parts))})"
        return f"{self.survey} {self.question} {span}{parts}"


@dataclass(frozen=True)
class Table:
    """One published table: the row `all`, the units, and `other` if some were merged; true cells in every row.

    What is not shown is kept for whoever checks, and must never be written out.
    """

    scope: Scope
    rows: tuple[Row, ...]

    @cached_property
    def by_unit(self) -> dict[str, Row]:
        """The rows by their unit."""
        return {row.unit: row for row in self.rows}

    @cached_property
    def units(self) -> tuple[Row, ...]:
        """The rows of the units alone."""
        return tuple(row for row in self.rows if row.unit not in (ALL, OTHER))

    @cached_property
    def everything(self) -> Row:
        """The row of all units together."""
        return self.by_unit[ALL]

    @cached_property
    def merged(self) -> frozenset[str]:
        """The units that stand in `other`."""
        return frozenset(row.unit for row in self.units if row.status == "merged")


def total_of(unit: str, rows: Sequence[Row]) -> Row:
    """One row for several units together."""
    width = len(rows[0].cells) if rows else 0
    cells = tuple(sum(row.cells[place] for row in rows) for place in range(width))
    return Row(unit, cells, sum(row.total for row in rows))


def related(scope: Scope, tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables that count answers in common with the scope, or with another table that does, and so on."""
    waiting, reached, found = list(tables), [scope], []
    while reached:
        current = reached.pop()
        meeting = [table for table in waiting if table.scope.meets(current)]
        waiting = [table for table in waiting if not table.scope.meets(current)]
        found += meeting
        reached += [table.scope for table in meeting]
    return tuple(found)
