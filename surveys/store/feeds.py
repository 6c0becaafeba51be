"""Statements over the feeds of cases: a digest of the feed's token leads to the case, one for each case at most."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import case_feeds

_F = case_feeds.c


class Feed(NamedTuple):
    """How often the feed of a case was switched on, changed or off, and its token's digest, None while it is off."""

    turn: int = 0
    token: bytes | None = None


def find(connection: Connection, token: bytes) -> str | None:
    """The number of the case that the digest of a token leads to."""
    return connection.execute(select(_F.number).where(_F.token == token)).scalar()


def of_case(connection: Connection, number: str) -> Feed:
    """The feed of a case as it is now."""
    found = connection.execute(select(_F.turn, _F.token).where(_F.number == number)).first()
    return Feed(*found) if found else Feed()


def put(connection: Connection, number: str, feed: Feed) -> None:
    """Put a feed in place of the one before."""
    remove(connection, number)
    connection.execute(insert(case_feeds), {"number": number, **feed._asdict()})


def remove(connection: Connection, number: str) -> None:
    """Forget all about the feed of a case."""
    connection.execute(delete(case_feeds).where(_F.number == number))
