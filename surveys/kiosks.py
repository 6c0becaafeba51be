"""Kiosks at the counter: which question a survey asks there, and the pass in the address that sets one up.

Answers at a kiosk count as given with the help of the office, so a stranger must not be able to make one up. The
pass is what the office gives out (`python -m scripts.kiosk`): survey, unit, day, and a random name of the kiosk,
signed with the office's key. It is no secret of a person, only of a tablet; so it runs out, and a unit's
`kiosks_since` ends all that were given out before that day. Limits count by the name: a busy counter stays below
them, and one stolen pass cannot flood. With the answers neither pass nor name is stored.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from surveys import signed
from surveys.errors import HuiyinError, Problem
from surveys.keys import Keys
from surveys.yaml_reading import LANGUAGES

if TYPE_CHECKING:
    from surveys.definition import Definitions, Question, Survey
    from surveys.office import Unit

PASS_DAYS = 400
DAYS_TO_SEND = 7
"""How long what waits on a tablet is taken after its address was ended or has run out."""
_PURPOSE = "kiosk pass"


def problems(survey: "Survey") -> Iterator[Problem]:
    """What is wrong with the question that a survey asks at kiosks: answered alone, it must make a whole answer."""
    if survey.kiosk is None:
        return
    asked = survey.by_code.get(survey.kiosk)
    if asked is None or asked.kind != "scale" or asked.show_if:
        yield survey.place.problem("'kiosk' names no question of the kind scale that everybody is asked", "kiosk")
    for question in survey.questions:
        if question.required and question.code != survey.kiosk:
            yield question.place.problem(
                f"is required, and a kiosk asks '{survey.kiosk}' alone: make it optional, or leave out 'kiosk'",
                "required",
            )
    if "assisted" not in survey.bases:
        yield survey.place.problem(
            "answers at a kiosk are 'assisted': add it to 'bases', or leave out 'kiosk'", "bases"
        )


@dataclass(frozen=True)
class Pass:
    """What sets up one kiosk: its survey and unit, the day it was given out, and a random name."""

    survey: str
    unit: str
    issued: date
    name: str


def new_pass(survey: str, unit: str, day: date) -> Pass:
    """A pass for one more kiosk."""
    return Pass(survey, unit, day, os.urandom(8).hex())


def sign(keys: Keys, given: Pass) -> str:
    """The pass as it stands in the address."""
    return signed.sign(keys, _PURPOSE, (given.survey, given.unit, given.issued.isoformat(), given.name))


def read(keys: Keys, text: str) -> Pass | None:
    """The pass that was given out here, None for anything else."""
    found = signed.read(keys, _PURPOSE, text)
    if found is None:
        return None
    survey, unit, issued, name = map(str, found)
    return Pass(survey, unit, date.fromisoformat(issued), name)


def is_ended(unit: "Unit", issued: date, today: date) -> bool:
    """Whether answers of a kiosk of the unit are not taken any more, by the day on which its pass was given out."""
    ends = [issued + timedelta(days=PASS_DAYS)]
    if unit.kiosks_since and issued < unit.kiosks_since:
        ends.append(unit.kiosks_since)
    return today > min(ends) + timedelta(days=DAYS_TO_SEND)


def asked_at(known: "Definitions", given: Pass, today: date) -> "tuple[Survey, Question] | None":
    """The version and question that a kiosk asks now; None if the pass has run out or nothing is open for it."""
    survey = known.current(given.survey, today)
    if survey is None or survey.kiosk is None:
        return None
    unit = next((one for one in known.units_for(survey, today) if one.code == given.unit), None)
    if unit is None or today > given.issued + timedelta(days=PASS_DAYS):
        return None
    if unit.kiosks_since and given.issued < unit.kiosks_since:
        return None
    return survey, survey.by_code[survey.kiosk]


def offered(known: "Definitions", today: date) -> "Iterator[tuple[Unit, Survey]]":
    """Every unit with every survey that a new kiosk could ask about it."""
    for survey in known.open_surveys(today):
        if survey.kiosk:
            yield from ((unit, survey) for unit in known.units_for(survey, today))


def languages_of(known: "Definitions", question: "Question") -> tuple[str, ...]:
    """The languages that a kiosk shows at once: both that are always there, and further ones that the question has.

    Plain language is left out: beside the Chinese it would stand twice.
    """
    scale = known.scale_of(question)
    texts = (question.text, scale.dont_know, *(level.text for level in scale.levels))
    further = (one.tag for one in known.languages if "-x-" not in one.tag)
    return (*LANGUAGES, *(tag for tag in further if all(tag in text for text in texts)))


def survey_for(known: "Definitions", unit: str, wanted: str | None, today: date) -> "Survey":
    """The survey that a new kiosk of the unit asks; HuiyinError says what to choose from."""
    fitting = [survey for one, survey in offered(known, today) if one.code == unit]
    chosen = [survey for survey in fitting if wanted in (None, survey.key)]
    if len(chosen) == 1:
        return chosen[0]
    if not fitting:
        raise HuiyinError(
            f"no open survey has a 'kiosk' question for '{unit}': name one in its file, or check the unit"
        )
    raise HuiyinError(f"choose one with --survey: {', '.join(survey.key for survey in fitting)}")
