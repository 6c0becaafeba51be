"""Commands killed at a named call: each runs as it does for a clerk, in a process of its own with strace at it."""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from scripts import backup, import_answers, publish, retention, tally
from surveys.audit import verify
from surveys.backup_rotation import backups_in, checksum_path
from surveys.case_upkeep import broken_texts
from surveys.store import Store
from tests.chaos.arena import Outcome
from tests.site_building import digest_of

POINTS = ("pwrite64", "write", "fsync", "fdatasync", "openat", "rename", "unlink", "ftruncate", "mkdir", "rmdir")
"""The calls at which a command is killed."""
_COUNTED = re.compile(r"^(?:\d+\s+)?(\w+)\(", re.M)
Check = Callable[[Path], list[str]]
Site = dict[str, str]
"""The digest of each file of a site."""


@dataclass(frozen=True)
class Task:
    """A command on a copy of an office's folder, what must hold after each kill, and what when it ran to its end."""

    name: str
    command: click.Command
    arguments: Callable[[Path], Sequence[str]]
    after_kill: Check
    after_end: Check
    alone: bool = False
    """Whether only the command's own calls are meant, and not those of programs that it starts."""


def child(command: click.Command, arguments: Sequence[str]) -> tuple[int, int]:
    """A process that waits for one byte and then runs the command; its id and where to write the byte."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return pid, writing
    status = 1
    try:
        os.setsid()
        os.close(writing)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.read(reading, 1)
        command.main([str(one) for one in arguments], standalone_mode=False)
        status = 0
    except click.exceptions.Exit as error:
        status = error.exit_code
    finally:
        os._exit(status)


def run(task: Task, folder: Path, trace: Path, inject: str = "") -> int:
    """Run under strace; returns the exit status, -9 for one that was killed, and with it all that it started."""
    pid, byte = child(task.command, task.arguments(folder))
    options = [*(() if task.alone else ("-f",)), "-qq", "-s", "0", "-o", str(trace), "-e", f"trace={','.join(POINTS)}"]
    options += ["-e", f"inject={inject}"] if inject else []
    with subprocess.Popen(["strace", *options, "-p", str(pid)], stderr=subprocess.PIPE, text=True) as tracer:
        until = time.monotonic() + 30
        while f"TracerPid:\t{tracer.pid}\n" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii"):
            assert time.monotonic() < until and tracer.poll() is None, "strace could not be put to a process"
            time.sleep(0.002)
        os.write(byte, b"x")
        os.close(byte)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        tracer.wait(30)
    return os.waitstatus_to_exitcode(status)


def kills(task: Task, office: Path, work: Path, seed: int, wanted: int) -> Outcome:
    """Kill a command at drawn calls, each time on what the last one left; in between let it end and compare."""
    drawn, notes, killed = random.Random(f"{seed} {task.name}"), [], 0
    counts = _points(task, office, work)
    folder = _fresh(office, work)
    while killed < wanted:
        call = drawn.choice(sorted(counts))
        when = drawn.randrange(1, counts[call] + 1)
        status = run(task, folder, work / "trace", f"{call}:signal=KILL:when={when}")
        if status == -signal.SIGKILL:
            killed += 1
            notes += [f"{task.name} killed at {call} {when}: {fault}" for fault in task.after_kill(folder)]
        elif status:
            notes.append(f"{task.name} ended with {status} after a kill")
        if status == 0 or killed % 5 == 0 or killed == wanted:
            notes += [f"{task.name}: {fault}" for fault in _to_the_end(task, folder, work)]
            folder = _fresh(office, work)
    return Outcome(f"kill_{task.name}", faults=killed, kills=killed, notes=tuple(dict.fromkeys(notes)))


def _to_the_end(task: Task, folder: Path, work: Path) -> list[str]:
    status = run(task, folder, work / "trace")
    return task.after_end(folder) if status == 0 else [f"could not be run to its end: status {status}"]


def _points(task: Task, office: Path, work: Path) -> dict[str, int]:
    """How often each call is made when nothing goes wrong."""
    work.mkdir(parents=True, exist_ok=True)
    folder = _fresh(office, work)
    assert run(task, folder, work / "trace") == 0, f"{task.name} fails without a kill"
    counts: dict[str, int] = {}
    for call in _COUNTED.findall((work / "trace").read_text(encoding="utf-8", errors="replace")):
        counts[call] = counts.get(call, 0) + 1
    return counts


def _fresh(office: Path, work: Path) -> Path:
    folder = work / "office"
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(office, folder, symlinks=True))


def sound(folder: Path) -> list[str]:
    """Faults of the database: its pages, the audit, the texts of cases."""
    path = folder / "huiyin.db"
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    with Store.open(path) as store:
        verify(store)
        return found + [f"text of {number} {sequence}" for number, sequence in broken_texts(store)]


def rows(folder: Path, table: str) -> int:
    """How many rows a table of the office's database has."""
    with closing(sqlite3.connect(folder / "huiyin.db")) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


def places(folder: Path, definitions: Path) -> list[str]:
    """The options that every command takes."""
    return ["--database", str(folder / "huiyin.db"), "--definitions", str(definitions)]


def importing(definitions: Path, answers: Path, expected: int) -> Task:
    """An import of a table: after a kill all or some of its rows, in the end each of them once."""

    def arguments(folder: Path) -> list[str]:
        survey = ["--survey", "kcmo-resident", "--map", str(definitions / "map.yaml")]
        return [str(answers), *survey, *places(folder, definitions)]

    def ended(folder: Path) -> list[str]:
        found = rows(folder, "responses")
        return [*sound(folder), *([] if found == expected else [f"{found} answers in place of {expected}"])]

    return Task("import", import_answers.main, arguments, sound, ended)


def retaining(definitions: Path, expected: dict[str, int]) -> Task:
    """A night: after a kill the audit holds, in the end as much is there as after a night without one."""

    def ended(folder: Path) -> list[str]:
        found = {table: rows(folder, table) for table in expected}
        return [*sound(folder), *([] if found == expected else [f"{found} in place of {expected}"])]

    return Task("retention", retention.main, lambda one: ["--no-site", *places(one, definitions)], sound, ended)


def backing(definitions: Path, public: Path) -> Task:
    """A backup: whatever lies there under its name is whole, and the next one clears away what was left."""

    def arguments(folder: Path) -> list[str]:
        content = ["--content", str(folder / "content")]
        return ["--to", str(folder / "backups"), "--key", str(public), *places(folder, definitions), *content]

    def whole(folder: Path) -> list[str]:
        kept = folder / "backups"
        paths = [one.path for one in backups_in(kept)] if kept.exists() else []
        wrong = [path for path in paths if checksum_path(path).exists() and not _fits(path)]
        return [*sound(folder), *(f"{path.name} is not whole" for path in wrong)]

    def ended(folder: Path) -> list[str]:
        left = [path.name for path in (*folder.glob(".*"), *(folder / "backups").glob(".*"))]
        return [*whole(folder), *(f"{name} was left" for name in left)]

    return Task("backup", backup.main, arguments, whole, ended)


def _fits(path: Path) -> bool:
    command = ["sha256sum", "-c", "--status", checksum_path(path).name]
    return subprocess.run(command, cwd=path.parent, capture_output=True, check=False).returncode == 0


def counting(definitions: Path, period: str, expected: bytes) -> Task:
    """A count of a month: in the end the tables are those of a count without a kill."""

    def arguments(folder: Path) -> list[str]:
        return ["--period", period, "--out", str(folder / "out"), *places(folder, definitions)]

    def ended(folder: Path) -> list[str]:
        alike = (folder / "out/ratings.csv").read_bytes() == expected
        return [*sound(folder), *([] if alike else ["the table is another one"])]

    return Task("tally", tally.main, arguments, sound, ended)


def publishing(definitions: Path, period: str, before: Site, after: Site) -> Task:
    """A month is published: the site is the old one or the new one, to the last file, and in the end the new one."""

    def arguments(folder: Path) -> list[str]:
        site = ["--content", str(folder / "content"), "--output", str(folder / "public")]
        return ["--period", period, *site, *places(folder, definitions)]

    def whole(folder: Path) -> list[str]:
        known = digest_of(folder / "public") in (before, after)
        return [*sound(folder), *([] if known else ["the site is neither the old one nor the new one"])]

    def ended(folder: Path) -> list[str]:
        alike = digest_of(folder / "public") == after
        return [*sound(folder), *([] if alike else ["the site is not the one that is published without a kill"])]

    return Task("publish", publish.main, arguments, whole, ended, alone=True)
