"""The desk's lists: what is to triage, due, overdue, to call, disputed; a board derived from the events."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Literal, get_args

from surveys.case_acts import Case
from surveys.case_limits import next_due
from surveys.case_standing import Standing
from surveys.errors import CaseError
from surveys.store import Store, board
from surveys.store.board import BoardRow, Mark

__all__ = ["LISTS", "BoardRow", "ListName", "Mark", "browse", "count", "listing", "mark_of", "row_of"]

ListName = Literal[
    "triage", "assign", "appeals", "unit", "callbacks", "close", "unreached", "disputes", "due_today", "overdue"
]
LISTS: tuple[ListName, ...] = get_args(ListName)
_EVER = date.min
_DAY = timedelta(days=1)
Wanted = Mapping[str, str | int]
Span = tuple[date, date] | None


def row_of(case: Case) -> BoardRow:
    """The board's row of a case, from its standing alone."""
    standing = case.standing
    queue = standing.queue
    due_kind, due_day = next_due(standing)
    return BoardRow(
        number=case.number,
        state=standing.state,
        queue=queue,
        owed=int(queue not in ("wait", "done")),
        disputed=int(_is_disputed(standing)),
        calm=int(not standing.urgent),
        unit=standing.appeal_unit if queue == "appeal" else standing.unit,
        category=case.category,
        due_kind=due_kind,
        due_day=due_day.isoformat(),
        received=standing.received.isoformat(),
        sequence=standing.sequence,
        master=standing.master,
    )


def _is_disputed(standing: Standing) -> bool:
    """Contested by the resident or the unit, and not yet settled again."""
    came_back = standing.returned and standing.triage_from is not None
    again = standing.round > 1 and standing.is_open and not standing.proposed
    return standing.queue == "appeal" or came_back or again


def _chosen(name: ListName, today: date, unit: str | None, at_work: bool) -> tuple[Wanted, Span]:
    lists: Mapping[ListName, tuple[Wanted, Span]] = {
        "triage": ({"queue": "triage"}, None),
        "assign": ({"queue": "assign"}, None),
        "appeals": ({"queue": "appeal"}, None),
        "unit": ({"queue": "unit"}, None),
        "callbacks": ({"queue": "callback"}, None),
        "close": ({"queue": "close"}, None),
        "unreached": ({"queue": "wait", "due_kind": "not_reached"}, (_EVER, today - _DAY)),
        "disputes": ({"disputed": 1}, None),
        "due_today": ({"owed": 1}, (today, today)),
        "overdue": ({"owed": 1}, (_EVER, today - _DAY)),
    }
    if name not in lists:
        raise CaseError(f"there is no list '{name}': choose one of {', '.join(LISTS)}")
    wanted, span = lists[name]
    if at_work:  # what lies with a unit is owed: without that word an index has all that is asked
        wanted = {**{column: value for column, value in wanted.items() if column != "owed"}, "queue": "unit"}
    return ({**wanted, "unit": unit} if unit else wanted), span


def _texts(span: Span) -> tuple[str, str] | None:
    return (span[0].isoformat(), span[1].isoformat()) if span else None


def mark_of(row: BoardRow) -> Mark:
    """The mark from which the page after this row starts."""
    return Mark(row.calm, row.due_day, row.number)


def listing(
    store: Store,
    name: ListName,
    today: date,
    *,
    unit: str | None = None,
    at_work: bool = False,
    after: Mark | None = None,
    limit: int = 50,
    without: Collection[str] = (),
) -> list[BoardRow]:
    """One page of a list: danger to life first, then what runs out first; `after` is the last mark shown.

    `at_work` leaves only what lies with a unit, which is all that a handler works on; `without` leaves out the
    cases of units whose work the reader does not judge.
    """
    wanted, span = _chosen(name, today, unit, at_work)
    return store.read(lambda connection: board.page(connection, wanted, _texts(span), after, limit, without))


def count(
    store: Store,
    name: ListName,
    today: date,
    *,
    unit: str | None = None,
    at_work: bool = False,
    most: int = 1000,
    without: Collection[str] = (),
) -> int:
    """How long a list is, counted no further than `most`, so that a long one costs no more."""
    wanted, span = _chosen(name, today, unit, at_work)
    return store.read(lambda connection: board.count(connection, wanted, _texts(span), most, without))


def browse(
    store: Store,
    *,
    state: str | None = None,
    unit: str | None = None,
    category: str | None = None,
    before: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[BoardRow]:
    """All cases that match, newest receipt first; `before` is receipt day and number of the last one shown."""
    given = {"state": state, "unit": unit, "category": category}
    wanted: Wanted = {key: value for key, value in given.items() if value}
    return store.read(lambda connection: board.browse(connection, wanted, before, limit))
