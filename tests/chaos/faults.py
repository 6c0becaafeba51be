"""What is done to a server under load, from outside: by strace at a named call, by the disk, by a signal."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from surveys.responses import today
from tests.chaos.arena import Arena, Outcome, arena
from tests.serving import ROOT

CALLS: tuple[tuple[str, str], ...] = (
    ("fdatasync", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("pwrite64", "EROFS"),
    ("pwrite64", "EIO"),
    ("pread64", "EIO"),
    ("fdatasync", "ENOSPC"),
)
"""The calls that are made to fail at the log, with the error that each gives."""
CLOCK = """\
import os, time
from pathlib import Path
_real = time.time
def _shifted():
    try:
        return _real() + float(Path(os.environ["CHAOS_SHIFT"]).read_text())
    except (OSError, ValueError):
        return _real()
time.time = _shifted
"""
"""Read by Python at its start: the wall clock that a file shifts."""


def traced(one: Arena, what: str, inject: str) -> tuple[str, ...]:
    """The command that starts the server with some calls at the log made to fail."""
    filters = ("-P", str(one.log), "-e", f"trace={what}", "-e", f"inject={what}:{inject}")
    # What is faster, a filter in the kernel, delivers no signals.
    fast = () if inject.startswith("signal") else ("--seccomp-bpf",)
    return ("strace", "-f", *fast, "-q", "-s", "0", "-A", "-o", str(one.folder / "trace"), *filters)


def injected(one: Arena) -> int:
    """How many calls failed so far."""
    path = one.folder / "trace"
    return path.read_bytes().count(b"(INJECTED)") if path.exists() else 0


def failing_calls(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """Writes, reads and syncs at the log fail one by one, each kind in its turn."""
    total = Outcome("calls")
    share = -(-wanted // len(CALLS))
    for number, (call, error) in enumerate(CALLS):
        with arena(folder / f"{call}-{error}", seed + number, residents) as one:
            one.wait_for_promises(5)
            one.kill()
            one.settle()  # an empty log is not read at the start, so the start itself is left alone
            one.start(*traced(one, call, f"error={error}:when=3+{one.drawn.choice((2, 3))}"))
            reached = one.wait_for(lambda one=one: injected(one) >= share, seconds=60 + share / 4)  # type: ignore[misc]
            notes = () if reached else (f"{call} {error}: {injected(one)} only",)
            total += one.finish(Outcome("calls", faults=injected(one), notes=notes))
    return total


def kills_at_calls(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """The process that answers is killed at the very call that writes or syncs the log."""
    with arena(folder, seed, residents) as one:
        for _ in range(wanted):
            one.kill()
            one.settle()
            (one.folder / "trace").unlink(missing_ok=True)
            call = one.drawn.choice(("fdatasync", "pwrite64"))
            one.start(*traced(one, call, f"signal=KILL:when={one.drawn.randrange(1, 6)}"))
            if not one.wait_for(lambda: was_killed(one), 60):
                return one.finish(Outcome("kill_call", notes=(f"no process was killed at {call}",)))
        return one.finish(Outcome("kill_call", faults=wanted, kills=wanted))


def was_killed(one: Arena) -> bool:
    """Whether strace saw a process killed."""
    path = one.folder / "trace"
    return path.exists() and b"killed by SIGKILL" in path.read_bytes()


def kills_of_workers(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """The process that answers is killed at any moment; the main process makes another."""
    with arena(folder, seed, residents) as one:
        for _ in range(wanted):
            one.wait_for_promises(one.drawn.randrange(1, 12))
            time.sleep(one.drawn.uniform(0, 0.02))
            one.kill_worker()
        return one.finish(Outcome("kill_worker", faults=wanted, kills=wanted))


def kills_of_servers(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """All processes are killed at any moment, and the server is started again."""
    with arena(folder, seed, residents) as one:
        for _ in range(wanted):
            one.wait_for_promises(one.drawn.randrange(1, 12))
            time.sleep(one.drawn.uniform(0, 0.02))
            one.restart()
        return one.finish(Outcome("kill_server", faults=wanted, kills=wanted))


def locked(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """Another program holds the lock on the database, for a moment or longer than anybody waits."""
    with arena(folder, seed, residents) as one:
        for _ in range(wanted):
            one.wait_for_promises(3)
            hold_lock(one, one.drawn.choice((0.05, 0.3, 1.5)))
        return one.finish(Outcome("locked", faults=wanted))


def hold_lock(one: Arena, seconds: float) -> None:
    """Lock the database for a while."""
    with closing(sqlite3.connect(one.database, timeout=20, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A small disk of its own at a folder, if this user may mount one; tells whether it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", str(folder)]
    made = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def full_disk(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """The disk fills to its last byte under the server, and is emptied again."""
    with small_disk(folder) as made:
        if not made:
            return Outcome("full_disk", notes=("no disk could be mounted here: not tried",))
        with arena(folder / "office", seed, residents) as one:
            for _ in range(wanted):
                one.wait_for_promises(3)
                junk = fill(folder)
                one.wait_for_refusals(8)
                junk.unlink()
            return one.finish(Outcome("full_disk", faults=wanted))


def fill(folder: Path) -> Path:
    """A file that takes what room is left."""
    junk = folder / "junk"
    with junk.open("wb", buffering=0) as file:
        for size in (65536, 512):
            with suppress(OSError):
                while file.write(b"x" * size):
                    pass
    return junk


def starts_that_must_fail(folder: Path, seed: int, wanted: int) -> Outcome:
    """A damaged page, a file that is gone or cut: the server must not start, and starts again once all is put back."""
    kinds: Mapping[str, Callable[[Path, bytes, int], object]] = {
        "page": lambda path, data, page: path.write_bytes(
            data[: page * 4096] + b"\xa5" * 4096 + data[page * 4096 + 4096 :]
        ),
        "cut": lambda path, data, page: path.write_bytes(data[: page * 4096]),
        "gone": lambda path, _data, _page: path.unlink(),
    }
    with arena(folder, seed, 4) as one:
        one.wait_for_promises(60)
        one.kill()
        one.settle()
        data, notes = one.database.read_bytes(), []
        for turn in range(wanted):
            kind = sorted(kinds)[turn % len(kinds)]
            kinds[kind](one.database, data, one.drawn.randrange(1, len(data) // 4096))
            if "put back the newest backup" not in (said := refusal(one)):
                notes.append(f"{kind}: {said[:200] or 'the server started'}")
            one.database.write_bytes(data)
        one.start()
        return one.finish(Outcome("start", faults=wanted, notes=tuple(notes)))


def refusal(one: Arena) -> str:
    """What a start says that ends with a refusal, '' if it serves."""
    environment = {**os.environ, "HUIYIN_DATABASE": str(one.database), "PORT": "0"}
    done = subprocess.run(
        ["timeout", "20", sys.executable, "-m", "portal"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stderr if done.returncode == 1 else ""


def read_only(folder: Path, seed: int, wanted: int) -> Outcome:
    """The disk can only be read: pages are served, answers are refused, and then all is as before."""
    with small_disk(folder) as made:
        if not made:
            return Outcome("read_only", notes=("no disk could be mounted here: not tried",))
        with arena(folder / "office", seed, 4) as one:
            for _ in range(wanted):
                one.wait_for_promises(5)
                one.kill()
                remount(folder, "ro")
                one.start()
                told = one.wait_for_refusals(4)
                one.kill()
                remount(folder, "rw")
                one.start()
                if not told:
                    return one.finish(Outcome("read_only", notes=("nobody was told",)))
            return one.finish(Outcome("read_only", faults=wanted))


def remount(folder: Path, way: str) -> None:
    """Make a disk read-only or writable; what was killed may still hold it for a moment."""
    until = time.monotonic() + 30
    while subprocess.run(["mount", "-o", f"remount,{way}", str(folder)], capture_output=True, check=False).returncode:
        assert time.monotonic() < until, f"the disk at {folder} cannot be made {way}"
        time.sleep(0.05)


def gone(folder: Path, seed: int, wanted: int, residents: int = 24) -> Outcome:
    """The database is moved away under the server and back again; enough read at once that files are opened anew."""
    with arena(folder, seed, residents) as one:
        for _ in range(wanted):
            one.wait_for_promises(3)
            away = one.database.rename(one.database.with_name("away.db"))
            one.wait_for_refusals(60)
            away.rename(one.database)
        return one.finish(Outcome("gone", faults=wanted))


def clock(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """The wall clock jumps back and forward by up to five days, and the server is started on another day."""
    site, shift = folder / "site", folder / "shift"
    site.mkdir(parents=True)
    (site / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    shift.write_text("0", encoding="utf-8")
    with arena(folder / "office", seed, residents) as one:
        one.settings |= {"PYTHONPATH": f"{site}:{ROOT}", "CHAOS_SHIFT": str(shift)}
        one.restart()
        for turn in range(wanted):
            one.wait_for_promises(3)
            shift.write_text(str(one.drawn.uniform(-5, 5) * 86_400), encoding="utf-8")
            if turn % 5 == 4:
                one.settings["HUIYIN_TODAY"] = str(today() + timedelta(days=one.drawn.randrange(-3, 4)))
                one.restart()
        shift.write_text("0", encoding="utf-8")
        one.settings.pop("HUIYIN_TODAY", None)
        return one.finish(Outcome("clock", faults=wanted))


def cut_lines(folder: Path, seed: int, wanted: int, residents: int = 8) -> Outcome:
    """Residents' lines are cut in the middle of what they send, and after the last byte."""
    with arena(folder, seed, residents) as one:
        for _ in range(wanted):
            _cut_one(one)
        one.wait_for_promises(5)
        return one.finish(Outcome("cut", faults=wanted))


def _cut_one(one: Arena) -> None:
    body = f"_token=x&overall=4&better={'x' * one.drawn.randrange(10, 3000)}"
    head = f"POST /portal/s/visit?unit=chengdong HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    sent = f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode()
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", one.port), timeout=10)) as opened:
        opened.sendall(sent[: one.drawn.randrange(1, len(sent))])
