"""What a correction left out of a month's answers, as a part of its own in every table that was published before it.

A corrected month stands in two editions that everybody can hold against each other, and so do the quarters and years
that it was in. To the attacker the older ones are tables of what counts still and of what is gone.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from surveys.released import ALL, HEADLINE, Row, Scope, Table

Rows = Mapping[str, Row]
"""Counts by unit."""


DIVIDED = HEADLINE | frozenset({"other bases"})
"""The parts of a month's answers from which something can be gone."""


def gone(month: str, revision: int) -> str:
    """The name of what a correction left out."""
    return f"gone {month} r{revision}"


def is_less(before: Rows, after: Rows) -> bool:
    """Whether answers went and none came, in any cell of any unit."""
    return all(
        unit in before and row.total <= before[unit].total and all(map(int.__le__, row.cells, before[unit].cells))
        for unit, row in after.items()
    )


@dataclass(frozen=True)
class Lost:
    """What is gone of one question since some tables were published: the corrections that took it, by month."""

    parts: Mapping[str, Set[str]]

    def in_table(self, table: Table) -> Iterator[Table]:
        """The table with what it held then; of other months there is nothing in those parts."""
        scope = table.scope
        divided = scope.parts & DIVIDED
        own = {
            month: frozenset(f"{name} of {part}" for name in names for part in divided)
            for month, names in self.parts.items()
            if names and month in scope.months
        }
        if not own or not divided:
            yield table
            return
        more = frozenset().union(*own.values())
        yield replace(table, scope=replace(scope, parts=scope.parts | more))
        for month, parts in sorted(own.items()):
            if others := scope.months - {month}:
                yield _nothing(replace(scope, months=others, parts=parts))

    def in_all(self, tables: Iterable[Table]) -> list[Table]:
        """Several tables likewise."""
        return [one for table in tables for one in self.in_table(table)]


def _nothing(scope: Scope) -> Table:
    """That nobody answered."""
    return Table(scope, (Row(ALL, (0,) * len(scope.codes), 0),))
