"""How a batch of paper sheets ends: what differs is looked up, then it becomes answers, or it is given up.

Cells that differ are looked up on the paper by somebody who is not of the unit and may be one of the two who keyed:
the paper decides, not a rank, and a third person would have to be found in every small office. Nobody is shown whose
keying is which.

The batch is stored in one transaction, a sheet under an id that is made from batch and sheet, so that a repeat counts
once; all that was keyed is deleted with it. Blank and unreadable cells become no answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surveys import paper_keys
from surveys.definition import Definitions
from surveys.duties import Account
from surveys.errors import PaperError, StaleError
from surveys.keys import Keys
from surveys.paper import Also, Batch, Cells, is_own, may_key, open_one, require_cells, survey_of
from surveys.paper_keys import UNREADABLE
from surveys.responses import Response, open_period, to_row
from surveys.store import Connection, Store, answers
from surveys.store import paper as rows
from surveys.store.paper import BatchRow, OutcomeRow, SettledRow

KEEP_DAYS = 90
"""How long a batch may stay open; then it is discarded, and the sheets can be keyed anew."""


@dataclass(frozen=True)
class Difference:
    """A cell in which the two keyings of a sheet differ; `settled` is what a third look found, None before it."""

    sheet: int
    question: str
    cells: tuple[str, str]
    settled: str | None


def differences(definitions: Definitions, found: Batch) -> tuple[Difference, ...]:
    """Every cell in which the two keyings differ, sheet by sheet; none before both are finished."""
    if not found.is_compared:
        return ()
    survey, settled = survey_of(definitions, found.row), found.settled or {}
    one, two = found.sheets(1), found.sheets(2)
    return tuple(
        Difference(sheet, code, (one[sheet].get(code, ""), two[sheet].get(code, "")), settled.get((sheet, code)))
        for sheet in sorted(one)
        for code in paper_keys.differing(survey, one[sheet], two[sheet])
    )


def may_settle(definitions: Definitions, by: Account, found: Batch) -> bool:
    """Whether the account may look up what differs, store the batch or discard it."""
    return may_key(by) and not is_own(definitions, by, found.row.unit)


def _to_end(connection: Connection, definitions: Definitions, by: Account, batch: str) -> Batch:
    found = open_one(connection, by, batch)
    if not may_settle(definitions, by, found):
        raise PaperError("own", "the sheets are about your own unit: somebody of another one must do this")
    return found


def settle(
    store: Store,
    definitions: Definitions,
    by: Account,
    batch: str,
    looked_up: Mapping[tuple[int, str], str],
    also: Also,
) -> None:
    """Keep what stands on the paper, for cells that differ.

    PaperError if the account may not; StaleError for a cell that does not differ (any more); ValueError for a cell
    that is none.
    """

    def work(connection: Connection) -> None:
        found = _to_end(connection, definitions, by, batch)
        open_cells = {(one.sheet, one.question) for one in differences(definitions, found)}
        if not set(looked_up) <= open_cells:
            raise StaleError("these cells do not differ: look at the batch anew")
        survey = survey_of(definitions, found.row)
        for (_, code), cell in looked_up.items():
            require_cells(survey, {code: cell}, words=True)
        rows.settle(connection, batch, [SettledRow(sheet, code, cell) for (sheet, code), cell in looked_up.items()])
        also(connection, batch, {"n": len(looked_up)})

    store.write(work)


def store_batch(
    store: Store, definitions: Definitions, keys: Keys, by: Account, batch: str, today: date, also: Also
) -> OutcomeRow:
    """Make answers of a batch, once, and delete what was keyed; a repeat returns what came of it the first time.

    PaperError if the account may not, a keying is not finished, or a difference is not looked up yet.
    """

    def work(connection: Connection) -> OutcomeRow:
        if may_key(by) and (done := rows.outcome_of(connection, batch)):
            return done
        found = _to_end(connection, definitions, by, batch)
        differing = differences(definitions, found)
        if not found.is_compared or any(one.settled is None for one in differing):
            raise PaperError("unsettled", "key the batch twice and look up every difference before it is stored")
        sheets = _merged(found, differing)
        made = _responses(definitions, keys, found.row, sheets)
        period = open_period(connection, date.fromisoformat(found.row.day))
        answers.add_responses(connection, [(to_row(one, period), one.texts) for one in made])
        unreadable = sum(cell == UNREADABLE for cells in sheets.values() for cell in cells.values())
        counts = (len(made), len(sheets) - len(made), unreadable, len(differing))
        outcome = OutcomeRow(batch, "stored", today.isoformat(), *counts)
        rows.end(connection, outcome)
        told = {"stored": outcome.stored, "blank": outcome.blank}
        also(connection, batch, {**told, "unreadable": unreadable, "differing": len(differing), "period": period})
        return outcome

    return store.write(work)


def _merged(found: Batch, differing: Sequence[Difference]) -> dict[int, dict[str, str]]:
    """The sheets as they stand after both keyings and the third look."""
    sheets = {sheet: dict(cells) for sheet, cells in found.sheets(1).items()}
    for one in differing:
        sheets[one.sheet][one.question] = one.settled or ""
    return sheets


def _responses(definitions: Definitions, keys: Keys, row: BatchRow, sheets: Mapping[int, Cells]) -> Sequence[Response]:
    """An answer set of each sheet that answers anything."""
    survey = survey_of(definitions, row)
    made = []
    for sheet, cells in sheets.items():
        kept, texts = paper_keys.answers_of(survey, cells)
        if kept or texts:
            made.append(
                Response(
                    id=keys.code("paper", row.survey, row.batch, str(sheet))[:16],
                    survey=row.survey,
                    version=row.version,
                    unit=row.unit,
                    channel="paper",
                    basis="assisted",
                    language=row.language,
                    day=date.fromisoformat(row.day),
                    answers=kept,
                    texts=texts,
                )
            )
    return made


def discard(store: Store, definitions: Definitions, by: Account, batch: str, today: date, also: Also) -> None:
    """Give a batch up and delete what was keyed of it; PaperError if the account may not."""

    def work(connection: Connection) -> None:
        found = _to_end(connection, definitions, by, batch)
        rows.end(connection, OutcomeRow(batch, "discarded", today.isoformat(), 0, 0, 0, 0))
        also(connection, batch, {"n": found.row.n})

    store.write(work)


def purge(store: Store, today: date, also: Also) -> int:
    """Discard batches that were left open for longer than `KEEP_DAYS`; returns how many."""

    def work(connection: Connection) -> int:
        due = rows.left_open(connection, _bound(today))
        for batch in due:
            rows.end(connection, OutcomeRow(batch, "discarded", today.isoformat(), 0, 0, 0, 0))
            also(connection, batch, {"days": KEEP_DAYS})
        return len(due)

    return store.write(work)


def due(store: Store, today: date) -> int:
    """How many batches `purge` would discard now."""
    return store.read(lambda connection: len(rows.left_open(connection, _bound(today))))


def _bound(today: date) -> str:
    return (today - timedelta(days=KEEP_DAYS)).isoformat()
