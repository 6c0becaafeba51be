"""The photos of a case: up to three by its resident, seen by the staff at work on it, public only by a tick each."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import date

from surveys import case_ledger
from surveys.case_acts import Case, may_see_photos
from surveys.case_events import PHOTO_LIMIT, Act, Actor
from surveys.case_ledger import NO_OFFICE
from surveys.errors import CaseError, PhotosFullError
from surveys.store import Connection, Store
from surveys.store import photos as rows
from surveys.store.photos import PhotoRow

__all__ = ["PHOTO_LIMIT", "add", "broken", "image", "published"]


def add(store: Store, number: str, actor: Actor, images: Sequence[bytes], day: date) -> int:
    """Add pictures that `pictures.cleaned` made, all or none; those that are there already are passed over.

    Returns how many are new. PhotosFullError beyond three, CaseError where the case takes none now.
    """

    def work(connection: Connection) -> int:
        held = [row.image for row in rows.of_case(connection, number)]
        fresh = [one for one in dict.fromkeys(images) if one not in held]
        if fresh and len(held) + len(fresh) > PHOTO_LIMIT:
            raise PhotosFullError(
                f"case {number} would have {len(held) + len(fresh)} photos: {PHOTO_LIMIT} are the most"
            )
        for one in fresh:
            _append(connection, number, actor, one, day)
        return len(fresh)

    return store.write(work)


def _append(connection: Connection, number: str, actor: Actor, picture: bytes, day: date) -> None:
    case = case_ledger.load(connection, number)
    if case is None:
        raise CaseError(f"case {number} is none that you may act on: check its number")
    salt = os.urandom(16)
    wanted = Act("photo", data={"digest": _digest(salt, picture)})
    after = case_ledger.perform(connection, NO_OFFICE, number, actor, wanted, day, expected=case.standing.sequence)
    rows.add(connection, PhotoRow(number, int(after.events[-1].data["position"]), salt, picture))


def _digest(salt: bytes, picture: bytes) -> str:
    return hashlib.sha256(salt + picture).hexdigest()


def image(store: Store, number: str, position: int, actor: Actor) -> bytes | None:
    """One photo as JPEG for who may look at it, None where there is none or it is none of his."""

    def work(connection: Connection) -> bytes | None:
        case = case_ledger.load(connection, number)
        if case is None or not may_see_photos(case, actor):
            return None
        return rows.image(connection, number, position)

    return store.read(work)


def published(store: Store, number: str) -> tuple[bytes, ...]:
    """The photos of a case that stand under her consent now, as JPEG in their order."""

    def work(connection: Connection) -> tuple[bytes, ...]:
        case = case_ledger.load(connection, number)
        shown = case.standing.published_photos if case else ()
        return tuple(row.image for row in rows.of_case(connection, number) if row.position in shown)

    return store.read(work)


def broken(store: Store) -> tuple[tuple[str, int], ...]:
    """Number and position of photos that are not what their event says, gone without a purge, or left behind by one."""

    def work(connection: Connection) -> tuple[tuple[str, int], ...]:
        found = ((case_ledger.load(connection, number), held) for number, held in rows.each(connection))
        return tuple(fault for case, held in found for fault in _faults(case, held))

    return store.read(work)


def _faults(case: Case | None, held: Sequence[PhotoRow]) -> Iterator[tuple[str, int]]:
    told = {int(e.data["position"]): e.data["digest"] for e in case.events if e.kind == "photo"} if case else {}
    for row in held:
        kept = case is not None and row.position in case.standing.kept_photos
        if not kept or told.get(row.position) != _digest(row.salt, row.image):
            yield row.number, row.position
    if case:
        there = {row.position for row in held}
        yield from ((case.number, position) for position in case.standing.kept_photos if position not in there)
