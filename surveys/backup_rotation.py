"""Which backups are kept: the newest of each of the last days, and the newest of each of the last months."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from surveys.backup_file import writing
from surveys.errors import BackupError

ENDING = ".backup"
OWNER = "huiyin-office.txt"
"""Which office's backups a folder holds, by the name that no rotation of keys changes."""
LONGEST_DAYS = 92
"""No backup is older: what was deleted from the database is gone from all of them by then."""
_NAME = re.compile(r"huiyin-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(\.(?P<turn>[0-9]{1,4}))?\.backup")


@dataclass(frozen=True, order=True)
class Kept:
    """One backup: its day, which one of that day it is, and its file."""

    day: date
    turn: int
    path: Path


def backups_in(folder: Path) -> list[Kept]:
    """The backups of a folder, oldest first; files with other names are left alone."""
    return sorted(one for path in folder.iterdir() if (one := _read(path)))


def _read(path: Path) -> Kept | None:
    found = _NAME.fullmatch(path.name)
    try:
        return Kept(date.fromisoformat(found["day"]), int(found["turn"] or 1), path) if found else None
    except ValueError:
        return None


def require_own(folder: Path, office: str) -> None:
    """BackupError if another office's backups lie there: rotation would take the older of both for outdated."""
    path = folder / OWNER
    found = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else office
    if found != office:
        raise BackupError(f"{folder} holds the backups of another office, says {path}: name a folder of its own")


def claim(folder: Path, office: str) -> None:
    """Note whose backups the folder holds, unless that is noted."""
    if not (folder / OWNER).exists():
        with writing(folder / OWNER) as file:
            file.write(f"{office}\n".encode())


def next_path(folder: Path, day: date) -> Path:
    """Where the next backup of a day goes."""
    turns = [one.turn for one in backups_in(folder) if one.day == day]
    ending = f".{max(turns) + 1}" if turns else ""
    return folder / f"huiyin-{day}{ending}{ENDING}"


def outdated(found: Iterable[Kept], today: date, days: int, months: int) -> list[Kept]:
    """Those that rotation takes: the newest of each of the last `days` days and `months` months with one stay.

    Whatever is older than 92 days goes; the newest one stays in any case.
    """
    newest = sorted(found, reverse=True)
    kept = {*_first_of_each(newest, "%Y-%m-%d", days), *_first_of_each(newest, "%Y-%m", months)}
    oldest = today - timedelta(days=LONGEST_DAYS)
    return sorted(one for one in newest[1:] if one not in kept or one.day < oldest)


def _first_of_each(newest: list[Kept], form: str, wanted: int) -> list[Kept]:
    found: dict[str, Kept] = {}
    for one in newest:
        found.setdefault(one.day.strftime(form), one)
    return list(found.values())[:wanted]


def checksum_path(path: Path) -> Path:
    """Where the digest of a backup's file lies."""
    return path.with_name(f"{path.name}.sha256")


def remove(one: Kept) -> None:
    """Delete a backup and its digest."""
    checksum_path(one.path).unlink(missing_ok=True)
    one.path.unlink(missing_ok=True)
