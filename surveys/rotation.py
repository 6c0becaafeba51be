"""A new key that signs, with its row in the audit; what the keys before it signed is honoured until its own end.

The master key stays, for what is stored rests on it: codes of cases and cards, passwords, second factors. The
pair that seals contacts is another matter, and so are the keys of backups.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from surveys import audit, ring
from surveys.errors import OutcomeUnknownError, StoreError
from surveys.keys import key_paths, read_key
from surveys.responses import SHANGHAI
from surveys.ring import Link
from surveys.store import Connection, Store, people, trail

_OBJECT = "signing-key"


@dataclass(frozen=True)
class Rotated:
    """What a rotation did: the new key's name (16 hexadecimal digits), and how many older keys are honoured on."""

    name: str
    honoured: int
    sessions: int


def name_of(key: bytes) -> str:
    """What a key is called in the audit; nobody comes from it to the key."""
    return hashlib.sha256(b"signing key" + key).hexdigest()[:16]


def rotate(store: Store, database: Path, now: datetime, *, at_once: bool = False) -> Rotated:
    """Let a new key sign from now on; `at_once` ends all that was signed before, and every session of staff.

    StoreError if the file cannot be written; then nothing has changed.
    """
    path, master = ring.path_of(database), read_key(key_paths(database)[0])
    fresh, today = os.urandom(32), now.astimezone(SHANGHAI).date()
    before: list[bytes | None] = []

    def work(connection: Connection) -> Rotated:
        others = (link for link in ring.read(path) if link.key != fresh)  # it is there after a try that was undone
        links = ring.in_force((*others, Link(today, at_once, fresh)), today)
        done = Rotated(
            name_of(fresh),
            len(ring.honoured(master, links, today)) - 1,
            people.end_all_sessions(connection) if at_once else 0,
        )
        entry = audit.by_system("keys_rotate", _OBJECT, key=done.name, honoured=done.honoured, sessions=done.sessions)
        audit.record(connection, entry, now)
        before.append(path.read_bytes() if path.exists() else None)
        ring.write(path, links)
        return done

    try:
        return store.write(work)
    except OutcomeUnknownError:  # a key too many does no harm, and one that the audit names must be there
        raise
    except BaseException:
        for content in before[:1]:
            _put_back(path, content)
        raise


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        ring.replace(path, before)


def require_newest(store: Store, database: Path) -> None:
    """StoreError if the last rotation that the audit knows is missing in the file: old signatures would hold again."""
    row = store.read(lambda connection: trail.newest_of(connection, audit.SYSTEM, "keys_rotate", _OBJECT))
    path = ring.path_of(database)
    if row and json.loads(row.details)["key"] not in {name_of(link.key) for link in ring.read(path)}:
        raise StoreError(
            f"{path} lacks the key of the last rotation: put back the copy you keep, "
            "or make a new one with .venv/bin/python -m scripts.keys rotate --at-once"
        )


def standing(database: Path, today: date) -> tuple[Link, ...]:
    """The keys beside a database from which something is still taken, oldest first; none before the first rotation."""
    return ring.in_force(ring.read(ring.path_of(database)), today)
