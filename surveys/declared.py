"""What units declare of themselves and no resident can: how much was offered and served, and what else they did.

Always kept apart from what residents say, and marked as declared. `declared.yaml` lists an office's own figures;
two are always there, because rates are held against them: `offered` and `served`, each of one survey.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from surveys.errors import HuiyinError
from surveys.store import Connection
from surveys.store import declared as rows
from surveys.store.answers import is_closed
from surveys.store.declared import DeclaredRow


@dataclass(frozen=True)
class Declaration:
    """One figure of one unit and month; `survey` is '' unless the figure belongs to one, `part` of `whole` or None."""

    period: str
    unit: str
    figure: str
    survey: str
    whole: int
    part: int | None = None

    def row(self, revision: int, day: date) -> DeclaredRow:
        """The row to store."""
        return DeclaredRow(
            self.period, self.unit, self.figure, self.survey, revision, self.whole, self.part, day.isoformat()
        )


@dataclass(frozen=True)
class Declared:
    """What storing declarations did."""

    new: int
    known: int
    changed: tuple[Declaration, ...]
    to_correct: tuple[str, ...] = ()
    """Published months that must be corrected before anybody sees their new values."""


class ClosedMonthError(HuiyinError):
    """A month was published, so what was declared of it stands."""


def declare(connection: Connection, wanted: Iterable[Declaration], day: date, *, correcting: bool = False) -> Declared:
    """Store what is new or differs from what was declared before; earlier values stay readable.

    ClosedMonthError if a value would change, or be added, of a month that was published, unless `correcting`:
    then it is published with the month's next correction.
    """
    found = tuple(wanted)
    before = rows.newest(connection, {one.period for one in found})
    fresh = [one for one in found if (one.period, one.unit, one.figure, one.survey) not in before]
    changed = tuple(one for one in found if _differs(one, before))
    closed = sorted({one.period for one in (*fresh, *changed) if is_closed(connection, one.period)})
    if closed and not correcting:
        raise ClosedMonthError(
            f"{', '.join(closed)} is published: what is declared of it stands; leave those rows out of the file, "
            "or import it with --correct if the published figures are wrong"
        )
    rows.add(connection, [one.row(1, day) for one in fresh])
    rows.add(connection, [one.row(_known(one, before).revision + 1, day) for one in changed])
    return Declared(len(fresh), len(found) - len(fresh) - len(changed), changed, tuple(closed))


def _known(one: Declaration, before: Mapping[rows.Key, DeclaredRow]) -> DeclaredRow:
    return before[one.period, one.unit, one.figure, one.survey]


def _differs(one: Declaration, before: Mapping[rows.Key, DeclaredRow]) -> bool:
    known = before.get((one.period, one.unit, one.figure, one.survey))
    return known is not None and (known.whole, known.part) != (one.whole, one.part)


def declarations(connection: Connection, periods: Iterable[str]) -> tuple[Declaration, ...]:
    """What counts now of those months, by month, unit and figure."""
    found = rows.newest(connection, periods)
    return tuple(
        Declaration(row.period, row.unit, row.figure, row.survey, row.whole, row.part)
        for _, row in sorted(found.items())
    )


def denominator(found: Iterable[Declaration], figure: str, survey: str, unit: str | None = None) -> int | None:
    """How much was offered or served for a survey, by one unit or by all that declared; None where nobody said."""
    values = [one.whole for one in found if (one.figure, one.survey) == (figure, survey) and unit in (None, one.unit)]
    return sum(values) if values else None
