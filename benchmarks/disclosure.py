"""How long it takes to choose what a month, a quarter and a year may show against the attacker."""

import random
import time
from collections.abc import Iterator, Sequence

from benchmarks.figure import Figure, in_turn
from surveys.disclosure import release
from surveys.released import Row, Scope, Table, total_of

QUESTIONS = 10


def attack(small: bool) -> Iterator[Figure]:
    """A month against one of half as many units; a quarter and a year of one question against its last month."""
    units, rounds = (20, 1) if small else (300, 3)
    whole = [_month(units, seed) for seed in range(QUESTIONS)]
    half = [rows[::2] for rows in whole]
    yield in_turn(
        f"attack: a month of {units} units and {QUESTIONS} questions against half the units",
        "s",
        lambda: _seconds([(("2026-01",), rows, ()) for rows in whole]),
        lambda: _seconds([(("2026-01",), rows, ()) for rows in half]),
        rounds,
    )
    names = [f"2026-{number:02}" for number in range(1, 13)]
    months = [_month(units, 0, turn) for turn in range(12)]
    tables: list[Table] = []
    for number, (name, rows) in enumerate(zip(names, months, strict=True), 1):
        tables.append(release(_scope((name,)), rows, tables))
        if number == 3:
            yield _sum_figure("quarter", units, names[:3], months[:3], tables, rounds)
        if number % 3 == 0:
            quarter = slice(number - 3, number)
            tables.append(release(_scope(names[quarter]), _sum(months[quarter]), tables))
    yield _sum_figure("year", units, names, months, tables, 1)


def _sum_figure(
    what: str, units: int, names: Sequence[str], months: Sequence[list[Row]], tables: Sequence[Table], rounds: int
) -> Figure:
    return in_turn(
        f"attack: a {what} of {units} units and one question against its last month",
        "s",
        lambda: _seconds([(names, _sum(months), tables)]),
        lambda: _seconds([(names[-1:], months[-1], ())]),
        rounds,
    )


def _seconds(wanted: Sequence[tuple[Sequence[str], Sequence[Row], Sequence[Table]]]) -> float:
    start = time.perf_counter()
    for names, rows, earlier in wanted:
        release(_scope(names), rows, earlier)
    return time.perf_counter() - start


def _scope(names: Sequence[str]) -> Scope:
    return Scope("visit", "overall", frozenset(names))


def _sum(months: Sequence[Sequence[Row]]) -> list[Row]:
    return [total_of(rows[0].unit, rows) for rows in zip(*months, strict=True)]


def _month(units: int, seed: int, turn: int = 0) -> list[Row]:
    """Units of which a third have fewer than 10 answers; a unit keeps its size and its mood over the months."""
    rows = []
    for number in range(units):
        own, chance = random.Random(f"{seed} {number}"), random.Random(f"{seed} {number} {turn}")
        size, bad = own.lognormvariate(3, 1.2), own.uniform(0.02, 0.1)
        answers = max(0, round(chance.gauss(size, size**0.5)))
        drawn = chance.choices(range(5), (bad / 2, bad / 2, 2 * bad, 0.3, 0.5), k=answers)
        rows.append(Row(f"unit-{number:03}", tuple(drawn.count(level) for level in range(5)), answers))
    return rows
