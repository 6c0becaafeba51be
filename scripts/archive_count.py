"""Counting archived answer sets with Polars: the same counts, to the row, as of the database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from scripts.archive_files import ONE, SEVERAL
from surveys.store.exclusion_batches import ExcludedCount
from surveys.store.slices import Count

KEYS = ("unit", "channel", "basis", "late")
GONE_KEYS = ("unit", "basis", "reason")
COUNTED, CHOSEN, GONE = "counted", "chosen", "gone"
AnswerCount = Count | ExcludedCount


def count_files(paths: Sequence[Path], survey: str, month: str) -> Iterator[AnswerCount]:
    """Count one survey of a month in its files, what counts and what was left out."""
    frames = (frame for path in paths for frame in pl.collect_all(list(_queries(path, month))))
    return counts_of((kind, survey, month, *rest) for frame in frames for kind, *rest in frame.rows())


def counts_of(rows: Iterable[Sequence[Any]]) -> Iterator[AnswerCount]:
    """Counts from rows of kind (COUNTED, CHOSEN or GONE), survey, month, keys, question, code and number.

    Rows of the same count add up. CHOSEN is of a question with one code a set, answered as often as its codes stand.
    """
    counted: Counter[tuple[Any, ...]] = Counter()
    for kind, *key, n in rows:
        counted[(GONE if kind == GONE else COUNTED, *key)] += n
        if kind == CHOSEN:
            counted[(COUNTED, *key[:-1], "")] += n
    for (kind, *key), n in counted.items():
        yield ExcludedCount._make((*key, n)) if kind == GONE else Count._make((*key, n))


def _queries(path: Path, month: str) -> Iterator[pl.LazyFrame]:
    late = (pl.col("day").dt.strftime("%Y-%m") != month).cast(pl.Int64).alias("late")
    sets = pl.scan_parquet(path).with_columns(late)
    counting, gone = sets.filter(pl.col("reason") == ""), sets.filter(pl.col("reason") != "")
    yield _counted(COUNTED, sets, KEYS)
    yield _counted(GONE, gone, GONE_KEYS)
    for name in sets.collect_schema().names():
        if name.startswith(ONE):
            question, answered = name.removeprefix(ONE), pl.col(name).is_not_null()
            yield _counted(CHOSEN, counting.filter(answered), KEYS, question, name)
            yield _counted(GONE, gone.filter(answered), GONE_KEYS, question, name)
        elif name.startswith(SEVERAL):
            question, answered = name.removeprefix(SEVERAL), pl.col(name).is_not_null()
            parts = counting.filter(answered).select(*KEYS, name).explode(name, empty_as_null=False)
            yield _counted(COUNTED, parts, KEYS, question, name)
            yield _counted(COUNTED, counting.filter(answered), KEYS, question)


def _counted(kind: str, sets: pl.LazyFrame, keys: Sequence[str], question: str = "", name: str = "") -> pl.LazyFrame:
    """Kind, keys, question, code and number, one row for each that there is."""
    code = pl.col(name) if name else pl.lit("")
    grouped = sets.group_by(*keys, code.alias("code")).agg(pl.len())
    return grouped.select(pl.lit(kind).alias("kind"), *keys, pl.lit(question).alias("question"), "code", "len")


def differences(found: Iterable[AnswerCount], wanted: Iterable[AnswerCount]) -> Iterator[str]:
    """Where two counts differ, in words: 'counter-service 2026-10 chengdong web open 0 overall 4: 12 and 11'."""
    one, two = (Counter({tuple(map(str, count[:-1])): count[-1] for count in counts}) for counts in (found, wanted))
    for key in sorted({*one, *two}):
        if one[key] != two[key]:
            yield f"{' '.join(filter(None, key))}: {one[key]:,} and {two[key]:,}"
