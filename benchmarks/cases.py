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
from benchmarks.archive import recount, slice_
from benchmarks.cards import spend
from benchmarks.case_life import case
from benchmarks.city import city
from benchmarks.desk import desk
from benchmarks.disclosure import attack
from benchmarks.exporting import export
from benchmarks.figure import Figure, in_turn
from benchmarks.importing import import_
from benchmarks.site_build import site
from surveys import responses
from surveys.responses import Answer, Response
from surveys.store import Store, answers


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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
    "recount": recount,
    "import": import_,
    "export": export,
    "commit": commit,
    "cards": spend,
    "desk": desk,
    "attack": attack,
    "city": city,
    "site": site,
}
