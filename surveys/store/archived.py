"""The statement of the archive: a month's answer sets as codes, in an order that tells nothing of their arrival."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select, text

from surveys.store.exclusion_batches import CONFIRMED, NOW
from surveys.store.schema import exclusion_batches, exclusion_members, responses

_LEFT_OUT = (
    text(CONFIRMED.replace("SELECT member.response", "SELECT member.response, batch.reason", 1))
    .columns(exclusion_members.c.response, exclusion_batches.c.reason)
    .subquery()
)


class SetRow(NamedTuple):
    """One answer set without its id: what it is about, how it came, why it was left out ('' if it counts), JSON."""

    unit: str
    channel: str
    basis: str
    day: str
    version: int
    language: str
    reason: str
    answers: str


def sets_of(connection: Connection, survey: str, period: str, chunk: int) -> Iterator[Sequence[SetRow]]:
    """The answer sets of one survey and month, `chunk` at a time, sorted by everything that they hold."""
    values = {"survey": survey, "period": period, "corrected_on": "", "known_on": NOW}
    found = connection.execute(_sets(), values, execution_options={"yield_per": chunk})
    for part in found.partitions():
        yield [SetRow(*row) for row in part]


def _sets() -> Select[Any]:
    own = responses.c
    columns = (own.unit, own.channel, own.basis, own.day, own.version, own.language)
    reason = func.coalesce(_LEFT_OUT.c.reason, "").label("reason")
    return (
        select(*columns, reason, own.answers)
        .join(_LEFT_OUT, _LEFT_OUT.c.response == own.id, isouter=True)
        .where((own.survey == bindparam("survey")) & (own.period == bindparam("period")))
        .order_by(*columns, reason, own.answers)
    )


def sizes(connection: Connection, period: str) -> dict[str, int]:
    """How many answer sets each survey has in a month, the excluded ones among them."""
    statement = select(responses.c.survey, func.count()).where(responses.c.period == period)
    rows = connection.execute(statement.group_by(responses.c.survey).order_by(responses.c.survey))
    return {row[0]: row[1] for row in rows}
