"""Statements over answers: storing them, counting a month of them, closing it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert

from surveys.store.exclusion_batches import CONFIRMED, NOW
from surveys.store.schema import (
    closed_periods,
    exclusion_members,
    page_votes,
    response_texts,
    responses,
)
from surveys.store.slices import Count, count_period

_INSERT_RESPONSE = insert(responses).on_conflict_do_nothing()
_INSERT_TEXT = insert(response_texts).on_conflict_do_nothing()
# Texts of an answer set that is stored already may have been purged: a repeat does not bring them back.
_INSERT_TEXT_OF_NEW = text(
    "INSERT INTO response_texts (id, question, text) SELECT :id, :question, :text "
    "WHERE NOT EXISTS (SELECT 1 FROM responses WHERE responses.id = :id) ON CONFLICT DO NOTHING"
)
_RECEIPT = select(
    responses.c.survey, responses.c.unit, responses.c.day, responses.c.digest, responses.c.basis
).where(responses.c.id == bindparam("id"))  # fmt: skip
_TEXTS = select(response_texts.c.question, response_texts.c.text).where(response_texts.c.id == bindparam("id"))
_IS_CLOSED = select(closed_periods.c.period).where(closed_periods.c.period == bindparam("period"))


TOGETHER = 200
"""Rows of one statement: a server takes 65,535 values at most, a file 32,766."""


class RepeatedError(Exception):
    """Answer sets that were to be new are not; the transaction has to be given up."""


class StoredResponse(NamedTuple):
    """What a receipt may say of a stored answer set; digest and (question, text) tell a repeat from a clash."""

    survey: str
    unit: str
    day: str
    digest: bytes
    basis: str
    texts: frozenset[tuple[str, str]] = frozenset()


class RawAnswers(NamedTuple):
    """What a recount reads of an answer set: its survey, unit and basis, and the answers as JSON of codes."""

    survey: str
    unit: str
    basis: str
    answers: str


def add_response(connection: Connection, row: Mapping[str, Any], texts: Mapping[str, str]) -> StoredResponse:
    """Store one answer set unless its id is there already; returns what is stored under the id."""
    if connection.execute(_INSERT_RESPONSE, row).rowcount:
        if texts:
            connection.execute(_INSERT_TEXT, [{"id": row["id"], "question": q, "text": t} for q, t in texts.items()])
        return _stored(row, texts)
    return StoredResponse(*connection.execute(_RECEIPT, {"id": row["id"]}).one(), _texts_of(connection, row["id"]))


def add_new_responses(
    connection: Connection, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]]
) -> list[StoredResponse]:
    """Store answer sets that are all new, in one statement; RepeatedError if one is there or stands twice."""
    if _insert(connection, [row for row, _ in rows]) != len(rows):
        raise RepeatedError
    texts = [{"id": row["id"], "question": q, "text": t} for row, found in rows for q, t in found.items()]
    if texts:
        connection.execute(_INSERT_TEXT, texts)
    return [_stored(row, found) for row, found in rows]


@lru_cache(maxsize=256)
def _inserting(dialect: Dialect, rows: int) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """The statement for so many rows at once, and what gives a row's values in its order.

    SQLAlchemy would write a statement of many rows anew each time, which takes longer than to run it.
    """
    compiled = _INSERT_RESPONSE.compile(dialect=dialect)
    before, values, after = re.split(r"(\([^()]*\)) (?=ON CONFLICT)", compiled.string)
    return f"{before}{', '.join([values] * rows)} {after}", itemgetter(*(compiled.positiontup or ()))


def _stored(row: Mapping[str, Any], texts: Mapping[str, str]) -> StoredResponse:
    return StoredResponse(row["survey"], row["unit"], row["day"], row["digest"], row["basis"], frozenset(texts.items()))


def stored_response(connection: Connection, wanted: bytes) -> StoredResponse | None:
    """What is stored under an id, None if nothing is."""
    found = connection.execute(_RECEIPT, {"id": wanted}).first()
    return StoredResponse(*found, _texts_of(connection, wanted)) if found else None


def _texts_of(connection: Connection, wanted: bytes) -> frozenset[tuple[str, str]]:
    return frozenset((text.question, text.text) for text in connection.execute(_TEXTS, {"id": wanted}))


def add_responses(connection: Connection, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]]) -> int:
    """Store a batch of answer sets; returns how many were new."""
    if not rows:
        return 0
    texts = [{"id": row["id"], "question": q, "text": t} for row, found in rows for q, t in found.items()]
    if texts:
        connection.execute(_INSERT_TEXT_OF_NEW, texts)
    return _insert(connection, [row for row, _ in rows])


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many were new; many a statement, for SQLAlchemy and the drivers take as long for a statement as for a row."""
    new = 0
    for start in range(0, len(rows), TOGETHER):
        block = rows[start : start + TOGETHER]
        statement, in_order = _inserting(connection.dialect, len(block))
        given = tuple(chain.from_iterable(map(in_order, block)))
        new += connection.exec_driver_sql(statement, given).rowcount
    return new


def existing_digests(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Digests of those answer sets that are stored already, by id."""
    statement = select(responses.c.id, responses.c.digest).where(responses.c.id.in_(bindparam("ids", expanding=True)))
    found: dict[bytes, bytes] = {}
    for batch in _in_parts(ids):
        found.update((row.id, row.digest) for row in connection.execute(statement, {"ids": batch}))
    return found


def stored_rows(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, Mapping[str, Any]]:
    """All of those answer sets that are stored, by id: the columns by name."""
    statement = select(responses).where(responses.c.id.in_(bindparam("ids", expanding=True)))
    found: dict[bytes, Mapping[str, Any]] = {}
    for batch in _in_parts(ids):
        found.update((row["id"], dict(row)) for row in connection.execute(statement, {"ids": batch}).mappings())
    return found


def _in_parts(ids: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(ids)
    while part := list(islice(rest, 10_000)):  # SQLite takes 32,766 values in one statement
        yield part


def is_closed(connection: Connection, period: str) -> bool:
    """Whether the month was published."""
    return connection.execute(_IS_CLOSED, {"period": period}).first() is not None


def waiting_periods(connection: Connection, before: str) -> list[str]:
    """The months before another one that hold answers and are not published."""
    closed = select(closed_periods.c.period)
    wanted = (responses.c.period < before) & responses.c.period.not_in(closed)
    return sorted(connection.execute(select(responses.c.period).distinct().where(wanted)).scalars())


def closing_days(connection: Connection) -> dict[str, str]:
    """The day on which each closed month was closed."""
    return {row.period: row.closed_on for row in connection.execute(select(closed_periods))}


def close_period(connection: Connection, period: str, day: str) -> None:
    """Mark the month as published; a second time changes nothing."""
    connection.execute(insert(closed_periods).on_conflict_do_nothing(), {"period": period, "closed_on": day})


def surveys_in(connection: Connection, period: str) -> list[tuple[str, int]]:
    """Survey keys and versions with answers in the month."""
    statement = select(responses.c.survey, responses.c.version).distinct().where(responses.c.period == period)
    return sorted((row.survey, row.version) for row in connection.execute(statement))


def bases_in(connection: Connection, survey: str, first: str, last: str) -> frozenset[str]:
    """On what grounds answers to a survey came in from one month to another."""
    own = responses.c
    within = (own.survey == survey) & (own.period >= first) & (own.period <= last)
    return frozenset(connection.execute(select(own.basis).distinct().where(within)).scalars())


def count_everything(connection: Connection) -> Iterator[Count]:
    """Count all months of all surveys, one after the other."""
    statement = select(responses.c.survey, responses.c.period).distinct()
    for survey, period in sorted(tuple(row) for row in connection.execute(statement)):
        yield from count_period(connection, survey, period)


def raw_answers(connection: Connection, period: str, known_on: str = NOW) -> Iterator[RawAnswers]:
    """The answer sets of a month that count, or that counted after its corrections until a day, one by one."""
    columns = (responses.c.survey, responses.c.unit, responses.c.basis, responses.c.answers)
    for row in connection.execute(select(*columns).where(_counts_in(period, known_on))):
        yield RawAnswers(*row)


def count_of(connection: Connection, period: str) -> int:
    """How many answer sets of a month count."""
    return connection.execute(select(func.count()).where(_counts_in(period))).scalar_one()


def _counts_in(period: str, known_on: str = NOW) -> ColumnElement[bool]:
    left_out = (
        text(CONFIRMED).bindparams(corrected_on="", known_on=known_on).columns(exclusion_members.c.response).subquery()
    )
    return (responses.c.period == period) & responses.c.id.not_in(select(left_out.c.response))


def add_page_vote(connection: Connection, page: str, period: str, helpful: bool) -> None:
    """Count one vote on whether a page was helpful."""
    statement = insert(page_votes).values(page=page, period=period, helpful=int(helpful), n=1)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["page", "period", "helpful"], set_={"n": page_votes.c.n + statement.excluded.n}
        )
    )


def page_votes_since(connection: Connection, period: str) -> Sequence[tuple[str, int, int]]:
    """Page, votes of yes and votes of no from the month on, for every page that has any."""
    count = {vote: func.coalesce(func.sum(page_votes.c.n).filter(page_votes.c.helpful == vote), 0) for vote in (1, 0)}
    statement = (
        select(page_votes.c.page, count[1], count[0])
        .where(page_votes.c.period >= period)
        .group_by(page_votes.c.page)
        .order_by(page_votes.c.page)
    )
    return [(page, int(yes), int(no)) for page, yes, no in connection.execute(statement)]
