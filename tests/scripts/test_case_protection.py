"""What residents said of their cases: least and greatest values of what is hidden, over all releases together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest
from scipy.optimize import linprog

from scripts.account import CaseAccount
from scripts.account_figures import CONFIRMED, CaseRow, CaseTable
from scripts.case_protection import FOLLOW_UP, follow_up_table, table_of
from surveys import attacker
from surveys.case_counts import CaseFigures
from surveys.case_figures import ByUnit
from surveys.case_upkeep import Balance
from surveys.released import ALL, OTHER, Row

UNITS = tuple("abcdefg")
MONTHS = ("2026-01", "2026-02", "2026-03")
Bounds = Mapping[tuple[str, str], tuple[float, float]]


def closings(chance: Random, most: int) -> CaseFigures:
    closed = chance.randrange(most)
    claimed = chance.randint(0, closed)
    return CaseFigures(closed=closed, claimed=claimed, confirmed=chance.randint(claimed // 2, claimed))


def account(chance: Random, month: str) -> CaseAccount:
    """A month of small units, in which some of the cases were follow-ups to a rating."""
    own = {unit: (closings(chance, 12), closings(chance, chance.choice((1, 9)))) for unit in UNITS}
    balance = Balance(month, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    follow: ByUnit = {unit: asked for unit, (_, asked) in own.items()}
    return CaseAccount(
        balance, {unit: CaseFigures.total(pair) for unit, pair in own.items()}, follow, 0, {}, (), (), {}
    )


@dataclass
class Reader:
    """Who has read every cases.csv: how many of each unit's claimed cases were confirmed, follow-ups or not."""

    released: Mapping[str, Sequence[CaseRow]]

    def __post_init__(self) -> None:
        self.rows: list[tuple[list[int], int]] = []
        self.size = len(self.released) * len(UNITS) * 4
        for place, rows in enumerate(self.released.values()):
            by_figure = {(row.figure, row.unit): row for row in rows}
            self._month(place, by_figure)

    def cells(self, month: int, units: Sequence[str], kinds: Sequence[int], said: Sequence[int]) -> list[int]:
        """Where the cells of units stand: of follow-ups 1, of others 0, confirmed 1 or not 0."""
        return [((month * len(UNITS) + UNITS.index(u)) * 2 + k) * 2 + s for u in units for k in kinds for s in said]

    def _month(self, place: int, found: Mapping[tuple[str, str], CaseRow]) -> None:
        merged = [u for u in UNITS if (row := found.get(("resolved_confirmed", u))) and row.status == "merged"]
        groups = {ALL: list(UNITS), OTHER: merged} | {unit: [unit] for unit in UNITS}
        for (figure, unit), row in found.items():
            if figure == "resolved_claimed" and unit:
                self.rows.append((self.cells(place, groups[unit], (0, 1), (0, 1)), row.part or 0))
            if figure == "resolved_confirmed" and unit and row.status == "shown":
                self.rows.append((self.cells(place, groups[unit], (0, 1), (1,)), row.part or 0))
        for unit in (unit for unit in UNITS if ("resolved_claimed", unit) not in found):
            self.rows.append((self.cells(place, [unit], (0, 1), (0, 1)), 0))
        claimed, confirmed = found["follow_up_claimed", ALL], found["follow_up_confirmed", ALL]
        self.rows.append((self.cells(place, UNITS, (1,), (0, 1)), claimed.part or 0))
        if confirmed.status == "shown":
            self.rows.append((self.cells(place, UNITS, (1,), (1,)), confirmed.part or 0))

    def bounds(self) -> Bounds:
        """Least and greatest number of confirmed cases of each unit in each month."""
        matrix = np.zeros((len(self.rows), self.size))
        for line, (places, _) in enumerate(self.rows):
            matrix[line, places] = 1
        right = [total for _, total in self.rows]
        found = {}
        for place, month in enumerate(self.released):
            for unit in UNITS:
                aim = np.zeros(self.size)
                aim[self.cells(place, [unit], (0, 1), (1,))] = 1
                least, most = (linprog(sign * aim, A_eq=matrix, b_eq=right).fun * sign for sign in (1, -1))
                found[month, unit] = (round(least, 6), round(most, 6))
        return found


def hidden(rows: Sequence[CaseRow]) -> Iterator[str]:
    return (row.unit for row in rows if row.figure == "resolved_confirmed" and row.part is None and row.unit in UNITS)


@pytest.mark.parametrize("seed", range(6))
def test_all_releases_together_tell_no_more_than_each_alone(seed: int) -> None:
    chance = Random(seed)
    accounts = {month: account(chance, month) for month in MONTHS}
    released = {month: tuple(CaseTable(one, UNITS).rows()) for month, one in accounts.items()}
    together = Reader(released).bounds()
    alone = {key: found for month, rows in released.items() for key, found in Reader({month: rows}).bounds().items()}
    assert together == alone
    for month, rows in released.items():
        group = next((row for row in rows if (row.figure, row.unit) == ("resolved_confirmed", OTHER)), None)
        for unit in hidden(rows):
            claimed = accounts[month].by_unit[unit].claimed
            members = [accounts[month].by_unit[one] for one in hidden(rows)]
            said = sum(one.confirmed for one in members)
            rest = sum(one.claimed for one in members) - said
            least, most = together[month, unit]
            assert most - least >= (min(3, claimed, said, rest) if group else min(3, claimed))


def test_months_and_figures_have_no_answers_in_common() -> None:
    chance = Random(1)
    tables = [CaseTable(account(chance, month), UNITS).protected(CONFIRMED) for month in MONTHS]
    assert not any(one.scope.meets(other.scope) for one in tables for other in tables if one is not other)


def test_follow_ups_that_only_one_small_unit_could_have_had_are_not_told_apart() -> None:
    """Confirmed in all: 60 of 80; the units that are shown have none of the difference, so it lies in one."""
    units = [Row("a", (40, 15), 55), Row("b", (12, 4), 16), Row("c", (8, 1), 9)]
    whole = table_of("2026-01", "resolved_confirmed", units)
    assert whole.merged
    asked = [Row("a", (38, 15), 53), Row("b", (12, 4), 16), Row("c", (8, 1), 9)]
    told = follow_up_table(whole, asked)
    assert told.everything.status == "hidden"
    assert told.scope.parts == {FOLLOW_UP}
    few = [
        replace(row, cells=(row.cells[0] // 2, row.cells[1] // 2), total=sum(c // 2 for c in row.cells))
        for row in asked
    ]
    assert follow_up_table(whole, few).everything.status == "shown"
    assert not attacker.check([whole, follow_up_table(whole, few)])
