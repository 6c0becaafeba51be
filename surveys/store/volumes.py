"""How many answers came for each unit in each way on each day, whatever they say."""

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


def by_day(connection: Connection, survey: str, first: str, last: str) -> list[DayVolume]:
    """Volumes of a survey in the months from `first` to `last`, the excluded answers among them."""
    own = responses.c
    way = (own.unit, own.channel, own.basis, own.day)
    asked = (own.survey == survey) & own.period.between(first, last)
    found = connection.execute(select(*way, func.count()).where(asked).group_by(*way))
    return [DayVolume(*row) for row in found]
