"""A store in one SQLite file: private, in write-ahead mode, every commit on the disk."""

import os
import random
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool, StaticPool

from surveys.errors import StoreBusyError, StoreError
from surveys.store.place import bytes_at

BUSY = "the database is busy: try again in a moment"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ADVICE = {
    sqlite3.SQLITE_FULL: "make room on its disk; all that was acknowledged is there",
    sqlite3.SQLITE_IOERR: "make room on its disk if that is full, else have the disk looked at",
    sqlite3.SQLITE_READONLY: "let the user of the program write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "check its name, and let the user of the program write its folder",
}
_PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "trusted_schema=OFF",
    "wal_autocheckpoint=4000",
)  # fmt: skip
"""The log is brought into the file at 16 MB, not at 4: under load a page is then written once for several changes."""


class SqliteFile:
    """The file's connections: many that read, one that writes.

    SQLite's own wait for a lock starves writers for seconds, so nothing waits here: who finds the file locked comes
    again after a short jittered `pause`.
    """

    keeps_a_log = True
    """The log keeps single commits in their order, until it is emptied."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = _engine(self._connected, "BEGIN", QueuePool, pool_size=4, max_overflow=28)
        self._writer = _engine(self._connected, "BEGIN IMMEDIATE", StaticPool)
        self._open = set[int]()
        for engine in (self._reader, self._writer):
            event.listen(engine, "close", self._closed)
        self._file: tuple[int, int] | None = None
        self._log: tuple[int, int] | None = None
        self._is_held = False

    def __str__(self) -> str:
        return str(self._path)

    def prepare(self, create: bool) -> None:
        """Make a missing file if it shall be made; StoreError if there is none or it cannot be made."""
        if not bytes_at(self._path):
            self._require_no_log()
            if not create:
                advice = "name the right one with --database, or start the server once"
                raise StoreError(f"no database at {self._path}: {advice}")
            if _file_at(self._path) is None:
                make_private(self._path)
        self._file = _file_at(self._path)

    def _require_no_log(self) -> None:
        """SQLite throws away a log that it finds beside an empty file, and what was acknowledged may be there alone."""
        log = self._log_path()
        if bytes_at(log) and not bytes_at(self._path):  # looked at last: whoever makes it now fills it before the log
            what = "is empty" if self._path.exists() else "is gone"
            advice = f"put the file back; to begin anew without what it held, move {log} away"
            raise StoreError(f"{self._path} {what}, and {log} still holds what was written to it last: {advice}")

    def _log_path(self) -> Path:
        return Path(f"{os.path.realpath(self._path)}-wal")  # SQLite follows links before it names the log

    def hold(self) -> None:
        """From now on read and write this very file only, and never another of the same name."""
        self._file = self._file or _file_at(self._path)
        self._is_held = True

    def _connected(self) -> sqlite3.Connection:
        """A new connection, which reads nothing yet and makes no file.

        The log belongs to a name: a connection to another file of this name would empty the log into that file.
        """
        self._require_same_file()
        address = f"file://{quote(os.fsencode(self._path.absolute()))}?mode=rw"
        opened = sqlite3.connect(address, uri=True, check_same_thread=False, timeout=0)
        try:
            self._require_same_file()  # again: it may have been replaced before it was opened
            _prepare(opened)
            self._log = self._log or _file_at(self._log_path())
            self._require_same_log()
        except BaseException:
            opened.close()
            raise
        self._open.add(id(opened))
        return opened

    def _closed(self, connection: sqlite3.Connection, _record: object) -> None:
        self._open.discard(id(connection))
        if not self._open:
            self._log = None  # SQLite takes the log away with the last connection

    def _require_same_file(self) -> None:
        if self._file and not self.is_there():
            advice = "stop the server, put the right file back, start again"
            raise StoreError(f"{self._path} was removed or replaced while in use: {advice}")

    def _require_same_log(self) -> None:
        """What is written to a removed log is lost with it; while any connection is open, SQLite keeps it there."""
        if self._log and _file_at(self._log_path()) != self._log:
            advice = "wait a minute, in which what was written to it goes into the file, stop the server, start again"
            raise StoreError(f"{self._log_path()} was removed or replaced while in use: {advice}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on one snapshot."""
        with self._reader.connect() as connection:
            yield connection

    def transact(self, work: Callable[[Connection], None], until: float, alone: bool) -> None:
        """Run `work` in one transaction; every writer of a file is alone, and nobody waits until any time here."""
        self._require_same_file()  # what is written to a removed file is lost with it
        try:
            self._require_same_log()
        except StoreError:
            with suppress(StoreError, DatabaseError):
                self.is_settled()  # by a connection that still has it
            raise
        with self._writer.begin() as connection:
            work(connection)

    def refusal(self, error: DatabaseError) -> StoreError | None:
        """What to tell of an error, None while another process holds the lock."""
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in _BUSY:
            return None
        advice = _ADVICE.get(code, "check its name and its disk, or put back a copy")
        return StoreError(f"{self._path} cannot be used as a database ({error.orig}): {advice}")

    def late(self, error: DatabaseError) -> StoreBusyError:
        """The lock was held too long."""
        return StoreBusyError(BUSY)

    def pause(self) -> None:
        """Wait a little before the next try."""
        time.sleep(random.uniform(0.0001, 0.0008))  # noqa: S311  (spreads the tries, guards nothing)

    def is_there(self) -> bool:
        """Whether the file is still the one that was opened, and was not emptied."""
        return _file_at(self._path) == self._file and not (self._is_held and not bytes_at(self._path))

    def is_settled(self) -> bool:
        """Bring all that was written into the file itself and empty the log; False if readers stand in the way."""
        with self._reader.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
            connection.exec_driver_sql("BEGIN")
        return busy is not None and not busy[0]

    def copy_to(self, target: Path) -> None:
        """Write all into a new file without the traces of order."""
        with self._reader.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("VACUUM INTO CAST(? AS TEXT)", (os.fsencode(target.absolute()),))
            connection.exec_driver_sql("BEGIN")

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read; StoreError if that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise StoreError(f"{path} cannot be made ({error.strerror}): name a folder that can be written") from error


def _file_at(path: Path) -> tuple[int, int] | None:
    """What tells a file from another under the same name, None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _engine(connect: Callable[[], sqlite3.Connection], begin: str, pool: type[Any], **options: Any) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=pool, **options)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _prepare(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None  # the driver's own transactions begin late; ours begin at once
    for pragma in _PRAGMAS:
        _pragma(connection, pragma)


def _pragma(connection: sqlite3.Connection, pragma: str) -> None:
    for _ in range(2000):
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.0005)
    raise StoreBusyError(BUSY)
