"""Who waits to write: one leads and writes for all that wait, the others sleep until that is done."""

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


Together = Callable[[Connection, Sequence[Any]], Sequence[Any]]
"""Does several works of one kind at once, and returns what each of them would; an error if they have to be apart."""


class Ticket(Generic[T]):
    """One write that waits for its turn, `until` its time is over, and then what came of it.

    `together` does it with others of its kind.
    """

    def __init__(
        self,
        work: Callable[[Connection], T],
        alone: bool,
        together: Together | None = None,
        until: float = math.inf,
    ) -> None:
        self.work = work
        self.alone = alone
        self.together = together
        self.until = until
        self.leads = False
        self._value: list[T] = []
        self._error: BaseException | None = None
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def run(self, connection: Connection) -> None:
        """Do the work, perhaps again from the start."""
        self.succeed(self.work(connection))

    def succeed(self, value: T) -> None:
        """Note what the work came to."""
        self._error = None
        self._value = [value]

    def fail(self, error: BaseException) -> None:
        """Note that the work could not be done."""
        self._error = error

    def finish(self, group_error: BaseException | None) -> None:
        """Wake whoever waits: the work is on the disk, or failed."""
        self._error = group_error or self._error
        self.wake()

    def wake(self) -> None:
        """End one sleep."""
        self._asleep.release()

    def sleep(self, seconds: float = -1) -> bool:
        """Wait until woken; False if that took too long."""
        return self._asleep.acquire(timeout=seconds)

    def outcome(self) -> T:
        """What the work returned; what it raised is raised."""
        if self._error is not None:
            raise self._error
        return self._value[0]


class Turns:
    """The tickets that wait. Each sleeps on a lock of its own: with one for all they would wake one after the other,
    and some only after the next group."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Ticket[Any]] = deque()
        self._is_led = False

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, ticket: Ticket[T], seconds: float) -> bool:
        """Wait until the ticket was written by another or may lead; False if neither came about in time."""
        with self._lock:
            self._waiting.append(ticket)
            if not self._is_led:
                self._is_led = ticket.leads = True
                return True
        try:
            if ticket.sleep(seconds):
                return True
        except BaseException:  # interrupted by a signal
            self._leave(ticket)
            raise
        with self._lock:
            if ticket in self._waiting and not ticket.leads:
                self._waiting.remove(ticket)
                return False
        return ticket.sleep()  # whoever leads has taken it along already

    def _leave(self, ticket: Ticket[Any]) -> None:
        """Wait no more, and hand on the lead if it came in the same moment."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.leads:
            self.hand_on()

    def take(self) -> list[Ticket[Any]]:
        """All that wait by now, for who leads."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        return taken

    def put_back(self, tickets: Sequence[Ticket[Any]]) -> None:
        """Let some that were taken wait on, before those that came later."""
        with self._lock:
            self._waiting.extendleft(reversed(tickets))

    def hand_on(self) -> None:
        """Let the first one lead that came in the meantime."""
        with self._lock:
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].wake()
