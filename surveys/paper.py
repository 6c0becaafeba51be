"""Paper that comes back: a batch of sheets is keyed by two people who do not see each other's keying.

The first one copies what is written by hand, the second says only that something is. At most one of the two is of the
unit that the sheets are about, or above or below it, and that one is the second; nor does such a one open the batch.
Who finishes must have keyed as many sheets as were counted then. How a batch ends stands in `surveys.paper_ends`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surveys import paper_keys
from surveys.definition import LANGUAGES, Definitions, Question, Survey
from surveys.duties import Account, Role
from surveys.errors import PaperError
from surveys.office import Unit, is_of
from surveys.store import Connection, Store
from surveys.store import paper as rows
from surveys.store.paper import BatchRow, OutcomeRow, SeatRow, SheetRow

ROLES: tuple[Role, ...] = ("intake", "handler", "publisher")
"""Who keys: the desk that takes what residents bring, the units, and who publishes."""
MOST = 500
"""Sheets of a batch."""
SEATS = (1, 2)
Reason = Literal["role", "unit", "batch", "ended", "own", "full", "finished", "count", "unsettled", "day"]
Also = Callable[[Connection, str, Mapping[str, str | int]], None]
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Opening:
    """What somebody wants to open a batch for: survey version, unit, language, day, and sheets that were counted."""

    survey: str
    version: int
    unit: str
    language: str
    day: date
    n: int


@dataclass(frozen=True)
class Batch:
    """A batch with all that is known of it; `keyed` maps seat and sheet to cells."""

    row: BatchRow
    seats: tuple[SeatRow, ...] = ()
    keyed: Mapping[tuple[int, int], Cells] | None = None
    settled: Mapping[tuple[int, str], str] | None = None
    outcome: OutcomeRow | None = None

    def seat_of(self, staff: str) -> SeatRow | None:
        """The seat of somebody, None who has none."""
        return next((seat for seat in self.seats if seat.staff == staff), None)

    def sheets(self, seat: int) -> dict[int, Cells]:
        """What was keyed on a seat, by sheet."""
        return {sheet: cells for (own, sheet), cells in (self.keyed or {}).items() if own == seat}

    @property
    def is_compared(self) -> bool:
        """Whether both keyings are finished, so that they may be laid side by side."""
        return len(self.seats) == len(SEATS) and all(seat.finished for seat in self.seats)


def may_key(by: Account) -> bool:
    """Whether the account keys sheets at all."""
    return bool(set(ROLES) & by.roles)


def is_own(definitions: Definitions, by: Account, unit: str) -> bool:
    """Whether sheets about the unit concern the account's own."""
    return is_of(definitions.units, by.post.unit, unit)


def openable_units(definitions: Definitions, by: Account) -> Mapping[str, Unit]:
    """The units, by code, that the account may open batches about; closed ones among them, for late paper."""
    every = definitions.units.items() if may_key(by) else ()
    return {code: unit for code, unit in every if unit.answers and not is_own(definitions, by, code)}


def survey_of(definitions: Definitions, row: BatchRow) -> Survey:
    """The version that a batch answers; PaperError if it was taken out of the files."""
    found = definitions.surveys.get((row.survey, row.version))
    if found is None:
        raise PaperError("batch", f"the files have no {row.survey}.v{row.version} any more: put it back")
    return found


def find(store: Store, batch: str) -> Batch | None:
    """One batch, or None."""
    return store.read(lambda connection: load(connection, batch))


def listing(store: Store, limit: int = 50) -> Sequence[Batch]:
    """The newest batches with their seats and what came of them, without what was keyed."""

    def work(connection: Connection) -> list[Batch]:
        found = rows.newest_batches(connection, limit)
        return [Batch(row, tuple(rows.seats_of(connection, row.batch)), outcome=outcome) for row, outcome in found]

    return store.read(work)


def stored_alike(store: Store, row: BatchRow) -> list[str]:
    """Other batches of the same survey, unit and day that were stored: perhaps the same sheets."""
    return store.read(lambda connection: rows.stored_alike(connection, row))


def load(connection: Connection, batch: str) -> Batch | None:
    """A batch with all that was keyed of it, or None."""
    row = rows.batch_of(connection, batch)
    if row is None:
        return None
    keyed = {(one.seat, one.sheet): json.loads(one.cells) for one in rows.sheets_of(connection, batch)}
    seats = tuple(rows.seats_of(connection, batch))
    return Batch(row, seats, keyed, rows.settled_in(connection, batch), rows.outcome_of(connection, batch))


def open_one(connection: Connection, by: Account, batch: str) -> Batch:
    """A batch that is still open, for somebody who may work on it."""
    _require_role(by)
    found = load(connection, batch)
    if found is None:
        raise PaperError("batch", "there is no such batch: go back to the list")
    if found.outcome:
        raise PaperError("ended", f"the batch was {found.outcome.outcome} already: nothing more can be done with it")
    return found


def _require_role(by: Account) -> None:
    if not may_key(by):
        raise PaperError("role", f"only {', '.join(ROLES)} key sheets in: ask one of them")


def open_batch(store: Store, definitions: Definitions, by: Account, wanted: Opening, today: date, also: Also) -> str:
    """Open a batch and give its number, to be written on its sheets.

    PaperError if the account may not, or survey, unit, day and count do not fit each other.
    """
    _require_role(by)
    if is_own(definitions, by, wanted.unit):
        raise PaperError("own", "a batch about one's own unit is opened by somebody of another one: ask there")
    survey = definitions.surveys.get((wanted.survey, wanted.version))
    if survey is None or wanted.day > today or not survey.is_open(wanted.day):
        raise PaperError("day", "the survey was not open on that day, or the day is still to come: correct the day")
    if wanted.unit not in {unit.code for unit in definitions.units_for(survey, wanted.day)}:
        raise PaperError("unit", f"'{wanted.unit}' took no answers to '{wanted.survey}' that day: choose another unit")
    if not 1 <= wanted.n <= MOST or wanted.language not in LANGUAGES:
        raise PaperError("count", f"a batch has 1 to {MOST} sheets in one language: split the pile")

    def work(connection: Connection) -> str:
        batch = f"P{rows.last_batch(connection) + 1:04}"
        day, opened = wanted.day.isoformat(), today.isoformat()
        asked = (wanted.survey, wanted.version, wanted.unit, wanted.language)
        rows.add_batch(connection, BatchRow(batch, *asked, day, wanted.n, by.id, opened))
        told: dict[str, str | int] = {"survey": wanted.survey, "version": wanted.version, "unit": wanted.unit}
        also(connection, batch, {**told, "day": day, "n": wanted.n})
        return batch

    return store.write(work)


def seat_for(definitions: Definitions, by: Account, found: Batch, by_id: Mapping[str, Account]) -> int:
    """The seat that somebody has or would take; PaperError if both are taken, or both would be of the unit.

    Who is of the unit gets the second seat alone, on which no words are copied. `by_id` are the accounts; one that is
    gone counts as of the unit.
    """
    mine = found.seat_of(by.id)
    if mine:
        return mine.seat
    if len(found.seats) == len(SEATS):
        raise PaperError("full", "two people key this batch already: nobody else need do it")
    free = [seat for seat in SEATS if seat not in {one.seat for one in found.seats}]
    if not is_own(definitions, by, found.row.unit):
        return free[0]
    others = [by_id.get(seat.staff) for seat in found.seats]
    if SEATS[1] not in free or any(one is None or is_own(definitions, one, found.row.unit) for one in others):
        raise PaperError("own", "somebody of this unit keys the batch already: the second must be of another one")
    return SEATS[1]


@dataclass(frozen=True)
class Keyed:
    """What somebody keyed of a sheet."""

    sheet: int
    cells: Cells


def key_sheet(
    store: Store, definitions: Definitions, by: Account, batch: str, keyed: Keyed, by_id: Mapping[str, Account]
) -> None:
    """Keep what was keyed of a sheet, in place of what this person keyed of it before.

    PaperError if the account may not key this batch, or has finished. ValueError for cells that are none.
    """

    def work(connection: Connection) -> None:
        found = open_one(connection, by, batch)
        seat = seat_for(definitions, by, found, by_id)
        require_cells(survey_of(definitions, found.row), keyed.cells, words=seat == 1)
        mine = found.seat_of(by.id)
        if mine is None:
            rows.take_seat(connection, batch, seat, by.id)
        elif mine.finished:
            raise PaperError("finished", "this keying is finished: go on with it before you change a sheet")
        if not 1 <= keyed.sheet <= MOST:
            raise PaperError("count", f"a batch has 1 to {MOST} sheets: look at the number of the sheet")
        cells = json.dumps(dict(keyed.cells), ensure_ascii=False, sort_keys=True)
        rows.put_sheet(connection, batch, SheetRow(seat, keyed.sheet, cells))

    store.write(work)


def require_cells(survey: Survey, cells: Cells, *, words: bool) -> None:
    """ValueError for what is no cell of the survey; `words` says whether texts are copied."""
    questions: dict[str, Question] = {question.code: question for question in paper_keys.asked_on_paper(survey)}
    for code, cell in cells.items():
        if code not in questions or paper_keys.cell_of(questions[code], cell, words=words) != cell:
            raise ValueError(f"'{cell}' is no cell of '{code}'")


def remove_sheet(store: Store, by: Account, batch: str, sheet: int) -> None:
    """Take out a sheet that this person keyed by mistake; PaperError once the keying is finished."""

    def work(connection: Connection) -> None:
        mine = open_one(connection, by, batch).seat_of(by.id)
        if mine is None or mine.finished:
            raise PaperError("finished", "this keying is finished: go on with it before you take out a sheet")
        rows.remove_sheet(connection, batch, mine.seat, sheet)

    store.write(work)


def finish(store: Store, by: Account, batch: str, also: Also) -> None:
    """Say that the last sheet was keyed; PaperError if there are more or fewer than were counted."""

    def work(connection: Connection) -> None:
        found = open_one(connection, by, batch)
        mine = found.seat_of(by.id)
        if mine is None or mine.finished:
            return
        keyed = sorted(found.sheets(mine.seat))
        if keyed != list(range(1, found.row.n + 1)):
            raise PaperError("count", "the sheets that were keyed are not those that were counted: count the pile anew")
        rows.set_finished(connection, batch, mine.seat, True)
        also(connection, batch, {"seat": mine.seat, "n": len(keyed)})

    store.write(work)
