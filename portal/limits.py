"""How often one address may do something, counted together by all worker processes, with no address kept anywhere.

The counts lie in memory that the workers share and no disk sees. Each limit has four rows of counters. An address
stands for one counter in each row, by an HMAC under a random key; the smallest of the four is taken for its count, so
that addresses which meet in one counter do not hold each other up. Key and counts are thrown away every hour.
"""

import ctypes
import fcntl
import hmac
import ipaddress
import mmap
import os
import struct
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

SHARED = "HUIYIN_SHARED_COUNTS"
"""The variable in which the server tells its workers where the counts lie; nobody sets it by hand."""
LIMITS = ("answers", "cases", "guesses", "cards", "feeds", "votes", "kiosks", "sign-in")
_ROWS, _COLUMNS = 4, 16_384
_TABLE = _ROWS * _COLUMNS * 4
_HEAD = struct.Struct("=32sdd")
_REGION = 64 + 2 * _TABLE
_SIZE = _REGION * len(LIMITS)
_CELLS = struct.Struct(f"={_ROWS}Q")
_HOUR, _MINUTE = 3600, 60
# fcntl.flock lets other threads run meanwhile, and then waits behind all of them with the lock held.
_flock = ctypes.PyDLL(None).flock


class Memory:
    """Room for the counts of every limit; it vanishes with the last process that holds it."""

    def __init__(self, file: int) -> None:
        self._file, self._lock = file, threading.Lock()
        weakref.finalize(self, os.close, file)
        self.view = memoryview(mmap.mmap(file, _SIZE))

    @classmethod
    def new(cls) -> "Memory":
        """Room of this process's own, until it is shared."""
        file = os.memfd_create("huiyin-limits")
        os.ftruncate(file, _SIZE)
        return cls(file)

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Memory":
        """The room that the server shares with its workers, or one of this process's own."""
        with suppress(OSError, KeyError):
            file = os.open(environment[SHARED], os.O_RDWR | os.O_CLOEXEC)
            if os.fstat(file).st_size == _SIZE:
                return cls(file)
            os.close(file)
        return cls.new()

    def share(self) -> str:
        """Where workers of this process find the room."""
        return f"/proc/{os.getpid()}/fd/{self._file}"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else counts meanwhile, no thread and no process."""
        with self._lock:
            if _flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB):
                fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                _flock(self._file, fcntl.LOCK_UN)


class Limiter:
    """Counts by address for an hour at most; limits are wide enough for a hall or a counter behind one address."""

    def __init__(self, per_minute: int, per_hour: int, memory: Memory | None = None, name: str = LIMITS[0]) -> None:
        self._limits = (per_minute, per_hour)
        self._memory = memory or Memory.new()
        start = LIMITS.index(name) * _REGION
        tables = self._memory.view[start + 64 : start + _REGION]
        self._head = self._memory.view[start : start + _HEAD.size]
        self._minutes, self._hours = tables[:_TABLE], tables[_TABLE:]
        self._in_minute, self._in_hour = self._minutes.cast("I"), self._hours.cast("I")

    def allows(self, address: str | None, *, count: bool = True) -> bool:
        """Whether one more from the address is within the limits; counts it unless told not to."""
        return self.allows_name(network_of(address), count=count)

    def allows_name(self, name: str, *, count: bool = True) -> bool:
        """The same for a name that is no address, such as a kiosk's."""
        with self._memory.turn():
            cells = self._cells(self._renewed(time.monotonic()), name)
            in_minute = min(self._in_minute[cell] for cell in cells)
            in_hour = min(self._in_hour[cell] for cell in cells)
            if in_minute >= self._limits[0] or in_hour >= self._limits[1]:
                return False
            for cell in cells if count else ():
                self._in_minute[cell] += 1
                self._in_hour[cell] += 1
            return True

    def _renewed(self, now: float) -> bytes:
        """The key in force, after what is over was thrown away; the clock is that of the machine, for all processes.

        An hour and a minute begin with the first count in them, so that no turn of the clock doubles what is allowed
        to a few quick requests.
        """
        key, hour, minute = _HEAD.unpack(self._head)
        is_new = not hour or now - hour >= _HOUR
        if is_new:
            key, hour = os.urandom(32), now
            self._hours[:] = bytes(_TABLE)
        if is_new or now - minute >= _MINUTE:
            self._minutes[:] = bytes(_TABLE)
            _HEAD.pack_into(self._head, 0, key, hour, now)
        found: bytes = key
        return found

    @staticmethod
    def _cells(key: bytes, name: str) -> list[int]:
        parts = _CELLS.unpack(hmac.new(key, name.encode("utf-8", "surrogatepass"), "sha256").digest())
        return [row * _COLUMNS + part % _COLUMNS for row, part in enumerate(parts)]


def network_of(address: str | None) -> str:
    """The address, or the /64 of an IPv6 one, which a single home has whole; IPv4 in IPv6 is IPv4."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
