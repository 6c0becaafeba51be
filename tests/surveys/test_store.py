"""The store: private, durable, append-only, and clear about what it refuses."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError

from surveys import page_votes
from surveys.errors import CaseError, StoreBusyError, StoreError
from surveys.responses import Response, save, to_row
from surveys.store import HEAD, Store, address_of, answers, ledger
from surveys.store.ledger import CaseRow
from surveys.store.schema import METADATA
from surveys.store.sqlite_file import SqliteFile
from tests.cluster import spelled
from tests.conftest import ROOT
from tests.surveys.test_responses import response, rows_in

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


def save_at_last(store: Store, made: Response) -> None:
    """Save, again after each "try again": a slow disk may hold writers up for longer than a visitor would wait."""
    while True:
        try:
            save(store, made)
            return
        except StoreBusyError:
            continue


WRITE = """
import sys
from surveys.responses import save
from surveys.store import Store, locate
from tests.surveys.test_responses import response
from tests.surveys.test_store import save_at_last
first = int(sys.argv[2])
with Store.open(locate(sys.argv[1])) as store:
    for number in range(first, first + 100_000):
        made = response(id=number.to_bytes(16), texts={"comment": "谢谢" * 50})
        save_at_last(store, made)
        print(made.id.hex(), flush=True)
"""


def run(program: str, *arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the write lock."""
    with run(LOCK, path) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        yield
        process.communicate("")


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


@pytest.mark.sqlite
def test_every_file_is_private(store: Store) -> None:
    save(store, response())
    files = sorted(path.name for path in store.path.parent.glob("huiyin.db*"))
    assert files == ["huiyin.db", "huiyin.db-shm", "huiyin.db-wal"]
    assert {path.stat().st_mode & 0o777 for path in store.path.parent.glob("huiyin.db*")} == {0o600}
    store.copy_to(store.path.with_name("copy.db"))
    assert store.path.with_name("copy.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.sqlite
def test_every_connection_syncs_each_commit(store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "trusted_schema": 0}
    home = SqliteFile(store.path)
    readers = [home._reader.connect() for _ in range(6)]
    with home._writer.connect() as writer:
        for connection in (*readers, writer):
            assert {name: pragma(connection, name) for name in wanted} == wanted
    for connection in readers:
        connection.close()
    home.close()


@pytest.mark.parametrize("table", ["responses", "closed_periods", "cases", "case_events"])
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_what_is_counted_is_append_only(store: Store, table: str, act: str) -> None:
    save(store, response())
    store.write(lambda connection: answers.close_period(connection, "2026-10", "2026-11-05"))
    case = CaseRow("1234567890", bytes(32), "a", None, "web", "zh", "2026-11-20")
    store.write(lambda connection: ledger.add_case(connection, case))
    store.write(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO case_events VALUES ('1234567890', 1, 'received', '2026-11-20', 'resident', NULL, '{}', NULL)"
        )
    )
    column = next(iter(METADATA.tables[table].c)).name
    with pytest.raises(IntegrityError, match=f"{table} are append-only"):
        store.write(lambda connection: connection.exec_driver_sql(act.format(table, column, column)))
    assert rows_in(store, f"SELECT count(*) FROM {table}") == [(1,)]


@pytest.mark.parametrize(("column", "value"), [("version", "one"), ("version", 1.5), ("id", b"short"), ("unit", None)])
def test_a_wrong_type_is_refused(store: Store, column: str, value: object) -> None:
    refuse_row(store, {**to_row(response(), "2026-11"), column: value})


@pytest.mark.sqlite
def test_bytes_are_no_text(store: Store) -> None:
    refuse_row(store, {**to_row(response(), "2026-11"), "survey": b"shown"})


def refuse_row(store: Store, row: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        store.write(lambda connection: answers.add_response(connection, row, {}))
    assert rows_in(store) == [(0,)]


def test_a_failed_write_leaves_nothing_and_the_next_one_works(store: Store) -> None:
    def work(connection: Connection) -> None:
        answers.add_response(connection, to_row(response(), "2026-11"), {"comment": "谢谢"})
        raise ValueError("the caller's own")

    with pytest.raises(ValueError, match="the caller's own"):
        store.write(work)
    assert rows_in(store) == [(0,)]
    save(store, response())
    assert rows_in(store) == [(1,)]


@pytest.mark.sqlite
def test_a_missing_database_is_refused_unless_it_shall_be_made(database: Path) -> None:
    with pytest.raises(StoreError, match=r"no database at .*: name the right one with --database"):
        Store.open(database)
    assert not database.exists()
    with Store.open(database, create=True) as made:
        assert made.version() == HEAD
    with Store.open(database) as found:
        assert found.version() == HEAD


@pytest.mark.sqlite
def test_an_empty_file_is_no_database_unless_it_shall_become_one(database: Path) -> None:
    database.touch()
    with pytest.raises(StoreError, match="no database at"):
        Store.open(database)
    with Store.open(database, create=True) as made:
        assert made.version() == HEAD


@pytest.mark.sqlite
@pytest.mark.parametrize("data", [b"abc", b"not a database" * 1000, b"SQLite format 3\0" + b"x" * 5000])
@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_refused_and_kept(database: Path, data: bytes, create: bool) -> None:
    database.write_bytes(data)
    with pytest.raises(StoreError, match=r"huiyin\.db cannot be used as a database .*: check its name"):
        Store.open(database, create=create)
    assert database.read_bytes() == data


def moved_or_replaced(database: Path) -> Iterator[None]:
    """What may happen to a file in use: it is moved away, and another one is put in its place; then it is back."""
    away = database.rename(database.with_name("away.db"))
    yield
    with closing(sqlite3.connect(database.with_name("other.db"))) as other:
        other.execute("CREATE TABLE counts (n INTEGER)")
    database.with_name("other.db").rename(database)
    yield
    away.replace(database)
    yield


@pytest.mark.sqlite
def test_a_file_that_was_moved_or_replaced_loses_nothing_to_those_who_read_on(store: Store) -> None:
    """A new connection would find the log of the one file beside another, and take it away with it when it closes."""
    for _ in range(20):
        save(store, response())
    for turn, _ in enumerate(moved_or_replaced(store.path)):
        with ExitStack() as open_at_once:
            for _ in range(8):  # more than are kept open, so that some are opened anew each time
                with suppress(StoreError):
                    open_at_once.enter_context(store._home.reading()).exec_driver_sql("SELECT * FROM responses")
        assert store.path.exists() == (turn > 0)
    assert rows_in(store) == [(20,)]
    with Store.open(store.path) as again:
        assert rows_in(again) == [(20,)]


@pytest.mark.sqlite
def test_a_connection_to_another_file_than_the_one_in_use_is_refused(store: Store) -> None:
    states = moved_or_replaced(store.path)
    for _ in range(2):
        next(states)
        with ExitStack() as open_at_once, pytest.raises(StoreError, match="was removed or replaced while in use"):
            for _ in range(6):
                open_at_once.enter_context(store._home.reading())


@pytest.mark.sqlite
def test_a_file_that_is_replaced_in_the_moment_of_opening_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = SqliteFile(store.path)
    home.hold()
    connect = sqlite3.connect

    def too_late(*place: Any, **how: Any) -> object:
        store.path.rename(store.path.with_name("away.db"))
        store.path.touch()
        return connect(*place, **how)

    monkeypatch.setattr(sqlite3, "connect", too_late)
    with pytest.raises(StoreError, match="was removed or replaced while in use"), home.reading():
        pytest.fail("it was read")
    assert store.path.with_name("huiyin.db-wal").exists()


@pytest.mark.sqlite
@pytest.mark.parametrize("empty", [True, False])
def test_no_database_is_made_beside_the_log_of_one_that_is_gone(store: Store, empty: bool) -> None:
    save(store, response())
    log = store.path.with_name("huiyin.db-wal").read_bytes()
    away = store.path.rename(store.path.with_name("away.db"))
    if empty:
        store.path.touch()
    with pytest.raises(StoreError, match=r"huiyin\.db is (gone|empty), .*huiyin\.db-wal .*: put the file back"):
        Store.open(store.path, create=True)
    with pytest.raises(StoreError, match="put the file back"):
        Store.open(store.path)  # "start the server once" would be wrong advice
    assert store.path.exists() == empty
    assert store.path.with_name("huiyin.db-wal").read_bytes() == log
    away.replace(store.path)
    with Store.open(store.path) as again:
        assert rows_in(again) == [(1,)]


@pytest.mark.sqlite
def test_a_log_is_found_where_a_link_leads(store: Store, tmp_path: Path) -> None:
    save(store, response())
    (tmp_path / "linked.db").symlink_to(store.path)
    store.path.rename(tmp_path / "away.db")
    with pytest.raises(StoreError, match=r"linked\.db is gone, and .*/huiyin\.db-wal still holds"):
        Store.open(tmp_path / "linked.db", create=True)


@pytest.mark.sqlite
def test_a_log_that_came_with_its_file_in_the_same_moment_is_nobodys_remains(store: Store) -> None:
    save(store, response())
    SqliteFile(store.path)._require_no_log()


def replace_by_an_empty_one(path: Path) -> None:
    path.with_name("new").touch()
    path.with_name("new").replace(path)


@pytest.mark.sqlite
@pytest.mark.parametrize("away", [Path.unlink, replace_by_an_empty_one])
def test_nothing_is_written_to_a_log_that_is_gone_and_what_was_is_saved(
    store: Store, away: Callable[[Path], None]
) -> None:
    for _ in range(3):
        save(store, response())
    away(store.path.with_name("huiyin.db-wal"))
    for _ in range(2):
        with pytest.raises(StoreError, match=r"huiyin\.db-wal was removed or replaced while in use: wait a minute"):
            save(store, response())
    copy = store.path.with_name("copy.db")
    copy.write_bytes(store.path.read_bytes())  # what a machine finds that loses its power now
    with Store.open(copy) as again:
        assert rows_in(again) == [(3,)]


@pytest.mark.sqlite
def test_the_log_that_sqlite_took_away_with_the_last_connection_is_missed_by_nobody(store: Store) -> None:
    save(store, response())
    store._home.close()
    assert not store.path.with_name("huiyin.db-wal").exists()
    save(store, response())
    assert rows_in(store) == [(2,)]


@pytest.mark.sqlite
def test_nothing_is_written_beside_a_file_that_was_emptied(store: Store) -> None:
    save(store, response())
    store.path.write_bytes(b"")
    with pytest.raises(StoreError, match="was removed or replaced while in use"):
        save(store, response())


@contextmanager
def after_the_first_look(act: Callable[[], object]) -> Iterator[None]:
    """What happens right after the next transaction that only read."""
    acts = [act]

    def once(_connection: Connection) -> None:
        while acts:
            acts.pop()()

    event.listen(Engine, "rollback", once)
    try:
        yield
    finally:
        event.remove(Engine, "rollback", once)
    assert not acts


def test_a_database_that_another_process_makes_meanwhile_is_no_stranger(database: Path) -> None:
    with (
        after_the_first_look(lambda: Store.open(database, create=True).close()),
        Store.open(database, create=True) as store,
    ):
        assert store.version() == HEAD


@pytest.mark.sqlite
def test_a_file_that_is_replaced_while_it_is_opened_is_refused(store: Store, tmp_path: Path) -> None:
    Store.open(tmp_path / "other.db", create=True).close()

    def replace() -> None:
        (tmp_path / "other.db").replace(store.path)

    refused = pytest.raises(StoreError, match="was removed or replaced while in use")
    with after_the_first_look(replace), Store.open(store.path) as opened, refused:
        save(opened, response())


def test_a_value_that_the_driver_refuses_spoils_no_later_statement(store: Store) -> None:
    """A driver that was stopped within a statement takes the answer to it for that to the next one."""
    asked = text("SELECT page FROM page_votes WHERE page = :page")
    for run in (store.read, store.write):
        with pytest.raises(UnicodeEncodeError):
            run(lambda connection: connection.execute(asked, {"page": "\ud800"}).all())
        assert [rows_in(store, f"SELECT {number}") for number in range(4)] == [[(number,)] for number in range(4)]


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used as a database"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="name a folder that can be written"):
        Store.open(Path("/proc/none/huiyin.db"), create=True)


@pytest.mark.sqlite
@pytest.mark.parametrize("create", [True, False])
def test_a_database_of_something_else_is_left_alone(database: Path, create: bool) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE counts (n INTEGER)")
    with pytest.raises(StoreError, match="is a database of something else: name the right one"):
        Store.open(database, create=create)
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("counts",)]


@pytest.mark.parametrize("name", ["a?b.db", "50%20.db", "a#b.db", "数据库 1.db"])
def test_any_file_name_serves(tmp_path: Path, name: str) -> None:
    with Store.open(tmp_path / name, create=True) as store:
        save(store, response())
        store.copy_to(tmp_path / f"copy of {name}")
    assert {name, f"copy of {name}"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.sqlite
def test_any_place_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open(Path(f"/{tmp_path}/a.db"), create=True) as store:  # //tmp would be a host in a URL
        save(store, response())
        for name in ("file:copy.db", os.fsdecode(b"\xff.db")):
            store.copy_to(Path(name))
            with Store.open(Path(name)) as copy:
                assert rows_in(copy) == [(1,)]


@pytest.mark.sqlite
def test_a_damaged_page_is_told_and_not_a_traceback(database: Path) -> None:
    with Store.open(database, create=True) as store:
        store.write(
            lambda connection: answers.add_responses(
                connection, [(to_row(response(), "2026-11"), {}) for _ in range(1200)]
            )
        )
    data = bytearray(database.read_bytes())
    sound = len(data) * 3 // 4  # the schema's own pages are among the first
    data[sound:] = b"\xff" * (len(data) - sound)
    database.write_bytes(data)
    with Store.open(database) as store:
        for table in ("SELECT sum(length(answers)) FROM responses", "PRAGMA integrity_check"):
            with pytest.raises(StoreError, match=r"malformed\): .* put back a copy"):
                rows_in(store, table)


@pytest.mark.sqlite
def test_a_file_that_may_not_be_written_is_told(store: Store) -> None:
    """Root writes what it likes, so the test's process lays that right down first."""
    save(store, response())
    store.close()
    for path in store.path.parent.glob("huiyin.db*"):
        path.chmod(0o400)
    program = (
        "import sys; from pathlib import Path; from surveys.store import Store; from surveys.responses import save\n"
        "from surveys.errors import StoreError; from tests.surveys.test_responses import response, rows_in\n"
        "try:\n"
        "    with Store.open(Path(sys.argv[1])) as store:\n"
        "        print(rows_in(store))\n"
        "        save(store, response(id=bytes(16)))\n"
        "except StoreError as error: print('StoreError', error)\n"
    )
    prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    out, errors = run(program, store.path, prefix=prefix).communicate(timeout=60)
    assert errors == ""
    assert "StoreError" in out
    assert "cannot be used as a database" in out


def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    program = (
        "import sys; from pathlib import Path; from surveys.store import Store, holds_data\n"
        "from surveys.errors import StoreError; from surveys.soundness import require_sound\n"
        "for act in (Store.open, lambda path: Store.open(path, create=True), holds_data, require_sound):\n"
        "    try: act(Path(sys.argv[1]))\n"
        "    except StoreError as error: print(error)\n"
    )
    prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    out, errors = run(program, tmp_path / "huiyin.db", prefix=prefix).communicate(timeout=60)
    tmp_path.chmod(0o700)
    assert errors == ""
    words = "cannot be looked at (Permission denied): let the user of the program into its folder"
    assert out.splitlines() == [f"{tmp_path}/huiyin.db {words}"] * 4


@pytest.mark.sqlite
def test_a_lock_held_too_long_is_told_in_time_and_nothing_is_stored(store: Store) -> None:
    save(store, response())
    with locked(store.path):
        began = time.monotonic()
        with pytest.raises(StoreBusyError, match="the database is busy: try again in a moment"):
            save(store, response())
        assert 1.0 <= time.monotonic() - began < 3
        assert rows_in(store) == [(1,)]
        with pytest.raises(StoreBusyError):
            store.write(lambda connection: None, deadline=0)
    save(store, response())
    assert rows_in(store) == [(2,)]


def test_a_turn_that_does_not_come_is_told_in_time(store: Store) -> None:
    inside, leave = threading.Event(), threading.Event()

    def work(_: Connection) -> None:
        inside.set()
        leave.wait(5)

    thread = threading.Thread(target=lambda: store.write(work))
    thread.start()
    inside.wait(5)
    with pytest.raises(StoreBusyError):
        store.write(lambda connection: None, deadline=0.05)
    leave.set()
    thread.join()
    store.write(lambda connection: None)


def test_readers_go_on_during_a_write(store: Store) -> None:
    save(store, response())

    def work(connection: Connection) -> None:
        answers.add_response(connection, to_row(response(), "2026-11"), {})
        assert rows_in(store) == [(1,)]
        with Store.open(store.path) as other:
            assert rows_in(other) == [(1,)]

    store.write(work)
    assert rows_in(store) == [(2,)]


def test_a_read_sees_one_moment(store: Store) -> None:
    def work(connection: Connection) -> list[int]:
        statement = text("SELECT count(*) FROM responses")
        before = connection.execute(statement).scalar_one()
        save(store, response())
        return [before, connection.execute(statement).scalar_one()]

    assert store.read(work) == [0, 0]
    assert rows_in(store) == [(1,)]


def test_many_threads_and_processes_lose_nothing(store: Store) -> None:
    program = WRITE.replace("100_000", "100")
    others = [run(program, spelled(store.path), 10**6 * number) for number in (1, 2)]

    def work() -> None:
        for _ in range(25):
            save_at_last(store, response())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outputs = [process.communicate(timeout=60) for process in others]
    assert [errors for _, errors in outputs] == ["", ""]
    assert [len(out.split()) for out, _ in outputs] == [100, 100]
    assert rows_in(store) == [(300,)]


@pytest.mark.sqlite
def test_processes_that_start_together_make_one_database(database: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from surveys.store import Store\n"
        "with Store.open(Path(sys.argv[1]), create=True) as store: print(store.version())\n"
    )
    outputs = [process.communicate(timeout=60) for process in [run(program, database) for _ in range(4)]]
    assert outputs == [(f"{HEAD}\n", "")] * 4


def test_what_was_acknowledged_survives_kill_9(store: Store) -> None:
    acknowledged: list[str] = []
    for turn in range(1, 4):
        process = run(WRITE, spelled(store.path), 10**6 * turn)
        assert process.stdout
        acknowledged += [process.stdout.readline().strip() for _ in range(20)]
        time.sleep(0.05 * turn)
        process.send_signal(signal.SIGKILL)
        out = process.stdout.read()  # what readline has buffered, too; communicate would pass it over
        process.communicate()
        acknowledged += [line for line in out.split("\n") if len(line) == 32]
        found = {identifier.hex() for (identifier,) in rows_in(store, "SELECT id FROM responses")}
        assert set(acknowledged) <= found
        assert len(found) <= len(acknowledged) + turn
    assert rows_in(store) == rows_in(store, "SELECT count(*) FROM response_texts")
    if address_of(store.path) is None:
        assert rows_in(store, "PRAGMA integrity_check") == [("ok",)]


def test_a_copy_is_whole_and_never_overwrites(store: Store, tmp_path: Path) -> None:
    for _ in range(20):
        save(store, response(texts={"comment": "谢谢"}))
    store.copy_to(tmp_path / "copies/one.db")
    with Store.open(tmp_path / "copies/one.db") as copy:
        assert rows_in(copy, "SELECT * FROM responses") == rows_in(store, "SELECT * FROM responses")
        with pytest.raises(IntegrityError, match="append-only"):
            copy.write(lambda connection: connection.exec_driver_sql("DELETE FROM responses"))
    before = (tmp_path / "copies/one.db").read_bytes()
    with pytest.raises(StoreError, match="is there already: name a new file"):
        store.copy_to(tmp_path / "copies/one.db")
    assert (tmp_path / "copies/one.db").read_bytes() == before


@pytest.mark.sqlite
def test_a_purged_text_is_in_no_byte_of_the_file(store: Store) -> None:
    save(store, response(texts={"comment": "请不要留下这句话"}))
    store.write(lambda connection: connection.exec_driver_sql("DELETE FROM response_texts"))
    store.close()
    assert "请不要留下这句话".encode() not in store.path.read_bytes()


def test_votes_add_up(store: Store) -> None:
    def work(connection: Connection) -> None:
        for helpful in (True, True, False):
            answers.add_page_vote(connection, "guides/a", "2026-11", helpful)

    store.write(work)
    assert rows_in(store, "SELECT * FROM page_votes ORDER BY helpful") == [
        ("guides/a", "2026-11", 0, 1),
        ("guides/a", "2026-11", 1, 2),
    ]


def test_pages_stand_least_helpful_first_and_chance_last(store: Store) -> None:
    votes = {"/guides/a/": (90, 10), "/guides/b/": (10, 90), "/guides/c/": (0, 2), "/guides/d/": (5, 0)}

    def work(connection: Connection) -> None:
        answers.add_page_vote(connection, "/guides/old/", "2026-05", False)
        for page, (yes, no) in votes.items():
            for vote in [True] * yes + [False] * no:
                answers.add_page_vote(connection, page, "2026-11", vote)

    store.write(work)
    found = store.read(lambda connection: page_votes.since(connection, "2026-06"))
    assert [(one.page, one.yes, one.no) for one in found] == [
        ("/guides/b/", 10, 90),
        ("/guides/c/", 0, 2),
        ("/guides/a/", 90, 10),
        ("/guides/d/", 5, 0),
    ]


def together(store: Store, works: Sequence[Callable[[Connection], object]], deadline: float = 5) -> list[object]:
    """Start all writes while another one has the turn; what each returned or raised."""
    inside, leave = threading.Event(), threading.Event()
    results: list[object] = [None] * len(works)

    def hold(_: Connection) -> None:
        inside.set()
        leave.wait(5)

    def send(place: int) -> None:
        try:
            results[place] = store.write(works[place], deadline=deadline)
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=store.write, args=(hold,))]
    threads[0].start()
    inside.wait(5)
    threads += [threading.Thread(target=send, args=(place,)) for place in range(len(works))]
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.05)
    leave.set()
    for thread in threads:
        thread.join()
    return results


def test_a_write_that_fails_takes_no_other_with_it(store: Store) -> None:
    def good(connection: Connection) -> str:
        answers.add_response(connection, to_row(response(), "2026-11"), {})
        return "stored"

    def failing(error: Exception) -> Callable[[Connection], object]:
        def work(connection: Connection) -> None:
            good(connection)
            raise error

        return work

    def refused(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM responses")

    errors = [ValueError("the caller's own"), CaseError("not now"), KeyError("x")]
    save(store, response())
    found = together(store, [good, failing(errors[0]), good, refused, failing(errors[1]), failing(errors[2]), good])
    assert [found[place] for place in (0, 2, 6)] == ["stored"] * 3
    assert [found[place] for place in (1, 4, 5)] == errors
    assert isinstance(found[3], IntegrityError)
    assert rows_in(store) == [(4,)]


def test_a_write_is_stored_or_refused_never_neither(store: Store) -> None:
    """Deadlines that end while the turn passes on: whoever is told `busy` was not stored, and nobody else is lost."""
    stored = 0
    for turn in range(30):
        made = [response() for _ in range(12)]
        works = [
            lambda connection, one=one: answers.add_response(connection, to_row(one, "2026-11"), {}) for one in made
        ]
        found = together(store, works, deadline=0.05 + turn * 0.0005)
        assert {type(one) for one in found} <= {answers.StoredResponse, StoreBusyError}
        stored += sum(1 for one in found if isinstance(one, answers.StoredResponse))
        assert rows_in(store) == [(stored,)]
