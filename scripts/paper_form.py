"""A survey on paper: every question with its boxes, the key and the stored code of each, and where to hand it in.

Sheets are all alike. Batch and sheet number are written on once the box has been emptied, so that nobody who hands
out sheets can know which one came back from whom.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.typesetting import typeset
from surveys.definition import DONT_KNOW, Definitions, Question, Survey, Text, Unit
from surveys.paper_keys import DONT_KNOW_KEY, keys_of
from surveys.paper_words import condition, label_of, number_of

_WIDE: Mapping[str, int] = {"zh": 19, "en": 40}
"""Characters of a label that still fits into half of a line."""
_WORDS: Mapping[str, Text] = {
    "about": Text(zh="说的是：", en="About: "),
    "how": Text(
        zh="在方框里打 √。不想答的，空着就行。勾错了，把那个方框涂满，再勾对的。",
        en="Tick a box. Leave empty what you do not want to answer. Ticked the wrong one? Fill it in, tick another.",
    ),
    "private": Text(
        zh="这张表不记名。请不要写任何人的姓名、电话、住址和证件号码。",
        en="This sheet carries no name. Please write no name, telephone number, address or identity number.",
    ),
    "hand_in": Text(
        zh="填好了，折起来投进意见箱，或者交给窗口。",
        en="When you are done, fold it and put it into the box, or hand it in at the counter.",
    ),
    "office": Text(zh="由办公室填写", en="For the office"),
    "batch": Text(zh="批次", en="Batch"),
    "sheet": Text(zh="张号", en="Sheet"),
    "day": Text(zh="年　　月　　日", en="year / month / day"),
    "thanks": Text(zh="谢谢您。", en="Thank you."),
}


@dataclass(frozen=True)
class PaperForm:
    """One version of a survey for one unit in one language; `hand_in` tells where to leave it."""

    definitions: Definitions
    survey: Survey
    unit: Unit
    language: str
    hand_in: str | None = None

    def pdf(self) -> bytes:
        """A4, the same bytes each time."""
        return typeset("paper", self._data())

    def _data(self) -> Mapping[str, object]:
        own = {key: text[self.language] for key, text in _WORDS.items()}
        return {
            "title": self.survey.title[self.language],
            "language": self.language,
            "name": f"{self.survey.file_name} · {self.unit.code}",
            "intro": self.survey.intro[self.language],
            "unit": self.unit.name[self.language],
            "words": own | ({"hand_in": self.hand_in} if self.hand_in else {}),
            "questions": [self._question(question) for question in self.survey.questions],
        }

    def _question(self, question: Question) -> Mapping[str, Any]:
        choices = list(self._choices(question))
        wide = any(len(choice["label"]) > _WIDE[self.language] for choice in choices)
        return {
            "kind": question.kind,
            "code": question.code,
            "number": "" if question.kind == "statement" else str(number_of(self.survey, question.code)),
            "text": question.text[self.language],
            "hint": question.hint[self.language] if question.hint else "",
            "when": condition(self.definitions, self.survey, question, self.language),
            "choices": choices,
            "columns": len(choices) if question.kind == "scale" else 1 if wide else 2,
        }

    def _choices(self, question: Question) -> Iterator[Mapping[str, str]]:
        keys = keys_of(question)
        if question.kind == "scale":
            levels = [str(level.value) for level in self.definitions.scale_of(question).levels]
            keys = {key: keys[key] for key in levels} | {DONT_KNOW_KEY: DONT_KNOW}
        for key, code in keys.items():
            label = label_of(self.definitions, question, code, self.language)
            yield {"key": key, "code": "" if code == key else code, "label": label}
