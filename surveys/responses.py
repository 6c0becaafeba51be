"""One resident's answers: what may be stored, the one encoding of it, and saving it once."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from surveys.definition import Basis, Channel, Question, Survey
from surveys.errors import AnswerError
from surveys.store import Connection, Store, answers

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
Answer = str | int | list[str]
DEFAULT_TEXT_LENGTH = 500
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"))
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs by their class that are drawn as nothing."""


def today(now: datetime | None = None) -> date:
    """The day in Shanghai, where every day and month of this project is counted."""
    return (now or datetime.now(UTC)).astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Fault:
    """Why an answer was not taken; `limit` is the figure that the message names."""

    code: str
    limit: int | None = None


@dataclass(frozen=True)
class Response:
    """One answer set as it is stored: codes only, no time finer than a day, nothing of the person."""

    id: bytes
    survey: str
    version: int
    unit: str
    channel: Channel
    basis: Basis
    language: str
    day: date
    answers: Mapping[str, Answer]
    texts: Mapping[str, str]


def basis_of(channel: Channel) -> Basis:
    """On what ground an answer without a card counts: helped by staff, or open to anyone."""
    return "open" if channel == "web" else "assisted"


def is_visible(question: Question, given: Mapping[str, object]) -> bool:
    """Whether the answers so far show the question; hidden questions open nothing."""
    if not question.show_if:
        return True
    return all(_holds(given.get(code), values) for code, values in question.show_if.items())


def _holds(answer: object, values: tuple[str, ...]) -> bool:
    return any(value in values for value in answer) if isinstance(answer, list) else answer in values


def check_answers(survey: Survey, given: Mapping[str, object]) -> tuple[dict[str, Answer], dict[str, str]]:
    """Split what was given into codes and free texts, keeping only visible questions.

    Nothing is defaulted: an empty answer is left out. AnswerError maps question code to Fault code.
    """
    kept: dict[str, Answer] = {}
    texts: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for question in survey.questions:
        if question.kind == "statement" or not is_visible(question, kept):
            continue
        found = check_answer(question, given.get(question.code))
        if isinstance(found, Fault):
            faults[question.code] = found
        elif found is not None and question.kind == "text":
            texts[question.code] = str(found)
        elif found is not None:
            kept[question.code] = found
    if faults:
        raise AnswerError(faults)
    return kept, texts


def check_answer(question: Question, given: object) -> Answer | Fault | None:
    """The answer in its stored form, None for no answer, or the Fault."""
    if given is None or given == [] or (isinstance(given, str) and not given.strip()):
        return Fault("required") if question.required else None
    return _CHECKS[question.kind](question, given)


def _check_code(question: Question, given: object) -> Answer | Fault:
    return given if isinstance(given, str) and given in question.codes() else Fault("unknown_code")


def _check_codes(question: Question, given: object) -> Answer | Fault:
    if not isinstance(given, list) or not all(code in question.codes() for code in given):
        return Fault("unknown_code")
    if question.max_choices is not None and len(set(given)) > question.max_choices:
        return Fault("too_many", question.max_choices)
    return [code for code in question.codes() if code in given]


def _check_text(question: Question, given: object) -> Answer | Fault | None:
    if isinstance(given, list | dict):
        return Fault("unknown_code")
    text = clean_text(str(given))
    limit = question.max_length or DEFAULT_TEXT_LENGTH
    if len(text) > limit:
        return Fault("too_long", limit)
    return text or (Fault("required") if question.required else None)


def clean_text(text: str) -> str:
    """Free text as it is stored: printable, no space around."""
    return printable(text).strip()


def has_words(text: str) -> bool:
    """Whether anything of the text can be seen: blanks, format characters and bare marks cannot."""
    return any(unicodedata.category(one) not in _UNSEEN and one not in _EMPTY for one in text)


def printable(text: str) -> str:
    """Text without control characters, line ends as \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", "", text)


def _check_number(question: Question, given: object) -> Answer | Fault:
    text = str(given).strip().translate(_FULL_WIDTH)
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        return Fault("not_number")
    number = int(text)
    if question.minimum is not None and number < question.minimum:
        return Fault("too_small", question.minimum)
    if question.maximum is not None and number > question.maximum:
        return Fault("too_large", question.maximum)
    return number


def _check_date(_question: Question, given: object) -> Answer | Fault:
    text = str(given).strip().translate(_FULL_WIDTH)
    try:
        return date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "").isoformat()
    except ValueError:
        return Fault("not_date")


_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("－"): "-", ord("＋"): "+"}
_CHECKS: Mapping[str, Callable[[Question, object], Answer | Fault | None]] = {
    "scale": _check_code,
    "single": _check_code,
    "multiple": _check_codes,
    "text": _check_text,
    "number": _check_number,
    "date": _check_date,
}


_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Frame(NamedTuple):
    """All of an answer set but its id and the answers: many have the same."""

    survey: str
    version: int
    unit: str
    channel: Channel
    basis: Basis
    language: str
    day: date


def answers_text(given: Mapping[str, Answer]) -> str:
    """Answers as JSON in its one form, as they are stored and as their digest sees them."""
    return _json(dict(given))


@lru_cache(maxsize=1024)
def _around(frame: Frame) -> tuple[str, str, str]:
    """What the canonical encoding holds between answers and id, and behind the id; and the day."""
    before = {"basis": frame.basis, "channel": frame.channel, "day": frame.day.isoformat()}
    behind = {"language": frame.language, "survey": frame.survey, "unit": frame.unit, "version": frame.version}
    return f',{_json(before)[1:-1]},"id":"', f'",{_json(behind)[1:]}', before["day"]


def encode(response: Response) -> bytes:
    """The canonical encoding of an answer set, on which its digest and every later proof stand."""
    return _encoded(response.id, answers_text(response.answers), frame_of(response))


def _encoded(key: bytes, text: str, frame: Frame) -> bytes:
    between, behind, _ = _around(frame)
    return f'{{"answers":{text}{between}{key.hex()}{behind}'.encode()


def frame_of(response: Response) -> Frame:
    """All of the answer set but its id and the answers."""
    of = response
    return Frame(of.survey, of.version, of.unit, of.channel, of.basis, of.language, of.day)


def digest(response: Response) -> bytes:
    """SHA-256 of the canonical encoding; stored beside the row, so that a flipped bit shows."""
    return hashlib.sha256(encode(response)).digest()


def same_answers(stored: answers.StoredResponse, response: Response) -> bool:
    """Whether what is stored under the id holds these answers and texts, on whatever day they came."""
    then = date.fromisoformat(stored.day)
    alike = stored.digest == digest(response if response.day == then else replace(response, day=then))
    return alike and stored.texts == frozenset(response.texts.items())


def to_row(response: Response, period: str) -> dict[str, Any]:
    """The row to store; `period` is the month in which it counts."""
    return row_of(response.id, answers_text(response.answers), frame_of(response), period)


def row_of(key: bytes, text: str, frame: Frame, period: str = "") -> dict[str, Any]:
    """The row to store of an answer set with this id; `text` is what `answers_text` gives.

    Without a period it counts in the month of its day.
    """
    _, _, day = _around(frame)
    return {
        "id": key,
        "survey": frame.survey,
        "version": frame.version,
        "unit": frame.unit,
        "channel": frame.channel,
        "basis": frame.basis,
        "language": frame.language,
        "day": day,
        "period": period or day[:7],
        "answers": text,
        "digest": hashlib.sha256(_encoded(key, text, frame)).digest(),
    }


def period_of(day: date) -> str:
    """The calendar month of a day, YYYY-MM."""
    return day.isoformat()[:7]


def months_back(period: str, months: int) -> str:
    """The month that many months before."""
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]) - 1 - months, 12)
    return f"{year:04}-{month + 1:02}"


def next_period(period: str) -> str:
    """The month after."""
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]), 12)
    return f"{year:04}-{month + 1:02}"


def open_period(connection: Connection, day: date) -> str:
    """The month in which an answer of that day counts: its own, or the first one after it not yet closed."""
    period = period_of(day)
    while answers.is_closed(connection, period):
        period = next_period(period)
    return period


@dataclass(frozen=True)
class _Saving:
    response: Response

    def __call__(self, connection: Connection) -> answers.StoredResponse:
        period = open_period(connection, self.response.day)
        return answers.add_response(connection, to_row(self.response, period), self.response.texts)


def _save_all(connection: Connection, savings: Sequence[_Saving]) -> list[answers.StoredResponse]:
    """Several at once: each statement stops all other threads and starts them again, which costs more than a row."""
    wanted = [saving.response for saving in savings]
    periods = {day: open_period(connection, day) for day in {response.day for response in wanted}}
    rows = [(to_row(response, periods[response.day]), response.texts) for response in wanted]
    return answers.add_new_responses(connection, rows)


def save(store: Store, response: Response) -> answers.StoredResponse:
    """Store an answer set once, durably; a repeat of its id returns what is stored already."""
    return store.write(_Saving(response), alone=False, together=_save_all)
