"""The real server in a folder of its own, with residents at it, that is made to fail and started again."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path

from tests.chaos.residents import Residents
from tests.chaos.verdict import Verdict, judge
from tests.serving import ROOT, Running, free_port

SETTINGS = {"HUIYIN_ANSWERS_PER_MINUTE": "65535", "HUIYIN_PROXIES": "1", "HUIYIN_MINIMUM_SECONDS": "0"}


@dataclass(frozen=True)
class Outcome:
    """What one kind of fault did: how often it struck, how often a process was killed, and what residents met.

    On which day, and drawn from which seed, is noted once it is kept.
    """

    kind: str
    faults: int = 0
    kills: int = 0
    promised: int = 0
    refused: int = 0
    lost: int = 0
    twice: int = 0
    notes: tuple[str, ...] = ()
    day: str = ""
    seed: int = 0

    def with_verdict(self, verdict: Verdict, refused: int) -> "Outcome":
        """The same with what was found in the store."""
        untold = (f"{verdict.untold} stored and told to nobody",) if verdict.untold else ()
        found = replace(self, promised=verdict.promised, lost=verdict.lost, twice=verdict.twice, refused=refused)
        return replace(found, notes=(*self.notes, *untold, *dict.fromkeys(verdict.faults)))

    def __add__(self, other: "Outcome") -> "Outcome":
        names = ("faults", "kills", "promised", "refused", "lost", "twice", "notes")
        return Outcome(self.kind, **{name: getattr(self, name) + getattr(other, name) for name in names})


class Arena:
    """One office under load; faults are done to it between `start` and `finish`."""

    def __init__(self, folder: Path, seed: int, residents: int = 8) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.drawn = random.Random(seed)
        self.port = free_port()
        self.residents = Residents([("127.0.0.1", self.port)], seed, residents)
        self.settings = dict(SETTINGS)
        self._server: Running | None = None
        self._before: tuple[str, ...] = ()

    @property
    def database(self) -> Path:
        return self.folder / "huiyin.db"

    @property
    def log(self) -> Path:
        """The write-ahead log, where every answer comes first."""
        return self.folder / "huiyin.db-wal"

    @property
    def server(self) -> Running:
        assert self._server
        return self._server

    def start(self, *before: str) -> None:
        """Serve, behind a command such as strace if one is given."""
        self._before = before
        places = {"HUIYIN_DATABASE": str(self.database), "HUIYIN_PUBLIC": str(self.folder / "public")}
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "portal"],
                cwd=ROOT, env={**os.environ, "PORT": str(self.port), **places, **self.settings},
                stdout=said, stderr=said, text=True, start_new_session=True,
            )  # fmt: skip
        self._server = Running(process, self.port, self.folder)
        self._wait()

    def _wait(self) -> None:
        """Wait until it answers, or has ended."""
        until = time.monotonic() + 60
        while time.monotonic() < until and self.server.process.poll() is None:
            try:
                self.server.ask("GET", "/portal/")
            except (OSError, HTTPException):
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill every process of the server at once, those too that have lost their parent."""
        if self._server:
            with suppress(ProcessLookupError):
                os.killpg(self._server.process.pid, signal.SIGKILL)
            self._server.process.wait()
        self._server = None

    def restart(self, *before: str) -> None:
        """Kill it and serve again."""
        self.kill()
        self.start(*before)

    def settle(self) -> None:
        """Empty the log of a server that was ended."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def revive(self) -> None:
        """Serve again if it has ended, as systemd would."""
        if self._server is None or self.server.process.poll() is not None:
            self.restart(*self._before)

    def kill_worker(self) -> None:
        """Kill the process that answers."""
        for pid in below(self.server.process.pid):
            if not below(pid):
                os.kill(pid, signal.SIGKILL)

    def wait_for(self, holds: Callable[[], bool], seconds: float = 90) -> bool:
        """Wait until something holds, reviving the server meanwhile; False if it never did."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                return False
            self.revive()
            time.sleep(0.02)
        return True

    def wait_for_promises(self, more: int) -> bool:
        """Wait until so many more things were acknowledged."""
        wanted = self.residents.book.promised + more
        return self.wait_for(lambda: self.residents.book.promised >= wanted)

    def wait_for_refusals(self, more: int) -> bool:
        """Wait until so many more were refused with a page."""
        seen = self.residents.book.seen
        wanted = seen["refused with a page"] + more
        return self.wait_for(lambda: seen["refused with a page"] >= wanted)

    def finish(self, outcome: Outcome) -> Outcome:
        """A whole server at last: let everybody finish, and hold the store against what was promised."""
        self.restart()
        book = self.residents.stop()
        self.kill()
        return outcome.with_verdict(judge(self.database, book), book.seen["refused with a page"])


@contextmanager
def arena(folder: Path, seed: int, residents: int = 8) -> Iterator[Arena]:
    """A fresh office with residents at it; whatever runs in the end is killed."""
    made = Arena(folder, seed, residents)
    try:
        made.start()
        made.residents.start()
        yield made
    finally:
        made.kill()
        made.residents.give_up()


def below(pid: int) -> list[int]:
    """The processes below one, the nearest first."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop(0)
        try:
            text = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii")
        except OSError:
            continue
        children = [int(word) for word in re.findall(r"\d+", text)]
        found += children
        waiting += children
    return found
