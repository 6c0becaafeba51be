"""The log, which holds single commits in their order, is empty a while after a write."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from surveys.responses import save
from surveys.store import Store
from surveys.store.settling import Settling
from tests.conftest import ROOT
from tests.surveys.test_responses import response

END_AT_ONCE = """
import sys
from pathlib import Path
from surveys.store import Store
store = Store.open(Path(sys.argv[1]), create=True, settle_after=3600)
store.write(lambda connection: None)
print(store._settling._timer.daemon)
"""


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "huiyin.db", create=True, settle_after=0.05) as store:
        yield store


def log_of(store: Store) -> Path:
    return store.path.with_name("huiyin.db-wal")


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_log_is_empty_soon_after_a_write_while_the_store_is_open(quick: Store) -> None:
    for _ in range(2):
        for _ in range(3):
            save(quick, response())
        wait_for(lambda: log_of(quick).stat().st_size == 0)
    with closing(Store.open(quick.path)) as other:
        assert other.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM responses").scalar()) == 6


def test_it_tries_again_once_readers_are_out_of_the_way(quick: Store) -> None:
    save(quick, response())
    wait_for(lambda: log_of(quick).stat().st_size == 0)
    with quick._home.reading() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM responses")
        save(quick, response())
        assert not quick.settle(deadline=0)
        assert log_of(quick).stat().st_size
    wait_for(lambda: log_of(quick).stat().st_size == 0)


def test_a_file_that_was_taken_away_is_not_made_anew(quick: Store) -> None:
    save(quick, response())
    quick.path.rename(quick.path.with_name("away.db"))
    assert quick._settle_if_there()
    assert not quick.path.exists()


def test_what_fails_is_tried_again_and_only_one_call_is_pending() -> None:
    tries: list[str] = []
    done = threading.Event()

    def settle() -> bool:
        tries.append(threading.current_thread().name)
        if len(tries) == 1:
            raise OSError("the disk is gone")
        if len(tries) == 3:
            done.set()
        return len(tries) == 3

    settling = Settling(settle, 0.02)
    for _ in range(50):
        settling.soon()
    assert done.wait(20)
    settling.close()
    assert tries == ["settling"] * 3


def test_nothing_is_called_after_closing() -> None:
    tries: list[int] = []

    def settle() -> bool:
        tries.append(1)
        return True

    settling = Settling(settle, 0.02)
    settling.soon()
    settling.close()
    settling.soon()
    settling._run()
    assert tries == []


def test_the_timer_keeps_no_process_alive(tmp_path: Path) -> None:
    command = [sys.executable, "-c", END_AT_ONCE, str(tmp_path / "huiyin.db")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "True\n"
