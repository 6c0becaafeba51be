"""A throw-away PostgreSQL on a socket: initialised under an ordinary user, ended with the process that started it."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pg8000
import pytest

from surveys.errors import OutcomeUnknownError, StoreBusyError
from surveys.keys import load_keys
from surveys.store import Server, Store, address_of, postgresql
from surveys.store.place import Address

BIN = Path("/usr/lib/postgresql/15/bin")
PORT = 5432
T = TypeVar("T")
REPLICATED = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on", "full_page_writes": "on"}
"""The settings of a primary and a standby."""
_FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "jit": "off", "max_wal_senders": "0"}
_SMALL = {"shared_buffers": "16MB", "max_connections": "200", "wal_level": "minimal", "log_min_messages": "fatal"}


_END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SCHEMA = (
    "SELECT (SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger), "
    "(SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'), "
    "(SELECT count(*) FROM pg_attribute)"
)


class Cluster:
    """One PostgreSQL with its data, its socket's folder, and no port on any network unless it is given one.

    `before` is what its programs are started by, such as a way into another network.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, before: Sequence[str] = ()) -> None:
        assert BIN.is_dir(), f"no PostgreSQL 15 in {BIN}: make test installs it"
        self.before = before
        self.folder = Path(tempfile.mkdtemp(prefix="huiyin-pg-", dir="/tmp"))
        self.settings = {**_FAST, **_SMALL, **(settings or {})}
        self.process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def make(self) -> "Cluster":
        """Make an empty cluster and start it."""
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
        run = [*as_ordinary_user(), str(BIN / "initdb"), "-D", str(self.data), *options]
        subprocess.run(run, check=True, capture_output=True, cwd="/")
        with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write("".join(f"host {what} all samenet trust\n" for what in ("all", "replication")))
        return self.start()

    def follow(self, host: str, port: int = PORT) -> "Cluster":
        """Make it a copy of a primary that runs, start it as a standby, and wait until that confirms nothing alone."""
        shutil.rmtree(self.data, ignore_errors=True)
        options = ("-h", host, "-p", str(port), "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync")
        run = [*self.before, *as_ordinary_user(), str(BIN / "pg_basebackup"), "-D", str(self.data), *options]
        subprocess.run(run, check=True, capture_output=True, cwd="/")
        return self.start()

    def wait_for_standby(self) -> None:
        """Confirm nothing from now on that a standby has not, and wait until there is one."""
        self.run("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        until = time.monotonic() + 120
        while not self.run("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"):
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.02)

    def promote(self) -> None:
        """Make a standby the primary, alone until another one follows it."""
        alone = "ALTER SYSTEM RESET synchronous_standby_names"
        self.run(alone, "SELECT pg_reload_conf()", "SELECT pg_promote(true, 120)")

    def start(self) -> "Cluster":
        """Start it, and wait until it takes connections."""
        options = {"listen_addresses": "", **self.settings, "unix_socket_directories": str(self.folder)}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        user = as_ordinary_user() or ["setpriv"]
        command = [*self.before, *user, "--pdeathsig", "QUIT", str(BIN / "postgres"), "-D", str(self.data), *flags]
        log = (self.folder / "log").open("ab")
        with log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        until = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        return self

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self.run("SELECT 1")
        except (pg8000.DatabaseError, pg8000.InterfaceError):
            return False
        return True

    def run(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements as the cluster's owner, outside any transaction; the rows of the last one."""
        connection = self.connect(database)
        try:
            return [connection.execute_simple(one).rows for one in statements][-1] or []
        finally:
            connection.close()

    def connect(self, database: str) -> Any:
        """A driver's connection as the cluster's owner, outside any transaction."""
        made = pg8000.connect(
            "postgres", database=database, unix_sock=f"{self.folder}/.s.PGSQL.{PORT}", ssl_context=False
        )
        made.autocommit = True
        return made

    def address(self, name: str) -> Address:
        """How a store reaches a database of this cluster."""
        return Address("postgres", None, ((str(self.folder), PORT),), name)

    def url(self, name: str) -> str:
        """The same as a URL."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def database(self, template: str = "template0") -> str:
        """A new database that orders texts by their bytes."""
        name = f"huiyin_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def stop(self, how: str = "QUIT") -> None:
        """End it: QUIT at once, INT with its connections ended first."""
        if self.process and self.process.poll() is None:
            subprocess.run(["kill", f"-{how}", str(self.process.pid)], check=True)
            self.process.wait(60)

    def remove(self) -> None:
        """End it and remove all it wrote."""
        self.stop()
        shutil.rmtree(self.folder)


class TestCluster(Cluster):
    """A cluster that hands out empty stores: one that is emptied for each test, and more where a test wants them."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self._template = ""
        self._own = ""
        self._more: list[str] = []
        self._before = ""
        self._session: Any = None

    def emptied(self, folder: Path) -> Server:
        """A store without a row, and its keys in the folder; the databases of the test before are dropped."""
        if not self._template:
            self._begin()
        for name in self._more:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")
        self._more.clear()
        if not self._own or self._empty() != self._before:
            self._renew()
        return self._at(self._own, folder)

    def another(self, folder: Path) -> Server:
        """A further empty store."""
        self._more.append(self.database(self._template))
        return self._at(self._more[-1], folder)

    def bare(self, folder: Path) -> Server:
        """A database without a table."""
        if not self._template:
            self._begin()
        self._more.append(self.database())
        return Server.at(self.address(self._more[-1]), folder)

    def _at(self, name: str, folder: Path) -> Server:
        load_keys(folder / f"{name}.db", create=True)
        return Server.at(self.address(name), folder)

    def _begin(self) -> None:
        self.make()
        self._template = self.database()
        Store.open(Server.at(self.address(self._template), self.folder), create=True).close()

    def _renew(self) -> None:
        if self._own:
            self._session.close()
            self.run(f"DROP DATABASE {self._own} WITH (FORCE)")
        self._own = self.database(self._template)
        self._session = self.connect(self._own)
        self._before = self._empty()

    def _empty(self) -> str:
        """Take every row out, end who is still connected, and tell the schema: a test may have changed it."""
        run = self._session.execute_simple
        run(_END_OTHERS)
        tables = [row[0] for row in run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").rows]
        kept = [name for name in tables if name != "alembic_version"]
        if kept:
            each = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in kept)
            filled = [row[0] for row in run(each).rows]
            if filled:
                names = ", ".join(filled)
                run(f"SET session_replication_role = replica; TRUNCATE {names}; SET session_replication_role = origin")
        return str(run(_SCHEMA).rows) + str(run("SELECT * FROM alembic_version").rows)

    def remove(self) -> None:
        """End it and remove all it wrote."""
        if self._session:
            self._session.close()
        super().remove()


def as_ordinary_user() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


def insist(act: Callable[[], T]) -> T:
    """As a resident does whose page says that it was not stored, on a machine that is busy with something else."""
    while True:
        try:
            return act()
        except OutcomeUnknownError:
            raise
        except StoreBusyError:
            continue


def spelled(database: Path) -> str:
    """A database as a setting names it; of a server's, HUIYIN_KEYS has to name the folder as well."""
    address = address_of(database)
    if address is None:
        return str(database)
    os.environ["HUIYIN_KEYS"] = str(database.parent)
    return f"postgresql://{address.user}@/{address.name}?host={address.hosts[0][0]}"


@contextmanager
def closing_all() -> Iterator[None]:
    """Close every store on a server that a test opens: an app may go without, and its sockets would be missed."""
    real, opened = postgresql.Cluster.__init__, list[postgresql.Cluster]()

    def remembered(self: postgresql.Cluster, *given: Any) -> None:
        opened.append(self)
        real(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql.Cluster, "__init__", remembered)
        try:
            yield
        finally:
            for one in opened:
                one.close()
