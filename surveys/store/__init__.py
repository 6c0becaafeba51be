"""The store: opening, migrating and writing it. Nothing outside this package speaks SQL."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from surveys.errors import OutcomeUnknownError, StoreBusyError, StoreError
from surveys.store.place import Server, address_of, holds_data, locate, require_folder
from surveys.store.schema import make_all
from surveys.store.settling import SETTLE_AFTER, Settling
from surveys.store.sqlite_file import BUSY, SqliteFile, make_private
from surveys.store.turns import Ticket, Together, Turns

HEAD = "0011"
"""The newest migration; the handful of files in `migrations/versions` count up to it."""
WRITE_DEADLINE = 1.0
_CALLERS_OWN = (IntegrityError, ProgrammingError)
T = TypeVar("T")

__all__ = ["HEAD", "Connection", "Server", "Store", "address_of", "holds_data", "locate", "require_folder"]


class Home(Protocol):
    """Where a store lives, a file or a server: how it is read and written there, and what its errors mean."""

    keeps_a_log: bool

    def prepare(self, create: bool) -> None:
        """StoreError unless a store is there, or can be made if it shall be."""

    def hold(self) -> None:
        """The store is open from now on."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection on one snapshot."""

    def transact(self, work: Callable[[Connection], None], until: float, alone: bool) -> None:
        """Run `work` in one durable transaction, with no other writer beside it if `alone`."""

    def refusal(self, error: DatabaseError) -> StoreError | None:
        """What to tell of an error, None if the same may succeed soon."""

    def late(self, error: DatabaseError) -> StoreBusyError:
        """What to raise for such an error once the time for it is over."""

    def pause(self) -> None:
        """Wait a little before the next try."""

    def is_there(self) -> bool:
        """Whether it is still what was opened."""

    def is_settled(self) -> bool:
        """Empty the log; False if that was not possible now."""

    def copy_to(self, target: Path) -> None:
        """Write all into a new SQLite file without the traces of order."""

    def close(self) -> None:
        """Close every connection."""


class Store:
    """One store in a file or on a server: many readers, one writing connection a process, every commit on the disk.

    A commit returns only after it is on the disk: in a file the write-ahead log is synced (`synchronous=FULL`), a
    server has it on its own disk and its standby's. A file's log keeps single commits in their order, so it is
    emptied `settle_after` seconds after a write.
    """

    def __init__(self, path: Path, settle_after: float = SETTLE_AFTER, reply_seconds: float | None = None) -> None:
        self.path = path
        self._home = _home_of(path, reply_seconds)
        self._turns = Turns()
        self._settling = Settling(self._settle_if_there, settle_after)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        settle_after: float = SETTLE_AFTER,
        reply_seconds: float | None = None,
    ) -> "Store":
        """Open the store at `path`, brought to the newest schema; StoreError says what to do if it cannot.

        A server that says nothing for `reply_seconds` while it is read is given up; None waits while it lives.
        """
        store = cls(path, settle_after, reply_seconds)
        try:
            store._patiently(lambda: store._home.prepare(create), time.monotonic() + WRITE_DEADLINE)
            store._bring_up_to_date()
        except BaseException:
            store.close()
            raise
        store._home.hold()
        return store

    def _bring_up_to_date(self) -> None:
        found, is_foreign = self.read(_found)
        if found == HEAD:
            return
        if is_foreign:
            raise StoreError(f"{self._home} is a database of something else: name the right one with --database")
        if found is not None and found > HEAD:
            raise StoreError(
                f"{self._home} was written by a newer Huiyin (schema {found}): update this one (schema {HEAD})"
            )
        self.write(_make_newest, deadline=60)

    def version(self) -> str | None:
        """The schema's migration number, None for an empty store."""
        return self.read(_version)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent snapshot; StoreError if it cannot be read."""

        def snapshot() -> T:
            with self._home.reading() as connection:
                return work(connection)

        return self._patiently(snapshot, time.monotonic() + WRITE_DEADLINE)

    def write(
        self,
        work: Callable[[Connection], T],
        *,
        deadline: float = WRITE_DEADLINE,
        alone: bool = True,
        together: Together | None = None,
    ) -> T:
        """Run `work` in one transaction, durable on return; if `alone`, no other write runs beside it on a server.

        Those that wait under the same `together` are given to that function, all at once.

        `work` may be run again from the start, so it must change nothing else. StoreBusyError after
        `deadline` seconds of waiting, StoreError when the disk refuses; nothing is stored then. OutcomeUnknownError
        if a server was lost while it committed and could not be asked.
        """
        until = time.monotonic() + deadline
        ticket = Ticket(work, alone, together, until)
        if not self._turns.join(ticket, deadline):
            raise StoreBusyError(BUSY)
        if ticket.leads:
            try:
                self._write_together(self._turns.take(), until)
            finally:
                self._turns.hand_on()
        return ticket.outcome()

    def _write_together(self, group: Sequence[Ticket[Any]], until: float) -> None:
        """One transaction, and one sync of the disk, for every write that waits by now."""
        failed: BaseException | None = None
        try:
            self._patiently(lambda: self._transaction(group, until), until)
        except BaseException as error:
            failed = error
        for ticket in self._without_those_who_wait_on(group) if _is_late(failed) else group:
            ticket.finish(failed)
        if failed is None and self._home.keeps_a_log:
            self._settling.soon()  # last: whatever ails it, nobody waits for it

    def _without_those_who_wait_on(self, group: Sequence[Ticket[Any]]) -> list[Ticket[Any]]:
        """The time of who leads is over, and not that of all who were taken along: they came later."""
        now = time.monotonic()
        wait_on = [ticket for ticket in group if not ticket.leads and ticket.until > now]
        self._turns.put_back(wait_on)
        return [ticket for ticket in group if ticket not in wait_on]

    def _transaction(self, group: Sequence[Ticket[Any]], until: float) -> None:
        alone = any(ticket.alone for ticket in group)
        try:
            self._home.transact(lambda connection: _run_all(group, connection), until, alone)
        except Exception as error:
            if len(group) == 1 or _is_the_stores(error):
                raise
            self._each_by_itself([*group], until, alone)

    def _each_by_itself(self, group: list[Ticket[Any]], until: float, alone: bool) -> None:
        while group:
            try:
                self._home.transact(lambda connection: _run_each(group, connection), until, alone)
            except _BrokenError as error:
                group.remove(error.ticket)  # its own error is noted; the others begin anew on another connection
            else:
                return

    def settle(self, *, deadline: float = WRITE_DEADLINE) -> bool:
        """Bring all that was written into the file itself and empty the log; False if readers stood in the way.

        Until then what was deleted can still be read in both.
        """
        until = time.monotonic() + deadline
        while not self._patiently(self._home.is_settled, until):
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        return True

    def _settle_if_there(self) -> bool:
        """What the timer does; a file that was taken away is left alone, for opening it would make a new one."""
        return not self._home.is_there() or self.settle()

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy to a new SQLite file; StoreError if the file is there already.

        The only way a copy may leave the machine: a copy of the file keeps traces of order and of
        what was purged.
        """
        if target.exists():
            raise StoreError(f"{target} is there already: name a new file for the copy")
        make_private(target)
        try:
            self._patiently(lambda: self._home.copy_to(target), time.monotonic() + WRITE_DEADLINE)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _patiently(self, work: Callable[[], T], until: float) -> T:
        """Run `work`, again from the start while another process holds the lock, until the deadline."""
        while True:
            try:
                return work()
            except _CALLERS_OWN:
                raise
            except NoConnectionError as error:
                raise StoreBusyError(BUSY) from error
            except DatabaseError as error:
                self._wait_or_raise(error, until)

    def _wait_or_raise(self, error: DatabaseError, until: float) -> None:
        if refused := self._home.refusal(error):
            raise refused from error
        if time.monotonic() >= until:
            raise self._home.late(error) from error
        self._home.pause()

    def close(self) -> None:
        """Close every connection, and give up the timer."""
        self._settling.close()
        self._home.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _home_of(path: Path, reply_seconds: float | None) -> Home:
    address = address_of(path)
    if address is None:
        return SqliteFile(path)
    from surveys.store.postgresql import Cluster  # noqa: PLC0415  (the driver costs 0.1 s; files need none)

    return Cluster(address, reply_seconds)


def _is_late(error: BaseException | None) -> bool:
    """Whether nothing was stored because others held the store for too long."""
    return isinstance(error, StoreBusyError) and not isinstance(error, OutcomeUnknownError)


def _is_the_stores(error: Exception) -> bool:
    """Whether the store failed, and not what one caller wanted of it."""
    if isinstance(error, OutcomeUnknownError):
        return True
    return isinstance(error, DatabaseError) and not isinstance(error, _CALLERS_OWN)


def _run_all(group: Sequence[Ticket[Any]], connection: Connection) -> None:
    alike: dict[Together | None, list[Ticket[Any]]] = {}
    for ticket in group:
        alike.setdefault(ticket.together, []).append(ticket)
    for together, tickets in alike.items():
        if together and len(tickets) > 1:
            values = together(connection, [ticket.work for ticket in tickets])
            for ticket, value in zip(tickets, values, strict=True):
                ticket.succeed(value)
        else:
            for ticket in tickets:
                ticket.run(connection)


def _run_each(group: Sequence[Ticket[Any]], connection: Connection) -> None:
    """Each behind a savepoint, which costs more than most writes: a group of which one failed is run so again."""
    for ticket in group:
        try:
            with connection.begin_nested():
                ticket.run(connection)
        except Exception as error:
            if _is_the_stores(error):
                raise
            ticket.fail(error)  # only this one is undone, the others stand
            if connection.invalidated:
                raise _BrokenError(ticket) from error


class _BrokenError(Exception):
    """What a ticket wanted made its connection unusable, and undid what others had done there."""

    def __init__(self, ticket: Ticket[Any]) -> None:
        super().__init__()
        self.ticket = ticket


def _found(connection: Connection) -> tuple[str | None, bool]:
    """The schema's number, and whether there are tables without one: in one look, as another may make them just now."""
    version = _version(connection)
    return version, version is None and bool(inspect(connection).get_table_names())


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _make_newest(connection: Connection) -> None:
    """Make a new file's tables at once; migrations make a server's, where widths differ, and bring up old ones."""
    if connection.dialect.name == "sqlite" and _version(connection) is None:
        make_all(connection, HEAD)
        return
    from surveys.store.migrations import upgrade  # noqa: PLC0415  (Alembic costs 0.2 s; new files need none)

    upgrade(connection)
