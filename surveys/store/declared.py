"""Statements over what units declare of a month: every value that was ever declared stays."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import declared

Key = tuple[str, str, str, str]
"""Month, unit, figure, survey ('' for figures that belong to none)."""


class DeclaredRow(NamedTuple):
    """One figure of one unit and month as it stands after `revision` values."""

    period: str
    unit: str
    figure: str
    survey: str
    revision: int
    whole: int
    part: int | None
    day: str

    @property
    def key(self) -> Key:
        """What the figure is of."""
        return self[:4]


def values(connection: Connection, periods: Iterable[str]) -> tuple[DeclaredRow, ...]:
    """Every value that was ever declared of those months, the newest of each figure last."""
    columns = [declared.c[name] for name in DeclaredRow._fields]
    statement = select(*columns).where(declared.c.period.in_(list(periods))).order_by(declared.c.revision)
    return tuple(DeclaredRow(*row) for row in connection.execute(statement))


def newest(connection: Connection, periods: Iterable[str]) -> Mapping[Key, DeclaredRow]:
    """The value of each figure that counts now, of those months."""
    return {row.key: row for row in values(connection, periods)}


def add(connection: Connection, rows: Iterable[DeclaredRow]) -> None:
    """Store values; each revision once."""
    values = [row._asdict() for row in rows]
    if values:
        connection.execute(insert(declared), values)
