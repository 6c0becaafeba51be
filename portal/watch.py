"""Noticing that a file of the definitions folder changed, without asking the disk at every request."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

Mark = tuple[tuple[str, int, int, int], ...]
SECONDS = 1.0


class Watch:
    """Says when to look again: at most once a second, and one thread at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._next = 0.0

    def is_due(self) -> bool:
        """Whether the last look is a second old."""
        return time.monotonic() >= self._next

    def begin(self) -> bool:
        """Take the turn to look, False if another thread has it; end it with `end`."""
        if not self._turn.acquire(blocking=False):
            return False
        self._next = time.monotonic() + SECONDS
        return True

    def end(self) -> None:
        """Give the turn back."""
        self._turn.release()

    def look_again(self) -> None:
        """Let the next request look, however short ago the last one did."""
        self._next = 0.0


def mark_of(folder: Path) -> Mark:
    """What tells a state of the definitions folder from another: name, inode, size and time of its files."""
    return tuple(sorted((*_files(folder), *_files(folder / "surveys"))))


def _files(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".yaml", ".yml")):
                with suppress(OSError):  # removed since it was listed
                    found = entry.stat()
                    yield entry.path, found.st_ino, found.st_size, found.st_mtime_ns
