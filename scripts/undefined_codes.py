"""Answers under codes that the definitions lack: renamed or removed, they would drop out of what is told."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from scripts.counts import Tally
from surveys.definition import Definitions, Question
from surveys.errors import Problem
from surveys.store.slices import Count

ADVICE = "put the code back (a new name goes into 'name' or 'text'), or name the right --database"


def undefined(known: Definitions, counted: Iterable[Count]) -> Iterator[tuple[str, str]]:
    """What has answers and is not defined, each once: the file it belongs to, and words with its number."""
    found: Counter[tuple[str, str]] = Counter()
    for count in counted:
        if missing := _missing(known, count):
            found[missing] += count.n
    for (file, what), n in sorted(found.items()):
        yield file, f"{what} has {n:,} {'answer' if n == 1 else 'answers'} and is not defined"


def _missing(known: Definitions, count: Count) -> tuple[str, str] | None:
    """The unit, survey, question or code of one count that is not defined, with its file."""
    if not count.question:
        if not known.versions(count.survey):
            return "surveys", f"survey '{count.survey}'"
        return None if count.unit in known.units else ("units.yaml", f"unit '{count.unit}'")
    versions = known.versions(count.survey)
    asked = [survey.by_code[count.question] for survey in versions if count.question in survey.by_code]
    if not versions or (count.code and not asked):
        return None  # told once already, by the survey or by the question as a whole
    file = f"surveys/{versions[-1].file_name}.yaml"
    if not asked:
        return file, f"question '{count.question}'"
    return (file, f"code '{count.code}' of '{count.question}'") if _lacks(asked, count.code) else None


def _lacks(asked: Iterable[Question], code: str) -> bool:
    codes = {one for question in asked for one in question.codes()}
    return bool(code and codes) and code not in codes


def problems(folder: Path, known: Definitions, counted: Iterable[Count]) -> list[Problem]:
    """The same as faults of the definitions in the folder."""
    return [Problem(folder / file, 0, 0, f"{what}: {ADVICE}") for file, what in undefined(known, counted)]


def warn(known: Definitions, counts: Tally, month: str) -> None:
    """Say on standard error what of the month is counted and not defined."""
    for _, what in undefined(known, counts.everything(month)):
        click.echo(f"warning: {month}: {what}: {ADVICE}", err=True)
