"""A new key to contacts: every contact sealed anew, in one transaction with the audit's row, then the files follow.

The row says which key is in force. The new private half is on the disk before the row is written, beside the old
one, and takes its place after; so whenever the command is interrupted, either the old pair opens everything, or the
new one does and the command, run again, puts its files in place. While the files do not fit the row no contact is
sealed, for nobody could open it.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from surveys import audit, contact_key, locking, ring
from surveys.errors import StoreBusyError, StoreError
from surveys.keys import key_paths, new_pair, open_sealed, public_half, read_key, seal_to
from surveys.store import Connection, Store, ledger, people, trail

_OBJECT = "contact-key"


@dataclass(frozen=True)
class Rotated:
    """What was done: the new key's name (16 hexadecimal digits), and how much was sealed for it.

    `finished` is that an earlier run had sealed everything, and only its files were put in place.
    """

    name: str
    contacts: int = 0
    reviewers: int = 0
    sessions: int = 0
    finished: bool = False


def name_of(public: bytes) -> str:
    """What a key to contacts is called in the audit."""
    return hashlib.sha256(b"contact key" + public).hexdigest()[:16]


def draft_of(database: Path) -> Path:
    """Where the new private half waits until everything is sealed for it."""
    private = key_paths(database)[2]
    return private.with_name(f"{private.name}.next")


def rotate(store: Store, database: Path, old: Callable[[], bytes], now: datetime) -> Rotated:
    """Seal every contact for a new key, which takes the place of the old one; everybody at the desk signs in again.

    `old` gives the private half in force (32 bytes). StoreError if it is another, or a contact does not open with it;
    then nothing has changed. What an earlier run had sealed is not sealed again. StoreBusyError beside another run.
    """
    held = key_paths(database)[0]  # the one key file that is never replaced
    # Two runs would write one draft: contacts sealed by the one would lie beside the key of the other.
    with locking.alone(held, StoreBusyError("the key to contacts is being changed already: wait until that is done")):
        return _rotated(store, database, old, now)


def _rotated(store: Store, database: Path, old: Callable[[], bytes], now: datetime) -> Rotated:
    newest = store.read(_in_force)
    if newest and newest != name_of(read_key(key_paths(database)[1])) and _finish(database, newest):
        return Rotated(newest, finished=True)
    before = old()
    if public_half(before) != read_key(key_paths(database)[1]):
        raise StoreError("this key does not open this office's contacts: name the file that was put away")
    fresh, _ = new_pair()
    ring.replace(draft_of(database), fresh)
    done = store.write(lambda connection: _sealed_anew(connection, before, fresh, now))
    _put_in_place(database, fresh)
    return done


def _sealed_anew(connection: Connection, before: bytes, fresh: bytes, now: datetime) -> Rotated:
    public, contacts = public_half(fresh), ledger.sealed_contacts(connection)
    for number, sealed in contacts:
        ledger.reseal_contact(connection, number, seal_to(public, open_sealed(sealed, before, number), number))
    lockers = people.contact_lockers(connection)
    for staff, locker in lockers:
        shared = contact_key.sealed_for(staff, locker.public, fresh)
        people.set_locker(connection, staff, locker._replace(contact=shared))
    done = Rotated(name_of(public), len(contacts), len(lockers), people.end_all_sessions(connection))
    told: dict[str, str | int] = {
        "key": done.name,
        "contacts": done.contacts,
        "reviewers": done.reviewers,
        "sessions": done.sessions,
    }
    audit.record(connection, audit.by_system("keys_rotate", _OBJECT, **told), now)
    return done


def _finish(database: Path, newest: str) -> bool:
    """Put in place what an interrupted run had sealed for; False if its private half is not here."""
    for path in (draft_of(database), key_paths(database)[2]):
        if path.exists() and name_of(public_half(found := read_key(path))) == newest:
            _put_in_place(database, found)
            return True
    return False


def _put_in_place(database: Path, private: bytes) -> None:
    """The private half first, so that where the public one is new its key is there already; the old one is kept."""
    _, public_path, private_path = key_paths(database)
    draft = draft_of(database)
    if draft.exists() and private_path.exists():
        old = name_of(public_half(read_key(private_path)))
        private_path.replace(private_path.with_name(f"{private_path.name}.{old}"))
    if draft.exists():
        draft.replace(private_path)
    ring.replace(public_path, public_half(private))


def require_newest(store: Store, database: Path) -> None:
    """StoreError if the key beside the database is not the one that the audit says its contacts are sealed for."""
    newest, path = store.read(_in_force), key_paths(database)[1]
    if newest and newest != name_of(read_key(path)):
        raise StoreError(
            f"{path} is not the key that the contacts are sealed for: run .venv/bin/python -m scripts.keys "
            "rotate-contact again, which finishes what was interrupted, or put back the copy you keep"
        )


def require_current(connection: Connection, public: bytes) -> None:
    """StoreBusyError where another key is in force by now: what is sealed with this one, nobody could open."""
    newest = _in_force(connection)
    if newest and newest != name_of(public):
        raise StoreBusyError("the key to contacts was changed just now: try again in a second")


def _in_force(connection: Connection) -> str | None:
    row = trail.newest_of(connection, audit.SYSTEM, "keys_rotate", _OBJECT)
    return str(json.loads(row.details)["key"]) if row else None
