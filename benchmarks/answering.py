"""The portal under load: forms fetched and answered, how soon the server is up, and what memory it keeps."""

import re
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks import stock
from benchmarks.figure import Figure, in_turn
from benchmarks.load import GRANIAN, NULL_APP, Load, Served, serving, wrk
from portal.security import TokenSigner
from surveys.keys import load_keys

SURVEY, UNIT = "sense-of-safety", "chengdong"
FORM = f"/portal/s/{SURVEY}?unit={UNIT}"
CLIENTS = 32
BAR_MS, BAR_START = 100.0, 3.0
PORTAL = (sys.executable, "-m", "portal")
STOCK_APP = "benchmarks.stock:application"
ANSWERS = (
    ("overall", "2"), ("wrong", "theft"), ("wrong", "lighting"), ("day", "4"), ("night", "3"), ("theft", "2"),
    ("traffic", "5"), ("fraud", "dk"), ("answered", "4"),
)  # fmt: skip
WORDS = ("", "", "", "晚上北门没有路灯。")
"""The ninth question is one to write something, and most leave it empty."""


def form(small: bool) -> Iterator[Figure]:
    """GET of a survey form against a Flask route that does nothing, and against the stock stack's form."""
    seconds, rounds = (0.5, 1) if small else (3, 5)
    with _folder() as folder, _portal(folder) as ours, serving(*GRANIAN, NULL_APP) as null, _stock(folder) as theirs:
        for name, other in (("a null Flask route", null), ("the stock stack", theirs)):
            yield in_turn(
                f"form: GET of a form against {name}",
                "requests/s",
                lambda: wrk(ours.address + FORM, seconds, CLIENTS).rate,
                lambda other=other: wrk(other.address + "/", seconds, CLIENTS).rate,  # type: ignore[misc]
                rounds,
            )


def submit(small: bool) -> Iterator[Figure]:
    """Durable POST of nine answers by 32 clients against raw one-row commits, and against the stock stack."""
    seconds, rounds = (0.5, 1) if small else (3, 5)
    with _folder() as folder, _portal(folder) as ours, _stock(folder) as theirs:
        posts = _Posts(folder, ours.address, 1_500 if small else 15_000)
        given = _stock_script(folder, theirs.address)
        loads: list[Load] = []

        def post() -> float:
            loads.append(posts.load(seconds))
            return loads[-1].rate

        figure = in_turn(
            "submit: durable POST against raw one-row commits",
            "requests/s",
            post,
            lambda: _raw_commits(folder, seconds),
            rounds,
        )
        yield figure
        yield _slowest(figure, [load.p99 for load in loads[-rounds:]])
        yield in_turn(
            "submit: durable POST against the stock stack",
            "requests/s",
            post,
            lambda: wrk(theirs.address + "/", seconds, CLIENTS, *given).rate,
            rounds,
        )


def _slowest(figure: Figure, found: list[float]) -> Figure:
    worst = max(found)
    name, ratio = "submit: 99th percentile against 100 ms, the worst round", round(worst / BAR_MS, 3)
    spread = (round(min(found) / BAR_MS, 3), ratio)
    return replace(figure, name=name, unit="ms", value=worst, baseline=BAR_MS, ratio=ratio, spread=spread)


def start(small: bool) -> Iterator[Figure]:
    """From the command to the first byte, with everything built: `make run` against the three seconds it may take."""
    command = PORTAL if small else ("make", "run")

    def first_byte() -> float:
        with _folder() as folder:
            begun = time.perf_counter()
            with serving(*command, **_settings(folder)):
                return time.perf_counter() - begun

    name = "python -m portal" if small else "warm make run"
    yield in_turn(f"start: {name} to the first byte", "s", first_byte, lambda: BAR_START, 1 if small else 5)


def memory(small: bool) -> Iterator[Figure]:
    """What the server keeps in memory after 100,000 forms and answers, against after the first ones."""
    first, requests, seconds = (100, 200, 0.5) if small else (10_000, 100_000, 1)
    with _folder() as folder, _portal(folder) as ours:
        posts = _Posts(folder, ours.address, 5_000)
        _ask(ours, posts, first, seconds)
        before = ours.resident()
        done = _ask(ours, posts, requests, seconds)
        after = ours.resident()
    ratio = round(after / before, 3)
    name = f"memory: resident after {done:,} requests against after {first:,}"
    yield Figure(name, after, "MiB", before, ratio, (ratio, ratio), 1)


def _ask(ours: Served, posts: "_Posts", least: int, seconds: float) -> int:
    done = 0
    while done < least:
        done += wrk(ours.address + FORM, seconds, CLIENTS).requests
        done += posts.load(seconds).requests
    return done


class _Posts:
    """Forms as browsers send them, each with a token of its own, for wrk to send once."""

    def __init__(self, folder: Path, address: str, number: int) -> None:
        self._folder, self._address, self._number = folder, address, number
        self._turn = count()
        self._signer = TokenSigner(load_keys(folder / "huiyin.db", create=False))
        with urllib.request.urlopen(address + FORM) as page:
            hidden = dict(re.findall(r'name="(_grant|_id)" value="([^"]+)"', page.read().decode()))
        self._rest = [urlencode([*hidden.items(), *ANSWERS, ("better", words), ("_website", "")]) for words in WORDS]

    def load(self, seconds: float) -> Load:
        """Send for so many seconds."""
        return wrk(self._address + FORM + "&sent=1", seconds, CLIENTS, "-s", str(self._script()))

    def _script(self) -> Path:
        turn = next(self._turn)
        bodies = self._folder / f"bodies-{turn}"
        rest = cycle(self._rest)
        with bodies.open("w") as file:
            for _ in range(self._number):
                file.write(f"_token={quote(self._signer.new(SURVEY, 1))}&{next(rest)}\n")
        script = self._folder / f"post-{turn}.lua"
        script.write_text(
            f"local file = io.lines('{bodies}')\n"
            "local own = {['Content-Type'] = 'application/x-www-form-urlencoded', ['Sec-Fetch-Site'] = 'same-origin'}\n"
            "request = function() return wrk.format('POST', nil, own, file() or error('no more forms')) end\n"
        )
        return script


def _stock_script(folder: Path, address: str) -> tuple[str, str]:
    """The same answers for the stock stack, under the token and the session of one visit."""
    with urllib.request.urlopen(address + "/") as page:
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.read().decode())
    body = urlencode([("csrf_token", token[1] if token else ""), *ANSWERS, ("better", "")])
    script = folder / "stock.lua"
    script.write_text(
        "wrk.method = 'POST'\n"
        f"wrk.body = '{body}'\n"
        f"wrk.headers['Cookie'] = '{cookie}'\n"
        "wrk.headers['Content-Type'] = 'application/x-www-form-urlencoded'\n"
    )
    return "-s", str(script)


def _raw_commits(folder: Path, seconds: float) -> float:
    with closing(sqlite3.connect(folder / "raw.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS raw (id BLOB PRIMARY KEY, answers TEXT) WITHOUT ROWID")
        begun, done = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            connection.execute("INSERT INTO raw VALUES (randomblob(16), ?)", ('{"overall":"4"}' * 10,))
            done += 1
        return done / (time.perf_counter() - begun)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _settings(folder: Path) -> dict[str, str]:
    return {"HUIYIN_DATABASE": str(folder / "huiyin.db"), "HUIYIN_MINIMUM_SECONDS": "0"}


def _portal(folder: Path) -> AbstractContextManager[Served]:
    return serving(*PORTAL, HUIYIN_ANSWERS_PER_MINUTE="65535", **_settings(folder))


def _stock(folder: Path) -> AbstractContextManager[Served]:
    return serving(*GRANIAN, STOCK_APP, **{stock.FOLDER: str(folder)})
