"""Statements over the desk's board: one derived row a case, and its lists, read page by page from indexes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import case_board, case_events, cases

_B = case_board.c
_PUT = insert(case_board)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["number"],
    set_={column.name: _PUT.excluded[column.name] for column in _B if column.name != "number"},
)
_ROWS = select(case_board).where(_B.number.in_(bindparam("numbers", expanding=True)))


class BoardRow(NamedTuple):
    """A case on the desk: where it stands, on whose desk, and what runs out next."""

    number: str
    state: str
    queue: str
    owed: int
    disputed: int
    calm: int
    unit: str | None
    category: str
    due_kind: str
    due_day: str
    received: str
    sequence: int
    master: str | None


class Mark(NamedTuple):
    """Where a page of a list ended: urgent cases first, then by the day that runs out, then by number."""

    calm: int
    due_day: str
    number: str


def put(connection: Connection, rows: Sequence[BoardRow]) -> None:
    """Write rows anew, or over what stands there."""
    if rows:
        connection.execute(_PUT, [row._asdict() for row in rows])


def rows_of(connection: Connection, numbers: Iterable[str]) -> dict[str, BoardRow]:
    """The rows of some cases, by number."""
    return {row.number: BoardRow(*row) for row in connection.execute(_ROWS, {"numbers": list(numbers)})}


def page(
    connection: Connection,
    wanted: Mapping[str, str | int],
    due: tuple[str, str] | None,
    after: Mark | None,
    limit: int,
    without: Collection[str] = (),
) -> list[BoardRow]:
    """Rows whose columns have the wanted values and whose due day lies between two days, both counted in.

    Rows of the units `without` are left out, and so is what no unit has where any is named.
    """
    found: list[BoardRow] = []
    for calm in (0, 1):
        if len(found) < limit and (after is None or calm >= after.calm):
            statement = _matching(wanted, due, without).where(_B.calm == calm)
            if after is not None and calm == after.calm:
                statement = statement.where(tuple_(_B.due_day, _B.number) > tuple_(after.due_day, after.number))
            rows = connection.execute(statement.order_by(_B.due_day, _B.number).limit(limit - len(found)))
            found += [BoardRow(*row) for row in rows]
    return found


def count(
    connection: Connection,
    wanted: Mapping[str, str | int],
    due: tuple[str, str] | None,
    most: int,
    without: Collection[str] = (),
) -> int:
    """How many rows match, counted no further than `most`; of an index alone where it has all that is wanted."""
    total = 0
    for calm in (0, 1):
        matching = _matching(wanted, due, without).with_only_columns(_B.calm)
        some = matching.where(_B.calm == calm).limit(most - total).subquery()
        total += connection.execute(select(func.count()).select_from(some)).scalar_one()
    return total


def _matching(
    wanted: Mapping[str, str | int], due: tuple[str, str] | None, without: Collection[str] = ()
) -> "Select[Any]":
    statement = select(case_board).where(*(_B[column] == value for column, value in wanted.items()))
    if without:
        statement = statement.where(_B.unit.not_in(sorted(without)))
    return statement.where(_B.due_day.between(*due)) if due else statement


def browse(
    connection: Connection, wanted: Mapping[str, str | int], before: tuple[str, str] | None, limit: int
) -> list[BoardRow]:
    """Matching rows, the newest receipt first; `before` is receipt day and number of the last one shown."""
    statement = select(case_board).where(*(_B[column] == value for column, value in wanted.items()))
    if before:
        statement = statement.where(tuple_(_B.received, _B.number) < tuple_(*before))
    rows = connection.execute(statement.order_by(_B.received.desc(), _B.number.desc()).limit(limit))
    return [BoardRow(*row) for row in rows]


def due_numbers(connection: Connection, kind: str, before: str, limit: int) -> list[str]:
    """Cases whose next limit is of that kind and ended before the day, the oldest first."""
    statement = select(_B.number).where(_B.due_kind == kind, _B.due_day < before).order_by(_B.due_day, _B.number)
    return list(connection.execute(statement.limit(limit)).scalars())


def followers(connection: Connection, number: str) -> list[str]:
    """Cases that are joined to this one."""
    return list(connection.execute(select(_B.number).where(_B.master == number).order_by(_B.number)).scalars())


def numbers_after(connection: Connection, number: str, limit: int) -> list[str]:
    """The next case numbers in their own order, which says nothing of when they came."""
    statement = select(cases.c.number).where(cases.c.number > number).order_by(cases.c.number)
    return list(connection.execute(statement.limit(limit)).scalars())


def count_events(connection: Connection, kinds: Iterable[str], first: str, last: str) -> dict[str, int]:
    """How many events of each kind have their day between two days, both counted in."""
    e = case_events.c
    statement = select(e.kind, func.count()).where(e.kind.in_(list(kinds)), e.day.between(first, last)).group_by(e.kind)
    return {row[0]: row[1] for row in connection.execute(statement)}


def count_open(connection: Connection, opening: Iterable[str], ending: Iterable[str], last: str) -> int:
    """Cases whose newest opening or ending event up to the day is an opening one."""
    e, starts = case_events.c, list(opening)
    newest = (
        select(e.number, func.max(e.sequence).label("sequence"))
        .where(e.kind.in_([*starts, *ending]), e.day <= last)
        .group_by(e.number)
        .subquery()
    )
    same = (e.number == newest.c.number) & (e.sequence == newest.c.sequence)
    statement = select(func.count()).select_from(case_events.join(newest, same)).where(e.kind.in_(starts))
    return int(connection.execute(statement).scalar_one())
