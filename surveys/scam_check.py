"""“Is this a scam?”: the questions, signs and guides of scam-check.yaml, and the verdict that answers lead to.

Nothing here is stored. site/assets/check.js gives the same verdicts in the browser; a test runs every combination
of answers through both.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from surveys.errors import Problem
from surveys.yaml_reading import NOWHERE, Code, Place, Scalar, Text

FILE = "scam-check.yaml"
YES, NO, UNSURE = "yes", "no", "unsure"
MOST_GUIDES = 3
Level = Literal["stop", "verify", "nothing"]
Answers = Mapping[str, str]
Condition = Mapping[Code, tuple[Scalar, ...]]


@dataclass(frozen=True)
class Answer:
    """One answer to choose from."""

    code: Code
    text: Text
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Ask:
    """A plain question; without `answers` it takes yes, no and not sure. `weight` counts when guides are ranked."""

    code: Code
    text: Text
    hint: Text | None = None
    answers: tuple[Answer, ...] = ()
    weight: int = 1
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The answers that it takes."""
        return tuple(answer.code for answer in self.answers) or (YES, NO, UNSURE)


@dataclass(frozen=True)
class Sign:
    """A sign of a scam: there if every question in `when` has one of the answers named; it then hides `replaces`."""

    code: Code
    level: Literal["stop", "verify"]
    when: Condition
    text: Text
    why: Text
    replaces: tuple[Code, ...] = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Guide:
    """A guide of the site, and the answers that speak for it; without all of `needs` it is not named."""

    guide: Code
    name: Text
    fits: Condition
    needs: Condition = field(default_factory=lambda: MappingProxyType({}))
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Advice:
    """What is said at one level: a heading, and what to do now, step by step."""

    title: Text
    steps: tuple[Text, ...]


@dataclass(frozen=True)
class Verdicts:
    """What is said at each level."""

    stop: Advice
    verify: Advice
    nothing: Advice


@dataclass(frozen=True)
class Words:
    """The words around questions and verdict, on the site and in the portal alike."""

    title: Text
    intro: Text
    already: Text
    emergency: Text
    yes: Text
    no: Text
    unsure: Text
    show: Text
    again: Text
    none_answered: Text
    now: Text
    signs: Text
    guides: Text
    all_guides: Text
    left_open: Text
    call: Text
    change: Text
    kept: Text


@dataclass(frozen=True)
class Verdict:
    """Where answers lead: how grave it is, the signs found, guides by fit, and whether something was left open."""

    level: Level
    signs: tuple[Sign, ...]
    guides: tuple[Guide, ...]
    open: bool


@dataclass(frozen=True)
class ScamCheck:
    """The shape of scam-check.yaml; `enough` signs together weigh as one that says stop."""

    words: Words
    questions: tuple[Ask, ...]
    signs: tuple[Sign, ...]
    enough: int
    guides: tuple[Guide, ...]
    verdicts: Verdicts
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def by_code(self) -> Mapping[str, Ask]:
        """Questions by their code, in order."""
        return MappingProxyType({question.code: question for question in self.questions})

    def label(self, question: Ask, code: str) -> Text:
        """The words of an answer."""
        given = {answer.code: answer.text for answer in question.answers}
        return given.get(Code(code)) or {YES: self.words.yes, NO: self.words.no, UNSURE: self.words.unsure}[code]

    def alone(self, question: Ask) -> tuple[str, ...]:
        """Answers to the question that say stop by themselves."""
        own = [sign for sign in self.signs if sign.level == "stop" and set(sign.when) == {question.code}]
        return tuple(answer for sign in own for answer in sign.when[question.code])

    def problems(self) -> Iterator[Problem]:
        """Faults of the file: codes that stand twice, names of what is not there, figures that cannot be."""
        yield from _repeated("question", self.questions)
        yield from _repeated("sign", self.signs)
        yield from (fault for question in self.questions for fault in _question_problems(question))
        yield from (fault for sign in self.signs for fault in self._sign_problems(sign))
        yield from self._guide_problems()
        if self.enough < 1:
            yield self.place.problem("'enough' must be 1 or more", "enough")

    def _sign_problems(self, sign: Sign) -> Iterator[Problem]:
        known = {one.code for one in self.signs}
        if not sign.when:
            yield sign.place.problem("'when' names no question: a sign needs an answer that shows it", "when")
        yield from self._condition_problems(sign.place, "when", sign.when)
        for code in sign.replaces:
            if code not in known or code == sign.code:
                yield sign.place.problem(f"'replaces' names '{code}', which is no other sign", "replaces")

    def _guide_problems(self) -> Iterator[Problem]:
        lines: dict[str, int] = {}
        for one in self.guides:
            if one.guide in lines:
                yield one.place.problem(f"guide '{one.guide}' already stands in line {lines[one.guide]}", "guide")
            lines.setdefault(one.guide, one.place.line)
            yield from self._condition_problems(one.place, "fits", one.fits)
            yield from self._condition_problems(one.place, "needs", one.needs)

    def _condition_problems(self, place: Place, key: str, condition: Condition) -> Iterator[Problem]:
        for code, answers in condition.items():
            question = self.by_code.get(code)
            if question is None:
                yield place.problem(f"'{key}' names '{code}', which is no question: {', '.join(self.by_code)}", key)
                continue
            for answer in answers:
                if answer not in question.codes:
                    known = ", ".join(question.codes)
                    yield place.problem(f"'{key}': '{code}' has no answer '{answer}', only {known}", key)


def _repeated(what: str, items: Iterable[Ask | Sign | Answer]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for item in items:
        if item.code in lines:
            yield item.place.problem(f"{what} code '{item.code}' is taken in line {lines[item.code]}", "code")
        lines.setdefault(item.code, item.place.line)


def _question_problems(question: Ask) -> Iterator[Problem]:
    yield from _repeated("answer", question.answers)
    if len(question.answers) == 1:
        yield question.place.problem("one answer is no choice: add others, or leave 'answers' out", "answers")
    if not 1 <= question.weight <= 9:
        yield question.place.problem("'weight' must be 1 to 9", "weight")


def _holds(condition: Condition, answers: Answers) -> bool:
    return all(answers.get(code) in wanted for code, wanted in condition.items())


def readable(check: ScamCheck, sent: Mapping[str, str]) -> dict[str, str]:
    """The answers that the questions know, out of whatever was sent."""
    return {code: sent[code] for code, question in check.by_code.items() if sent.get(code) in question.codes}


def judge(check: ScamCheck, answers: Answers) -> Verdict:
    """The verdict for answers by question code; a question that is left out counts as not sure."""
    there = [sign for sign in check.signs if _holds(sign.when, answers)]
    hidden = {code for sign in there for code in sign.replaces}
    signs = tuple(sign for sign in there if sign.code not in hidden)
    left_open = any(answers.get(code, UNSURE) == UNSURE for code in check.by_code)
    return Verdict(_level(check, signs, left_open), signs, _guides(check, answers, bool(signs)), left_open)


def _level(check: ScamCheck, signs: Collection[Sign], left_open: bool) -> Level:
    if len(signs) >= check.enough or any(sign.level == "stop" for sign in signs):
        return "stop"
    return "verify" if signs or left_open else "nothing"


def _guides(check: ScamCheck, answers: Answers, signs: bool) -> tuple[Guide, ...]:
    """The guides that fit best, not those with half of the best one's weight or less.

    Without a sign a guide must fit as much as the heaviest question weighs: the small ones alone tell nothing.
    """
    least = 0 if signs else max(question.weight for question in check.questions)
    scores: Counter[int] = Counter()
    for place, one in enumerate(check.guides):
        if _holds(one.needs, answers):
            fitting = [code for code, wanted in one.fits.items() if answers.get(code) in wanted]
            scores[place] = sum(check.by_code[code].weight for code in fitting)
    best = max(scores.values(), default=0)
    ranked = sorted(
        (place for place, score in scores.items() if score * 2 > best and score >= least), key=lambda at: -scores[at]
    )
    return tuple(check.guides[place] for place in ranked[:MOST_GUIDES])
