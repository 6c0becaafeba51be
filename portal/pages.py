"""Survey forms as bytes: rendered once per version and language, then only a few places are filled in.

A form page costs more than anything else that the portal does for a visitor, and all that differs
between two visitors is the token, the unit, and what lets a device answer for it without a network.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from surveys.definition import DONT_KNOW, Definitions, Question, Survey

TOKEN, UNIT, UNIT_NAME, UNIT_SAID, GRANT, SUBMISSION = (f"{name}{secrets.token_hex(16)}" for name in "tunwgs")
"""Marks that stand in a rendered page for what is filled in; unguessable, so that no text can hold one."""
PageKey = tuple[str, int, str, str]
"""Survey, version, the language of the page, and the one that its address names, '' if it names none."""


class FormPages:
    """Rendered forms by key, split at the marks."""

    def __init__(self) -> None:
        self._pages: dict[PageKey, tuple[bytes, ...]] = {}
        self._lock = threading.Lock()

    def render(self, key: PageKey, render: Callable[[], str]) -> None:
        """Keep the page of `key`; `render` makes it as HTML the first time."""
        with self._lock:
            if key not in self._pages:
                self._pages[key] = _split(render())

    def __contains__(self, key: PageKey) -> bool:
        return key in self._pages

    def fill(self, key: PageKey, values: Mapping[str, str]) -> bytes:
        """The page of `key`, which was rendered before, in UTF-8 with what stands for each mark."""
        filled = {mark.encode(): value.encode() for mark, value in values.items()}
        return b"".join([filled.get(part, part) for part in self._pages[key]])


def _split(page: str) -> tuple[bytes, ...]:
    parts = [page]
    for mark in (TOKEN, UNIT, UNIT_NAME, UNIT_SAID, GRANT, SUBMISSION):
        parts = [piece for part in parts for piece in _around(part, mark)]
    return tuple(part.encode() for part in parts)


def _around(text: str, mark: str) -> list[str]:
    pieces = text.split(mark)
    return [piece for index, part in enumerate(pieces) for piece in ([mark, part] if index else [part])]


@dataclass
class Branch:
    """A question with those right behind it that one of its answers opens; `condition` words that answer."""

    question: Question
    dependents: list[Question] = field(default_factory=list)
    condition: str = ""


def branches(survey: Survey, definitions: Definitions, language: str) -> list[Branch]:
    """The questions of a survey as the page nests them; the server judges by `show_if` alone."""
    found: list[Branch] = []
    for question in survey.questions:
        if found and _opens(found[-1], question):
            found[-1].dependents.append(question)
            found[-1].condition = _condition(survey, definitions, question, language)
        else:
            found.append(Branch(question, condition=_condition(survey, definitions, question, language)))
    return found


def _opens(branch: Branch, question: Question) -> bool:
    alike = not branch.dependents or branch.dependents[0].show_if == question.show_if
    return list(question.show_if) == [branch.question.code] and alike


def openers(branch: Branch) -> tuple[str, ...]:
    """The answers to a branch's question that open its dependents."""
    return branch.dependents[0].show_if[branch.question.code] if branch.dependents else ()


def _condition(survey: Survey, definitions: Definitions, question: Question, language: str) -> str:
    pairs = [(survey.by_code[code], value) for code, values in question.show_if.items() for value in values]
    return " / ".join(_label(definitions, asked, value, language) for asked, value in pairs)


def _label(definitions: Definitions, question: Question, value: str, language: str) -> str:
    if question.kind != "scale":
        return next(option.text[language] for option in question.options if option.code == value)
    scale = definitions.scale_of(question)
    if value == DONT_KNOW:
        return scale.dont_know[language]
    return next(level.text[language] for level in scale.levels if str(level.value) == value)
