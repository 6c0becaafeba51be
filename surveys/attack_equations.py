"""Tables laid over each other as equations: what is known of each unit's answers, and what the rest must satisfy."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from surveys.linear_program import Condition
from surveys.protected import SLACK, Cover, Overlay, Target
from surveys.released import ALL, OTHER, Cells, Row

Spot = tuple[str, int]
"""A unit and one of the finest parts that the answers are divided into."""


class Equations:
    """The unknown cells as variables from 0 to `upper`, with the conditions that the published tables set."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.width = len(overlay.codes)
        self.known: dict[Spot, Cells] = {}
        self.totals: dict[Spot, int] = {}
        self.places: dict[Spot, int] = {}
        self.upper: list[float] = []
        for unit in overlay.units:
            self._settle(unit)
            self._name(unit)
        units = (self._unit_conditions(unit) for unit in overlay.units)
        self.conditions: list[Condition] = [*chain.from_iterable(units), *self._group_conditions()]

    def expression(self, target: Target, code: int) -> tuple[int, list[int]]:
        """The known part of one cell of a target, and the variables that add up to the rest."""
        spots = [(unit, place) for unit in sorted(target.members) for place in sorted(target.cover)]
        constant = sum(self.known[spot][code] for spot in spots if spot in self.known)
        return constant, [self.places[spot] + code for spot in spots if spot in self.places]

    def _own(self, unit: str) -> list[tuple[Cover, Row]]:
        """The unit's rows with what they cover."""
        tables = zip(self.overlay.covers, self.overlay.rows, strict=True)
        return [(cover, rows[unit]) for cover, rows in tables if unit in rows]

    def _settle(self, unit: str) -> None:
        """Work out what follows without a program: a row less its known parts is the one part that is left."""
        own = self._own(unit)
        zero = (0,) * self.width
        self.known |= {(unit, place): zero for place in self.overlay.absent(unit)}
        self.totals |= {(unit, place): 0 for place in self.overlay.absent(unit)}
        before = -1
        while before != (before := len(self.known) + len(self.totals)):
            for cover, row in own:
                self._settle_row(unit, cover, row)
            nothing = [spot for spot in self._spots(unit) if self.totals.get(spot) == 0]
            self.known |= dict.fromkeys(nothing, zero)

    def _settle_row(self, unit: str, cover: Cover, row: Row) -> None:
        if row.status == "shown" and len(open_ := [p for p in cover if (unit, p) not in self.known]) == 1:
            rest = [self.known[unit, place] for place in cover if place != open_[0]]
            self.known[unit, open_[0]] = tuple(
                count - sum(cells[code] for cells in rest) for code, count in enumerate(row.cells)
            )
        if row.status != "sealed" and len(open_ := [p for p in cover if (unit, p) not in self.totals]) == 1:
            inner = sum(self.totals[unit, place] for place in cover if place != open_[0])
            self.totals[unit, open_[0]] = row.total - inner

    def _spots(self, unit: str) -> list[Spot]:
        covered = frozenset[int]().union(*(cover for cover, _ in self._own(unit)))
        return [(unit, place) for place in sorted(covered)]

    def _name(self, unit: str) -> None:
        """Give each unknown cell its place, and one more to the total where cells may overlap and it is unknown."""
        own = self._own(unit)
        for spot in self._spots(unit):
            if spot not in self.known:
                around = [row for cover, row in own if spot[1] in cover]
                bounds = [row.total for row in around if row.status != "sealed"]
                most = self.totals.get(spot, min(bounds, default=max(row.total for row in around) + SLACK))
                self.places[spot] = len(self.upper)
                self.upper += [float(most)] * (self.width + self._overlaps(spot))

    def _overlaps(self, spot: Spot) -> bool:
        return not self.overlay.scope.exclusive and spot not in self.totals

    def _unit_conditions(self, unit: str) -> Iterator[Condition]:
        for cover, row in self._own(unit):
            open_ = [(unit, place) for place in sorted(cover) if (unit, place) in self.places]
            if open_ and row.status == "shown":
                yield from self._cell_conditions(row.cells, [(unit, place) for place in sorted(cover)])
            if open_ and row.status != "sealed":
                yield from self._total_conditions(row, open_, cover)
        for spot in (spot for spot in self._spots(unit) if spot in self.places and self._overlaps(spot)):
            start = self.places[spot]
            for code in range(self.width):
                yield Condition([start + code, start + self.width], [1.0, -1.0], -float(SLACK + self.upper[start]), 0.0)

    def _total_conditions(self, row: Row, open_: Sequence[Spot], cover: Cover) -> Iterator[Condition]:
        unit = open_[0][0]
        rest = row.total - sum(
            self.totals.get((unit, place), sum(self.known[unit, place]))
            for place in cover
            if (unit, place) in self.known and self.overlay.scope.exclusive
        )
        if self.overlay.scope.exclusive:
            yield _equal([self.places[spot] + code for spot in open_ for code in range(self.width)], rest)
        elif any(self._overlaps(spot) for spot in open_):
            settled = sum(self.totals.get((unit, place), 0) for place in cover)
            yield _equal(
                [self.places[spot] + self.width for spot in open_ if self._overlaps(spot)], row.total - settled
            )

    def _group_conditions(self) -> Iterator[Condition]:
        for cover, rows in zip(self.overlay.covers, self.overlay.rows, strict=True):
            units = {unit: row for unit, row in rows.items() if unit not in (ALL, OTHER)}
            merged = [unit for unit, row in units.items() if row.status == "merged"]
            if OTHER in rows:
                yield from self._cell_conditions(rows[OTHER].cells, self._all_spots(merged, cover))
            if rows[ALL].status == "shown" and not _follows(rows, units):
                yield from self._cell_conditions(rows[ALL].cells, self._all_spots(units, cover))
            if rows[ALL].status != "sealed" and any(row.status == "sealed" for row in units.values()):
                yield self._whole_condition(rows[ALL].total, self._all_spots(units, cover))

    def _whole_condition(self, total: int, spots: Sequence[Spot]) -> Condition:
        """All units together have the total of everything, though those of some are not known."""
        open_ = [spot for spot in spots if spot in self.places]
        if self.overlay.scope.exclusive:
            settled = sum(sum(self.known[spot]) for spot in spots if spot in self.known)
            return _equal([self.places[spot] + code for spot in open_ for code in range(self.width)], total - settled)
        settled = sum(self.totals.get(spot, 0) for spot in spots)
        return _equal([self.places[spot] + self.width for spot in open_ if self._overlaps(spot)], total - settled)

    def _all_spots(self, units: Sequence[str] | Mapping[str, Row], cover: Cover) -> list[Spot]:
        return [(unit, place) for unit in units for place in sorted(cover)]

    def _cell_conditions(self, cells: Cells, spots: Sequence[Spot]) -> Iterator[Condition]:
        for code, count in enumerate(cells):
            settled = sum(self.known[spot][code] for spot in spots if spot in self.known)
            open_ = [self.places[spot] + code for spot in spots if spot in self.places]
            if open_:
                yield _equal(open_, count - settled)


def _follows(rows: Mapping[str, Row], units: Mapping[str, Row]) -> bool:
    """Whether the row of everything only repeats the others: each unit is shown, or in the group that is."""
    statuses = {row.status for row in units.values()}
    return statuses <= ({"shown", "merged"} if OTHER in rows else {"shown"})


def _equal(places: list[int], total: float) -> Condition:
    return Condition(places, [1.0] * len(places), float(total), float(total))
