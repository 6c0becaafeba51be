"""Statements over the feeds of cases: a digest of the feed's token leads to the case, one for each case at most."""

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from surveys.store.schema import case_feeds

_F = case_feeds.c


def find(connection: Connection, token: bytes) -> str | None:
    """The number of the case that the digest of a token leads to."""
    return connection.execute(select(_F.number).where(_F.token == token)).scalar()


def of_case(connection: Connection, number: str) -> bytes | None:
    """The digest of the token of a case's feed, None where it is off."""
    found = connection.execute(select(_F.token).where(_F.number == number)).scalar()
    return bytes(found) if found is not None else None


def put(connection: Connection, number: str, token: bytes) -> None:
    """Put the digest of a new token in place of the old one."""
    remove(connection, number)
    connection.execute(insert(case_feeds), {"token": token, "number": number})


def remove(connection: Connection, number: str) -> None:
    """Forget the token of a case's feed."""
    connection.execute(delete(case_feeds).where(_F.number == number))
