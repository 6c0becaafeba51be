"""The codebook of a month: what was asked, how it was counted, and what every code and column of its tables means."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scripts.codebook_tables import TABLES, Column
from scripts.codebook_words import BASES, CASE_FIGURES, COUNTS, KINDS, REASONS, SIGNS, STATUSES, UNITS_TOGETHER
from scripts.csv_text import rows_of
from scripts.ratings import SurveyMonth, month_days
from surveys.definition import DONT_KNOW, LEVELS, Definitions, Question, Scale, Survey, Unit
from surveys.errors import HuiyinError
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, Z_95
from surveys.office import ALWAYS_DECLARED

CODEBOOK = "codebook.json"
FORMAT = 1
"""Raised when a reader of codebook.json would have to change."""
Book = dict[str, Any]
Words = Mapping[str, str]


def codebook(period: str, months: Sequence[SurveyMonth], known: Definitions, tables: Mapping[str, str]) -> Book:
    """The codebook of a month whose tables are given as CSV text by their name."""
    named = {row.get("unit", "") for text in tables.values() for row in rows_of(text)}
    above = {unit.code: group.code for group in known.units.values() for unit in group.units}
    return {
        "codebook": FORMAT,
        "period": period,
        "rules": {"interval_from": INTERVAL_FROM, "percent_from": PERCENT_FROM, "z": Z_95},
        "surveys": [_survey(month, known) for month in months],
        "scales": {name: _scale(known.scales[name]) for name in _scales(months, known)},
        "units": [_unit(unit, above.get(unit.code)) for unit in _units(period, known, named)],
        "tables": {name: described(name) for name in tables},
        "values": {
            "basis": BASES,
            "counts": COUNTS,
            "figure": {
                **CASE_FIGURES,
                **ALWAYS_DECLARED,
                **{code: figure.text for code, figure in known.figures.items()},
            },
            "kind": KINDS,
            "reason": REASONS,
            "sign": _explained(SIGNS),
            "status": _explained(STATUSES),
            "unit": UNITS_TOGETHER,
        },
    }


def as_json(book: Book) -> bytes:
    """The canonical bytes of a codebook: sorted keys, a line feed at the end."""
    return (json.dumps(book, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def described(name: str) -> Book:
    """A table and its columns in every language; HuiyinError if nobody described it."""
    if name not in TABLES:
        raise HuiyinError(f"the table '{name}' is not described: add it to scripts/codebook_words.py")
    words = TABLES[name]
    return {
        "file": f"{name}.csv",
        "title": words.title,
        "about": words.about,
        "key": words.key,
        "columns": [_described(column) for column in words.columns],
    }


def column_of(table: str, name: str) -> Column:
    """One described column of a table; HuiyinError if nobody described it."""
    for column in TABLES[table].columns:
        if column.name == name:
            return column
    raise HuiyinError(f"{table}.csv has a column '{name}' that is not described: add it to scripts/codebook_words.py")


def _described(column: Column) -> Book:
    return {"name": column.name, "kind": column.kind, "heading": column.heading, "meaning": column.meaning}


def _explained(words: Mapping[str, tuple[Words, Words]]) -> Book:
    return {code: {"text": text, "meaning": meaning} for code, (text, meaning) in words.items()}


def _survey(month: SurveyMonth, known: Definitions) -> Book:
    return {
        "key": month.key,
        "title": month.survey.title,
        "bases": list(month.bases),
        "versions": [_version(survey, known) for survey in _versions(month, known)],
    }


def _versions(month: SurveyMonth, known: Definitions) -> Iterator[Survey]:
    """The versions of the month, and older ones for questions that only they hold."""
    wanted = set(month.questions)
    found = []
    for survey in reversed(known.versions(month.key)):
        if survey in month.versions or (survey.opened <= month.last and wanted & set(survey.by_code)):
            found.append(survey)
            wanted -= set(survey.by_code)
    return reversed(found)


def _version(survey: Survey, known: Definitions) -> Book:
    return {
        "version": survey.version,
        "opened": survey.opened.isoformat(),
        "closed": survey.closed and survey.closed.isoformat(),
        "digest": known.digest(survey),
        "title": survey.title,
        "questions": [_question(question) for question in survey.questions],
    }


def _question(question: Question) -> Book:
    optional = {
        "hint": question.hint,
        "scale": question.scale,
        "max_choices": question.max_choices,
        "minimum": question.minimum,
        "maximum": question.maximum,
        "show_if": {code: list(values) for code, values in question.show_if.items()} or None,
        "options": [{"code": option.code, "text": option.text} for option in question.options] or None,
    }
    given = {key: value for key, value in optional.items() if value is not None}
    return {"code": question.code, "kind": question.kind, "required": question.required, "text": question.text, **given}


def _scales(months: Sequence[SurveyMonth], known: Definitions) -> Iterator[str]:
    """The names of the scales in use, in the order of their file."""
    questions = (q for month in months for survey in _versions(month, known) for q in survey.questions)
    used = {question.scale for question in questions}
    return (name for name in known.scales if name in used)


def _scale(scale: Scale) -> Book:
    return {
        "levels": [
            {"code": str(level.value), "counts": level.counts, "text": level.text}
            for level in sorted(scale.levels, key=lambda level: level.value)
        ],
        "dont_know": {"code": DONT_KNOW, "text": scale.dont_know},
        "satisfied": [*LEVELS[3:]],
        "wide": [*LEVELS[2:]] if scale.wide else None,
    }


def _units(period: str, known: Definitions, named: set[str]) -> Iterator[Unit]:
    """Units that were open on a day of the month or stand in one of its tables, in the order of the register."""
    first, last = month_days(period)
    for unit in known.units.values():
        if unit.code in named or (unit.opened <= last and (unit.closed is None or unit.closed >= first)):
            yield unit


def _unit(unit: Unit, above: str | None) -> Book:
    return {
        "code": unit.code,
        "kind": unit.kind,
        "name": unit.name,
        "opened": unit.opened.isoformat(),
        "closed": unit.closed and unit.closed.isoformat(),
        "within": above,
        "answers": unit.answers,
    }


class Labels:
    """The words for the codes of a month, in one language; a code that nobody named stands for itself."""

    def __init__(self, book: Book, language: str) -> None:
        self.language = language
        self._values = book["values"]
        self._units = {unit["code"]: unit["name"] for unit in book["units"]}
        self._surveys = {survey["key"]: survey["title"] for survey in book["surveys"]}
        self.questions = dict(_all_questions(book))
        self._scales = book["scales"]

    def _named(self, code: str, *found: Words | None) -> str:
        words = next((one for one in found if one), None)
        return words[self.language] if words else code

    def unit(self, code: str) -> str:
        """The name of a unit, of all together, or of what was merged."""
        return self._named(code, self._values["unit"].get(code), self._units.get(code))

    def survey(self, key: str) -> str:
        """The title of a survey."""
        return self._named(key, self._surveys.get(key))

    def question(self, survey: str, code: str) -> str:
        """The text of a question."""
        return self._named(code, self.questions.get((survey, code), {}).get("text"))

    def option(self, survey: str, question: str, code: str) -> str:
        """The text of an option; '' for all who answered."""
        options = self.questions.get((survey, question), {}).get("options", [])
        return self._named(code, next((option["text"] for option in options if option["code"] == code), None))

    def figure(self, code: str) -> str:
        """The name of a figure of cases or of one that is declared."""
        return self._named(code, self._values["figure"].get(code))

    def reason(self, code: str) -> str:
        """Why responses do not count."""
        return self._named(code, self._values["reason"].get(code))

    def status(self, code: str) -> str:
        """How much of a row is published."""
        return self._named(code, self._values["status"].get(code, {}).get("text"))

    def sign(self, code: str) -> str:
        """A mark in place of a figure, or beside it."""
        return self._named(code, self._values["sign"].get(code, {}).get("text"))

    def is_wide(self, survey: str, question: str) -> bool:
        """Whether the middle level of a rated question counts in the wide rate."""
        scale = self.questions.get((survey, question), {}).get("scale")
        return bool(self._scales.get(scale, {}).get("wide"))


def _all_questions(book: Book) -> Iterator[tuple[tuple[str, str], Book]]:
    """Every question by survey and code; what a later version says stands."""
    for survey in book["surveys"]:
        for version in survey["versions"]:
            for question in version["questions"]:
                yield (survey["key"], question["code"]), question


def together(books: Sequence[Book]) -> Book:
    """One codebook for several months, oldest first: what the latest one says of a code stands."""
    latest = books[-1]
    surveys = _latest(books, "surveys", "key")
    for survey in surveys:
        same = [one for book in books for one in book["surveys"] if one["key"] == survey["key"]]
        survey["versions"] = sorted(_latest(same, "versions", "version"), key=lambda one: one["version"])
    return latest | {
        "surveys": surveys,
        "units": _latest(books, "units", "code"),
        "scales": {name: scale for book in books for name, scale in book["scales"].items()},
        "tables": {name: table for book in books for name, table in book["tables"].items()},
        "values": {
            what: _joined(book["values"][what] for book in books if what in book["values"]) for what in latest["values"]
        },
    }


def _latest(books: Sequence[Book], part: str, key: str) -> list[Book]:
    """The members of a part by their key: those of the latest book in its order, then what only earlier ones have."""
    found: dict[Any, Book] = {}
    for book in reversed(books):
        for member in book[part]:
            found.setdefault(member[key], dict(member))
    return list(found.values())


def _joined(values: Iterable[Mapping[str, Any]]) -> Book:
    return {code: words for one in values for code, words in one.items()}
