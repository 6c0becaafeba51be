"""Limits by address: counted by all processes together, kept for an hour, and nothing of an address anywhere."""

import multiprocessing
import time
from contextlib import suppress
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from portal import limits
from portal.config import Config
from portal.limits import LIMITS, Limiter, Memory
from portal.state import open_portal
from tests.serving import serving

ADDRESS = "203.0.113.9"
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [7200.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def ask(room: str, start: Barrier, told: "Queue[int]") -> None:
    limiter = Limiter(1000, 60, Memory.of({limits.SHARED: room}), "cards")
    start.wait()
    told.put(sum(limiter.allows(ADDRESS) for _ in range(40)))


def test_processes_that_count_at_the_same_time_let_no_more_through_than_one() -> None:
    memory = Memory.new()
    start, told = FORK.Barrier(4), FORK.Queue()
    asking = [FORK.Process(target=ask, args=(memory.share(), start, told)) for _ in range(4)]
    for process in asking:
        process.start()
    assert sum(told.get(timeout=60) for _ in asking) == 60
    for process in asking:
        process.join()
    assert not Limiter(1000, 60, memory, "cards").allows(ADDRESS)
    assert Limiter(1000, 60, memory, "guesses").allows(ADDRESS)


def test_a_minute_begins_with_the_first_count_and_not_with_the_clock(clock: list[float]) -> None:
    limiter = Limiter(2, 100)
    clock[0] += 59
    assert [limiter.allows(ADDRESS) for _ in range(3)] == [True, True, False]
    clock[0] += 59
    assert not limiter.allows(ADDRESS)
    clock[0] += 1
    assert limiter.allows(ADDRESS)


def rooms(process: int | str) -> set[int]:
    """The memories for counts that a process holds open."""
    found = set()
    for one in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed since it was listed
            if "huiyin-limits" in str(one.readlink()):
                found.add(one.stat().st_ino)
    return found


def test_the_server_tells_its_workers_where_the_counts_lie(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        main = running.process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        held = [rooms(child) for child in children]
        assert [room for room in held if room & rooms(main)] == [room for room in held if room] != []


@pytest.mark.parametrize("told", ["", "/nowhere", "/dev/null", __file__])
def test_without_a_room_to_share_a_process_counts_alone(told: str) -> None:
    limiter = Limiter(1, 9, Memory.of({limits.SHARED: told}))
    assert [limiter.allows(ADDRESS) for _ in range(2)] == [True, False]


def test_every_limit_has_a_place_of_its_own(config: Config) -> None:
    here = open_portal(config)
    for name in LIMITS:
        limiter: Limiter = getattr(here, f"{name.replace('-', '_')}_limit")
        assert limiter._head.obj is not None
        assert limiter.allows(ADDRESS)
    counted = [getattr(here, f"{name.replace('-', '_')}_limit")._in_hour.tolist() for name in LIMITS]
    assert [sum(table) for table in counted] == [4] * len(LIMITS)
    here.store.close()


def test_nothing_of_an_address_is_left_and_the_key_goes_with_its_hour(clock: list[float]) -> None:
    limiter = Limiter(per_minute=2, per_hour=3)
    seen = []
    for moment in (7200.0, 7270.0, 10801.0):
        clock[0] = moment
        assert limiter.allows(ADDRESS)
        room = bytes(limiter._memory.view)
        assert ADDRESS.encode() not in room
        assert bytes(map(int, ADDRESS.split("."))) not in room
        seen.append((room[:32], sum(limiter._in_hour), sum(limiter._in_minute)))
    assert seen[0][0] == seen[1][0] != seen[2][0]
    assert [counts[1:] for counts in seen] == [(4, 4), (8, 4), (4, 4)]


def test_a_look_that_does_not_count_changes_nothing(clock: list[float]) -> None:
    limiter = Limiter(per_minute=1, per_hour=1)
    assert [limiter.allows(ADDRESS, count=False) for _ in range(5)] == [True] * 5
    assert [limiter.allows(ADDRESS) for _ in range(2)] == [True, False]
    assert not limiter.allows(ADDRESS, count=False)


def test_a_flood_from_thousands_of_addresses_holds_up_nobody_else(clock: list[float]) -> None:
    limiter = Limiter(per_minute=10, per_hour=40)
    for number in range(5000):
        limiter.allows_name(f"flood {number}")
    assert all(limiter.allows(ADDRESS) for _ in range(10))


@pytest.mark.parametrize("name", ["", "回音", "\0", "\udc80", "x" * 10_000])
def test_any_name_can_be_counted(name: str) -> None:
    assert Limiter(1, 1).allows_name(name)
