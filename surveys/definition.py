"""What is asked: the frozen types of a definitions folder, and loading and checking it.

A folder holds `units.yaml`, `scales.yaml`, `categories.yaml`, `surveys/<key>.v<version>.yaml`, `lock.json`
(see `surveys.lock`), and where they are wanted `declared.yaml` (figures that units declare), `themes.yaml` (what
free texts are about) and `scam-check.yaml`. Both languages stand inline; codes are stored, labels never.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from surveys import kiosks
from surveys.canonical import plain
from surveys.errors import DefinitionError, Problem
from surveys.languages import FILE as FURTHER
from surveys.languages import Language, LanguagesFile
from surveys.office import CategoriesFile, Category, DeclaredFile, Figure, Theme, ThemesFile, Unit, UnitKind, UnitsFile
from surveys.scam_check import FILE as SCAM_CHECK
from surveys.scam_check import ScamCheck
from surveys.yaml_reading import LANGUAGES, NOWHERE, Code, Place, Scalar, Text, read

__all__ = [
    "LANGUAGES",
    "Category",
    "Definitions",
    "Level",
    "Option",
    "Question",
    "Scale",
    "Survey",
    "Text",
    "Theme",
    "Unit",
    "load",
]

Kind = Literal["scale", "single", "multiple", "text", "number", "date", "statement"]
Basis = Literal["card", "assisted", "imported", "open"]
Channel = Literal["web", "kiosk", "paper", "telephone", "other"]

BASES: tuple[Basis, ...] = ("card", "assisted", "imported", "open")
CHANNELS: tuple[Channel, ...] = ("web", "kiosk", "paper", "telephone", "other")
DONT_KNOW = "dk"
LEVELS = ("1", "2", "3", "4", "5")
TEXT_LIMIT = 4000
NEVER = date.max
"""The first day of a version that has none yet."""


@dataclass(frozen=True)
class Level:
    """One of five levels; `counts` says once and for all whether it is a satisfied answer."""

    value: int
    counts: Literal["satisfied", "wide", "neutral", "dissatisfied"]
    text: Text
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Scale:
    """Five levels, worst 1 to best 5, and the answer that is none of them."""

    levels: tuple[Level, ...]
    dont_know: Text
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def wide(self) -> bool:
        """Whether the middle level counts in the wide satisfied rate."""
        return any(level.counts == "wide" for level in self.levels)

    def problems(self) -> Iterator[Problem]:
        """Faults of the scale itself."""
        if sorted(level.value for level in self.levels) != [1, 2, 3, 4, 5]:
            yield self.place.problem("a scale has exactly the levels 1, 2, 3, 4 and 5", "levels")
        good, bad = ("satisfied",), ("dissatisfied",)
        allowed = {5: good, 4: good, 3: ("wide", "neutral"), 2: bad, 1: bad}
        for level in self.levels:
            if level.counts not in allowed.get(level.value, (level.counts,)):
                wanted = " or ".join(allowed[level.value])
                yield level.place.problem(f"level {level.value} must count as {wanted}", "counts")


@dataclass(frozen=True)
class Option:
    """One choice of a single or multiple question."""

    code: Code
    text: Text
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Question:
    """One question, or a statement to read; which keys it takes depends on its kind."""

    code: Code
    kind: Kind
    text: Text
    hint: Text | None = None
    required: bool = False
    scale: Code | None = None
    options: tuple[Option, ...] = ()
    max_choices: int | None = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    show_if: Mapping[Code, tuple[Scalar, ...]] = field(default_factory=lambda: MappingProxyType({}))
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def codes(self) -> tuple[str, ...]:
        """The codes that an answer can hold; empty for text, number, date and statement."""
        return self._codes

    @cached_property
    def _codes(self) -> tuple[str, ...]:
        if self.kind == "scale":
            return (*LEVELS, DONT_KNOW)
        return tuple(option.code for option in self.options)

    def problems(self) -> Iterator[Problem]:
        """Faults of the question by itself."""
        for key, kinds in _KEY_KINDS.items():
            if key in self.place.keys and self.kind not in kinds:
                yield self.place.problem(
                    f"'{key}' does not belong to the kind {self.kind}, only to {', '.join(kinds)}", key
                )
        if self.kind == "scale" and self.scale is None:
            yield self.place.problem("a scale question names its scale: add 'scale'")
        if self.kind in ("single", "multiple") and len(self.options) < 2:
            yield self.place.problem("a question to choose from needs at least two 'options'", "options")
        yield from self._limits()
        for code, count in Counter(option.code for option in self.options).items():
            if count > 1:
                yield self.place.problem(f"option code '{code}' stands {count} times", "options")

    def _limits(self) -> Iterator[Problem]:
        if self.kind == "multiple" and self.max_choices is not None and not 1 <= self.max_choices <= len(self.options):
            yield self.place.problem(f"'max_choices' must be 1 to {len(self.options)}", "max_choices")
        if self.max_length is not None and not 1 <= self.max_length <= TEXT_LIMIT:
            yield self.place.problem(f"'max_length' must be 1 to {TEXT_LIMIT}", "max_length")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            yield self.place.problem("'minimum' is greater than 'maximum'", "minimum")


_KEY_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "required": ("scale", "single", "multiple", "text", "number", "date"),
    "scale": ("scale",),
    "options": ("single", "multiple"),
    "max_choices": ("multiple",),
    "max_length": ("text",),
    "minimum": ("number",),
    "maximum": ("number",),
}


@dataclass(frozen=True)
class Survey:
    """One version of a survey; immutable once it has opened; a draft without `opened` is opened at the desk."""

    key: Code
    version: int
    title: Text
    intro: Text
    minutes: int
    opened: date = field(default=NEVER, kw_only=True)
    unit_kinds: tuple[UnitKind, ...]
    bases: tuple[Basis, ...]
    questions: tuple[Question, ...]
    closed: date | None = None
    kiosk: Code | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def by_code(self) -> Mapping[str, Question]:
        """Questions by their code, in order."""
        return MappingProxyType({question.code: question for question in self.questions})

    @property
    def file_name(self) -> str:
        """The name that the file must have, without its ending."""
        return f"{self.key}.v{self.version}"

    @property
    def opens_at_desk(self) -> bool:
        """Whether its file leaves the first day to the desk."""
        return "opened" not in self.place.keys

    def is_open(self, today: date) -> bool:
        """Whether it takes answers on the day."""
        return self.is_open_between(today, today)

    def is_open_between(self, first: date, last: date) -> bool:
        """Whether it takes answers on a day from the first to the last."""
        return self.opened <= last and (self.closed is None or first <= self.closed)

    def problems(self) -> Iterator[Problem]:
        """Faults inside the survey, its questions included."""
        if self.place.path.stem != self.file_name:
            yield self.place.problem(f"key and version ask for the file name {self.file_name}.yaml", "key")
        if self.closed and self.closed < self.opened < NEVER:
            yield self.place.problem("'closed' is before 'opened'", "closed")
        numbers, lists = ("version", "minutes"), ("questions", "unit_kinds", "bases")
        yield from (self.place.problem(f"'{key}' must be 1 or more", key) for key in numbers if getattr(self, key) < 1)
        yield from (self.place.problem(f"'{key}' is empty", key) for key in lists if not getattr(self, key))
        yield from self._question_problems()
        yield from kiosks.problems(self)

    def _question_problems(self) -> Iterator[Problem]:
        earlier: dict[str, Question] = {}
        for question in self.questions:
            yield from question.problems()
            if question.code in earlier:
                yield question.place.problem(f"question code '{question.code}' stands twice", "code")
            yield from _condition_problems(question, earlier)
            earlier[question.code] = question


def _condition_problems(question: Question, earlier: Mapping[str, Question]) -> Iterator[Problem]:
    for code, values in question.show_if.items():
        asked = earlier.get(code)
        if asked is None:
            yield question.place.problem(f"'show_if' names '{code}', which is no earlier question", "show_if")
        elif not asked.codes():
            yield question.place.problem(f"'show_if' cannot look at '{code}': a {asked.kind} has no codes", "show_if")
        elif not values:
            yield question.place.problem(f"'show_if' names no answer to '{code}': list at least one", "show_if")
        else:
            for value in values:
                if value not in asked.codes():
                    known = ", ".join(asked.codes())
                    yield question.place.problem(f"'{code}' has no answer '{value}', only {known}", "show_if")


@dataclass(frozen=True)
class Definitions:
    """Everything an office edits, checked: units, categories and themes by code, surveys by key and version."""

    units: Mapping[str, Unit]
    scales: Mapping[str, Scale]
    categories: Mapping[str, Category]
    surveys: Mapping[tuple[str, int], Survey]
    figures: Mapping[str, Figure] = field(default_factory=lambda: MappingProxyType({}))
    themes: Mapping[str, Theme] = field(default_factory=lambda: MappingProxyType({}))
    scam_check: ScamCheck | None = None
    languages: tuple[Language, ...] = ()

    @property
    def all_languages(self) -> tuple[str, ...]:
        """The tags of all languages that a text can be asked for in."""
        return (*LANGUAGES, *(one.tag for one in self.languages))

    def versions(self, key: str) -> tuple[Survey, ...]:
        """All versions of one survey, oldest first; empty if there is none."""
        return tuple(self.surveys[pair] for pair in sorted(self.surveys) if pair[0] == key)

    def current(self, key: str, today: date) -> Survey | None:
        """The newest version that is open on the day."""
        return next((survey for survey in reversed(self.versions(key)) if survey.is_open(today)), None)

    def open_surveys(self, today: date) -> tuple[Survey, ...]:
        """The current version of each survey that is open on the day, by key."""
        keys = dict.fromkeys(key for key, _ in sorted(self.surveys))
        return tuple(survey for key in keys if (survey := self.current(key, today)))

    def units_for(self, survey: Survey, today: date) -> tuple[Unit, ...]:
        """The open units that the survey can be about, in the order of the file."""
        return tuple(u for u in self.units.values() if u.kind in survey.unit_kinds and u.is_open(today))

    def scale_of(self, question: Question) -> Scale:
        """The scale of a question of that kind."""
        return self.scales[question.scale or ""]

    def digest(self, survey: Survey) -> str:
        """SHA-256 of what its file shows a resident; `closed` and `kiosk` may be set later, the desk's days too."""
        content = plain(survey)
        del content["closed"], content["kiosk"]
        if survey.opens_at_desk:
            del content["opened"]
        content["scales"] = {q.scale: plain(self.scale_of(q)) for q in survey.questions if q.kind == "scale"}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def load(directory: Path) -> Definitions:
    """Read and check a definitions folder; DefinitionError lists the problems of every file in it."""
    problems: list[Problem] = []

    def attempt(path: Path, kind: Any) -> Any:
        try:
            return read(path, kind, further.tags if further else ())
        except DefinitionError as error:
            problems.extend(error.problems)
            return None

    def attempt_if_there(path: Path, kind: Any) -> Any:
        return attempt(path, kind) if path.exists() or path.is_symlink() else None

    further: LanguagesFile | None = None
    further = attempt_if_there(directory / FURTHER, LanguagesFile)
    units = attempt(directory / "units.yaml", UnitsFile)
    scales = attempt(directory / "scales.yaml", dict[str, Scale])
    categories = attempt(directory / "categories.yaml", CategoriesFile)
    declared = attempt_if_there(directory / "declared.yaml", DeclaredFile)
    themes = attempt_if_there(directory / "themes.yaml", ThemesFile)
    scam_check = attempt_if_there(directory / SCAM_CHECK, ScamCheck)
    paths = sorted((directory / "surveys").glob("*.yaml"))
    surveys = [survey for path in paths if (survey := attempt(path, Survey))]
    problems.extend(_file_problems(directory / "surveys", paths))
    for part in (further, units, categories, declared, themes, scam_check, *(scales or {}).values(), *surveys):
        problems.extend(part.problems() if part else ())
    if scales is not None:
        problems.extend(_scale_problems(surveys, scales))
    if units and categories:
        problems.extend(categories.unit_problems(units))
    if problems:
        raise DefinitionError(problems)
    return Definitions(
        units=MappingProxyType({unit.code: unit for unit in units.walk()}),
        scales=MappingProxyType(scales),
        categories=MappingProxyType({item.code: item for item in categories.categories}),
        surveys=MappingProxyType({(survey.key, survey.version): survey for survey in surveys}),
        figures=MappingProxyType({figure.code: figure for figure in declared.figures} if declared else {}),
        themes=MappingProxyType({theme.code: theme for theme in themes.themes} if themes else {}),
        scam_check=scam_check,
        languages=further.languages if further else (),
    )


def _file_problems(folder: Path, found: list[Path]) -> Iterator[Problem]:
    if not found:
        yield Problem(folder, 0, 0, "no survey: add <key>.v1.yaml")
    for path in sorted(folder.glob("*.yml")):
        yield Problem(path, 0, 0, f"would not be read: name it {path.stem}.yaml")


def _scale_problems(surveys: list[Survey], scales: Mapping[str, Scale]) -> Iterator[Problem]:
    for question in (question for survey in surveys for question in survey.questions):
        if question.scale and question.scale not in scales:
            known = ", ".join(scales)
            yield question.place.problem(f"unknown scale '{question.scale}', scales.yaml has {known}", "scale")
