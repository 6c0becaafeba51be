"""Cases: what a resident suggests, complains of or asks for, from receipt to answer.

Events are only ever added; state and limits are derived from them, never stored.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from surveys import case_calls, case_ledger, codes, contact_rotation, workdays
from surveys.case_acts import Case, acts, joined_view, may_see_contact, view
from surveys.case_events import (
    CONTACT_LIMIT,
    KINDS,
    STATES,
    TEXT_LIMIT,
    Act,
    Actor,
    Event,
    Kind,
    Role,
    State,
)
from surveys.case_fields import above
from surveys.case_limits import limits, reply_limit, triage_limit
from surveys.danger import tells_of_danger
from surveys.definition import Category, Channel, Definitions
from surveys.errors import CaseError
from surveys.keys import Keys
from surveys.office import branch
from surveys.responses import has_words
from surveys.store import Connection, Store, board, ledger

__all__ = [
    "CONTACT_LIMIT",
    "KINDS",
    "STATES",
    "TEXT_LIMIT",
    "Act",
    "Actor",
    "Case",
    "Event",
    "Kind",
    "Opened",
    "Role",
    "State",
    "Submission",
    "act",
    "acts",
    "complained_of",
    "contact_of",
    "find",
    "first_reply_limit",
    "followers",
    "has_looked",
    "joined_to",
    "limits",
    "look_up",
    "open_case",
    "resident",
    "staff",
    "triage_limit",
]

Also = Callable[[Connection, Case], None]
"""What is written in the same transaction: the audit's row."""
NOBODY = Actor("resident")
"""A resident who sends something in, before there is a case that could know her."""


@dataclass(frozen=True)
class Submission:
    """What a resident sent: a random id, what it is about, what she wrote, and whether the unit may call her."""

    id: bytes
    category: str
    unit: str | None
    text: str
    contact: str
    channel: Channel
    language: str
    release: bool = False


@dataclass(frozen=True)
class Opened:
    """The two codes of a case: the number may be told to anyone, the secret alone opens it."""

    number: str
    secret: str


def resident(number: str) -> Actor:
    """The resident whose codes opened the case."""
    return Actor("resident", case=number)


def staff(definitions: Definitions, role: Role, id: str, unit: str | None = None) -> Actor:
    """A member of staff in one of the account's roles; CaseError for a unit that there is not."""
    if unit is not None and unit not in definitions.units:
        raise CaseError(f"unknown unit '{unit}': set the account's unit to one of units.yaml")
    if unit is None:
        return Actor(role, id)
    return Actor(role, id, above(definitions, unit), branch=branch(definitions.units, unit))


def first_reply_limit(category: Category, received: date) -> workdays.Deadline:
    """By when a person answers what was received on the day."""
    return reply_limit(received, category.first_reply_days)


def open_case(
    store: Store,
    keys: Keys,
    definitions: Definitions,
    submission: Submission,
    day: date,
    *,
    by: Actor = NOBODY,
    also: Also | None = None,
) -> Opened:
    """Open a case once, durably; the same submission sent again gets the same two codes.

    Both codes are made from the submission's id, so nothing has to keep the secret to repeat it.
    `by` is intake where staff write for a resident.
    """
    if not has_words(submission.contact):
        submission = replace(submission, contact="")  # else somebody would have to call nothing
    event = case_ledger.received(by, day, _receipt(definitions, submission, by), submission.text)
    secret = codes.with_check_digit(keys.code("case secret", submission.id), codes.SECRET_LENGTH)
    proof = keys.code("case", secret)
    sealed = {
        number: keys.seal(submission.contact, number) for number in _numbers(keys, submission) if submission.contact
    }

    def work(connection: Connection) -> str:
        for number in _numbers(keys, submission):
            found = ledger.find_case(connection, number)
            if found is None:
                case = _add(connection, number, proof, submission, event)
                if submission.contact:
                    contact_rotation.require_current(connection, keys.contact)
                    ledger.set_contact(connection, number, sealed[number])
                if also:
                    also(connection, case)
                return number
            if hmac.compare_digest(found.secret, proof):
                return number
        raise CaseError("no free case number was found: try again")

    return Opened(store.write(work), secret)


def _receipt(definitions: Definitions, submission: Submission, by: Actor) -> dict[str, str]:
    """What the receipt fixes: the limits promised on that day, and whom the case is about."""
    if by.role not in ("resident", "intake"):
        raise CaseError("only a resident, or intake on her behalf, opens a case: sign in with that role")
    if not has_words(submission.text):
        raise CaseError("a case needs words: write what it is about")
    category = definitions.categories.get(submission.category)
    if category is None:
        raise CaseError(f"unknown category '{submission.category}': choose one of categories.yaml")
    data = {"kind": str(category.kind), "first_reply_days": str(category.first_reply_days)}
    if submission.contact:
        data["contact"] = "yes"
    if tells_of_danger(submission.text):
        data["urgent"] = "yes"
    if category.kind == "complaint" and submission.unit:
        data["about"] = submission.unit
    if submission.release and category.kind == "request" and submission.contact and submission.unit:
        data["released"] = submission.unit
    return data


def _numbers(keys: Keys, submission: Submission) -> tuple[str, ...]:
    """Candidates in a fixed order, so that a taken number is stepped over the same way each time."""
    made = (keys.code("case number", submission.id, str(turn)) for turn in range(4))
    return tuple(codes.with_check_digit(code, codes.NUMBER_LENGTH) for code in made)


def _add(connection: Connection, number: str, proof: bytes, submission: Submission, event: Event) -> Case:
    sent, day = submission, event.day.isoformat()
    ledger.add_case(
        connection, ledger.CaseRow(number, proof, sent.category, sent.unit, sent.channel, sent.language, day)
    )
    return case_ledger.begin(connection, number, sent.category, sent.unit, sent.channel, sent.language, event)


def look_up(store: Store, keys: Keys, number: str, secret: str) -> Case | None:
    """The case that number and secret open, as its resident may see it, or None; a wrong code takes no longer."""
    proof = keys.code("case", secret)

    def work(connection: Connection) -> Case | None:
        row = ledger.find_case(connection, number)
        if not hmac.compare_digest(row.secret if row else bytes(32), proof) or row is None:
            return None
        case = case_ledger.load(connection, number)
        return view(case, resident(number)) if case else None

    return store.read(work)


def joined_to(store: Store, case: Case) -> Case | None:
    """What the resident of a joined case may see of the one that it was joined to, None where there is none."""
    number = case.standing.master
    master = store.read(lambda connection: case_ledger.load(connection, number)) if number else None
    return joined_view(case, master) if master else None


def followers(store: Store, number: str) -> tuple[str, ...]:
    """Cases that are joined to this one: their residents read its answers too."""
    return tuple(store.read(lambda connection: board.followers(connection, number)))


def complained_of(store: Store, case: Case) -> frozenset[str]:
    """The units complained of here and in cases joined to this one: none of them may be given it."""
    whole = store.read(lambda connection: case_ledger.load(connection, case.number))
    return (whole or case).abouts


def find(store: Store, number: str, actor: Actor) -> Case | None:
    """The case as the actor may see it, or None where there is none or it is none of his."""
    case = store.read(lambda connection: case_ledger.load(connection, number))
    return view(case, actor) if case else None


def act(
    store: Store,
    definitions: Definitions,
    number: str,
    actor: Actor,
    wanted: Act,
    day: date,
    *,
    expected: int,
    also: Also | None = None,
) -> int:
    """Do one act, durably, if `expected` is still the case's newest event; returns the new event's sequence.

    CaseError says what is wrong or possible, ConflictError that somebody came first; nothing is stored then.
    """

    def work(connection: Connection) -> int:
        after = case_ledger.perform(connection, definitions, number, actor, wanted, day, expected)
        if also:
            also(connection, after)
        return after.standing.sequence

    return store.write(work)


def has_looked(store: Store, number: str, actor: Actor) -> bool:
    """Whether the actor opened the contact since the outcome was proposed, so that he may note a call."""

    def work(connection: Connection) -> bool:
        case = case_ledger.load(connection, number)
        return case is not None and case_calls.has_looked(connection, case, actor)

    return store.read(work)


def contact_of(store: Store, number: str, actor: Actor, *, also: Also) -> bytes:
    """The sealed contact, for who may open it now; `also` writes the audit's row, without which none is handed out."""

    def work(connection: Connection) -> bytes:
        case = case_ledger.load(connection, number)
        sealed = ledger.sealed_contact(connection, number)
        if case is None or sealed is None or not may_see_contact(case, actor):
            raise CaseError(f"the contact of case {number} is not yours to see, or there is none")
        also(connection, case)
        return sealed

    return store.write(work)
