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
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[1]
NULL_APP = "benchmarks.load:null_application"


def null_application() -> object:
    """A Flask app whose only route does nothing: the floor of the framework on this server."""
    app = Flask("null")
    app.add_url_rule("/", view_func=lambda: "")
    return app.wsgi_app


@contextmanager
def server(*command: str, **settings: str) -> Iterator[str]:
    """Run a server command until the block ends; gives its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), **settings}
    filled = [part.replace("PORT", str(port)) for part in command]
    process = subprocess.Popen(
        [sys.executable, *filled], cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        _wait(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
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


def wrk(url: str, seconds: int, clients: int, *arguments: str) -> tuple[float, float]:
    """Requests a second that were answered without an error, and the 99th percentile in milliseconds."""
    if shutil.which("wrk") is None:
        raise FileNotFoundError("wrk is missing: apt-get install wrk")
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", *arguments, url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", text)
    if bad:
        raise RuntimeError(f"{url}: {bad.group(0)}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])  # type: ignore[index]
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return rate, float(amount) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
