"""The feed of one's own case: a token of its own leads to it, which the store knows by a digest alone."""

import base64
from dataclasses import dataclass

from surveys import case_ledger
from surveys.case_acts import Case, view
from surveys.case_events import Actor
from surveys.cases import resident
from surveys.errors import CaseError, FeedError
from surveys.keys import Keys
from surveys.store import Connection, Store
from surveys.store import feeds as rows
from surveys.store.feeds import Feed

__all__ = ["NEVER", "State", "find", "state", "switch_off", "switch_on"]

NEVER = "0"
"""The mark of a case whose feed was never on."""


@dataclass(frozen=True)
class State:
    """Whether the feed is on, and a mark of this state for a form to carry; no later state has it again."""

    mark: str
    on: bool


def state(store: Store, number: str) -> State:
    """What the case's feed is now."""
    found = store.read(lambda connection: rows.of_case(connection, number))
    return State(str(found.turn), found.token is not None)


def switch_on(store: Store, keys: Keys, actor: Actor, nonce: str, seen: str) -> str:
    """Make a token for the feed of the resident's own case, which ends the one before; returns the token.

    The same nonce and mark give the same token again while it is the newest. FeedError if the feed is no longer
    what `seen` marks: a form that is sent again later must not bring back a token that was ended.
    """
    number = _own(actor)
    token = base64.urlsafe_b64encode(keys.code("case feed token", number, nonce, seen)[:24]).decode()
    digest = _digest(keys, token)

    def work(connection: Connection) -> None:
        current = rows.of_case(connection, number)
        if current.token == digest:
            return
        if str(current.turn) != seen or case_ledger.load(connection, number) is None:
            raise FeedError(f"the feed of case {number} was changed meanwhile: look at the case again, then decide")
        rows.put(connection, number, Feed(current.turn + 1, digest))

    store.write(work)
    return token


def switch_off(store: Store, actor: Actor) -> None:
    """End the feed of the resident's own case; one that is off stays off."""
    number = _own(actor)

    def work(connection: Connection) -> None:
        current = rows.of_case(connection, number)
        if current.token is not None:
            rows.put(connection, number, Feed(current.turn + 1))

    store.write(work)


def _own(actor: Actor) -> str:
    if actor.role != "resident" or actor.case is None:
        raise CaseError("a feed is switched on and off by the resident alone: open the case with its codes")
    return actor.case


def _digest(keys: Keys, token: str) -> bytes:
    return keys.code("case feed", token)


def find(store: Store, keys: Keys, token: str) -> Case | None:
    """The case that a token leads to, as its resident may see it, or None; a wrong token takes no longer."""
    digest = _digest(keys, token)

    def work(connection: Connection) -> Case | None:
        number = rows.find(connection, digest)
        case = case_ledger.load(connection, number) if number else None
        return view(case, resident(case.number)) if case else None

    return store.read(work)
