"""What the keying desk's forms hold: the cells of a sheet, and the choices for what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flask_babel import gettext

from portal import paper_text
from portal.language import current
from surveys.definition import Definitions, Question, Survey
from surveys.paper_ends import Difference
from surveys.paper_keys import UNREADABLE, asked_on_paper, cell_of, keys_of
from surveys.paper_words import label_of, number_of
from surveys.responses import Fault, printable

OTHER = "other"


@dataclass(frozen=True)
class Typed:
    """What was typed for a sheet, by question, and what is wrong with it."""

    cells: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)


def typed_sheet(survey: Survey, form: Mapping[str, str], *, words: bool) -> Typed:
    """The cells of a sheet as they were sent; what fits nothing is given back as it was typed."""
    cells: dict[str, str] = {}
    errors: dict[str, str] = {}
    for question in asked_on_paper(survey):
        typed = printable(form.get(question.code, ""))
        found = cell_of(question, typed, words=words)
        if isinstance(found, Fault):
            errors[question.code] = paper_text.keyed_wrong(question, found)
        cells[question.code] = typed if isinstance(found, Fault) else found
    return Typed(cells, errors)


def field_of(question: Question, seat: int) -> Literal["keys", "digits", "words"]:
    """How a question is keyed: by keys of its own, as a number or a day, or by copying words."""
    if question.kind == "text":
        return "words" if seat == 1 else "keys"
    return "keys" if question.codes() else "digits"


@dataclass(frozen=True)
class Choice:
    """One of the cells that a difference can be settled with."""

    cell: str
    label: str


@dataclass(frozen=True)
class DifferenceRow:
    """A difference as the page shows it: `chosen` is a cell or `OTHER`, `other` what was typed for that."""

    sheet: int
    question: Question
    number: int
    choices: Sequence[Choice]
    chosen: str | None
    other: str

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"{self.sheet}-{self.question.code}"


def difference_rows(
    definitions: Definitions, survey: Survey, differing: Sequence[Difference], sent: Mapping[str, str]
) -> list[DifferenceRow]:
    """The differences with their choices, in an order that does not tell whose keying is which."""
    return [_row(definitions, survey, one, sent) for one in differing]


def _row(definitions: Definitions, survey: Survey, one: Difference, sent: Mapping[str, str]) -> DifferenceRow:
    question = survey.by_code[one.question]
    # Of a text the second keying says only that something is written.
    keyed = {one.cells[0], ""} if question.kind == "text" else set(one.cells)
    cells = [*sorted(keyed - {UNREADABLE}), UNREADABLE]
    choices = [Choice(cell, _label(definitions, question, cell)) for cell in cells]
    stored = None if one.settled is None else one.settled if one.settled in cells else OTHER
    name = f"{one.sheet}-{one.question}"
    other = sent.get(f"o-{name}", (one.settled or "") if stored == OTHER else "")
    return DifferenceRow(one.sheet, question, number_of(survey, one.question), choices, sent.get(name, stored), other)


def _label(definitions: Definitions, question: Question, cell: str) -> str:
    if cell == "":
        return str(gettext("nothing there"))
    if cell == UNREADABLE:
        return str(gettext("cannot be read"))
    if not question.codes():
        return cell
    keys, joint = keys_of(question), str(gettext(", "))
    return joint.join(f"{key} {label_of(definitions, question, keys[key], current())}" for key in cell.split())


def looked_up(
    survey: Survey, differing: Sequence[Difference], form: Mapping[str, str]
) -> tuple[dict[tuple[int, str], str], dict[str, str]]:
    """What was chosen for each difference that was looked up, and what is wrong with it."""
    cells: dict[tuple[int, str], str] = {}
    errors: dict[str, str] = {}
    for one in differing:
        name, question = f"{one.sheet}-{one.question}", survey.by_code[one.question]
        if name not in form:
            continue
        typed = form.get(f"o-{name}", "") if form[name] == OTHER else form[name]
        found = cell_of(question, typed)
        if isinstance(found, Fault):
            errors[name] = paper_text.keyed_wrong(question, found)
        else:
            cells[one.sheet, one.question] = found
    if not cells and not errors and differing:
        first = differing[0]
        errors[f"{first.sheet}-{first.question}"] = str(paper_text.LOOK_UP)
    return cells, errors
