"""The files of the archive: one answer set a row, one question a column, in Parquet, below `survey=…/month=…`.

`_manifest.json` says which files count: it is replaced in one step once new ones were verified, and what it does not
name is no part of the archive. A column `one_QUESTION` holds a code, `several_QUESTION` the codes of several choices.
"""

import hashlib
import json
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from scripts.open_data import write_file
from surveys import locking
from surveys.errors import HuiyinError
from surveys.store.archived import SetRow

MANIFEST = "_manifest.json"
ONE, SEVERAL = "one_", "several_"
ROWS = 250_000
"""How many answer sets a file holds at most: they are in memory at once."""
_NAME = re.compile(r"survey=[^/]+/month=[^/]+/[^/]+\.parquet")
_FIXED: Mapping[str, Any] = {
    "unit": pl.String,
    "channel": pl.String,
    "basis": pl.String,
    "day": pl.Date,
    "version": pl.Int32,
    "language": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Slice:
    """One survey in an archived month: how many answer sets, and the SHA-256 of each file by its path."""

    rows: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class Month:
    """An archived month: the revision in which it was published, and its surveys."""

    revision: int
    surveys: Mapping[str, Slice] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Answer sets of all surveys."""
        return sum(one.rows for one in self.surveys.values())


Manifest = Mapping[str, Month]


class ArchiveError(HuiyinError):
    """The archive is not what the answers are."""


def read_manifest(folder: Path) -> dict[str, Month]:
    """The archived months; HuiyinError if the list of them cannot be read."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            month: Month(int(one["revision"]), {key: _slice_of(own) for key, own in one["surveys"].items()})
            for month, one in found.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HuiyinError(
            f"{path} is not the list of an archive ({error}): move the folder away and archive anew"
        ) from error


def _slice_of(found: Mapping[str, Any]) -> Slice:
    files = {str(name): str(sum_) for name, sum_ in found["files"].items()}
    if wrong := [name for name in files if not _NAME.fullmatch(name)]:
        raise ValueError(f"{wrong[0]} is no file of an archive")
    return Slice(int(found["rows"]), files)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One run at a time: each removes the files that its own list does not name."""
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    with locking.alone(folder, ArchiveError(f"another run archives to {folder}: wait until it is done")):
        yield


def write_manifest(folder: Path, months: Manifest) -> None:
    """Put the list of archived months in place of the one before, and remove files that neither names any more."""
    text = json.dumps({month: asdict(one) for month, one in sorted(months.items())}, indent=1, sort_keys=True)
    write_file(folder / MANIFEST, f"{text}\n".encode())
    (folder / MANIFEST).chmod(stat.S_IRUSR | stat.S_IWUSR)
    remove_others(folder, {name for one in months.values() for own in one.surveys.values() for name in own.files})


def remove_others(folder: Path, kept: set[str]) -> None:
    """Remove data files that are not among the kept ones."""
    for path in folder.glob("survey=*/month=*/*"):
        if path.relative_to(folder).as_posix() not in kept:
            path.unlink()


def write_slice(folder: Path, survey: str, month: str, parts: Iterator[Sequence[SetRow]]) -> Slice:
    """Write one survey's answer sets of a month; each file is named by its content, so none is ever changed."""
    place = folder / f"survey={survey}" / f"month={month}"
    place.mkdir(parents=True, exist_ok=True)
    folder.chmod(stat.S_IRWXU)
    rows, files = 0, {}
    for number, part in enumerate(parts):
        path, sum_ = _write_part(place, number, frame_of(part))
        files[path.relative_to(folder).as_posix()] = sum_
        rows += len(part)
    return Slice(rows, files)


def _write_part(place: Path, number: int, frame: pl.DataFrame) -> tuple[Path, str]:
    draft = place / ".draft.parquet"
    draft.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    frame.write_parquet(draft, compression_level=3)
    sum_ = file_sum(draft)
    path = place / f"part-{number:05}-{sum_[:12]}.parquet"
    draft.replace(path)
    return path, sum_


def file_sum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def frame_of(rows: Sequence[SetRow]) -> pl.DataFrame:
    """Answer sets as columns; HuiyinError for an answer that is neither a code, a number nor a list of codes."""
    fixed = {
        name: [date.fromisoformat(value) for value in column] if name == "day" else column
        for name, column in zip(SetRow._fields[:-1], zip(*(row[:-1] for row in rows), strict=True), strict=True)
    }
    columns = _columns([row.answers for row in rows])
    kinds = {name: pl.List(pl.String) if name.startswith(SEVERAL) else pl.String for name in sorted(columns)}
    return pl.DataFrame({**fixed, **{name: columns[name] for name in kinds}}, schema={**_FIXED, **kinds})


def _columns(texts: Sequence[str]) -> dict[str, list[Any]]:
    known: dict[str, Mapping[str, Any]] = {}
    found: dict[str, list[Any]] = {}
    for place, text in enumerate(texts):
        if text not in known:
            known[text] = _cells(text)
        for name, value in known[text].items():
            if name not in found:
                found[name] = [None] * len(texts)
            found[name][place] = value
    return found


def _cells(text: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for question, answer in json.loads(text).items():
        if isinstance(answer, list):
            found[SEVERAL + question] = [str(code) for code in answer]
        elif isinstance(answer, str | int) and not isinstance(answer, bool):
            found[ONE + question] = str(answer)
        else:
            raise HuiyinError(f"an answer to '{question}' is {answer!r}, which is no code: look at the database")
    return found


def damaged(folder: Path, one: Slice) -> str:
    """The first file of a slice that is missing or was changed, '' if all are as they were written."""
    for name, wanted in one.files.items():
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if file_sum(path) != wanted:
            return f"{path} was changed"
    return ""
