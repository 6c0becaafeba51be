"""Handing a contact over: a resident released it to the unit that has her case, and its handlers may read it there.

Only a reviewer's session can open a contact. It seals it anew to each handler's own pair, bound to case and
account; what was sealed goes as soon as the case leaves the unit, the release is taken back, or it is purged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from surveys import case_ledger, keys
from surveys.accounts import account_of
from surveys.case_acts import Case, may_hand_over, may_see_contact, view
from surveys.case_events import Actor
from surveys.case_fields import above
from surveys.cases import Also
from surveys.definition import Definitions
from surveys.errors import CaseError
from surveys.store import Connection, Store, ledger, people

BATCH = 200


@dataclass(frozen=True)
class Waiting:
    """A case whose released contact some handler of its unit cannot read yet.

    `ready` counts those that it can be handed to now, `absent` those who have to sign in once before.
    """

    case: Case
    ready: int
    absent: int


@dataclass(frozen=True)
class _Handler:
    id: str
    actor: Actor
    public: bytes | None


def waiting(store: Store, definitions: Definitions, by: Actor, most: int = 100) -> tuple[Waiting, ...]:
    """The contacts to hand over, of cases that the reviewer may hand over, in the order of their numbers."""
    if by.role != "reviewer":
        return ()

    def work(connection: Connection) -> tuple[Waiting, ...]:
        actors, found, last = _handlers(connection, definitions), list[Waiting](), ""
        while len(found) < most and (numbers := ledger.released_numbers(connection, last, BATCH)):
            cases = (case_ledger.load(connection, number) for number in numbers)
            found += (one for case in cases if case and (one := _waiting(connection, case, by, actors)))
            last = numbers[-1]
        return tuple(found[:most])

    return store.read(work)


def hand_over(store: Store, definitions: Definitions, number: str, by: Actor, contact_key: bytes, *, also: Also) -> int:
    """Seal a released contact to each active handler of the unit; returns to how many.

    `contact_key` is of the reviewer's session, and nobody is shown the contact. CaseError if it is not released
    to the unit that has the case, or none of its handlers has a pair of keys yet; `also` writes the audit's row.
    """

    def work(connection: Connection) -> int:
        case = case_ledger.load(connection, number)
        sealed = ledger.sealed_contact(connection, number)
        if case is None or sealed is None or not may_hand_over(case, by):
            raise CaseError(f"the contact of case {number} is not yours to hand over, or there is none")
        ready = [one for one in _handlers(connection, definitions) if one.public and may_see_contact(case, one.actor)]
        if not ready:
            raise CaseError(f"no handler may be handed the contact of case {number} now: one has to sign in first")
        contact = keys.unseal(sealed, contact_key, number)
        for one in ready:
            sealed = keys.seal_to(one.public or b"", contact.encode(), _context(number, one.id))
            ledger.hand_contact(connection, number, one.id, sealed)
        also(connection, case)
        return len(ready)

    return store.write(work)


def is_handed(store: Store, number: str, by: Actor) -> bool:
    """Whether the contact was handed to this handler."""
    return store.read(lambda connection: ledger.handed_contact(connection, number, by.staff or "") is not None)


def open_handed(store: Store, number: str, by: Actor, own_key: bytes, *, also: Also) -> str:
    """The contact in the handler's hands, opened with his own key (32 bytes) while he may see it; or CaseError.

    `also` writes the audit's row, without which none is opened.
    """

    def work(connection: Connection) -> str:
        case = case_ledger.load(connection, number)
        sealed = ledger.handed_contact(connection, number, by.staff or "")
        if case is None or sealed is None or not may_see_contact(case, by):
            raise CaseError(f"the contact of case {number} was not handed to you, or is not yours to see any more")
        contact = keys.unseal(sealed, own_key, _context(number, by.staff or ""))
        also(connection, case)
        return contact

    return store.write(work)


def _context(number: str, staff: str) -> str:
    return f"contact of case {number} handed to {staff}"


def _handlers(connection: Connection, definitions: Definitions) -> tuple[_Handler, ...]:
    """Every account that is a handler and not shut, with the public half of its pair if it has one."""
    return tuple(_with_pairs(connection, definitions))


def _with_pairs(connection: Connection, definitions: Definitions) -> Iterator[_Handler]:
    for row in people.accounts(connection):
        account = account_of(row)
        if "handler" in account.roles and row.unit:
            locker = people.locker(connection, row.id)
            actor = Actor("handler", row.id, above(definitions, row.unit))
            yield _Handler(row.id, actor, locker.public if locker else None)


def _waiting(connection: Connection, case: Case, by: Actor, handlers: tuple[_Handler, ...]) -> Waiting | None:
    shown = view(case, by)
    if shown is None or not may_hand_over(case, by):
        return None
    handed = ledger.handed_to(connection, case.number)
    left = [one for one in handlers if one.id not in handed and may_see_contact(case, one.actor)]
    ready = sum(one.public is not None for one in left)
    return Waiting(shown, ready, len(left) - ready) if ready or not handed else None
