"""A store on PostgreSQL: the same statements, one primary, and a commit that counts once it is known to."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pg8000.exceptions import InterfaceError
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import InterfaceError as DriverInterfaceError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import QueuePool

from surveys.errors import OutcomeUnknownError, StoreBusyError, StoreError, StoreUnreachableError
from surveys.store.place import Address
from surveys.store.primary import Primary, code_of, is_lost, set_timeout, words_of
from surveys.store.rewriting import ANSWERS, BESIDE, forget_writers, rewrite
from surveys.store.sqlite_file import BUSY, SqliteFile, make_private
from surveys.store.transfer import copy_rows

_LOCK = 0x4855_4959
"""The advisory lock of all writers: most take it alone, as SQLite's single writer is; answers share it."""
_OFFICE_TIME = timezone(timedelta(hours=8))
_REPLY_SECONDS = 4.0
_ASK_SECONDS = 6.0
_REWRITE_SECONDS = 600.0
_WAITING = {"40001", "40P01", "55P03"}
"""Not serializable, a deadlock, a lock that did not come: the same transaction may do better next time."""
_OWN = ("22", "23")
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_ORDER = "SELECT current_setting('server_encoding'), datcollate FROM pg_database WHERE datname = current_database()"


class Cluster:
    """The connections to one database: many that read snapshots, one that writes.

    Each transaction leaves a random mark in the writer's own row of `commits`. Where the connection is lost while it
    commits, the mark says whether it did. Asking for it is a commit too, so it is answered only once the standby has
    all that came before. Who reads waits `reply_seconds` for the server's next word, or as long as its machine lives.
    """

    keeps_a_log = False

    def __init__(self, address: Address, reply_seconds: float | None = None) -> None:
        self._address = address
        self._reply_seconds = reply_seconds
        self._primary = Primary(address)
        self._engine = _engine(self._primary)
        self._writer: Connection | None = None
        self._me = os.urandom(16).hex()
        self._has_commits = False

    def __str__(self) -> str:
        return str(self._address)

    def prepare(self, create: bool) -> None:
        """StoreError unless the database orders texts by their bytes, as the statements expect, and is in use."""
        with self.reading() as connection:
            encoding, order = connection.exec_driver_sql(_ORDER).one()
            is_empty = not inspect(connection).get_table_names()
        if encoding != "UTF8" or order.split(".")[0] not in ("C", "POSIX"):
            made = "CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
            raise StoreError(f"{self} is a database in {encoding} ordered by {order}: make another one by {made}")
        if is_empty and not create:
            advice = "name the right one with --database, or start the server once"
            raise StoreError(f"no tables in {self}: {advice}")

    def hold(self) -> None:
        """From now on mark each transaction; the tables are there."""
        self._has_commits = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on one snapshot."""
        with self._connected() as connection:
            _wait_at_most(connection, self._reply_seconds)
            connection.exec_driver_sql(_SNAPSHOT)
            yield connection

    def _connected(self) -> Connection:
        """A connection; OperationalError too where none is free, and where the very first one is lost at once."""
        try:
            return self._engine.connect()
        except (NoConnectionError, DriverInterfaceError, OSError) as error:
            raise OperationalError(None, None, InterfaceError(str(error))) from error

    def transact(self, work: Callable[[Connection], None], until: float, alone: bool) -> None:
        """Run `work` in one transaction; OutcomeUnknownError if nobody can be asked whether it was committed.

        It waits for other writers no longer than `until`, and for the server's commit some seconds more.
        """
        mark = os.urandom(16).hex()
        is_committing = False
        try:
            connection = self._begun(until, alone)
            work(connection)
            if self._has_commits:
                connection.exec_driver_sql(self._marked(mark))
                _notices_of(connection).clear()
                is_committing = True
            connection.commit()
            if is_committing and _notices_of(connection):  # the wait for the standby was broken off
                raise OperationalError(None, None, ConnectionError("the standby did not confirm"))
        except BaseException as error:
            self._drop_writer(is_lost(getattr(error, "orig", None)) or is_committing)
            if not (is_committing and isinstance(error, DBAPIError)):
                raise
            if not self._was_committed(mark):
                raise

    def _begun(self, until: float, alone: bool) -> Connection:
        connection, left = self._writing(until)
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        # A portal that stands still must not keep the lock; a command may think as long as it likes.
        still = f"SET LOCAL idle_in_transaction_session_timeout = {int((self._reply_seconds or 0) * 1000)}"
        turn = f"SET LOCAL lock_timeout = {int(left * 1000) or 1}; SELECT {lock}({_LOCK})"
        connection.exec_driver_sql(f"BEGIN; {still}; {turn}")
        return connection

    def _writing(self, until: float) -> tuple[Connection, float]:
        """The writer's connection, and the seconds that are left."""
        connection = self._writer = self._writer or self._connected()
        left = max(until - time.monotonic(), 0.001)
        _wait_at_most(connection, left + _REPLY_SECONDS)
        return connection, left

    def _marked(self, mark: str) -> str:
        """Written anew where the night has taken the row of a writer that stood still away."""
        return (
            f"INSERT INTO commits VALUES ('\\x{self._me}', '\\x{mark}', '{_today()}') "  # noqa: S608
            "ON CONFLICT (writer) DO UPDATE SET last = excluded.last, day = excluded.day"
        )

    def _ask(self, until: float) -> str:
        """The mark of this writer's last transaction, waited for if that still runs; its row is made if missing."""
        connection, left = self._writing(until)
        connection.exec_driver_sql(f"BEGIN; SET LOCAL lock_timeout = {int(left * 1000) or 1}")
        found = connection.exec_driver_sql(
            f"INSERT INTO commits VALUES ('\\x{self._me}', '', '{_today()}') "  # noqa: S608
            "ON CONFLICT (writer) DO UPDATE SET day = excluded.day RETURNING encode(last, 'hex')"
        ).scalar_one()
        _notices_of(connection).clear()
        connection.commit()
        if _notices_of(connection):
            raise OperationalError(None, None, ConnectionError("the standby did not confirm"))
        return str(found)

    def _was_committed(self, mark: str) -> bool:
        until = time.monotonic() + _ASK_SECONDS
        while True:
            try:
                return self._ask(until) == mark
            except DBAPIError as error:
                self._drop_writer(True)
                if time.monotonic() >= until:
                    raise OutcomeUnknownError(
                        "the database did not say whether it was stored: send it once more in a moment, it counts once"
                    ) from error
                self.pause()

    def _drop_writer(self, is_lost: bool) -> None:
        connection, self._writer = self._writer, None
        if connection is None:
            return
        with suppress(DBAPIError):
            if is_lost:
                self._primary.forget()
                connection.invalidate()
            connection.close()

    def refusal(self, error: DatabaseError) -> StoreError | None:
        """What to tell of an error, None if the same may succeed soon."""
        if code_of(error.orig) in _WAITING or is_lost(error.orig):
            return None
        return StoreError(f"{self} cannot be used as a database ({words_of(error.orig)}): {_advice(error)}")

    def late(self, error: DatabaseError) -> StoreBusyError:
        """Another writer was too slow, all connections are in use, or no server was found."""
        if not is_lost(error.orig) or isinstance(error.__cause__, NoConnectionError):
            return StoreBusyError(BUSY)
        words = words_of(error.orig)
        return StoreUnreachableError(f"{self} cannot be reached ({words}): {_way_to(words)}")

    def pause(self) -> None:
        """Wait a little before the next try."""
        time.sleep(random.uniform(0.005, 0.02))  # noqa: S311  (spreads the tries, guards nothing)

    def is_there(self) -> bool:
        """A server is not taken away like a file."""
        return True

    def is_settled(self) -> bool:
        """Rewrite the rows of finished days, so that neither order nor company shows; forget writers that are gone."""
        until, today = time.monotonic() + _REWRITE_SECONDS, _today()
        self.transact(lambda connection: rewrite(connection, ANSWERS, today), until, True)
        self.transact(lambda connection: rewrite(connection, BESIDE, today), until, True)
        self.transact(lambda connection: forget_writers(connection, today), until, True)
        with self._connected() as connection:  # what was rewritten still stands in the pages until then
            _wait_at_most(connection, None)
            for name in (*ANSWERS, *BESIDE):
                connection.exec_driver_sql(f"VACUUM {name}")
        return True

    def copy_to(self, target: Path) -> None:
        """Write all into a new SQLite file, in the order of the keys."""
        from surveys.store.migrations import upgrade  # noqa: PLC0415  (Alembic costs 0.2 s)

        draft = target.with_name(f"{target.name}.draft")
        make_private(draft)
        file = SqliteFile(draft)

        def fill(connection: Connection) -> None:
            upgrade(connection)
            with self.reading() as source:
                for _ in copy_rows(source, connection):
                    pass

        try:
            file.transact(fill, 0, True)
            file.copy_to(target)
        finally:
            file.close()
            for path in draft.parent.glob(f"{draft.name}*"):
                path.unlink()

    def close(self) -> None:
        """Close every connection, and take this writer's row away."""
        if self._has_commits and self._writer is not None:
            with suppress(DBAPIError):
                self._writer.exec_driver_sql(f"DELETE FROM commits WHERE writer = '\\x{self._me}'")  # noqa: S608
        self._drop_writer(False)
        self._engine.dispose()


def has_tables_at(address: Address) -> bool:
    """Whether the database has any tables; StoreError if no server can be asked."""
    cluster = Cluster(address, _ASK_SECONDS)
    try:
        with cluster.reading() as connection:
            return bool(inspect(connection).get_table_names())
    except DatabaseError as error:
        raise cluster.refusal(error) or StoreError(str(cluster.late(error))) from error
    finally:
        cluster.close()


def _way_to(words: str) -> str:
    """What to do about a server that cannot be reached, by what came in the way."""
    if "SSL" in words or "sslrootcert" in words:
        return (
            "sslmode in the URL asks for TLS, so the server needs ssl = on; for verify-full also a certificate of this "
            "name, by an authority of the system or of the file that sslrootcert=FILE names"
        )
    return "check that a server runs there and takes connections, and try again"


def _advice(error: DatabaseError) -> str:
    advice = {
        "3D000": "make it by CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
        "28P01": "correct user and password in its URL",
        "28000": "let this host and user in, in pg_hba.conf",
        "53100": "make room on the server's disk",
    }
    return advice.get(code_of(error.orig), "look at the server's log")


def _today() -> str:
    return datetime.now(_OFFICE_TIME).date().isoformat()


def _wait_at_most(connection: Connection, seconds: float | None) -> None:
    set_timeout(connection.connection.driver_connection, seconds)


def _notices_of(connection: Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.notices


def _engine(primary: Primary) -> Engine:
    engine = create_engine(
        "postgresql+pg8000://",
        creator=primary.connect,
        poolclass=QueuePool,
        pool_size=5,
        max_overflow=28,
        pool_timeout=5,
        use_insertmanyvalues=True,
        hide_parameters=True,
    )
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "handle_error", retval=True)
    def sort(context: ExceptionContext) -> BaseException | None:
        """The driver calls nearly every error one of programming; the caller's own are those of values."""
        found = context.original_exception
        if is_lost(found):
            context.is_disconnect = True
            primary.forget()
        code = code_of(found)
        if not code and not context.is_disconnect:  # the driver's own, with half of a statement sent
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False
        kind: type[DBAPIError] = OperationalError
        if code[:2] in _OWN or code == "42804":
            kind = IntegrityError
        elif code[:2] == "42":
            kind = ProgrammingError
        if not isinstance(found, DBAPIError) and (code or is_lost(found)):
            return kind(context.statement, None, found, hide_parameters=True)
        return None

    return engine
