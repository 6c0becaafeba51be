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
GONE = ("unit", "basis", "reason")
AnswerCount = Count | ExcludedCount


def count_files(paths: Sequence[Path], survey: str, month: str) -> Iterator[AnswerCount]:
    """Count one survey of a month in its files, what counts and what was left out."""
    counted: Counter[Any] = Counter()
    for path in paths:
        for frame in pl.collect_all(list(_queries(path, month))):
            for *key, n in frame.rows():
                counted[tuple(key)] += n
    for (kind, *key), n in counted.items():
        made: Any = Count if kind == "count" else ExcludedCount
        yield made(survey, month, *key, n)


def _queries(path: Path, month: str) -> Iterator[pl.LazyFrame]:
    late = (pl.col("day").dt.strftime("%Y-%m") != month).cast(pl.Int64).alias("late")
    sets = pl.scan_parquet(path).with_columns(late)
    counting, gone = sets.filter(pl.col("reason") == ""), sets.filter(pl.col("reason") != "")
    yield _counted("count", sets, KEYS, "", pl.lit(""))
    yield _counted("gone", gone, GONE, "", pl.lit(""))
    for name in sets.collect_schema().names():
        if name.startswith(ONE):
            question, answered = name.removeprefix(ONE), counting.filter(pl.col(name).is_not_null())
            yield _counted("count", answered, KEYS, question, pl.col(name))
            yield _counted("gone", gone.filter(pl.col(name).is_not_null()), GONE, question, pl.col(name))
        elif name.startswith(SEVERAL):
            question, answered = name.removeprefix(SEVERAL), counting.filter(pl.col(name).is_not_null())
            parts = answered.select(*KEYS, name).explode(name, empty_as_null=False)
            yield _counted("count", parts, KEYS, question, pl.col(name))
        else:
            continue
        yield _counted("count", answered, KEYS, question, pl.lit(""))


def _counted(kind: str, sets: pl.LazyFrame, keys: Sequence[str], question: str, code: pl.Expr) -> pl.LazyFrame:
    """Kind, keys, question, code and number, one row for each that there is."""
    grouped = sets.group_by(*keys, code.alias("code")).agg(pl.len())
    return grouped.select(pl.lit(kind).alias("kind"), *keys, pl.lit(question).alias("question"), "code", "len")


def differences(found: Iterable[AnswerCount], wanted: Iterable[AnswerCount]) -> Iterator[str]:
    """Where two counts differ, in words: 'counter-service 2026-10 chengdong web open 0 overall 4: 12 and 11'."""
    one, two = (Counter({tuple(map(str, count[:-1])): count[-1] for count in counts}) for counts in (found, wanted))
    for key in sorted({*one, *two}):
        if one[key] != two[key]:
            yield f"{' '.join(filter(None, key))}: {one[key]:,} and {two[key]:,}"
