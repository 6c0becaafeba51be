"""The audit: who did what to what, one row an act, each holding the hash of the one before.

A row holds codes only, never a text. Its hash can be recomputed by anyone. That nobody cut the tail or
recomputed the whole chain shows against a head (count and hash) that was written down elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, get_args

from surveys.errors import AuditError
from surveys.responses import SHANGHAI
from surveys.store import Connection, Store, trail
from surveys.store.trail import AuditRow

__all__ = [
    "ACTS", "FIRST", "HEARD", "SYSTEM", "Act", "AuditRow", "Entry", "Head", "Wanted", "by_system", "export",
    "hash_of", "head", "head_when", "listing", "record", "verify",
]  # fmt: skip

Act = Literal[
    "sign_in", "sign_in_throttled", "sign_out", "password_change",
    "account_add", "account_disable", "account_enable", "account_reset", "account_roles",
    "contact_share", "contact_view", "case_act", "case_view", "export",
    "answers_import", "answers_export", "declared_import",
    "month_count", "month_close", "month_publish", "month_correct", "demo_build",
    "template_add", "template_change", "template_remove", "contact_hand", "sessions_end",
    "exclusion_propose", "exclusion_confirm", "exclusion_refuse", "theme_code", "survey_open", "survey_close",
    "cards_issue", "cards_void", "kiosk_issue", "purge", "backup", "keys_rotate", "month_archive",
    "paper_open", "paper_key", "paper_settle", "paper_store", "paper_discard", "phone_call",
]  # fmt: skip
ACTS: tuple[Act, ...] = get_args(Act)
SYSTEM = "system"
"""The actor, and its role, of what is done by a command on the machine."""
HEARD = frozenset(("received", "confirmed", "disputed", "not_reached"))
"""Acts at a case in which staff take down what a resident says: their rows carry the day alone, as her case does.

So do those of calls, as the answers do that they bring.
"""
PART = 2000
FIRST = bytes(32)
"""What stands in place of a previous hash in row 1."""
_CODE = re.compile(r"[A-Za-z0-9_.:+-]{0,100}")


@dataclass(frozen=True)
class Entry:
    """One act: the actor's id and role, the act, its object (a case number, a digest, a month), codes about it."""

    actor: str
    role: str
    act: Act
    object: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """How many rows there are, and the hash of the last one (32 bytes)."""

    count: int = 0
    hash: bytes = FIRST

    def __str__(self) -> str:
        return f"{self.count}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what `str` wrote; AuditError if it is something else."""
        found = re.fullmatch(r"([0-9]{1,15}):([0-9a-f]{64})", text)
        if found is None:
            raise AuditError(f"'{text}' is no head of an audit: write it as it was printed, count:hash")
        return cls(int(found[1]), bytes.fromhex(found[2]))


def by_system(act: Act, thing: str = "", **details: str | int) -> Entry:
    """An act of a command on the machine."""
    return Entry(SYSTEM, SYSTEM, act, thing, details)


def record(connection: Connection, entry: Entry, at: datetime | None = None) -> Head:
    """Append one row in the caller's transaction, so that act and row stand or fall together.

    ValueError for an unknown act, or for anything that is no code: texts have no place here.
    """
    _require_codes(entry)
    before = head(connection)
    when = _when(entry, (at or datetime.now(UTC)).astimezone(SHANGHAI))
    what = (entry.actor, entry.role, entry.act, entry.object, _told(entry))
    row = AuditRow(before.count + 1, when, *what, before.hash, b"")
    row = row._replace(hash=hash_of(row))
    trail.append(connection, row)
    return Head(row.id, row.hash)


def is_noted(connection: Connection, entry: Entry, day: date) -> bool:
    """Whether the actor has a row of this act on the object with these details on a day, in whichever role."""
    return trail.is_noted(connection, (entry.actor, entry.act, entry.object, _told(entry)), day.isoformat())


def _told(entry: Entry) -> str:
    return json.dumps(dict(entry.details), sort_keys=True, separators=(",", ":"))


def _when(entry: Entry, moment: datetime) -> str:
    heard = entry.act == "phone_call" or (entry.act == "case_act" and entry.details.get("kind") in HEARD)
    return moment.date().isoformat() if heard else moment.isoformat(timespec="seconds")


def hash_of(row: AuditRow) -> bytes:
    """SHA-256 over the row's canonical encoding: a JSON list of all but the hash itself."""
    content = [*row[:-2], row.previous.hex()]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def head(connection: Connection) -> Head:
    """Count and hash now, for the digest."""
    row = trail.last(connection)
    return Head(row.id, row.hash) if row else Head()


def head_when(connection: Connection, act: Act, thing: str) -> Head | None:
    """Count and hash right after an object's first act of that kind, for a report that must not change; or None."""
    row = trail.first_of(connection, act, thing)
    return Head(row.id, row.hash) if row else None


def first_day(connection: Connection, act: Act, thing: str, **details: str | int) -> str:
    """The day of the oldest row of an act on an object that holds these details, '' if there is none."""
    rows = trail.rows_of(connection, act, thing)
    return next((row.at[:10] for row in rows if details.items() <= json.loads(row.details).items()), "")


@dataclass(frozen=True)
class Wanted:
    """Which rows to show: of one actor, one act, one object, one day `YYYY-MM-DD`; None is all."""

    actor: str | None = None
    act: str | None = None
    thing: str | None = None
    day: str | None = None


def listing(store: Store, wanted: Wanted, before: int | None = None, limit: int = 50) -> tuple[AuditRow, ...]:
    """The newest rows that are wanted; `before` is the number of the last one shown, for the next page."""
    return store.read(lambda connection: _page(connection, wanted, before, limit))


def export(store: Store, by: str, wanted: Wanted, now: datetime) -> Iterator[AuditRow]:
    """The wanted rows, the newest first, for an auditor to take away: which is an act, and stands in the audit.

    Its row is written at once; the rows up to it are then read in parts.
    """
    named = {name: value for name, value in vars(wanted).items() if value}
    entry = Entry(by, "auditor", "export", "audit", named)
    last = store.write(lambda connection: record(connection, entry, now)).count + 1
    return _in_parts(store, wanted, last)


def _in_parts(store: Store, wanted: Wanted, last: int) -> Iterator[AuditRow]:
    while rows := listing(store, wanted, last, PART):
        yield from rows
        last = rows[-1].id


def _page(connection: Connection, wanted: Wanted, before: int | None, limit: int) -> tuple[AuditRow, ...]:
    one = wanted
    return trail.page(connection, limit, before, actor=one.actor, act=one.act, thing=one.thing, day=one.day)


def verify(store: Store, expected: Iterable[Head] = ()) -> Head:
    """Check every row, and that each head written down earlier is still in the chain.

    AuditError names the first broken row.
    """
    wanted = {known.count: known for known in expected}

    def work(connection: Connection) -> Head:
        found = Head()
        for row in trail.all_rows(connection):
            _check(row, found)
            found = Head(row.id, row.hash)
            if wanted.get(row.id, found) != found:
                raise AuditError(f"row {row.id} is not the one that was written down: the chain was remade", row.id)
        return found

    found = store.read(work)
    if lost := [count for count in sorted(wanted) if count > found.count]:
        raise AuditError(
            f"row {found.count + 1} and all after it are gone: there were {lost[-1]} when the head was written down",
            found.count + 1,
        )
    return found


def _check(row: AuditRow, before: Head) -> None:
    wanted = before.count + 1
    if row.id != wanted:
        raise AuditError(f"row {wanted} is missing: the next one is {row.id}", wanted)
    if row.previous != before.hash:
        raise AuditError(f"row {row.id} does not follow the one before it: it was moved or put in", row.id)
    if row.hash != hash_of(row):
        raise AuditError(f"row {row.id} was changed: its hash does not fit", row.id)


def _require_codes(entry: Entry) -> None:
    words = (entry.actor, entry.role, entry.object, *entry.details, *map(str, entry.details.values()))
    if entry.act not in ACTS:
        raise ValueError(f"unknown act {entry.act!r}")
    if wrong := [word for word in words if not _CODE.fullmatch(word)]:
        raise ValueError(f"the audit takes codes only, not {wrong[0]!r}")
