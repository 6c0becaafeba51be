"""What residents said of their cases, protected: which units are merged, and whether follow-ups may stand apart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from surveys import attacker
from surveys.disclosure import release
from surveys.released import ALL, Row, Scope, Table, option_rule, total_of

CASES = "cases"
FOLLOW_UP, OTHERS = "follow-up", "other"


def table_of(month: str, figure: str, units: Sequence[Row]) -> Table:
    """The table of a figure that residents decide, units merged as far as the attacker demands."""
    return release(scope_of(month, figure), units)


def scope_of(month: str, figure: str, *parts: str) -> Scope:
    """A figure of one month's cases; every answer counts in one month, and cases are in no sum of months."""
    named = frozenset(parts or (FOLLOW_UP, OTHERS))
    return Scope(CASES, figure, frozenset({month}), named, codes=("yes", "no"), rule=option_rule)


def follow_up_table(whole: Table, units: Iterable[Row]) -> Table:
    """Follow-ups of all units together beside the table of all cases, hidden where the two would tell together.

    How many follow-ups each unit had is not published.
    """
    (month,) = whole.scope.months
    rows = [replace(row, status="sealed") for row in units]
    scope = scope_of(month, whole.scope.question, FOLLOW_UP)
    shown = Table(scope, (total_of(ALL, rows) if rows else Row(ALL, (0, 0), 0), *rows))
    tells = next(attacker.breaches([whole, shown]), None) is not None
    hidden = Table(scope, (replace(shown.everything, status="hidden"), *rows))
    return hidden if tells or not option_rule(shown.everything) else shown
