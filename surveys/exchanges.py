"""Points that satisfy all published tables as well as the truth does, found without a program: answers exchanged."""

from collections import defaultdict
from collections.abc import Iterator

from surveys.errors import HuiyinError
from surveys.protected import Overlay, Target
from surveys.released import Row, Status, total_of

Spot = tuple[str, int]
Range = tuple[int, int]


class Exchanges:
    """How far a unit's cell moves when units that every table treats alike exchange answers in one part of them.

    Such units stand together in each table, neither shown, so no published row changes. What can be moved
    is what a table of them alone leaves open: from max(0, v + c - N) to min(v, c) of v answers, where the
    N answers of all of them have c in the cell. A true range is at least as wide.
    """

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.rows: dict[Spot, Row] = {}
        self.groups: dict[Spot, Row] = {}
        for place in range(len(overlay.classes)):
            for alike in self._alike(place):
                group = total_of("", [self.rows[unit, place] for unit in alike])
                self.groups |= {(unit, place): group for unit in alike}
        self._require_sums()

    def _require_sums(self) -> None:
        """HuiyinError unless each row is the sum of its parts, as far as these have tables of their own."""
        for table, cover, rows in zip(self.overlay.tables, self.overlay.covers, self.overlay.rows, strict=True):
            for row in table.units:
                parts = [self.rows[spot] for place in cover if (spot := (row.unit, place)) in self.rows]
                if len(parts) == len(cover) and total_of("", parts).cells != rows[row.unit].cells:
                    raise HuiyinError(
                        f"the published tables contradict each other: {table.scope}, unit {row.unit}, is not the sum "
                        "of its parts: run '.venv/bin/python -m scripts.recount --period' for each month, and put "
                        "back what was changed by hand"
                    )

    def _alike(self, place: int) -> Iterator[list[str]]:
        """The units of one part in sets that all tables treat alike; none where no table counts that part alone."""
        every = list(zip(self.overlay.covers, self.overlay.rows, strict=True))
        tables = [rows for cover, rows in every if place in cover]
        alone = next((rows for cover, rows in every if cover == {place}), None)
        sets: dict[tuple[Status, ...], list[str]] = defaultdict(list)
        for unit in self.overlay.units:
            if alone is not None and all(unit in rows for rows in tables):
                self.rows[unit, place] = alone[unit]
                sets[tuple(rows[unit].status for rows in tables)].append(unit)
        return (units for statuses, units in sets.items() if "shown" not in statuses)

    def range_of(self, target: Target, code: int) -> Range:
        """A range that the cell of one unit can surely have; its parts move apart from each other."""
        spots = [(unit, place) for unit in target.members for place in target.cover]
        if len(target.members) > 1 or any(spot not in self.groups for spot in spots):
            return target.row.cells[code], target.row.cells[code]
        ranges = [self._range(spot, code) for spot in spots]
        return sum(least for least, _ in ranges), sum(most for _, most in ranges)

    def _range(self, spot: Spot, code: int) -> Range:
        own, group = self.rows[spot], self.groups[spot]
        return max(0, own.total + group.cells[code] - group.total), min(own.total, group.cells[code])
