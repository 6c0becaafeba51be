"""Statements over the corrections of published months: each has its number, its day and its reason for good."""

from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import corrections


class CorrectionRow(NamedTuple):
    """One correction; the first publication of a month is revision 1, its first correction revision 2."""

    period: str
    revision: int
    day: str
    reason: str


def every(connection: Connection) -> tuple[CorrectionRow, ...]:
    """All corrections, by month and number."""
    columns = [corrections.c[name] for name in CorrectionRow._fields]
    statement = select(*columns).order_by(corrections.c.period, corrections.c.revision)
    return tuple(CorrectionRow(*row) for row in connection.execute(statement))


def add(connection: Connection, row: CorrectionRow) -> None:
    """Store one; its number must be new."""
    connection.execute(insert(corrections), row._asdict())
