"""The store: opening, migrating and writing it. Nothing outside this package speaks SQL."""

import random
import sqlite3
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from sqlalchemy.pool import QueuePool, StaticPool

from surveys.errors import StoreBusyError, StoreError
from surveys.store.settling import SETTLE_AFTER, Settling

HEAD = "0010"
"""The newest migration; the handful of files in `migrations/versions` count up to it."""
WRITE_DEADLINE = 1.0
_CALLERS_OWN = (IntegrityError, ProgrammingError)
_BUSY = "the database is busy: try again in a moment"
T = TypeVar("T")

__all__ = ["HEAD", "Connection", "Store", "locate"]


def locate(database: str) -> Path:
    """The file that a path or an sqlite:/// URL names; StoreError for a database of another kind."""
    scheme, found, rest = database.partition("://")
    if not found:
        return Path(database)
    if scheme != "sqlite" or not rest.startswith("/"):
        raise StoreError(
            f"{database} cannot be used: name a file, or sqlite:/// and a path; other databases are not served"
        )
    return Path(rest[1:])


class _Ticket(Generic[T]):
    """One write that waits for its turn, and then what came of it."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work
        self._value: list[T] = []
        self._error: BaseException | None = None
        self.done = False

    def run(self, connection: Connection) -> None:
        self._error = None
        self._value = [self._work(connection)]

    def fail(self, error: BaseException) -> None:
        self._error = error

    def finish(self, group_error: BaseException | None) -> None:
        self._error = group_error or self._error
        self.done = True

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value[0]


class Store:
    """One SQLite store: many readers, one writing connection a process, every commit on the disk.

    A commit returns only after the write-ahead log is synced (`synchronous=FULL`). SQLite's own wait
    for a lock starves writers for seconds, so waiting is done here, in short jittered steps. The log
    keeps single commits in their order, so it is emptied `settle_after` seconds after a write.
    """

    def __init__(self, path: Path, settle_after: float = SETTLE_AFTER) -> None:
        self.path = path
        self._reader = _engine(path, "BEGIN", QueuePool, pool_size=4, max_overflow=28)
        self._writer = _engine(path, "BEGIN IMMEDIATE", StaticPool)
        self._turn = threading.Lock()
        self._waiting: deque[_Ticket[Any]] = deque()
        self._file: tuple[int, int] | None = None
        self._settling = Settling(self._settle_if_there, settle_after)

    @classmethod
    def open(cls, path: Path, *, create: bool = False, settle_after: float = SETTLE_AFTER) -> "Store":
        """Open the store at `path`, brought to the newest schema; StoreError says what to do if it cannot."""
        if not create and not (path.exists() and path.stat().st_size):
            raise StoreError(f"no database at {path}: name the right one with --database, or start the server once")
        if not path.exists():
            _make_private(path)
        store = cls(path, settle_after)
        try:
            store._bring_up_to_date()
        except BaseException:
            store.close()
            raise
        store._file = _file_at(path)
        return store

    def _bring_up_to_date(self) -> None:
        found = self.version()
        if found == HEAD:
            return
        if found is None and self.read(_has_tables):
            raise StoreError(f"{self.path} is a database of something else: name the right one with --database")
        if found is not None and found > HEAD:
            raise StoreError(
                f"{self.path} was written by a newer Huiyin (schema {found}): update this one (schema {HEAD})"
            )
        from surveys.store.migrations import upgrade  # noqa: PLC0415  (Alembic costs 0.2 s; only old stores need it)

        self.write(upgrade, deadline=60)

    def version(self) -> str | None:
        """The schema's migration number, None for an empty file."""
        return self.read(_version)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent snapshot; StoreError if the file cannot be read."""

        def snapshot() -> T:
            with self._reader.connect() as connection:
                return work(connection)

        return self._patiently(snapshot, time.monotonic() + WRITE_DEADLINE)

    def write(self, work: Callable[[Connection], T], *, deadline: float = WRITE_DEADLINE) -> T:
        """Run `work` in one transaction, durable on return.

        `work` may be run again from the start, so it must change nothing else. StoreBusyError after
        `deadline` seconds of waiting, StoreError when the disk refuses; nothing is stored then.
        """

        until = time.monotonic() + deadline
        ticket: _Ticket[T] = _Ticket(work)
        self._waiting.append(ticket)
        if not self._turn.acquire(timeout=deadline):
            with suppress(ValueError):  # whoever has the turn may have taken it along already
                self._waiting.remove(ticket)
                raise StoreBusyError(_BUSY)
            self._turn.acquire()
        try:
            if not ticket.done:
                self._write_together(until)
        finally:
            self._turn.release()
        return ticket.outcome()

    def _write_together(self, until: float) -> None:
        """One transaction, and one sync of the disk, for every write that waits by now."""
        group: list[_Ticket[Any]] = []
        for _ in range(len(self._waiting)):
            with suppress(IndexError):  # a writer whose deadline ended has taken its ticket back
                group.append(self._waiting.popleft())
        failed: BaseException | None = None
        try:
            self._patiently(lambda: self._transaction(group), until)
        except BaseException as error:
            failed = error
        if failed is None:
            self._settling.soon()
        for ticket in group:
            ticket.finish(failed)

    def _transaction(self, group: "Sequence[_Ticket[Any]]") -> None:
        if self._file and _file_at(self.path) != self._file:  # what is written to a removed file is lost with it
            advice = "stop the server, put the right file back, start again"
            raise StoreError(f"{self.path} was removed or replaced while in use: {advice}")
        try:
            with self._writer.begin() as connection:
                for ticket in group:
                    ticket.run(connection)
        except Exception as error:
            if len(group) == 1 or _is_the_stores(error):
                raise
            self._one_by_one(group)

    def _one_by_one(self, group: "Sequence[_Ticket[Any]]") -> None:
        """Each behind a savepoint, which costs more than most writes: a group of which one failed is run so again."""
        with self._writer.begin() as connection:
            for ticket in group:
                try:
                    with connection.begin_nested():
                        ticket.run(connection)
                except Exception as error:
                    if _is_the_stores(error):
                        raise
                    ticket.fail(error)  # only this one is undone, the others stand

    def settle(self, *, deadline: float = WRITE_DEADLINE) -> bool:
        """Bring all that was written into the file itself and empty the log; False if readers stood in the way.

        Until then what was deleted can still be read in both.
        """
        until = time.monotonic() + deadline
        while not self._is_settled():
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        return True

    def _settle_if_there(self) -> bool:
        """What the timer does; a file that was taken away is left alone, for opening it would make a new one."""
        return _file_at(self.path) != self._file or self.settle()

    def _is_settled(self) -> bool:
        with self._reader.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
            connection.exec_driver_sql("BEGIN")
        return busy is not None and not busy[0]

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy to a new file; StoreError if the file is there already.

        The only way a copy may leave the machine: a copy of the file keeps traces of order and of
        what was purged.
        """
        if target.exists():
            raise StoreError(f"{target} is there already: name a new file for the copy")
        _make_private(target)

        def copy() -> None:
            with self._reader.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("VACUUM INTO ?", (str(target),))
                connection.exec_driver_sql("BEGIN")

        try:
            self._patiently(copy, time.monotonic() + WRITE_DEADLINE)
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
            except DatabaseError as error:
                self._wait_or_raise(error, until)

    def _wait_or_raise(self, error: DatabaseError, until: float) -> None:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            advice = "check its name and its disk, or put back a copy"
            raise StoreError(f"{self.path} cannot be used as a database ({error.orig}): {advice}") from error
        if time.monotonic() >= until:
            raise StoreBusyError(_BUSY) from error
        time.sleep(random.uniform(0.0001, 0.0008))  # noqa: S311  (spreads the tries, guards nothing)

    def close(self) -> None:
        """Close every connection, and give up the timer."""
        self._settling.close()
        self._writer.dispose()
        self._reader.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_the_stores(error: Exception) -> bool:
    """Whether the store failed, and not what one caller wanted of it."""
    return isinstance(error, DatabaseError) and not isinstance(error, _CALLERS_OWN)


def _file_at(path: Path) -> tuple[int, int] | None:
    """What tells a file from another under the same name, None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise StoreError(f"{path} cannot be made ({error.strerror}): name a folder that can be written") from error


def _has_tables(connection: Connection) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is not None


def _version(connection: Connection) -> str | None:
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first():
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _engine(path: Path, begin: str, pool: type[Any], **options: Any) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # a path may hold ? and %
        poolclass=pool,
        connect_args={"check_same_thread": False, "timeout": 0},
        **options,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions begin late; ours begin at once
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            _pragma(connection, pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _pragma(connection: Any, pragma: str) -> None:
    for _ in range(2000):
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.0005)
    raise StoreBusyError(_BUSY)
