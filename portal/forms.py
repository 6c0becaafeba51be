"""Forms: one table from question kind to field, and the forms that are not surveys.

WTForms reads what was sent; whether it is an answer is decided by `surveys.responses`, here as in imports.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Optional, ValidationError

from portal import text
from surveys import cases, codes
from surveys.cards import Card
from surveys.definition import Kind, Question, Survey
from surveys.errors import AnswerError
from surveys.responses import Answer, check_answers, clean_text, has_words, printable

TOKEN_FIELD = "_token"  # noqa: S105  (the name of a field, not a secret)
HONEYPOT_FIELD = "_website"
CARD_FIELDS = ("_card_number", "_card_secret")
WITHOUT_CARD = "_without_card"
"""The button that sends the answers and leaves the card aside."""


def _printable(value: str | None) -> str | None:
    return printable(value) if value else value


_FIELDS: Mapping[Kind, Callable[[Question], Any]] = {
    "scale": lambda _: RadioField(choices=[], validate_choice=False),
    "single": lambda _: RadioField(choices=[], validate_choice=False),
    "multiple": lambda _: SelectMultipleField(choices=[], validate_choice=False),
    "text": lambda _: TextAreaField(filters=[_printable]),
    "number": lambda _: StringField(filters=[_printable]),
    "date": lambda _: StringField(filters=[_printable]),
}
_PLAIN: Mapping[Kind, Callable[[list[str]], object]] = {
    **dict.fromkeys(_FIELDS, lambda sent: printable(sent[0])),
    **dict.fromkeys(("scale", "single", "statement"), lambda sent: sent[0]),
    "multiple": list,
}


def as_shown(sent: Mapping[str, str]) -> dict[str, str]:
    """What was sent, by the name of the field, as a page can show it again: line ends as \\n, no control characters."""
    return {name: printable(value) for name, value in sent.items()}


class SurveyForm(BaseForm):
    """The form of one survey version, with the card that may come with it.

    After `validate`, `answers` and `texts` hold what may be stored; `card` is None where none is to be used.
    """

    def __init__(self, survey: Survey, data: "MultiDict[str, str]") -> None:
        super().__init__(_fields_of(survey))
        self._survey = survey
        self.beside = CardForm(data)
        self.card: Card | None = None if WITHOUT_CARD in data else self.beside.card
        self.answers: dict[str, Answer] = {}
        self.texts: dict[str, str] = {}
        self.process(data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check against the survey, and the card's digits; field errors are worded as instructions."""
        fits = self.card is None or self.beside.validate()
        try:
            self.answers, self.texts = check_answers(self._survey, self.data)
        except AnswerError as error:
            for code, fault in error.faults.items():
                self._fields[code].errors = [text.fault_text(self._survey.by_code[code], fault)]
            return False
        return fits

    def typed(self) -> dict[str, object]:
        """What was typed, by the name of the field."""
        return self.data | {field.name: field.data for field in self.beside}

    def faults(self) -> dict[str, str]:
        """The first error of each field by its name, the card's last."""
        return first_errors(self) | (first_errors(self.beside) if self.card else {})


def plain_answers(survey: Survey, fields: Mapping[str, list[str]]) -> dict[str, object]:
    """What a SurveyForm reads, without the fields that could show it again; values by name, in the order sent."""
    asked = (question for question in survey.questions if question.code in fields)
    return {question.code: _PLAIN[question.kind](fields[question.code]) for question in asked}


def _fields_of(survey: Survey) -> dict[str, Any]:
    return {q.code: _FIELDS[q.kind](q) for q in survey.questions if q.kind != "statement"}


def check_kinds(surveys: Sequence[Survey]) -> None:
    """Build every form once, so that a kind without a field stops the start and not a resident."""
    for survey in surveys:
        SurveyForm(survey, MultiDict())


class SuggestForm(Form):
    """What it is about, for which unit, and the text; `categories` and `units` are the labels to choose from."""

    categories: Mapping[str, str]
    units: Mapping[str, str]
    category = RadioField(choices=[], validators=[InputRequired(text.CHOOSE_CATEGORY)], validate_choice=False)
    unit = StringField(validators=[Optional()])
    text = TextAreaField(validators=[InputRequired(text.WRITE_TEXT)], filters=[_printable])

    def validate_category(self, field: Field) -> None:
        """Only categories that the office takes."""
        if field.data not in self.categories:
            raise ValidationError(str(text.CHOOSE_CATEGORY))

    def validate_unit(self, field: Field) -> None:
        """Only units that take answers, or none."""
        if field.data and field.data not in self.units:
            raise ValidationError(str(text.CHOOSE_KNOWN))

    def validate_text(self, field: Field) -> None:
        """Within the limit and more than blanks, counted as it is stored: a line end is one character."""
        written = clean_text(field.data or "")
        if not has_words(written):
            raise ValidationError(str(text.WRITE_TEXT))
        if len(written) > cases.TEXT_LIMIT:
            raise ValidationError(text.too_long(cases.TEXT_LIMIT))


class ContactForm(SuggestForm):
    """The second step: the same again, a contact if she wants to be called, and the unit that may have it."""

    contact = StringField(validators=[Optional()], filters=[_printable])
    release_to = StringField(validators=[Optional()])

    def validate_contact(self, field: Field) -> None:
        """Within the limit."""
        if len(clean_text(field.data or "")) > cases.CONTACT_LIMIT:
            raise ValidationError(text.too_long(cases.CONTACT_LIMIT))


def _digits(value: str | None) -> str:
    return codes.typed(printable(value or ""))


@dataclass(frozen=True)
class _Code:
    """How long a code is, and what to say of one that cannot be right."""

    length: int
    missing: object
    mistyped: object
    digits_only: object = text.DIGITS_ONLY
    wrong_length: Callable[[int, int], str] = text.wrong_length

    def check(self, typed: str | None) -> None:
        """Say what is wrong: nothing there, other signs, too few or many digits, or one that is wrong."""
        if not typed:
            raise ValidationError(str(self.missing))
        if not (typed.isascii() and typed.isdigit()):
            raise ValidationError(str(self.digits_only))
        if len(typed) != self.length:
            raise ValidationError(self.wrong_length(len(typed), self.length))
        if not codes.is_valid(typed, self.length):
            raise ValidationError(str(self.mistyped))


_CASE_NUMBER = _Code(codes.NUMBER_LENGTH, text.WRITE_NUMBER, text.NUMBER_MISTYPED)
_CASE_SECRET = _Code(codes.SECRET_LENGTH, text.WRITE_SECRET, text.SECRET_MISTYPED)
_OF_A_CARD = (text.CARD_DIGITS_ONLY, text.card_wrong_length)
_CARD_NUMBER = _Code(codes.NUMBER_LENGTH, text.WRITE_CARD_NUMBER, text.CARD_NUMBER_MISTYPED, *_OF_A_CARD)
_CARD_SECRET = _Code(codes.SECRET_LENGTH, text.WRITE_CARD_SECRET, text.CARD_SECRET_MISTYPED, *_OF_A_CARD)


class CaseForm(Form):
    """Number and secret code of a case; a mistyped digit is named before anything is looked up."""

    number = StringField(filters=[_digits])
    secret = StringField(filters=[_digits])

    def validate_number(self, field: Field) -> None:
        """Ten digits whose check digit is right."""
        _CASE_NUMBER.check(field.data)

    def validate_secret(self, field: Field) -> None:
        """Twenty digits whose check digit is right."""
        _CASE_SECRET.check(field.data)


class CardForm(Form):
    """Number and secret of a reply card beside the answers to a survey: both, or neither."""

    card_number = StringField(filters=[_digits], name=CARD_FIELDS[0])
    card_secret = StringField(filters=[_digits], name=CARD_FIELDS[1])

    @property
    def card(self) -> Card | None:
        """The card that was typed in, None where there is none."""
        number, secret = self.card_number.data, self.card_secret.data
        return Card(number or "", secret or "") if number or secret else None

    def validate_card_number(self, field: Field) -> None:
        """Ten digits whose check digit is right, or nothing at all."""
        if self.card:
            _CARD_NUMBER.check(field.data)

    def validate_card_secret(self, field: Field) -> None:
        """Twenty digits whose check digit is right, or nothing at all."""
        if self.card:
            _CARD_SECRET.check(field.data)


def first_errors(form: BaseForm) -> dict[str, str]:
    """The first error of each field by its name, in the order of the form."""
    return {field.name: str(field.errors[0]) for field in form._fields.values() if field.errors}
