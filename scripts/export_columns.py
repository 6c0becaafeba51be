"""The columns of an export: one for each question, one for each option where several may be chosen."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from scripts.ratings import COUNTED_KINDS
from scripts.undefined_codes import ADVICE
from surveys.definition import Question, Survey
from surveys.errors import HuiyinError

Value = str | int
REMEMBERED = 1_000
"""Answer sets that many residents share are taken apart once; how many are kept does not grow with the month."""


class Column(NamedTuple):
    """A question, and the option whose tick it holds, '' for the answer itself."""

    question: str
    option: str = ""

    @property
    def name(self) -> str:
        """The head of the column."""
        return f"{self.question}.{self.option}" if self.option else self.question


def columns_of(versions: Sequence[Survey]) -> tuple[Column, ...]:
    """The columns of all counted questions, those of the newest version first, each with all of its options."""
    found: dict[Column, None] = {}
    for question in _questions(versions):
        options = question.codes() if question.kind == "multiple" else [""]
        found.update(dict.fromkeys(Column(question.code, option) for option in options))
    order = list(dict.fromkeys(column.question for column in found))
    return tuple(sorted(found, key=lambda column: order.index(column.question)))


def _questions(versions: Sequence[Survey]) -> Iterator[Question]:
    for survey in reversed(versions):
        yield from (question for question in survey.questions if question.kind in COUNTED_KINDS)


class Cells:
    """Takes answer sets apart into the cells of those columns."""

    def __init__(self, columns: Sequence[Column], versions: Sequence[Survey]) -> None:
        self._columns = columns
        self._codes: Mapping[str, frozenset[str]] = {
            question.code: frozenset(_codes_of(versions, question.code)) for question in _questions(versions)
        }
        self._unseen = {q.code for survey in versions for q in survey.questions if q.kind not in COUNTED_KINDS}
        self.of = lru_cache(REMEMBERED)(self._of)

    def _of(self, answers: str) -> tuple[Value, ...]:
        """The cells of an answer set; '' where nothing was answered, 1 and 0 for options.

        HuiyinError for a question or a code that the definitions do not have: it would be lost in silence.
        """
        given = json.loads(answers)
        for question, answer in given.items():
            self._require_known(question, answer if isinstance(answer, list) else [answer])
        return tuple(_cell(given.get(column.question), column.option) for column in self._columns)

    def _require_known(self, question: str, answers: Iterable[Value]) -> None:
        if question in self._unseen:
            return
        if question not in self._codes:
            raise HuiyinError(f"question '{question}' has answers and is not defined: {ADVICE}")
        known = self._codes[question]
        if known and (missing := [code for code in answers if code not in known]):
            raise HuiyinError(f"code '{missing[0]}' of '{question}' has answers and is not defined: {ADVICE}")


def _codes_of(versions: Sequence[Survey], question: str) -> Iterator[str]:
    for survey in versions:
        if question in survey.by_code:
            yield from survey.by_code[question].codes()


def _cell(answer: Value | list[str] | None, option: str) -> Value:
    if isinstance(answer, list):
        return int(option in answer)
    return "" if answer is None else answer
