"""Statements over cases: opening one, adding events, finding one by its number."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from surveys.store import feeds, photos
from surveys.store.schema import case_board, case_contacts, case_events, case_handed_contacts, case_texts, cases
from surveys.store.wordings import released_in

_FIND = select(cases).where(cases.c.number == bindparam("number"))
_EVENTS = (
    select(case_events, case_texts.c.text)
    .outerjoin(
        case_texts,
        (case_texts.c.number == case_events.c.number) & (case_texts.c.sequence == case_events.c.sequence),
    )
    .where(case_events.c.number == bindparam("number"))
    .order_by(case_events.c.sequence)
)


class CaseRow(NamedTuple):
    """A case as it was opened; everything since is in its events."""

    number: str
    secret: bytes
    category: str
    unit: str | None
    channel: str
    language: str
    day: str


class EventRow(NamedTuple):
    """One event of a case; `text` is None once it was purged, `data` is JSON of codes."""

    number: str
    sequence: int
    kind: str
    day: str
    role: str
    unit: str | None
    data: str
    text_digest: bytes | None
    text: str | None


def find_case(connection: Connection, number: str) -> CaseRow | None:
    """The case with that number, or None."""
    row = connection.execute(_FIND, {"number": number}).first()
    return CaseRow(*row) if row else None


def events_of(connection: Connection, number: str) -> tuple[EventRow, ...]:
    """The events of a case in their order."""
    return tuple(EventRow(*row) for row in connection.execute(_EVENTS, {"number": number}))


def add_case(connection: Connection, row: CaseRow) -> None:
    """Store a new case; its number must be free."""
    connection.execute(insert(cases), row._asdict())


def add_event(connection: Connection, event: Mapping[str, Any], salt: bytes | None, text: str | None) -> None:
    """Append one event, and its text apart, where it can be purged."""
    connection.execute(insert(case_events), event)
    if text is not None:
        row = {"number": event["number"], "sequence": event["sequence"], "salt": salt, "text": text}
        connection.execute(insert(case_texts), row)


def set_contact(connection: Connection, number: str, sealed: bytes) -> None:
    """Keep the sealed contact of a case unless it has one."""
    connection.execute(insert(case_contacts).on_conflict_do_nothing(), {"number": number, "sealed": sealed})


def sealed_contact(connection: Connection, number: str) -> bytes | None:
    """The sealed contact of a case, None where none was left or it was purged."""
    found = connection.execute(select(case_contacts.c.sealed).where(case_contacts.c.number == number)).scalar()
    return bytes(found) if found is not None else None


def sealed_contacts(connection: Connection) -> list[tuple[str, bytes]]:
    """Every contact as it is sealed, with the number of its case."""
    statement = select(case_contacts.c.number, case_contacts.c.sealed).order_by(case_contacts.c.number)
    return [(number, bytes(sealed)) for number, sealed in connection.execute(statement)]


def reseal_contact(connection: Connection, number: str, sealed: bytes) -> None:
    """Put a contact that was sealed anew in the place of the old one."""
    connection.execute(delete(case_contacts).where(case_contacts.c.number == number))
    set_contact(connection, number, sealed)


def purge_contact(connection: Connection, number: str) -> None:
    """Delete the contact of a case, and what was handed over of it."""
    connection.execute(delete(case_contacts).where(case_contacts.c.number == number))
    drop_handed(connection, number=number)


def hand_contact(connection: Connection, number: str, staff: str, sealed: bytes) -> None:
    """Keep a contact that was sealed anew for one handler, in place of what he had of it."""
    statement = insert(case_handed_contacts).values(number=number, staff=staff, sealed=sealed)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["number", "staff"], set_={"sealed": statement.excluded.sealed})
    )


def handed_contact(connection: Connection, number: str, staff: str) -> bytes | None:
    """The contact as it was handed to one handler, or None."""
    table = case_handed_contacts.c
    found = connection.execute(select(table.sealed).where(table.number == number, table.staff == staff)).scalar()
    return bytes(found) if found is not None else None


def handed_to(connection: Connection, number: str) -> frozenset[str]:
    """The ids of the handlers that a contact was handed to."""
    table = case_handed_contacts.c
    return frozenset(connection.execute(select(table.staff).where(table.number == number)).scalars())


def drop_handed(connection: Connection, *, number: str | None = None, staff: str | None = None) -> None:
    """Delete what was handed over of a case, or to an account."""
    table = case_handed_contacts
    wanted = table.c.number == number if staff is None else table.c.staff == staff
    connection.execute(delete(table).where(wanted))


def released_numbers(connection: Connection, after: str, limit: int) -> list[str]:
    """Cases at work with a unit whose resident released the contact at some time, in the order of their numbers."""
    b, c, e = case_board.c, case_contacts.c, case_events.c
    at_receipt = (e.kind == "received") & released_in(e.data).is_not(None)
    told = exists().where(e.number == b.number, (e.kind == "released") | at_receipt)
    kept = exists().where(c.number == b.number)
    statement = select(b.number).where(b.queue == "unit", b.number > after, kept, told)
    return list(connection.execute(statement.order_by(b.number).limit(limit)).scalars())


def purge_texts(connection: Connection, number: str, keep: int | None, photos_kept: Sequence[int] = ()) -> None:
    """Delete the texts and photos of a case with their salts, and its feed; what is public by consent is kept."""
    texts = case_texts.c
    connection.execute(delete(case_texts).where(texts.number == number, texts.sequence != (keep or 0)))
    photos.purge(connection, number, photos_kept)
    feeds.remove(connection, number)


def erase_texts(connection: Connection, number: str, sequences: Sequence[int]) -> None:
    """Delete the texts of some events of a case with their salts."""
    texts = case_texts.c
    connection.execute(delete(case_texts).where(texts.number == number, texts.sequence.in_(sequences)))


class TextRow(NamedTuple):
    """The digest in an event, and the text and salt that it was made from unless they were purged."""

    number: str
    sequence: int
    kind: str
    data: str
    text_digest: bytes | None
    salt: bytes | None
    text: str | None


def texts(connection: Connection) -> Iterator[TextRow]:
    """Every event with its text, case by case and in order."""
    e, t = case_events.c, case_texts.c
    same = (t.number == e.number) & (t.sequence == e.sequence)
    statement = select(e.number, e.sequence, e.kind, e.data, e.text_digest, t.salt, t.text)
    rows = connection.execute(
        statement.select_from(case_events.outerjoin(case_texts, same)).order_by(e.number, e.sequence)
    )
    return (TextRow(*row) for row in rows)
