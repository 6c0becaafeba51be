"""Count the archive with Apache Spark, on one machine or many: the same counts, to the row."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from scripts.archive_count import CHOSEN, COUNTED, GONE, AnswerCount, counts_of, differences
from scripts.archive_files import ONE, SEVERAL, Month, read_manifest
from scripts.counts import open_tally
from scripts.options import Command
from surveys.errors import HuiyinError

Settings = Mapping[str, str]
_SETTINGS: Settings = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.session.timeZone": "Asia/Shanghai",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.log.level": "ERROR",
}


@contextmanager
def session(master: str, more: Settings) -> Iterator[Any]:
    """A Spark session; HuiyinError if PySpark is not installed."""
    if find_spec("pyspark") is None:
        raise HuiyinError(
            "PySpark is not installed: run '.venv/bin/pip install --no-build-isolation --require-hashes -r "
            "requirements-spark.txt', and install a Java runtime (Debian: default-jre-headless)"
        )
    from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra: only who counts with Spark has it)

    builder = SparkSession.builder.appName("huiyin").master(master)
    for name, value in {**_SETTINGS, **more}.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    try:
        yield found
    finally:
        found.stop()


def count_archive(spark: Any, folder: Path, months: Mapping[str, Month]) -> Iterator[AnswerCount]:
    """Every count of the archived months, survey by survey."""
    surveys = sorted({key for month in months.values() for key in month.surveys})
    for survey in surveys:
        names = [name for month in months.values() if survey in month.surveys for name in month.surveys[survey].files]
        yield from counts_of(count for row in _rows(spark, folder, names) for count in _counted(row))


def _rows(spark: Any, folder: Path, names: Sequence[str]) -> Sequence[Any]:
    """What stands how often, in one pass: answer sets, answers with one code, and answers with several, by all keys."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    reader = spark.read.option("mergeSchema", "true").option("basePath", str(folder.absolute()))
    sets = reader.parquet(*(str((folder / name).absolute()) for name in names))
    late = (f.date_format("day", "yyyy-MM") != f.col("month")).cast("int").alias("late")
    kept = ("survey", "month", "unit", "channel", "basis", "reason")
    said = sets.select(*kept, late, f.explode(_said(sets.columns)).alias("said"))
    return list(said.groupBy(*kept, "late", "said").count().collect())


def _said(names: Sequence[str]) -> Any:
    """One array of all that an answer set says: itself, and each code of each question."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    def one(question: str, code: Any, *, chosen: bool) -> Any:
        return f.struct(f.lit(question).alias("question"), code.alias("code"), f.lit(chosen).alias("chosen"))

    def several(name: str) -> Any:
        question, codes = name.removeprefix(SEVERAL), f.col(f"`{name}`")
        each = f.transform(codes, lambda code: one(question, code, chosen=False))
        return f.when(codes.isNull(), f.array(nothing)).otherwise(
            f.concat(f.array(one(question, f.lit(""), chosen=False)), each)
        )

    nothing = one("", f.lit(None).cast("string"), chosen=False)
    singles = [one(name.removeprefix(ONE), f.col(f"`{name}`"), chosen=True) for name in names if name.startswith(ONE)]
    arrays = [f.array(one("", f.lit(""), chosen=False), *singles)]
    arrays += [several(name) for name in names if name.startswith(SEVERAL)]
    return f.filter(f.concat(*arrays), lambda said: said["code"].isNotNull())


def _counted(row: Any) -> Iterator[Sequence[Any]]:
    """The counts that a row goes into: what was left out is received, and counted by its reason."""
    where, (question, code, chosen), n = (row["survey"], row["month"]), row["said"], row["count"]
    if not row["reason"] or not question:
        keys = (row["unit"], row["channel"], row["basis"], row["late"])
        yield (CHOSEN if chosen else COUNTED, *where, *keys, question, code, n)
    if row["reason"] and (chosen or not question):
        yield (GONE, *where, row["unit"], row["basis"], row["reason"], question, code, n)


def _settings(values: Sequence[str]) -> Settings:
    if wrong := [value for value in values if "=" not in value]:
        raise click.UsageError(f"--set {wrong[0]}: write NAME=VALUE")
    return dict(value.split("=", 1) for value in values)


@click.command(cls=Command)
@click.option(
    "--archive", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("var/archive"),
    show_default=True, help="The folder of the archive, as all machines see it.",
)  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the counts to a file of their own.")
@click.option(
    "--tally", type=click.Path(dir_okay=False, exists=True, path_type=Path), help="Compare with this tally.db."
)
@click.option("--master", default="local[*]", show_default=True, help="Where Spark runs: this machine, or a cluster.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A setting of Spark; may be repeated.")
def main(folder: Path, out: Path | None, tally: Path | None, master: str, values: tuple[str, ...]) -> None:
    """Count an archive of any size with Apache Spark, and write the counts or compare them with those of tally.db.

    PySpark and a Java runtime are extras: requirements-spark.txt, and Debian's default-jre-headless.
    """
    if not (out or tally):
        raise click.UsageError("give --out FILE to write the counts, --tally FILE to compare them, or both")
    if out and out.exists():
        raise HuiyinError(f"{out} is there already: name a new file with --out")
    months = read_manifest(folder)
    if not months:
        advice = "run .venv/bin/python -m scripts.archive first, or name it with --archive"
        raise HuiyinError(f"no archive at {folder}: {advice}")
    with session(master, _settings(values)) as spark:
        found = list(count_archive(spark, folder, months))
    if tally:
        require_same(found, tally, months)
    if out:
        with open_tally(out) as counts:
            for month in months:
                counts.put(month, (one for one in found if one.month == month))
    rows = sum(month.rows for month in months.values())
    click.echo(f"{rows:,} answer sets in {len(months):,} months: {len(found):,} counts")


def require_same(found: Sequence[AnswerCount], tally: Path, months: Mapping[str, Month]) -> None:
    """HuiyinError with the first counts that differ from those of tally.db."""
    with open_tally(tally) as counts:
        before: list[AnswerCount] = []
        for month in months:
            before += counts.everything(month)
            before += (one for key in counts.surveys(month) for one in counts.excluded(key, month))
    if wrong := list(differences(found, before)):
        shown = "\n".join(wrong[:5])
        raise HuiyinError(
            f"Spark counts otherwise than {tally}:\n{shown}\n{len(wrong):,} counts differ: run "
            ".venv/bin/python -m scripts.archive --check"
        )


if __name__ == "__main__":
    main()
