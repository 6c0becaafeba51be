"""What must stay open in a set of tables that count answers in common: which cells, and how far."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.released import ALL, LEAST_SIDE, OTHER, Cells, Row, Table

SLACK = 30
"""How far above the truth a cell is tried where no total bounds it: more than any cell needs to stay open."""
Cover = frozenset[int]
"""Which parts of the answers: places in `Overlay.classes`."""


@dataclass(frozen=True)
class Part:
    """A row that is published or follows from two that are: whose answers, which of them, and whether it is known."""

    row: Row
    cover: Cover
    known: bool


@dataclass(frozen=True)
class Target:
    """A row that fails, and by how much each of its cells must stay open.

    `admitted` are the cells of which a wider row of the same unit shows that all its answers lie there;
    between `outer` each cell lies by the unit's own known rows alone.
    """

    row: Row
    members: frozenset[str]
    cover: Cover
    needed: Cells
    admitted: frozenset[int]
    outer: tuple[tuple[int, int], ...]


class Overlay:
    """Tables of one question laid over each other: the finest parts that they divide the answers into."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables
        self.scope = tables[0].scope
        self.codes = tuple(dict.fromkeys(code for table in tables for code in table.scope.codes))
        pieces = sorted(frozenset().union(*(table.scope.pieces for table in tables)))
        signs: dict[frozenset[int], list[tuple[str, str]]] = {}
        for piece in pieces:
            inside = frozenset(place for place, table in enumerate(tables) if piece in table.scope.pieces)
            signs.setdefault(inside, []).append(piece)
        self.classes = tuple(tuple(found) for found in signs.values())
        self.covers = tuple(
            frozenset(number for number, inside in enumerate(signs) if place in inside) for place in range(len(tables))
        )

    @cached_property
    def rows(self) -> tuple[Mapping[str, Row], ...]:
        """The rows of each table by unit, their cells in the order of `codes`."""
        return tuple({row.unit: self._aligned(table, row) for row in table.rows} for table in self.tables)

    def _aligned(self, table: Table, row: Row) -> Row:
        if table.scope.codes == self.codes:
            return row
        cells = dict(zip(table.scope.codes, row.cells, strict=True))
        return Row(row.unit, tuple(cells.get(code, 0) for code in self.codes), row.total, row.status)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Every unit of any table, in order."""
        return tuple(dict.fromkeys(row.unit for table in self.tables for row in table.units))

    def months(self, cover: Cover) -> frozenset[str]:
        """The months of a cover."""
        return frozenset(month for place in cover for month, _ in self.classes[place])

    def absent(self, unit: str) -> Cover:
        """Where the unit has no answers, because a table of all units does not list it."""
        missing = (cover for cover, rows in zip(self.covers, self.rows, strict=True) if unit not in rows)
        return frozenset().union(*missing)


def targets(overlay: Overlay) -> Iterator[Target]:
    """Every cell that must stay open: of each unit, of all together, and of groups where two tables differ by parts."""
    everything = _Subject(overlay, ALL, frozenset(overlay.units))
    yield from everything.targets(())
    city = tuple(part for part in everything.parts if part.known)
    for unit in overlay.units:
        yield from _Subject(overlay, unit, frozenset({unit})).targets(city)
    for group in sorted({table.merged for table in overlay.tables if table.merged}, key=sorted):
        yield from _Subject(overlay, OTHER, group).targets(city)


class _Subject:
    """One unit, everything, or one merged group, in all tables."""

    def __init__(self, overlay: Overlay, unit: str, members: frozenset[str]) -> None:
        self.overlay, self.unit, self.members = overlay, unit, members
        self.own = [
            Part(rows[unit], cover, rows[unit].status == "shown")
            for table, rows, cover in zip(overlay.tables, overlay.rows, overlay.covers, strict=True)
            if unit in rows and (unit != OTHER or table.merged == members)
        ]
        found = [*self.own, *self._between_parts(), *self._rests()]
        known_first = sorted(found, key=lambda part: not part.known)
        by_cover = {part.cover: part for part in reversed(known_first)}
        self.parts = sorted(by_cover.values(), key=lambda part: (len(part.cover), sorted(part.cover)))

    def _between_parts(self) -> Iterator[Part]:
        """The differences of tables of the same months, as before and after exclusion."""
        months = {part.cover: self.overlay.months(part.cover) for part in self.own}
        for whole in self.own:
            for inner in self.own:
                if inner.cover < whole.cover and months[inner.cover] == months[whole.cover]:
                    yield self._less(whole, [inner])

    def _rests(self) -> Iterator[Part]:
        """What is left of each table without the tables inside it that are shown."""
        for whole in self.own:
            inner = _apart(part for part in self.own if part.known and part.cover < whole.cover)
            if inner and frozenset().union(*(part.cover for part in inner)) != whole.cover:
                yield self._less(whole, inner)

    def _less(self, whole: Part, inner: Sequence[Part]) -> Part:
        cells = tuple(
            count - sum(part.row.cells[place] for part in inner) for place, count in enumerate(whole.row.cells)
        )
        sealed = any(part.row.status == "sealed" for part in (whole, *inner))
        total = whole.row.total - sum(part.row.total for part in inner)
        row = Row(self.unit, cells, total, "sealed" if sealed else "hidden")
        cover = whole.cover - frozenset().union(*(part.cover for part in inner))
        return Part(row, cover, whole.known and all(part.known for part in inner))

    def targets(self, city: Sequence[Part]) -> Iterator[Target]:
        """The rows that fail, each with what must stay open of it; a group's only where tables differ by parts."""
        own = {part.cover for part in self.own}
        needed: dict[Cover, Cells] = {}
        admitted: dict[Cover, frozenset[int]] = {}
        for part in self.parts:
            inner = self._inner(part)
            wider = self._wider(part, self.parts)
            admitted[part.cover] = frozenset().union(*map(_of_one_mind, wider))
            if inner:
                admitted[part.cover] |= frozenset.intersection(*(admitted[one.cover] for one in inner))
            if self.overlay.scope.rule(part.row):
                needed[part.cover] = (0,) * len(self.overlay.codes)
                admitted[part.cover] |= _of_one_mind(part) if part.known or not part.row.total else frozenset()
                continue
            around = [*wider, *self._wider(part, self._groups()), *self._same_months(part, city)]
            needed[part.cover] = self._needed(part, around, [needed[one.cover] for one in inner])
            if self.unit != OTHER or part.cover not in own:
                outer = self._outer(part)
                yield Target(part.row, self.members, part.cover, needed[part.cover], admitted[part.cover], outer)

    def _outer(self, part: Part) -> tuple[tuple[int, int], ...]:
        own, least = part.row.total, [0] * len(self.overlay.codes)
        most = [own + SLACK * (part.row.status == "sealed")] * len(self.overlay.codes)
        for row in (one.row for one in self.parts if one.known and part.cover <= one.cover):
            if part.row.status != "sealed":
                least = [max(low, own + count - row.total) for low, count in zip(least, row.cells, strict=True)]
            most = [min(high, count) for high, count in zip(most, row.cells, strict=True)]
        return tuple(zip(least, most, strict=True))

    def _groups(self) -> list[Part]:
        """The rows of the groups that the unit is merged in."""
        overlay = self.overlay
        found = zip(overlay.tables, overlay.rows, overlay.covers, strict=True)
        return [Part(rows[OTHER], cover, True) for table, rows, cover in found if self.members <= table.merged]

    def _wider(self, part: Part, among: Iterable[Part]) -> list[Part]:
        """The rows that are known and hold this part of their months' answers, and others."""
        return [one for one in self._same_months(part, among) if one.known and one.cover != part.cover]

    def _same_months(self, part: Part, among: Iterable[Part]) -> list[Part]:
        months = self.overlay.months
        return [one for one in among if part.cover <= one.cover and months(one.cover) == months(part.cover)]

    def _inner(self, part: Part) -> list[Part]:
        """Smaller parts that the part is made of, none if they do not make it up."""
        smaller = _apart(one for one in self.parts if one.cover < part.cover)
        absent = self.overlay.absent(self.unit) if self.unit not in (ALL, OTHER) else frozenset()
        is_whole = frozenset().union(absent, *(one.cover for one in smaller)) >= part.cover
        return smaller if is_whole else []

    def _needed(self, part: Part, around: Sequence[Part], inner: Sequence[Cells]) -> Cells:
        """3, or all that the total, the rows around it and the parts within it allow."""
        return tuple(
            min(
                LEAST_SIDE,
                part.row.total,
                *(min(one.row.cells[k], one.row.total - one.row.cells[k]) for one in around),
                *([sum(cells[k] for cells in inner)] if inner else []),
            )
            for k in range(len(self.overlay.codes))
        )


def _of_one_mind(part: Part) -> frozenset[int]:
    """The cells that hold all answers of the part; every cell where there are none."""
    return frozenset(place for place, count in enumerate(part.row.cells) if count == part.row.total)


def _apart(parts: Iterable[Part]) -> list[Part]:
    """The greatest of the parts that do not overlap."""
    taken: list[Part] = []
    covered: Cover = frozenset()
    for part in sorted(parts, key=lambda part: (-len(part.cover), sorted(part.cover))):
        if not part.cover & covered:
            taken.append(part)
            covered |= part.cover
    return taken
