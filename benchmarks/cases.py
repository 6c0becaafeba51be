"""The benches by name; each gives its figures. `small` is for showing that it works, not for judging."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.answering import form, memory, start, submit
from benchmarks.cards import spend
from benchmarks.case_life import case
from benchmarks.city import city
from benchmarks.desk import desk
from benchmarks.disclosure import attack
from benchmarks.figure import Figure, in_turn
from benchmarks.load import ROOT
from benchmarks.site_build import site
from surveys import responses
from surveys.definition import load
from surveys.responses import Answer, Response
from surveys.store import Connection, Store, answers
from surveys.store.slices import count_period


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
    "case": case,
    "start": start,
    "memory": memory,
    "slice": slice_,
    "commit": commit,
    "cards": spend,
    "desk": desk,
    "attack": attack,
    "city": city,
    "site": site,
}
