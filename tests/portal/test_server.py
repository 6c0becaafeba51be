"""The real server in a process of its own: start, stop, durability, and a site swapped under it."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import fields
from datetime import date
from http.client import HTTPException
from pathlib import Path

import pytest

from portal.__main__ import distance
from portal.config import Config
from surveys import responses
from tests.portal.conftest import token_in
from tests.serving import ROOT, Running, kill_all, serving

FORM = "/portal/s/visit?unit=chengdong"
STRACE = "fsync,fdatasync,sendto,write,writev,recvfrom,read"


def test_start_announce_answer_and_stop(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        status, _, page = server.ask("GET", "/portal/")
        assert status == 200
        assert "回音" in page.decode()
        status, _, page = server.ask("GET", "/")
        assert (status, page) == (503, b"The site is not built yet: run `make run`.\n")
        os.killpg(server.process.pid, signal.SIGINT)
        out, err = server.process.communicate(timeout=20)
        assert server.process.returncode == 0
        assert f"http://127.0.0.1:{server.port}/portal/" in out
        assert "Traceback" not in err


def test_the_process_that_writes_holds_the_database_itself(tmp_path: Path) -> None:
    """Else any other process that opens and closes the file takes it for unused, and takes its log away."""
    with serving(tmp_path) as server:
        key = str((tmp_path / "huiyin.db").stat().st_ino)
        locks = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
        holders = {int(lock[4]) for lock in locks if lock[1] == "POSIX" and lock[5].split(":")[-1] == key}
        assert holders
        assert server.process.pid not in holders


def other_than(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


@pytest.mark.parametrize("target", ["run", "demo"])
def test_make_names_itself_to_what_it_starts(target: str) -> None:
    """A recipe that does not would have a refusal name another command than the one that was given."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition(f"\n{target}: setup")[2].partition("\n\n")[0]
    assert re.search(rf'STARTED_BY="make {target}" .*-m portal$', recipe)


def test_a_port_in_use_is_said_with_the_way_out(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "PORT": str(port), "HUIYIN_DATABASE": str(tmp_path / "x.db")}
        environment["STARTED_BY"] = "make demo"
        command = [sys.executable, "-m", "portal"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    told = f"cannot be used (Address already in use): try another port, as in `PORT={other_than(port)} make demo`"
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.db").exists()


def test_a_worker_that_comes_again_makes_no_database_where_the_old_one_was(tmp_path: Path) -> None:
    """It would take answers into the new one, which are gone as soon as the old one is put back."""
    program = "from portal.server import make_worker_application as make; make()"
    environment = {**os.environ, "HUIYIN_DATABASE": str(tmp_path / "x.db")}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{tmp_path}/x.db was removed while in use: stop the server, put the file back" in done.stderr
    assert list(tmp_path.iterdir()) == []


def refused(tmp_path: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """What a start says that must not serve."""
    environment = {**os.environ, "PORT": "0", "HUIYIN_DATABASE": str(tmp_path / "x.db"), **settings}
    command = [sys.executable, "-m", "portal", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid", "a..b", "::2"])
def test_a_host_of_elsewhere_is_said_with_another_host(tmp_path: Path, host: str) -> None:
    done = refused(tmp_path, HOST=host)
    assert (done.returncode, done.stdout) == (1, "")
    told = "try another host, as in `HOST=127.0.0.1 .venv/bin/python -m portal`"
    assert f"{host} is no address of this machine: {told}" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_named_host_and_any_free_port_serve_where_they_say(tmp_path: Path) -> None:
    environment = {**os.environ, "HOST": "localhost", "PORT": "0", "HUIYIN_DATABASE": str(tmp_path / "x.db")}
    with subprocess.Popen(
        [sys.executable, "-m", "portal"],
        cwd=ROOT,
        env=environment,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout
            found = re.search(r"^Site +http://localhost:(\d+)/$", process.stdout.readline())
            assert found
            running = Running(process, int(found[1]), tmp_path).wait()
            assert running.ask("GET", "/portal/")[0] == 200
        finally:
            kill_all(process)


def test_help_lists_every_setting_and_serves_nothing(tmp_path: Path) -> None:
    done = refused(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for item in fields(Config):
        line = next(line for line in done.stdout.splitlines() if f"HUIYIN_{item.name.upper()}" in line)
        assert item.metadata["words"] in line
        assert item.default is None or f"(default {item.default})" in line
    assert list(tmp_path.iterdir()) == []
    assert refused(tmp_path, "serve").returncode == 2


def test_only_the_last_folder_of_the_database_is_made(tmp_path: Path) -> None:
    done = refused(tmp_path, HUIYIN_DATABASE=str(tmp_path / "typo/var/x.db"))
    assert done.returncode == 1
    assert f"there is no folder {tmp_path / 'typo'}: make it, or correct the path" in done.stderr
    assert list(tmp_path.iterdir()) == []
    with serving(tmp_path, HUIYIN_DATABASE=str(tmp_path / "var/x.db")):
        assert (tmp_path / "var/x.db").exists()


def test_a_rehearsal_says_how_far_its_day_is(tmp_path: Path) -> None:
    before = responses.today()
    with serving(tmp_path, HUIYIN_TODAY="2026-01-01") as server:
        os.killpg(server.process.pid, signal.SIGINT)
        out, _ = server.process.communicate(timeout=20)
    passed = {(day - date(2026, 1, 1)).days for day in (before, responses.today())}
    assert any(f"Rehearsal: every day is 2026-01-01, {days} days ago." in out for days in passed)


@pytest.mark.parametrize(
    ("day", "words"), [(9, "1 day ago"), (10, "which is today"), (11, "1 day ahead"), (20, "10 days ahead")]
)
def test_the_distance_of_a_day_is_told_in_words(day: int, words: str) -> None:
    assert distance(date(2026, 1, day), date(2026, 1, 10)) == words


def test_wording_that_changed_after_opening_is_said_at_the_start(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "surveys/definitions", tmp_path / "definitions")
    path = tmp_path / "definitions/surveys/visit.v1.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("minutes: 2", "minutes: 1"), encoding="utf-8")
    with serving(tmp_path, HUIYIN_DEFINITIONS=str(tmp_path / "definitions")) as server:
        os.killpg(server.process.pid, signal.SIGINT)
        _, err = server.process.communicate(timeout=20)
    assert re.search(r"visit\.v1\.yaml:\d+:1: the wording of an opened version changed", err)


def release(folder: Path, name: str, title: str) -> None:
    (folder / name / "guides").mkdir(parents=True)
    (folder / name / "index.html").write_text(f"<h1>{title}</h1>")
    (folder / name / "guides/index.html").write_text(f"<h1>guides of {title}</h1>")
    (folder / name / "404.html").write_text("<h1>not here</h1>")
    (folder / name / "en").mkdir()
    (folder / name / "en/404.html").write_text("<h1>not here either</h1>")
    (folder / name / "worker.js").write_text("")
    policy = f"/*\n  Content-Security-Policy: default-src 'self'; x-{name}\n"
    (folder / name / "_headers").write_text(f"{policy}/worker.js\n  Cache-Control: no-cache\n")
    link = folder / "next"
    link.symlink_to(name)
    link.replace(folder / "public")


def test_the_site_is_swapped_under_the_running_server(tmp_path: Path) -> None:
    release(tmp_path, "r1", "old")
    with serving(tmp_path) as server:
        assert server.ask("GET", "/")[2] == b"<h1>old</h1>"
        release(tmp_path, "r2", "a newer and longer one")
        status, headers, page = server.ask("GET", "/guides/")
        assert (status, page) == (200, b"<h1>guides of a newer and longer one</h1>")
        assert headers["content-security-policy"] == "default-src 'self'; x-r2"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "max-age=60, public"
        worker = server.ask("GET", "/worker.js")[1]
        assert worker["cache-control"] == "no-cache"
        assert "x-r2" in worker["content-security-policy"]
        assert server.ask("GET", "/guides")[0] in (301, 302)
        status, headers, page = server.ask("GET", "/nowhere/")
        assert (status, page) == (404, b"<h1>not here</h1>")
        assert "x-r2" in headers["content-security-policy"]
        for path in ("/en/nowhere", "/en/guides/nowhere/"):
            assert server.ask("GET", path)[::2] == (404, b"<h1>not here either</h1>")
        assert server.ask("GET", "/entry")[::2] == (404, b"<h1>not here</h1>")


def submit(server: Running, level: str = "4") -> str:
    token = token_in(server.ask("GET", FORM)[2].decode())
    status, _, _ = server.ask("POST", FORM, {"_token": token, "overall": level})
    assert status == 303
    return token


def test_what_was_acknowledged_survives_kill_9_under_load(tmp_path: Path) -> None:
    for _ in range(3):
        acknowledged: list[str] = []
        with serving(tmp_path) as server:
            before = server.rows("SELECT count(*) FROM responses")[0][0]
            assert isinstance(before, int)

            def load(server: Running = server, acknowledged: list[str] = acknowledged) -> None:
                while True:
                    try:
                        acknowledged.append(submit(server))
                    except (OSError, HTTPException, AssertionError):
                        return

            threads = [threading.Thread(target=load) for _ in range(8)]
            for thread in threads:
                thread.start()
            while len(acknowledged) < 40:
                time.sleep(0.005)
            os.killpg(server.process.pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
        with closing(sqlite3.connect(tmp_path / "huiyin.db")) as connection:
            stored = {row[0] for row in connection.execute("SELECT id FROM responses")}
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert len(acknowledged) >= 40
        assert {id_in(token) for token in acknowledged} <= stored
        assert len(stored) - before <= len(acknowledged) + 8


def id_in(token: str) -> bytes:
    import base64
    import json

    payload = token.split(".", maxsplit=1)[0]
    found: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))[0]
    return base64.urlsafe_b64decode(found)


def syncs_before_answer(trace: str) -> list[bool]:
    """For each 303 in the trace: whether the log was synced after its POST was read and before it was written."""
    found, synced = [], False
    for line in trace.splitlines():
        if '"POST /portal/s/' in line:
            synced = False
        if re.search(r"f(data)?sync\(\d+<[^>]*huiyin\.db-wal>\)\s*= 0|f(data)?sync resumed.*= 0", line):
            synced = True
        if "HTTP/1.1 303" in line:
            found.append(synced)
    return found


@pytest.mark.parametrize(("synchronous", "durable"), [("FULL", True), ("OFF", False)])
def test_the_log_is_synced_between_a_post_and_its_303(tmp_path: Path, synchronous: str, durable: bool) -> None:
    """Under strace; the second run breaks the store on purpose, to show that this test can fail."""
    trace = tmp_path / "trace"
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import sqlite3\nreal = sqlite3.connect\n"
        "class Connection(sqlite3.Connection):\n"
        "    def execute(self, statement, *rest):\n"
        f"        return super().execute(statement.replace('synchronous=FULL', 'synchronous={synchronous}'), *rest)\n"
        "sqlite3.connect = sqlite3.dbapi2.connect = lambda *a, **k: real(*a, factory=Connection, **k)\n"
    )
    strace = ("strace", "-f", "-y", "-s", "60", "-e", f"trace={STRACE}", "-o", str(trace))
    with serving(tmp_path, *strace, PYTHONPATH=f"{site}:{ROOT}") as server:
        for _ in range(5):
            submit(server)
    assert syncs_before_answer(trace.read_text(errors="replace")) == [durable] * 5
