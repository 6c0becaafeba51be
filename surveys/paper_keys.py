"""How an answer on paper or on the telephone is keyed in: number keys alone, the same ones that the sheet shows.

The levels of a scale are their own keys and 0 is "don't know"; options count from 1 in the order of the survey.
A cell is what somebody keyed for one question, made even, so that two people who read the same sheet alike have
the same cells. A blank cell is no answer. One that nobody can read, or that ticks what excludes each other, has a
key of its own and becomes no answer too.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from surveys.definition import DONT_KNOW, LEVELS, Question, Survey
from surveys.responses import Answer, Fault, check_answer, check_answers

UNREADABLE = "-"
WRITTEN = "1"
"""The cell of a text question for who does not copy the words: something is written there."""
DONT_KNOW_KEY = "0"


def keys_of(question: Question) -> Mapping[str, str]:
    """The code that each key stands for; empty for text, number, date and statement."""
    if question.kind == "scale":
        return {**{level: level for level in LEVELS}, DONT_KNOW_KEY: DONT_KNOW}
    return {str(place): code for place, code in enumerate(question.codes(), 1)}


def asked_on_paper(survey: Survey) -> tuple[Question, ...]:
    """The questions that take an answer, in order; paper numbers them from 1."""
    return tuple(question for question in survey.questions if question.kind != "statement")


def without_duty(survey: Survey) -> Survey:
    """The survey as paper knows it: nobody could be made to answer."""
    return replace(survey, questions=tuple(replace(question, required=False) for question in survey.questions))


def cell_of(question: Question, typed: str, *, words: bool = True) -> str | Fault:
    """What was keyed for a question, made even; "" where nothing was, a Fault where the key fits nothing.

    `words` says whether a text question is copied; else `WRITTEN` is all that it takes.
    """
    even = unicodedata.normalize("NFKC", typed).strip() if question.kind != "text" else typed.strip()
    if even in ("", UNREADABLE):
        return even
    if question.kind == "text" and not words:
        return WRITTEN if even == WRITTEN else Fault("unknown_code")
    if question.kind in ("scale", "single"):
        return even if even in keys_of(question) else Fault("unknown_code")
    if question.kind == "multiple":
        return _several(question, even)
    found = check_answer(replace(question, required=False), _with_dashes(even) if question.kind == "date" else even)
    return found if isinstance(found, Fault) else "" if found is None else str(found)


def _with_dashes(typed: str) -> str:
    """A day that was keyed as eight digits."""
    return re.sub(r"^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3", typed)


def _several(question: Question, typed: str) -> str | Fault:
    """Keys one behind the other, or with spaces where there are more than nine."""
    keys = keys_of(question)
    given = re.findall("[0-9]" if len(keys) < 10 else "[0-9]+", typed)
    if re.search("[^0-9 ,、.+]", typed) or not given or not set(given) <= set(keys) or len(set(given)) < len(given):
        return Fault("unknown_code")
    if question.max_choices is not None and len(given) > question.max_choices:
        return Fault("too_many", question.max_choices)
    return " ".join(sorted(given, key=int))


def answer_of(question: Question, cell: str) -> object:
    """What a cell answers, None for no answer."""
    if cell in ("", UNREADABLE):
        return None
    if question.kind == "multiple":
        return [keys_of(question)[key] for key in cell.split()]
    return keys_of(question)[cell] if question.codes() else cell


def answers_of(survey: Survey, cells: Mapping[str, str]) -> tuple[dict[str, Answer], dict[str, str]]:
    """Codes and free texts of a sheet, of the questions alone that its answers open."""
    questions = asked_on_paper(survey)
    given: dict[str, object] = {q.code: answer_of(q, cells.get(q.code, "")) for q in questions}
    return check_answers(without_duty(survey), given)


def differing(survey: Survey, first: Mapping[str, str], second: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of the questions in which two keyings of a sheet differ; of a text, whether there is one."""
    return tuple(
        question.code
        for question in asked_on_paper(survey)
        if _compared(question, first.get(question.code, "")) != _compared(question, second.get(question.code, ""))
    )


def _compared(question: Question, cell: str) -> str:
    return WRITTEN if question.kind == "text" and cell not in ("", UNREADABLE) else cell
