"""What anyone may read of cases today: summaries that were agreed to, and the list of what is overdue."""

from collections.abc import Iterator
from datetime import date

from surveys import case_board, case_ledger
from surveys.case_board import BoardRow
from surveys.case_publication import Echo, echo_of
from surveys.store import Connection, Store, publication

PAGE = 500


def echoes(store: Store, day: date) -> Iterator[tuple[str, Echo]]:
    """Case numbers, which are not public, and what is: agreed to before the day's month and not taken back since."""
    before = day.replace(day=1).isoformat()
    for number in store.read(lambda connection: publication.agreed_numbers(connection, before)):
        if echo := _echo(store, number, day):
            yield number, echo


def _echo(store: Store, number: str, day: date) -> Echo | None:
    def work(connection: Connection) -> Echo | None:
        case = case_ledger.load(connection, number)
        sequence = case.standing.published_summary if case else None
        if case is None or sequence is None:
            return None
        return echo_of(case, publication.text_digest(connection, number, sequence), day)

    return store.read(work)


def overdue(store: Store, day: date) -> Iterator[BoardRow]:
    """Every case whose limit ran out before the day, as the public list names them; none is left out."""
    rows = case_board.listing(store, "overdue", day, limit=PAGE)
    while rows:
        yield from rows
        rows = case_board.listing(store, "overdue", day, after=case_board.mark_of(rows[-1]), limit=PAGE)
