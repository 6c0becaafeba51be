"""Calls in which staff read a survey out: what is answered is stored at once, and calls without an answer are counted.

No telephone number is kept anywhere. A form is one call: its random id is the answer's own, or that of the call that
brought none, so that a form that is sent twice counts once. Nobody calls about his own unit, or one above or below it.
The audit tells once a day that somebody called about a unit: a row for each call, in the order of its chain, would tell
which answer came before which.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from surveys.audit import Entry, is_noted
from surveys.definition import Definitions, Survey
from surveys.duties import Account
from surveys.errors import CallError
from surveys.office import Unit
from surveys.paper import is_own, may_key
from surveys.paper_keys import answers_of
from surveys.responses import Response, open_period, to_row
from surveys.store import Connection, Store, answers
from surveys.store import calls as rows
from surveys.store.calls import CallCount, CallRow

Outcome = Literal["answered", "refused", "not-reached"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
Also = Callable[[Connection, str, Mapping[str, str | int]], None]


@dataclass(frozen=True)
class Call:
    """One call: the form's random id (16 bytes), what it was about, in which language, and how it ended."""

    id: bytes
    survey: str
    unit: str
    language: str
    outcome: Outcome
    cells: Mapping[str, str]


def callable_units(definitions: Definitions, by: Account, survey: Survey, today: date) -> tuple[Unit, ...]:
    """The units that the account may call residents about."""
    units = definitions.units_for(survey, today) if may_key(by) else ()
    return tuple(unit for unit in units if not is_own(definitions, by, unit.code))


def take(store: Store, definitions: Definitions, by: Account, call: Call, today: date, also: Also) -> bool:
    """Take down a call; False if its form came before.

    CallError if the survey is not asked, the unit is not for this account, or an answered call holds no answer.
    """
    survey = definitions.current(call.survey, today)
    if survey is None:
        raise CallError("survey", "the survey is not asked any more: choose another one")
    if call.unit not in {unit.code for unit in callable_units(definitions, by, survey, today)}:
        raise CallError("unit", "calls about this unit are for somebody of another one: choose another unit")
    response = _response(survey, call, today)
    if call.outcome == "answered" and not (response.answers or response.texts):
        raise CallError("nothing", "nothing was answered: key an answer, or say how the call ended")

    def work(connection: Connection) -> bool:
        period = open_period(connection, today)
        if answers.stored_response(connection, call.id) or rows.is_kept(connection, call.id):
            return False
        if call.outcome == "answered":
            answers.add_response(connection, to_row(response, period), response.texts)
        else:
            rows.add(connection, CallRow(call.id, call.survey, call.unit, period, call.outcome))
        told: dict[str, str | int] = {"unit": call.unit}
        if not is_noted(connection, Entry(by.id, "", "phone_call", call.survey, told), today):
            also(connection, call.survey, told)
        return True

    return store.write(work)


def _response(survey: Survey, call: Call, today: date) -> Response:
    kept, texts = answers_of(survey, call.cells)
    return Response(
        id=call.id,
        survey=survey.key,
        version=survey.version,
        unit=call.unit,
        channel="telephone",
        basis="assisted",
        language=call.language,
        day=today,
        answers=kept,
        texts=texts,
    )


def counts(store: Store, definitions: Definitions, period: str) -> tuple[CallCount, ...]:
    """The calls of a month by survey, unit and outcome."""
    keys = sorted({key for key, _ in definitions.surveys})
    return tuple(store.read(lambda connection: rows.count(connection, keys, period)))
