"""Statements over the photos of cases."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import case_events, case_photos

_P = case_photos.c


class PhotoRow(NamedTuple):
    """A photo of a case: a JPEG, and the salt of the digest that stands in its event."""

    number: str
    position: int
    salt: bytes
    image: bytes


def add(connection: Connection, row: PhotoRow) -> None:
    """Store a photo; its place must be free."""
    connection.execute(insert(case_photos), row._asdict())


def of_case(connection: Connection, number: str) -> tuple[PhotoRow, ...]:
    """The photos of a case that are still there, in their order."""
    statement = select(case_photos).where(_P.number == number).order_by(_P.position)
    return tuple(PhotoRow(*row) for row in connection.execute(statement))


def image(connection: Connection, number: str, position: int) -> bytes | None:
    """One photo as JPEG, None where there is none or it was purged."""
    found = connection.execute(select(_P.image).where(_P.number == number, _P.position == position)).scalar()
    return bytes(found) if found is not None else None


def purge(connection: Connection, number: str, keep: Sequence[int]) -> None:
    """Delete the photos of a case with their salts, save those at the positions to keep."""
    connection.execute(delete(case_photos).where(_P.number == number, _P.position.not_in(keep)))


def numbers(connection: Connection) -> tuple[str, ...]:
    """The cases that have, or had, a photo: by an event or by a picture."""
    by_event = select(case_events.c.number).where(case_events.c.kind == "photo")
    statement = by_event.union(select(_P.number)).order_by("number")
    return tuple(connection.execute(statement).scalars())


def each(connection: Connection) -> Iterator[tuple[str, tuple[PhotoRow, ...]]]:
    """Each case that has or had a photo, with what is still there, one case at a time."""
    return ((number, of_case(connection, number)) for number in numbers(connection))
