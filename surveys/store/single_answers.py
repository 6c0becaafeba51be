"""The statements of an export: one month's answer sets under the names that they may bear, in no order of arrival."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, literal, select, text

from surveys.store.exclusion_batches import CONFIRMED, NOW
from surveys.store.schema import exclusion_members, responses

_OWN = responses.c
_LEFT_OUT = text(CONFIRMED).columns(exclusion_members.c.response).subquery()
_LATE = case((_OWN.period != func.substr(_OWN.day, 1, 7), literal(1)), else_=literal(0)).label("late")
_GROUP = _OWN.unit + "/" + _OWN.basis + "/" + case((_LATE == 1, literal("1")), else_=literal("0"))
_COUNTS = (
    (_OWN.survey == bindparam("survey"))
    & (_OWN.period == bindparam("period"))
    & _OWN.id.not_in(select(_LEFT_OUT.c.response))
)
_NOTHING_PENDING = {"corrected_on": "", "known_on": NOW}


class SingleAnswers(NamedTuple):
    """One answer set without its id and its day: the name under which it stands, how it counts, JSON of codes."""

    unit: str
    basis: str
    late: int
    answers: str


def group_sizes(connection: Connection, survey: str, period: str) -> list[tuple[str, str, bool, int]]:
    """Unit, basis, lateness and number of the answer sets that count in a month."""
    statement = (
        select(_OWN.unit, _OWN.basis, _LATE, func.count()).where(_COUNTS).group_by(_OWN.unit, _OWN.basis, _LATE.name)
    )
    found = connection.execute(statement, {"survey": survey, "period": period, **_NOTHING_PENDING})
    return sorted((row[0], row[1], bool(row[2]), row[3]) for row in found)


def answers_of(
    connection: Connection,
    survey: str,
    period: str,
    named: Iterable[tuple[str, str, bool]],
    left_out: Iterable[tuple[str, str, bool]],
    other: str,
    chunk: int,
) -> Iterator[SingleAnswers]:
    """The answer sets that count in a month, `chunk` in memory at a time, sorted by all that is shown of them.

    The named groups bear their unit, those that are left out do not come, all others bear the word `other`.
    """
    shown = case((_among(named), _OWN.unit), else_=literal(other)).label("shown")
    columns = (shown, _OWN.basis, _LATE, _OWN.answers)
    statement = select(*columns).where(_COUNTS & ~_among(left_out)).order_by(*columns)
    values = {"survey": survey, "period": period, **_NOTHING_PENDING}
    found = connection.execute(statement, values, execution_options={"yield_per": chunk})
    for part in found.partitions():
        yield from map(SingleAnswers._make, part)


def _among(groups: Iterable[tuple[str, str, bool]]) -> ColumnElement[bool]:
    return _GROUP.in_([f"{unit}/{basis}/{int(late)}" for unit, basis, late in groups])
