"""Counting archived answer sets with Polars: the same counts, to the row, as of the database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from scripts.archive_files import ONE, SEVERAL
from surveys.responses import next_period
from surveys.store.exclusion_batches import ExcludedCount
from surveys.store.slices import Count

KEYS = ("unit", "channel", "basis", "late")
GONE_KEYS = ("unit", "basis", "reason")
COUNTED, CHOSEN, GONE = "counted", "chosen", "gone"
AnswerCount = Count | ExcludedCount


def count_files(paths: Sequence[Path], survey: str, month: str) -> Iterator[AnswerCount]:
    """Count one survey of a month in its files, what counts and what was left out."""
    found = [frame for path in paths for frame in pl.collect_all(list(_queries(path, month)))]
    if found:
        counted, gone = _summed(pl.concat(found))
        yield from (Count(survey, month, *row) for row in counted.rows())
        yield from (ExcludedCount(survey, month, *row) for row in gone.rows())


def _summed(found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What counts, among it all that was received and who answered each question at all, and what was left out."""
    received, left_out = pl.col("question") == "", pl.col("reason") != ""
    counting = found.filter(received | ~left_out)
    whole = counting.filter(pl.col("kind") == CHOSEN).with_columns(pl.lit("").alias("code"))
    both = pl.concat([counting, whole]).group_by(*KEYS, "question", "code").agg(pl.col("len").sum())
    return both, found.filter(left_out).group_by(*GONE_KEYS, "question", "code").agg(pl.col("len").sum())


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
    """One grouping a question: what was left out is told apart by its reason, and not by a reading of its own."""
    first, after = (date.fromisoformat(f"{one}-01") for one in (month, next_period(month)))
    late = ~pl.col("day").is_between(first, after, closed="left")
    sets = pl.scan_parquet(path).with_columns(late.cast(pl.Int64).alias("late"))
    yield _counted(COUNTED, sets)
    for name in sets.collect_schema().names():
        if name.startswith(ONE):
            answered = sets.filter(pl.col(name).is_not_null())
            yield _counted(CHOSEN, answered, name.removeprefix(ONE), name)
        elif name.startswith(SEVERAL):
            answered = sets.filter((pl.col("reason") == "") & pl.col(name).is_not_null())
            parts = answered.select(*KEYS, "reason", name).explode(name, empty_as_null=False)
            yield _counted(COUNTED, parts, name.removeprefix(SEVERAL), name)
            yield _counted(COUNTED, answered, name.removeprefix(SEVERAL))


def _counted(kind: str, sets: pl.LazyFrame, question: str = "", name: str = "") -> pl.LazyFrame:
    """Kind, keys, reason, question, code and number, one row for each that there is."""
    code = pl.col(name) if name else pl.lit("")
    grouped = sets.group_by(*KEYS, "reason", code.alias("code")).agg(pl.len())
    return grouped.select(
        pl.lit(kind).alias("kind"), *KEYS, "reason", pl.lit(question).alias("question"), "code", "len"
    )


def differences(found: Iterable[AnswerCount], wanted: Iterable[AnswerCount]) -> Iterator[str]:
    """Where two counts differ, in words: 'counter-service 2026-10 chengdong web open 0 overall 4: 12 and 11'."""
    one, two = (Counter({tuple(map(str, count[:-1])): count[-1] for count in counts}) for counts in (found, wanted))
    for key in sorted({*one, *two}):
        if one[key] != two[key]:
            yield f"{' '.join(filter(None, key))}: {one[key]:,} and {two[key]:,}"
