"""Statements over the audit: adding a row, reading the chain and parts of it."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import audit

_LAST = select(audit).order_by(audit.c.id.desc()).limit(1)
_FIRST_OF = (
    select(audit)
    .where(audit.c.object == bindparam("object"), audit.c.act == bindparam("act"))
    .order_by(audit.c.id)
    .limit(1)
)


_NEWEST_OF = (
    select(audit)
    .where(audit.c.object == bindparam("object"), audit.c.act == bindparam("act"), audit.c.actor == bindparam("actor"))
    .order_by(audit.c.id.desc())
    .limit(1)
)


class AuditRow(NamedTuple):
    """One act: `at` is ISO 8601 with its offset, or the day alone; `details` a JSON object of codes."""

    id: int
    at: str
    actor: str
    role: str
    act: str
    object: str
    details: str
    previous: bytes
    hash: bytes


def append(connection: Connection, row: AuditRow) -> None:
    """Add the row that comes next; a trigger refuses any other number."""
    connection.execute(insert(audit), row._asdict())


def last(connection: Connection) -> AuditRow | None:
    """The newest row, or None."""
    row = connection.execute(_LAST).first()
    return AuditRow(*row) if row else None


def first_of(connection: Connection, act: str, thing: str) -> AuditRow | None:
    """The oldest row of an act on an object, or None."""
    row = connection.execute(_FIRST_OF, {"act": act, "object": thing}).first()
    return AuditRow(*row) if row else None


def rows_of(connection: Connection, act: str, thing: str) -> tuple[AuditRow, ...]:
    """All rows of an act on an object, oldest first."""
    statement = select(audit).where(audit.c.object == thing, audit.c.act == act).order_by(audit.c.id)
    return tuple(AuditRow(*row) for row in connection.execute(statement))


def newest_of(connection: Connection, actor: str, act: str, thing: str) -> AuditRow | None:
    """The newest row of an act of one actor on an object, or None."""
    row = connection.execute(_NEWEST_OF, {"actor": actor, "act": act, "object": thing}).first()
    return AuditRow(*row) if row else None


def is_noted(connection: Connection, what: tuple[str, str, str, str], day: str) -> bool:
    """Whether there is a row of an actor, act, object and details on a day."""
    actor, act, thing, details = what
    own = audit.c
    wanted = (own.actor == actor) & (own.act == act) & (own.object == thing) & (own.details == details)
    statement = select(own.id).where(wanted & (func.substr(own.at, 1, 10) == day))
    return connection.execute(statement.limit(1)).first() is not None


def all_rows(connection: Connection) -> Iterator[AuditRow]:
    """Every row in its order, read in parts, so that a long chain needs no more memory than a short one."""
    rows = connection.execute(select(audit).order_by(audit.c.id), execution_options={"yield_per": 1000})
    return (AuditRow(*row) for row in rows)


def page(
    connection: Connection,
    limit: int,
    before: int | None = None,
    *,
    actor: str | None = None,
    act: str | None = None,
    thing: str | None = None,
    day: str | None = None,
) -> tuple[AuditRow, ...]:
    """The newest rows, those below `before` for the next page; of one actor, act, object or day if named."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, wanted in ((audit.c.actor, actor), (audit.c.act, act), (audit.c.object, thing)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if day is not None:
        statement = statement.where(func.substr(audit.c.at, 1, 10) == day)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    return tuple(AuditRow(*row) for row in connection.execute(statement))
