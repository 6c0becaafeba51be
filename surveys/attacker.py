"""The built-in attacker: how far each protected cell can be worked out from all tables that are published."""

import random
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from surveys.attack_equations import Equations
from surveys.exchanges import Exchanges
from surveys.linear_program import LinearProgram, Vector
from surveys.protected import SLACK, Overlay, Target, targets
from surveys.released import ALL, OTHER, Row, Scope, Table, related, total_of

_SHARP = 1e-6
_ROUNDS = 24


@dataclass(frozen=True)
class Breach:
    """A cell that the published tables tell: of `total` answers, from `least` to `most` lie there."""

    scope: Scope
    unit: str
    code: str
    total: int
    least: int
    most: int
    needed: int

    def __str__(self) -> str:
        if self.least == self.total and self.most - self.least >= self.needed:
            return f"{self.scope}, unit {self.unit}: all {self.total} answers are known to be {self.code}"
        return (
            f"{self.scope}, unit {self.unit}, cell {self.code}: {self.least} to {self.most} of {self.total} answers, "
            f"which must stay open by {self.needed}"
        )


Finding = tuple[Target, int, int, int]
"""A target, the place of its cell, and the least and greatest value that the cell can have."""


def check(tables: Iterable[Table]) -> tuple[Breach, ...]:
    """Every protected cell that all these tables together tell; nothing if the release may go out.

    Tables of different questions say nothing of each other, nor do those without answers in common. The
    values are bounds of a linear program, rounded inwards to whole answers. HuiyinError if tables contradict.
    """
    return tuple(breaches(tables))


def cells_to_protect(tables: Iterable[Table]) -> int:
    """How many cells of these tables must stay open, each of which `check` tries."""
    overlays = map(Overlay, _linked(tables))
    return sum(len(overlay.codes) for overlay in overlays for _ in targets(overlay))


def breaches(tables: Iterable[Table], *, once: bool = False, enough: Set[str] = frozenset()) -> Iterator[Breach]:
    """What `check` finds, one at a time, so that who needs only the first can stop.

    `once`: one cell a unit. `enough`: where a breach of one of these units is found without a program, no program
    looks for others.
    """
    for linked in _linked(tables):
        overlay = Overlay(linked)
        if wanted := list(targets(overlay)):
            plain = is_plain(linked)
            findings = (
                of_one_table(linked[0], wanted) if plain else by_program(overlay, wanted, once=once, enough=enough)
            )
            yield from (_breach(overlay, *finding) for finding in findings if _tells(*finding))


def _linked(tables: Iterable[Table]) -> Iterator[tuple[Table, ...]]:
    """The tables in groups of those that have answers in common."""
    waiting = list(tables)
    while waiting:
        found = related(waiting[0].scope, waiting)
        taken = {id(table) for table in found}
        yield tuple(table for table in waiting if id(table) in taken)
        waiting = [table for table in waiting if id(table) not in taken]


def _breach(overlay: Overlay, target: Target, place: int, least: int, most: int) -> Breach:
    code, needed = overlay.codes[place], target.needed[place]
    return Breach(_scope_of(overlay, target), target.row.unit, code, target.row.total, least, most, needed)


def _tells(target: Target, place: int, least: int, most: int) -> bool:
    """Whether a range is too narrow, or shows all answers to lie in one cell."""
    one_mind = least == target.row.total and place not in target.admitted
    return target.row.total > 0 and (most - least < target.needed[place] or one_mind)


def _scope_of(overlay: Overlay, target: Target) -> Scope:
    pieces = [piece for place in target.cover for piece in overlay.classes[place]]
    months, parts = frozenset(month for month, _ in pieces), frozenset(part for _, part in pieces)
    scope = overlay.scope
    return Scope(scope.survey, scope.question, months, parts, overlay.codes, scope.exclusive, scope.rule)


def is_plain(tables: Sequence[Table]) -> bool:
    """Whether it is one table of the usual forms, whose bounds are known in closed form."""
    if len(tables) > 1:
        return False
    table = tables[0]
    statuses = {row.status for row in table.units}
    if "sealed" in statuses:
        return statuses == {"sealed"} and len(table.units) > 1
    return table.everything.status == "shown" or OTHER not in table.by_unit


def of_one_table(table: Table, wanted: Iterable[Target]) -> Iterator[Finding]:
    """The bounds of a plain table: one sum a cell over those that are hidden, and one a unit."""
    shown = [row for row in table.units if row.status == "shown"]
    hidden = [row for row in table.units if row.status != "shown"]
    known, group = total_of(ALL, shown), total_of(OTHER, hidden)
    for target in wanted:
        for place in range(len(target.row.cells)):
            least, most = _range(table, target.row, place, group)
            apart = shown and target.row.unit == ALL and table.everything.status != "shown"
            settled = known.cells[place] if apart else 0
            yield target, place, least + settled, most + settled


def _range(table: Table, row: Row, place: int, group: Row) -> tuple[int, int]:
    published = table.by_unit[row.unit]
    if published.status == "shown":
        return row.cells[place], row.cells[place]
    whole = group.cells[place] if table.everything.status == "shown" else None
    if any(one.status == "sealed" for one in table.units):
        hidden = table.everything.total if table.everything.status != "sealed" else row.total + SLACK
        return 0, hidden if whole is None else whole
    if row.unit == ALL or whole is None:
        return 0, group.total if row.unit == ALL else row.total
    return max(0, row.total + whole - group.total), min(row.total, whole)


def by_program(
    overlay: Overlay, wanted: Sequence[Target], *, once: bool = False, enough: Set[str] = frozenset()
) -> Iterator[Finding]:
    """The cells of any tables whose bounds are too narrow, by linear programs.

    They start from the truth, which satisfies all conditions, and from what units can exchange without a
    trace. Programs with mixed aims come next, since each point that they find opens many cells at once;
    what stays narrow is then bounded cell by cell.
    """
    equations = Equations(overlay)
    cells = _Cells(equations, Exchanges(overlay), wanted)
    yield from cells.settled()
    yield from cells.obvious(once)
    if cells.has_narrow and not cells.told & enough:
        yield from cells.searched(LinearProgram(equations.upper, equations.conditions), once)


class _Cells:
    """The range of each protected cell as far as it is known, widening with every point that is found."""

    def __init__(self, equations: Equations, exchanges: Exchanges, wanted: Sequence[Target]) -> None:
        self.keys = [(target, place) for target in wanted for place in range(equations.width)]
        found = [equations.expression(target, place) for target, place in self.keys]
        sure = [exchanges.range_of(target, place) for target, place in self.keys]
        self.least = np.array([least for least, _ in sure], dtype=np.float64)
        self.most = np.array([most for _, most in sure], dtype=np.float64)
        self.needed = np.array([target.needed[place] for target, place in self.keys])
        telling = [float("inf") if place in target.admitted else target.row.total for target, place in self.keys]
        self.telling = np.array(telling, dtype=np.float64)
        self.open = np.array([number for number, (_, places) in enumerate(found) if places], dtype=np.intp)
        self.constant = np.array([found[number][0] for number in self.open], dtype=np.float64)
        self.places = {number: np.array(found[number][1], dtype=np.intp) for number in self.open}
        lengths = [len(places) for places in self.places.values()]
        self.starts = np.cumsum([0, *lengths])[:-1]
        self.flat = np.concatenate([*self.places.values(), np.array([], dtype=np.intp)])
        self.size = len(equations.upper)
        self.told: set[str] = set()

    @property
    def has_narrow(self) -> bool:
        """Whether a program is needed at all."""
        return len(self._narrow()) > 0

    def settled(self) -> Iterator[Finding]:
        """The cells that are known without a program."""
        return (self._finding(number) for number in sorted({*range(len(self.keys))} - {*self.open.tolist()}))

    def searched(self, program: LinearProgram, once: bool) -> Iterator[Finding]:
        """Widen every range until it is wide enough or cannot be wider; gives those that stay narrow."""
        chance = random.Random(0)  # noqa: S311  (the same aims on every machine; nothing secret hangs on them)
        for _ in range(_ROUNDS):
            if len(narrow := self._narrow()):
                self._widen(program.greatest(self._mixed(narrow, chance)))
        for number in self._narrow():
            if not self._is_told(number, once) and self._stays_narrow(program, number):
                self.told.add(self._unit(number))
                yield self._finding(number)

    def obvious(self, once: bool) -> Iterator[Finding]:
        """The cells that a unit's own known rows tell already; they are not looked at any further.

        With `once`, nor is any other cell of their units.
        """
        for number in self._narrow():
            target, place = self.keys[number]
            least, most = target.outer[place]
            if _tells(target, place, least, most):
                self.needed[number], self.telling[number] = -1, float("inf")
                if not self._is_told(number, once):
                    self.told.add(self._unit(number))
                    yield target, place, least, most
        if once:
            told = [place for place, (target, _) in enumerate(self.keys) if target.row.unit in self.told]
            self.needed[told], self.telling[told] = -1, float("inf")

    def _is_told(self, number: int, once: bool) -> bool:
        return once and self._unit(number) in self.told

    def _unit(self, number: int) -> str:
        return self.keys[number][0].row.unit

    def _stays_narrow(self, program: LinearProgram, number: int) -> bool:
        for sign in (1.0, -1.0):
            if number in self._narrow():
                weights = np.zeros(self.size)
                weights[self.places[number]] = sign
                self._widen(program.greatest(weights))
        return number in self._narrow()

    def _mixed(self, narrow: Iterable[int], chance: random.Random) -> Vector:
        weights = np.zeros(self.size)
        for number in narrow:
            weights[self.places[number]] += chance.choice((-1.0, 1.0))
        return weights

    def _widen(self, point: Vector) -> None:
        values = self.constant + np.add.reduceat(point[self.flat], self.starts)
        self.least[self.open] = np.minimum(self.least[self.open], values)
        self.most[self.open] = np.maximum(self.most[self.open], values)

    def _narrow(self) -> NDArray[np.intp]:
        """The cells that may be wider than they are known to be and are not wide enough yet."""
        least, most = np.ceil(self.least - _SHARP), np.floor(self.most + _SHARP)
        tells = (most - least < self.needed) | (least >= self.telling)
        return self.open[tells[self.open]]

    def _finding(self, number: int) -> Finding:
        return (*self.keys[number], ceil(self.least[number] - _SHARP), floor(self.most[number] + _SHARP))
