"""Statements over a copy of a store: what a copy leaves out, and whether one is whole."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, delete, func, select

from surveys.store.cards import WITHOUT_NUMBER, add_cards
from surveys.store.schema import audit as acts
from surveys.store.schema import cards, cases, responses, staff_sessions, staff_tries

Row = tuple[bytes, str, int, str, str, str, str, str, str, bytes]
_ANSWER = [
    responses.c[name]
    for name in ("id", "survey", "version", "unit", "channel", "basis", "language", "day", "answers", "digest")
]


def leave_out(connection: Connection) -> None:
    """Take out of a copy what would tell on someone or is of no use elsewhere.

    Cards lose their numbers: two copies then show how many of a batch were used meanwhile, and not which. Their secrets
    still use them up. Sessions and tries to sign in go.
    """
    statement = select(cards.c.batch, cards.c.secret).order_by(cards.c.batch, cards.c.secret)
    batches = groupby(connection.execute(statement).all(), key=itemgetter(0))
    connection.execute(delete(cards))
    for batch, kept in batches:
        numbered = ((f"{batch}{WITHOUT_NUMBER}{place:04}", secret) for place, (_, secret) in enumerate(kept))
        add_cards(connection, batch, list(numbered))
    connection.execute(delete(staff_sessions))
    connection.execute(delete(staff_tries))


def faults(connection: Connection, *, quick: bool = False) -> list[str]:
    """What the engine finds wrong with the file; `quick` leaves out whether each index fits its table."""
    found = connection.exec_driver_sql(f"PRAGMA {'quick' if quick else 'integrity'}_check(20)").scalars().all()
    return [str(line) for line in found if line != "ok"]


def answers_with_digests(connection: Connection) -> Iterator[Row]:
    """Every answer set as it is stored."""
    for row in connection.execute(select(*_ANSWER)).yield_per(2000):
        yield tuple(row)


def sizes(connection: Connection) -> dict[str, int]:
    """How many answer sets, cases and rows of the audit there are."""
    tables = {"responses": responses, "cases": cases, "audit": acts}
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one() for name, table in tables.items()
    }
