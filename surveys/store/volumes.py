"""How many answers came for each unit in each way on each day, whatever they say."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from surveys.store.schema import responses


class DayVolume(NamedTuple):
    """How many answers came for a unit in one way on one day, as YYYY-MM-DD."""

    unit: str
    channel: str
    basis: str
    day: str
    n: int


def one_by_one(connection: Connection, first: str, last: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Survey, unit, channel, basis and day of every answer of the months from `first` to `last`, for a recount."""
    own = responses.c
    columns = (own.survey, own.unit, own.channel, own.basis, own.day)
    for row in connection.execute(select(*columns).where(own.period.between(first, last))):
        yield row[0], row[1], row[2], row[3], row[4]


def by_day(connection: Connection, survey: str, first: str, last: str) -> list[DayVolume]:
    """Volumes of a survey in the months from `first` to `last`, the excluded answers among them."""
    own = responses.c
    way = (own.unit, own.channel, own.basis, own.day)
    asked = (own.survey == survey) & own.period.between(first, last)
    found = connection.execute(select(*way, func.count()).where(asked).group_by(*way))
    return [DayVolume(*row) for row in found]
