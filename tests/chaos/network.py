"""Hosts apart: each in a network of its own with a cable that can be pulled, or behind relays that stop carrying.

A cable is a pair of virtual interfaces, one end in the host's network namespace and one at a switch of the kernel.
Pulled at the switch, it drops what is sent, and neither side is told. Where the kernel grants no namespaces, threads
carry the bytes between hosts instead: they stop, or end what they carry by a reset.
"""

import asyncio
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

PORT = 5432
_FRONT, _BACK = "10.93.1", "10.93.2"
"""Where residents reach portals, and where portals reach databases."""
_PROBE = (
    "ip link add front type bridge && ip link add a1 type veth peer name a2 && ip link set a1 master front && "
    "unshare --net true && nsenter --target $$ --net true"
)


class Network(Protocol):
    """Portals and databases that reach each other, until a cable is pulled."""

    def enter(self, host: str) -> list[str]:
        """What starts a program on a host."""

    def listen(self, host: str) -> str:
        """The address that residents reach a portal at."""

    def back(self, host: str) -> str:
        """The address that a database listens on, '' for its socket alone."""

    def reach(self, source: str, database: str) -> tuple[str, int]:
        """Where a host finds a database."""

    def cut(self, host: str) -> None:
        """Pull the cable between a host and the databases."""

    def heal(self, host: str) -> None:
        """Put it in again."""

    def close(self) -> None:
        """End what was started."""


def way_in() -> list[str]:
    """What starts a program where networks can be made, [] if nothing does."""
    ways = (["unshare", "--net"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"])
    for way in ways[os.geteuid() != 0 :]:
        with suppress(OSError):
            if subprocess.run([*way, "sh", "-c", _PROBE], capture_output=True, check=False).returncode == 0:
                return way
    return []


class Switches:
    """Two switches, and namespaces at them; to be made in a namespace that is this process's own."""

    def __init__(self, portals: Sequence[str], databases: Sequence[str]) -> None:
        self._holders: dict[str, subprocess.Popen[bytes]] = {}
        self._number = {host: number for number, host in enumerate((*portals, *databases), start=11)}
        _ip("link set lo up")
        for name, network in (("front", _FRONT), ("back", _BACK)):
            _ip(f"link add {name} type bridge", f"addr add {network}.1/24 dev {name}", f"link set {name} up")
        for host in self._number:
            self._hold(host)
            self._plug(host, "back", _BACK)
        for host in portals:
            self._plug(host, "front", _FRONT)

    def _hold(self, host: str) -> None:
        """A process that does nothing in a namespace of its own, which lives as long as it does."""
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"]
        self._holders[host] = holder = subprocess.Popen(command)
        until = time.monotonic() + 60
        while _network_of(holder.pid) in ("", _network_of(os.getpid())):
            assert time.monotonic() < until and holder.poll() is None, "no namespace was made"
            time.sleep(0.005)
        _ip("link set lo up", at=self.enter(host))

    def _plug(self, host: str, switch: str, network: str) -> None:
        near, far, number = f"{switch}{self._number[host]}", f"{switch[0]}0", self._number[host]
        _ip(f"link add {near} type veth peer name {far}", f"link set {far} netns {self._holders[host].pid}")
        _ip(f"addr add {network}.{number}/24 dev {far}", f"link set {far} up", at=self.enter(host))
        _ip(f"link set {near} master {switch}", f"link set {near} up")

    def enter(self, host: str) -> list[str]:
        return ["nsenter", "--target", str(self._holders[host].pid), "--net"]

    def listen(self, host: str) -> str:
        return f"{_FRONT}.{self._number[host]}"

    def back(self, host: str) -> str:
        return f"{_BACK}.{self._number[host]}"

    def reach(self, source: str, database: str) -> tuple[str, int]:
        return self.back(database), PORT

    def cut(self, host: str) -> None:
        _ip(f"link set back{self._number[host]} nomaster")

    def heal(self, host: str) -> None:
        _ip(f"link set back{self._number[host]} master back")

    def close(self) -> None:
        for holder in self._holders.values():
            holder.kill()
            holder.wait()


def _ip(*lines: str, at: Iterable[str] = ()) -> None:
    for line in lines:
        subprocess.run([*at, "ip", *line.split()], check=True)


def _network_of(pid: int) -> str:
    with suppress(OSError):
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    return ""


class Relays:
    """One machine, with a relay between each two that talk: one for each host that asks and each database."""

    def __init__(self, hosts: Sequence[str], sockets: dict[str, Path]) -> None:
        self._relays = {
            (source, database): Relay(f"{folder}/.s.PGSQL.{PORT}")
            for source in hosts
            for database, folder in sockets.items()
            if source != database
        }

    def enter(self, host: str) -> list[str]:
        return []

    def listen(self, host: str) -> str:
        return "127.0.0.1"

    def back(self, host: str) -> str:
        return ""

    def reach(self, source: str, database: str) -> tuple[str, int]:
        return "127.0.0.1", self._relays[source, database].port

    def cut(self, host: str) -> None:
        for ends, relay in self._relays.items():
            if host in ends:
                relay.stop_carrying()

    def heal(self, host: str) -> None:
        """What stood still goes on; every other connection is found dead, as after a machine that came back."""
        for number, (ends, relay) in enumerate(self._relays.items()):
            if host in ends:
                relay.carry_again(by_reset=bool(number % 2))

    def close(self) -> None:
        for relay in self._relays.values():
            relay.close()


class Relay:
    """A port of this machine that leads to a socket."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._ending = asyncio.Event()
        self._thread.start()

    async def _serve(self) -> None:
        tasks = set[asyncio.Task[None]]()

        def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._join(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(taken, sock=self._listener)
        await self._ending.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        ends = [near_out]
        try:
            await self._flowing.wait()
            far_in, far_out = await asyncio.open_unix_connection(self._target)
            ends.append(far_out)
            self._ends.add(near_out)
            await asyncio.gather(self._carry(near_in, far_out), self._carry(far_in, near_out))
        except OSError:
            pass
        finally:
            self._ends.discard(near_out)
            for end in ends:
                end.close()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flowing.wait()
            target.write(data)
            await target.drain()
        raise ConnectionResetError("one side has ended")

    def stop_carrying(self) -> None:
        """Take what comes and pass nothing on."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def carry_again(self, by_reset: bool) -> None:
        """Pass everything on, or break what was there before."""
        if by_reset:
            self._loop.call_soon_threadsafe(self._reset)
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _reset(self) -> None:
        for end in self._ends:
            end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()

    def close(self) -> None:
        """End every connection."""
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(30)
        self._loop.close()
