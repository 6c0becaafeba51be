"""The events of all cases without their words, case by case, for whoever counts them."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, null, select

from surveys.store.ledger import CaseRow, EventRow
from surveys.store.schema import case_events, cases

_E = case_events.c
_EVENTS = select(case_events, null()).where(_E.number.in_(select(cases.c.number))).order_by(_E.number, _E.sequence)


def histories(connection: Connection, until: str) -> Iterator[tuple[CaseRow, tuple[EventRow, ...]]]:
    """Every case received until the day, counted in, with its events until then; texts are None."""
    rows = connection.execute(select(cases).where(cases.c.day <= until).order_by(cases.c.number))
    found = (CaseRow(*row) for row in rows)
    events = (EventRow(*row) for row in connection.execute(_EVENTS.where(_E.day <= until)))
    by_number = groupby(events, key=lambda event: event.number)
    number, own = next(by_number, ("", iter(())))
    for case in found:
        while number and number < case.number:
            number, own = next(by_number, ("", iter(())))
        if number == case.number:
            yield case, tuple(own)
