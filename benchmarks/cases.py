"""The benches by name; each gives its figures. `small` is for showing that it works, not for judging."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.cards import spend
from benchmarks.city import city
from benchmarks.desk import desk
from benchmarks.disclosure import attack
from benchmarks.figure import Figure, in_turn
from benchmarks.load import NULL_APP, ROOT, server, wrk
from benchmarks.site_build import site
from portal.security import TokenSigner
from surveys import responses
from surveys.definition import load
from surveys.keys import load_keys
from surveys.responses import Answer, Response
from surveys.store import Connection, Store, answers
from surveys.store.slices import count_period

FORM = "/portal/s/sense-of-safety?unit=chengdong"
POST_BODY = "overall=4&night=4&theft=3&traffic=5"
GRANIAN = ("-m", "granian", "--interface", "wsgi", "--factory", "--port", "PORT", "--no-log", "--blocking-threads", "8")


def form(small: bool) -> Iterator[Figure]:
    """GET of a survey form against a Flask route that does nothing, on the same server."""
    seconds, rounds = (1, 1) if small else (3, 5)
    with tempfile.TemporaryDirectory() as folder, _portal(Path(folder)) as ours, server(*GRANIAN, NULL_APP) as null:
        yield in_turn(
            "form: GET of a form against a null Flask route",
            "requests/s",
            lambda: wrk(ours + FORM, seconds, 32)[0],
            lambda: wrk(null + "/", seconds, 32)[0],
            rounds,
        )


def submit(small: bool) -> Iterator[Figure]:
    """Durable POST of an answer set by 32 clients against raw one-row commits on the same disk."""
    seconds, rounds = (1, 1) if small else (3, 5)
    with tempfile.TemporaryDirectory() as name, _portal(Path(name)) as ours:
        folder = Path(name)
        turns = count()
        slowest: list[float] = []

        def post() -> float:
            script = _script(folder, next(turns), 2_000 if small else 12_000)
            rate, p99 = wrk(ours + FORM, seconds, 32, "-s", str(script))
            slowest.append(p99)
            return rate

        figure = in_turn(
            "submit: durable POST against raw one-row commits",
            "requests/s",
            post,
            lambda: _raw_commits(folder, seconds),
            rounds,
        )
        yield figure
        yield replace(
            figure,
            name="submit: 99th percentile",
            unit="ms",
            value=max(slowest[1:]),
            baseline=100.0,
            ratio=round(max(slowest[1:]) / 100, 3),
            spread=(min(slowest), max(slowest)),
        )


def _portal(folder: Path) -> AbstractContextManager[str]:
    settings = {"HUIYIN_DATABASE": str(folder / "huiyin.db"), "HUIYIN_MINIMUM_SECONDS": "0"}
    return server("-m", "portal", HUIYIN_ANSWERS_PER_MINUTE="60000", **settings)


def _script(folder: Path, turn: int, tokens: int) -> Path:
    """A wrk script that sends each token once; the tokens are made beforehand."""
    signer = TokenSigner(load_keys(folder / "huiyin.db", create=False))
    listed = folder / f"tokens-{turn}"
    listed.write_text("\n".join(signer.new("sense-of-safety", 1) for _ in range(tokens)))
    script = folder / f"post-{turn}.lua"
    script.write_text(
        f"local file = io.lines('{listed}')\n"
        "request = function()\n"
        "  local token = file() or error('no more tokens')\n"
        f"  local body = '_token=' .. token .. '&{POST_BODY}'\n"
        "  return wrk.format('POST', nil, {['Content-Type'] = 'application/x-www-form-urlencoded'}, body)\n"
        "end\n"
    )
    return script


def _raw_commits(folder: Path, seconds: float) -> float:
    with closing(sqlite3.connect(folder / "raw.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS raw (id BLOB PRIMARY KEY, answers TEXT) WITHOUT ROWID")
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            connection.execute("INSERT INTO raw VALUES (randomblob(16), ?)", ('{"overall":"4"}' * 10,))
            done += 1
        return done / (time.perf_counter() - start)


def slice_(small: bool) -> Iterator[Figure]:
    """Count one month of one survey, in a store that holds ten times as much against one that holds only it."""
    month, others = (500, 9) if small else (83_000, 9)
    with tempfile.TemporaryDirectory() as folder:
        alone = _filled(Path(folder) / "alone.db", month, 0)
        among = _filled(Path(folder) / "among.db", month, others)
        with alone, among:
            yield in_turn(
                f"slice: count {month:,} answer sets among {month * (others + 1):,} against alone",
                "s",
                lambda: _seconds(lambda: among.read(_count)),
                lambda: _seconds(lambda: alone.read(_count)),
                1 if small else 5,
            )


def _count(connection: Connection) -> int:
    return len(list(count_period(connection, "sense-of-safety", "2026-06")))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _filled(path: Path, month: int, others: int) -> Store:
    rules = load(ROOT / "surveys/definitions")
    survey = rules.surveys["sense-of-safety", 1]
    store = Store.open(path, create=True)
    scales = [question.code for question in survey.questions if question.kind == "scale"]
    for place, period in enumerate(["2026-06", *(f"2025-{past:02}" for past in range(1, others + 1))]):
        rows = [_row(place * month + turn, scales, survey.key, period) for turn in range(month)]
        store.write(partial(answers.add_responses, rows=rows), deadline=60)
    return store


def _row(number: int, scales: Sequence[str], survey: str, period: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    given: dict[str, Answer] = {code: str((number + place) % 5 + 1) for place, code in enumerate(scales)}
    id_, day = number.to_bytes(16), date.fromisoformat(f"{period}-15")
    response = Response(id_, survey, 1, "chengdong", "web", "open", "zh", day, given, {})
    return responses.to_row(response, period), {}


def commit(small: bool) -> Iterator[Figure]:
    """Durable writes by 16 threads that share commits, against the same writes one after another."""
    writes, rounds = (200, 1) if small else (2_000, 5)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "huiyin.db", create=True) as store:
        number = count()

        def write(_: int) -> object:
            row, texts = _row(next(number), ["overall"], "sense-of-safety", "2026-06")
            return store.write(partial(answers.add_response, row=row, texts=texts), deadline=30)

        def together() -> float:
            with ThreadPoolExecutor(16) as pool:
                return writes / _seconds(lambda: list(pool.map(write, range(writes))))

        yield in_turn(
            "commit: durable writes by 16 threads against one thread",
            "writes/s",
            together,
            lambda: writes / _seconds(lambda: [write(turn) for turn in range(writes)]),
            rounds,
        )


BENCHES: Mapping[str, Callable[[bool], Iterator[Figure]]] = {
    "form": form,
    "submit": submit,
    "slice": slice_,
    "commit": commit,
    "cards": spend,
    "desk": desk,
    "attack": attack,
    "city": city,
    "site": site,
}
