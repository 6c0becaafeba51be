"""Statements over batches of paper sheets: who keys, what was keyed, what a third look settled, what came of it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import paper_batches, paper_outcomes, paper_seats, paper_settled, paper_sheets

_DRAFTS: tuple[Table, ...] = (paper_seats, paper_sheets, paper_settled)


class BatchRow(NamedTuple):
    """One batch as it was opened: `n` sheets of one survey version and unit, in one language, of one day."""

    batch: str
    survey: str
    version: int
    unit: str
    language: str
    day: str
    n: int
    opened_by: str
    opened_on: str


class SeatRow(NamedTuple):
    """Who keys a batch as the first or the second, and whether that is finished."""

    seat: int
    staff: str
    finished: int


class SheetRow(NamedTuple):
    """What one of the two keyed of one sheet: its cells as JSON."""

    seat: int
    sheet: int
    cells: str


class SettledRow(NamedTuple):
    """What a third look found in one cell of a batch."""

    sheet: int
    question: str
    cell: str


class OutcomeRow(NamedTuple):
    """What came of a batch: sheets that became answers, blank sheets, unreadable cells, cells that differed."""

    batch: str
    outcome: str
    day: str
    stored: int
    blank: int
    unreadable: int
    differing: int


def last_batch(connection: Connection) -> int:
    """The number of the newest batch, 0 before the first."""
    newest = connection.execute(select(func.max(paper_batches.c.batch))).scalar()
    return int(newest[1:]) if newest else 0


def add_batch(connection: Connection, row: BatchRow) -> None:
    """Open a batch."""
    connection.execute(insert(paper_batches), row._asdict())


def batch_of(connection: Connection, wanted: str) -> BatchRow | None:
    """One batch, or None."""
    columns = [paper_batches.c[name] for name in BatchRow._fields]
    found = connection.execute(select(*columns).where(paper_batches.c.batch == wanted)).first()
    return BatchRow(*found) if found else None


def newest_batches(connection: Connection, limit: int) -> list[tuple[BatchRow, OutcomeRow | None]]:
    """The newest batches with what came of them."""
    columns = [paper_batches.c[name] for name in BatchRow._fields]
    statement = select(*columns).order_by(paper_batches.c.batch.desc()).limit(limit)
    rows = [BatchRow(*row) for row in connection.execute(statement)]
    outcomes = _outcomes(connection, [row.batch for row in rows])
    return [(row, outcomes.get(row.batch)) for row in rows]


def stored_alike(connection: Connection, row: BatchRow) -> list[str]:
    """Other batches of the same survey, unit and day that were stored."""
    own, ended = paper_batches.c, paper_outcomes.c
    alike = (own.survey == row.survey) & (own.unit == row.unit) & (own.day == row.day) & (own.batch != row.batch)
    joined = paper_batches.join(paper_outcomes, own.batch == ended.batch)
    statement = select(own.batch).select_from(joined).where(alike & (ended.outcome == "stored")).order_by(own.batch)
    return list(connection.execute(statement).scalars())


def left_open(connection: Connection, before: str) -> list[str]:
    """Batches that were opened before a day and neither stored nor discarded."""
    done = select(paper_outcomes.c.batch)
    open_ones = (paper_batches.c.opened_on < before) & paper_batches.c.batch.not_in(done)
    statement = select(paper_batches.c.batch).where(open_ones).order_by(paper_batches.c.batch)
    return list(connection.execute(statement).scalars())


def outcome_of(connection: Connection, batch: str) -> OutcomeRow | None:
    """What came of a batch, None while it is open."""
    return _outcomes(connection, [batch]).get(batch)


def _outcomes(connection: Connection, batches: Sequence[str]) -> dict[str, OutcomeRow]:
    columns = [paper_outcomes.c[name] for name in OutcomeRow._fields]
    rows = connection.execute(select(*columns).where(paper_outcomes.c.batch.in_(batches)))
    return {row.batch: OutcomeRow(*row) for row in rows}


def seats_of(connection: Connection, batch: str) -> list[SeatRow]:
    """Who keys the batch, the first one first."""
    own = paper_seats.c
    statement = select(own.seat, own.staff, own.finished).where(own.batch == batch).order_by(own.seat)
    return [SeatRow(*row) for row in connection.execute(statement)]


def take_seat(connection: Connection, batch: str, seat: int, staff: str) -> None:
    """Note who keys."""
    connection.execute(insert(paper_seats).values(batch=batch, seat=seat, staff=staff, finished=0))


def set_finished(connection: Connection, batch: str, seat: int, finished: bool) -> None:
    """Note that a keying is finished, or goes on."""
    own = paper_seats.c
    wanted = and_(own.batch == batch, own.seat == seat)
    connection.execute(update(paper_seats).where(wanted).values(finished=int(finished)))


def put_sheet(connection: Connection, batch: str, row: SheetRow) -> None:
    """Keep what was keyed of a sheet, in place of what was keyed of it before."""
    statement = insert(paper_sheets).values(batch=batch, **row._asdict())
    key = ["batch", "seat", "sheet"]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"cells": row.cells}))


def sheets_of(connection: Connection, batch: str) -> list[SheetRow]:
    """All that was keyed of a batch."""
    own = paper_sheets.c
    statement = select(own.seat, own.sheet, own.cells).where(own.batch == batch).order_by(own.seat, own.sheet)
    return [SheetRow(*row) for row in connection.execute(statement)]


def remove_sheet(connection: Connection, batch: str, seat: int, sheet: int) -> None:
    """Take out a sheet that was keyed twice by mistake."""
    own = paper_sheets.c
    connection.execute(delete(paper_sheets).where(own.batch == batch, own.seat == seat, own.sheet == sheet))


def settle(connection: Connection, batch: str, rows: Iterable[SettledRow]) -> None:
    """Keep what a third look found, in place of what one before it did."""
    for row in rows:
        statement = insert(paper_settled).values(batch=batch, **row._asdict())
        key = ["batch", "sheet", "question"]
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"cell": row.cell}))


def settled_in(connection: Connection, batch: str) -> dict[tuple[int, str], str]:
    """What a third look found, by sheet and question."""
    own = paper_settled.c
    rows = connection.execute(select(own.sheet, own.question, own.cell).where(own.batch == batch))
    return {(row.sheet, row.question): row.cell for row in rows}


def end(connection: Connection, row: OutcomeRow) -> None:
    """Note what came of a batch and delete all that was keyed of it."""
    connection.execute(insert(paper_outcomes), row._asdict())
    for table in _DRAFTS:
        connection.execute(delete(table).where(table.c.batch == row.batch))
