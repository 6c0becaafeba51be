"""An office taken from one database to another: every row, and the proof that nothing was lost or changed."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from surveys import contact_rotation, rotation
from surveys.audit import Head, verify
from surveys.errors import HuiyinError, StoreError
from surveys.keys import copy_keys
from surveys.store import Connection, Store, address_of, transfer
from surveys.store.answers import count_everything

_LONG = 60.0
"""Seconds for which writing waits for whoever writes just now."""


@dataclass(frozen=True)
class Moved:
    """What stands in both databases: rows by table, lines of counts, and the head of the audit."""

    rows: dict[str, int]
    counts: int
    head: Head


def move(source: Store, target: Store, tell: Callable[[int, int], None] = lambda *_: None) -> Moved:
    """Copy every row into a store without any, all or nothing, while nobody writes to the source.

    Every table's rows and digest, all counts and the chain of the audit are compared before it stands; StoreError if
    the target is not empty, has other keys, or came out different; keys that were put there are gone then. `tell`
    hears how many rows of how many are there.
    """
    put: list[Path] = []

    def work(connection: Connection) -> Moved:
        head = verify(source)
        rotation.require_newest(source, source.path)
        contact_rotation.require_newest(source, source.path)
        target.read(lambda found: _require_empty(found, target))
        put.extend(copy_keys(source.path, target.path))
        return Moved(*_copied(connection, target, tell), head)

    try:
        return source.write(work, deadline=_LONG)
    except BaseException:
        with suppress(HuiyinError):
            _take_away(put if target.read(transfer.is_empty) else ())
        raise


def _take_away(keys: Iterable[Path]) -> None:
    for path in keys:
        path.unlink(missing_ok=True)


def _require_empty(connection: Connection, target: Store) -> None:
    if not transfer.is_empty(connection):
        raise StoreError(f"{address_of(target.path) or target.path} holds an office already: name an empty database")


def _copied(source: Connection, target: Store, tell: Callable[[int, int], None]) -> tuple[dict[str, int], int]:
    wanted = transfer.sums(source)
    total, done = sum(one.rows for one in wanted), 0
    counts = sorted(count_everything(source))

    def work(connection: Connection) -> None:
        nonlocal done
        _require_empty(connection, target)
        done = 0
        for n in transfer.copy_rows(source, connection):
            done += n
            tell(done, total)
        _compare(wanted, transfer.sums(connection))
        if sorted(count_everything(connection)) != counts:
            raise StoreError("the counts came out different: nothing was moved")

    target.write(work, deadline=_LONG)
    return {one.table: one.rows for one in wanted}, len(counts)


def _compare(wanted: tuple[transfer.Sum, ...], found: tuple[transfer.Sum, ...]) -> None:
    other = [one.table for one, two in zip(wanted, found, strict=True) if one != two]
    if other:
        raise StoreError(f"{', '.join(other)} came out different: nothing was moved")
