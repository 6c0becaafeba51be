"""A bounded load on a server of our own on loopback: wrk drives it, the server runs in its own process."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from flask import Flask

ROOT = Path(__file__).parents[1]
NULL_APP = "benchmarks.load:null_application"
GRANIAN = (
    sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", "PORT", "--no-log",
    "--blocking-threads", "64",
)  # fmt: skip
"""A server with as many threads as the portal's has by default; what it serves comes behind."""


def null_application() -> object:
    """A Flask app whose only route does nothing: the floor of the framework on this server."""
    app = Flask("null")
    app.add_url_rule("/", view_func=lambda: "")
    return app.wsgi_app


class Load(NamedTuple):
    """What a load came to: requests a second, the 99th percentile in milliseconds, and how many requests in all."""

    rate: float
    p99: float
    requests: int


@dataclass(frozen=True)
class Served:
    """A server that runs: its address, and the process group of its processes."""

    address: str
    group: int

    def resident(self) -> float:
        """MiB that its processes keep in memory, together."""
        found = (path.parent for path in Path("/proc").glob("[0-9]*/stat") if _group_of(path) == self.group)
        sizes = (re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text()) for process in found)
        return round(sum(int(size[1]) for size in sizes if size) / 1024, 1)


def _group_of(stat: Path) -> int:
    with suppress(OSError):
        return int(stat.read_text().rpartition(")")[2].split()[2])
    return 0


@contextmanager
def server(*command: str, **settings: str) -> Iterator[str]:
    """Run a server, a module of Python with its arguments, until the block ends; gives its address."""
    with serving(sys.executable, *command, **settings) as served:
        yield served.address


@contextmanager
def serving(*command: str, **settings: str) -> Iterator[Served]:
    """Run a server command until the block ends."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), **settings}
    filled = [part.replace("PORT", str(port)) for part in command]
    process = subprocess.Popen(filled, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}")
        yield Served(f"http://127.0.0.1:{port}", process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _wait(address: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(address + "/portal/", timeout=5).close()
            return
        time.sleep(0.05)
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=5).close()
            return
    raise TimeoutError(f"{address} did not answer within 30 s")


def _output(command: list[str], seconds: float) -> str:
    """What wrk says when it is stopped, which it takes as its end; it knows whole seconds only."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=60)[0]


def wrk(url: str, seconds: float, clients: int, *arguments: str) -> Load:
    """Load an address; RuntimeError if anything was not answered well."""
    if shutil.which("wrk") is None:
        raise FileNotFoundError("wrk is missing: apt-get install wrk")
    command = ["wrk", "-t1", f"-c{clients}", "-d600s", "--latency", "--timeout", "30s", *arguments, url]
    text = _output(command, seconds)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", text)
    if bad:
        raise RuntimeError(f"{url}: {bad.group(0)}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])  # type: ignore[index]
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    requests = int(re.search(r"(\d+) requests in", text)[1])  # type: ignore[index]
    return Load(rate, float(amount) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit], requests)
