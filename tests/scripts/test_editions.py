"""Two editions of a month side by side: what a correction left out, held against all that was published before."""

from scripts.editions import Lost, gone, is_less
from surveys import attacker
from surveys.disclosure import release
from surveys.released import HEADLINE, Row, Scope, Table

MONTH = "2026-01"
LOST = Lost({MONTH: {gone(MONTH, 2)}})
SMALL = Row("a", (1, 0, 1, 2, 4), 8)
MIDDLE = Row("b", (5, 5, 5, 10, 10), 35)
LARGE = Row("c", (3, 3, 4, 10, 10), 30)
LEFT = Row("b", (3, 3, 3, 2, 2), 13)


def scope(*months: str) -> Scope:
    return Scope("visit", "overall", frozenset(months or (MONTH,)))


def merged(table: Table) -> set[str]:
    return {row.unit for row in table.units if row.status == "merged"}


def test_a_new_edition_is_chosen_beside_the_old_one() -> None:
    """Alone, the small unit would be merged with another unit than before, which the old edition shows by itself."""
    third = Row("d", (8, 8, 8, 10, 10), 44)
    old = release(scope(), [SMALL, MIDDLE, LARGE, third])
    assert merged(old) == {"a", "c"}
    smaller = Row("d", (4, 4, 4, 6, 6), 24)
    now = [SMALL, MIDDLE, LARGE, smaller]
    alone = release(scope(), now)
    assert merged(alone) == {"a", "d"}
    beside = LOST.in_all([old])
    told = {breach.unit for breach in attacker.check([*beside, alone])}
    assert "a" in told  # c is a row of its own now: less that, what it was merged with is known
    found = release(scope(), now, beside)
    assert not attacker.check([*beside, found])


def test_what_few_left_tells_on_them() -> None:
    old = release(scope(), [MIDDLE, LARGE])
    one_less = Row("b", (4, 5, 5, 10, 10), 34)
    found = Table(scope(), (Row("all", (7, 8, 9, 20, 20), 64), one_less, LARGE))
    assert attacker.check([*LOST.in_all([old]), found])
    many_less = Table(scope(), (Row("all", (6, 6, 7, 12, 12), 43), LEFT, LARGE))
    assert not attacker.check([*LOST.in_all([old]), many_less])


def test_a_sum_holds_what_is_gone_of_its_own_month_alone() -> None:
    quarter = release(scope(MONTH, "2026-02"), [MIDDLE, LARGE])
    found = LOST.in_all([quarter])
    assert found[0].scope.parts == HEADLINE | {f"{gone(MONTH, 2)} of headline"}
    assert [(one.scope.months, one.scope.parts, one.everything.total) for one in found[1:]] == [
        (frozenset({"2026-02"}), frozenset({f"{gone(MONTH, 2)} of headline"}), 0)
    ]
    other = release(scope("2026-03"), [MIDDLE])
    assert LOST.in_all([other]) == [other]


def test_less_means_that_nothing_came() -> None:
    assert is_less({"b": MIDDLE}, {"b": LEFT})
    assert is_less({"b": MIDDLE}, {})
    assert not is_less({"b": LEFT}, {"b": MIDDLE})
    assert not is_less({"b": MIDDLE}, {"b": LEFT, "c": LARGE})
    assert not is_less({"b": MIDDLE}, {"b": Row("b", (6, 0, 0, 0, 0), 6)})
