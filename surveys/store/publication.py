"""Statements over what of cases may be public."""

from sqlalchemy import Connection, select

from surveys.store.schema import case_events

_E = case_events.c


def agreed_numbers(connection: Connection, before: str) -> list[str]:
    """Cases whose resident agreed to a summary before the day, whatever she said since."""
    statement = select(_E.number).where(_E.kind == "consented", _E.day < before).distinct()
    return list(connection.execute(statement.order_by(_E.number)).scalars())


def text_digest(connection: Connection, number: str, sequence: int) -> bytes:
    """The salted digest of one event's text, empty if it has none."""
    statement = select(_E.text_digest).where(_E.number == number, _E.sequence == sequence)
    return bytes(connection.execute(statement).scalar() or b"")
