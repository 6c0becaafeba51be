"""Statements over reply cards: a card that is used or void loses its row, a counter tells how many were."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import card_batches, card_uses, card_voids, cards


class BatchRow(NamedTuple):
    """One batch as it was issued: its five digits, what its cards are for, the day, and how many there are."""

    batch: str
    survey: str
    unit: str
    day: str
    n: int


class VoidRow(NamedTuple):
    """A range of one batch's numbers that was made void; `n` cards of it had not been used."""

    batch: str
    sequence: int
    first: str
    last: str
    reason: str
    day: str
    period: str
    n: int


class CardCount(NamedTuple):
    """One figure of a batch by the end of a month: how many cards were issued, used or void by then."""

    survey: str
    month: str
    batch: str
    unit: str
    day: str
    figure: str
    n: int


WITHOUT_NUMBER = "r"
"""What stands behind the batch in place of the number of a card that came back from a backup."""
_BATCH = [card_batches.c[name] for name in BatchRow._fields]
_TAKE_RESTORED = delete(cards).where((cards.c.batch == bindparam("batch")) & (cards.c.secret == bindparam("proof")))
_TAKE = delete(cards).where((cards.c.number == bindparam("wanted")) & (cards.c.secret == bindparam("proof")))
_SURVEYS = select(card_batches.c.survey).distinct()


def last_batch(connection: Connection) -> str:
    """The highest batch that has a row or cards; '00000' where there is none."""
    known = union_all(select(card_batches.c.batch), select(cards.c.batch)).subquery()
    return connection.execute(select(func.max(known.c.batch))).scalar() or "00000"


def add_cards(connection: Connection, batch: str, proofs: Sequence[tuple[str, bytes]]) -> None:
    """Store the cards of a batch by number and secret's digest; they cannot be used until the batch is added."""
    rows = [{"number": number, "batch": batch, "secret": secret} for number, secret in proofs]
    connection.execute(insert(cards), rows)


def add_batch(connection: Connection, row: BatchRow) -> None:
    """Let the cards of a batch count."""
    connection.execute(insert(card_batches), row._asdict())


def remove_cards(connection: Connection, batch: str) -> None:
    """Take out the cards of a batch that was never added, or that nobody can use any more."""
    connection.execute(delete(cards).where(cards.c.batch == batch))


def count_left(connection: Connection, batch: str) -> int:
    """How many cards of a batch can still be used."""
    return connection.execute(select(func.count()).where(cards.c.batch == batch)).scalar_one()


def take(connection: Connection, number: str, secret: bytes, period: str) -> bool:
    """Use a card up and count it in the month; False if it was used before."""
    taken = connection.execute(_TAKE, {"wanted": number, "proof": secret}).rowcount
    if not taken and not connection.execute(_TAKE_RESTORED, {"batch": number[:5], "proof": secret}).rowcount:
        return False
    count = insert(card_uses).values(batch=number[:5], period=period, n=1)
    added = {"n": card_uses.c.n + count.excluded.n}
    connection.execute(count.on_conflict_do_update(index_elements=["batch", "period"], set_=added))
    return True


def is_void(connection: Connection, number: str) -> bool:
    """Whether the number lies in a range that was made void."""
    within = (card_voids.c.batch == number[:5]) & (card_voids.c.first <= number) & (card_voids.c.last >= number)
    return connection.execute(select(card_voids.c.batch).where(within)).first() is not None


def is_restored(connection: Connection, batch: str) -> bool:
    """Whether cards of the batch came back from a backup, which keeps no numbers."""
    mark = func.substr(cards.c.number, 6, 1) == WITHOUT_NUMBER
    return connection.execute(select(cards.c.batch).where((cards.c.batch == batch) & mark).limit(1)).first() is not None


def void(connection: Connection, row: VoidRow) -> int:
    """Take out the cards of a range and record it with their number; returns how many there were, 0 records nothing.

    Cards that have no number go with any range of their batch.
    """
    within = (cards.c.number >= row.first) & (cards.c.number <= row.last)
    mark = func.substr(cards.c.number, 6, 1) == WITHOUT_NUMBER
    number = connection.execute(delete(cards).where((cards.c.batch == row.batch) & (within | mark))).rowcount
    if number:
        same = select(func.count()).where(card_voids.c.batch == row.batch)
        sequence = connection.execute(same).scalar_one() + 1
        connection.execute(insert(card_voids), row._replace(sequence=sequence, n=number)._asdict())
    return number


def batch(connection: Connection, wanted: str) -> BatchRow | None:
    """A batch that was issued, by its digits."""
    found = connection.execute(select(*_BATCH).where(card_batches.c.batch == wanted)).first()
    return BatchRow(*found) if found else None


def batches(connection: Connection) -> list[BatchRow]:
    """Every batch that was issued."""
    return [BatchRow(*row) for row in connection.execute(select(*_BATCH).order_by(card_batches.c.batch))]


def uses(connection: Connection) -> list[tuple[str, str, int]]:
    """How many cards of each batch were used in each month: batch, month, number."""
    columns = (card_uses.c.batch, card_uses.c.period, card_uses.c.n)
    return [(row[0], row[1], row[2]) for row in connection.execute(select(*columns))]


def voids(connection: Connection) -> list[VoidRow]:
    """Every range that was made void."""
    columns = [card_voids.c[name] for name in VoidRow._fields]
    return [VoidRow(*row) for row in connection.execute(select(*columns))]


def changed_in(connection: Connection, period: str) -> frozenset[str]:
    """The batches that were issued, used or made void in a month."""
    found = union_all(
        select(card_batches.c.batch).where(func.substr(card_batches.c.day, 1, 7) == period),
        select(card_uses.c.batch).where(card_uses.c.period == period),
        select(card_voids.c.batch).where(card_voids.c.period == period),
    )
    return frozenset(connection.execute(found).scalars())


def unfinished(connection: Connection) -> list[tuple[str, int]]:
    """Batches whose issue was interrupted, with the number of their cards, which can never be used."""
    issued = select(card_batches.c.batch)
    columns = (cards.c.batch, func.count().label("n"))
    statement = select(*columns).where(cards.c.batch.not_in(issued)).group_by(cards.c.batch).order_by(cards.c.batch)
    return [(row[0], row[1]) for row in connection.execute(statement)]


def surveys_with_cards(connection: Connection) -> frozenset[str]:
    """Keys of the surveys that cards were issued for."""
    return frozenset(connection.execute(_SURVEYS).scalars())


def count_cards(connection: Connection, month: str) -> list[CardCount]:
    """What every batch that was issued by the end of a month had come to by then."""
    figures = union_all(
        select(card_batches.c.batch, literal("issued").label("figure"), card_batches.c.n),
        _summed(card_uses, "used", month),
        _summed(card_voids, "void", month),
    ).subquery()
    own = card_batches.c
    statement = (
        select(own.survey, own.batch, own.unit, own.day, figures.c.figure, figures.c.n)
        .join(figures, figures.c.batch == own.batch)
        .where(func.substr(own.day, 1, 7) <= month)
        .order_by(own.batch, figures.c.figure)
    )
    return [CardCount(row[0], month, *row[1:]) for row in connection.execute(statement)]


def _summed(table: Table, figure: str, month: str) -> Select[Any]:
    own = table.c
    columns = (own.batch, literal(figure).label("figure"), func.sum(own.n).label("n"))
    return select(*columns).where(own.period <= month).group_by(own.batch)
