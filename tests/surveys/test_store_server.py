"""What a store on a server does beside that of a file: it leaves no trace of order, and knows what it committed."""

import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pg8000.core
import pytest
from sqlalchemy.exc import OperationalError

from surveys import cards
from surveys.audit import by_system, record, verify
from surveys.errors import HuiyinError, OutcomeUnknownError, StoreBusyError, StoreError, StoreUnreachableError
from surveys.keys import Keys, load_keys
from surveys.responses import save, to_row
from surveys.store import Connection, Server, Store, answers, locate
from surveys.store.place import Address
from surveys.store.postgresql import Cluster
from surveys.store.rewriting import forget_writers
from tests.cluster import TestCluster, insist, spelled
from tests.conftest import ROOT
from tests.surveys.test_cards import by_card, issued
from tests.surveys.test_responses import response, rows_in

YESTERDAY = date(2026, 10, 5)
JOIN = "SELECT responses.id FROM responses JOIN card_uses ON card_uses.xmin = responses.xmin"
BY_PLACE = "SELECT id FROM responses ORDER BY ctid"


@pytest.fixture
def server(cluster: TestCluster, tmp_path: Path) -> Server:
    return cluster.emptied(tmp_path)


@pytest.fixture
def here(server: Server) -> Iterator[Store]:
    with Store.open(server) as store:
        yield store


@pytest.fixture
def keys(server: Server) -> Keys:
    return load_keys(server, create=False)


def test_neither_company_nor_order_shows_of_a_finished_day(here: Store, keys: Keys) -> None:
    drawn = issued(here, keys, 20)
    made = [by_card(day=YESTERDAY) for _ in drawn]
    random.Random(5).shuffle(made)
    for one, card in zip(made, drawn, strict=True):
        cards.answer(here, keys, one, card)
    told = [row[0] for row in rows_in(here, BY_PLACE)]
    assert told == [one.id for one in made]
    assert [row[0] for row in rows_in(here, JOIN)] == [made[-1].id]
    before = rows_in(here, "SELECT * FROM responses ORDER BY id")
    assert here.settle()
    assert rows_in(here, JOIN) == []
    assert [row[0] for row in rows_in(here, BY_PLACE)] == sorted(told)
    assert len(rows_in(here, "SELECT DISTINCT xmin::text FROM responses")) == 1
    assert rows_in(here, "SELECT * FROM responses ORDER BY id") == before
    with pytest.raises(Exception, match="append-only"):
        here.write(lambda connection: connection.exec_driver_sql("DELETE FROM responses"))


def test_rewriting_goes_on_from_night_to_night_and_leaves_the_day_that_runs(here: Store) -> None:
    for _ in range(3):
        save(here, response(day=YESTERDAY))
    here.settle()
    first = rows_in(here, "SELECT id, xmin::text FROM responses ORDER BY id")
    for _ in range(3):
        save(here, response(day=YESTERDAY))
    running = response(day=date.today() + timedelta(days=1))  # noqa: DTZ011  (a day that no clock has finished)
    save(here, running)
    own = rows_in(here, "SELECT xmin::text FROM responses WHERE day > '2026-10-05'")
    here.settle()
    found = {row[0]: row[1] for row in rows_in(here, "SELECT id, xmin::text FROM responses")}
    assert all(found[row[0]] == row[1] for row in first)
    assert len(set(found.values())) == 3
    assert found[running.id] == own[0][0]


def test_a_commit_that_was_done_when_the_connection_broke_counts_once(
    here: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(here, response())
    break_once(monkeypatch, after=True)
    stored = insist(partial(save, here, made := response()))
    assert stored.day == made.day.isoformat()
    assert rows_in(here) == [(2,)]


def test_a_commit_that_never_came_is_done_again(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    save(here, response())
    break_once(monkeypatch, after=False)
    insist(partial(save, here, response()))
    assert rows_in(here) == [(2,)]


def test_nothing_is_said_where_nobody_can_be_asked(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    save(here, response())
    break_once(monkeypatch, after=True)
    monkeypatch.setattr("surveys.store.postgresql._ASK_SECONDS", 0.05)

    def lost(*_: object) -> str:
        raise OperationalError(None, None, ConnectionError("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(Cluster, "_ask", lost)
        with pytest.raises(OutcomeUnknownError, match="send it once more"):
            save(here, made := response())
    assert save(here, made).day == made.day.isoformat()
    assert rows_in(here) == [(2,)]


def break_once(monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
    """The network is cut at the next commit: before the server hears of it, or after it is done."""
    real, left = Connection.commit, [True]

    def commit(self: Connection) -> None:
        if not left:
            return real(self)
        left.clear()
        if after:
            real(self)
        raise OperationalError(None, None, ConnectionError("the network is cut"))

    monkeypatch.setattr(Connection, "commit", commit)


class Wire(threading.Thread):
    """A port before the server's socket; each connection can be reset, as by a machine that went down and came back."""

    def __init__(self, server: Address) -> None:
        super().__init__(daemon=True)
        folder, port = server.hosts[0]
        self.server = f"{folder}/.s.PGSQL.{port}"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.ends: list[socket.socket] = []

    def run(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:  # closed: the test is over
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.server)
            self.ends.append(near)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=carry, args=(source, target), daemon=True).start()

    def reset(self) -> None:
        """Break every connection so that the store's next read fails, where an orderly end would let it come to one."""
        for end in self.ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RD)
            end.close()
        self.ends.clear()


def carry(source: socket.socket, target: socket.socket) -> None:
    with closing(target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            return


def test_a_reset_connection_is_made_anew(server: Server) -> None:
    assert server.address
    wire = Wire(server.address)
    wire.start()
    through = Server.at(replace(server.address, hosts=(("127.0.0.1", wire.port),), tls="disable"), server.parent)
    with closing(wire.listener), Store.open(through) as store:
        save(store, response())
        assert rows_in(store) == [(1,)]
        wire.reset()
        insist(partial(save, store, response()))
        wire.reset()
        assert insist(partial(rows_in, store)) == [(2,)]


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset"), TimeoutError("timed out"), BrokenPipeError()])
def test_an_error_of_the_socket_is_a_lost_connection(
    here: Store, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    """The driver's first read of a message lets it through unchanged."""
    save(here, response())
    left = [error]

    def read(*given: object) -> object:
        if left:
            raise left.pop()
        return real(*given)

    real = pg8000.core._read
    monkeypatch.setattr("pg8000.core._read", read)
    insist(partial(save, here, response()))
    left.append(error)
    assert insist(partial(rows_in, here)) == [(2,)]


def work_once(server: Server) -> None:
    with insist(lambda: Store.open(server)) as store:
        insist(partial(save, store, response()))
        insist(lambda: store.write(lambda connection: record(connection, by_system("backup"))))
        assert insist(partial(rows_in, store))


def test_whichever_word_of_the_server_is_lost_all_is_done_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first greeting on, every 17th read of the driver fails in its turn, in one of three ways."""
    real, reads, fails = pg8000.core._read, [0], list[BaseException]()

    def read(*given: object) -> object:
        reads[0] -= 1
        if reads[0] == 0 and fails:
            raise fails.pop()
        return real(*given)

    monkeypatch.setattr("pg8000.core._read", read)
    ways = (ConnectionResetError(104, "reset"), TimeoutError("timed out"), pg8000.InterfaceError("network error"))
    turns = 0
    while not fails:  # until a place is behind the last read
        reads[0] = 1 + 17 * turns
        fails.append(ways[turns % 3])
        work_once(server)
        turns += 1
    monkeypatch.undo()
    assert turns > 20
    with Store.open(server) as store:
        assert rows_in(store) == [(turns,)]
        assert verify(store).count == turns


def test_a_writer_that_the_night_forgot_still_knows_what_it_committed(
    here: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(here, response())
    with Store.open(server) as night:
        night.write(lambda connection: forget_writers(connection, "9999-12-31"))
    break_once(monkeypatch, after=True)
    here.write(lambda connection: record(connection, by_system("backup")))
    assert verify(here).count == 1


def test_what_the_server_said_is_told_though_it_has_hung_up(
    server: Server, cluster: TestCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver takes its leave of a server that refused it, and by then the socket may be gone."""
    real = pg8000.core._write

    def write(sock: object, data: bytes) -> None:
        if data == pg8000.core.TERMINATE_MSG:
            raise pg8000.InterfaceError("network error")
        real(sock, data)

    monkeypatch.setattr("pg8000.core._write", write)
    with pytest.raises(StoreError, match="does not exist"):
        Store.open(Server.at(cluster.address("none"), server.parent), create=True)


@pytest.mark.parametrize("kind", ["server", "file"])
def test_more_readers_than_connections_are_told_to_come_again(kind: str, server: Server, tmp_path: Path) -> None:
    with Store.open(server if kind == "server" else tmp_path / "file.db", create=True) as store, ExitStack() as held:
        home: Any = store._home
        pool = (home._engine if kind == "server" else home._reader).pool
        pool._max_overflow, pool._timeout = 0, 0.1
        for _ in range(pool.size()):
            held.enter_context(home.reading())
        with pytest.raises(StoreBusyError) as told:
            store.read(lambda connection: None)
        assert not isinstance(told.value, StoreUnreachableError)
        held.close()
        assert rows_in(store) == [(0,)]


def test_a_server_that_goes_silent_is_given_up_by_who_asked_for_that(server: Server) -> None:
    with (
        Store.open(server, reply_seconds=3) as store,
        pytest.raises(StoreUnreachableError, match="cannot be reached"),
    ):
        store.read(lambda connection: connection.exec_driver_sql("SELECT pg_sleep(60)"))


HOLDS = """
import sys, time
from surveys.store import Store, locate
with Store.open(locate(sys.argv[1]), reply_seconds=2) as store:
    def hold(connection):
        print("holds", flush=True)
        time.sleep(600)
    store.write(hold, deadline=600)
"""


def test_a_portal_that_stands_still_does_not_keep_the_turn_of_all_others(server: Server, here: Store) -> None:
    """Its machine is frozen or cut off in the middle of a transaction, and nobody told the server."""
    command = [sys.executable, "-c", HOLDS, spelled(server)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as frozen:
        assert frozen.stdout
        assert frozen.stdout.readline() == "holds\n"
        frozen.send_signal(signal.SIGSTOP)
        try:
            here.write(lambda connection: record(connection, by_system("backup")), deadline=60)
        finally:
            frozen.kill()
    assert verify(here).count == 1


def test_a_transaction_that_stood_still_for_too_long_is_done_again(server: Server) -> None:
    turns: list[int] = []

    def slow_once(connection: Connection) -> None:
        record(connection, by_system("backup"))
        turns.append(1)
        time.sleep(2.5 if len(turns) == 1 else 0)

    with Store.open(server, reply_seconds=1) as store:
        store.write(slow_once, deadline=30)
        assert (len(turns), verify(store).count) == (2, 1)


def test_the_server_looks_soon_whether_a_portal_is_still_there(here: Store) -> None:
    wanted = {"idle": "2", "interval": "1", "count": "3"}
    asked = "SELECT name, reset_val FROM pg_settings WHERE name LIKE 'tcp_%' ORDER BY name"
    assert dict(rows_in(here, asked)) == {
        **{f"tcp_keepalives_{name}": value for name, value in wanted.items()},
        "tcp_user_timeout": "5000",
    }


def test_what_is_no_server_of_the_kind_is_told(server: Server) -> None:
    """Another program answers at the port, or hangs up at once."""
    for said in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64, b"N", b""):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            other = threading.Thread(target=greet, args=(listener, said), daemon=True)
            other.start()
            address = Address("postgres", None, (("127.0.0.1", listener.getsockname()[1]),), "x")
            with pytest.raises(StoreError, match="cannot be reached"):
                Server.at(address, server.parent).exists()
            listener.shutdown(socket.SHUT_RDWR)
            other.join()


def test_a_server_without_tls_and_authorities_without_a_file_are_named(server: Server, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=greet, args=(listener, b"N"), daemon=True).start()
        hosts = (("127.0.0.1", listener.getsockname()[1]),)
        for authorities, told in ((None, "sslmode"), (str(tmp_path / "none.pem"), r"none\.pem: .*No such file")):
            address = Address("postgres", None, hosts, "x", "verify-full", authorities)
            with pytest.raises(StoreError, match=rf"cannot be reached \(.*{told}.*sslrootcert=FILE"):
                Server.at(address, server.parent).exists()
        listener.shutdown(socket.SHUT_RDWR)


def greet(listener: socket.socket, said: bytes) -> None:
    with suppress(OSError):  # closed: the test is over
        while True:
            near, _ = listener.accept()
            with near, suppress(OSError):
                near.sendall(said)


def test_a_swallowed_error_is_no_commit(here: Store) -> None:
    """A transaction that the server gave up ends without a word there; the mark cannot be written then."""
    save(here, response())

    def work(connection: Connection) -> None:
        answers.add_response(connection, to_row(response(), "2026-11"), {})
        with pytest.raises(Exception, match="append-only"):
            connection.exec_driver_sql("DELETE FROM responses")

    with pytest.raises(StoreError, match="aborted"):
        here.write(work)
    assert rows_in(here) == [(1,)]


def test_a_database_that_orders_by_a_language_is_refused(cluster: TestCluster, server: Server) -> None:
    name = f"{server.address.name}_other" if server.address else ""
    cluster.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(StoreError, match="LATIN1 ordered by C: make another one by CREATE DATABASE"):
        Store.open(Server.at(cluster.address(name), server.parent), create=True)
    cluster.run(f"DROP DATABASE {name}")


def test_a_missing_database_and_a_silent_server_are_told(cluster: TestCluster, server: Server) -> None:
    with pytest.raises(StoreError, match=r"does not exist\): make it by CREATE DATABASE"):
        Store.open(Server.at(cluster.address("none"), server.parent), create=True)
    assert server.address
    silent = replace(server.address, hosts=((str(server.parent), 5432),))
    with pytest.raises(HuiyinError, match="cannot be reached"):
        Server.at(silent, server.parent).exists()


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://u:p%40x@h/n", Address("u", "p@x", (("h", 5432),), "n")),
        ("postgresql://u@h:1,g:2/n?sslmode=require", Address("u", None, (("h", 1), ("g", 2)), "n", "require")),
        ("postgresql://u@[::1]:7/n", Address("u", None, (("::1", 7),), "n")),
        ("postgresql://u@/n?host=/run/x", Address("u", None, (("/run/x", 5432),), "n")),
    ],
)
def test_a_url_is_read(url: str, wanted: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_KEYS", "/keys")
    found = locate(url)
    assert isinstance(found, Server)
    assert found.address == wanted
    assert str(found) == "/keys/n.db"


@pytest.mark.parametrize("url", ["postgresql://h/x", "postgresql://u:secret@h", "postgresql://u:secret@h/x?a=b"])
def test_a_url_that_lacks_something_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match=re.escape("write it as postgresql://user:password@host")) as told:
        locate(url)
    assert "secret" not in str(told.value)
