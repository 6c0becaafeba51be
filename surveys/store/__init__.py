"""The store: opening, migrating and writing it. Nothing outside this package speaks SQL."""

import random
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from surveys.errors import StoreBusyError, StoreError

HEAD = "0003"
"""The newest migration; the handful of files in `migrations/versions` count up to it."""
WRITE_DEADLINE = 1.0
T = TypeVar("T")

__all__ = ["HEAD", "Connection", "Store"]


class Store:
    """One SQLite store: many readers, one writing connection a process, every commit on the disk.

    A commit returns only after the write-ahead log is synced (`synchronous=FULL`). SQLite's own wait
    for a lock starves writers for seconds, so waiting is done here, in short jittered steps.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _engine(path, "BEGIN", QueuePool, pool_size=4, max_overflow=28)
        self._writer = _engine(path, "BEGIN IMMEDIATE", StaticPool)
        self._turn = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> "Store":
        """Open the store at `path`, brought to the newest schema; StoreError says what to do if it cannot."""
        if not path.exists():
            if not create:
                raise StoreError(f"no database at {path}: name the right one with --database, or start the server once")
            _make_private(path)
        store = cls(path)
        try:
            store._bring_up_to_date()
        except (DBAPIError, StoreError) as error:
            store.close()
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{path} cannot be opened as a database: {error.orig}") from error
        return store

    def _bring_up_to_date(self) -> None:
        found = self.version()
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise StoreError(
                f"{self.path} was written by a newer Huiyin (schema {found}): update this one (schema {HEAD})"
            )
        from surveys.store.migrations import upgrade  # noqa: PLC0415  (Alembic costs 0.2 s; only old stores need it)

        self.write(upgrade, deadline=60)

    def version(self) -> str | None:
        """The schema's migration number, None for an empty file."""
        with self._reader.connect() as connection:
            if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first():
                return None
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent snapshot."""
        try:
            with self._reader.connect() as connection:
                return work(connection)
        except OperationalError as error:
            raise StoreError(f"the database cannot be read: {error.orig}") from error

    def write(self, work: Callable[[Connection], T], *, deadline: float = WRITE_DEADLINE) -> T:
        """Run `work` in one transaction, durable on return.

        `work` may be run again from the start, so it must change nothing else. StoreBusyError after
        `deadline` seconds of waiting, StoreError when the disk refuses; nothing is stored then.
        """
        until = time.monotonic() + deadline
        if not self._turn.acquire(timeout=deadline):
            raise StoreBusyError("the database is busy: try again in a moment")
        try:
            while True:
                try:
                    with self._writer.begin() as connection:
                        return work(connection)
                except OperationalError as error:
                    _wait_or_raise(error, until)
        finally:
            self._turn.release()

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy; the only way a copy may leave the machine (a file copy keeps traces)."""
        with self._reader.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("VACUUM INTO ?", (str(target),))
            connection.exec_driver_sql("BEGIN")
        target.chmod(stat.S_IRUSR | stat.S_IWUSR)

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)


def _wait_or_raise(error: OperationalError, until: float) -> None:
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise StoreError(f"the database refused a write: {error.orig}") from error
    if time.monotonic() >= until:
        raise StoreBusyError("the database is busy: try again in a moment") from error
    time.sleep(random.uniform(0.0001, 0.0008))  # noqa: S311  (spreads the tries, guards nothing)


def _engine(path: Path, begin: str, pool: type[Any], **options: Any) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
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
    raise StoreBusyError("the database is busy: try again in a moment")
