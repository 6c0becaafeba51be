"""The timer that empties a store's log: the log holds single commits in their order, the file itself does not."""

import threading
from collections.abc import Callable

SETTLE_AFTER = 30.0
"""Seconds from a write until the log is emptied."""


class Settling:
    """Calls `settle` some seconds after it was asked to, and again for as long as that says False or fails.

    At most one call is pending. The thread is a daemon's: it keeps no process alive, and raises into nobody's request.
    """

    def __init__(self, settle: Callable[[], bool], after: float) -> None:
        self._settle = settle
        self._after = after
        self._lock = threading.Lock()
        self._running = threading.Lock()
        self._timer: threading.Timer | None = None
        self._closed = False

    def soon(self) -> None:
        """Have it called later; nothing happens if a call is pending already, or after `close`."""
        with self._lock:
            if self._closed or self._timer is not None:
                return
            self._timer = threading.Timer(self._after, self._run)
            self._timer.daemon = True
            self._timer.name = "settling"
            try:
                self._timer.start()
            except RuntimeError:  # no thread can be had now: the next write asks again
                self._timer = None

    def _run(self) -> None:
        with self._lock:
            self._timer = None
        with self._running:
            if self._closed:
                return
            try:
                is_done = self._settle()
            except Exception:  # whatever ails the database is told to those who read and write it
                is_done = False
        if not is_done:
            self.soon()

    def close(self) -> None:
        """Give up what is pending, and wait for a call that runs just now."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
        with self._running:
            pass
