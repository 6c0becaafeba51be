"""What a printed sheet and a caller's script say besides the survey's own words, in the language of the resident."""

from collections.abc import Mapping

from surveys.definition import DONT_KNOW, Definitions, Question, Survey, Text
from surveys.paper_keys import asked_on_paper

_IF: Mapping[str, Text] = {
    "asked": Text(zh="如果{answers}，请答这一题。", en="Please answer this one if {answers}."),
    "told": Text(zh="如果{answers}，请看这一段。", en="Please read this if {answers}."),
    "chose": Text(zh="您在第 {number} 题选了{labels}", en="you chose {labels} in question {number}"),
    "label": Text(zh="“{label}”", en='"{label}"'),
    "or": Text(zh="或", en=" or "),
    "and": Text(zh="，并且", en=", and "),
}


def number_of(survey: Survey, code: str) -> int:
    """The number of a question on paper, from 1; statements have none."""
    return next(place for place, question in enumerate(asked_on_paper(survey), 1) if question.code == code)


def label_of(definitions: Definitions, question: Question, code: str, language: str) -> str:
    """The words of one answer to a question that is chosen from."""
    if question.kind == "scale":
        scale = definitions.scale_of(question)
        levels = {str(level.value): level.text[language] for level in scale.levels}
        return {**levels, DONT_KNOW: scale.dont_know[language]}[code]
    return next(option.text[language] for option in question.options if option.code == code)


def condition(definitions: Definitions, survey: Survey, question: Question, language: str) -> str:
    """When a question is to be answered, or a statement read, as a sentence; "" where it always is."""
    if not question.show_if:
        return ""
    chosen = (_chosen(definitions, survey, code, values, language) for code, values in question.show_if.items())
    kind = "told" if question.kind == "statement" else "asked"
    return _IF[kind][language].format(answers=_IF["and"][language].join(chosen))


def _chosen(definitions: Definitions, survey: Survey, code: str, values: tuple[str, ...], language: str) -> str:
    asked = survey.by_code[code]
    labels = (label_of(definitions, asked, value, language) for value in values)
    named = _IF["or"][language].join(_IF["label"][language].format(label=label) for label in labels)
    return _IF["chose"][language].format(number=number_of(survey, code), labels=named)
