"""Cases: what a resident suggests, complains of or asks for, from receipt to answer.

Events are only ever added; state and limits are derived from them, never stored.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surveys import codes, workdays
from surveys.definition import Category, Channel
from surveys.errors import CaseError
from surveys.keys import Keys
from surveys.store import Connection, Store, ledger

State = Literal[
    "received",
    "accepted",
    "declined",
    "merged",
    "transferred",
    "assigned",
    "replied",
    "outcome",
    "callback",
    "closed",
    "reopened",
    "withdrawn",
]
STATES: tuple[State, ...] = State.__args__  # type: ignore[attr-defined]
TEXT_LIMIT = 2000
CONTACT_LIMIT = 200
TRIAGE_WORKDAYS = 1


@dataclass(frozen=True)
class Submission:
    """What a resident sent: a random id, what it is about, and what she wrote."""

    id: bytes
    category: str
    unit: str | None
    text: str
    contact: str
    channel: Channel
    language: str


@dataclass(frozen=True)
class Opened:
    """The two codes of a case: the number may be told to anyone, the secret alone opens it."""

    number: str
    secret: str


@dataclass(frozen=True)
class Event:
    """One thing that happened to a case; `text` is None where there is none or it was purged."""

    kind: State
    day: date
    role: str
    unit: str | None
    data: Mapping[str, str]
    text: str | None


@dataclass(frozen=True)
class Case:
    """A case with its events; everything else is derived."""

    number: str
    category: str
    unit: str | None
    language: str
    received: date
    events: tuple[Event, ...]

    @property
    def state(self) -> State:
        """Where the case stands."""
        return state_after(self.events)


def state_after(events: Sequence[Event]) -> State:
    """The state that a case is in after its events; the first is always its receipt."""
    return events[-1].kind


def triage_limit(received: date) -> workdays.Deadline:
    """By when intake says who will answer."""
    return workdays.after_workdays(received, TRIAGE_WORKDAYS)


def first_reply_limit(category: Category, received: date) -> workdays.Deadline:
    """By when a person answers: calendar days, never before the working day after triage is due."""
    by_calendar = workdays.after_days(received, category.first_reply_days)
    after_triage = workdays.after_workdays(received, TRIAGE_WORKDAYS + 1)
    return max(by_calendar, after_triage, key=lambda limit: limit.day)


def open_case(store: Store, keys: Keys, submission: Submission, day: date) -> Opened:
    """Open a case once, durably; the same submission sent again gets the same two codes.

    Both codes are made from the submission's id, so nothing has to keep the secret to repeat it.
    """
    secret = codes.with_check_digit(keys.code("case secret", submission.id), codes.SECRET_LENGTH)
    proof = keys.code("case", secret)
    sealed = {
        number: keys.seal(submission.contact, number) for number in _numbers(keys, submission) if submission.contact
    }

    def work(connection: Connection) -> str:
        for number in _numbers(keys, submission):
            found = ledger.find_case(connection, number)
            if found is None:
                _add(connection, number, proof, submission, day)
                if submission.contact:
                    ledger.set_contact(connection, number, sealed[number])
                return number
            if hmac.compare_digest(found.secret, proof):
                return number
        raise CaseError("no free case number was found: try again")

    return Opened(store.write(work), secret)


def _numbers(keys: Keys, submission: Submission) -> tuple[str, ...]:
    """Candidates in a fixed order, so that a taken number is stepped over the same way each time."""
    made = (keys.code("case number", submission.id, str(turn)) for turn in range(4))
    return tuple(codes.with_check_digit(code, codes.NUMBER_LENGTH) for code in made)


def _add(connection: Connection, number: str, proof: bytes, submission: Submission, day: date) -> None:
    row = ledger.CaseRow(
        number,
        proof,
        submission.category,
        submission.unit,
        submission.channel,
        submission.language,
        day.isoformat(),
    )
    ledger.add_case(connection, row)
    salt = os.urandom(16)
    event = {
        "number": number,
        "sequence": 1,
        "kind": "received",
        "day": day.isoformat(),
        "role": "resident",
        "unit": None,
        "data": "{}",
        "text_digest": hashlib.sha256(salt + submission.text.encode()).digest(),
    }
    ledger.add_event(connection, event, salt, submission.text)


def look_up(store: Store, keys: Keys, number: str, secret: str) -> Case | None:
    """The case that number and secret open, or None; a wrong number and a wrong secret take alike."""
    proof = keys.code("case", secret)

    def work(connection: Connection) -> Case | None:
        row = ledger.find_case(connection, number)
        if not hmac.compare_digest(row.secret if row else bytes(32), proof) or row is None:
            return None
        events = tuple(_event(event) for event in ledger.events_of(connection, number))
        return Case(row.number, row.category, row.unit, row.language, date.fromisoformat(row.day), events)

    return store.read(work)


def _event(row: ledger.EventRow) -> Event:
    if row.kind not in STATES:
        raise CaseError(f"case {row.number} has an event '{row.kind}' that this version does not know: update it")
    return Event(row.kind, date.fromisoformat(row.day), row.role, row.unit, json.loads(row.data), row.text)
