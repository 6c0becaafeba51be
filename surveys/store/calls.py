"""Statements over calls: the answers that came by telephone, and the calls that brought none."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import phone_calls, responses


class CallRow(NamedTuple):
    """A call that brought no answer; the random id (16 bytes) tells a repeated form from another call."""

    id: bytes
    survey: str
    unit: str
    period: str
    outcome: str


class CallCount(NamedTuple):
    """How many calls about a unit ended so."""

    survey: str
    unit: str
    outcome: str
    n: int


class CallTotal(NamedTuple):
    """How many calls of a month about a survey ended so."""

    survey: str
    month: str
    outcome: str
    n: int


def is_kept(connection: Connection, wanted: bytes) -> bool:
    """Whether a call with the id is there."""
    return connection.execute(select(phone_calls.c.id).where(phone_calls.c.id == wanted)).first() is not None


def add(connection: Connection, row: CallRow) -> None:
    """Keep a call that brought no answer."""
    connection.execute(insert(phone_calls), row._asdict())


def count_calls(connection: Connection, month: str) -> list[CallTotal]:
    """The calls of a month by survey and outcome, units together, those that brought an answer among them."""
    own, taken = phone_calls.c, responses.c
    by_phone = (taken.period == month) & (taken.channel == "telephone") & (taken.basis == "assisted")
    calls = union_all(
        select(own.survey, own.outcome).where(own.period == month),
        select(taken.survey, literal("answered")).where(by_phone),
    ).subquery()
    key = (calls.c.survey, calls.c.outcome)
    found = connection.execute(select(*key, func.count()).group_by(*key).order_by(*key))
    return [CallTotal(survey, month, outcome, n) for survey, outcome, n in found]


def one_by_one(connection: Connection, period: str) -> list[tuple[str, str]]:
    """Survey and outcome of every call of a month, for a recount."""
    own, taken = phone_calls.c, responses.c
    without = connection.execute(select(own.survey, own.outcome).where(own.period == period))
    came = select(taken.survey, taken.channel, taken.basis).where(taken.period == period)
    found = [(survey, outcome) for survey, outcome in without]
    for survey, channel, basis in connection.execute(came):
        if (channel, basis) == ("telephone", "assisted"):
            found.append((survey, "answered"))
    return found


def count(connection: Connection, surveys: Collection[str], period: str) -> list[CallCount]:
    """The calls of a month about these surveys by unit and outcome, those that brought an answer among them."""
    own, taken = phone_calls.c, responses.c
    without = select(own.survey, own.unit, own.outcome).where(own.survey.in_(surveys), own.period == period)
    by_phone = (taken.channel == "telephone") & (taken.basis == "assisted")
    mine = taken.survey.in_(surveys) & (taken.period == period) & by_phone
    answered = select(taken.survey, taken.unit, literal("answered")).where(mine)
    calls = union_all(without, answered).subquery()
    key = (calls.c.survey, calls.c.unit, calls.c.outcome)
    statement = select(*key, func.count()).group_by(*key).order_by(*key)
    return [CallCount(*row) for row in connection.execute(statement)]
