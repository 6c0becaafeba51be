"""Two portals on hosts of their own over one PostgreSQL with a standby, under load, while hosts and cables fail.

Runs as a program, because it wants to be started in a network of its own.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from surveys.keys import load_keys
from surveys.store import Server, Store
from tests.chaos.arena import SETTINGS, Outcome, below
from tests.chaos.network import Network, Relays, Switches, way_in
from tests.chaos.residents import Book, Residents
from tests.chaos.verdict import judge
from tests.cluster import REPLICATED, Cluster
from tests.serving import ROOT

PORTALS = ("one", "two")
DATABASES = ("first", "second")
_PLACE = re.compile(r"^Portal +http://([\d.]+):(\d+)/", re.M)
_QUICK = {"wal_retrieve_retry_interval": "200ms"}
_THEIRS = "FROM pg_stat_activity WHERE application_name = 'huiyin'"


class Portal:
    """One host's server, which can be killed and started again."""

    def __init__(self, name: str, command: Sequence[str], settings: Mapping[str, str], log: Path) -> None:
        self.name, self._command, self._settings, self._log = name, command, settings, log
        self.door = ("", 0)
        self._process: subprocess.Popen[bytes] | None = None
        self.is_wanted = False

    def start(self) -> None:
        """Serve, and wait until residents are let in."""
        self.is_wanted = True
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, sys.executable, "-m", "portal"],
                cwd=ROOT,
                env={**os.environ, **SETTINGS, **self._settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + 120
        while time.monotonic() < until and self._process.poll() is None and not self._answers():
            time.sleep(0.05)

    def _answers(self) -> bool:
        found = _PLACE.search(self._log.read_text(encoding="utf-8", errors="replace"))
        if not found:
            return False
        self.door = (found[1], int(found[2]))
        try:
            with closing(HTTPConnection(*self.door, timeout=10)) as connection:
                connection.request("GET", "/portal/health/live")
                return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False

    def kill(self) -> None:
        """Kill all its processes at once."""
        self.is_wanted = False
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def revive(self) -> None:
        """Start it again if it ended by itself, as systemd would."""
        if self.is_wanted and self._process and self._process.poll() is not None:
            self.start()


class Hosts:
    """The office: databases, portals and residents; acts do something to it between `start` and `finish`."""

    def __init__(self, folder: Path, seed: int, residents: int, apart: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.drawn = folder, random.Random(seed)
        self.primary, self.standby = DATABASES
        self.network, self.clusters = _apart() if apart else _together()
        self.portals: dict[str, Portal] = {}
        self.doors: list[tuple[str, int]] = []
        self.residents = Residents(self.doors, seed, residents)
        self.name = ""

    def start(self) -> None:
        """Make the databases, give every portal the same keys, and let residents in."""
        self.clusters[self.primary].make()
        self._follow()
        self.name = self.clusters[self.primary].database()
        Store.open(self._server(), create=True).close()
        load_keys(self.folder / f"{self.name}.db", create=True)
        for name in PORTALS:
            self.portals[name] = self._portal(name)
            self.portals[name].start()
        self._open_doors()
        self.residents.start()

    def _portal(self, name: str) -> Portal:
        own = self.folder / name
        own.mkdir()
        for key in self.folder.glob(f"{self.name}.*"):
            shutil.copy(key, own)
        places = ",".join(f"{host}:{port}" for host, port in (self.network.reach(name, one) for one in DATABASES))
        settings = {"HUIYIN_DATABASE": f"postgresql://postgres@{places}/{self.name}", "HUIYIN_KEYS": str(own)}
        settings |= {"HUIYIN_PUBLIC": str(own / "public"), "HUIYIN_HOST": self.network.listen(name), "PORT": "0"}
        return Portal(name, self.network.enter(name), settings, own / "log")

    def _server(self) -> Server:
        """The database, by the primary's own socket."""
        return Server.at(self.clusters[self.primary].address(self.name), self.folder)

    def _follow(self) -> None:
        self.clusters[self.standby].follow(*self.network.reach(self.standby, self.primary))
        self.clusters[self.primary].wait_for_standby()

    def _open_doors(self) -> None:
        self.doors[:] = [portal.door for portal in self.portals.values()]

    def draw_portal(self) -> Portal:
        return self.portals[self.drawn.choice(PORTALS)]

    def restart(self, portal: Portal) -> None:
        portal.start()
        self._open_doors()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, reviving what ended meanwhile."""
        until = time.monotonic() + 180
        while not holds():
            assert time.monotonic() < until, "nothing goes on any more"
            for portal in self.portals.values():
                portal.revive()
            self._open_doors()
            time.sleep(0.02)

    def goes_on(self, more: int = 5) -> None:
        """Wait until so many more things were acknowledged."""
        wanted = self.residents.book.promised + more
        self.wait_for(lambda: self.residents.book.promised >= wanted)

    def refuses(self) -> None:
        """Wait until one more was refused with a page."""
        seen = self.residents.book.seen
        wanted = seen["refused with a page"] + 1
        self.wait_for(lambda: seen["refused with a page"] >= wanted)

    def change_places(self) -> None:
        """The standby becomes the primary, and the old primary, made anew, its standby."""
        self.clusters[self.standby].promote()
        self.primary, self.standby = self.standby, self.primary

    def copy(self) -> Path:
        """What stands in the end, as a file."""
        with Store.open(self._server()) as store:
            store.copy_to(self.folder / "copy.db")
        return self.folder / "copy.db"

    def finish(self, outcome: Outcome) -> Outcome:
        """Let everybody finish, and hold what is stored against what was promised."""
        book: Book = self.residents.stop()
        for portal in self.portals.values():
            portal.kill()
        return outcome.with_verdict(judge(self.copy(), book), book.seen["refused with a page"])

    def close(self) -> None:
        """End everything."""
        for portal in self.portals.values():
            portal.kill()
        self.residents.give_up()
        for cluster in self.clusters.values():
            cluster.remove()
        self.network.close()


def _apart() -> tuple[Network, dict[str, Cluster]]:
    network = Switches(PORTALS, DATABASES)
    return network, {
        name: Cluster({**REPLICATED, **_QUICK, "listen_addresses": network.back(name)}, network.enter(name))
        for name in DATABASES
    }


def _together() -> tuple[Network, dict[str, Cluster]]:
    clusters = {name: Cluster({**REPLICATED, **_QUICK}) for name in DATABASES}
    hosts = (*PORTALS, *DATABASES)
    return Relays(hosts, {name: cluster.folder for name, cluster in clusters.items()}), clusters


@contextmanager
def hosts(folder: Path, seed: int, residents: int, apart: bool) -> Iterator[Hosts]:
    """An office on several hosts, with residents at it; whatever runs in the end is killed."""
    made = Hosts(folder, seed, residents, apart)
    try:
        made.start()
        made.goes_on()
        yield made
    finally:
        made.close()


def host_kill(one: Hosts) -> None:
    """A portal's host is gone at once, and comes back."""
    portal = one.draw_portal()
    portal.kill()
    one.goes_on()
    one.restart(portal)
    one.goes_on()


def host_cut(one: Hosts) -> None:
    """What goes between a portal and the databases is dropped, for a moment or until she is told."""
    portal = one.draw_portal()
    one.network.cut(portal.name)
    if one.drawn.random() < 0.5:
        time.sleep(one.drawn.uniform(0.1, 4))
    else:
        one.refuses()
    one.network.heal(portal.name)
    one.goes_on()


def primary_cut(one: Hosts) -> None:
    """The primary is there, and neither portals nor standby reach it; then they do."""
    one.network.cut(one.primary)
    time.sleep(one.drawn.uniform(0.1, 8))
    one.network.heal(one.primary)
    one.goes_on()


def primary_lost(one: Hosts) -> None:
    """The primary is cut off, or only its standby, who then takes the place of a primary that has ended for good."""
    lost, off = one.primary, one.drawn.choice((one.standby, one.primary))
    one.network.cut(off)
    time.sleep(one.drawn.uniform(0, 2))
    one.clusters[lost].stop()
    if off != lost:
        one.network.heal(off)
    one.change_places()
    one.goes_on()
    if off == lost:
        one.network.heal(off)
    one._follow()
    one.goes_on()


def standby_lost(one: Hosts) -> None:
    """Without a standby nothing is confirmed."""
    one.clusters[one.standby].stop()
    one.refuses()
    one.clusters[one.standby].start()
    one.goes_on()


def server_restart(one: Hosts) -> None:
    """The primary is started again, in good order or not."""
    one.clusters[one.primary].stop(one.drawn.choice(("INT", "QUIT")))
    one.clusters[one.primary].start()
    one.goes_on()


def server_stall(one: Hosts) -> None:
    """Every process of the primary stands still: its machine takes what is sent, and nobody answers."""
    process = one.clusters[one.primary].process
    assert process
    process.send_signal(signal.SIGSTOP)
    halted = [process.pid, *below(process.pid)]
    for pid in halted:
        os.kill(pid, signal.SIGSTOP)
    one.refuses()
    for pid in reversed(halted):
        os.kill(pid, signal.SIGCONT)
    one.goes_on()


def server_break(one: Hosts) -> None:
    """Every connection of the portals is ended by the server, or one of its processes is killed, which ends all."""
    if one.drawn.random() < 0.5:
        one.clusters[one.primary].run(f"SELECT pg_terminate_backend(pid) {_THEIRS}")
    else:
        for row in one.clusters[one.primary].run(f"SELECT pid {_THEIRS} LIMIT 1"):
            os.kill(row[0], signal.SIGKILL)
        one.wait_for(one.clusters[one.primary].answers)
    one.goes_on()


_ACTS = (host_kill, host_cut, primary_cut, primary_lost, standby_lost, server_stall, server_break, server_restart)
ACTS: Mapping[str, Callable[[Hosts], None]] = {act.__name__: act for act in _ACTS}
KILLS = {"host_kill", "primary_lost", "standby_lost"}


def of_hosts(folder: Path, seed: int, acts: Sequence[str], residents: int = 8, apart: bool | None = None) -> Outcome:
    """Do the acts in their order, in a network of its own where the kernel grants one (or if told to)."""
    way = way_in() if apart in (None, True) else []
    if apart and not way:
        return Outcome(acts[0], notes=("no network can be made here: not tried",))
    command = [*way, sys.executable, "-m", "tests.chaos.hosts", str(folder), *acts, "--seed", str(seed)]
    command += ["--residents", str(residents), "--apart" if way else "--together"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return Outcome(acts[0], notes=(done.stderr[-2000:],))
    found = json.loads(done.stdout.splitlines()[-1])
    return Outcome(**found | {"notes": tuple(found["notes"])})


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("acts", type=click.Choice(list(ACTS)), nargs=-1, required=True)
@click.option("--seed", type=int, default=8)
@click.option("--residents", type=int, default=8)
@click.option("--apart/--together", default=False)
def main(folder: Path, acts: tuple[str, ...], seed: int, residents: int, apart: bool) -> None:
    """Do one act after the other to an office on several hosts, and tell what came of it."""
    with hosts(folder, seed, residents, apart) as one:
        for act in acts:
            ACTS[act](one)
        kills = sum(act in KILLS for act in acts)
        print(json.dumps(asdict(one.finish(Outcome(acts[0], faults=len(acts), kills=kills)))))


if __name__ == "__main__":
    main()
