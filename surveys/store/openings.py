"""Statements of the surveys desk: its record of openings, and how many answers came in."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import responses, survey_openings

_O, _R = survey_openings.c, responses.c
_ALL = select(survey_openings).order_by(_O.survey, _O.version, _O.sequence)
_OF = _ALL.where(_O.survey == bindparam("survey"), _O.version == bindparam("version"))
_MINE = (_R.survey == bindparam("survey")) & (_R.period == bindparam("period"))
_VOLUMES = select(_R.unit, _R.day, func.count()).where(_MINE).group_by(_R.unit, _R.day)
_RECEIVED = select(func.count()).select_from(responses).where(_MINE)


class OpeningRow(NamedTuple):
    """One opening or closing at the desk, with the digest of what residents are shown."""

    survey: str
    version: int
    sequence: int
    act: str
    day: str
    digest: str


def every(connection: Connection) -> tuple[OpeningRow, ...]:
    """The whole record, version by version and in its order."""
    return tuple(OpeningRow(*row) for row in connection.execute(_ALL))


def of_version(connection: Connection, survey: str, version: int) -> tuple[OpeningRow, ...]:
    """The record of one version, oldest first."""
    return tuple(OpeningRow(*row) for row in connection.execute(_OF, {"survey": survey, "version": version}))


def add(connection: Connection, row: OpeningRow) -> None:
    """Append to the record; its number must be the next one."""
    connection.execute(insert(survey_openings), row._asdict())


def received(connection: Connection, survey: str, period: str) -> int:
    """How many answer sets of a survey count in the month."""
    return int(connection.execute(_RECEIVED, {"survey": survey, "period": period}).scalar_one())


def volumes(connection: Connection, survey: str, period: str) -> Sequence[tuple[str, str, int]]:
    """How many answer sets that count in the month came in, by unit and day."""
    return [(row[0], row[1], row[2]) for row in connection.execute(_VOLUMES, {"survey": survey, "period": period})]


def first_period(connection: Connection, survey: str) -> str | None:
    """The first month in which answers of a survey count, None without any."""
    found = connection.execute(select(func.min(_R.period)).where(_R.survey == survey)).scalar_one()
    return str(found) if found else None
