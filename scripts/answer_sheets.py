"""Spreadsheets as tables, read by a process that is confined: a small one can unfold into more than a machine holds."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts import sheet_worker
from scripts.answer_table import AnswerFileError, Cells, Table
from surveys import confinement

BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
FILE_LIMIT = 100 * 1024 * 1024
_AS_CSV = "save the sheet as 'CSV UTF-8' and bring that in"


def read_workbook(path: Path, sheet: str | None) -> Table:
    """One sheet, the first unless it is named; AnswerFileError says what is wrong."""
    if path.stat().st_size > FILE_LIMIT:
        raise AnswerFileError(f"{path}: a spreadsheet of more than {FILE_LIMIT // 1024**2} MB: {_AS_CSV}")
    rows: list[tuple[int, Cells]] = []
    unusable: dict[tuple[int, int], str] = {}
    notes: list[str] = []
    for kind, *told in _messages(path, sheet):
        if kind == "row":
            rows.append((told[0], told[1]))
        elif kind == "cell":
            unusable[told[0], told[1]] = told[2]
        elif kind == "note":
            notes.append(told[0])
        else:
            raise AnswerFileError(f"{path}: {told[0]}")
    return Table(path, tuple(rows[0][1]), tuple(rows[1:]), tuple(notes), unusable)


def _messages(path: Path, sheet: str | None) -> Iterator[list[Any]]:
    """What the process tells of the file; AnswerFileError if it was ended by one of its limits."""
    wanted = [sheet] if sheet is not None else []
    command = confinement.command(sheet_worker, sheet_worker.MEMORY, sheet_worker.CPU_SECONDS, *wanted)
    with (
        path.open("rb") as file,
        subprocess.Popen(
            command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={}
        ) as worker,
    ):
        assert worker.stdout  # noqa: S101  (asked for above)
        for line in worker.stdout:
            yield json.loads(line)
    if worker.returncode:
        raise AnswerFileError(f"{path}: reading this spreadsheet takes more memory or time than a table may: {_AS_CSV}")
