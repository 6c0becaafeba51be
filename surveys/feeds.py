"""The feed of one's own case: a token of its own leads to it, which the store knows by a digest alone."""

import base64

from surveys import case_ledger
from surveys.case_acts import Case, view
from surveys.case_events import Actor
from surveys.cases import resident
from surveys.errors import CaseError, FeedError
from surveys.keys import Keys
from surveys.store import Connection, Store
from surveys.store import feeds as rows

__all__ = ["OFF", "find", "mark", "switch_off", "switch_on"]

OFF = ""
"""The mark of a case whose feed is off."""


def mark(store: Store, number: str) -> str:
    """What the case's feed is now, as a form carries it; it leads to nothing."""
    return _mark(store.read(lambda connection: rows.of_case(connection, number)))


def _mark(digest: bytes | None) -> str:
    return digest[:12].hex() if digest else OFF


def switch_on(store: Store, keys: Keys, actor: Actor, nonce: str, seen: str) -> str:
    """Make a token for the feed of the resident's own case, which ends the one before; returns the token.

    The same nonce gives the same token again. FeedError if the feed is no longer what `seen` marks.
    """
    number = _own(actor)
    token = base64.urlsafe_b64encode(keys.code("case feed token", number, nonce)[:24]).decode()
    digest = _digest(keys, token)

    def work(connection: Connection) -> None:
        current = rows.of_case(connection, number)
        if current == digest:
            return
        if _mark(current) != seen or case_ledger.load(connection, number) is None:
            raise FeedError(f"the feed of case {number} was changed meanwhile: look at the case again, then decide")
        rows.put(connection, number, digest)

    store.write(work)
    return token


def switch_off(store: Store, actor: Actor) -> None:
    """End the feed of the resident's own case; one that is off stays off."""
    number = _own(actor)
    store.write(lambda connection: rows.remove(connection, number))


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
