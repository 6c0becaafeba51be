"""Statements over exclusions: what arrived by day, which answer sets are alike, batches and their decisions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import closed_periods, exclusion_batches, exclusion_decisions, exclusion_members
from surveys.store.wordings import Wording

# What was decided after the month was closed counts from its first correction of a later day on, so that what is
# published never changes by itself. A correction in the making is not stored yet: its day is given.
_IN_FORCE = (
    "decided.decision = 'confirmed' AND (closed.closed_on IS NULL OR decided.decided_on <= closed.closed_on"
    " OR decided.decided_on < :corrected_on OR EXISTS (SELECT 1 FROM corrections AS done"
    " WHERE done.period = batch.period AND done.day > decided.decided_on AND done.day <= :known_on))"
)
CONFIRMED = (
    "SELECT member.response FROM exclusion_members AS member"  # noqa: S608
    " JOIN exclusion_batches AS batch ON batch.id = member.batch"
    " JOIN exclusion_decisions AS decided ON decided.batch = member.batch"
    f" LEFT JOIN closed_periods AS closed ON closed.period = batch.period WHERE {_IN_FORCE}"
)
"""The answer sets that count no longer; `corrected_on` is the day of a correction in the making, '' for none.

Of corrections that are stored, those until `known_on` count.
"""
NOW = "9999"
# What was proposed and not refused is spoken for: nobody can propose it again.
_SPOKEN_FOR = (
    "SELECT member.response FROM exclusion_members AS member LEFT JOIN exclusion_decisions AS decided"
    " ON decided.batch = member.batch WHERE coalesce(decided.decision, 'confirmed') = 'confirmed'"
)
_VOLUMES = text(
    f"""
    SELECT survey, unit, channel, basis, day, period, count(*) AS n,
           count(*) FILTER (WHERE id NOT IN ({_SPOKEN_FOR})) AS free
      FROM responses
     WHERE survey = :survey AND period BETWEEN :first AND :last
     GROUP BY survey, unit, channel, basis, day, period
    """  # noqa: S608  (a statement of this module only)
)
# Texts are read in the order of their key, so that the same words of several questions make the same text.
_ALIKE = Wording(
    lambda words: (
        f"""
    SELECT survey, unit, channel, basis, day, period, count(*) AS n
      FROM (SELECT response.*, {words.joined} AS words, sum(length(text)) AS length
              FROM responses AS response JOIN response_texts AS written ON written.id = response.id
             WHERE survey = :survey AND period = :period AND response.id NOT IN ({_SPOKEN_FOR})
             GROUP BY response.survey, response.period, response.id) AS sets
     WHERE length >= :length
     GROUP BY survey, unit, channel, basis, day, period, version, answers, words
    HAVING count(*) >= :least
    """  # noqa: S608
    )
)
_SETS = Wording(
    lambda words: (
        f"""
    SELECT id, version, answers, coalesce(words, ''), coalesce(length, 0)
      FROM (SELECT response.*, {words.joined} AS words, sum(length(text)) AS length
              FROM responses AS response LEFT JOIN response_texts AS written ON written.id = response.id
             WHERE survey = :survey AND period = :period AND unit = :unit AND channel = :channel AND basis = :basis
               AND day = :day AND response.id NOT IN ({_SPOKEN_FOR})
             GROUP BY response.survey, response.period, response.id) AS sets
    """  # noqa: S608
    )
)
_REFUSED = text(
    "SELECT member.response FROM exclusion_members AS member"
    " JOIN exclusion_batches AS batch ON batch.id = member.batch"
    " JOIN exclusion_decisions AS decided ON decided.batch = batch.id AND decided.decision = 'refused'"
    " WHERE batch.survey = :survey AND batch.unit = :unit AND batch.channel = :channel AND batch.basis = :basis"
    " AND batch.day = :day AND batch.period = :period AND batch.reason = :reason"
)
_BATCHES = select(
    exclusion_batches,
    exclusion_decisions.c.decision,
    exclusion_decisions.c.decided_by,
    exclusion_decisions.c.decided_on,
).join_from(exclusion_batches, exclusion_decisions, exclusion_decisions.c.batch == exclusion_batches.c.id, isouter=True)
_CLOSED = select(closed_periods.c.period).where(closed_periods.c.period.in_(bindparam("periods", expanding=True)))
_EXCLUDED = Wording(
    lambda words: (
        f"""
    WITH excluded AS MATERIALIZED (
        SELECT response.id AS response, response.unit, response.basis, batch.reason, response.answers
          FROM exclusion_batches AS batch
          JOIN exclusion_decisions AS decided ON decided.batch = batch.id
          JOIN exclusion_members AS member ON member.batch = batch.id
          JOIN responses AS response ON response.id = member.response
          LEFT JOIN closed_periods AS closed ON closed.period = batch.period
         WHERE batch.survey = :survey AND batch.period = :period AND {_IN_FORCE}
    )
    SELECT unit, basis, reason, '' AS question, '' AS code, count(*) AS n FROM excluded GROUP BY 1, 2, 3
    UNION ALL
    SELECT unit, basis, reason, question.key, {words.plain}, count(*)
      FROM excluded, {words.each.format("excluded.answers")}
     WHERE NOT {words.is_array}
     GROUP BY 1, 2, 3, 4, 5
    """  # noqa: S608
    )
)


class Cell(NamedTuple):
    """The answer sets of a survey for one unit that came one way on one day and count in one month."""

    survey: str
    unit: str
    channel: str
    basis: str
    day: str
    period: str


class AnswerSet(NamedTuple):
    """What tells whether two answer sets are the same, and how many characters somebody wrote; never shown."""

    id: bytes
    version: int
    answers: str
    words: str
    length: int


class Batch(NamedTuple):
    """A proposal to exclude `n` answer sets; `evidence` is JSON of counts, the last three None while it waits."""

    id: str
    survey: str
    unit: str
    channel: str
    basis: str
    period: str
    day: str
    reason: str
    evidence: str
    n: int
    proposed_by: str
    proposed_on: str
    decision: str | None = None
    decided_by: str | None = None
    decided_on: str | None = None


class ExcludedCount(NamedTuple):
    """How many excluded answer sets of a month share unit, basis, reason, question and code; question '' for all."""

    survey: str
    month: str
    unit: str
    basis: str
    reason: str
    question: str
    code: str
    n: int


def volumes(connection: Connection, survey: str, first: str, last: str) -> dict[Cell, tuple[int, int]]:
    """Answer sets of a survey in some months: all of each cell, and those that nobody proposed to exclude."""
    rows = connection.execute(_VOLUMES, {"survey": survey, "first": first, "last": last})
    return {Cell(*row[:6]): (row.n, row.free) for row in rows}


def groups_alike(connection: Connection, survey: str, period: str, length: int, least: int) -> list[tuple[Cell, int]]:
    """Sizes of groups of the same answers and words, of at least `length` characters and `least` sets."""
    rows = connection.execute(
        _ALIKE.on(connection), {"survey": survey, "period": period, "length": length, "least": least}
    )
    return [(Cell(*row[:6]), row.n) for row in rows]


def free_sets(connection: Connection, cell: Cell) -> list[AnswerSet]:
    """The answer sets of a cell that nobody proposed to exclude."""
    return [AnswerSet(*row) for row in connection.execute(_SETS.on(connection), cell._asdict())]


def refused_members(connection: Connection, cell: Cell, reason: str) -> frozenset[bytes]:
    """Answer sets of a cell whose exclusion for that reason was refused."""
    return frozenset(connection.execute(_REFUSED, {**cell._asdict(), "reason": reason}).scalars())


def closed_among(connection: Connection, periods: Iterable[str]) -> frozenset[str]:
    """Which of the months were published."""
    return frozenset(connection.execute(_CLOSED, {"periods": list(periods)}).scalars())


def add_batch(connection: Connection, batch: Batch, members: Sequence[bytes]) -> None:
    """Store a proposal and its members."""
    values = {name: value for name, value in batch._asdict().items() if not name.startswith("deci")}
    connection.execute(insert(exclusion_batches), values)
    connection.execute(insert(exclusion_members), [{"response": member, "batch": batch.id} for member in members])


def batch_of(connection: Connection, batch_id: str) -> Batch | None:
    """One proposal with its decision, or None."""
    row = connection.execute(_BATCHES.where(exclusion_batches.c.id == batch_id)).mappings().first()
    return Batch(**row) if row else None


def batches_of(connection: Connection, period: str) -> tuple[Batch, ...]:
    """The proposals of a month, by survey, unit and day."""
    table = exclusion_batches.c
    statement = _BATCHES.where(table.period == period).order_by(table.survey, table.unit, table.day, table.id)
    return tuple(Batch(**row) for row in connection.execute(statement).mappings())


def months_with_batches(connection: Connection) -> frozenset[str]:
    """The months of which something was ever proposed."""
    return frozenset(connection.execute(select(exclusion_batches.c.period).distinct()).scalars())


def decide(connection: Connection, batch_id: str, decision: str, by: str, day: str) -> bool:
    """Store a decision; False if there is one already."""
    values = {"batch": batch_id, "decision": decision, "decided_by": by, "decided_on": day}
    return connection.execute(insert(exclusion_decisions).on_conflict_do_nothing(), values).rowcount == 1


def count_excluded(connection: Connection, survey: str, period: str, corrected_on: str = "") -> Iterator[ExcludedCount]:
    """Count what is excluded of one month of one survey, as it is or as a correction of that day would have it."""
    for row in connection.execute(
        _EXCLUDED.on(connection), {"survey": survey, "period": period, "corrected_on": corrected_on, "known_on": NOW}
    ):
        yield ExcludedCount(survey, period, *row)
