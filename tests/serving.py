"""The real server in a process of its own, on a free port."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    """A server process and how to talk to it."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, folder: Path) -> None:
        self.process, self.port, self.folder = process, port, folder

    def ask(
        self, method: str, path: str, data: Mapping[str, object] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        with closing(connection):
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
            body = urllib.parse.urlencode(data, doseq=True) if data else None
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()

    def wait(self) -> "Running":
        until = time.monotonic() + 30
        while time.monotonic() < until:
            assert self.process.poll() is None, self.process.communicate()
            try:
                self.ask("GET", "/portal/")
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError("the server did not answer within 30 s")

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "huiyin.db")) as connection:
            return connection.execute(statement).fetchall()


@contextmanager
def serving(folder: Path, *before: str, **settings: str) -> Iterator[Running]:
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "HUIYIN_DATABASE": str(folder / "huiyin.db"),
        "HUIYIN_PUBLIC": str(folder / "public"),
        "HUIYIN_MINIMUM_SECONDS": "0",
        **settings,
    }
    command = [*before, sys.executable, "-W", "error", "-m", "portal"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        running = Running(process, port, folder)
        try:
            yield running.wait()
        finally:
            kill_all(process)


def kill_all(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
