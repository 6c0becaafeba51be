"""Answers that were given on a device without a network, and sent or handed over later.

What comes in is JSON as the device keeps it: `id` (32 hexadecimal digits, made at random there), `grant`, `day`,
`language`, `answers` (for each question the list of values that its fields held), and `card` where one is used. It
is judged by the rules of every form; the same id twice is one answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from surveys import cards, codes, grants, kiosks
from surveys.definition import LANGUAGES, Definitions, Survey
from surveys.errors import AnswerError, HuiyinError
from surveys.grants import Grant
from surveys.keys import Keys
from surveys.responses import Response, basis_of, check_answers, open_period, printable, to_row
from surveys.store import Connection, Store
from surveys.store.answers import StoredResponse, add_response

Reason = Literal["form", "grant", "gone", "over", "kiosk", "answers"]
_DEEPEST = 8
_ADVICE: Mapping[Reason, str] = {
    "form": "it is not in the form that a device sends: save it on the device once more",
    "grant": "it carries no grant of this office: bring it to the office whose page it was given on",
    "gone": "its survey, version or unit is not in the definitions: put the file of that version back",
    "over": f"its survey closed more than {grants.DAYS_AFTER_CLOSE} days ago, and no answers are taken any more",
    "kiosk": f"its kiosk's address ended more than {kiosks.DAYS_TO_SEND} days ago, see 'kiosks_since', or its survey "
    "has no 'kiosk' any more",
    "answers": "an answer is missing or does not fit: correct it on the device",
}


class OfflineError(HuiyinError):
    """An answer cannot be taken as it is; nothing was stored. For the reason `answers`, `faults` and `survey` tell why.

    `faults` maps question code to `responses.Fault`.
    """

    def __init__(self, reason: Reason, survey: Survey | None = None, faults: Mapping[str, Any] | None = None) -> None:
        self.reason = reason
        self.survey = survey
        self.faults = faults or {}
        named = "".join(f" [{code}: {fault.code}]" for code, fault in self.faults.items())
        super().__init__(_ADVICE[reason] + named)


@dataclass(frozen=True)
class Submission:
    """One answer set as a device sends it: `given` unchecked, `day` as the device's clock tells it."""

    id: bytes
    grant: Grant
    day: date | None
    language: str
    given: Mapping[str, object]
    card: cards.Card | None = None


def read(keys: Keys, body: object) -> Submission:
    """What a device sent; OfflineError if it is something else or carries no grant of this office."""
    if _is_deep(body) or not isinstance(body, dict) or not isinstance(body.get("answers"), dict):
        raise OfflineError("form")
    found = body.get("id")
    if not isinstance(found, str) or not re.fullmatch("[0-9a-f]{32}", found):
        raise OfflineError("form")
    grant = grants.read(keys, str(body.get("grant")))
    if grant is None:
        raise OfflineError("grant")
    return Submission(
        id=bytes.fromhex(found),
        grant=grant,
        day=_day(body.get("day")),
        language=str(body.get("language")),
        given=body["answers"],
        card=_card(body.get("card")),
    )


def _is_deep(body: object) -> bool:
    """Whether more is nested in one another than any form makes."""
    level = [body]
    for _ in range(_DEEPEST):
        within = ([*one.values()] if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [part for parts in within for part in parts]
    return bool(level)


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return None


def _card(told: object) -> cards.Card | None:
    if told is None:
        return None
    if not isinstance(told, dict):
        raise OfflineError("form")
    number, secret = (codes.typed(printable(str(told.get(part) or ""))) for part in ("number", "secret"))
    return cards.Card(number, secret) if number or secret else None


def _given(survey: Survey, sent: Submission) -> dict[str, object]:
    """What was told as a form gives it: a list where several may be chosen, else one value; of a kiosk, its question's.

    Whoever has got hold of a kiosk's grant can answer no more with it than the kiosk asks.
    """
    found: dict[str, object] = {}
    for code, value in sent.given.items():
        if sent.grant.kiosk and code != survey.kiosk:
            continue
        several = code in survey.by_code and survey.by_code[code].kind == "multiple"
        values = value if isinstance(value, list) else [value]
        found[code] = values if several else next(iter(values), None)
    return found


def _asked(known: Definitions, grant: Grant, today: date) -> Survey:
    """The version that the grant is for, as long as answers to it are taken; OfflineError if they are not."""
    survey = known.surveys.get((grant.survey, grant.version))
    if survey is None or grant.unit not in known.units:
        raise OfflineError("gone")
    if grants.is_over(survey, today):
        raise OfflineError("over")
    if grant.kiosk:
        ended = kiosks.is_ended(known.units[grant.unit], grant.since or grant.issued, today)
        if ended or survey.kiosk is None:
            raise OfflineError("kiosk")
    return survey


def response_of(known: Definitions, sent: Submission, today: date) -> Response:
    """The answer set to store, checked as any other; OfflineError if it cannot be taken."""
    survey = _asked(known, sent.grant, today)
    try:
        answers, texts = check_answers(survey, _given(survey, sent))
    except AnswerError as error:
        raise OfflineError("answers", survey, error.faults) from error
    return Response(
        id=sent.id,
        survey=survey.key,
        version=survey.version,
        unit=sent.grant.unit,
        channel=sent.grant.channel,
        basis="card" if sent.card else basis_of(sent.grant.channel),
        language=sent.language if sent.language in known.all_languages else LANGUAGES[0],
        day=grants.day_of(sent.grant, survey, sent.day, today),
        answers=answers,
        texts=texts,
    )


def take(store: Store, keys: Keys, sent: Submission, response: Response) -> StoredResponse:
    """Store an answer set once; CardError if its card cannot be used, and then nothing is stored."""
    return store.write(lambda connection: take_in(connection, keys, sent, response), alone=bool(sent.card))


def take_in(connection: Connection, keys: Keys, sent: Submission, response: Response) -> StoredResponse:
    """The same within a transaction, which may go on after a CardError."""
    if sent.card:
        return cards.answer_in(connection, keys, response, sent.card)
    return add_response(connection, to_row(response, open_period(connection, response.day)), response.texts)
