"""Protecting the person in small numbers: what a release shows, chosen so that the attacker finds nothing."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from surveys import attacker
from surveys.errors import DisclosureError
from surveys.released import (
    ALL,
    OTHER,
    Cells,
    Row,
    Rule,
    Scope,
    Status,
    Table,
    option_rule,
    options_pass,
    rating_passes,
    rating_rule,
    related,
    total_of,
)

__all__ = [
    "Cells",
    "Row",
    "Rule",
    "Scope",
    "Status",
    "Table",
    "option_rule",
    "options_pass",
    "protect",
    "rating_passes",
    "rating_rule",
    "release",
]


def protect(units: Sequence[Row], passes: Rule) -> tuple[Row, ...]:
    """The rows of a release that stands alone: `all` first, then the units in their order, then `other`."""
    width = len(units[0].cells) if units else 0
    codes = tuple(map(str, range(1, width + 1)))
    return release(Scope("", "", frozenset({""}), codes=codes, rule=passes), units).rows


def release(scope: Scope, units: Sequence[Row], earlier: Iterable[Table] = ()) -> Table:
    """The table of these units that may be published beside all earlier ones.

    Units that fail are merged with the smallest unit that passes, and with the next ones as long as the
    attacker finds anything; units whose row would tell on an earlier table are merged too. Where even
    everything together fails or tells, all splits are hidden, and if the totals tell, they as well.
    DisclosureError, with the cells named, if the earlier tables tell something by themselves.
    """
    choice = _Choice(scope, units, related(scope, earlier))
    found = choice.merged() if scope.rule(total_of(ALL, units)) else None
    hidden = _hidden(scope, units) if found is None else ()
    found = found or next((table for table in hidden if not choice.tells(table)), None)
    if found is None:
        cells = "; ".join(map(str, attacker.check([*choice.earlier, hidden[-1]])[:5]))
        raise DisclosureError(
            f"nothing of {scope} can be published without telling on someone: {cells}. The tables that stand tell it "
            "by themselves: run '.venv/bin/python -m scripts.check --release', and put back what was changed by hand"
        )
    return found


def _hidden(scope: Scope, units: Sequence[Row]) -> tuple[Table, ...]:
    """Without splits: with all totals, with that of everything alone, with none."""
    rows = (total_of(ALL, units), *units)
    statuses: Sequence[tuple[Status, Status]] = (("hidden", "hidden"), ("hidden", "sealed"), ("sealed", "sealed"))
    return tuple(Table(scope, _marked(rows, *status)) for status in statuses)


def _marked(rows: Sequence[Row], first: Status, others: Status) -> tuple[Row, ...]:
    return (replace(rows[0], status=first), *(replace(row, status=others) for row in rows[1:]))


@dataclass(frozen=True)
class _Choice:
    """Which units are merged in one table, chosen against the attacker."""

    scope: Scope
    units: Sequence[Row]
    earlier: Sequence[Table]

    def tells(self, table: Table) -> bool:
        """Whether the attacker finds anything in the table together with the earlier ones."""
        return next(attacker.breaches([*self.earlier, table]), None) is not None

    def merged(self) -> Table | None:
        """The table with the fewest units merged, in the order in which they are taken; None if none will do."""
        forced = self._forced()
        waiting = self._waiting(forced)

        def stands(count: int) -> bool:
            table = self._table({*forced, *waiting[:count]})
            group = table.by_unit.get(OTHER)
            return (group is None or self.scope.rule(group)) and not self.tells(table)

        start = 1 if forced and waiting else 0
        count = _least(start, len(waiting), stands)
        return None if count is None else self._table({*forced, *waiting[:count]})

    def _forced(self) -> set[str]:
        """The units that fail, and those whose own row would tell together with the earlier tables."""
        members = {row.unit for row in self.units if not self.scope.rule(row)}
        while self.earlier:
            table = self._table(members)
            shown = {row.unit for row in table.units if row.status == "shown"}
            found = attacker.breaches([*self.earlier, table], once=True, enough=shown)
            told = {breach.unit for breach in found} & shown
            if not told:
                break
            members |= told
        return members

    def _waiting(self, forced: Collection[str]) -> list[str]:
        """The units that can be merged too: those first that an earlier table hides, then the smallest."""
        hidden = {row.unit for table in self.earlier for row in table.units if row.status != "shown"}
        rows = [row for row in self.units if row.unit not in forced and row.total]
        return [row.unit for row in sorted(rows, key=lambda row: (row.unit not in hidden, row.total, row.unit))]

    def _table(self, members: Collection[str]) -> Table:
        rows = [replace(row, status="merged") if row.unit in members else row for row in self.units]
        group = [total_of(OTHER, [row for row in rows if row.status == "merged"])] if members else []
        return Table(self.scope, (total_of(ALL, self.units), *rows, *group))


def _least(start: int, end: int, stands: Callable[[int], bool]) -> int | None:
    """The least number from start to end that stands, if all greater ones do too; None if end does not."""
    low, step = start, 1
    high = start
    while not stands(high):
        if high == end:
            return None
        low, high, step = high + 1, min(end, high + step), step * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if stands(middle) else (middle + 1, high)
    return high
