"""Surveys opened and closed at the desk: what its record makes of the definitions, and the acts themselves.

What is asked stays in the file. A version whose file names no first day takes no answers until it is opened
here; an open one can be closed here and opened again, within the days that its file names. The record keeps
the digest of what residents are shown, so that an opened version keeps its words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from surveys.definition import NEVER, Definitions, Survey
from surveys.errors import OpeningError, Problem
from surveys.lock import following
from surveys.store import Connection, Store, openings
from surveys.store.openings import OpeningRow

__all__ = ["ACTS", "Act", "Decision", "OpeningRow", "State", "effective", "perform", "possible", "problems", "state"]

Act = Literal["open", "close"]
ACTS: tuple[Act, ...] = get_args(Act)
State = Literal["draft", "scheduled", "open", "closed"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Decision:
    """An act on a version, on what was looked at: the digest that was shown, how long the record was."""

    survey: str
    version: int
    act: Act
    digest: str
    sequence: int


def by_version(rows: Iterable[OpeningRow]) -> Mapping[tuple[str, int], Sequence[OpeningRow]]:
    """The record by survey and version, oldest first."""
    ordered = sorted(rows)
    return {pair: tuple(found) for pair, found in groupby(ordered, key=lambda row: (row.survey, row.version))}


def effective(written: Definitions, rows: Iterable[OpeningRow], *, at_once: bool = False) -> Definitions:
    """The definitions as the files have them, with the first and last days that follow from the desk's record.

    The day on which a version was closed is its last one, for answers that came in on it. `at_once` makes it
    the day before, for the portal, which takes no more.
    """
    acts = by_version(rows)
    surveys = {pair: _with_days(survey, acts.get(pair, ()), at_once) for pair, survey in written.surveys.items()}
    return replace(written, surveys=MappingProxyType(surveys))


def _with_days(survey: Survey, rows: Sequence[OpeningRow], at_once: bool) -> Survey:
    if not rows:
        return survey
    first = next((date.fromisoformat(row.day) for row in rows if row.act == "open"), NEVER)
    opened = first if survey.opens_at_desk else survey.opened
    if rows[-1].act == "open":
        return replace(survey, opened=opened)
    last = date.fromisoformat(rows[-1].day) - (_DAY if at_once else timedelta())
    return replace(survey, opened=opened, closed=min(last, survey.closed or last))


def state(survey: Survey, today: date) -> State:
    """Where an effective version stands on the day."""
    if survey.opened == NEVER:
        return "draft"
    if today < survey.opened:
        return "scheduled"
    return "open" if survey.is_open(today) else "closed"


def possible(written: Survey, rows: Sequence[OpeningRow], today: date) -> Act | None:
    """What the desk can do now with a version, as its file has it; nothing outside the file's own days."""
    if written.closed is not None and written.closed < today:
        return None
    if not written.opens_at_desk and today < written.opened:
        return None
    takes_answers = rows[-1].act == "open" if rows else not written.opens_at_desk
    return "close" if takes_answers else "open"


def perform(
    store: Store,
    written: Definitions,
    decision: Decision,
    today: date,
    also: Callable[[Connection, OpeningRow], object],
) -> OpeningRow:
    """Open or close a version from now on; `also` runs in the same transaction.

    OpeningError if that is not possible, or if file or record changed since they were looked at; nothing is
    stored then.
    """
    survey = written.surveys.get((decision.survey, decision.version))
    if survey is None:
        raise OpeningError(f"there is no {decision.survey}.v{decision.version}: put its file into the folder")
    digest = written.digest(survey)

    def work(connection: Connection) -> OpeningRow:
        rows = openings.of_version(connection, survey.key, survey.version)
        if (len(rows), digest) != (decision.sequence, decision.digest):
            raise OpeningError(f"{survey.file_name} changed since you looked at it: look again, then decide")
        _require_possible(survey, rows, decision.act, digest, today)
        row = OpeningRow(survey.key, survey.version, len(rows) + 1, decision.act, today.isoformat(), digest)
        openings.add(connection, row)
        also(connection, row)
        return row

    return store.write(work)


def _require_possible(survey: Survey, rows: Sequence[OpeningRow], act: Act, digest: str, today: date) -> None:
    if possible(survey, rows, today) != act:
        raise OpeningError(f"{survey.file_name} cannot be {_DONE[act]} now: look at its days")
    if act == "open" and rows and rows[0].digest != digest:
        raise OpeningError(f"{survey.file_name} has other words than residents were shown: make a new version of it")


_DONE: Mapping[Act, str] = {"open": "opened", "close": "closed"}


def problems(directory: Path, definitions: Definitions, rows: Iterable[OpeningRow]) -> Iterator[Problem]:
    """Versions that were opened at the desk and whose file has changed since, or is gone."""
    for (key, version), acts in by_version(rows).items():
        if acts[0].act != "open":
            continue
        survey = definitions.surveys.get((key, version))
        if survey is None:
            path = directory / "surveys" / f"{key}.v{version}.yaml"
            yield Problem(path, 0, 0, "a version that was opened at the desk is gone: put the file back")
        elif definitions.digest(survey) != acts[0].digest:
            change = f"changed since it was opened at the desk on {acts[0].day}, here or in its scale"
            yield survey.place.problem(f"{change}: undo it, or copy the file to {following(definitions, survey)}")
