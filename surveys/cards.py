"""Reply cards: numbered invitations that answer once, issued in batches for one survey and unit.

The number is public: five digits of the batch, four of the card, a check digit. The secret lies under a fold; the
store keeps an HMAC of it. A card is used up in the transaction that stores its answer. Its row is deleted and the
batch's count of the month goes up by one, so no row leads from the card to the answer. Two copies of the store, or its
log before it is emptied, can still show what came together: see SECURITY.md.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from surveys import codes
from surveys.audit import by_system, record
from surveys.definition import Basis, Definitions, Survey
from surveys.errors import CardError, HuiyinError
from surveys.keys import Keys
from surveys.responses import Response, open_period, to_row
from surveys.store import Connection, Store, answers
from surveys.store import cards as rows
from surveys.store.cards import BatchRow, CardCount, VoidRow

MOST = 10_000
"""How many cards a batch holds at most."""
BATCH_LENGTH = 5
LAST_BATCH = 10**BATCH_LENGTH - 1
Reason = Literal["lost", "misprinted", "damaged", "ended"]
REASONS: tuple[Reason, ...] = get_args(Reason)
_PURPOSE = "card"
_LONG = 60


@dataclass(frozen=True)
class Card:
    """What is printed on one card: the public number (10 digits) and the secret (20)."""

    number: str
    secret: str = field(repr=False)

    def proof(self, keys: Keys) -> bytes:
        """What the store keeps of the secret (32 bytes)."""
        return keys.code(_PURPOSE, self.number, self.secret)


def card_number(batch: str, place: int) -> str:
    """The number of the card at a place of a batch, counted from 0."""
    body = f"{batch}{place:04}"
    return body + codes.check_digit(body)


def batch_of(number: str) -> str:
    """The batch that a number belongs to."""
    return number[:BATCH_LENGTH]


def headline(survey: Survey, has_cards: bool) -> tuple[Basis, ...]:
    """The bases that a survey's headline holds: those it declares, without open answers once it has issued cards."""
    return tuple(basis for basis in survey.bases if not (has_cards and basis == "open"))


def issuable(known: Definitions, key: str, unit: str, today: date) -> Survey:
    """The survey that cards can be issued for; HuiyinError says what is wrong with it or the unit."""
    versions = known.versions(key)
    if not versions:
        raise HuiyinError(f"there is no survey '{key}': choose one of {', '.join(_keys(known))}")
    survey = known.current(key, today) or versions[-1]
    if survey.closed is not None and survey.closed < today:
        raise HuiyinError(f"the survey '{key}' closed on {survey.closed}: open a new version of it first")
    fitting = [one.code for one in known.units_for(survey, today)]
    if unit not in fitting:
        raise HuiyinError(f"'{unit}' takes no answers to '{key}': choose one of {', '.join(fitting)}")
    if "card" not in survey.bases:
        raise HuiyinError(f"'{key}' does not count cards: a new version of it must have 'card' among its 'bases'")
    return survey


def _keys(known: Definitions) -> list[str]:
    return sorted({key for key, _ in known.surveys})


def prepare(store: Store, keys: Keys, count: int) -> tuple[str, tuple[Card, ...]]:
    """Draw the cards of a new batch; none of them can be used before `issue` is called for it."""
    secrets = [codes.with_check_digit(os.urandom(32), codes.SECRET_LENGTH) for _ in range(count)]

    def work(connection: Connection) -> tuple[str, tuple[Card, ...]]:
        last = int(rows.last_batch(connection))
        if last >= LAST_BATCH:
            raise HuiyinError(f"all {LAST_BATCH:,} batches have been issued: there are no numbers left")
        batch = f"{last + 1:0{BATCH_LENGTH}}"
        drawn = tuple(Card(card_number(batch, place), secret) for place, secret in enumerate(secrets))
        rows.add_cards(connection, batch, [(card.number, card.proof(keys)) for card in drawn])
        return batch, drawn

    return store.write(work, deadline=_LONG)


def issue(store: Store, row: BatchRow) -> None:
    """Let the cards of a batch that was prepared count from now on."""

    def work(connection: Connection) -> None:
        rows.add_batch(connection, row)
        record(connection, by_system("cards_issue", row.batch, survey=row.survey, unit=row.unit, n=row.n))

    store.write(work, deadline=_LONG)


def discard(store: Store, batch: str) -> None:
    """Take back a batch that was prepared and never issued."""

    def work(connection: Connection) -> None:
        if rows.batch(connection, batch) is None:
            rows.remove_cards(connection, batch)

    store.write(work, deadline=_LONG)


def left(store: Store, batch: str) -> int:
    """How many cards of a batch nobody has used, and that are not void."""
    return store.read(lambda connection: rows.count_left(connection, batch))


def end(store: Store, batch: str) -> int:
    """Delete the cards of a batch whose survey is over; returns how many. What was counted of the batch stays.

    They are not made void: void cards would leave the share of those who answered, and these were handed out.
    """

    def work(connection: Connection) -> int:
        if number := rows.count_left(connection, batch):
            rows.remove_cards(connection, batch)
            record(connection, by_system("purge", batch, part="cards", n=number))
        return number

    return store.write(work, deadline=_LONG)


def void(store: Store, first: str, last: str, reason: Reason, today: date) -> int:
    """Make the cards from one number to another void; returns how many of them had not been used.

    HuiyinError, and nothing is changed, for numbers that are none, or of two batches, or all used or void.
    """
    _require_range(first, last)

    def work(connection: Connection) -> int:
        batch = batch_of(first)
        issued = rows.batch(connection, batch)
        if issued is None:
            raise HuiyinError(f"no batch {batch} was issued: see .venv/bin/python -m scripts.cards list")
        _require_whole(connection, issued, first, last)
        period = open_period(connection, today)
        number = rows.void(connection, VoidRow(batch, 0, first, last, reason, today.isoformat(), period, 0))
        if not number:
            raise HuiyinError(f"no card from {first} to {last} can still be used, so there is nothing to make void")
        record(connection, by_system("cards_void", batch, first=first, last=last, reason=reason, n=number))
        return number

    return store.write(work, deadline=_LONG)


def _require_range(first: str, last: str) -> None:
    for number in (first, last):
        if not codes.is_valid(number, codes.NUMBER_LENGTH):
            raise HuiyinError(f"'{number}' is no card number: compare its 10 digits with the card")
    if batch_of(first) != batch_of(last):
        raise HuiyinError(f"{first} and {last} are of two batches: make each batch's cards void by itself")
    if first > last:
        raise HuiyinError(f"{first} comes after {last}: name the lower number first")


def _require_whole(connection: Connection, issued: BatchRow, first: str, last: str) -> None:
    """A backup keeps no numbers, so nobody can tell any more which cards of a batch lie within a part of it."""
    ends = card_number(issued.batch, 0), card_number(issued.batch, issued.n - 1)
    if (first, last) != ends and rows.is_restored(connection, issued.batch):
        raise HuiyinError(
            f"batch {issued.batch} came back from a backup, which keeps no numbers of cards: make all of it void, from "
            f"{ends[0]} to {ends[1]}, and issue new ones"
        )


def answer(store: Store, keys: Keys, response: Response, card: Card) -> answers.StoredResponse:
    """Store an answer set once and use its card up in the same transaction.

    A repeat of an id that is stored already is recognised before the card is looked at. CardError if the card
    cannot be used for it; nothing is stored then.
    """
    return store.write(lambda connection: answer_in(connection, keys, response, card))


def answer_in(connection: Connection, keys: Keys, response: Response, card: Card) -> answers.StoredResponse:
    """The same within a transaction, which may go on after a CardError."""
    if stored := answers.stored_response(connection, response.id):
        return stored
    period = open_period(connection, response.day)
    _use(connection, card, card.proof(keys), response, period)
    return answers.add_response(connection, to_row(response, period), response.texts)


def _use(connection: Connection, card: Card, proof: bytes, response: Response, period: str) -> None:
    # The batch comes first: asked with another form, a secret must not show whether its card was used.
    meant = rows.batch(connection, batch_of(card.number))
    if meant is None:
        raise CardError("unknown")
    if (meant.survey, meant.unit) != (response.survey, response.unit):
        raise CardError("elsewhere", meant.survey, meant.unit)
    if not rows.take(connection, card.number, proof, period):
        raise CardError("void" if rows.is_void(connection, card.number) else "unknown")


def counts(store: Store, month: str) -> Sequence[CardCount]:
    """What every batch had come to by the end of a month."""
    return store.read(lambda connection: rows.count_cards(connection, month))
