"""Counting a month of one survey: the database finds its answer sets, and what they hold is counted here.

Databases take answers of JSON apart slowly and each in its own words; one pattern over their one encoding does not.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, text

from surveys.store.exclusion_batches import CONFIRMED, NOW
from surveys.store.schema import exclusion_members, responses

CHUNK = 10_000
Key = tuple[str, str, str, bool]
"""Unit, channel, basis, and whether it came late."""
_ANSWER = re.compile(r'"[^"]*":(?:"[^"]*"|\[[^\]]*\]|-?[0-9]+)')
_LEFT_OUT = text(CONFIRMED).columns(exclusion_members.c.response).subquery()
_SETS = select(
    responses.c.unit,
    responses.c.channel,
    responses.c.basis,
    (responses.c.period != func.substr(responses.c.day, 1, 7)).label("late"),
    responses.c.id.in_(select(_LEFT_OUT.c.response)).label("left_out"),
    responses.c.answers,
).where((responses.c.survey == bindparam("survey")) & (responses.c.period == bindparam("period")))


class Count(NamedTuple):
    """How many answers of one month share survey, unit, channel, basis, lateness, question and code."""

    survey: str
    month: str
    unit: str
    channel: str
    basis: str
    late: int
    question: str
    code: str
    n: int


def count_period(connection: Connection, survey: str, period: str, corrected_on: str = "") -> Iterator[Count]:
    """Count one month of one survey, as it is or as a correction of that day would have it.

    Code '' counts who answered the question at all, question '' counts all answer sets that were received, those
    that were excluded among them. Of several choices each counts once.
    """
    values = {"survey": survey, "period": period, "corrected_on": corrected_on, "known_on": NOW}
    rows = connection.execute(_SETS, values, execution_options={"yield_per": CHUNK}).partitions()
    counter = _Slice()
    for part in rows:
        counter.add(part)
    for (unit, channel, basis, late), question, code, n in counter.counts():
        yield Count(survey, period, unit, channel, basis, int(late), question, code, n)


class _Slice:
    def __init__(self) -> None:
        self.received: Counter[Key] = Counter()
        self.answers: dict[Key, Counter[str]] = defaultdict(Counter)

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        given: dict[Key, list[str]] = defaultdict(list)
        for unit, channel, basis, late, left_out, answers in rows:
            key = (str(unit), str(channel), str(basis), bool(late))
            self.received[key] += 1
            if not left_out:
                given[key].append(str(answers))
        for key, texts in given.items():
            self.answers[key].update(pairs_in(texts))

    def counts(self) -> Iterator[tuple[Key, str, str, int]]:
        for key, n in self.received.items():
            yield key, "", "", n
            found: Counter[tuple[str, str]] = Counter()
            for pair, times in self.answers[key].items():
                for place in codes_of(pair):
                    found[place] += times
            yield from ((key, question, code, times) for (question, code), times in found.items())


def pairs_in(texts: Sequence[str]) -> Counter[str]:
    """How often each question stands with the same answer in answer sets as they are stored: '"overall":"4"'.

    What the pattern does not cover to the last character is read as JSON, piece by piece.
    """
    found = Counter(chain.from_iterable(map(_ANSWER.findall, texts)))
    covered = sum((len(pair) + 1) * n for pair, n in found.items()) + len(texts) + texts.count("{}")
    if covered == sum(map(len, texts)) and not any("\\" in one for one in texts):
        return found
    pieces = ({question: answer} for one in texts for question, answer in json.loads(one).items())
    return Counter(json.dumps(piece)[1:-1] for piece in pieces)


def codes_of(pair: str) -> Iterator[tuple[str, str]]:
    """Question and code of such a pair: first with code '', then each code that it holds."""
    ((question, answer),) = json.loads(f"{{{pair}}}").items()
    yield question, ""
    for code in answer if isinstance(answer, list) else [answer]:
        yield question, str(code)
